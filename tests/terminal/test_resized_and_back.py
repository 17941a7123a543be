"""A terminal that was another size for a moment, as while a multiplexer zooms: all of the screen is drawn again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terminal.console_driver import console

pytestmark = pytest.mark.slow


def test_a_terminal_that_was_smaller_for_a_moment_stayed_without_its_bars(state: Path) -> None:
    with console(state, rows=24, columns=80) as one:
        one.wait_for("Online")
        before = one.line(1), one.line(-1)
        assert "Fleet" in before[0] and "help" in before[1]
        for rows, columns in [(10, 30), (50, 200), (5, 20)] * 3:
            one.resize(rows, columns)
            one.resize(24, 80)
            one.wait_until(lambda me: (me.line(1), me.line(-1)) == before, "the screen of before")
        one.send("\x11")
        assert one.wait_exit() == 0
