"""Node: one managed node; what it is, how it fares, what ran and runs on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding

from tui.errors import ApiError, SsmTuiError
from tui.screens._base import COPY, YAML, ConsoleScreen, changing, explain
from tui.screens._node_facts import summary_lines
from tui.screens._words import age, cell, ping_word, session_word, size, status_word
from tui.services.commands import Commands, Invocation
from tui.services.feeds import Feed, Looker
from tui.services.nodes import Node, NodeDetails, Nodes, Process, Sample
from tui.services.sessions import Session, Sessions
from tui.services.tags import Tags
from tui.widgets.lines_pane import LinesPane
from tui.widgets.resource_table import Column, ResourceTable
from tui.widgets.tab_bar import TabBar

TABS = ("Summary", "Processes", "Commands", "Sessions", "Tags")
SAMPLES = 120
"""Measurements that the sparklines draw."""
_COLUMNS: dict[str, list[Column]] = {
    "Processes": [
        Column("pid", "PID", kind="number"),
        Column("user", "User"),
        Column("cpu", "CPU %", kind="number"),
        Column("memory", "Mem %", kind="number"),
        Column("resident", "Resident", kind="number"),
        Column("age", "Age", kind="age", wide=True),
        Column("state", "State", wide=True),
        Column("command", "Command", max_width=200),
    ],
    "Commands": [
        Column("status", "Status", kind="status"),
        Column("age", "Age", kind="age"),
        Column("document", "Document"),
        Column("comment", "Comment", wide=True),
        Column("id", "Command id"),
    ],
    "Sessions": [
        Column("status", "Status", kind="status"),
        Column("age", "Age", kind="age"),
        Column("document", "Document", wide=True),
        Column("details", "Details"),
        Column("id", "Session id"),
    ],
    "Tags": [Column("key", "Key", max_width=128), Column("value", "Value", max_width=256)],
}
_EMPTY = {
    "Processes": "This node says nothing of its processes.",
    "Commands": "Nothing has run here yet. r runs a command.",
    "Sessions": "No shell was opened here yet. s opens one.",
    "Tags": "No tags. n makes the first one.",
}


class NodeScreen(ConsoleScreen):
    """One node behind tabs; the keys 1 to 5 and `{` `}` go between them."""

    NOUN, TITLE = "node", "Node"
    BINDINGS = [
        Binding("s", "shell", "shell", tooltip="Open a shell on this node", id="node.shell"),
        Binding("r", "run", "run", tooltip="Run a command on this node", id="node.run"),
        Binding("t", "tab(5)", "tags", tooltip="Show this node's tags", id="node.tags"),
        Binding("n", "new_tag", "new tag", tooltip="Add a tag, key=value", id="node.new_tag"),
        Binding("e", "edit_tag", "edit tag", tooltip="Change the value of the tag", show=False, id="node.edit_tag"),
        Binding("D", "delete_tag", "delete tag", tooltip="Remove the tag", show=False, id="node.delete_tag"),
        Binding(
            "b", "become", "become", tooltip="Run commands and shells as root by sudo, or no more", id="node.become"
        ),
        Binding("1", "tab(1)", "summary", tooltip="Show the first tab", show=False, id="node.tab_1"),
        Binding("2", "tab(2)", "processes", tooltip="Show the second tab", show=False, id="node.tab_2"),
        Binding("3", "tab(3)", "commands", tooltip="Show the third tab", show=False, id="node.tab_3"),
        Binding("4", "tab(4)", "sessions", tooltip="Show the fourth tab", show=False, id="node.tab_4"),
        Binding("5", "tab(5)", "tags", tooltip="Show the fifth tab", show=False, id="node.tab_5"),
        COPY,
        YAML,
    ]
    DEFAULT_CSS = """
    NodeScreen TabBar { background: $bar; }
    NodeScreen.-summary ResourceTable { display: none; }
    NodeScreen.-table LinesPane { display: none; }
    NodeScreen.-loading TabBar, NodeScreen.-error TabBar { display: none; }
    """
    EMPTY: ClassVar[tuple[str, str]] = ("There is no such node.", "Esc goes back to the fleet.")

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self.node: Node | None = None
        self.details: NodeDetails | None = None
        self.samples: list[Sample] = []
        self.tab = int((state or {}).get("tab", 0))
        self._tab_lookers: list[Looker[Any]] = []
        self._tabs = TabBar(TABS)
        self._facts = LinesPane()
        self._table: ResourceTable | None = None

    def compose_body(self) -> ComposeResult:
        yield self._tabs
        yield self._facts
        self._table = ResourceTable(glyphs=self.shell.glyphs, classes="resource-table")
        yield self._table

    def crumb(self) -> str:
        return f"{self.node.name} ({self.node.id})" if self.node and self.node.name != self.node.id else self.node_id

    @property
    def node_id(self) -> str:
        return self.node.id if self.node else str(self.argument or "")

    def begin(self) -> None:
        nodes = self.shell.services.of(Nodes)
        wanted = str(self.argument or "")

        async def fetch() -> Node:
            try:
                return await nodes.get(wanted)
            except ApiError:
                found = [node for node in await nodes.all() if wanted in (node.name, node.computer_name, node.id)]
                if len(found) != 1:
                    why = "more than one node is" if found else "no node is"
                    raise SsmTuiError(f"{why} named {wanted}.", hint="Esc goes back to the fleet.") from None
                return found[0]

        feeds = self.shell.services.feeds
        self.follow(feeds.feed(nodes.context, "DescribeInstanceInformation", {"node": wanted}, fetch), self._show_node)
        feeds.drive(nodes.context, "nodes", nodes.watch, "DescribeInstanceInformation")

    def _show_node(self, node: Node) -> int:
        first, self.node = self.node is None, node
        self.shell.see("node", {node.id: node.name})
        if first or not self._tab_lookers:
            self._choose(self.tab)
        self._draw_summary()
        if TABS[self.tab] == "Tags":
            self._show_tags(node)
        return 1

    # the tabs

    def _choose(self, tab: int) -> None:
        for looker in self._tab_lookers:
            looker.close()
            if looker in self._lookers:
                self._lookers.remove(looker)
        before = len(self._lookers)
        self.tab = tab
        self._tabs.show(TABS, tab)
        self.set_class(tab == 0, "-summary")
        self.set_class(tab != 0, "-table")
        assert self._table is not None
        if tab:
            self._table.state, self._table.message = "loading", ""
            self._table.set_rows([])
            self._table.set_columns(_COLUMNS[TABS[tab]])
        if self.node is not None:
            getattr(self, f"_follow_{TABS[tab].lower()}")(self.node)
        self._tab_lookers = self._lookers[before:]
        (self._table if tab else self._facts).focus()
        self.refresh_bindings()
        self.update_bars()

    def _feed(self, operation: str, fetch: Callable[[], Any], every: float) -> Feed[Any]:
        return self.shell.services.feeds.feed(
            self.shell.services.of(Nodes).context, operation, {"looker": "node", "id": self.node_id}, fetch, every=every
        )

    def _follow_summary(self, node: Node) -> None:
        nodes = self.shell.services.of(Nodes)

        def details(value: NodeDetails) -> int:
            self.details = value
            return self._draw_summary()

        def samples(value: list[Sample]) -> int:
            self.samples = value
            return self._draw_summary()

        self.follow(self._feed("DescribeNodeDetails", lambda: nodes.details(node.id), 30), details, main=False)
        feed = self._feed("ListNodeSamples", lambda: nodes.samples(node.id, SAMPLES), 2)
        self.follow(feed, samples, main=False)

    def _follow_processes(self, node: Node) -> None:
        nodes = self.shell.services.of(Nodes)
        self._rows_of(self._feed("ListProcesses", lambda: nodes.processes(node.id), 3), self._process_row)

    def _follow_commands(self, node: Node) -> None:
        commands = self.shell.services.of(Commands)

        async def fetch() -> list[Invocation]:
            return [one async for page in commands.invocations(node=node.id) for one in page]

        self._rows_of(self._feed("ListCommandInvocations", fetch, 5), self._invocation_row)
        self.shell.services.feeds.drive(commands.context, "invocations", commands.watch_all, "ListCommandInvocations")

    def _follow_sessions(self, node: Node) -> None:
        sessions = self.shell.services.of(Sessions)

        async def fetch() -> list[Session]:
            live = [one async for page in sessions.list(target=node.id) for one in page]
            past = [one async for page in sessions.list(history=True, target=node.id) for one in page]
            return [*live, *past]

        self._rows_of(self._feed("DescribeSessions", fetch, 5), self._session_row)
        self.shell.services.feeds.drive(sessions.context, "sessions", sessions.watch, "DescribeSessions")

    def _follow_tags(self, node: Node) -> None:
        self._show_tags(node)

    def _show_tags(self, node: Node) -> None:
        assert self._table is not None
        self._table.state, self._table.message = "empty", _EMPTY["Tags"]
        self._table.set_rows([(key, (key, value)) for key, value in sorted(node.tags.items())])

    def _rows_of(self, feed: Feed[Any], row: Callable[[Any], tuple[str, tuple[Any, ...]]]) -> None:
        table, tab = self._table, self.tab
        assert table is not None

        def show(things: list[Any]) -> int:
            if self.tab == tab:
                table.state, table.message = "empty", _EMPTY[TABS[tab]]
                table.stale = False
                table.set_rows([row(thing) for thing in things])
                self.update_bars()
            return 1

        def failed(feed: Feed[Any]) -> None:
            if feed.error is not None and self.tab == tab and self.is_attached:
                table.state, table.message = "error", " ".join(explain(feed.error))
                table.stale = bool(table.total)

        self.follow(feed, show, main=False)
        self._lookers.append(feed.look(failed, visible=self._is_looking))

    def _process_row(self, process: Process) -> tuple[str, tuple[Any, ...]]:
        return process.ref.id, (
            str(process.pid),
            process.user,
            f"{process.cpu:.1f}",
            f"{process.memory:.1f}",
            (size(process.resident), "", process.resident),
            age(process.started),
            process.state,
            process.command,
        )

    def _invocation_row(self, one: Invocation) -> tuple[str, tuple[Any, ...]]:
        status = cell(status_word(one.status, self.shell.glyphs, one.details))
        return one.command_id, (status, age(one.requested), one.document, one.comment, one.command_id)

    def _session_row(self, one: Session) -> tuple[str, tuple[Any, ...]]:
        status = cell(session_word(one.status, self.shell.glyphs))
        return one.id, (status, age(one.started), one.document, one.details, one.id)

    def _draw_summary(self) -> int:
        if self.node is not None:
            word = ping_word(self.node.ping, self.shell.glyphs)
            charset = "ascii" if self.shell.glyphs.arrow == ">" else "unicode"
            width = max(20, min(self.size.width - 40, SAMPLES))
            self._facts.show(summary_lines(self.node, self.details, self.samples, word, width, charset))
        return 1

    # state and the shared keys

    def save_state(self) -> dict[str, Any]:
        return {**super().save_state(), "tab": self.tab}

    def counts(self) -> tuple[int, int, int]:
        return super().counts() if self.tab else (1, 1, 0)

    def refusal(self, action: str) -> str:
        on_tags = TABS[self.tab] == "Tags"
        if action in ("edit_tag", "delete_tag") and not (on_tags and self._tag):
            return "the cursor is on no tag (5 shows them)"
        if action == "shell" and self.node is not None and not self.node.online:
            return f"{self.node.name} does not answer"
        return ""

    def copies(self) -> dict[str, str]:
        found = {}
        if self.tab and self._table is not None and self._table.cursor_id is not None:
            found[f"{TABS[self.tab].lower().rstrip('s')}"] = str(self._table.cursor_id)
        if self.node is not None:
            found |= {"id": self.node.id, "name": self.node.name, "address": self.node.address}
        return found

    async def raw(self) -> tuple[str, Any]:
        return self.crumb(), await self.shell.services.of(Nodes).raw(self.node_id)

    # what is done

    @property
    def _tag(self) -> str:
        if TABS[self.tab] != "Tags" or self._table is None or self._table.cursor_id is None:
            return ""
        return str(self._table.cursor_id)

    def action_tab(self, number: int) -> None:
        if self.node is not None:
            self._choose(number - 1)

    def on_tab_bar_chosen(self, event: TabBar.Chosen) -> None:
        self._choose(event.index)

    def on_resource_table_row_selected(self, event: ResourceTable.RowSelected) -> None:
        match TABS[self.tab]:
            case "Commands":
                self.shell.go("command", event.row)
            case "Sessions":
                self.shell.go("sessions", event.row)
            case "Tags":
                self.action_edit_tag()

    @changing
    def action_shell(self) -> None:
        self.shell.go("sessions", ("open", self.node_id))

    @changing
    def action_run(self) -> None:
        self.shell.go("run", [self.node_id])

    @changing
    def action_become(self) -> None:
        self.do(self._become())

    async def _become(self) -> None:
        from tui.screens._dialogs import Confirm  # deferred: opened on a key

        nodes = self.shell.services.of(Nodes)
        wanted = "none" if (self.details and self.details.become == "sudo") else "sudo"
        what = "as root, by sudo" if wanted == "sudo" else "as the engine's own user"
        if await self.ask(
            Confirm(f"Run on {self.crumb()} {what}?", "Commands and shells from now on; what runs stays.")
        ):
            await nodes.set_become(self.node_id, wanted)
            if wanted == "sudo":
                await self._ask_password(nodes)
            self.reload()

    async def _ask_password(self, nodes: Nodes) -> None:
        from tui.screens._dialogs import Prompt  # deferred: opened on a key

        text = "Empty where sudo asks for none. It stays in the engine's memory and is never written down."
        password = await self.ask(Prompt("The password that sudo asks for", text, secret=True))
        if password:
            await nodes.set_become_password(self.node_id, password)

    @changing
    def action_new_tag(self) -> None:
        self.do(self._set_tag("Add a tag", "key=value", ""))

    @changing
    def action_edit_tag(self) -> None:
        key = self._tag
        value = self.node.tags.get(key, "") if self.node else ""
        self.do(self._set_tag("Change a tag", "key=value", f"{key}={value}"))

    async def _set_tag(self, title: str, text: str, first: str) -> None:
        from tui.screens._tag_prompt import TagPrompt  # deferred: opened on a key

        answer = await self.ask(TagPrompt(title, text, value=first))
        if answer:
            key, _, value = answer.partition("=")
            await self.shell.services.of(Tags).add(self.node_id, {key.strip(): value.strip()})
            self.reload()

    @changing
    def action_delete_tag(self) -> None:
        self.do(self._delete_tag(self._tag))

    async def _delete_tag(self, key: str) -> None:
        from tui.screens._dialogs import Confirm  # deferred: opened on a key

        if await self.ask(Confirm(f"Remove the tag {key} from {self.crumb()}?")):
            await self.shell.services.of(Tags).remove(self.node_id, [key])
            self.reload()
