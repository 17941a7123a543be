"""The versions of a parameter: their list, one version's value, and the difference of two; secrets stay masked there.

A window of a secret has its plaintext only while it shows: `v` fetches it, and it is dropped when it is masked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding

from tui.errors import SsmTuiError
from tui.screens._base import explain
from tui.screens._parameter_reveal import MasksAgain, Reveal, masked
from tui.screens._reading import ReaderBar, Reading
from tui.screens._words import age
from tui.services.parameter_models import ParameterType, ParameterVersion
from tui.services.parameters import Parameters
from tui.theming import Glyphs
from tui.widgets.cells import clean, cut, width
from tui.widgets.columns import Column
from tui.widgets.comparing import Compared, compare
from tui.widgets.diff_view import DiffView
from tui.widgets.text_window import TextWindow
from tui.widgets.value_text import shown

COLUMNS = [
    Column("version", "Version", min_width=7, priority=90),
    Column("modified", "When", min_width=16, max_width=17, priority=80),
    Column("age", "Age", kind="age", priority=50),
    Column("by", "By", max_width=30, priority=60),
    Column("labels", "Labels", max_width=60, priority=85),
    Column("about", "Description", max_width=40, wide=True, priority=20),
]


def version_row(version: ParameterVersion) -> tuple[int, tuple[Any, ...]]:
    """Give a version as a row of the history's table."""
    when = version.modified.strftime("%Y-%m-%d %H:%MZ") if version.modified else ""
    return version.version, (
        f"v{version.version}",
        when,
        age(version.modified),
        who(version.modified_by),
        (" ".join(version.labels), "accent"),
        (version.description, "muted"),
    )


def who(user: str) -> str:
    """Say who changed something: of an ARN what stands behind its last slash."""
    return user.rpartition("/")[2] if user.startswith("arn:") else user


def two_of(
    versions: Sequence[ParameterVersion], marked: Sequence[Any], at: Any
) -> tuple[ParameterVersion, ParameterVersion] | None:
    """Give the two versions to compare, the older first: the marked two, else the one at the cursor and the latest.

    On the latest itself it is compared with the one before. None where there are not two.
    """
    by_number = {version.version: version for version in versions}
    numbers = sorted(number for number in marked if number in by_number)
    if len(numbers) != 2:
        every = sorted(by_number)
        if len(every) < 2:
            return None
        last = every[-1]
        here = at if at in by_number and at != last else every[-2]
        numbers = [here, last]
    return by_number[numbers[0]], by_number[numbers[1]]


def about(version: ParameterVersion) -> str:
    """Write what a version says beside its value, one fact a line."""
    facts = {
        "type": version.type.value,
        "tier": version.tier.value,
        "data type": version.data_type,
        "key": version.key_id,
        "pattern": version.allowed_pattern,
        "labels": " ".join(version.labels),
        "description": version.description,
        **{f"policy {policy.type}": policy.text for policy in version.policies},
    }
    return "\n".join(f"{name}: {text}" for name, text in facts.items() if text)


class VersionWindow(Reading, MasksAgain):
    """Shows versions; a subclass says what of them. Plain values come with the history, secret ones with `v`."""

    BINDINGS = [
        Binding("v", "reveal", "reveal", tooltip="Reveal the secret for 10 s, or mask it", id="version.reveal"),
        Binding("c", "copy", "copy", tooltip="Copy what is shown, if it is no secret", id="version.copy"),
    ]

    def __init__(self, window: Any, parameters: Parameters, versions: Sequence[ParameterVersion], title: str) -> None:
        super().__init__(window)
        self._parameters, self._versions, self._title = parameters, versions, title
        self.names = ReaderBar()
        self.reveal = Reveal(self, self._draw)
        self._wrong = ""

    @property
    def is_secret(self) -> bool:
        return any(version.type is ParameterType.SECURE_STRING for version in self._versions)

    def compose(self) -> ComposeResult:
        yield self.names
        yield self.body
        yield self.bar
        yield self.line

    @property
    def body(self) -> Any:
        return self._window

    def on_mount(self) -> None:
        self._draw()

    def action_cancel(self) -> None:
        self.reveal.mask()
        super().action_cancel()

    def _draw(self) -> None:
        """Show what may be shown now."""

    def _copied(self) -> str:
        """Give what `c` copies of versions that are no secrets."""
        return ""

    def _keys(self, *more: str) -> str:
        """Say how it stands with a secret, and which keys there are."""
        if not self.is_secret:
            return "   ".join([*more, "c copy   esc close"])
        secret = f"shows for {self.reveal.left} s, v masks it" if self.reveal.text is not None else "v reveals for 10 s"
        return "   ".join([self._wrong or secret, *more, "esc close"])

    def action_reveal(self) -> None:
        if not self.is_secret:
            self.bar.say(f" Nothing is masked here.   {self._keys()}")
        elif self.reveal.text is not None:
            self.reveal.mask()
        else:
            self._do(self._fetch())

    async def _fetch(self) -> None:
        """Fetch the plaintexts, and show them for a while."""
        texts = []
        for version in self._versions:
            name = f"{version.name}:{version.version}"
            texts.append((await self._parameters.value(name, decrypt=True)).value)
        if self.is_attached and self.app.app_focus:
            self._wrong = ""
            self._revealed(texts)

    def _revealed(self, texts: list[str]) -> None:
        """Take the versions' plaintexts, in their order."""
        self.reveal.show(texts[0])

    def action_copy(self) -> None:
        copy = getattr(self.app, "copy", None)
        if self.is_secret:
            self.bar.say(f" A secret is copied by c on the parameter itself.   {self._keys()}")
        elif copy is not None:
            copy(self._copied(), self._title)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except SsmTuiError as error:
                self._wrong = explain(error, "")[0]
                self._draw()

        self.run_worker(guarded(), group="versions", exclusive=True, exit_on_error=False)


