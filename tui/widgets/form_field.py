"""One line of a form: a label, the text being typed, what it is about, what is wrong with it, and choices below it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.cells import clean, cut, fit, width
from tui.widgets.line_edit import LineBuffer, split_at, text_at
from tui.widgets.state_pane import wrapped

LABEL = 18
"""Cells of the label's column."""
CHOICES = 6
"""Choices that show at once."""


class FormField(Widget, can_focus=True):
    """A labelled line that one types in; `key` names it to its form.

    `placeholder` is what an empty field stands for, `about` says what it is, `note` what came of its text, `problem`
    why it can't be meant. With `choices` the text is one of them: the likely ones show while one types, Up and Down
    choose among them, Enter takes one. An `exact` one keeps the lines of what is pasted; a `secret` one shows dots.
    """

    COMPONENT_CLASSES = {"bar--dim", "bar--bad", "bar--accent", "bar--good", "bar--warn", "bar--text", "bar--key"}
    DEFAULT_CSS = """
    FormField { height: auto; background: $background; color: $foreground; }
    """
    takes_text = True

    class Changed(Message):
        """The text became another one."""

        def __init__(self, field: FormField, text: str) -> None:
            super().__init__()
            self.field, self.text = field, text

    class Submitted(Message):
        """Enter was pressed where it takes no choice."""

        def __init__(self, field: FormField) -> None:
            super().__init__()
            self.field = field

    def __init__(
        self,
        key: str,
        label: str,
        text: str = "",
        *,
        placeholder: str = "",
        about: str = "",
        exact: bool = False,
        secret: bool = False,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.key = key
        self._label = label
        self._placeholder = placeholder
        self._about = about
        self._exact, self._secret = exact, secret
        self._buffer = LineBuffer(text, exact=exact)
        self._note: tuple[str, str] = ("", "dim")
        self._problem = ""
        self._choices: Sequence[str] = ()
        self._choosing = False
        self._whole = False
        """The text is one of the choices as it was taken: what is typed takes its place."""
        self._at = 0

    @property
    def text(self) -> str:
        return self._buffer.text

    def set_text(self, text: str) -> None:
        """Put a text in without saying that it changed."""
        self._buffer.set(text)
        self.refresh()

    def set_note(self, text: str, style: str = "dim") -> None:
        """Say at the end of the line what came of the text."""
        if (text, style) != self._note:
            self._note = (text, style)
            self.refresh()

    @property
    def secret(self) -> bool:
        """Whether it shows dots for what is typed."""
        return self._secret

    @secret.setter
    def secret(self, hidden: bool) -> None:
        if hidden != self._secret:
            self._secret = hidden
            self.refresh()

    def set_placeholder(self, text: str) -> None:
        """Say what the field stands for while it is empty."""
        if text != self._placeholder:
            self._placeholder = text
            self.refresh()

    @property
    def problem(self) -> str:
        return self._problem

    @problem.setter
    def problem(self, text: str) -> None:
        if text != self._problem:
            self._problem = text
            self.refresh(layout=True)

    @property
    def choices(self) -> Sequence[str]:
        return self._choices

    def set_choices(self, choices: Sequence[str]) -> None:
        self._choices = choices
        self.refresh(layout=True)

    @property
    def offered(self) -> list[str]:
        """The choices that show now: the text's characters stand in them in that order, the closest first."""
        if not (self._choosing and self.has_focus):
            return []
        if self._whole:
            return [*self._choices[:CHOICES]]
        return fuzzy(self.text, self._choices)[:CHOICES]

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return 1 + len(self._problem_lines(width)) + len(self.offered)

    @property
    def problem_height(self) -> int:
        """Lines that what is wrong with it takes."""
        return len(self._problem_lines(self.size.width or 80))

    def _problem_lines(self, columns: int) -> list[str]:
        """Give what is wrong in lines under the text: a sentence that is cut says neither why nor what to do."""
        room = max(columns - min(LABEL, columns // 3) - 2, 10)
        return wrapped(clean(self._problem), room) if self._problem else []

    def render_line(self, y: int) -> Strip:
        base, columns = self.rich_style, self.size.width
        style = {name: base + self.get_component_rich_style(f"bar--{name}", partial=True) for name in _STYLES}
        label = min(LABEL, columns // 3)
        if y == 0:
            return self._line(style, base, label, columns)
        told = self._problem_lines(columns)
        if 1 <= y <= len(told):
            return Strip([Segment(fit(" " * label + "  " + told[y - 1], columns), style["bad"])], columns)
        index = y - 1 - len(told)
        offered = self.offered
        if index >= len(offered):
            return Strip.blank(columns, base)
        chosen = index == min(self._at, len(offered) - 1)
        mark = "> " if chosen else "  "
        text = fit(" " * label + mark + clean(offered[index]), columns)
        return Strip([Segment(text, style["accent"] if chosen else style["dim"])], columns)

    def _line(self, style: dict[str, Style], base: Style, label: int, columns: int) -> Strip:
        name = fit(clean(self._label), label - 1, "right") + " "
        note, note_style = self._note if self._note[0] else (self._about if self.has_focus else "", "dim")
        note = clean(note)
        room = max(columns - label - 2, 1)
        buffer = self._buffer.masked() if self._secret else self._buffer
        shown = clean(buffer.text)
        # The note gives way to what is being typed; a text that is only read gives way to its note.
        least = max(width(shown), 12) if self.has_focus else 12
        note = note if width(note) + least + 3 <= room else ""
        room = max(room - (width(note) + 2 if note else 0), 1)
        text, at = buffer.view(room) if self.has_focus else (cut(shown, room), 0)
        segments = [Segment(name, style["key"] if self.has_focus else style["dim"]), Segment("  ", base)]
        if self.has_focus:
            under = text_at(text, at)
            before, after = split_at(text, at, under)
            cursor = base + Style(reverse=True)
            segments += [Segment(before, base), Segment(under or " ", cursor), Segment(after, base)]
            self.app.cursor_position = self.content_region.offset + Offset(label + 2 + at, 0)
        elif text:
            segments.append(Segment(text, base))
        if not self.text:
            segments.append(Segment(clean(self._placeholder), style["dim"]))
        line = Strip(segments).adjust_cell_length(max(columns - width(note) - (1 if note else 0), 0), base)
        return Strip([*line, *([Segment(note + " ", style[note_style])] if note else [])]).adjust_cell_length(
            columns, base
        )

    def on_key(self, event: events.Key) -> None:
        offered = self.offered
        match event.key:
            case "enter" if offered:
                self._take(offered[min(self._at, len(offered) - 1)])
            case "enter":
                self.post_message(self.Submitted(self))
            case "up" | "down" if offered:
                self._at = max(0, min(self._at + (1 if event.key == "down" else -1), len(offered) - 1))
                self.refresh()
            case "down" if self._choices:
                self._choosing, self._at = True, 0
                if self._whole and self.text in self._choices[:CHOICES]:
                    self._at = self._choices.index(self.text)
                self.refresh(layout=True)
            case "up":
                self.screen.focus_previous()
            case "down":
                self.screen.focus_next()
            case "escape" if offered:
                self._choosing = False
                self.refresh(layout=True)
            case _:
                before = self.text
                if self._whole and event.is_printable:
                    self._buffer.set("")
                if not self._buffer.key(event):
                    return
                self._typed(before)
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        before = self.text
        if self._whole:
            self._buffer.set("")
        # What was copied to its line's end means the line.
        text = event.text
        self._buffer.insert(text.removesuffix("\n").removesuffix("\r") if self._exact else text.rstrip("\n"))
        self._typed(before)

    def _typed(self, before: str) -> None:
        if self.text == before:
            self.refresh()
            return
        self._whole = False
        self._choosing, self._at = bool(self._choices), 0
        self.refresh(layout=bool(self._choices))
        self.post_message(self.Changed(self, self.text))

    def _take(self, choice: str) -> None:
        self._buffer.set(choice)
        self._choosing, self._whole = False, True
        self.refresh(layout=True)
        self.post_message(self.Changed(self, choice))

    def on_focus(self) -> None:
        self._whole = self.text in self._choices
        self.refresh(layout=bool(self._choices))

    def on_blur(self) -> None:
        if self._choosing and self.text not in self._choices:
            likely = fuzzy(self.text, self._choices)
            if likely and self.text:
                self._take(likely[min(self._at, len(likely) - 1)])
        self._choosing = False
        self.refresh(layout=bool(self._choices))

    def on_click(self, event: events.Click) -> None:
        index = event.y - 1 - bool(self._problem)
        offered = self.offered
        if 0 <= index < len(offered):
            self._take(offered[index])


_STYLES = ("dim", "bad", "accent", "good", "warn", "text", "key")


def fuzzy(text: str, choices: Sequence[str]) -> list[str]:
    """Give the choices in which the text's characters stand in order, the tightest and then the shortest first."""
    wanted = text.casefold().replace(" ", "")
    ranked: list[tuple[int, int, str]] = []
    for choice in choices:
        low = choice.casefold()
        if wanted in low:
            ranked.append((low.index(wanted), len(choice), choice))
            continue
        at = -1
        for character in wanted:
            at = low.find(character, at + 1)
            if at < 0:
                break
        else:
            ranked.append((1000 + at, len(choice), choice))
    return [choice for _, _, choice in sorted(ranked)]
