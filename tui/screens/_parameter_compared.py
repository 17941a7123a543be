"""Values of one parameter held against each other in a window, secrets masked; and the put that is confirmed so."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from textual.app import ComposeResult
from textual.binding import Binding

from tui.errors import SsmTuiError
from tui.screens._base import explain
from tui.screens._dialogs import Dialog, Lines
from tui.screens._form_dialog import Facts
from tui.screens._parameter_fields import request_lines
from tui.screens._parameter_reveal import Reveal, masked
from tui.services.parameter_models import ParameterValue, Tier
from tui.services.parameter_plans import Change, Plan
from tui.widgets.cells import clean, own
from tui.widgets.lines_pane import LinesPane
from tui.widgets.three_ways import Whose, three_ways
from tui.widgets.top_bar import Word

T = TypeVar("T")

Texts = tuple[str | None, str | None, str | None]
"""The base's, their and your text; None where there is none."""
NAMES: Mapping[Whose, str] = {one: one.value for one in Whose}
_STYLES: Mapping[Whose, str] = {
    Whose.ALL: "dim",
    Whose.BASE: "bad",
    Whose.THEIRS: "warn",
    Whose.YOURS: "accent",
    Whose.BOTH: "good",
    Whose.FOLD: "dim",
}
_GUTTER = 8
MOST_FACTS = 8
AROUND = 9
"""Lines of the window besides the facts and the texts: paddings, margins, a title of two lines, the keys."""


class ComparedValues(Dialog[T]):
    """Shows what was, what they made of it and what you make of it, with keys that its heirs have.

    `read` gives the texts, and is called once they are to be seen: at once, or of a secret when it is revealed.
    """

    DEFAULT_CSS = """
    ComparedValues > Vertical { width: 110; }
    ComparedValues Facts { margin: 1 0; }
    ComparedValues LinesPane { background: $panel; color: $foreground; height: auto; margin: 0 0 1 0; }
    """
    BINDINGS = [
        Binding("v", "reveal", "reveal", tooltip="Show the secrets for 10 s, or mask them", id="compared.reveal")
    ]

    def __init__(
        self,
        title: str,
        facts: Sequence[Sequence[Word]],
        read: Callable[[], Awaitable[Texts]],
        keys: str,
        *,
        secret: bool,
        names: Mapping[Whose, str] = NAMES,
    ) -> None:
        super().__init__(title, "", keys + ("   v reveal" if secret else ""))
        self._read, self._secret, self._names = read, secret, names
        self.facts = Facts(facts, most=MOST_FACTS)
        self.lines = LinesPane()
        self._revealed = Reveal(self, self._show)
        self._plain: Texts | None = None

    def compose_answer(self) -> ComposeResult:
        yield self.facts
        yield self.lines

    def on_mount(self) -> None:
        self.watch(self.app, "app_focus", self._focus_changed, init=False)
        self._show()
        if not self._secret:
            self.run_worker(self._fetch(), exit_on_error=False)

    def on_unmount(self) -> None:
        self._revealed.mask()

    def _focus_changed(self, focused: bool) -> None:
        if not focused:
            self._revealed.mask()

    async def _fetch(self) -> None:
        try:
            texts = await self._read()
        except SsmTuiError as error:
            self.query(Lines).last().say(" ".join(explain(error, "")))
            return
        if self._secret:
            # Dropped with the reveal, so that what is masked is nowhere in the window.
            self._revealed.show(json.dumps(texts))
        else:
            self._plain = texts
            self._show()

    def action_reveal(self) -> None:
        if not self._secret:
            return
        if self._revealed.text is not None:
            self._revealed.mask()
        else:
            self.run_worker(self._fetch(), exit_on_error=False)

    def _show(self) -> None:
        if not self.is_attached:
            return
        self.lines.show(self._said())
        # What is not there takes no room, and the keys below are not pushed out of a small terminal.
        facts = min(len(self.facts.lines), MOST_FACTS)
        room = self.size.height * 9 // 10 - facts - AROUND
        self.lines.styles.height = max(min(len(self.lines.lines), room), 2)

    def on_resize(self) -> None:
        self._show()

    def _said(self) -> list[list[Word]]:
        texts = self._plain
        if self._secret:
            text = self._revealed.text
            if text is None:
                return [[(masked(), "text"), ("  v reveals them for 10 s", "dim")]]
            base, theirs, yours = json.loads(text)
            texts = base, theirs, yours
        if texts is None:
            return [[(own("…"), "dim")]]
        lines = compared_lines(texts, self._names)
        if self._secret:
            lines.append([(f"shows for {self._revealed.left} s, v masks it", "warn")])
        return lines


