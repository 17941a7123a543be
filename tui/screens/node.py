"""Node: one managed node; what it is, how it fares, what ran and runs on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding

from tui.ports import Ref
from tui.screens._base import COPY, YAML, changing, explain
from tui.screens._find_node import find_node
from tui.screens._group_by_column import GROUP_KEYS, GroupByColumn
from tui.screens._links import away
from tui.screens._node_facts import summary_lines
from tui.screens._node_link import LINK_KEYS, NodeLink
from tui.screens._node_tabs import COLUMNS, EMPTY, SORTS, TABS, Row, invocation_row, process_row, process_text
from tui.screens._node_tabs import session_row as row_of_session
from tui.screens._node_tag_actions import NodeTagActions
from tui.screens._words import ping_word
from tui.services._base import Adapter
from tui.services.commands import Commands, Invocation
from tui.services.feeds import Feed, Looker
from tui.services.nodes import Node, NodeDetails, Nodes, Process, Sample
from tui.services.sessions import Sessions
from tui.theming import Glyphs
from tui.widgets.cells import own
from tui.widgets.lines_pane import LinesPane
from tui.widgets.resource_table import ResourceTable
from tui.widgets.tab_bar import TabBar

SAMPLES = 120
"""Measurements that the sparklines draw."""
BESIDE = 30
"""Cells of the Summary beside a sparkline."""


T = TypeVar("T", bound=Adapter)


class NodeScreen(NodeLink, NodeTagActions, GroupByColumn):
    """One node behind tabs, which the keys 1 to 5 go to; each tab keeps its own filter, order and cursor."""

    NOUN, TITLE = "node", "Node"
    GROUPS_BY = ("status", "user", "state", "command", "document", "comment", "details")
    BINDINGS = [
        Binding("s", "shell", "shell", tooltip="Open a shell on this node", id="node.shell"),
        Binding("r", "run", "run", tooltip="Run a command on this node", id="node.run"),
        Binding("t", "tab(5)", "tags", tooltip="Show this node's tags", id="node.tags"),
        Binding("n", "new_tag", "new tag", tooltip="Add a tag, key=value", id="node.new_tag"),
        Binding("e", "edit_tag", "edit tag", tooltip="Change the value of the tag", show=False, id="node.edit_tag"),
        Binding(
            "D",
            "delete_tag",
            "delete tag",
            tooltip="Remove the marked tags, else this one",
            show=False,
            id="node.delete_tag",
        ),
        Binding(
            "b", "become", "become", tooltip="Run commands and shells as root by sudo, or no more", id="node.become"
        ),
        Binding("1", "tab(1)", "summary", tooltip="Show the first tab", show=False, id="node.tab_1"),
        Binding("2", "tab(2)", "processes", tooltip="Show the second tab", show=False, id="node.tab_2"),
        Binding("3", "tab(3)", "commands", tooltip="Show the third tab", show=False, id="node.tab_3"),
        Binding("4", "tab(4)", "sessions", tooltip="Show the fourth tab", show=False, id="node.tab_4"),
        Binding("5", "tab(5)", "tags", tooltip="Show the fifth tab", show=False, id="node.tab_5"),
        *LINK_KEYS,
        *GROUP_KEYS,
        COPY,
        YAML,
    ]
    DEFAULT_CSS = """
    NodeScreen TabBar { background: $bar; }
    NodeScreen.-summary ResourceTable { display: none; }
    NodeScreen.-table LinesPane { display: none; }
    """
    LOADING: ClassVar[str] = "Loading the node…"

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self.node: Node | None = None
        self.details: NodeDetails | None = None
        self.samples: list[Sample] = []
        self.tab = int((state or {}).get("tab", 0))
        self._kept: dict[int, dict[str, Any]] = dict((state or {}).get("tabs", {}))
        self._wanted: dict[str, Any] = {}
        self._processes: dict[str, Process] = {}
        self._tab_lookers: list[Looker[Any]] = []
        self._is_following = False
        self._tabs = TabBar(TABS)
        self._facts = LinesPane()
        self._grid = ResourceTable(classes="resource-table")

    def compose_body(self) -> ComposeResult:
        self._grid.glyphs = self.shell.glyphs
        yield self._tabs
        yield self._facts
        yield self._grid

    def crumb(self) -> str:
        where = f" in {self.node.context}" if self.node and len(self.shell.contexts) > 1 else ""
        if self.node and self.node.name != self.node.id:
            return f"{self.node.name} ({self.node.id}){where}"
        return self.node_id + where

    @property
    def ref(self) -> Ref:
        """What names the node; it is known where one can do something to it."""
        return self.node.ref if self.node else Ref(self.shell.services.contexts[0], self.node_id)

    def word(self, id: str) -> str:
        """Give the word for something of the node's own context."""
        return self.shell.services.word(Ref(self.ref.context, id))

    @property
    def node_id(self) -> str:
        return self.node.id if self.node else str(self.argument or "")

    def begin(self) -> None:
        services, wanted = self.shell.services, str(self.argument or "")
        # What the tab followed ended with the link before.
        self._tab_lookers, self._is_following = [], False
        places, name = services.meant(wanted)
        context = self.node.context if self.node is not None else places[0]
        nodes = services.of(Nodes, context)

        async def fetch() -> Node:
            if self.node is not None and self.node.context in services.contexts:
                return await services.of(Nodes, self.node.context).get(self.node.id)
            return await find_node(services, places, name)

        who = {"node": wanted, "in": places}
        self.follow(services.feeds.feed(context, "DescribeInstanceInformation", who, fetch), self._show_node)
        services.feeds.drive(context, "nodes", nodes.watch, "DescribeInstanceInformation")

    def concerns(self, context: str) -> bool:
        return self.node is None or self.node.context == context

    def contexts_changed(self) -> None:
        if self.node is not None and self.node.context not in self.shell.contexts:
            # The node was another context's: what is named so where one is now takes its place.
            self.node = self.details = None
            self.samples, self.rows = [], 0
            self.set_phase("loading")
        super().contexts_changed()

    def _of(self, kind: type[T]) -> T:
        """Give the service of a class for the node's own context."""
        return self.shell.services.of(kind, self.node.context if self.node else None)

    def _show_node(self, node: Node) -> int:
        first, self.node = self.node is None, node
        self.shell.see("node", {node.id: node.name})
        if first and node.context != self.shell.services.contexts[0]:
            self.call_later(self.start, False)  # it is followed where it is
        if first:
            self._show_tab()
        if not self._is_following:
            self._follow_tab(node)
        self.follow_link()
        self._draw_summary()
        if TABS[self.tab] == "Tags":
            self._show_tags(node)
        return 1

    # the tabs

    def _choose(self, tab: int) -> None:
        self._keep()
        self._leave_tab()
        self.tab = tab
        self._show_tab()
        if self.node is not None:
            self._follow_tab(self.node)
        self.focus_body()
        self.refresh_bindings()

    def _keep(self) -> None:
        """Remember how the tab that shows stands."""
        if self.tab and self.node is not None:
            self._kept[self.tab] = super().save_state()

    def _show_tab(self) -> None:
        """Show the tab as it was left, without its rows."""
        name, kept = TABS[self.tab], self._kept.get(self.tab, {})
        self.FILTERS = self.tab != 0
        self._tabs.show(TABS, self.tab)
        self.set_class(self.tab == 0, "-summary")
        self.set_class(self.tab != 0, "-table")
        self.bottom.set_filter(kept.get("filter", ""))
        if self.tab:
            self._grid.state, self._grid.message, self._grid.stale = "loading", "", False
            self._grid.set_rows([])
            self._grid.set_filter(kept.get("filter", ""))
            self._grid.set_columns(COLUMNS[name], name.lower())
            self.group_again(kept)
            self._grid.sort_by(*kept.get("sort", SORTS.get(name, ("", False))))
            self._wanted = kept
        self.update_bars()

    def _follow_tab(self, node: Node) -> None:
        before = len(self._lookers)
        self._is_following = True
        follow = getattr(self, f"_follow_{TABS[self.tab].lower()}")
        follow(node)
        self._tab_lookers = self._lookers[before:]

    def _leave_tab(self) -> None:
        for looker in self._tab_lookers:
            looker.close()
            if looker in self._lookers:
                self._lookers.remove(looker)
        self._tab_lookers, self._is_following = [], False

    def _feed(self, operation: str, fetch: Callable[[], Any], every: float) -> Feed[Any]:
        return self.shell.services.feeds.feed(
            self._of(Nodes).context, operation, {"looker": "node", "id": self.node_id}, fetch, every=every
        )

    def _follow_summary(self, node: Node) -> None:
        nodes = self._of(Nodes)

        def details(value: NodeDetails) -> int:
            self.details = value
            return self._draw_summary()

        def samples(value: list[Sample]) -> int:
            self.samples = value
            return self._draw_summary()

        self.follow(self._feed("DescribeNodeDetails", lambda: nodes.details(node.id), 10), details, main=False)
        feed = self._feed("ListNodeSamples", lambda: nodes.samples(node.id, SAMPLES), 2)
        self.follow(feed, samples, main=False)

    def _follow_processes(self, node: Node) -> None:
        nodes = self._of(Nodes)

        def row(one: Process, glyphs: Glyphs) -> Row:
            self._processes[one.ref.id] = one
            return process_row(one, glyphs)

        self._rows_of(self._feed("ListProcesses", lambda: nodes.processes(node.id), 3), row)

    def _follow_commands(self, node: Node) -> None:
        commands = self._of(Commands)

        async def fetch() -> list[tuple[Invocation, str]]:
            scripts = {one.id: one.summary async for page in commands.list(node=node.id) for one in page}
            found = [one async for page in commands.invocations(node=node.id) for one in page]
            return [(one, scripts.get(one.command_id, "")) for one in found]

        self._rows_of(self._feed("ListCommandInvocations", fetch, 5), invocation_row)
        self.shell.services.feeds.drive(commands.context, "invocations", commands.watch_all, "ListCommandInvocations")

    def _follow_sessions(self, node: Node) -> None:
        sessions = self._of(Sessions)
        feed = self._feed("DescribeSessions", partial(sessions.live_and_past, node.id), 5)
        self._rows_of(feed, row_of_session)
        self.shell.services.feeds.drive(sessions.context, "sessions", sessions.watch, "DescribeSessions")

    def _follow_tags(self, node: Node) -> None:
        self._show_tags(node)

    def _show_tags(self, node: Node) -> None:
        self._set_rows([(key, (key, value)) for key, value in sorted(node.tags.items())])
        if node.tags_unknown:
            self._grid.state = "error"
            self._grid.message = own(f"The tags are not known: {node.tags_unknown}.\nR tries again.")

    def _rows_of(self, feed: Feed[Any], row: Callable[[Any, Glyphs], Row]) -> None:
        tab = self.tab

        def show(things: list[Any]) -> int:
            if self.tab == tab:
                self._set_rows([row(thing, self.shell.glyphs) for thing in things])
            return 1

        def failed(feed: Feed[Any]) -> None:
            if feed.error is not None and self.tab == tab and self.is_attached:
                self._grid.state, self._grid.message = "error", "\n".join(explain(feed.error))
                self._grid.stale = bool(self._grid.total)

        self.follow(feed, show, main=False)
        self._lookers.append(feed.look(failed, visible=self._is_looking))
        if feed.error is not None:
            failed(feed)

    def _set_rows(self, rows: list[Row]) -> None:
        grid = self._grid
        grid.state, grid.message, grid.stale = "empty", EMPTY[TABS[self.tab]], False
        grid.set_rows(rows)
        if rows and self._wanted:
            wanted, self._wanted = self._wanted, {}
            grid.mark(wanted.get("marks", ()))
            grid.move_to(wanted.get("cursor"))
        self.update_bars()

    def _draw_summary(self, columns: int = 0) -> int:
        if self.node is not None:
            word = ping_word(self.node.ping, self.shell.glyphs)
            charset = "ascii" if self.shell.glyphs.arrow == ">" else "unicode"
            # As wide as there is something to draw: the first measurements stand beside their numbers.
            width = max(10, min((columns or self.size.width) - BESIDE, len(self.samples)))
            link = self.link_of_node((columns or self.size.width) - 2)
            lines = summary_lines(self.node, self.details, self.samples, word, width, charset, self._lacks(), link)
            self._facts.show(lines)
        return 1

    def link_changed(self) -> None:
        self._draw_summary()

    def _lacks(self) -> list[str]:
        """Why some of the Summary is not there."""
        nodes = self._of(Nodes)
        return [said for name in ("DescribeNodeDetails", "ListNodeSamples") if (said := nodes.lacks(name))]

    def fit_size(self, columns: int, rows: int) -> None:
        super().fit_size(columns, rows)
        self._draw_summary(columns)

    # state and the shared keys

    def save_state(self) -> dict[str, Any]:
        self._keep()
        return {"tab": self.tab, "tabs": self._kept}

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Nothing yet: a tab takes what it was with its columns."""

    def refusal(self, action: str) -> str:
        if self.node is None and action not in ("leave", "reload", "watch", "copy_text"):
            return "the node is not known yet"
        if action in ("edit_tag", "delete_tag") and not (TABS[self.tab] == "Tags" and self._grid.cursor_id):
            return "the cursor is on no tag (5 shows them)"
        if action == "shell" and self.node is not None and not self.node.online:
            return away(self.node, self.link)
        lacking = {"shell": "StartSession", "become": "UpdateNode"}.get(action, "")
        return self._of(Nodes).lacks(lacking).rstrip(".") if lacking else super().refusal(action)

    def copies(self) -> dict[str, str]:
        found = {}
        if self.tab and self._grid.cursor_id is not None and not self.on_header:
            at = str(self._grid.cursor_id)
            found[{"Processes": "pid", "Tags": "tag"}.get(TABS[self.tab], "id of the row")] = at
            if TABS[self.tab] == "Processes" and at in self._processes:
                found["command line"] = self._processes[at].command
            if TABS[self.tab] == "Tags" and self.node is not None:
                found["value"] = self.node.tags.get(at, "")
        if self.node is not None:
            found |= {"node id": self.node.id, "node name": self.node.name, "address": self.node.address}
        return found

    async def raw(self) -> tuple[str, Any]:
        return self.crumb(), await self._of(Nodes).raw(self.node_id)

    # what is done

    def action_tab(self, number: int) -> None:
        self._choose(number - 1)

    def on_tab_bar_chosen(self, event: TabBar.Chosen) -> None:
        if self.node is not None:
            self._choose(event.index)

    def on_resource_table_row_highlighted(self) -> None:
        self.refresh_bindings()

    def on_resource_table_row_selected(self, event: ResourceTable.RowSelected) -> None:
        match TABS[self.tab]:
            case "Processes":
                self.do(self._read_process(str(event.row)))
            case "Commands":
                self.shell.go("command", self.word(str(event.row)))
            case "Sessions":
                self.shell.go("sessions", self.word(str(event.row)))
            case "Tags":
                self.call_later(self.app.run_action, "screen.edit_tag")

    async def _read_process(self, pid: str) -> None:
        from tui.screens._dialogs import Reader  # deferred: opened on a key

        await self.ask(Reader(f"Process {pid} of {self.crumb()}", process_text(self._processes[pid])))

    @changing
    def action_shell(self) -> None:
        self.shell.go("sessions", {"start": self.word(self.node_id)})

    @changing
    def action_run(self) -> None:
        self.shell.go("run", [self.word(self.node_id)])

    @changing
    def action_become(self) -> None:
        from tui.screens._become import change_become  # deferred: opened on a key

        self.do(change_become(self, self.ref, self.crumb()))
