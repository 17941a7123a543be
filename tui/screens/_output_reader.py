"""Reads the whole output of a node, whatever its size: a window of it is here, the rest is fetched as one moves."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.strip import Strip
from textual.widget import Widget

from tui.errors import SsmTuiError
from tui.services.commands import Commands
from tui.widgets.ansi_text import plain
from tui.widgets.cells import cut, window
from tui.widgets.line import Part, lay_out
from tui.widgets.line_edit import LineEdit
from tui.widgets.output_tail import bytes_in_words
from tui.widgets.overlay import Overlay

PART = 128 * 1024
"""Bytes that are fetched at once."""
PARTS = 8
"""Parts that are here at the same time; what is farther away is fetched again."""
LONGEST = 4096
"""Bytes of a line that are drawn as one: a longer one goes on in the next line."""


class OutputWindow(Widget):
    """Lines of a part of the output; `top` is the first that shows."""

    COMPONENT_CLASSES = {"bar--accent", "bar--dim"}

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[int, str]] = []
        """Each line with the offset at which it begins."""
        self.top = 0
        self.left = 0
        self.found = ""

    def render_line(self, y: int) -> Strip:
        base, at = self.rich_style, self.top + y
        if at >= len(self.lines):
            return Strip.blank(self.size.width, base)
        text = self.lines[at][1]
        hit = self.found and self.found in text.casefold()
        style = base + self.get_component_rich_style("bar--accent", partial=True) if hit else base
        text = window(text, self.left, self.size.width)
        return lay_out([Part(text, style)], [], self.size.width, base)[0]


class ReaderBar(Widget):
    """One line of words above or below the text."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""

    def say(self, text: str) -> None:
        self._text = text
        self.refresh()

    def render_line(self, y: int) -> Strip:
        return lay_out([Part(self._text, self.rich_style)], [], self.size.width, self.rich_style)[0]


