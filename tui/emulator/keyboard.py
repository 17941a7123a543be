"""Kitty's keyboard protocol: the flags that the far end pushes, sets and pops, for each screen by itself."""

from __future__ import annotations

from tui.emulator.sizing import SizedScreen

DEEPEST = 16
"""Pushed flags that are kept; beyond it the oldest go."""
ALL = 31


class KeyboardScreen(SizedScreen):
    """A screen that keeps which keys are told apart, the main and the alternate one separately."""

    def reset(self) -> None:
        super().reset()
        self._keyboards: tuple[list[int], list[int]] = ([0], [0])

    @property
    def keyboard(self) -> int:
        """The flags in force."""
        return self._stack[-1]

    @property
    def _stack(self) -> list[int]:
        return self._keyboards[self.alternate]

    def push_keyboard(self, flags: int = 0) -> None:
        self._stack.append(flags & ALL)
        del self._stack[:-DEEPEST]

    def pop_keyboard(self, count: int = 1) -> None:
        stack = self._stack
        del stack[max(0, len(stack) - max(count, 1)) :]
        if not stack:
            stack.append(0)

    def set_keyboard(self, flags: int = 0, how: int = 1) -> None:
        """Set all flags (1), add some (2) or take some away (3)."""
        now = self._stack[-1]
        flags &= ALL
        self._stack[-1] = flags if how <= 1 else now | flags if how == 2 else now & ~flags
