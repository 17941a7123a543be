"""The scrollback: lines that left the screen upwards, as they came, the oldest first."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from tui.emulator.kept import Kept, entry_of, goes_on, packed
from tui.emulator.pens import bare, runs_of
from tui.emulator.rows import Entry, Line, Row, Runs, trimmed
from tui.emulator.style import DEFAULT
from tui.emulator.widths import text_width

LONGEST_TEXT = 2000
"""Lines of one wrapped text that are wrapped anew as a whole; a longer one is taken in parts."""


def runs_in(entry: Entry) -> Runs:
    """Give a kept line as it is drawn."""
    if isinstance(entry, str):
        text = entry.rstrip(" ")
        return ((text, DEFAULT),) if text else ()
    return trimmed(runs_of(entry[0], entry[1]) if isinstance(entry, tuple) else list(entry.runs))


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
    """At most `keep` lines.

    `pushed` counts those that ever came, less those taken back; `recallable` those that a taller screen may take back:
    not what was there when the screen was cleared. A new width wraps the newest lines at once and the older ones
    later (`settle`): until then they stand as they stood.
    """

    def __init__(self, keep: int) -> None:
        self._keep = max(keep, 1)
        self._older: deque[Kept] = deque()
        self._lines: deque[Kept] = deque(maxlen=self._keep)
        self.pushed = 0
        self.recallable = 0
        self.taken = 0
        """How many lines the last `settle` wrapped anew."""

    def __len__(self) -> int:
        return len(self._older) + len(self._lines)

    def __getitem__(self, line: int) -> Kept:
        older = len(self._older)
        return self._older[line] if line < older else self._lines[line - older]

    def between(self, start: int, stop: int) -> Iterator[Kept]:
        """Give lines `start` to `stop`, not with it."""
        older = len(self._older)
        yield from _between(self._older, start, min(stop, older))
        yield from _between(self._lines, max(start - older, 0), stop - older)

    def keep(self, entry: Entry) -> None:
        self._lines.append(packed(entry))
        self.pushed += 1
        self.recallable += 1
        if self._older:
            self._trim()

    def keep_all(self, entries: Iterable[Entry], count: int) -> None:
        self._lines.extend([entry if type(entry) is str else packed(entry) for entry in entries])
        self.pushed += count
        self.recallable += count
        if self._older:
            self._trim()

    def _trim(self) -> None:
        for _ in range(min(len(self._older), len(self) - self._keep)):
            self._older.popleft()

    def take_back(self, columns: int) -> Row:
        """Give the newest line back as a row."""
        self.pushed -= 1
        self.recallable -= 1
        return Row.of(entry_of(self._lines.pop()), columns)

    @property
    def can_take_back(self) -> bool:
        return self.recallable > 0 and bool(self._lines)

    def clear(self) -> None:
        self._lines.clear()
        self._older.clear()
        self.recallable = 0

    def take_newest(self, least: int) -> list[Entry]:
        """Take the newest lines out, to be wrapped anew and given back (`give_back`): at least so many, and texts
        whole; the rest waits for `settle`."""
        lines = self._lines
        at = max(0, len(lines) - least)
        lowest = max(0, at - LONGEST_TEXT)
        while at > lowest and goes_on(lines[at - 1]):
            at -= 1
        taken = [entry_of(lines.pop()) for _ in range(len(lines) - at)]
        taken.reverse()
        self._older.extend(lines)
        lines.clear()
        return taken

    def give_back(self, entries: list[Entry], taken: int) -> None:
        """Put lines in place of so many that were taken out."""
        self._lines.extend(map(packed, entries))
        self._trim()
        self.pushed += len(entries) - taken

    @property
    def waiting(self) -> int:
        """How many lines wait for `settle`."""
        return len(self._older)

    def settle(self, count: int, wrap: Callable[[list[Entry]], list[Entry]]) -> bool:
        """Have up to about `count` of the lines that wait wrapped anew, the newest first; True where none waits."""
        older = self._older
        taken: list[Entry] = []
        while older and (len(taken) < count or (goes_on(older[-1]) and len(taken) < count + LONGEST_TEXT)):
            taken.append(entry_of(older.pop()))
        taken.reverse()
        self.taken = len(taken)
        wrapped = wrap(taken)
        if self.recallable > len(self._lines):
            self.recall(self.recallable + len(wrapped) - len(taken))
        fitting = wrapped[max(0, len(wrapped) + len(self._lines) - self._keep) :]
        self._lines.extendleft(map(packed, reversed(fitting)))
        self._trim()
        return not older

    def recall(self, count: int) -> None:
        """Say how many lines a taller screen may take back."""
        self.recallable = max(0, count)


def _between(lines: deque[Kept], start: int, stop: int) -> Iterable[Kept]:
    if start >= stop:
        return ()
    if start < len(lines) // 2:
        return islice(lines, start, stop)
    return reversed(list(islice(reversed(lines), len(lines) - min(stop, len(lines)), len(lines) - start)))
