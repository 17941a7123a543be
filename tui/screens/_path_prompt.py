"""A path that is typed, with what there is: Tab takes the next likely one, Enter is what stands in the line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from textual import events
from textual.app import ComposeResult

from tui.screens._dialogs import Lines, Prompt
from tui.widgets.line_edit import LineEdit
from tui.widgets.pick_list import Item, PickList

SHOWN = 8
"""Likely paths that show."""


class PathPrompt(Prompt):
    """Asks for a path; `complete` gives the likely ones for what is typed, `wrong` what is wrong with it, or ""."""

    DEFAULT_CSS = """
    PathPrompt > Vertical { width: 96; }
    """

    def __init__(
        self,
        title: str,
        text: str = "",
        *,
        value: str = "",
        label: str = "",
        complete: Callable[[str], Sequence[str]] = lambda _: (),
        wrong: Callable[[str], str] = lambda _: "",
        verb: str = "done",
    ) -> None:
        super().__init__(title, text, value=value, label=label)
        self._keys = f"tab the next likely one   enter {verb}   esc leave it"
        self._complete, self._wrong = complete, wrong
        self.list = PickList()

    def compose_answer(self) -> ComposeResult:
        yield self.line
        yield self.list

    def on_mount(self) -> None:
        self._suggest(self.line.text)

    def check(self, text: str) -> str:
        wrong = self._wrong(text)
        return f"{wrong}   esc leaves it" if wrong else ""

    def _suggest(self, text: str) -> None:
        found = [path for path in self._complete(text) if path != text][:SHOWN]
        self.list.styles.height = len(found)
        self.list.show([Item(path) for path in found])

    @property
    def _taken(self) -> str | None:
        return self.list.items[self.list.cursor].text if self.list.cursor >= 0 else None

    def on_line_edit_changed(self, event: LineEdit.Changed) -> None:
        if event.text != self._taken:
            self._suggest(event.text)
            self.query(Lines).last().say(self._keys)

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        self.line.text = self.list.items[event.index].text

    def on_key(self, event: events.Key) -> None:
        if event.key not in ("tab", "down", "up", "shift+tab") or not self.list.items:
            return
        event.stop()
        event.prevent_default()
        if len(self.list.items) == 1:
            self.line.text = self.list.items[0].text
            self._suggest(self.line.text)
        elif self.list.cursor < 0:
            self.list.move(1 if event.key in ("tab", "down") else len(self.list.items))
            self.line.text = self._taken or self.line.text
        else:
            self.list.move(1 if event.key in ("tab", "down") else -1)
            self.line.text = self._taken or self.line.text


def likely_paths(known: Iterable[str], typed: str) -> list[str]:
    """Give the known paths that go on from what is typed, each up to its next slash; folders end in one."""
    found: dict[str, None] = {}
    start = len(typed)
    for path in known:
        if path.startswith(typed) and len(path) > start:
            at = path.find("/", start + (start == 0))
            found[path if at < 0 else path[: at + 1]] = None
            if len(found) > 400:
                break
    return sorted(found)