def compared_lines(texts: Texts, names: Mapping[Whose, str] = NAMES) -> list[list[Word]]:
    """Write three texts as lines, whose each is in front of it; of one that is not there it is said."""
    base, theirs, yours = texts
    head: list[list[Word]] = []
    for text, whose, said in (
        (base, Whose.BASE, "it was not there"),
        (theirs, Whose.THEIRS, "deleted it"),
    ):
        if text is None:
            head.append([_gutter(whose, names), (said, "dim")])
    present = [text for text in (base, theirs, yours) if text is not None]
    if not present:
        return head
    # What is not there takes the place of what it is held against, and so differs from nothing.
    ground = base if base is not None else theirs if theirs is not None else present[0]
    others = (theirs if theirs is not None else ground, yours if yours is not None else ground)
    lines = three_ways(ground, *others)
    if all(line.whose in (Whose.ALL, Whose.FOLD) for line in lines):
        return [*head, [_gutter(Whose.BOTH, names), (own("the same value"), "dim")]]
    if base is None:
        names = {**names, Whose.BASE: names[Whose.THEIRS]}
    made: list[list[Word]] = []
    for line in lines:
        if line.whose is Whose.FOLD:
            made.append([(" " * _GUTTER, "dim"), (own(f"… {line.text} equal line{'s' * (line.text != '1')}"), "dim")])
        else:
            text = "(taken out)" if line.gone else clean(line.text)
            made.append([_gutter(line.whose, names), (text, "dim" if line.gone else "text")])
    return [*head, *made]


def _gutter(whose: Whose, names: Mapping[Whose, str]) -> Word:
    return f"{names[whose]:<{_GUTTER}}", _STYLES[whose]


class ConfirmPut(ComparedValues[str]):
    """Says what a put will be, and asks; gives "put", or "again" where the value is to be edited once more."""

    BINDINGS = [
        Binding("enter,y", "answer('put')", "put it", tooltip="Put it", id="put.yes"),
        Binding("e", "answer('again')", "edit again", tooltip="Edit the value once more", id="put.again"),
    ]

    def __init__(self, title: str, change: Change, *, more: Sequence[Sequence[Word]] = (), again: bool = False) -> None:
        before, request = change.before, change.request
        old = before.value if before is not None and before.plain else ""
        self._again = again

        async def read() -> Texts:
            return old, old, request.value if request is not None else ""

        names = {**NAMES, Whose.BASE: "now", Whose.YOURS: "new"}
        keys = own("⏎ put it") + ("   e edit again" if again else "") + "   esc leave it"
        facts = [*more, *put_lines(change)]
        super().__init__(title, facts, read, keys, secret=change.is_secret, names=names)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._again if action == "answer" and "again" in parameters else super().check_action(action, parameters)

    def action_answer(self, answer: str) -> None:
        self.dismiss(answer)


def put_lines(change: Change, columns: int = 100) -> list[list[Word]]:
    """Say which version a put makes, in which tier, and its exact request; a secret is masked in it."""
    before = change.before
    made = f"v{before.version} becomes v{before.version + 1}" if before is not None else "makes version 1"
    head: list[Word] = [(made, "good")]
    if change.tier is not Tier.UNKNOWN:
        head.append((f" {own('·')} {change.tier}", "text"))
    lines: list[list[Word]] = [head, *([(said, "warn")] for said in change.notes)]
    for call in Plan(changes=(change,)).requests:
        lines += request_lines(call, columns)
    return lines


def plain_text(value: ParameterValue | None) -> str | None:
    """Give a value that is known, None for none."""
    return value.value if value is not None and value.plain else None
