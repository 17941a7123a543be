"""The scrollback: lines that left the screen upwards, as they came, the oldest first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

from tui.emulator.pens import bare, runs_of
from tui.emulator.rows import Entry, Line, Row, Runs, trimmed
from tui.emulator.style import DEFAULT
from tui.emulator.widths import text_width


def runs_in(entry: Entry) -> Runs:
    """Give a kept line as it is drawn."""
    if isinstance(entry, str):
        text = entry.rstrip(" ")
        return ((text, DEFAULT),) if text else ()
    return trimmed(runs_of(entry[0], entry[1]) if isinstance(entry, tuple) else list(entry.runs))


def text_in(entry: Entry) -> str:
    """Give a kept line's text; blanks at its end are left off, but not where it goes on in the next line."""
    if isinstance(entry, str):
        return entry.rstrip(" ")
    text = bare(entry[0]) if isinstance(entry, tuple) else "".join(text for text, _ in entry.runs)
    return text if wrapped_in(entry) else text.rstrip(" ")


def wrapped_in(entry: Entry) -> bool:
    """Say whether a line's text goes on in the next one."""
    return False if isinstance(entry, str) else entry[2] if isinstance(entry, tuple) else entry.wrapped


def used_in(entry: Entry) -> int:
    """Give how many cells of a kept line were written."""
    if isinstance(entry, str):
        return text_width(entry)
    return text_width(bare(entry[0])) if isinstance(entry, tuple) else entry.used


def lasting(entry: Entry, columns: int) -> Entry:
    """Give an entry that takes no more memory than its cells ask for."""
    if isinstance(entry, tuple) and len(entry[0]) > 512 + 4 * columns:
        runs = tuple(runs_of(entry[0], entry[1]))
        return Line(runs, text_width("".join(text for text, _ in runs)), entry[2])
    return entry


class History:
    """At most `keep` lines. `pushed` counts those that ever came, less those taken back; `recallable` those that a
    taller screen may take back: not what was there when the screen was cleared."""

    def __init__(self, keep: int) -> None:
        self._lines: deque[Entry] = deque(maxlen=max(keep, 1))
        self.pushed = 0
        self.recallable = 0

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, line: int) -> Entry:
        return self._lines[line]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._lines)

    def between(self, start: int, stop: int) -> Iterator[Entry]:
        """Give lines `start` to `stop`, not with it."""
        if start < len(self._lines) // 2:
            return islice(self._lines, start, max(start, stop))
        return reversed(list(islice(reversed(self._lines), len(self._lines) - stop, len(self._lines) - start)))

    def keep(self, entry: Entry) -> None:
        self._lines.append(entry)
        self.pushed += 1
        self.recallable += 1

    def keep_all(self, entries: Iterable[Entry], count: int) -> None:
        self._lines.extend(entries)
        self.pushed += count
        self.recallable += count

    def take_back(self, columns: int) -> Row:
        """Give the newest line back as a row."""
        self.pushed -= 1
        self.recallable -= 1
        return Row.of(self._lines.pop(), columns)

    @property
    def can_take_back(self) -> bool:
        return self.recallable > 0 and bool(self._lines)

    def clear(self) -> None:
        self._lines.clear()
        self.recallable = 0

    def replace(self, entries: list[Entry]) -> None:
        """Put other lines in place of all, as a new width does."""
        whole = self.recallable >= len(self._lines)
        grown = len(entries) - len(self._lines)
        self._lines = deque(entries, maxlen=self._lines.maxlen)
        self.pushed += grown
        self.recallable = len(self._lines) if whole else max(0, min(self.recallable + grown, len(self._lines)))
