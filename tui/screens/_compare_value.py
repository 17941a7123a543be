"""The difference of a parameter's two values: JSON by what it says, lists by their items; a secret while it shows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding

from tui.errors import SsmTuiError
from tui.screens._base import explain
from tui.screens._compare_rows import is_secret
from tui.screens._parameter_reveal import MasksAgain, Reveal, masked
from tui.screens._reading import ReaderBar, Reading
from tui.services.parameter_compare import Value
from tui.services.parameter_models import ParameterType
from tui.theming import Glyphs
from tui.widgets.cells import clean, cut, width
from tui.widgets.comparing import Compared, compare
from tui.widgets.diff_view import DiffView

Plain = Callable[[], Awaitable[tuple[str | None, str | None]]]
"""Fetches the plain values of both sides, of a secret too; None where a side has none."""


def as_compared(value: Value | None, text: str | None) -> tuple[str, str]:
    """Give what a value is in a word, and its lines as they are compared.

    JSON is written anew with its keys in order, so that only what it says differs; a list has one item a line.
    """
    if value is None or text is None:
        return "", ""
    if value.type is ParameterType.STRING_LIST:
        return "items", "\n".join(text.split(","))
    if (found := normal_json(text)) is not None:
        return "JSON", found
    return "", text


def normal_json(text: str) -> str | None:
    """Write a JSON object or array in one way; None for what is none, or says a key twice."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.dumps(json.loads(text, object_pairs_hook=_once), indent=2, sort_keys=True, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


class PairDiff(Reading, MasksAgain):
    """Shows how two values differ; those of a secret are fetched by `v`, and dropped when they are masked."""

    BINDINGS = [
        Binding("tab,J", "change(1)", "next change", tooltip="To the next change", id="pair.next_change"),
        Binding(
            "shift+tab,K", "change(-1)", "change before", tooltip="To the change before", show=False, id="pair.before"
        ),
        Binding("v", "reveal", "reveal", tooltip="Reveal both secrets for 10 s, or mask them", id="pair.reveal"),
        Binding("z", "raw", "as written", tooltip="Compare as written, or by what it says", id="pair.raw"),
        Binding("c", "copy", "copy", tooltip="Copy the difference, as diff -u writes it", id="pair.copy"),
    ]

    def __init__(
        self,
        title: str,
        names: tuple[str, str],
        values: tuple[Value | None, Value | None],
        plain: Plain,
        glyphs: Glyphs,
    ) -> None:
        self.view = DiffView(ellipsis=glyphs.ellipsis, frame=glyphs.horizontal + glyphs.vertical)
        super().__init__(self.view)
        self._title, self._names, self._values, self._plain, self._glyphs = title, names, values, plain, glyphs
        self.is_secret = any(map(is_secret, values))
        self.reveal = Reveal(self, self._draw)
        self._texts: tuple[str | None, str | None] | None = None
        self._as_written = False
        self._kind = self._wrong = ""
        self.head, self.names = ReaderBar(), ReaderBar()
        self.ready = False
        """Whether what is to be shown now was compared."""

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.names
        yield self.view
        yield self.bar
        yield self.line

    def on_mount(self) -> None:
        if not self.is_secret:
            left, right = self._values
            self._texts = (left.value if left else None, right.value if right else None)
        self._compare_anew()

    def on_resize(self) -> None:
        self.call_after_refresh(self._say)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except SsmTuiError as error:
                self._wrong = explain(error, "")[0]
                self._say()

        self.run_worker(guarded(), group="pair", exclusive=True, exit_on_error=False)

    # comparing

    def _compare_anew(self) -> None:
        self.ready = False
        self._do(self._compare())

    async def _compare(self) -> None:
        left, right = self._texts or (None, None)
        kinds, texts = ["", ""], [left or "", right or ""]
        if self._texts is None:
            texts = [masked() if value is not None else "" for value in self._values]
        elif not self._as_written:
            for at, (value, text) in enumerate(zip(self._values, (left, right), strict=True)):
                kinds[at], texts[at] = as_compared(value, text)
        # One that is JSON and one that is none are compared as they are written.
        if kinds[0] != kinds[1] and all(value is not None for value in self._values):
            kinds, texts = ["", ""], [left or "", right or ""]
        self._kind = kinds[0] or kinds[1]
        found = await asyncio.to_thread(compare, [("", texts[0], texts[1])])
        self.ready = True
        self.view.show(found)
        self._say()

    def _draw(self) -> None:
        """Take what was revealed, or drop it."""
        if self.reveal.text is None and self.is_secret and self._texts is not None:
            self._texts = None
            self.view.show(Compared())
            self._compare_anew()
        self._say()

    def _say(self) -> None:
        if not self.is_attached:
            return
        self.head.say(f" {clean(self._title)}" + (f"   {self._kind}" if self._kind else ""))
        half = max((self.size.width - 1) // 2, 10)
        names = [
            f"{name}  v{value.version} {value.type}" if value is not None else f"{name}  not there"
            for name, value in zip(self._names, self._values, strict=True)
        ]
        left = cut(clean(f" - {names[0]}"), half, self._glyphs.ellipsis)
        self.names.say(
            left + " " * (half + 1 - width(left)) + cut(clean(f"+ {names[1]}"), half - 1, self._glyphs.ellipsis)
        )
        found = self.view.compared
        said = f"change {self.view.change + 1} of {len(found.changes)}" if found.changes else "no difference"
        if self.is_secret and self._texts is None:
            said = self._wrong or "secret: v reveals both for 10 s"
        elif self.is_secret:
            said += f", shows for {self.reveal.left} s"
        elif not found.changes and self._kind and self._is_written_otherwise:
            said = "they say the same, written otherwise: z shows how"
        keys = ["tab next", "/ search", "esc close"]
        if self._kind or self._as_written:
            keys.insert(1, "z by what it says" if self._as_written else "z as written")
        if not self.is_secret:
            keys.insert(-1, "c copy")
        self.bar.say(f" {said}   {'  '.join(keys)}")

    @property
    def _is_written_otherwise(self) -> bool:
        left, right = self._texts or (None, None)
        return left != right

    # actions

    def action_change(self, step: int) -> None:
        self.view.go_to_change(step)
        self._say()

    def action_raw(self) -> None:
        if self._texts is not None:
            self._as_written = not self._as_written
            self._compare_anew()

    def action_reveal(self) -> None:
        if not self.is_secret:
            self.bar.say(" Nothing is masked here.")
        elif self.reveal.text is not None:
            self.reveal.mask()
        else:
            self._wrong = ""
            self._do(self._fetch())

    async def _fetch(self) -> None:
        texts = await self._plain()
        if self.is_attached and self.app.app_focus:
            self._texts = texts
            self.reveal.show("both")
            await self._compare()

    @property
    def sought(self) -> str:
        return self.view.needle

    def look_for(self, text: str, step: int) -> None:
        self.run_worker(self.view.search(text, step), group="search", exclusive=True, exit_on_error=False)

    def action_copy(self) -> None:
        copy = getattr(self.app, "copy", None)
        if self.is_secret:
            self.bar.say(" A secret is copied by c on the parameter itself.")
        elif copy is not None:
            copy(self.view.compared.unified(*self._names), "the difference")
