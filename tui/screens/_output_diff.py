"""What two nodes said, held against each other: which two, and the window that shows the difference."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.binding import Binding

from tui.errors import SsmTuiError
from tui.screens._command_runs import NodeRun
from tui.screens._reading import ReaderBar, Reading
from tui.services.commands import Commands
from tui.theming import Glyphs
from tui.widgets.cells import clean, cut, width
from tui.widgets.comparing import MOST_LINES, compare
from tui.widgets.diff_view import DiffView
from tui.widgets.output_tail import bytes_in_words

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
    screen.app.push_screen(OutputDiff(screen.commands_of, left, right, screen.shell.glyphs))


class OutputDiff(Reading):
    """The difference of two nodes' whole outputs."""

    BINDINGS = [
        Binding("tab,J", "change(1)", "next change", tooltip="To the next change", id="diff.next_change"),
        Binding(
            "shift+tab,K", "change(-1)", "change before", tooltip="To the change before", show=False, id="diff.before"
        ),
        Binding("v", "whole", "all lines", tooltip="Show what is equal as well, or fold it", id="diff.whole"),
        Binding("c", "copy", "copy", tooltip="Copy the difference, as diff -u writes it", id="diff.copy"),
        Binding("R", "again", "again", tooltip="Fetch both again and compare", show=False, id="diff.again"),
    ]

    def __init__(self, commands_of: Callable[[NodeRun], Commands], left: Side, right: Side, glyphs: Glyphs) -> None:
        self.view = DiffView(ellipsis=glyphs.ellipsis, frame=glyphs.horizontal + glyphs.vertical)
        super().__init__(self.view)
        self._commands_of, self._left, self._right, self._glyphs = commands_of, left, right, glyphs
        self._stop = threading.Event()
        self._limits = ""
        self.ready = False
        """Whether the two have been compared."""
        self.names = ReaderBar()

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
            run, length = side.run, min(PART, MOST - at)
            part = await self._commands_of(run).output(run.command_id, run.node_id, stream, at, length)
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

    def action_change(self, step: int) -> None:
        more = "" if self.view.go_to_change(step) else "no change " + ("below" if step > 0 else "above")
        self._say(more)

    def action_whole(self) -> None:
        self.view.fold(whole=not self.view.whole)
        self._say()

    @property
    def sought(self) -> str:
        return self.view.needle

    def look_for(self, text: str, step: int) -> None:
        self._do(self._search(text, step))

    async def _search(self, text: str, step: int) -> None:
        found = await self.view.search(text, step)
        self._say("" if found or not text else f"{clean(text)!r} is in neither")

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
