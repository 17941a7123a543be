"""A field of several lines: Enter sends while there is one line, Ctrl+N begins another."""

from __future__ import annotations

from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.widgets import TextArea


class TextField(TextArea):
    """Text of any number of lines; `key` names it to its form, Enter posts `Submitted` where there is one line."""

    DEFAULT_CSS = """
    TextField {
        height: auto; min-height: 3; max-height: 10; padding: 0 1; border: none; background: $surface;
        border-left: wide $bar;
    }
    TextField:focus { border: none; border-left: wide $primary; }
    TextField.-wrong { border-left: wide $error; }
    """
    HELP_GROUP = "A field of several lines"
    takes_text = True
    BINDINGS = [
        Binding("enter", "submit", "send", tooltip="Send; one line needs no other key", id="text.submit"),
        Binding("ctrl+n", "new_line", "new line", tooltip="Begin another line", id="text.new_line"),
    ]

    class Edited(Message):
        """The text became another one."""

        def __init__(self, field: TextField, text: str) -> None:
            super().__init__()
            self.field, self.text = field, text

    class Submitted(Message):
        """Enter was pressed on the only line."""

        def __init__(self, field: TextField) -> None:
            super().__init__()
            self.field = field

    def __init__(self, key: str, text: str = "", *, placeholder: str = "", id: str | None = None) -> None:
        super().__init__(text, id=id, soft_wrap=True, tab_behavior="focus", placeholder=placeholder)
        self.key = key
        self.cursor_blink = False
        self.highlight_cursor_line = False

    def on_mount(self) -> None:
        self.move_cursor(self.document.end)

    def set_text(self, text: str) -> None:
        """Put a text in; the cursor goes to its end."""
        self.load_text(text)
        self.move_cursor(self.document.end)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "submit":
            return self.document.line_count == 1
        return super().check_action(action, parameters)

    def action_submit(self) -> None:
        self.post_message(self.Submitted(self))

    def action_new_line(self) -> None:
        self.insert("\n")

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter" and self.document.line_count == 1:
            event.stop()
            event.prevent_default()
            self.action_submit()
            return
        # What is not handled here is TextArea's own: Textual calls the handlers of all base classes in turn.
        first, last = self.cursor_location[0] == 0, self.cursor_location[0] == self.document.line_count - 1
        if (event.key == "up" and first) or (event.key == "down" and last):
            event.stop()
            event.prevent_default()
            if event.key == "up":
                self.screen.focus_previous()
            else:
                self.screen.focus_next()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self.refresh_bindings()
        self.post_message(self.Edited(self, self.text))
