"""What two nodes said, held against each other: which two, and the window that shows the difference."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.binding import Binding

from tui.errors import SsmTuiError
from tui.screens._command_runs import NodeRun
from tui.screens._reading import ReaderBar
from tui.services.commands import Commands
from tui.theming import Glyphs
from tui.widgets.cells import clean, cut, width
from tui.widgets.comparing import MOST_LINES, compare
from tui.widgets.diff_view import DiffView
from tui.widgets.line_edit import LineEdit
from tui.widgets.output_tail import bytes_in_words
from tui.widgets.overlay import Overlay

if TYPE_CHECKING:
    from tui.screens.command import CommandScreen

MOST = 4 * 1024 * 1024
"""Bytes of each stream that are compared; the rest is left out, and said."""
PART = 256 * 1024
STREAMS = ("stdout", "stderr")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: what it is called, and the node whose output it is."""

    name: str
    run: NodeRun


def diff_two(screen: CommandScreen) -> None:
    """Compare the pane that has the cursor: with the largest group, the only other pane, or the one chosen first."""
    run, panes, runs = screen.run, screen.grid.panes, screen.state.runs
    if run is None:
        return
    if screen.fold:
        here = screen.grid.current
        names = {pane.key: "".join(text for text, _ in pane.title) for pane in panes}
        groups = {pane.key: Side(names[pane.key], runs[pane.key.removesuffix("+")]) for pane in panes}
        largest, other = panes[0], panes[-1] if here is panes[0] else here
        if other is None or (here is largest and len(panes) > 2):
            screen.shell.notice("This is the largest group: x on another one shows its difference from this one.")
        else:
            _open(screen, groups[largest.key], groups[other.key])
        return
    glyphs = screen.shell.glyphs
    first = next((one for one in runs.values() if one.pane.badge), None)
    if first is None and len(panes) == 2:
        _open(screen, *(_named(runs[pane.key], glyphs) for pane in panes))
    elif first is None:
        run.pane.badge = f"{glyphs.mark} first of two"
        screen.shell.notice(f"{run.name} is the first of two: x on another pane shows their difference.")
    else:
        first.pane.badge = ""
        if first is not run:
            _open(screen, _named(first, glyphs), _named(run, glyphs))
    screen.grid.refresh()


def _named(run: NodeRun, glyphs: Glyphs) -> Side:
    words = "".join(text for text, _ in run.title(glyphs)[:3]) if run.status.over else run.name
    return Side(words, run)


def _open(screen: CommandScreen, left: Side, right: Side) -> None:
    screen.app.push_screen(OutputDiff(screen.shell.services.of(Commands), left, right, screen.shell.glyphs))


