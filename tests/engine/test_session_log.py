"""The capped log of a shell: what a console that attaches late is shown first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.engine.session_log import Modes, SessionLog


def lines(count: int) -> bytes:
    return b"".join(b"line %06d\r\n" % number for number in range(count))


def test_it_keeps_at_most_two_segments_and_begins_with_a_whole_line(tmp_path: Path) -> None:
    log = SessionLog(tmp_path, segment=4096)
    for start in range(0, len(lines(5000)), 777):
        log.append(lines(5000)[start : start + 777])
    replay = log.replay()
    assert len(replay) <= 2 * 4096 + 100
    assert replay.startswith(b"line ")
    assert replay.endswith(b"line 004999\r\n")
    assert replay in lines(5000)


@pytest.mark.parametrize("chunk", [1, 7, 1000, 50_000])
def test_a_cut_is_never_inside_a_sequence_or_a_character(tmp_path: Path, chunk: int) -> None:
    log = SessionLog(tmp_path, segment=512)
    data = ("한글" * 10 + "\x1b[38;2;1;2;3mcolour\x1b[0m").encode() * 200
    for start in range(0, len(data), chunk):
        log.append(data[start : start + chunk])
    replay = log.replay()
    replay.decode()
    assert replay.startswith((b"\x1b[38", b"\x1b[0m"))
    assert data.endswith(replay)


def test_one_endless_line_is_cut_before_a_whole_character(tmp_path: Path) -> None:
    log = SessionLog(tmp_path, segment=100)
    for _ in range(1000):
        log.append("é".encode() * 7 + b"x")
    assert len(log.replay()) < 500
    log.replay().decode()


def test_modes_survive_the_rotation_so_that_vim_comes_back_on_the_alternate_screen(tmp_path: Path) -> None:
    log = SessionLog(tmp_path, segment=1000)
    log.append(b"\x1b]0;vim file\x07\x1b[?1049h\x1b[?1h\x1b=\x1b[?200")
    log.append(b"4h\x1b[?25l\x1b[1;23r")
    for _ in range(100):
        log.append(b"\x1b[Htext" * 10)
    replay = log.replay()
    head = replay[: replay.index(b"\x1b[Htext")]
    for wanted in (b"\x1b[?1049h", b"\x1b[?1h", b"\x1b[?2004h", b"\x1b[?25l", b"\x1b=", b"\x1b[1;23r", b"vim file"):
        assert wanted in head
    again = SessionLog(tmp_path, segment=1000)
    assert again.replay() == replay
    assert again.title == "vim file"
    again.append(b"\x1b[?1049l\x1b[?1l\x1b[?25h\x1b[?2004l\x1b>")
    for _ in range(300):
        again.append(b"shell again\r\n")
    assert b"\x1b[?1049h" not in again.replay()


def test_modes_read_sequences_that_come_byte_by_byte() -> None:
    modes = Modes()
    for byte in b"\x1b[?1;7;1006h\x1b[?7l\x1b]2;\xed\x95\x9c\x1b\\\x1b(0":
        modes.feed(bytes([byte]))
    assert modes.title == "한"
    assert modes.preamble() == "\x1b]2;한\x07\x1b[?1h\x1b[?1006h\x1b[?7l\x1b(0".encode()
    modes.feed(b"\x1bc")
    assert modes.preamble() == "\x1b]2;한\x07".encode()


def test_a_log_that_cannot_be_written_never_stops_the_shell(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    log = SessionLog(tmp_path / "file" / "log", segment=1000)
    log.append(b"x" * 5000)
    assert log.lost == 5000
    assert log.replay() == b""
    log.close()


def test_every_file_of_a_log_is_the_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    log = SessionLog(folder, segment=100)
    log.append(b"\x1b[?1h" + lines(100))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
