"""Recorded streams of real programs show what tmux shows; so do streams made of every sequence that matters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.far_end import FarEnd
from tests.terminal.oracle import MISSING, Tmux
from tui.emulator.terminal import Terminal

CAPTURED = sorted((Path(__file__).parent / "captured").glob("*.bin"))


def size_of(stream: Path) -> tuple[int, int]:
    columns, rows = stream.stem.rpartition("-")[2].split("x")
    return int(columns), int(rows)


@pytest.mark.parametrize("stream", CAPTURED, ids=lambda path: path.stem)
@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
def test_a_recorded_stream_shows_the_screen_beside_it(stream: Path, chunk: int) -> None:
    columns, rows = size_of(stream)
    terminal = Terminal(columns, rows)
    data = stream.read_bytes()
    for at in range(0, len(data), chunk):
        terminal.feed(data[at : at + chunk])
    assert "\n".join(terminal.display) + "\n" == stream.with_suffix(".txt").read_text()


@pytest.fixture(scope="module")
def tmux(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tmux]:
    if MISSING:
        pytest.skip(MISSING)
    with Tmux(tmp_path_factory.mktemp("oracle")) as server:
        yield server


@pytest.mark.parametrize("stream", CAPTURED, ids=lambda path: path.stem)
def test_tmux_shows_the_same_for_a_recorded_stream(stream: Path, tmux: Tmux) -> None:
    columns, rows = size_of(stream)
    terminal = Terminal(columns, rows)
    terminal.feed(stream.read_bytes())
    lines, cursor = tmux.show(stream.read_bytes(), columns, rows)
    assert terminal.display == lines
    assert (terminal.cursor.row, terminal.cursor.column) == cursor


FULL = "x" * 20
SYNTHETIC = {
    "backspace at the wrap": FULL + "\b\bZ",
    "backspace over the wrap": FULL + "xx\b\b\b\bZ",
    "left at the wrap": FULL + "\x1b[DZ",
    "right at the wrap": FULL + "\x1b[CZ",
    "erase at the wrap": FULL + "\x1b[K",
    "insert at the wrap": FULL + "\x1b[@Z",
    "delete at the wrap": FULL + "\x1b[PZ",
    "tab at the wrap": FULL + "\tY",
    "up at the wrap": "\n" + FULL + "\x1b[AZ",
    "repeat": "ab\x1b[5bc",
    "repeat to the edge": "ab\x1b[50bc",
    "repeat after a control": "ab\r\n\x1b[3bc",
    "scroll up": "a\r\nb\r\nc\x1b[2SZ",
    "scroll down": "a\r\nb\r\nc\x1b[2TZ",
    "next line": "ab\x1bEc",
    "tabs": "a\tb\tc\td",
    "back tab": "a\tb\x1b[ZX",
    "tab stops": "\x1b[3gabc\x1bH\r\tX",
    "wide at the edge": "x" * 19 + "字y",
    "combining": "e\u0301x \u0301y",
    "combining at the left": "\u0301a",
    "joined by ZWJ": "👩\u200d💻x",
    "VS16": "❤\ufe0fx",
    "keycap": "1\ufe0f\u20e3x",
    "flag": "🇩🇪x",
    "zero width space": "a\u200bb",
    "hangul": "한글 테스트 ㅓ",
    "hangul jamo": "\u1112\u1161\u11abx",
    "DCS": "a\x1bPq#0;2\x1b\\b",
    "DCS with BEL": "a\x1bPq#0\x07b\x1b\\c",
    "APC": "a\x1b_hi\x1b\\b",
    "PM": "a\x1b^hi\x1b\\b",
    "SOS": "a\x1bXhi\x1b\\b",
    "screen's title": "a\x1bkhi\x1b\\b",
    "OSC aborted by CAN": "a\x1b]2;x\x18b",
    "OSC with BEL": "a\x1b]2;x\x07b",
    "1049": "main\x1b[?1049halt\x1b[?1049lX",
    "1049 twice": "ab\x1b[?1049hX\x1b[?1049hY\x1b[?1049l\x1b[?1049lZ",
    "47": "main\x1b[?47halt\x1b[?47lX",
    "1047": "main\x1b[?1047halt\x1b[?1047lX",
    "47 off at the wrap": FULL + "\x1b[?47lX",
    "origin": "\x1b[2;4r\x1b[?6h\x1b[1;1HA\x1b[9;1HB\x1b[?6lC",
    "region": "1\r\n2\r\n3\r\n4\r\n5\x1b[2;3r\x1b[3;1H\nX\x1b[1;1H\x1bMY",
    "region of one row": "\x1b[2;2rX",
    "region that scrolls": "\x1b[1;3r1\r\n2\r\n3\r\n4\r\n5",
    "up above the region": "\x1b[3;5r\x1b[2;1H\x1b[5AX",
    "down below the region": "\x1b[1;2r\x1b[4;1H\x1b[9BX",
    "insert line": "1\r\n2\r\n3\x1b[2;2H\x1b[LX",
    "delete line": "1\r\n2\r\n3\x1b[2;2H\x1b[MX",
    "insert characters": "abc\x1b[2D\x1b[2@X",
    "insert mode": "abc\x1b[2D\x1b[4hXY\x1b[4lZ",
    "no wrap": "\x1b[?7labcdefghijklmnopqrstuvwxyz",
    "no wrap, wide": "\x1b[?7labcdefghijklmnopqrs字字",
    "alignment": "\x1b#8",
    "erase above": "abc\r\nabc\x1b[2D\x1b[1J",
    "erase below": "abc\r\nabc\r\nxyz\x1b[2A\x1b[D\x1b[J",
    "erase left": "abcdef\x1b[3D\x1b[1K",
    "C1": "a\u0085b\u009b3mc",
    "saved cursor": "ab\x1b7cd\x1b8X",
    "saved cursor, CSI": "ab\x1b[scd\x1b[uX",
    "colon SGR": "\x1b[4:3ma\x1b[38:2::1:2:3mb",
    "private forms": "\x1b[>4;2ma\x1b[?4mb\x1b[?1;2cc\x1b[>cd\x1b[=5ue\x1b[?1$zf",
    "sequence in a sequence": "a\x1b[3\x1b[1;1HX",
    "control in a sequence": "abc\x1b[2\rDX",
    "odd escapes": "\x1b%Gd\x1b(Be\x1b*Bf\x1b Fg\x1b[1 2qh",
    "reset": "abc\x1bcX",
}


@pytest.mark.parametrize("name", SYNTHETIC)
def test_tmux_shows_the_same_for(name: str, tmux: Tmux) -> None:
    data = SYNTHETIC[name].encode()
    terminal = Terminal(20, 6)
    terminal.feed(data)
    lines, (row, column) = tmux.show(data, 20, 6)
    assert terminal.display == lines
    assert (terminal.cursor.row, terminal.cursor.column) == (row, min(column, 19))


def test_a_shell_in_a_real_pty_is_resized_and_shows_its_size() -> None:
    with FarEnd(["sh"]) as far:
        far.until("$")
        far.resize(30, 100)
        far.type("stty size\r")
        far.until("30 100")
