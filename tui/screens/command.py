"""Command: one command live, a pane for each node, laid out for the terminal's size."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding

from tui.errors import SsmTuiError
from tui.screens._base import COPY, PHASE_STYLES, YAML, changing
from tui.screens._catch_up import CatchUp
from tui.screens._command_actions import cancel_commands, run_again, save_outputs, still_on
from tui.screens._command_head import CommandHead, head_lines
from tui.screens._command_places import CommandPlaces
from tui.screens._command_runs import CommandRuns, NodeRun, folded
from tui.screens._command_watching import SOON, CommandWatching
from tui.screens._follower import named
from tui.services.api_calls import aws_cli_line
from tui.services.commands import CommandRequest, Commands, Event
from tui.widgets.filter_grammar import Filter, parse
from tui.widgets.later import later
from tui.widgets.pane import Pane
from tui.widgets.pane_drawing import ASCII_FRAME
from tui.widgets.pane_grid import PaneGrid
from tui.widgets.top_bar import Word

TICK = 0.2
FEW = 8
"""Nodes whose outputs are fetched whether they show or not."""


class CommandScreen(CommandWatching):
    """One command on its nodes; its argument is the command's id, or the ids of what was sent as one."""

    NOUN, TITLE = "command", "Command"
    EMPTY = ("No node was meant by this command.", "Its targets matched none when it was sent. a sends it again.")
    LOADING = "Looking for the command…"
    STATES_IN_TABLE = True
    AHEAD = True
    DEFAULT_CSS = """
    CommandScreen PaneGrid { height: 1fr; }
    CommandScreen.-short CommandHead { height: 1; }
    CommandScreen.-flat CommandHead { display: none; }
    """
    BINDINGS = [
        Binding("a", "again", "again", tooltip="Launch it again, on the failed nodes or else all", id="command.again"),
        Binding("X", "cancel", "cancel", tooltip="Stop what runs", id="command.cancel"),
        Binding("f", "failed", "failed", tooltip="Show only the nodes where it failed", id="command.failed"),
        Binding("u", "together", "same", tooltip="One pane for equal outputs", id="command.together"),
        Binding("x", "diff", "diff", tooltip="Compare the outputs of two panes", id="command.diff"),
        Binding("v", "whole", "whole", tooltip="Read the whole output of this node", id="command.whole"),
        Binding("ctrl+s", "save", "save", tooltip="Save the outputs as files", id="command.save"),
        Binding("F", "hold", "follow", tooltip="Follow this pane's end, or stay", show=False, id="command.follow"),
        Binding("s", "shell", "shell", tooltip="Open a shell on this node", show=False, id="command.shell"),
        Binding("d", "node", "node", tooltip="Open the node's own screen", show=False, id="command.node"),
        COPY,
        YAML,
    ]

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self.take_argument(argument)
        self.head = CommandHead()
        self.grid = PaneGrid()
        self.catch_up: CatchUp | None = None
        self.failed_only = False
        self.fold = False
        self._filter = Filter()
        self._groups: dict[str, Pane] = {}
        self._members: dict[str, str] = {}
        self._dirty = False
        self._drawn = 0.0
        self._was_over = False
        self._users: dict[str, str] = {}
        self._reads = False

    def take_argument(self, argument: Any) -> None:
        words = argument.split() if isinstance(argument, str) else [str(id) for id in argument or ()]
        self.places = CommandPlaces(words)
        self.state = CommandRuns(self.places.ids)

    @property
    def command_words(self) -> str:
        """The words for what is shown, as the notice about it names them."""
        return " ".join(self.places.words)

    def compose_body(self) -> ComposeResult:
        if self.shell.glyphs.arrow == ">":
            self.grid = PaneGrid(ASCII_FRAME)
        yield self.head
        yield self.grid

    def on_mount(self) -> None:
        self.set_interval(TICK, self._tick)

    def say_phase(self, phase: str, headline: str, text: str) -> None:
        # The panes say it: one class that changes styles and lays out the whole screen, which the first line waits for.
        self.grid.say(headline, text, PHASE_STYLES[phase])

    def on_unmount(self) -> None:
        if self.catch_up is not None:
            self.catch_up.close()

    def focus_body(self) -> None:
        self.grid.focus()

    def crumb(self) -> str:
        if not self.state.ids:
            return self.TITLE
        command = self.state.first
        summary = f" {command.summary[:24]}" if command is not None else ""
        return f"{named(self.state.ids).removeprefix('Command ')}{summary}"

    # the live data

    def _take(self, event: Event, id: str) -> None:
        run = self.state.take(event, id)
        if run is not None and self.places.many:
            run.where = self.places.context(run) or ""
        self._touch()
        if run is not None and run.behind and self.catch_up is not None and self._is_wanted(run):
            self.catch_up.need(run)

    def _is_wanted(self, run: NodeRun) -> bool:
        # A few are fetched before there is a layout that says which of them show.
        return len(self.state.runs) <= FEW or run.pane in self.grid.in_sight

    def _touch(self) -> None:
        """See to it that what changed is drawn: at once, or with all that comes within a moment."""
        if self._dirty or not self.is_attached:
            return
        self._dirty = True
        wait = SOON - (time.monotonic() - self._drawn)
        if wait <= 0:
            self._draw()
        else:
            later(self, wait, self._draw)

    def _tick(self) -> None:
        if any(not run.status.over for run in self.state.runs.values()):
            self._draw()

    def _draw(self) -> None:
        """Show what is known now."""
        if not (self.is_attached and self.watching):
            return
        self._dirty = False
        if self.state.runs:
            self._drawn = time.monotonic()
        runs = self.state.chosen(self._filter, failed=self.failed_only)
        if self.state.runs:
            if len(self.state.runs) != self.rows or self.state.over != self._was_over:
                self._was_over, self.grid.sole = self.state.over, len(self.state.runs) == 1
                self._tell_keys()
            self.rows = len(self.state.runs)
            if self.phase != "rows":
                self.stale = None
                self.set_phase("rows")
        elif self.state.over and self.state.ids:
            self.set_phase("empty")
        self.grid.show(folded(runs, self._groups) if self.fold else [run.pane for run in runs])
        for pane in self.grid.in_sight or self.grid.panes[:FEW]:
            run = self.state.runs.get(pane.key)
            if run is not None:
                pane.title, pane.hint = run.title(self.shell.glyphs), run.hint()
                if self.catch_up is not None:
                    self.catch_up.need(run)
        self.head.show(self._head())
        self.grid.refresh()
        self.update_bars()

    def _head(self) -> list[list[Word]]:
        run = self.run
        user = self._users.get(run.node_id, "") if run is not None else ""
        shown = [word for word, on in (("failed only", self.failed_only), ("same together", self.fold)) if on]
        return head_lines(self.state, self.shell.glyphs, self.size.width, user=user, shown=shown)

    # where one is

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("failed", "together", "diff") and len(self.state.runs) < 2:
            return False  # one node alone has nothing to choose from
        if action == "filter" and self.grid.reads:
            return False  # `/` searches there
        return super().check_action(action, parameters)

    @property
    def run(self) -> NodeRun | None:
        """The node whose pane has the cursor."""
        pane = self.grid.current
        return self.state.runs.get(pane.key.removesuffix("+")) if pane is not None else None

    def on_pane_grid_moved(self, event: PaneGrid.Moved) -> None:
        if self.grid.reads != self._reads:
            self._tell_keys()
        self._touch()
        run = self.run
        if run is not None and run.began is not None and run.node_id not in self._users:
            self._users[run.node_id] = ""
            self.run_worker(self._ask_user(run), group="user", exit_on_error=False)

    def on_pane_grid_missed(self, event: PaneGrid.Missed) -> None:
        self.shell.notice(f"{event.text!r} is not in what this pane keeps; v has the whole output.")

    def _tell_keys(self) -> None:
        """Show the keys that mean something now: `/` filters nodes, and searches in a pane that is read."""
        self._reads = self.grid.reads
        self.refresh_bindings()
        self.update_hints()

    async def _ask_user(self, run: NodeRun) -> None:
        try:
            user = await self.commands_of(run).effective_user(run.command_id, run.node_id)
        except SsmTuiError:
            return  # AWS does not say it
        self._users[run.node_id] = user
        self._touch()

    def apply_filter(self, text: str) -> None:
        wanted = parse(text)
        self.say_filter(wanted.error)
        if wanted.error is None:
            self._filter = wanted
            self._draw()

    def counts(self) -> tuple[int, int, int]:
        return len(self.grid.panes), len(self.state.runs), 0

    def save_state(self) -> dict[str, Any]:
        pane = self.grid.current
        return {
            "filter": self.bottom.filter_text,
            "failed": self.failed_only,
            "fold": self.fold,
            "pane": pane.key if pane else "",
            "zoomed": self.grid.zoomed,
        }

    def restore_state(self, state: Mapping[str, Any]) -> None:
        self.failed_only, self.fold = bool(state.get("failed")), bool(state.get("fold"))
        self._filter = parse(state.get("filter") or "")
        self.bottom.set_filter(self._filter.text)

    def copies(self) -> dict[str, str]:
        run, command = self.run, self.state.first
        made: dict[str, str] = {}
        if run is not None:
            lines = [line.text for line in run.tail.lines if line.stream != "note"]
            made["the output that is shown"] = "\n".join(lines)
            made["the exit status"] = "" if run.exit_code is None else str(run.exit_code)
            made["the node's id"] = run.node_id
        if command is not None:
            made["the command's id"] = command.id
            request = CommandRequest.again(command).params()
            flags = self.shell.flags_of(command.context)
            made["the aws line that sends it"] = aws_cli_line("ssm", "SendCommand", request, flags=flags)
        return made

    async def raw(self) -> tuple[str, Any]:
        run = self.run
        if run is not None:
            answer = await self.commands_of(run).raw_invocation(run.command_id, run.node_id)
            return f"{run.name} {run.command_id}", answer
        for ref in self.places.refs():
            return ref.id, await self.shell.services.of(Commands, ref.context).raw(ref.id)
        return "", None

    # actions

    def refusal(self, action: str) -> str:
        if action == "cancel" and self.state.over:
            return "nothing runs any more"
        if action in ("whole", "shell", "node", "hold", "save", "zoom") and self.run is None:
            return "there is no pane"
        if action == "diff" and len(self.grid.panes) < 2:
            return "there is one pane, and nothing to compare it with"
        if action == "again" and self.state.first is None:
            return "the command is not known yet"
        return ""

    def action_leave(self) -> None:
        if self.grid.zoomed:
            self.grid.unzoom()
        else:
            super().action_leave()

    def action_watch(self) -> None:
        super().action_watch()
        self._draw()

    def action_failed(self) -> None:
        self.failed_only = not self.failed_only
        self._draw()
        if self.failed_only and not self.grid.panes:
            self.shell.notice("It failed on no node. f shows all again.")

    def action_together(self) -> None:
        self.do(self._together())

    async def _together(self) -> None:
        if not self.fold and self.catch_up is not None:
            # Equal is what is equal in full: every node's output is brought here first.
            await self.catch_up.all_of([*self.state.runs.values()])
        self.fold = not self.fold
        self._draw()

    def action_diff(self) -> None:
        from tui.screens._output_diff import diff_two  # deferred: opened on a key

        diff_two(self)

    def action_hold(self) -> None:
        pane = self.grid.current
        if pane is not None:
            held = self.grid.hold()
            self.shell.notice("This pane stays; F follows again." if held else "This pane follows its end.")
            self._draw()

    @changing
    def action_again(self) -> None:
        run_again(self, self.state)

    @changing
    def action_cancel(self) -> None:
        over = {command.id for command in self.state.commands.values() if command.status.over}
        refs = [ref for ref in self.places.refs() if ref.id not in over]
        self.do(cancel_commands(self, refs, still_on(self.state.commands.values())))

    def action_whole(self) -> None:
        run = self.run
        if run is not None:
            from tui.screens._output_reader import OutputReader  # deferred: opened on a key

            self.app.push_screen(OutputReader(self.commands_of(run), run.command_id, run.node_id, run.name))

    def action_save(self, path: str = "") -> None:
        runs = [self.run] if self.grid.zoomed and self.run else [*self.state.runs.values()]
        self.do(save_outputs(self, runs, path))

    @changing
    def action_shell(self) -> None:
        if self.run is not None:
            self.shell.go("sessions", {"start": self.node_word(self.run)})

    def action_node(self) -> None:
        if self.run is not None:
            self.shell.go("node", self.node_word(self.run))
