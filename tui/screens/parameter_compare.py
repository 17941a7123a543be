"""Compare: two subtrees of parameters side by side, in two contexts or at two times; what is picked is promoted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding

from tui.screens._base import COPY, YAML, changing
from tui.screens._compare_promoting import ComparePromoting
from tui.screens._compare_rows import LOOKS, has_secret, is_secret, path_shown
from tui.screens._form_dialog import Facts
from tui.screens._parameter_reveal import masked
from tui.services.parameter_compare import Difference, DifferenceState, Value
from tui.services.parameters import Parameters
from tui.widgets.cells import clean
from tui.widgets.top_bar import Word

_BAR_STYLES = {"error": "bad", "ok": "good", "muted": "dim"}


class CompareScreen(ComparePromoting):
    """Two sides, a row for each path; its argument is both, `[CONTEXT:]/path[@TIME]` each."""

    NOUN, TITLE = "compare", "Compare"
    EMPTY = ("Nothing was named to compare.", "e names the two sides.")
    BINDINGS = [
        Binding(
            "Y", "promote", "promote", tooltip="Plan to bring the marked keys to the other side", id="compare.promote"
        ),
        Binding("equals_sign", "same", "same", tooltip="Show what is the same, or hide it", id="compare.same"),
        Binding("S", "secrets", "secrets", tooltip="Decrypt secrets in memory and compare them", id="compare.secrets"),
        Binding(
            "v", "reveal", "reveal", tooltip="Reveal this row's secrets for 10 s, or mask them", id="compare.reveal"
        ),
        Binding("e", "edit", "sides", tooltip="Compare other sides", id="compare.edit"),
        Binding("x", "swap", "swap", tooltip="Swap left and right", show=False, id="compare.swap"),
        COPY,
        YAML,
    ]
    DEFAULT_CSS = """
    CompareScreen ResourceTable { height: 1fr; }
    CompareScreen #compare-head { background: $bar; margin: 0; }
    CompareScreen #compare-row { background: $surface; margin: 0; }
    CompareScreen.-short #compare-row { display: none; }
    """

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self.head = Facts(most=2)
        self.head.id = "compare-head"
        self.side = Facts(most=3)
        self.side.id = "compare-row"

    def compose_body(self) -> ComposeResult:
        self.grid.glyphs = self.shell.glyphs
        yield self.head
        yield self.grid
        yield self.side

    def crumb(self) -> str:
        if self.sides is None:
            return self.TITLE
        left, right = self.words
        return f"{self.TITLE} {left} {right}"

    def save_state(self) -> dict[str, Any]:
        return super().save_state() | {"same": self.shows_same}

    def restore_state(self, state: Mapping[str, Any]) -> None:
        self.shows_same = bool(state.get("same"))
        super().restore_state(state)

    @property
    def current(self) -> Difference | None:
        """The row under the cursor."""
        row = self.grid.cursor_id
        return self.differences.get(row) if isinstance(row, str) else None

    @property
    def chosen(self) -> list[Difference]:
        """The marked rows, else the one under the cursor."""
        return [self.differences[row] for row in self.grid.targets if isinstance(row, str) and row in self.differences]

    # drawing

    def draw_head(self) -> None:
        """Name both sides with what was read of them, and count what became of them."""
        if self.sides is None or not self.is_attached:
            self.head.show([])
            return
        names = [(" - ", "bad"), (" + ", "good")]
        first: list[Word] = []
        for (sign, style), word, state in zip(names, self.words, self.read, strict=True):
            said = f"  {self.count_said(state)}"
            said += f", {state.lost:,} not kept any more" if state.lost else ""
            bad = (f" {self.shell.glyphs.bad} not read", "bad") if state.error is not None else ("", "dim")
            first += [(sign, style), (word, "accent"), (said, "dim"), bad, ("   ", "dim")]
        second: list[Word] = [(" ", "dim")]
        more = {
            DifferenceState.SAME: "" if self.shows_same else " (hidden)",
            DifferenceState.UNKNOWN: " not compared (S does)",
        }
        for kind in DifferenceState:
            if count := self.counted[kind]:
                (sign, word), style = LOOKS[kind][0].split(" ", 1), LOOKS[kind][1]
                second += [
                    (f"{sign} {count:,} {word}{more.get(kind, '')}", _BAR_STYLES.get(style, style)),
                    ("   ", "dim"),
                ]
        self.head.show([first, second])

    def draw_row(self) -> None:
        """Show both values of the row under the cursor, a secret only while it is revealed."""
        row = self.current
        if row is None or not self.is_attached:
            self.side.show([])
            return
        plain = self.plain_of(row)
        shows = f"   shows for {self.reveal.left} s" if plain is not None and has_secret(row) else ""
        lines: list[list[Word]] = [[(path_shown(row), "accent"), (shows, "warn")]]
        values = plain or (None, None)
        for sign, style, value, text in zip("-+", ("bad", "good"), (row.left, row.right), values, strict=True):
            lines.append([(f"{sign} ", style), *_value_words(value, text)])
        self.side.show(lines)

    def on_resource_table_row_highlighted(self, event: Any) -> None:
        self.moved_to(event.row)
        self.draw_row()
        self.update_hints()

    # what one may do

    def refusal(self, action: str) -> str:
        if action in ("copy", "yaml", "reveal", "open") and self.current is None:
            return self._no_row()
        if action in ("promote", "secrets", "same", "swap") and self.sides is None:
            return "no sides are named yet; e names them"
        if action == "promote":
            return self._promote_refusal()
        if action == "reveal" and (row := self.current) is not None and not has_secret(row):
            return "this is no secret; Enter shows its whole difference"
        if action == "secrets" and not self.unknown_secrets:
            return "what is meant is not whole yet" if self.is_reading else "there is no secret that is not compared"
        return super().refusal(action)

    def _no_row(self) -> str:
        return "the parameters are still being read" if self.is_reading else "no row is shown"

    def _promote_refusal(self) -> str:
        if self.is_reading:
            return "both sides are still being read"
        if not self.chosen:
            return self._no_row()
        if not self.directions:
            return "what was can't be changed: one side must be now"
        return ""

    @property
    def unknown_secrets(self) -> list[Difference]:
        """The secrets that S compares: the marked ones, else all."""
        marked = [
            self.differences[row] for row in self.grid.marked_ids if isinstance(row, str) and row in self.differences
        ]
        return [row for row in marked or self.differences.values() if row.state is DifferenceState.UNKNOWN]

    def copies(self) -> dict[str, str]:
        row = self.current
        if row is None:
            return {}
        found = {"path": path_shown(row)}
        for what, value in (("left", row.left), ("right", row.right)):
            if value is not None:
                found[f"{what} name"] = value.name
                found[f"{what} value"] = "" if is_secret(value) else value.value
        return found

    async def raw(self) -> tuple[str, Any]:
        row = self.current
        if row is None or self.sides is None:
            return "", None
        answer = {}
        for what, side, value in zip(("Left", "Right"), self.sides, (row.left, row.right), strict=True):
            service = self.shell.services.of(Parameters, side.context)
            answer[what] = await service.raw(value.name) if value is not None else None
        return path_shown(row), answer

    # actions

    def on_resource_table_row_selected(self, event: Any) -> None:
        from tui.screens._compare_value import PairDiff  # deferred: opened on a key

        row = self.current
        if row is not None:
            self.reveal.mask()
            title = f"{path_shown(row)}   {row.state}"
            values = (row.left, row.right)
            self.app.push_screen(PairDiff(title, self.words, values, lambda: self.fetch_plain(row), self.shell.glyphs))

    def action_same(self) -> None:
        self.shows_same = not self.shows_same
        if self.is_reading:
            self.draw_head()  # the rows follow when both sides are whole
        else:
            self.run_worker(self.fill(), group="fill", exclusive=True, exit_on_error=False)

    def action_secrets(self) -> None:
        if pairs := self.unknown_secrets:
            self.ask_secrets(pairs)

    def action_reveal(self) -> None:
        row = self.current
        if row is not None and self.plain_of(row) is not None:
            self.reveal.mask()
        elif row is not None:
            self.do(self.show_secret(row))

    def action_swap(self) -> None:
        left, right = str(self.argument).split() if len(str(self.argument).split()) == 2 else self.words
        self.shell.go(self.NOUN, f"{right} {left}")

    def action_edit(self) -> None:
        self.do(self._edit())

    async def _edit(self) -> None:
        from tui.screens._compare_form import SidesForm  # deferred: opened on a key

        words = await self.ask(SidesForm(self.shell.services, *(self.words if self.sides else ("", ""))))
        if words:
            self.shell.go(self.NOUN, words)

    @changing
    def action_promote(self) -> None:
        self.do(self.promote(self.chosen, self.hidden))

    @property
    def hidden(self) -> list[Difference]:
        """The marked rows that the filter hides."""
        return [
            self.differences[row] for row in self.grid.hidden_marks if isinstance(row, str) and row in self.differences
        ]


def _value_words(value: Value | None, text: str | None) -> list[Word]:
    if value is None:
        return [("not there", "dim")]
    when = f" {value.modified:%Y-%m-%d}" if value.modified else ""
    about = f"{value.type} v{value.version}{when}  "
    if text is None:
        text = masked() if is_secret(value) else value.value
    return [(about, "dim"), (clean(text), "text")]
