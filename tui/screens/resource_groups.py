"""Groups: what is called together by its tags; a group is a target anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding

from tui.errors import SsmTuiError
from tui.ports import Ref
from tui.screens._base import COPY, YAML, ConsoleScreen, changing
from tui.screens._context_cells import PLACE, context_cells, context_fields, fit_columns
from tui.screens._group_words import query_said, target_of
from tui.screens._rows import hidden_marked, meant, under_cursor
from tui.services.feeds import growing
from tui.services.nodes import Node, Nodes
from tui.services.resource_groups import GroupQuery, ResourceGroup, ResourceGroups
from tui.services.targets import join_words
from tui.widgets.cells import own
from tui.widgets.columns import Column
from tui.widgets.resource_table import ResourceTable

AT_ONCE = 4
"""Groups of which it is asked at once what is in them."""
COLUMNS = [
    Column("name", "Group", min_width=8, max_width=40, priority=95),
    Column("members", "Members", kind="number", max_width=9, priority=90),
    Column("query", "In it is what has", min_width=12, max_width=60, priority=80),
    Column("description", "Description", max_width=60, priority=40),
]

Inside = tuple[GroupQuery, int]
"""A group's query, and how many members it has."""


class ResourceGroupsScreen(ConsoleScreen):
    """The list of groups; its argument is a filter."""

    NOUN, TITLE = "groups", "Groups"
    EMPTY = (
        "No resource groups.",
        "A group is whatever has certain tags, now and later, and a target for commands: run -- on group:NAME.\n"
        "n makes the first one.",
    )
    LOADING = "Loading the groups…"
    STATES_IN_TABLE = True
    BINDINGS = [
        Binding("n", "new", "new", tooltip="Make a group by tags", id="groups.new"),
        Binding(
            "r",
            "run",
            "run",
            tooltip="Run a command on the nodes of the marked groups",
            id="groups.run",
        ),
        Binding("e", "edit", "edit", tooltip="Change the group's tags and description", id="groups.edit"),
        Binding("D", "delete", "delete", tooltip="Delete the marked groups, else this one", id="groups.delete"),
        COPY,
        YAML,
    ]

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self.groups: dict[Ref, ResourceGroup] = {}
        self.inside: dict[Ref, Inside] = {}
        self.nodes: dict[str, Sequence[Node]] = {}
        self.grid = ResourceTable(COLUMNS, fields=self._fields)
        self.grid.sort_by("name")

    def compose_body(self) -> ComposeResult:
        self.grid.glyphs = self.shell.glyphs
        yield self.grid

    def on_mount(self) -> None:
        if isinstance(self.argument, str) and not self._state:
            self.bottom.set_filter(self.argument)
            self.apply_filter(self.argument)

    def begin(self) -> None:
        services, feeds = self.shell.services, self.shell.services.feeds
        who = {"looker": self.NOUN}
        fit_columns(self.grid, COLUMNS, self.shell)
        lists = {}
        for groups in services.each(ResourceGroups):
            lists[groups.context] = feeds.feed(groups.context, "ListGroups", None, growing(groups.list), every=10.0)
        self.follow_each(lists, self.show)
        for groups in services.each(ResourceGroups):
            fetch = partial(self._look_inside, groups)
            self.follow(
                feeds.feed(groups.context, "ListGroupResources", who, fetch, every=30.0), self._show, main=False
            )
            nodes = services.of(Nodes, groups.context)
            feed_of_nodes = feeds.feed(nodes.context, "DescribeInstanceInformation", who, nodes.all, every=10.0)
            self.follow(feed_of_nodes, partial(self._take_nodes, groups.context), main=False)

    async def _look_inside(self, service: ResourceGroups) -> dict[Ref, Inside]:
        """Ask each group what is in it; a group that does not say is left out."""
        turns = asyncio.Semaphore(AT_ONCE)
        found: dict[Ref, Inside] = {}

        async def look(group: ResourceGroup) -> None:
            async with turns:
                try:
                    found[group.ref] = (await service.query(group.name), len(await service.members(group.name)))
                except SsmTuiError:
                    return

        groups = [group async for page in service.list() for group in page]
        await asyncio.gather(*(look(group) for group in groups))
        return found

    def show(self, groups: Sequence[ResourceGroup]) -> int:
        """Take the groups that are known now."""
        new = {group.ref for group in groups} - self.groups.keys()
        self.groups = {group.ref: group for group in groups}
        for context in {ref.context for ref in new} if self.inside else ():
            self.shell.services.feeds.hint(context, "ListGroupResources")
        self.shell.see("group", {group.name: group.description or "a resource group" for group in groups})
        return self._show({})

    def _show(self, inside: dict[Ref, Inside]) -> int:
        self.inside |= inside
        self.grid.set_rows([(group.ref, self._cells(group)) for group in self.groups.values()])
        self.update_hints()
        return len(self.groups)

    def _take_nodes(self, context: str, nodes: Sequence[Node]) -> int:
        self.nodes[context] = nodes
        return len(nodes)

    def _cells(self, group: ResourceGroup) -> Sequence[Any]:
        where = context_cells(self, group.context)
        cells = self._own_cells(group)
        return (*cells[:PLACE], *where, *cells[PLACE:])

    def _own_cells(self, group: ResourceGroup) -> Sequence[Any]:
        known = self.inside.get(group.ref)
        if known is None:
            return (group.name, (own("…"), "muted", -1), (own("…"), "muted"), (group.description, "muted"))
        query, count = known
        return (
            group.name,
            (str(count), "" if count else "warn", count),
            query_said(query),
            (group.description, "muted"),
        )

    def _fields(self, ref: Any) -> Mapping[str, str]:
        return context_fields(self.shell, ref.context) if isinstance(ref, Ref) else {}

    @property
    def current(self) -> ResourceGroup | None:
        """The group under the cursor."""
        return under_cursor(self.grid, self.groups)

    @property
    def chosen(self) -> list[ResourceGroup]:
        """The marked groups, else the one under the cursor."""
        return meant(self.grid, self.groups)

    def copies(self) -> dict[str, str]:
        group = self.current
        if group is None:
            return {}
        return {"name": group.name, "target": target_of(group.ref, self.shell), "ARN": group.arn}

    async def raw(self) -> tuple[str, Any]:
        group = self.current
        if group is None:
            return "", None
        return group.name, await self.shell.services.of(ResourceGroups, group.context).raw(group.name)

    def refusal(self, action: str) -> str:
        about_one = action in ("edit", "copy", "yaml")
        if (about_one or action in ("run", "delete")) and not (self.current if about_one else self.chosen):
            if self.groups:
                return "no group is shown"
            return "the groups are still being loaded" if self.phase == "loading" else "there is no group"
        return ""

    def on_resource_table_row_highlighted(self) -> None:
        self.update_hints()

    def on_resource_table_row_selected(self, event: ResourceTable.RowSelected) -> None:
        if isinstance(event.row, Ref):
            self.shell.go("group", self.shell.services.word(event.row))

    # actions

    @changing
    def action_run(self) -> None:
        if groups := self.chosen:
            self.shell.go("run", join_words(target_of(group.ref, self.shell) for group in groups))

    @changing
    def action_new(self) -> None:
        self.do(self._make())

    async def _make(self) -> None:
        from tui.screens._group_form import GroupForm, where_several  # deferred: opened on a key

        context = self.current.context if self.current else self.shell.services.contexts[0]
        service = self.shell.services.of(ResourceGroups, context)
        nodes, where = self.nodes.get(context, ()), where_several(self, context)
        name = await self.ask(GroupForm(service, nodes, self.shell.glyphs, where=where))
        if name:
            self.shell.notice(f"The group {name} is made; group:{name} is a target now.", "good")
            self.reload()

    @changing
    def action_edit(self) -> None:
        from tui.screens._group_form import edit_group  # deferred: opened on a key

        group = self.current
        if group is not None:
            service = self.shell.services.of(ResourceGroups, group.context)
            self.do(edit_group(self, service, self.nodes.get(group.context, ()), group))

    @changing
    def action_delete(self) -> None:
        hidden = hidden_marked(self.grid, self.groups)
        self.do(self._delete(self.chosen, hidden))

    async def _delete(self, groups: Sequence[ResourceGroup], hidden: Sequence[ResourceGroup]) -> None:
        from tui.screens._group_form import delete_groups  # deferred: opened on a key

        if await delete_groups(self, groups, hidden):
            self.reload()
