"""A form in a window: labelled fields, what they come to, and errors at the field; Ctrl+S sends it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widget import Widget

from tui.errors import SsmTuiError
from tui.screens._dialogs import Dialog, Lines
from tui.screens._shell import explain
from tui.widgets.cells import own
from tui.widgets.form_field import FormField
from tui.widgets.lines_pane import LinesPane
from tui.widgets.state_pane import wrapped
from tui.widgets.top_bar import Word

log = logging.getLogger(__name__)
MOST, LEAST = 12, 3
"""Lines of facts under the fields."""
AROUND = 7
"""Lines of a form besides its text, its fields and its facts: paddings, margins, title, keys."""
T = TypeVar("T")


class Facts(LinesPane, can_focus=False, inherit_bindings=False):
    """Lines of styled words in a window, as high as they are many, `most` at the most."""

    DEFAULT_CSS = "Facts { background: $panel; color: $foreground; margin: 0 0 1 0; }"

    def __init__(self, lines: Sequence[Sequence[Word]] = (), *, most: int = MOST) -> None:
        super().__init__(lines)
        self._most = most
        self._fit()

    def show(self, lines: Sequence[Sequence[Word]]) -> None:
        super().show(lines)
        self._fit()

    def allow(self, most: int) -> None:
        """Be at most so many lines high."""
        if most != self._most:
            self._most = most
            self._fit()

    def _fit(self) -> None:
        self.styles.height = min(len(self._lines), self._most)


class FormDialog(Dialog[T], Generic[T]):
    """Asks for the values of its fields and sends them; it stays open while they can't be meant or are refused.

    `send` does what the form is for; an SsmTuiError of it is said in the form. A form overrides `problems` and, where
    it has something to show, `preview`.
    """

    DEFAULT_CSS = """
    FormDialog FormField { background: $panel; }
    FormDialog Facts { margin: 1 0; }
    FormDialog .dialog--fault { color: $error; display: none; }
    FormDialog .dialog--fault.-said { display: block; }
    """
    BINDINGS = [
        Binding("ctrl+s,ctrl+j,f5", "submit", "send", tooltip="Send what the form says", id="form.send"),
        Binding("tab", "app.focus_next", "next field", tooltip="Go to the next field", show=False, id="form.next"),
        Binding(
            "shift+tab",
            "app.focus_previous",
            "previous field",
            tooltip="Go to the previous field",
            show=False,
            id="form.previous",
        ),
    ]

    def __init__(
        self,
        title: str,
        fields: Sequence[FormField],
        send: Callable[[Mapping[str, str]], Awaitable[T]],
        text: str = "",
        *,
        verb: str,
    ) -> None:
        super().__init__(title, text, f"ctrl+s {verb}   tab next field   esc leave it")
        self._do = send
        self.fields = {field.key: field for field in fields}
        self.facts = Facts()
        self._told: set[str] = set()
        self._begun = {key: field.text.strip() for key, field in self.fields.items()}
        self._sending = False
        self._fault = Lines("", most=4)
        self._fault.add_class("dialog--fault")

    def compose_answer(self) -> ComposeResult:
        yield from self.fields.values()
        yield self.facts
        yield self._fault

    def on_mount(self) -> None:
        self._show()

    def on_resize(self) -> None:
        self._make_room()

    def _make_room(self) -> None:
        """Give the facts what is left: the keys are below them, and must not be pushed out of a small terminal."""
        said = len(wrapped(self._text, max(self.size.width * 3 // 4, 20))) + 2 if self._text else 0
        problems = sum(field.problem_height for field in self.fields.values()) + 2 * self._fault.has_class("-said")
        room = self.size.height * 9 // 10 - len(self.fields) - said - problems - AROUND
        self.facts.allow(max(min(MOST, room), LEAST))

    # what a form overrides

    def problems(self, values: Mapping[str, str]) -> dict[str, str]:
        """Give what keeps it from being sent: a sentence by the field's key."""
        return {}

    def preview(self, values: Mapping[str, str]) -> Sequence[Sequence[Word]]:
        """Give what the values come to, in words, for as far as they can be read."""
        return ()

    def place_of(self, error: SsmTuiError) -> str:
        """Give the key of the field that an error is about, or ""."""
        return ""

    # what the fields say

    @property
    def values(self) -> dict[str, str]:
        return {key: field.text.strip() for key, field in self.fields.items()}

    def say(self, text: str) -> None:
        """Say something under the fields; "" takes it away."""
        self._fault.say(text)
        self._fault.set_class(bool(text), "-said")
        self._make_room()

    def _show(self) -> None:
        values = self.values
        problems = self.problems(values)
        for key, field in self.fields.items():
            # What is missing is said when one tries to send, as what nobody typed; what is wrong is said at once.
            typed = values[key] not in ("", self._begun[key])
            field.problem = problems.get(key, "") if key in self._told or typed else ""
        self.facts.show(self.preview(values))
        self._make_room()

    def on_form_field_changed(self, event: FormField.Changed) -> None:
        self._told.discard(event.field.key)
        self.say("")
        self._show()

    def on_form_field_submitted(self, event: FormField.Submitted) -> None:
        if event.field is [*self.fields.values()][-1]:
            self.action_submit()
        else:
            self.focus_next()

    def action_submit(self) -> None:
        problems = self.problems(self.values)
        if problems:
            self._told |= set(problems)
            self._show()
            self.fields[next(iter(problems))].focus()
        elif not self._sending:
            self._sending = True
            self.run_worker(self._send(), exit_on_error=False)

    async def _send(self) -> None:
        keys = self.query(Lines).last()
        keys.say(own("working…   esc leaves it"))
        try:
            answer = await self._do(self.values)
        except SsmTuiError as error:
            self.say(" ".join(explain(error, "")))
            place: Widget | None = self.fields.get(self.place_of(error))
            if place is not None:
                place.focus()
        except Exception as error:
            log.exception("a form could not be sent")
            self.say(f"An error of the console's own ({type(error).__name__}); its log says more.")
        else:
            self.dismiss(answer)
        finally:
            self._sending = False
            if self.is_attached:
                keys.say(self._keys)
