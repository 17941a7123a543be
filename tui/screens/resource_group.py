"""Group: one resource group; what is in it, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding

from tui.errors import ApiError, SsmTuiError
from tui.ports import Ref
from tui.screens._base import COPY, YAML, changing
from tui.screens._group_by_column import GROUP_KEYS, GroupByColumn
from tui.screens._group_words import query_said, target_of
from tui.screens._rows import under_cursor
from tui.screens._words import age, cell, ping_word
from tui.services.nodes import Node, Nodes
from tui.services.resource_groups import GroupQuery, Member, ResourceGroup, ResourceGroups
from tui.widgets.columns import Column
from tui.widgets.lines_pane import LinesPane
from tui.widgets.resource_table import ResourceTable
from tui.widgets.top_bar import Word

COLUMNS = [
    Column("kind", "Kind", max_width=20, priority=80),
    Column("status", "Status", kind="status", max_width=16, priority=85),
    Column("name", "Name", min_width=8, max_width=40, priority=95, head=True),
    Column("id", "Id", min_width=12, max_width=24, priority=60),
    Column("pinged", "Last ping", kind="age", max_width=9, priority=50),
    Column("arn", "ARN", max_width=100, wide=True, priority=10),
]
_KINDS = {"ManagedInstance": "node", "Instance": "node"}

Known = tuple[ResourceGroup, GroupQuery, tuple[Member, ...]]


class ResourceGroupScreen(GroupByColumn):
    """The members of a group by kind, nodes with their status, each a door where there is a screen behind it."""

    NOUN, TITLE = "group", "Group"
    EMPTY = ("Nothing is in this group now.", "What gets the tags of its query is in it. e changes the query.")
    LOADING = "Loading the group…"
    GROUPS_BY = ("kind", "status")
    STATES_IN_TABLE = True
    DEFAULT_CSS = """
    ResourceGroupScreen LinesPane { height: 4; background: $surface; }
    ResourceGroupScreen.-short LinesPane { display: none; }
    """
    BINDINGS = [
        Binding("r", "run", "run", tooltip="Run a command on the group's nodes", id="group.run"),
        Binding("s", "shell", "shell", tooltip="Open a shell on this member", id="group.shell"),
        Binding("e", "edit", "edit", tooltip="Change the group's tags and description", id="group.edit"),
        Binding("D", "delete", "delete", tooltip="Delete this group", id="group.delete"),
        *GROUP_KEYS,
        COPY,
        YAML,
    ]

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self.known: Known | None = None
        self.members: dict[Ref, Member] = {}
        self.nodes: dict[Ref, Node] = {}
        self.facts = LinesPane()
        self.facts.can_focus = False
        self.grid = ResourceTable(COLUMNS, fields=self._fields)
        self.grid.sort_by("kind")

    def compose_body(self) -> ComposeResult:
        self.grid.glyphs = self.shell.glyphs
        yield self.facts
        yield self.grid

    @property
    def group_name(self) -> str:
        return self.known[0].name if self.known is not None else str(self.argument or "").strip()

    @property
    def ref(self) -> Ref:
        """The group; known only with the first answer."""
        return self.known[0].ref if self.known is not None else Ref("", self.group_name)

    def own_crumb(self) -> str:
        return self.group_name or self.TITLE

    def begin(self) -> None:
        services, feeds = self.shell.services, self.shell.services.feeds
        contexts, name = services.meant(str(self.argument or "").strip())

        async def fetch() -> Known:
            missing: ApiError | None = None
            for context in contexts:
                groups = services.of(ResourceGroups, context)
                try:
                    group = await groups.get(name)
                except ApiError as error:
                    missing = error
                    continue
                return group, await groups.query(name), await groups.members(name)
            raise missing or SsmTuiError(f"There is no group {name}.")

        who = {"looker": self.NOUN, "name": name, "contexts": contexts}
        self.follow(feeds.feed(contexts[0], "ListGroupResources", who, fetch), self.show)
        for context in contexts:
            nodes = services.of(Nodes, context)
            feed = feeds.feed(context, "DescribeInstanceInformation", {"looker": "groups"}, nodes.all, every=10.0)
            self.follow(feed, self._show_nodes, main=False)
            feeds.drive(context, "nodes", nodes.watch, "DescribeInstanceInformation")

    def show(self, known: Known) -> int:
        """Take what is in the group now."""
        self.known = known
        self.members = {member.ref: member for member in known[2]}
        return self._draw()

    def _show_nodes(self, nodes: Sequence[Node]) -> int:
        self.nodes |= {node.ref: node for node in nodes}
        return self._draw()

    def _draw(self) -> int:
        rows = [(member.ref, self._cells(member)) for member in self.members.values()]
        self.grid.set_rows(sorted(rows, key=lambda row: str(row[1][2]).casefold()))  # by name within each kind
        if self.known is not None:
            group, query, members = self.known
            counts = Counter(_KINDS.get(member.kind, member.kind) for member in members)
            said = ", ".join(f"{count} {kind}{'s' * (count != 1)}" for kind, count in counts.most_common())
            away = sum(1 for member in members if (node := self._node_of(member)) is not None and not node.online)
            lines: list[list[Word]] = [
                [
                    ("in it      ", "dim"),
                    (said or "nothing", "text"),
                    (f"  {away} do{'es' * (away == 1)} not answer" if away else "", "warn"),
                ],
                [("has        ", "dim"), (query_said(query), "accent")],
                [("target     ", "dim"), (target_of(group.ref, self.shell), "text")],
            ]
            if group.description:
                lines.insert(0, [("about      ", "dim"), (group.description, "text")])
            self.facts.show(lines)
        self.update_hints()
        return len(self.members)

    def _cells(self, member: Member) -> Sequence[Any]:
        node = self._node_of(member)
        kind = _KINDS.get(member.kind, member.kind)
        if node is None:
            return (kind, "", member.name, (member.name, "muted"), "", (member.id, "muted"))
        status = cell(ping_word(node.ping, self.shell.glyphs))
        pinged = node.last_ping.timestamp() if node.last_ping else 0.0
        return (kind, status, node.name, (node.id, "muted"), (age(node.last_ping), "", -pinged), (member.id, "muted"))

    def _fields(self, ref: Any) -> Mapping[str, str]:
        node = self._node_of(self.members.get(ref))
        return {} if node is None else {**node.tags, "ping": node.ping.value}

    def _node_of(self, member: Member | None) -> Node | None:
        return self.nodes.get(Ref(member.context, member.node_id)) if member and member.node_id else None

    def _word(self, member: Member) -> str:
        return self.shell.services.word(Ref(member.context, member.node_id))

    @property
    def current(self) -> Member | None:
        """The member under the cursor."""
        return under_cursor(self.grid, self.members)

    def copies(self) -> dict[str, str]:
        member = self.current
        own = {"target": target_of(self.ref, self.shell), "group's ARN": self.known[0].arn if self.known else ""}
        return own if member is None else {"id": member.name, "ARN": member.id} | own

    async def raw(self) -> tuple[str, Any]:
        return self.group_name, await self.shell.services.of(ResourceGroups, self.ref.context).raw(self.group_name)

    def refusal(self, action: str) -> str:
        if action in ("run", "edit", "delete", "yaml", "shell") and self.known is None:
            return "the group is not known yet"
        if action == "shell":
            node = self._node_of(self.current)
            if node is None:
                return "the cursor is on no node"
            return "" if node.online else f"{node.name} does not answer"
        return super().refusal(action)

    def on_resource_table_row_highlighted(self) -> None:
        self.update_hints()

    def on_resource_table_row_selected(self, event: ResourceTable.RowSelected) -> None:
        member = self.current
        if member is None:
            return
        if member.node_id:
            self.shell.go("node", self._word(member))
        else:
            self.shell.notice(f"There is no screen for a {member.kind} yet; c copies its id.", "warn")

    # actions

    @changing
    def action_run(self) -> None:
        self.shell.go("run", target_of(self.ref, self.shell))

    @changing
    def action_shell(self) -> None:
        member = self.current
        if member is not None:
            self.shell.go("sessions", {"start": self._word(member)})

    @changing
    def action_edit(self) -> None:
        from tui.screens._group_form import edit_group  # deferred: opened on a key

        if self.known is not None:
            service = self.shell.services.of(ResourceGroups, self.ref.context)
            nodes = [node for node in self.nodes.values() if node.context == self.ref.context]
            self.do(edit_group(self, service, nodes, self.known[0]))

    @changing
    def action_delete(self) -> None:
        self.do(self._delete())

    async def _delete(self) -> None:
        from tui.screens._group_form import delete_groups  # deferred: opened on a key

        if self.known is not None and await delete_groups(self, [self.known[0]], ()):
            self.shell.back_up()
