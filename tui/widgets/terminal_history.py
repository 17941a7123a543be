"""Looking back in a terminal: which line is at the top of the view, and the search."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.emulator.terminal import Terminal


class LookingBack:
    """The view's place: `offset` lines above the live screen. New output doesn't move what is shown."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self.offset = 0
        self.needle = ""
        self._pushed = terminal.pushed

    @property
    def top(self) -> int:
        """The line shown in the first row, counted from the oldest of the scrollback."""
        return self._terminal.scrollback - self.offset

    def follow(self) -> bool:
        """Keep the same lines in view after new output; True if the view had to move, for want of older lines."""
        grown = self._terminal.pushed - self._pushed
        self._pushed = self._terminal.pushed
        if not self.offset:
            return False
        wanted = self.offset + grown
        self.offset = max(0, min(wanted, self._terminal.scrollback))
        return self.offset != wanted

    def move(self, lines: int) -> bool:
        """Move up by `lines` (down where negative); False where that changes nothing."""
        before = self.offset
        self.offset = max(0, min(self.offset + lines, self._terminal.scrollback))
        return self.offset != before

    def search(self, needle: str, *, forward: bool, again: bool) -> bool:
        """Show the next line that has `needle`, older ones first unless `forward`; letters match in either case unless
        one is a capital. `again` starts beyond the line at the top. False where there is none."""
        self.needle = needle
        lines = self._terminal.all_text()
        start = self.top if not again else self.top + (1 if forward else -1)
        order = range(start, len(lines)) if forward else range(min(start, len(lines) - 1), -1, -1)
        if not again:
            order = range(len(lines) - 1, -1, -1)
        for line in order:
            if line >= 0 and self.matches(lines[line]):
                self.offset = max(0, min(self._terminal.scrollback - line, self._terminal.scrollback))
                return True
        return False

    def matches(self, text: str) -> list[tuple[int, int]]:
        """Give where the needle stands in a text, as spans of characters."""
        if not self.needle:
            return []
        needle, hay = self.needle, text
        if needle.islower():
            hay = text.lower()
            if len(hay) != len(text):
                hay = text
        spans = []
        at = hay.find(needle)
        while at >= 0:
            spans.append((at, at + len(needle)))
            at = hay.find(needle, at + len(needle))
        return spans
