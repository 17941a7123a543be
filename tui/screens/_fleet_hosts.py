"""The part of Fleet that is about SSH hosts: how each connection stands, adding, answering, removing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.binding import Binding

from tui.ports import Ref
from tui.screens._base import ConsoleScreen, changing
from tui.screens._links import link_lines, status_word, waiting_words
from tui.screens._rows import failures, hidden_marked, told
from tui.screens._ssh_offer import offered_hosts, ssh_context
from tui.widgets.top_bar import Word

if TYPE_CHECKING:
    from tui.services.nodes import Node
    from tui.services.ssh_nodes import Connection, SshNodes
    from tui.widgets.resource_table import ResourceTable

HOST_KEYS = [
    Binding("n", "new", "new host", tooltip="Add an SSH host", show=False, id="nodes.new"),
    Binding(
        "I", "import_hosts", "import hosts", tooltip="Choose hosts of ~/.ssh/config", show=False, id="nodes.import"
    ),
    Binding(
        "A",
        "answer",
        "answer",
        tooltip="Answer what hosts wait for: a host key, a passphrase",
        show=False,
        id="nodes.answer",
    ),
    Binding("K", "connect", "connect", tooltip="Try to connect to the hosts again now", show=False, id="nodes.connect"),
    Binding("D", "remove", "remove", tooltip="Remove the marked hosts, else this one", show=False, id="nodes.remove"),
]
EVERY = 3.0
"""Seconds between two looks at the connections; what changes a ping status is seen at once."""


class FleetHosts(ConsoleScreen):
    """What Fleet does with SSH hosts; the screen has `nodes` and `grid`, and shows them with `show`."""

    nodes: dict[Ref, Node]
    grid: ResourceTable

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self.links: dict[Ref, Connection] = {}
        self._offer = 0
        self._offered: set[str] = set()

    if TYPE_CHECKING:

        @property
        def current(self) -> Node | None: ...
        @property
        def chosen(self) -> list[Node]: ...
        def links_changed(self) -> None: ...
        def _no_node(self, action: str = "") -> str: ...

    def follow_links(self) -> None:
        """Follow how the connections of every context stand; only inside `begin`."""
        from tui.services.ssh_nodes import SshNodes  # deferred: the first rows don't wait for it

        services = self.shell.services
        self.links = {ref: link for ref, link in self.links.items() if ref.context in services.contexts}
        for hosts in services.each(SshNodes):
            feed = services.feeds.feed(hosts.context, "ListNodeConnections", None, hosts.connections, every=EVERY)
            services.feeds.drive(hosts.context, "connections", hosts.changes, "ListNodeConnections")
            self.follow(feed, partial(self._show_links, hosts), main=False)

    def _show_links(self, hosts: SshNodes, links: Sequence[Connection]) -> int:
        others = {ref: link for ref, link in self.links.items() if ref.context != hosts.context}
        now = others | {link.ref: link for link in links}
        if now != self.links:
            self.links = now
            self.links_changed()
            self.update_bars()
            self.update_hints()
        if links or self.shell.read_only:
            self._offer = 0
        elif hosts.has_hosts and hosts.context not in self._offered:
            self._offered.add(hosts.context)  # once: the client config is not read at every look
            self.run_worker(self._look_for_offer(hosts), group="offer", exit_on_error=False)
        return len(links)

    async def _look_for_offer(self, hosts: SshNodes) -> None:
        self._offer = max(self._offer, await offered_hosts(self, hosts))
        if self._offer:
            self.update_bars()

    def standing_words(self) -> list[Word]:
        """Say what waits for the operator; until the first host is a node, that there are some to choose from."""
        waiting = waiting_words(self.links.values(), self.shell.read_only)
        if waiting is not None:
            return [waiting]
        if self._offer:
            many = f"{self._offer} host{'s' * (self._offer != 1)}"
            return [(f"{many} in ~/.ssh/config could be nodes here: I chooses some, or none.", "accent")]
        return []

    # what Fleet shows of it

    def status_of(self, node: Node) -> Word:
        """Give a node's ping status, or what keeps it away."""
        return status_word(node, self.links.get(node.ref), self.shell.glyphs)

    def link_of(self, node: Node, columns: int) -> list[list[Word]]:
        """Write why a node is connected or not, in lines of at most so many cells; nothing where it is no SSH host."""
        link = self.links.get(node.ref)
        return [] if link is None else [*link_lines(link, self.shell.glyphs, columns), []]

    def refusal(self, action: str) -> str:
        """Say why an action on hosts can't be done now."""
        if action in ("new", "import_hosts") and self.shell.is_connected and self._hosts_context() is None:
            return "no engine of ours is open; an AWS account has no SSH hosts"
        if action in ("answer", "connect", "remove"):
            return self._refusal_of_hosts(action)
        return super().refusal(action)

    def _refusal_of_hosts(self, action: str) -> str:
        if action == "answer":
            return "" if any(link.waits for link in self.links.values()) else "no host waits for an answer"
        chosen = self.chosen
        if not chosen:
            return self._no_node()
        foreign = [node for node in chosen if node.ref not in self.links]
        if foreign and not self._hosts(foreign[0].context).has_hosts:
            return f"{foreign[0].name} is a node of AWS, not an SSH host"
        if foreign and (action == "remove" or len(foreign) == len(chosen)):
            return f"{foreign[0].name} is not reached over SSH"
        return ""

    def _hosts_context(self) -> str | None:
        """Give the context that new hosts go to: that of the row where it can have some."""
        return ssh_context(self, self.current.context if self.current is not None else "")

    def _hosts(self, context: str | None) -> SshNodes:
        from tui.services.ssh_nodes import SshNodes  # deferred: opened on a key

        return self.shell.services.of(SshNodes, context)

    # actions

    @changing
    def action_new(self) -> None:
        self.do(self._add())

    async def _add(self) -> None:
        from tui.screens._host_forms import AddHost  # deferred: opened on a key

        made = await self.ask(AddHost(self._hosts(self._hosts_context())))
        if made is not None:
            self._follow_made([made])
            self.shell.notice(f"{made.name} is a node now. {made.message}".strip(), "good")

    @changing
    def action_import_hosts(self) -> None:
        self._offer = 0
        self.shell.go("hosts")

    @changing
    def action_answer(self) -> None:
        self.do(self._answer())

    async def _answer(self) -> None:
        from tui.screens._host_answers import Answers  # deferred: opened on a key

        first = [self.links[node.ref] for node in self.chosen if node.ref in self.links]
        first = [link for link in first if link.waits]
        rest = [] if first and self.grid.marked_ids else [link for link in self.links.values() if link.waits]
        ordered = {link.ref: link for link in [*first, *sorted(rest, key=lambda link: link.name)]}
        await Answers(self, [*ordered.values()]).ask()

    @changing
    def action_connect(self) -> None:
        self.do(self._connect([self.links[node.ref] for node in self.chosen if node.ref in self.links]))

    async def _connect(self, links: Sequence[Connection]) -> None:
        self.shell.notice(f"Trying {links[0].name if len(links) == 1 else f'{len(links)} hosts'}.")
        for link in links:
            # No wait: the list says how each goes on.
            await self._hosts(link.context).connect(link.id, 0)
        self._follow_made(links)

    def _follow_made(self, links: Sequence[Connection]) -> None:
        for context in {link.context for link in links}:
            self.shell.services.feeds.hint(context, "ListNodeConnections", "DescribeInstanceInformation")

    @changing
    def action_remove(self) -> None:
        hidden = hidden_marked(self.grid, self.nodes)
        self.do(self._remove(self.chosen, hidden))

    async def _remove(self, nodes: Sequence[Node], hidden: Sequence[Node]) -> None:
        from tui.screens._dialogs import TypeName  # deferred: opened on a key

        services = self.shell.services
        about = f"{told(services, nodes, 8)}.\n" if len(nodes) > 1 else ""
        about += f"Hidden by the filter, yet marked: {told(services, hidden)}.\n" if hidden else ""
        about += (
            "The node with its tags goes from this list, and its connection is closed, which ends its shells. Nothing "
            "on the host is touched; what it ran stays under Commands.\nDeregisterManagedInstance"
        )
        what, expected = f"{len(nodes)} nodes", str(len(nodes))
        if len(nodes) == 1:
            what, expected = told(services, nodes), nodes[0].name
        if not await self.ask(TypeName(f"Remove {what}?", about, expected=expected, verb="remove")):
            return
        failed = await failures(nodes, lambda node: self._hosts(node.context).remove(node.id))
        if failed:
            self.shell.notice(f"{len(failed)} of {len(nodes)} were not removed. {failed[0]}", "bad")
        else:
            self.shell.notice(f"Removed {what}.", "good")
        self.reload()
