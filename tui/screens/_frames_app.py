"""The part of the shell that minds the frame budget: each stall of the loop is logged, `:frames` shows figures.

SSM_TUI_FRAMES in the environment shows them from the start.
"""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections import deque
from typing import TYPE_CHECKING

from textual import events

from tui.screens._base import ConsoleScreen
from tui.screens._frame_collector import Collector
from tui.screens._frame_loop import LoopWatch, watch_of
from tui.screens._frame_stalls import StallLog
from tui.screens._lines_app import LinesApp

if TYPE_CHECKING:
    from textual.timer import Timer

    from tui.screens._frame_figures import Figures
    from tui.screens._frame_meter import FrameMeter
    from tui.widgets.frame_overlay import FrameOverlay

EVERY = 0.5
"""Seconds between two looks at the figures."""
TURNS = 120
"""Looks whose longest turns are kept: a minute of them."""


class FramesApp(LinesApp, inherit_bindings=False):
    """Watches the loop that it runs in, where that is a `WatchedLoop`."""

    frame_meter: FrameMeter | None = None
    """What screens tell of each frame, while the overlay shows."""

    def __init__(self) -> None:
        super().__init__()
        self.stalls = StallLog(self._screen_name)
        self._watch: LoopWatch | None = None
        self._overlay: FrameOverlay | None = None
        self._figures_timer: Timer | None = None
        self._turns: deque[float] = deque(maxlen=TURNS)
        self._collector = Collector()
        self._touched = 0.0
        self._cpu = 0.0

    def on_load(self) -> None:
        self._watch = watch_of(asyncio.get_running_loop())
        if self._watch is not None:
            self._watch.listeners.append(self.stalls.take)

    def on_mount(self) -> None:
        self.app_resume_signal.subscribe(self, lambda _: self._excuse(), immediate=True)
        if os.environ.get("SSM_TUI_FRAMES"):
            self.action_frames()

    def on_unmount(self) -> None:
        if self._watch is not None:
            self._watch.listeners.remove(self.stalls.take)
            self.stalls.flush()

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.InputEvent):
            self._touched = time.monotonic()
        await super().on_event(event)

    def collect_garbage(self) -> None:
        """Collect garbage where that is due and disturbs nobody; asked once a second."""
        before, self._cpu = self._cpu, time.thread_time()
        self._collector.tick(time.monotonic(), self._touched, self._cpu - before)

    def _excuse(self) -> None:
        if self._watch is not None:
            self._watch.excuse("another program had the terminal")

    def _screen_name(self) -> str:
        """Name what shows, without what it is about."""
        stack = self._screen_stacks.get(self._current_mode) or ()
        top = stack[-1] if stack else None
        return top.NOUN if isinstance(top, ConsoleScreen) else type(top).__name__ if top else ""

    # the overlay

    def run_line(self, line: str) -> None:
        words = line.strip().removeprefix(":").split()
        if words == ["frames"]:
            self.action_frames()
        elif words == ["frames", "reset"]:
            self.action_frames_reset()
        else:
            super().run_line(line)

    def _suggestions(self) -> list[tuple[str, str]]:
        found = super()._suggestions()
        return [*found, ("frames", "For developers: frame times and stalls"), ("frames reset", "Count them anew")]

    def keyless(self) -> list[tuple[str, str]]:
        return [*super().keyless(), ("Show or hide frame times and stalls", "frames")]

    def action_frames(self) -> None:
        """Show the figures, or take them away."""
        from tui.screens._frame_meter import FrameMeter  # deferred: shown on request

        if self.frame_meter is None:
            self.frame_meter = FrameMeter()
            self._turns.clear()
            self._figures_timer = self.set_interval(EVERY, self._show_figures)
            self._show_figures()
            return
        self.frame_meter = None
        if self._figures_timer is not None:
            self._figures_timer.stop()
        if self._overlay is not None:
            self._overlay.remove()
            self._overlay = None

    def action_frames_reset(self) -> None:
        """Count frames and stalls anew."""
        self.stalls.forget()
        self._turns.clear()
        if self._watch is not None:
            self._watch.longest_pause = 0.0
        if self.frame_meter is not None:
            self.frame_meter.reset()
            self._show_figures()

    def _show_figures(self) -> None:
        from tui.screens._frame_figures import COLUMNS, lines_of  # deferred: shown on request
        from tui.widgets.frame_overlay import FrameOverlay

        meter, screen = self.frame_meter, self._below()
        if meter is None or screen is None:
            return
        if self._watch is not None:
            self._turns.append(self._watch.longest)
            self._watch.longest = 0.0
        if self._overlay is None or self._overlay.screen is not screen:
            if self._overlay is not None:
                self._overlay.remove()
            self._overlay = FrameOverlay(COLUMNS, lambda took: meter.exclude(took))
            screen.mount(self._overlay)
        most = min(6 + 2 * 10, self.size.height - 6)
        lines = lines_of(self._figures(meter), most, ascii_only=self.glyphs.arrow == ">")
        self._overlay.show(lines, above=screen.bottom.size.height or 2)

    def _below(self) -> ConsoleScreen | None:
        """Give the screen that shows, below the windows that are open over it."""
        stack = self._screen_stacks.get(self._current_mode) or ()
        return next((one for one in reversed(stack) if isinstance(one, ConsoleScreen)), None)

    def _figures(self, meter: FrameMeter) -> Figures:
        import psutil  # deferred: 10 ms that only developers pay for

        from tui.screens._frame_figures import Figures, Process

        me = psutil.Process()
        polled, feeds = self.services.feeds.counts
        watch = self._watch
        return Figures(
            frames=meter.figures(),
            turns=list(self._turns),
            stalls=self.stalls.count,
            latest=list(self.stalls.latest),
            limit=watch.limit if watch is not None else 0.0,
            watched=watch is not None,
            process=Process(
                memory=me.memory_info().rss,
                handles=me.num_fds(),
                tasks=len(asyncio.all_tasks()),
                polled=polled,
                feeds=feeds,
            ),
            collections=[generation["collections"] for generation in gc.get_stats()],
            longest_pause=watch.longest_pause if watch is not None else 0.0,
        )
