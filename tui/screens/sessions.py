"""Sessions: the shells that live and those that ended, and each attached one as a tab."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding

from tui.ports import Ref
from tui.screens._base import COPY, YAML, changing
from tui.screens._context_cells import context_cells, fit_columns
from tui.screens._group_by_column import GROUP_KEYS
from tui.screens._session_rows import COLUMNS, latest_first, session_cells
from tui.screens._shell_commands import ShellCommands
from tui.screens._shell_pane import ShellPane
from tui.screens._shell_requests import ShellRequests
from tui.screens._shell_tabs import ShellTabs
from tui.services.sessions import Session, Sessions
from tui.widgets.resource_table import ResourceTable
from tui.widgets.tab_bar import TabBar
from tui.widgets.terminal import load_emulator
from tui.widgets.top_bar import Word


class SessionsScreen(ShellCommands, ShellRequests):
    """One screen for all shells; an argument is a session id to attach to, or {"start": node id} for a new shell."""

    NOUN, TITLE = "sessions", "Sessions"
    SINGLE = True
    STATES_IN_TABLE = True
    LOADING = "Loading the sessions…"
    GROUPS_BY = ("status", "node", "context", "region", "account", "owner", "document")
    EMPTY = (
        "No sessions yet.",
        "A session is a shell on a node. It lives in the engine: leave it, quit the console, and come back to it.\n"
        "n opens one here; s opens one from any node.",
    )
    BINDINGS = [
        Binding("enter", "open", "attach", tooltip="Attach to the session, or close an ended one", id="sessions.open"),
        Binding("n", "new", "new shell", tooltip="Open a shell on a node", id="sessions.new"),
        Binding("X", "terminate", "end", tooltip="End the marked sessions, else this one", id="sessions.end"),
        Binding("s", "shell", "shell", tooltip="Open another shell on its node", show=False, id="sessions.shell"),
        *(
            Binding(str(n), f"tab({n})", f"tab {n}", tooltip=f"Go to tab {n}", show=False, id=f"sessions.tab_{n}")
            for n in range(1, 10)
        ),
        *GROUP_KEYS,
        COPY,
        YAML,
    ]
    DEFAULT_CSS = """
    SessionsScreen TabBar { background: $bar; }
    SessionsScreen > ShellTabs { height: 1fr; display: none; }
    SessionsScreen.-shell > ResourceTable { display: none; }
    SessionsScreen.-shell > ShellTabs { display: block; }
    """

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(None, state)
        self._arriving = [] if argument is None else [argument]
        self._tabs = TabBar(["Sessions"])
        self._grid = ResourceTable(COLUMNS, classes="resource-table", fields=self._fields)
        self.shells = ShellTabs()
        self._begun = False
        self._opening = False

    def compose_body(self) -> ComposeResult:
        self._grid.glyphs = self.shell.glyphs
        yield self._tabs
        yield self._grid
        yield self.shells

    def crumb(self) -> str:
        now = self.pane_now
        return f"{self.TITLE} {self.shell.glyphs.crumb} {now.node}" if now else super().crumb()

    def begin(self) -> None:
        services, feeds = self.shell.services, {}
        fit_columns(self._grid, COLUMNS, self.shell)
        for sessions in services.each(Sessions):
            fetch = partial(self._fetch, sessions)
            feeds[sessions.context] = services.feeds.feed(
                sessions.context, "DescribeSessions", {"looker": self.NOUN}, fetch
            )
            services.feeds.drive(sessions.context, "sessions", sessions.watch, "DescribeSessions")
        self.follow_each(feeds, self._show)
        for pane in self.shells.panes:
            # The engine was lost and is back: its shells lived on.
            if not pane.ended:
                pane.attach()
        self._begun = True
        arriving, self._arriving = self._arriving, []
        for argument in arriving:
            self.arrive(argument)

    def contexts_changed(self) -> None:
        gone = [pane for pane in self.shells.panes if pane.context not in self.shell.contexts]
        for pane in gone:
            self.do(self._close(pane))
        if gone:
            self.shell.notice(f"{len(gone)} shell{'s run' if len(gone) > 1 else ' runs'} on in {gone[0].context}.")
        super().contexts_changed()

    def arrive(self, argument: Any) -> None:
        """Be come to with an argument: attach to a session, or start a shell; with none the list shows."""
        word = argument["start"] if isinstance(argument, dict) else str(argument or "")
        context = word.partition(":")[0] if ":" in word else ""
        if not self._begun or (context in self.shell.contexts and context not in self.shell.services.contexts):
            self._arriving.append(argument)
            self.settled = not argument
        elif isinstance(argument, dict):
            self._open(self._start(self._ref(argument["start"])))
        elif argument:
            self._open(self._open_tab(self._ref(str(argument))))
        else:
            self._choose(0)

    def settle(self) -> None:
        """Take keys, unless a shell is being opened: what is typed meanwhile is meant for it."""
        if not self._opening:
            super().settle()

    def on_shell_pane_ready(self) -> None:
        self._opening = False
        self._draw_tabs()  # the borders say which panes there is room for
        self.settle()

    def _show(self, sessions: list[Session]) -> int:
        sessions = latest_first(sessions)
        self._sessions = {session.ref: session for session in sessions}
        glyphs = self.shell.glyphs
        self._grid.set_rows(
            [
                (one.ref, session_cells(one, self._name_of(one), glyphs, context_cells(self, one.context)))
                for one in sessions
            ]
        )
        self.shell.see("sessions", {one.id: self._name_of(one) for one in sessions if not one.status.over})
        self._draw_tabs()
        return len(sessions)

    # tabs

    @property
    def pane_now(self) -> ShellPane | None:
        """The shell that has the keys, or None for the list."""
        return self.shells.now

    def _choose(self, tab: int) -> None:
        self.shells.choose(tab)
        now = self.pane_now
        self.set_class(now is not None, "-shell")
        self.FILTERS = now is None
        (now.view if now else self._grid).focus()
        self._draw_tabs()
        self.update_bars()
        self.update_hints()

    def _draw_tabs(self) -> None:
        self._tabs.show(["Sessions", *self.tab_labels()], self.shells.at, self.draw_panes())

    def update_hints(self) -> None:
        now = self.pane_now
        if now is None or not self.is_attached:
            super().update_hints()
            return
        first = [hint._replace(verb="close") for hint in self.hints() if now.ended and hint.target == "sessions.open"]
        self.bottom.show_hints([*first, *self.shell_hints()], self.shell.tail_words())

    def _trouble_words(self) -> list[Word]:
        # Which contexts the list lacks is no matter of the shell that shows, and would cost it a line.
        return super()._trouble_words() if self.pane_now is None else []

    def focus_body(self) -> None:
        (self.pane_now.view if self.pane_now else self._grid).focus()

    def on_tab_bar_chosen(self, event: TabBar.Chosen) -> None:
        self._choose(event.index)

    def action_tab(self, number: int) -> None:
        if number - 1 <= len(self.shells.tabs):
            self._choose(number - 1)
        else:
            self.shell.notice(f"There is no tab {number}.", "warn")

    # what is done

    def _open(self, work: Coroutine[Any, Any, bool]) -> None:
        """Open a shell; the keys wait for it from now on, and come back at once where none opens."""
        self._opening, self.settled = True, False
        self.do(self._opened(work))

    async def _opened(self, work: Coroutine[Any, Any, bool]) -> None:
        opens = False
        # The emulator takes a while to load: beside the engine's answer, not in front of it.
        asyncio.get_running_loop().run_in_executor(None, load_emulator)
        try:
            opens = await work
        finally:
            if not opens:
                self.on_shell_pane_ready()

    async def _start(self, node: Ref) -> bool:
        session = await self.shell.services.of(Sessions, node.context).start(node.id)
        return await self._open_tab(session.ref, node.id)

    async def _open_tab(self, ref: Ref, target: str = "") -> bool:
        """Show a session's tab, made where there is none; False where it is made ready already or can't be."""
        known = self.shells.find(ref.id)
        if known is not None:
            self.shells.at = self.shells.tab_of(known)
            self.shells.go(known)
            self._choose(self.shells.at)
            return False
        if not target:
            session = await self._find(ref)
            if session.status.over:
                self._choose(0)
                self._grid.move_to(session.ref)
                self._say_over(session)
                return False
            ref, target = session.ref, session.target
        self._must_attach(ref.context)
        node = Ref(ref.context, target)
        if node not in self._known:
            await self._learn(ref.context)
        # Shown before it is mounted: its size is right from the first byte.
        self.add_class("-shell")
        self._choose(await self.shells.add(self._make_pane(ref, target)))
        return True

    def _make_pane(self, ref: Ref, target: str) -> ShellPane:
        node = self._node_name(Ref(ref.context, target))
        return ShellPane(
            self.shell.services.of(Sessions, ref.context),
            ref.id,
            node + (f" {ref.context}" if len(self.shell.contexts) > 1 else ""),
            target=target,
            prefix=self.shell.config.prefix,
            scrollback=self.shell.config.scrollback,
            read_only=self.shell.read_only,
            dot=self.shell.glyphs.dot,
            turns=self.shells.turns,
            typed_to=self.shells.typed_to,
            commanded=self.hold_keys,
        )

    def _say_over(self, session: Session) -> None:
        self.shell.notice(f"The shell on {self._said_of(session)} is over. {session.details}".rstrip())

    async def _close(self, pane: ShellPane) -> None:
        at, had_keys = self.shells.tab_of(pane), pane is self.pane_now
        alone = at == 0 or len(self.shells.tabs[at - 1].splits) == 1
        self.shells.take_out(pane)
        # What one goes on typing after an ended shell must not come to the one beside it.
        if had_keys and pane.ended and self.pane_now is not None and not alone:
            self.pane_now.view.hush()
        self._choose(0 if had_keys and alone and pane.ended else min(self.shells.at, len(self.shells.tabs)))
        await self.shells.discard(pane)

    def on_shell_pane_ended(self, event: ShellPane.Ended) -> None:
        self._draw_tabs()
        self.update_hints()
        if event.pane not in self.shells.seen or self.app.screen is not self:
            status = event.pane.exit_status
            said = "lost its link" if event.lost else f"ended, exit status {'unknown' if status is None else status}"
            text = f"The shell on {event.pane.node} {said}."
            self.shell.notice(text, noun="sessions", argument=event.pane.session_id)

    def on_shell_pane_titled(self) -> None:
        self._draw_tabs()

    def refusal(self, action: str) -> str:
        now = self.pane_now
        if action in ("open", "shell", "copy", "yaml") and now is None and self._row_now is None:
            return "there is no session under the cursor"
        if action == "terminate" and now is None and not self._grid.targets:
            return "there is no session under the cursor"
        if action in ("group", "fold_all", "unfold_all") and now is not None:
            return "a shell shows; its list has groups"
        if action == "terminate" and not self._ending:
            return "it has ended"
        if action == "new" and (why := self._no_shells()):
            return why.rstrip(".")
        return super().refusal(action)

    @property
    def _ending(self) -> list[Ref]:
        """The sessions that would be ended now: the tab's, else the marked ones that live, else the cursor's."""
        now = self.pane_now
        if now is not None:
            return [] if now.ended else [Ref(now.context, now.session_id)]
        live = {ref for ref, session in self._sessions.items() if not session.status.over}
        return [ref for ref in self._grid.targets if isinstance(ref, Ref) and ref in live]

    @property
    def _row_now(self) -> Session | None:
        return self._sessions.get(self._ref_now) if self._ref_now is not None else None

    @property
    def _ref_now(self) -> Ref | None:
        now, row = self.pane_now, self._grid.cursor_id
        return Ref(now.context, now.session_id) if now is not None else row if isinstance(row, Ref) else None

    def on_resource_table_row_selected(self, event: ResourceTable.RowSelected) -> None:
        self.action_open()

    def on_resource_table_row_highlighted(self) -> None:
        self.refresh_bindings()

    def action_open(self) -> None:
        now = self.pane_now
        if now is not None and now.ended:
            self.do(self._close(now))
        elif now is not None:
            now.attach()
        elif self._row_now is not None and self._row_now.status.over:
            self._say_over(self._row_now)
        elif self._row_now is not None:
            self._open(self._open_tab(self._row_now.ref, self._row_now.target))

    def action_leave(self) -> None:
        if self.pane_now is not None:
            self._choose(0)
        else:
            super().action_leave()

    @changing
    def action_new(self) -> None:
        self._open(self._new())

    async def _new(self) -> bool:
        chosen = await self._choose_node()
        return await self._start(chosen) if chosen else False

    @changing
    def action_shell(self) -> None:
        session = self._sessions.get(self._ref_now) if self._ref_now is not None else None
        if session is not None and session.target:
            self._open(self._start(Ref(session.context, session.target)))

    @changing
    def action_terminate(self) -> None:
        self.do(self._terminate(self._ending))

    async def _terminate(self, refs: list[Ref]) -> None:
        from tui.screens._dialogs import Confirm  # deferred: opened on a key

        panes = {pane.session_id: pane.node for pane in self.shells.panes}
        names = [panes.get(ref.id) or self._said_of(self._sessions[ref]) for ref in refs]
        hidden = len([ref for ref in self._grid.hidden_marks if ref in refs])
        title = f"End the shell on {names[0]}?" if len(refs) == 1 else f"End {len(refs)} shells?"
        about = "What runs in it is hung up." if len(refs) == 1 else f"On {', '.join(names)}.\nWhat runs is hung up."
        about += f"\n{hidden} of them are marked and hidden by the filter." if hidden else ""
        if await self.ask(Confirm(title, about, verb="end it" if len(refs) == 1 else "end them")):
            for ref in refs:
                await self.shell.services.of(Sessions, ref.context).terminate(ref.id)
            self.reload()

    def copies(self) -> dict[str, str]:
        ref = self._ref_now
        session = self._sessions.get(ref) if ref is not None else None
        found = {"session id": ref.id if ref is not None else ""}
        return {**found, "node id": session.target, "details": session.details} if session else found

    async def raw(self) -> tuple[str, Any]:
        ref = self._ref_now
        return (ref.id, await self.shell.services.of(Sessions, ref.context).raw(ref.id)) if ref else ("", None)