class OutputDiff(Overlay[None]):
    """The difference of two nodes' whole outputs."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    OutputDiff { background: $background; }
    OutputDiff ReaderBar { height: 1; background: $bar; color: $foreground; }
    OutputDiff LineEdit { height: 1; background: $bar; color: $foreground; }
    """
    BINDINGS = [
        Binding("j,down", "move(1)", "down", tooltip="A line down", show=False, id="diff.down"),
        Binding("k,up", "move(-1)", "up", tooltip="A line up", show=False, id="diff.up"),
        Binding("ctrl+d", "page(0.5)", "half page down", tooltip="Half a page down", show=False, id="diff.half_down"),
        Binding("ctrl+u", "page(-0.5)", "half page up", tooltip="Half a page up", show=False, id="diff.half_up"),
        Binding("pagedown,space", "page(1)", "page down", tooltip="A page down", show=False, id="diff.page_down"),
        Binding("pageup", "page(-1)", "page up", tooltip="A page up", show=False, id="diff.page_up"),
        Binding("g,home", "jump(0)", "top", tooltip="To the first line", show=False, id="diff.top"),
        Binding("G,end", "jump(1)", "bottom", tooltip="To the last line", show=False, id="diff.bottom"),
        Binding("h,left", "sideways(-8)", "left", tooltip="Scroll left", show=False, id="diff.left"),
        Binding("l,right", "sideways(8)", "right", tooltip="Scroll right", show=False, id="diff.right"),
        Binding("tab,J", "change(1)", "next change", tooltip="To the next change", id="diff.next_change"),
        Binding(
            "shift+tab,K", "change(-1)", "change before", tooltip="To the change before", show=False, id="diff.before"
        ),
        Binding("v", "whole", "all lines", tooltip="Show what is equal as well, or fold it", id="diff.whole"),
        Binding("slash", "search", "search", tooltip="Search", key_display="/", id="diff.search"),
        Binding("n", "next(1)", "next", tooltip="The next match", id="diff.next"),
        Binding("N", "next(-1)", "previous", tooltip="The match before", show=False, id="diff.previous"),
        Binding("c", "copy", "copy", tooltip="Copy the difference, as diff -u writes it", id="diff.copy"),
        Binding("R", "again", "again", tooltip="Fetch both again and compare", show=False, id="diff.again"),
        Binding("q", "dismiss", "close", tooltip="Close the text, as less does", show=False, id="diff.close"),
    ]

    def __init__(self, commands: Commands, left: Side, right: Side, glyphs: Glyphs) -> None:
        super().__init__()
        self._commands, self._left, self._right, self._glyphs = commands, left, right, glyphs
        self._stop = threading.Event()
        self._limits = ""
        self.ready = False
        """Whether the two have been compared."""
        self.names = ReaderBar()
        self.view = DiffView(ellipsis=glyphs.ellipsis, frame=glyphs.horizontal + glyphs.vertical)
        self.bar = ReaderBar()
        self.line = LineEdit(prompt=" /")
        self.line.display = False

    def compose(self) -> ComposeResult:
        yield self.names
        yield self.view
        yield self.bar
        yield self.line

    def on_mount(self) -> None:
        self.action_again()

    def on_unmount(self) -> None:
        self._stop.set()

    def on_resize(self) -> None:
        self.call_after_refresh(self._say)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except SsmTuiError as error:
                self.bar.say(f" {error}")

        # One after the other: a key that is held down must not search twice.
        self.run_worker(guarded(), group="diff", exclusive=True, exit_on_error=False)

    # fetch and compare

    async def _compare(self) -> None:
        self._stop.set()
        stop = self._stop = threading.Event()
        self.ready, cut_streams = False, []
        self._say_names()
        texts: dict[tuple[Side, str], bytes] = {}
        for side in (self._left, self._right):
            for stream in STREAMS:
                data, size = await self._fetch(side, stream)
                texts[side, stream] = data
                if size > len(data):
                    cut_streams.append(f"{bytes_in_words(len(data))} of {bytes_in_words(size)}")
        self.bar.say(f" comparing{self._glyphs.ellipsis}   esc leaves it")
        found = await asyncio.to_thread(_compared, self._left, self._right, texts, stop.is_set)
        if cut_streams:
            self._limits = f"only the first {cut_streams[0]} compared"
        elif found.cut:
            self._limits = f"only the first {MOST_LINES} lines compared"
        else:
            self._limits = "too unlike to find all that is equal" if found.rough else ""
        self.ready = True
        self.view.show(found)
        self._say()

    async def _fetch(self, side: Side, stream: str) -> tuple[bytes, int]:
        """Give what a stream has so far, up to MOST bytes, and its size."""
        parts: list[bytes] = []
        at = 0
        while True:
            part = await self._commands.output(side.run.command_id, side.run.node_id, stream, at, min(PART, MOST - at))
            parts.append(part.data)
            at += len(part.data)
            if not part.data or at >= min(part.size, MOST):
                return b"".join(parts), part.size
            self.bar.say(f" fetching {clean(side.run.name)}{self._glyphs.ellipsis} {bytes_in_words(at)}")

    # what is said

    def _say_names(self) -> None:
        half = max((self.size.width - 1) // 2, 10)
        left, right = (clean(side.name) for side in (self._left, self._right))
        left = cut(f" - {left}", half, self._glyphs.ellipsis)
        self.names.say(left + " " * (half + 1 - width(left)) + cut(f"+ {right}", half - 1, self._glyphs.ellipsis))

    def _say(self, more: str = "") -> None:
        if not self.ready:
            return
        self._say_names()
        found = self.view.compared
        gone, new = found.counts
        said = f"change {self.view.change + 1} of {len(found.changes)}  -{gone} +{new}" if found.changes else ""
        if not found.changes:
            said = "they look the same: only colours, line ends or bytes differ" if found.invisible else "no difference"
        runs = [side.run.name for side in (self._left, self._right) if not side.run.status.over]
        parts = [said, self._limits, f"{runs[0]} still runs, R compares again" if runs else "", more]
        keys = f"tab next  v {'fold' if self.view.whole else 'all lines'}  / search  c copy  esc close"
        text = f" {self._glyphs.dot} ".join(part for part in parts if part)
        self.bar.say(f" {text}   {keys}")

    # actions

    def action_again(self) -> None:
        self._do(self._compare())

    def action_move(self, step: int) -> None:
        self.view.move(step)

    def action_page(self, pages: float) -> None:
        self.view.move(int(self.view.size.height * pages))

    def action_jump(self, last: int) -> None:
        self.view.move(self.view.rows if last else -self.view.rows)

    def action_sideways(self, step: int) -> None:
        self.view.sideways(step)

    def action_change(self, step: int) -> None:
        more = "" if self.view.go_to_change(step) else "no change " + ("below" if step > 0 else "above")
        self._say(more)

    def action_whole(self) -> None:
        self.view.fold(whole=not self.view.whole)
        self._say()

    def action_search(self) -> None:
        self.line.text = ""
        self.line.display = True
        self.line.focus()

    def on_line_edit_submitted(self, event: LineEdit.Submitted) -> None:
        self._close_line()
        self._do(self._search(event.text, 1))

    def action_next(self, step: int) -> None:
        if self.view.needle:
            self._do(self._search(self.view.needle, step))

    async def _search(self, text: str, step: int) -> None:
        found = await self.view.search(text, step)
        self._say("" if found or not text else f"{clean(text)!r} is in neither")

    def _close_line(self) -> None:
        self.line.display = False
        self.set_focus(None)

    def action_cancel(self) -> None:
        if self.line.display:
            self._close_line()
        else:
            self.dismiss(None)

    def action_copy(self) -> None:
        if self.ready:
            self._do(self._copy())

    async def _copy(self) -> None:
        text = await asyncio.to_thread(self.view.compared.unified, self._left.run.name, self._right.run.name)
        copy = getattr(self.app, "copy", None)
        if text and copy is not None:
            copy(text, "the difference")
        self._say("copied" if text else "there is no difference to copy")


def _compared(left: Side, right: Side, texts: Mapping[tuple[Side, str], bytes], stopped: Any) -> Any:
    decoded = {key: data.decode("utf-8", "replace") for key, data in texts.items()}
    return compare([(stream, decoded[left, stream], decoded[right, stream]) for stream in STREAMS], stopped=stopped)
