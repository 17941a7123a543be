"""Looking back in a terminal: which line is at the top of the view, the search, and the keys of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.widgets.cells import own

if TYPE_CHECKING:
    from tui.emulator.terminal import Terminal


LEAVE = ("q", "escape", "ctrl+c")
"""The keys that end it."""
_UP, _DOWN = ("pageup", "ctrl+b"), ("pagedown", "ctrl+f", "space", " ")


class LookingBack:
    """The view's place: `offset` lines above the live screen. New output doesn't move what is shown."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self.offset = 0
        self.needle = ""
        self.typing: str | None = None
        """What is typed of a search, None where one types none."""
        self._pushed = terminal.pushed

    @property
    def top(self) -> int:
        """The line shown in the first row, counted from the oldest of the scrollback."""
        return self._terminal.scrollback - self.offset

    @property
    def note(self) -> str:
        """What one is told: the search as it is typed, else where one is and the keys."""
        if self.typing is not None:
            return f"/{self.typing}"
        return own(f" back {self.offset} of {self._terminal.scrollback} lines · / search · n N · q leave ")

    def leave(self) -> None:
        """Be at the live screen again."""
        self.offset, self.needle, self.typing = 0, "", None

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

    def press(self, key: str, page: int) -> bool:
        """Act on a key; a page is so many lines. False where a search finds nothing more."""
        all_lines = self._terminal.scrollback
        moves = {"k": 1, "up": 1, "j": -1, "down": -1, "ctrl+u": page // 2, "ctrl+d": -(page // 2)}
        moves |= dict.fromkeys(_UP, page) | dict.fromkeys(_DOWN, -page)
        moves |= dict.fromkeys(("g", "home"), all_lines) | dict.fromkeys(("G", "end"), -all_lines)
        if key == "/":
            self.typing = ""
        elif key in ("n", "N"):
            return not self.needle or self.search(self.needle, forward=key == "N", again=True)
        elif key in moves:
            self.move(moves[key])
        return True

    def type(self, key: str, character: str | None) -> bool:
        """Take a key for the search that is typed, a character where it has one; Enter searches.

        False where that finds nothing.
        """
        typed = self.typing or ""
        if key in ("enter", "escape"):
            self.typing = None
            return key == "escape" or not typed or self.search(typed, forward=False, again=False)
        if key == "backspace":
            self.typing = typed[:-1]
        elif character:
            self.typing = typed + character
        return True