class VersionValue(VersionWindow):
    """One version's value, whole."""

    DEFAULT_CSS = """
    VersionValue TextWindow { height: 1fr; padding: 0 1; background: $background; color: $foreground; }
    """

    def __init__(self, parameters: Parameters, version: ParameterVersion, *, labels: str = "") -> None:
        title = f"{version.name} v{version.version}{labels}"
        super().__init__(TextWindow(), parameters, [version], title)
        self._found = ""

    def _draw(self) -> None:
        version = self._versions[0]
        text = self.reveal.text if self.is_secret else version.value
        if text is None:
            lines = [masked()]
        else:
            found = shown(text, is_list=version.type is ParameterType.STRING_LIST)
            lines = [clean("".join(word for word, _ in line)) for line in found.lines]
        self.body.show(lines)
        self.body.found = self._found if text is not None else ""
        self.names.say(f" {clean(self._title)}   {version.type.value}, {age(version.modified)} old")
        self.bar.say(f" {self._keys('/ search')}")

    def _copied(self) -> str:
        return self._versions[0].value

    @property
    def sought(self) -> str:
        return self._found

    def look_for(self, text: str, step: int) -> None:
        body, count = self.body, len(self.body.lines)
        self._found = body.found = text.casefold()
        body.refresh()
        for at in ((body.top + offset * step) % count for offset in range(1, count + 1)):
            if body.holds(at):
                body.top = at
                return


class VersionDiff(VersionWindow):
    """The difference of two versions, the older at the left: of their values, and of what else they say."""

    BINDINGS = [
        Binding("tab,J", "change(1)", "next change", tooltip="To the next change", id="version.next_change"),
        Binding(
            "shift+tab,K",
            "change(-1)",
            "change before",
            tooltip="To the change before",
            show=False,
            id="version.before",
        ),
    ]

    def __init__(
        self, parameters: Parameters, older: ParameterVersion, newer: ParameterVersion, glyphs: Glyphs
    ) -> None:
        view = DiffView(ellipsis=glyphs.ellipsis, frame=glyphs.horizontal + glyphs.vertical)
        super().__init__(view, parameters, [older, newer], f"{newer.name} v{older.version} v{newer.version}")
        self._glyphs = glyphs
        self._compared = Compared()
        self._texts: list[str] | None = None
        self._drawn = ""

    def _draw(self) -> None:
        state = "open" if not self.is_secret else "plain" if self.reveal.text is not None else "masked"
        if state != "plain":
            self._texts = None
        if state != self._drawn:
            # What was a secret's goes at once; what takes its place comes when it is compared.
            self._drawn, self._compared = state, Compared()
            self.body.show(self._compared)
            self.run_worker(self._compare(state), group="compare", exclusive=True, exit_on_error=False)
        self._say()

    async def _compare(self, state: str) -> None:
        older, newer = self._versions
        values = [masked(), masked()] if state == "masked" else self._texts or [older.value, newer.value]
        left, right = map(_lines, values)
        parts = [("value", left, right), ("about", about(older), about(newer))]
        found = await asyncio.to_thread(partial(compare, parts))
        if state == self._drawn:
            self._compared = found
            self.body.show(found)
            self._say()

    def _revealed(self, texts: list[str]) -> None:
        self._texts = texts
        self.reveal.show(texts[0])

    def _say(self) -> None:
        older, newer = self._versions
        half = max((self.size.width - 1) // 2, 10)
        left = cut(f" - v{older.version}  {clean(who(older.modified_by))}", half, self._glyphs.ellipsis)
        right = cut(f"+ v{newer.version}  {clean(who(newer.modified_by))}", half - 1, self._glyphs.ellipsis)
        self.names.say(left + " " * (half + 1 - width(left)) + right)
        found = self._compared
        said = f"change {self.body.change + 1} of {len(found.changes)}" if found.changes else "no difference"
        if self.is_secret and self.reveal.text is None:
            said = "masked"
        self.bar.say(f" {said}   {self._keys('tab next', '/ search')}")

    def _copied(self) -> str:
        return self._compared.unified(*(f"{version.name}:{version.version}" for version in self._versions))

    def action_change(self, step: int) -> None:
        self.body.go_to_change(step)
        self._say()

    @property
    def sought(self) -> str:
        return str(self.body.needle)

    def look_for(self, text: str, step: int) -> None:
        self.run_worker(self.body.search(text, step), group="search", exclusive=True, exit_on_error=False)


def _lines(text: str) -> str:
    """Give a value as it is compared: JSON with its lines, so that a change is a line."""
    return "\n".join("".join(word for word, _ in line) for line in shown(text).lines)
