"""Reads the whole output of a node, whatever its size: a window of it is here, the rest is fetched as one moves."""

from __future__ import annotations

from bisect import bisect_right

from textual.binding import Binding

from tui.errors import SsmTuiError
from tui.screens._reading import TextReading
from tui.services.commands import Commands
from tui.widgets.ansi_text import plain
from tui.widgets.cells import cut, own
from tui.widgets.output_tail import bytes_in_words

PART = 128 * 1024
"""Bytes that are fetched at once."""
PARTS = 8
"""Parts that are here at the same time; what is farther away is fetched again."""
LONGEST = 4096
"""Bytes of a line that are drawn as one: a longer one goes on in the next line."""


class OutputReader(TextReading):
    """One stream at a time; Tab goes to the other one."""

    BINDINGS = [Binding("tab", "other", "other stream", tooltip="stdout or stderr", id="reader.other")]

    def __init__(self, commands: Commands, command_id: str, node_id: str, name: str) -> None:
        super().__init__()
        self._commands, self._command, self._node, self._called = commands, command_id, node_id, name
        self._stream = "stdout"
        self._sizes = {"stdout": 0, "stderr": 0}
        self._begin = self._end = 0
        self._cut = ""
        self._bytes = b""
        self._offsets: list[int] = []
        """Where each line that is here begins."""

    def on_mount(self) -> None:
        self._do(self._open("stdout", 0))

    # what is here

    def _do(self, work: object) -> None:
        async def guarded() -> None:
            try:
                await work  # type: ignore[misc]  # a coroutine of this class
            except SsmTuiError as error:
                self.bar.say(f" {error}")

        # One after the other: a key that is held down must not fetch from two places.
        self.run_worker(guarded(), group="reader", exclusive=True, exit_on_error=False)

    async def _open(self, stream: str, offset: int) -> None:
        self._stream = stream
        for each in self._sizes:
            self._sizes[each] = (await self._commands.output(self._command, self._node, each, 0, 1)).size
        if stream == "stdout" and not self._sizes["stdout"] and self._sizes["stderr"]:
            self._stream = "stderr"
        self._bytes, self._begin, self._end = b"", offset, offset
        await self._after()
        self.body.top = 0
        self._say()

    async def _after(self) -> bool:
        """Fetch the part that follows; False at the end."""
        part = await self._commands.output(self._command, self._node, self._stream, self._end, PART)
        self._sizes[self._stream], self._cut = part.size, part.cut
        if not part.data:
            return False
        self._bytes += part.data
        self._end += len(part.data)
        over = len(self._bytes) - PARTS * PART
        if over > 0:
            self._cut_before(over)
        self._lay()
        return True

    async def _before(self) -> bool:
        """Fetch the part that comes before; False at the begin."""
        if self._begin == 0:
            return False
        start = max(0, self._begin - PART)
        part = await self._commands.output(self._command, self._node, self._stream, start, self._begin - start)
        top = self._offset_of_top()
        self._bytes = part.data + self._bytes
        self._begin = start
        over = len(self._bytes) - PARTS * PART
        if over > 0:
            self._bytes, self._end = self._bytes[:-over], self._end - over
        self._lay()
        self._show_offset(top)
        return True

    def _cut_before(self, over: int) -> None:
        top = self._offset_of_top()
        self._bytes, self._begin = self._bytes[over:], self._begin + over
        self._lay()
        self._show_offset(top)

    def _lay(self) -> None:
        lines: list[str] = []
        self._offsets = []
        at = self._begin
        for raw in self._bytes.split(b"\n"):
            for start in range(0, max(len(raw), 1), LONGEST):
                piece = raw[start : start + LONGEST]
                lines.append(plain(piece.decode("utf-8", "replace").rstrip("\r")))
                self._offsets.append(at + start)
            at += len(raw) + 1
        if lines and not lines[-1]:
            lines.pop()
            self._offsets.pop()
        self.body.show(lines)

    def _offset_of_top(self) -> int:
        offsets = self._offsets
        return offsets[min(self.body.top, len(offsets) - 1)] if offsets else self._begin

    def _show_offset(self, offset: int) -> None:
        self.body.top = max(0, bisect_right(self._offsets, offset) - 1)

    def _say(self, more: str = "") -> None:
        size, at = self._sizes[self._stream], self._offset_of_top()
        below = self.body.top + self.body.size.height
        end = self._offsets[below] if below < len(self._offsets) else self._end
        share = f"{100 * end // size} %" if size else "empty"
        other = "stderr" if self._stream == "stdout" else "stdout"
        name = cut(self._called, 30)
        keys = more or f"/ search  g G ends  tab {other} ({bytes_in_words(self._sizes[other])})  esc close"
        if self._cut and not more and below >= len(self._offsets):
            keys = self._cut
        self.bar.say(f" {name} {self._stream}  {share} of {bytes_in_words(size)}, from byte {at}   {keys}")

    # actions

    def action_move(self, step: int) -> None:
        self._do(self._move(step))

    async def _move(self, step: int) -> None:
        text, height = self.body, self.body.size.height
        while step > 0 and text.top + step + height > len(text.lines) and await self._after():
            pass
        while step < 0 and text.top + step < 0 and await self._before():
            pass
        text.move(step)
        self._say()

    def action_edge(self, last: int) -> None:
        self._do(self._jump_end() if last else self._open(self._stream, 0))

    async def _jump_end(self) -> None:
        size = (await self._commands.output(self._command, self._node, self._stream, 0, 1)).size
        if size > self._end:
            self._bytes, self._begin = b"", max(0, size - PART)
            self._end = self._begin
            while await self._after():
                pass
        self.body.move(len(self.body.lines))
        self._say()

    def action_other(self) -> None:
        self._do(self._open("stderr" if self._stream == "stdout" else "stdout", 0))

    def look_for(self, text: str, step: int) -> None:
        self.body.found = text.casefold()
        self._do(self._find(step))

    async def _find(self, step: int) -> None:
        """Go to the next match, reading on through the output for it; any other key leaves off."""
        text = self.body
        if not text.found:
            return
        at = text.top + step
        while 0 <= at < len(text.lines):
            if text.holds(at):
                text.top = at
                text.refresh()
                self._say("n next  N previous  esc close")
                return
            at += step
        needle = text.found.encode()
        found = await (self._scan_on(needle) if step > 0 else self._scan_back(needle))
        if found is None:
            self._say(f"{text.found!r} is not {'after' if step > 0 else 'before'} this place")
            return
        # What stands around the match is fetched, the rest of what was here is let go.
        self._bytes, self._begin = b"", max(0, found - PART // 2)
        self._end = self._begin
        await self._after()
        await self._after()
        self._show_offset(found)
        text.refresh()
        self._say("n next  N previous  esc close")

    async def _scan_on(self, needle: bytes) -> int | None:
        """Give the offset of the first match behind what is here."""
        at, carry = self._end, self._bytes[-len(needle) + 1 :] if len(needle) > 1 else b""
        while True:
            self._say(own(f"searching at {bytes_in_words(at)}…"))
            part = await self._commands.output(self._command, self._node, self._stream, at, 2 * PART)
            if not part.data:
                return None
            hay = carry + part.data
            place = hay.lower().find(needle)
            if place >= 0:
                return at - len(carry) + place
            at += len(part.data)
            carry = hay[-len(needle) + 1 :] if len(needle) > 1 else b""

    async def _scan_back(self, needle: bytes) -> int | None:
        """Give the offset of the last match before what is here."""
        end, carry = self._begin, self._bytes[: len(needle) - 1]
        while end > 0:
            self._say(own(f"searching at {bytes_in_words(end)}…"))
            start = max(0, end - 2 * PART)
            part = await self._commands.output(self._command, self._node, self._stream, start, end - start)
            hay = part.data + carry
            place = hay.lower().rfind(needle)
            if place >= 0:
                return start + place
            end, carry = start, hay[: len(needle) - 1]
        return None
