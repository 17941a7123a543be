"""The part of a node's own screen that is about its SSH connection: how it stands, and what helps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual.binding import Binding

from tui.screens._base import ConsoleScreen, changing
from tui.screens._links import link_lines, waiting_words
from tui.widgets.top_bar import Word

if TYPE_CHECKING:
    from tui.services.nodes import Node
    from tui.services.ssh_nodes import Connection

LINK_KEYS = [
    Binding(
        "A",
        "answer",
        "answer",
        tooltip="Answer what the host waits for: a host key, a passphrase",
        show=False,
        id="node.answer",
    ),
    Binding("K", "connect", "connect", tooltip="Try to connect to the host again now", show=False, id="node.connect"),
]
EVERY = 3.0
"""Seconds between two looks at the connection; what changes a ping status is seen at once."""


class NodeLink(ConsoleScreen):
    """What a node's screen does with its connection; a node that is not reached over SSH has none."""

    node: Node | None

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self.link: Connection | None = None
        self._follows_link = False

    if TYPE_CHECKING:

        def link_changed(self) -> None: ...

    def end(self) -> None:
        super().end()
        self._follows_link = False

    def follow_link(self) -> None:
        """Follow how the connection of the node stands, once it is known which node; again after a reconnect."""
        from tui.services.ssh_nodes import SshNodes  # deferred: the first paint does not wait for it

        if self.node is not None and not self._follows_link:
            self._follows_link = True
            context = self.node.context
            feeds, hosts = self.shell.services.feeds, self.shell.services.of(SshNodes, context)
            feed = feeds.feed(context, "ListNodeConnections", None, hosts.connections, every=EVERY)
            feeds.drive(context, "connections", hosts.changes, "ListNodeConnections")
            self.follow(feed, self._show_links, main=False)

    def _show_links(self, links: Sequence[Connection]) -> int:
        links_by_ref = {link.ref: link for link in links}
        now = links_by_ref.get(self.node.ref) if self.node is not None else None
        if now != self.link:
            self.link = now
            self.link_changed()
            self.update_bars()
            self.update_hints()
        return len(links)

    def link_of_node(self, columns: int) -> list[list[Word]]:
        """Write why the node is connected or not; nothing where it is no SSH host."""
        return [] if self.link is None else [[], *link_lines(self.link, self.shell.glyphs, columns)]

    def standing_words(self) -> list[Word]:
        """Say what the node waits for."""
        waiting = waiting_words([self.link] if self.link is not None else [], self.shell.read_only)
        return [waiting] if waiting is not None else []

    def refusal(self, action: str) -> str:
        """Say why an action on the connection can't be done now."""
        if action in ("answer", "connect") and self.link is None:
            return "this node is not reached over SSH"
        if action == "answer" and self.link is not None and not self.link.waits:
            return "it waits for no answer"
        return super().refusal(action)

    @changing
    def action_answer(self) -> None:
        self.do(self._answer())

    async def _answer(self) -> None:
        from tui.screens._host_answers import Answers  # deferred: opened on a key

        if self.link is not None:
            await Answers(self, [self.link]).ask()

    @changing
    def action_connect(self) -> None:
        self.do(self._connect())

    async def _connect(self) -> None:
        from tui.services.ssh_nodes import SshNodes  # deferred: opened on a key

        link = self.link
        if link is not None:
            self.shell.notice(f"Trying {link.name}.")
            await self.shell.services.of(SshNodes, link.context).connect(link.id, 0)
            self.shell.services.feeds.hint(link.context, "ListNodeConnections", "DescribeInstanceInformation")