class OutputReader(Overlay[None]):
    """One stream at a time; Tab goes to the other one."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    OutputReader { background: $background; }
    OutputReader OutputWindow { height: 1fr; background: $background; color: $foreground; }
    OutputReader ReaderBar { height: 1; background: $bar; color: $foreground; }
    OutputReader LineEdit { height: 1; background: $bar; color: $foreground; }
    """
    BINDINGS = [
        Binding("j,down", "move(1)", "down", tooltip="A line down", show=False, id="whole.down"),
        Binding("k,up", "move(-1)", "up", tooltip="A line up", show=False, id="whole.up"),
        Binding("ctrl+d", "page(0.5)", "half page down", tooltip="Half a page down", show=False, id="whole.half_down"),
        Binding("ctrl+u", "page(-0.5)", "half page up", tooltip="Half a page up", show=False, id="whole.half_up"),
        Binding("pagedown,space", "page(1)", "page down", tooltip="A page down", show=False, id="whole.page_down"),
        Binding("pageup", "page(-1)", "page up", tooltip="A page up", show=False, id="whole.page_up"),
        Binding("g,home", "jump(0)", "top", tooltip="To the first byte", show=False, id="whole.top"),
        Binding("G,end", "jump(1)", "bottom", tooltip="To the last byte", show=False, id="whole.bottom"),
        Binding("h,left", "sideways(-8)", "left", tooltip="Scroll left", show=False, id="whole.left"),
        Binding("l,right", "sideways(8)", "right", tooltip="Scroll right", show=False, id="whole.right"),
        Binding("tab", "other", "other stream", tooltip="stdout or stderr", id="whole.other"),
        Binding("slash", "search", "search", tooltip="Search on from here", key_display="/", id="whole.search"),
        Binding("n", "next(1)", "next", tooltip="The next match", id="whole.next"),
        Binding("N", "next(-1)", "previous", tooltip="The match before", show=False, id="whole.previous"),
        Binding("q", "dismiss", "close", tooltip="Close the text, as less does", show=False, id="whole.close"),
    ]

    def __init__(self, commands: Commands, command_id: str, node_id: str, name: str) -> None:
        super().__init__()
        self._commands, self._command, self._node, self._called = commands, command_id, node_id, name
        self._stream = "stdout"
        self._sizes = {"stdout": 0, "stderr": 0}
        self._begin = self._end = 0
        self._bytes = b""
        self.text = OutputWindow()
        self.bar = ReaderBar()
        self.line = LineEdit(prompt=" /")
        self.line.display = False

    def compose(self) -> ComposeResult:
        yield self.bar
        yield self.text
        yield self.line

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
        self.text.top = 0
        self._say()

    async def _after(self) -> bool:
        """Fetch the part that follows; False at the end."""
        part = await self._commands.output(self._command, self._node, self._stream, self._end, PART)
        self._sizes[self._stream] = part.size
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
        lines: list[tuple[int, str]] = []
        at = self._begin
        for raw in self._bytes.split(b"\n"):
            for start in range(0, max(len(raw), 1), LONGEST):
                piece = raw[start : start + LONGEST]
                lines.append((at + start, plain(piece.decode("utf-8", "replace").rstrip("\r"))))
            at += len(raw) + 1
        if lines and not lines[-1][1]:
            lines.pop()
        self.text.lines = lines
        self.text.refresh()

    def _offset_of_top(self) -> int:
        lines = self.text.lines
        return lines[min(self.text.top, len(lines) - 1)][0] if lines else self._begin

    def _show_offset(self, offset: int) -> None:
        places = [index for index, (at, _) in enumerate(self.text.lines) if at <= offset]
        self.text.top = places[-1] if places else 0

    def _say(self, more: str = "") -> None:
        size, at = self._sizes[self._stream], self._offset_of_top()
        last = min(self.text.top + self.text.size.height, len(self.text.lines)) - 1
        end = self.text.lines[last + 1][0] if 0 <= last + 1 < len(self.text.lines) else self._end
        share = f"{100 * end // size} %" if size else "empty"
        other = "stderr" if self._stream == "stdout" else "stdout"
        name = cut(self._called, 30)
        keys = more or f"/ search  g G ends  tab {other} ({bytes_in_words(self._sizes[other])})  esc close"
        self.bar.say(f" {name} {self._stream}  {share} of {bytes_in_words(size)}, from byte {at}   {keys}")

    # actions

    def action_move(self, step: int) -> None:
        self._do(self._move(step))

    def action_page(self, pages: float) -> None:
        self._do(self._move(int(self.text.size.height * pages)))

    async def _move(self, step: int) -> None:
        text, height = self.text, max(self.text.size.height, 1)
        while step > 0 and text.top + step + height > len(text.lines) and await self._after():
            pass
        while step < 0 and text.top + step < 0 and await self._before():
            pass
        text.top = max(0, min(text.top + step, len(text.lines) - height))
        text.refresh()
        self._say()

    def action_jump(self, last: int) -> None:
        self._do(self._jump_end() if last else self._open(self._stream, 0))

    async def _jump_end(self) -> None:
        size = (await self._commands.output(self._command, self._node, self._stream, 0, 1)).size
        if size > self._end:
            self._bytes, self._begin = b"", max(0, size - PART)
            self._end = self._begin
            while await self._after():
                pass
        self.text.top = max(0, len(self.text.lines) - self.text.size.height)
        self.text.refresh()
        self._say()

    def action_sideways(self, step: int) -> None:
        self.text.left = max(0, self.text.left + step)
        self.text.refresh()

    def action_other(self) -> None:
        self._do(self._open("stderr" if self._stream == "stdout" else "stdout", 0))

    def action_search(self) -> None:
        self.line.text = ""
        self.line.display = True
        self.line.focus()

    def on_line_edit_submitted(self, event: LineEdit.Submitted) -> None:
        self._close_line()
        self.text.found = event.text.casefold()
        self._do(self._find(1))

    def action_next(self, step: int) -> None:
        self._do(self._find(step))

    async def _find(self, step: int) -> None:
        """Go to the next match, reading on through the output for it; any other key leaves off."""
        text = self.text
        if not text.found:
            return
        at = text.top + step
        while 0 <= at < len(text.lines):
            if text.found in text.lines[at][1].casefold():
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
            self._say(f"searching at {bytes_in_words(at)}…")
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
            self._say(f"searching at {bytes_in_words(end)}…")
            start = max(0, end - 2 * PART)
            part = await self._commands.output(self._command, self._node, self._stream, start, end - start)
            hay = part.data + carry
            place = hay.lower().rfind(needle)
            if place >= 0:
                return start + place
            end, carry = start, hay[: len(needle) - 1]
        return None

    def _close_line(self) -> None:
        self.line.display = False
        self.set_focus(None)

    def action_cancel(self) -> None:
        if self.line.display:
            self._close_line()
        else:
            self.dismiss(None)
