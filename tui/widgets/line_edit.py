"""One line of text being typed: the buffer with its keys, and a widget around it."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.cells import clean, own, width


class LineBuffer:
    """Text and a cursor (counted in characters), changed by the keys that a shell's line knows.

    An `exact` one keeps what is pasted as it is, with its lines and tabs.
    """

    def __init__(self, text: str = "", *, exact: bool = False) -> None:
        self.text = text
        self.cursor = len(text)
        self._exact = exact

    def set(self, text: str) -> None:
        self.text, self.cursor = text, len(text)

    def insert(self, text: str) -> None:
        """Put text at the cursor; line ends become spaces, other control characters go, unless it is exact."""
        if self._exact:
            text = text.replace("\r\n", "\n").replace("\r", "\n")  # what terminals paste for a line's end
        else:
            text = "".join(character for character in text.replace("\n", " ") if character.isprintable())
        self.text = self.text[: self.cursor] + text + self.text[self.cursor :]
        self.cursor += len(text)

    def key(self, event: events.Key) -> bool:
        """Take a key; False where it means nothing to a line of text."""
        text, at = self.text, self.cursor
        match event.key:
            case "backspace" | "ctrl+h":
                self.text, self.cursor = text[: max(at - 1, 0)] + text[at:], max(at - 1, 0)
            case "delete":
                self.text = text[:at] + text[at + 1 :]
            case "left":
                self.cursor = max(at - 1, 0)
            case "right":
                self.cursor = min(at + 1, len(text))
            case "home" | "ctrl+a":
                self.cursor = 0
            case "end" | "ctrl+e":
                self.cursor = len(text)
            case "ctrl+u":
                self.text, self.cursor = text[at:], 0
            case "ctrl+k":
                self.text = text[:at]
            case "ctrl+w":
                start = len(text[:at].rstrip().rpartition(" ")[0])
                start += 1 if start else 0
                self.text, self.cursor = text[:start] + text[at:], start
            case _ if event.is_printable and event.character:
                self.insert(event.character)
            case _:
                return False
        return True

    def view(self, columns: int) -> tuple[str, int]:
        """Give the part of the text that shows in so many cells, and the cursor's cell in it."""
        # Of a long text only what may show is measured: a value of 8 KB is typed in as fast as a short one.
        before, after = clean(self.text[: self.cursor][-4 * columns :]), clean(self.text[self.cursor :][: 4 * columns])
        while before and width(before) >= columns:
            before = before[1:]
        return before + after, width(before)

    def masked(self) -> LineBuffer:
        """Give a buffer that shows dots for the characters of this one."""
        made = LineBuffer(own("•") * len(self.text))
        made.cursor = self.cursor
        return made


class LineEdit(Widget, can_focus=True):
    """A line that one types in; `Changed` at every key, `Submitted` on Enter. A secret shows as dots."""

    COMPONENT_CLASSES = {"line-edit--cursor"}
    takes_text = True

    class Changed(Message):
        """The text became another one."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Submitted(Message):
        """Enter was pressed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, text: str = "", *, prompt: str = "", secret: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self._buffer = LineBuffer(text)
        self._prompt = prompt
        self._secret = secret

    @property
    def text(self) -> str:
        return self._buffer.text

    @text.setter
    def text(self, text: str) -> None:
        self._buffer.set(text)
        self.refresh()
        self.post_message(self.Changed(text))

    def render_line(self, y: int) -> Strip:
        style = self.rich_style
        columns = self.size.width
        if y:
            return Strip.blank(columns, style)
        room = max(columns - width(self._prompt), 1)
        text, at = (self._buffer.masked() if self._secret else self._buffer).view(room)
        segments = [Segment(self._prompt, style)]
        if self.has_focus:
            under = text_at(text, at)
            cursor = self.get_component_rich_style("line-edit--cursor")
            before, after = split_at(text, at, under)
            segments += [Segment(before, style), Segment(under or " ", cursor), Segment(after, style)]
            # The terminal's own cursor stands there too: input methods draw what is being composed at it.
            self.app.cursor_position = self.content_region.offset + Offset(width(self._prompt) + at, 0)
        else:
            segments.append(Segment(text, style))
        return Strip(segments).adjust_cell_length(columns, style)

    def on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(self.Submitted(self.text))
            return
        before = self.text
        if self._buffer.key(event):
            event.stop()
            event.prevent_default()
            self.refresh()
            if self.text != before:
                self.post_message(self.Changed(self.text))

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self._buffer.insert(event.text)
        self.refresh()
        self.post_message(self.Changed(self.text))

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()


def text_at(text: str, cell: int) -> str:
    """Give the character that begins at a cell, or nothing beyond the end."""
    used = 0
    for character in text:
        if used >= cell:
            return character
        used += width(character)
    return ""


def split_at(text: str, cell: int, under: str) -> tuple[str, str]:
    """Give what stands before a cell, and what stands after the character under it."""
    used = 0
    for index, character in enumerate(text):
        if used >= cell:
            return text[:index], text[index + len(under) :]
        used += width(character)
    return text, ""
