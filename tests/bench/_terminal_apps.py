"""Textual apps that hold terminals, each with a command in a pty of its own; started by the benchmarks in a real pty.

`python -m tests.bench._terminal_apps KIND COMMAND [COMMAND]`: KIND is `ours` (our widget, fed as a shell's pane feeds
it; a second command stands beside the first), `pyte` (pyte's screen in the plainest widget), `textual-tty` or
`textual-terminal`. A command is one string for sh. Garbage is collected as the console has it, for all.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator

import pyte
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.strip import Strip
from textual.widget import Widget

from tests.bench._garbage import as_the_console
from tui.engine.keeper import set_size, spawn
from tui.screens._drawing_turns import PIECE, SMALL, Inbox, Turns
from tui.widgets.terminal import TerminalView

READ = 64 * 1024


class Child:
    """A command in a pty, which another process reads, as it does for the console."""

    def __init__(self, command: str, rows: int, columns: int) -> None:
        env = {**os.environ, "TERM": "xterm-256color"}
        self.pid, self.master = spawn("/bin/sh", ["sh", "-c", command], env, "/", rows, columns)

    async def read(self) -> AsyncIterator[bytes]:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "tests.bench._relay", str(self.master), str(theirs.fileno())]
        relay = await asyncio.create_subprocess_exec(*command, pass_fds=(self.master, theirs.fileno()))
        theirs.close()
        reader, writer = await asyncio.open_connection(sock=ours)
        try:
            while data := await reader.read(READ):
                yield data
        finally:
            writer.close()
            relay.kill()
            await relay.wait()

    def write(self, data: bytes) -> None:
        os.write(self.master, data)


class View(TerminalView):
    """Our widget; the turns hear of each key first, as in a shell of the console."""

    def __init__(self, turns: Turns) -> None:
        super().__init__()
        self._turns = turns

    async def _on_key(self, event: events.Key) -> None:
        self._turns.typed(last=event.key == "enter")


class OurPane(Widget):
    """Our widget; what its command says goes through an inbox and takes its turns, as in a shell of the console."""

    DEFAULT_CSS = "OurPane { width: 1fr; height: 1fr; }"

    def __init__(self, command: str, turns: Turns) -> None:
        super().__init__()
        self._command = command
        self._turns = turns
        self._inbox = Inbox()
        self._child: Child | None = None
        self.view = View(turns)

    def compose(self) -> ComposeResult:
        yield self.view

    def on_terminal_view_resized(self, event: TerminalView.Resized) -> None:
        if self._child is None:
            self._child = Child(self._command, event.rows, event.columns)
            self.run_worker(self._read(self._child))
            self.run_worker(self._draw())
        else:
            set_size(self._child.master, event.rows, event.columns)

    def on_terminal_view_input(self, event: TerminalView.Input) -> None:
        if self._child is not None:
            self._child.write(event.data)

    async def _read(self, child: Child) -> None:
        async for data in child.read():
            await self._inbox.put(data)

    async def _draw(self) -> None:
        def piece(seconds: float = PIECE) -> bool:
            return self._inbox.draw(self.view.feed, seconds=seconds)

        while await self._inbox.filled():
            if len(self._inbox) <= SMALL:
                piece()
                self._turns.answered()
            else:
                await self._turns.take(piece)


class PytePane(Widget, can_focus=True):
    """What one writes first: pyte takes what comes, and the widget is drawn again from its buffer."""

    DEFAULT_CSS = "PytePane { width: 1fr; height: 1fr; }"

    def __init__(self, command: str) -> None:
        super().__init__()
        self._command = command
        self._child: Child | None = None

    def on_resize(self, event: events.Resize) -> None:
        if self._child is None:
            self._screen = pyte.Screen(self.size.width, self.size.height)
            self._stream = pyte.ByteStream(self._screen)
            self._child = Child(self._command, self.size.height, self.size.width)
            self.run_worker(self._read(self._child))

    async def _read(self, child: Child) -> None:
        async for data in child.read():
            self._stream.feed(data)
            self.refresh()

    def on_key(self, event: events.Key) -> None:
        if self._child is not None and event.character:
            self._child.write(event.character.encode())

    def render_line(self, y: int) -> Strip:
        if self._child is None:
            return Strip.blank(self.size.width)
        row = self._screen.buffer[y]
        segments = []
        for x in range(self.size.width):
            cell = row[x]
            segments.append(Segment(cell.data, _look(cell.fg, cell.bg, cell.bold, cell.reverse)))
        return Strip(Segment.simplify(segments))


_LOOKS: dict[tuple[str, str, bool, bool], Style] = {}


def _look(fg: str, bg: str, bold: bool, reverse: bool) -> Style:
    key = (fg, bg, bold, reverse)
    found = _LOOKS.get(key)
    if found is None:
        colours = [None if name == "default" else name if name.isalpha() else f"#{name}" for name in (fg, bg)]
        colours = ["yellow" if name == "brown" else name for name in colours]
        found = Style(color=colours[0], bgcolor=colours[1], bold=bold, reverse=reverse)
        _LOOKS[key] = found
    return found


class Holder(App[None]):
    """Holds the panes side by side, the first one focused."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "Horizontal { width: 1fr; height: 1fr; }"

    def __init__(self, kind: str, commands: list[str]) -> None:
        super().__init__()
        self.kind, self.commands = kind, commands

    def compose(self) -> ComposeResult:
        turns = Turns()
        with Horizontal():
            for command in self.commands:
                if self.kind == "ours":
                    yield OurPane(command, turns)
                elif self.kind == "pyte":
                    yield PytePane(command)
                elif self.kind == "textual-tty":
                    from textual_tty import Terminal

                    yield Terminal(command=["/bin/sh", "-c", command])
                else:
                    from textual_terminal import Terminal as Pane

                    yield Pane(command=f"sh -c {command!r}")

    def on_mount(self) -> None:
        as_the_console()
        found = next(iter(self.query(TerminalView)), None) or next(iter(self.query(PytePane)), None)
        (found or self.query("Terminal").first()).focus()


def main() -> None:
    Holder(sys.argv[1], sys.argv[2:]).run()


if __name__ == "__main__":
    main()
