"""vttest's pages, one after the other, are as tmux shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terminal.oracle import MISSING
from tests.terminal.screens import inked, screen_of, text_of
from tests.terminal.tmux_pane import Pane
from tui.emulator.terminal import Terminal

RECORDED = [Path(__file__).parent / "captured" / f"vttest_{menu}-80x24.bin" for menu in ("1", "2", "38", "8")]
ASKED = b"Push <RETURN>"


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("stream", RECORDED, ids=lambda path: path.stem)
def test_each_page_is_as_tmux_shows_it(stream: Path, tmp_path: Path) -> None:
    pages = stream.read_bytes().split(ASKED)
    assert len(pages) > 1
    terminal = Terminal(80, 24)
    with Pane(tmp_path, 80, 24) as pane:
        pane.reset()
        for number, page in enumerate(pages):
            data = page + (ASKED if number < len(pages) - 1 else b"")
            pane.feed(data)
            terminal.feed(data)
            theirs, ours = pane.screen(), screen_of(terminal)
            assert text_of(ours) == text_of(theirs), f"page {number}"
            assert inked(ours) == inked(theirs), f"page {number}"
            assert (terminal.cursor.row, terminal.cursor.column) == pane.cursor, f"page {number}"
