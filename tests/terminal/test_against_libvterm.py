"""Recorded streams give the screen that libvterm gives as well, where it is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terminal.libvterm import MISSING, Vterm
from tests.terminal.test_captured import CAPTURED, size_of
from tui.emulator.terminal import Terminal


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("stream", CAPTURED, ids=lambda path: path.stem)
def test_a_recorded_stream_shows_what_libvterm_shows(stream: Path) -> None:
    columns, rows = size_of(stream)
    data = stream.read_bytes()
    ours, theirs = Terminal(columns, rows), Vterm(columns, rows)
    ours.feed(data)
    theirs.feed(data)
    assert ours.display == theirs.display
