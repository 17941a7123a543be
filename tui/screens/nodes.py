"""Fleet: every managed node, with a panel about the one under the cursor."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal

from tui.ports import Ref
from tui.screens import _node_groups as groups
from tui.screens._base import COPY, YAML, Shell, changing
from tui.screens._context_cells import context_cells, context_fields, fit_columns
from tui.screens._fleet_hosts import HOST_KEYS, FleetHosts
from tui.screens._links import away
from tui.screens._node_rows import NodeRows
from tui.screens._rows import failures, hidden_marked, meant, told, under_cursor
from tui.screens._unknown_tags import own_tags, tags_lines, warned_of
from tui.screens._words import moment, ping_word
from tui.services.feeds import Feed, growing
from tui.services.nodes import LOADING, Node, Nodes
from tui.widgets.columns import Column
from tui.widgets.lines_pane import LinesPane
from tui.widgets.resource_table import ResourceTable
from tui.widgets.top_bar import Word

COLUMNS = [
    Column("status", "Status", kind="status", min_width=8, max_width=16, priority=75),
    Column("name", "Name", min_width=8, max_width=40, priority=90, head=True),
    Column("id", "Id", min_width=12, max_width=20, priority=60),
    Column("platform", "Platform", min_width=8, max_width=30, priority=40),
    Column("agent", "Agent", max_width=12, wide=True, priority=20),
    Column("address", "Address", max_width=39, wide=True, priority=30),
    Column("pinged", "Last ping", kind="age", max_width=9, priority=70),
    Column("tags", "Tags", max_width=60, wide=True, priority=10),
]


class NodesScreen(FleetHosts):
    """The list of nodes."""

    NOUN, TITLE = "nodes", "Fleet"
    EMPTY = (
        "No managed nodes.",
        "A managed node is a machine that runs commands and shells for you. This machine registers itself when the "
        "engine starts.\nn adds a host over SSH, I chooses from those of ~/.ssh/config, R looks again.",
    )
    LOADING = "Loading the nodes…"
    STATES_IN_TABLE = True
    DEFAULT_CSS = """
    NodesScreen > Horizontal { height: 1fr; }
    NodesScreen ResourceTable { width: 1fr; }
    NodesScreen LinesPane { width: 38; background: $surface; color: $foreground; }
    NodesScreen.-narrow LinesPane { display: none; }
    NodesScreen.-wide LinesPane { width: 56; }
    """
    BINDINGS = [
        Binding("s", "shell", "shell", tooltip="Open a shell on the node", id="nodes.shell"),
        Binding("r", "run", "run", tooltip="Run a command on the marked nodes, else on this one", id="nodes.run"),
        Binding("t", "tags", "tags", tooltip="Edit the tags of the marked nodes, else of this one", id="nodes.tags"),
        Binding("B", "group", "group", tooltip="Group by platform, ping status or a tag", id="nodes.group"),
        Binding("H", "fold_all", "fold all", tooltip="Fold every group", show=False, id="nodes.fold_all"),
        Binding("L", "unfold_all", "unfold all", tooltip="Unfold every group", show=False, id="nodes.unfold_all"),
        *HOST_KEYS,
        COPY,
        YAML,
    ]

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self.nodes: dict[Ref, Node] = {}
        self._missing: set[tuple[str, str]] = set()
        self._untold = 0
        self._rows = NodeRows(self.status_of)
        self.grid = ResourceTable(COLUMNS, fields=self._fields)
        self.grid.sort_by("name")
        self.side = LinesPane()

    def compose_body(self) -> ComposeResult:
        self.grid.glyphs = self.shell.glyphs
        with Horizontal():
            yield self.grid
            yield self.side

    def on_mount(self) -> None:
        key, rest = groups.read_words(self.argument)
        if key and not self._state:
            self._group_by(key)
            self.bottom.set_filter(rest)
            self.apply_filter(rest)

    def begin(self) -> None:
        services = self.shell.services
        fit_columns(self.grid, COLUMNS, self.shell)
        feeds = {}
        for nodes in services.each(Nodes):
            feeds[nodes.context] = services.feeds.feed(
                nodes.context,
                "DescribeInstanceInformation",
                None,
                growing(nodes.list),
                every=max(self.shell.config.refresh, 1.0),
            )
            services.feeds.drive(nodes.context, "nodes", nodes.watch, "DescribeInstanceInformation")
        self.follow_each(feeds, self.show)
        self.follow_links()

    def links_changed(self) -> None:
        if self.nodes:
            self.show([*self.nodes.values()])

    def show(self, nodes: Sequence[Node]) -> int:
        """Take the nodes that are known now."""
        self.nodes = {node.ref: node for node in nodes}
        contexts = {name: context_cells(self, name) for name in {ref.context for ref in self.nodes}}
        self.grid.set_rows(self._rows.rows(nodes, self.links, contexts, self.shell.glyphs, time.time()))
        self.shell.see("node", {node.id: node.name for node in nodes})
        self._untold = sum(node.tags_unknown not in ("", LOADING) for node in nodes)
        self._tell_count()
        self._tell_side()
        self._tell_missing()
        return len(nodes)

    def _tell_count(self) -> None:
        many = f"{len(self.nodes)} node{'' if len(self.nodes) == 1 else 's'}"
        self.shell.set_fact("nodes", many + (" so far" if self.is_partial else ""))

    def _feed_state(self, feed: Feed[Any]) -> None:
        super()._feed_state(feed)
        if feed.value is not None:
            self._tell_count()

    def _tell_missing(self) -> None:
        """Say once what keeps names and tags away, and again where that comes back."""
        each = self.shell.services.each(Nodes)
        now = {(nodes.context, why) for nodes in each for why in nodes.tags_faults}
        new, self._missing = now - self._missing, now
        if new:
            several = len(self.shell.contexts) > 1
            said = sorted({f"{context}: {why}" if several else why for context, why in new})
            self.shell.notice(f"Some names and tags are not known: {', '.join(said)}.", "warn")

    def standing_words(self) -> list[Word]:
        if not self._untold or not self.bottom.filter_text:
            return super().standing_words()
        many = f"{self._untold} node{'s' * (self._untold > 1)}"
        return [(f"The names and tags of {many} are not known: no filter finds them by these.", "warn")]

    def crumb(self) -> str:
        return groups.crumb_of(self.TITLE, self.grouped_by)

    def save_state(self) -> dict[str, Any]:
        return super().save_state() | {"group": self.grouped_by, "folded": self.grid.folded}

    def restore_state(self, state: Mapping[str, Any]) -> None:
        self._group_by(state.get("group", ""), state.get("folded", ()))
        super().restore_state(state)

    def copies(self) -> dict[str, str]:
        if (group := self.grid.group) is not None:
            return dict(groups.copies(group, [ref.id for ref in self.grid.rows_of(group.id) if isinstance(ref, Ref)]))
        node = self.current
        return {} if node is None else {"id": node.id, "name": node.name, "ARN": arn(node, self.shell)}

    async def raw(self) -> tuple[str, Any]:
        node = self.current
        if node is None:
            return "", None
        return node.id, await self.shell.services.of(Nodes, node.context).raw(node.id)

    def refusal(self, action: str) -> str:
        if action in ("shell", "run", "tags", "open", "copy", "yaml", "group") and (why := self._no_node(action)):
            return why
        if action in ("fold_all", "unfold_all") and not self.grouped_by:
            return "the nodes are not grouped; B groups them"
        if action in ("shell", "yaml") and self.grid.group is not None:
            return "this is a group; it works on one node"
        node = self.current
        if action == "shell" and node is not None and not node.online:
            return away(node, self.links.get(node.ref))
        if action == "shell" and node is not None and (why := self._lacks(node, "StartSession")):
            return why.rstrip(".")
        return super().refusal(action)

    def _no_node(self, action: str = "") -> str:
        """Say why there is no node that an action would be done to; "" where there is one."""
        if not self.nodes:
            return "the nodes are still being loaded" if self.phase == "loading" else "there is no node"
        is_about_one = action in ("shell", "open", "copy", "yaml")
        meant = self.current or self.grid.group if is_about_one else action == "group" or self.chosen
        return "" if meant else "no node is shown"

    def _lacks(self, node: Node, operation: str) -> str:
        return self.shell.services.of(Nodes, node.context).lacks(operation)

    @property
    def current(self) -> Node | None:
        """The node under the cursor."""
        return under_cursor(self.grid, self.nodes)

    @property
    def chosen(self) -> list[Node]:
        """The marked nodes, else the one under the cursor; on a group's header all of that."""
        return meant(self.grid, self.nodes)

    @property
    def grouped_by(self) -> str:
        """The key of what the nodes are grouped by, "" where they are not."""
        return "" if self.grid.grouping is None else self.grid.grouping.key

    def _group_by(self, key: str, folded: Iterable[str | None] = ()) -> None:
        if key or self.grouped_by:
            self.grid.group_by(groups.grouping(key, lambda ref: self.nodes.get(ref)) if key else None, folded)

    def _fields(self, ref: Any) -> Mapping[str, str]:
        node = self.nodes.get(ref)
        if node is None:
            return {}
        # `ping=lost` is what one types; AWS's own word is meant as well.
        ping = f"{node.ping.value}\n{node.ping.value.removeprefix('Connection')}"
        return {**context_fields(self.shell, node.context), **node.tags, "ping": ping}

    def _tell_side(self) -> None:
        if (group := self.grid.group) is not None:
            self.side.show(groups.about(group, self.grid))
            return
        node = self.current
        if node is None:
            self.side.show([])
            return
        facts = [
            ("id", node.id),
            ("context", node.context if len(self.shell.contexts) > 1 else ""),
            ("host", node.computer_name),
            ("platform", node.platform),
            ("agent", node.agent_version),
            ("address", node.address),
            ("kind", node.resource_type),
            ("ping", f"{moment(node.last_ping)}"),
            ("since", f"{moment(node.registered)}"),
        ]
        lines: list[list[Word]] = [[(node.name, "accent")], [ping_word(node.ping, self.shell.glyphs)], []]
        lines += self.link_of(node, max(self.side.size.width - 2, 20))
        lines += [[(f"{name:<9}", "dim"), (text, "text")] for name, text in facts if text]
        lines += [[], *tags_lines(node, self._is_listing(node.context), self.side.size.width - 2)]
        self.side.show(lines)

    def _is_listing(self, context: str) -> bool:
        feed = self._mains.get(context)
        return feed is not None and feed.fetching

    def on_resource_table_row_highlighted(self) -> None:
        self._tell_side()
        self.update_hints()

    def on_resource_table_filter_applied(self, event: Any) -> None:
        self._tell_side()  # a header's counts are others

    def on_resource_table_row_selected(self, event: ResourceTable.RowSelected) -> None:
        if isinstance(event.row, Ref):
            self.shell.go("node", self.shell.services.word(event.row))

    # actions

    @changing
    def action_shell(self) -> None:
        node = self.current
        if node is not None:
            self.shell.go("sessions", {"start": self.shell.services.word(node.ref)})

    @changing
    def action_run(self) -> None:
        services = self.shell.services
        if words := [services.word(node.ref) for node in self.chosen]:  # no word means this machine
            if hidden := hidden_marked(self.grid, self.nodes):
                self.shell.notice(f"Hidden by the filter, yet marked: {told(services, hidden, 3)}.", "warn")
            self.shell.go("run", words)

    def action_group(self) -> None:
        self.do(self._choose_group())

    async def _choose_group(self) -> None:
        from tui.screens._dialogs import Choose  # deferred: opened on a key

        found = groups.choices(self.nodes.values(), len(self.nodes))
        dialog = Choose("Group by", found)
        dialog.list.cursor = next((at for at, (_, key) in enumerate(found) if key == self.grouped_by), 0)
        key = await self.ask(dialog)
        if key is not None and key != self.grouped_by:
            self._group_by(key)
            self._tell_side()
            self.update_bars()
            self.update_hints()

    def action_fold_all(self) -> None:
        self.grid.fold_all(True)

    def action_unfold_all(self) -> None:
        self.grid.fold_all(False)

    @changing
    def action_tags(self) -> None:
        self.do(self._edit_tags())

    async def _edit_tags(self) -> None:
        from tui.screens._tags import TagsPrompt, read_tags  # deferred: opened on a key
        from tui.services.tags import Tags

        services = self.shell.services
        hidden = hidden_marked(self.grid, self.nodes)
        nodes = await own_tags(services, self.chosen)
        about = f"On {told(services, nodes, 8)}." + warned_of(nodes)
        about += f"\nHidden by the filter, yet marked: {told(services, hidden)}." if hidden else ""
        common = dict(set.intersection(*(set(node.tags.items()) for node in nodes))) if nodes else {}
        answer = await self.ask(TagsPrompt(len(nodes), about, common))
        if answer is None:
            return
        tags = read_tags(answer)
        gone = sorted(set(common) - set(tags))
        changed = {key: value for key, value in tags.items() if common.get(key) != value}

        async def change(node: Node) -> None:
            service = services.of(Tags, node.context)
            if gone:
                await service.remove(node.id, gone)
            if changed:
                await service.add(node.id, changed)

        failed = await failures(nodes, change)
        if failed:
            self.shell.notice(f"{len(failed)} of {len(nodes)} failed. {failed[0]}", "bad")
        elif gone or changed:
            self.shell.notice(f"Tags set on {len(nodes)} node{'' if len(nodes) == 1 else 's'}.", "good")
        self.reload()


def arn(node: Node, shell: Shell) -> str:
    """Give a node's ARN: a managed instance's, or an EC2 instance's."""
    account, region = shell.account_of(node.context), shell.region_of(node.context)
    if node.id.startswith("i-"):
        return f"arn:aws:ec2:{region}:{account}:instance/{node.id}"
    return f"arn:aws:ssm:{region}:{account}:managed-instance/{node.id}"
