"""What the emulator answers, keeps and hands on; what it draws is compared with tmux in tests/terminal."""

from __future__ import annotations

import base64
import subprocess
import sys

import pytest

from tui.emulator.style import BOLD, DEFAULT, DIM, REVERSE, RGB, Style
from tui.emulator.terminal import Terminal


def fed(data: str | bytes, columns: int = 20, rows: int = 6, **options: int) -> Terminal:
    terminal = Terminal(columns, rows, **options)  # type: ignore[arg-type]
    terminal.feed(data if isinstance(data, bytes) else data.encode())
    return terminal


@pytest.mark.parametrize(
    ("sgr", "style"),
    [
        ("1", Style(attributes=BOLD)),
        ("2", Style(attributes=DIM)),
        ("1;2;22", DEFAULT),
        ("7;31;42", Style(1, 2, REVERSE)),
        ("97;100", Style(15, 8)),
        ("38;5;208", Style(208)),
        ("48;2;1;2;3", Style(background=RGB | 0x010203)),
        ("38:2::1:2:3", Style(RGB | 0x010203)),
        ("38:2:1:2:3", Style(RGB | 0x010203)),
        ("38:5:9;1", Style(9, attributes=BOLD)),
        ("4:3", Style(underline=3)),
        ("4:0", DEFAULT),
        ("21", Style(underline=2)),
        ("4;58:5:1", Style(underline=1, underline_colour=1)),
        ("4;58;2;1;2;3;24;59", DEFAULT),
        ("38;5;999", DEFAULT),
        ("38", DEFAULT),
        ("38;2;1", DEFAULT),
        ("31;0", DEFAULT),
        ("31;", DEFAULT),
    ],
)
def test_rendition(sgr: str, style: Style) -> None:
    terminal = fed(f"\x1b[{sgr}mx")
    assert terminal.lines[0] == (("x", style),)


@pytest.mark.parametrize("private", ["\x1b[>4;2m", "\x1b[?4m", "\x1b[?1;2c", "\x1b[>c", "\x1b[<1m"])
def test_private_forms_of_plain_sequences_are_no_rendition(private: str) -> None:
    assert fed(f"{private}x").lines[0] == (("x", DEFAULT),)


def test_erased_cells_keep_the_background_and_nothing_else() -> None:
    assert fed("\x1b[4;7;41m\x1b[2K", 4).lines[0] == (("    ", Style(background=1)),)


def test_line_drawing_characters_are_drawn_as_lines_until_switched_back() -> None:
    assert fed("\x1b(0lqk\x1b(Bq").display[0] == "┌─┐q"
    assert fed("\x1b)0q\x0eq\x0fq").display[0] == "q─q"


def test_questions_are_answered_and_a_replay_answers_none_of_them() -> None:
    questions = (
        b"\x1b[c\x1b[>c\x1b[5n\x1b[3;4H\x1b[6n\x1b[?6n\x1b[?2004h\x1b[?2004$p\x1b[?9999$p\x1b[4$p\x1b[18t\x1b]11;?\x07"
    )
    terminal = Terminal(20, 6, colours=(0xD0D0D0, 0x102030))
    terminal.feed(questions, answer=False)
    assert terminal.take_replies() == b""
    terminal.feed(questions)
    assert terminal.take_replies() == (
        b"\x1b[?62;22c\x1b[>0;277;0c\x1b[0n\x1b[3;4R\x1b[?3;4R\x1b[?2004;1$y\x1b[?9999;0$y\x1b[4;2$y\x1b[8;6;20t"
        b"\x1b]11;rgb:1010/2020/3030\x1b\\"
    )
    assert terminal.take_replies() == b""


def test_the_title_is_kept_without_controls_and_never_told() -> None:
    terminal = fed("\x1b]0;web\r\x01-14\x07\x1b[21t\x1b[20t\x1b]2;?\x07" + "\x1b]2;" + "y" * 5000 + "\x1b\\")
    assert terminal.title == "y" * 256
    assert terminal.take_replies() == b""
    assert fed("\x1b]0;web\r\x01-14\x07").title == "web-14"


def test_a_clipboard_write_is_surfaced_once_and_a_read_is_not_answered() -> None:
    secret = base64.b64encode("복사".encode()).decode()
    terminal = fed(f"\x1b]52;c;{secret}\x07\x1b]52;c;?\x07\x1b]52;c;!!\x07")
    assert terminal.take_clipboard() == ["복사"]
    assert terminal.take_clipboard() == []
    assert terminal.take_replies() == b""
    terminal.feed(f"\x07\x1b]52;c;{secret}\x07".encode(), answer=False)
    assert (terminal.take_clipboard(), terminal.take_bells()) == ([], 0)


def test_bells_are_counted_and_a_bell_that_ends_a_title_is_none() -> None:
    terminal = fed("\a\x1b]2;t\a\a")
    assert (terminal.take_bells(), terminal.take_bells()) == (2, 0)


def test_modes_of_keyboard_mouse_and_paste() -> None:
    terminal = fed("\x1b[?1;1002;1006;1004;2004h\x1b=")
    modes = terminal.modes
    assert (modes.cursor_keys, modes.keypad, modes.mouse, modes.mouse_sgr) == (True, True, "drag", True)
    assert (modes.focus, modes.bracketed_paste) == (True, True)
    terminal.feed(b"\x1b[?1003h\x1b[?1;1003;1006;1004;2004l\x1b>")
    assert terminal.modes == Terminal(20, 6).modes


def test_cursor_shapes_and_visibility() -> None:
    cursor = fed("\x1b[?25l\x1b[4 q").cursor
    assert (cursor.visible, cursor.shape, cursor.blink) == (False, "underline", False)
    assert fed("\x1b[5 q").cursor.shape == "bar"


def test_the_alternate_screen_gives_back_text_cursor_and_style_and_leaves_no_scrollback() -> None:
    terminal = fed("\x1b[31mmain\x1b[?1049h\x1b[m" + "alt\r\n" * 30)
    assert terminal.modes.alternate
    assert terminal.scrollback == 0
    terminal.feed(b"\x1b[?1049lX")
    assert terminal.display[0] == "mainX"
    assert terminal.lines[0] == (("mainX", Style(1)),)


def test_1048_saves_and_restores_the_cursor() -> None:
    assert fed("ab\x1b[?1048hcd\x1b[?1048lX").display[0] == "abXd"


def test_lines_go_to_the_scrollback_only_from_the_top_of_the_screen() -> None:
    assert fed("\x1b[2;4r\x1b[4;1H\n\n\n").scrollback == 0
    assert fed("1\r\n2\x1b[1;4r\x1b[4;1H\n\n\n").scrollback == 3
    assert fed("1\r\n2\x1b[3S").scrollback == 3


def test_the_scrollback_is_bounded_and_keeps_styles() -> None:
    terminal = fed("\x1b[31mred\x1b[m plain\r\n" + "".join(f"{n}\r\n" for n in range(50)), scrollback=46)
    assert (terminal.scrollback, terminal.pushed) == (46, 46)
    terminal.feed(b"\r\n")
    assert (terminal.scrollback, terminal.pushed) == (46, 47)
    assert terminal.behind(0) == (("0", DEFAULT),)
    assert terminal.all_text()[:2] == ["0", "1"]
    assert terminal.text_of(46 + 4) == terminal.display[4]


def test_clearing_the_scrollback_leaves_the_screen() -> None:
    terminal = fed("x\r\n" * 20 + "here\x1b[3J")
    assert terminal.scrollback == 0
    assert "here" in terminal.display


def test_only_what_changed_is_dirty() -> None:
    terminal = fed("a")
    terminal.take_dirty()
    terminal.feed(b"\x1b[3;1Hx")
    assert terminal.take_dirty() == {2}
    terminal.feed(b"\x1b[2;4r\x1b[4;1H\n")
    assert terminal.take_dirty() == {1, 2, 3}
    terminal.feed(b"\x1b[?1049h")
    assert terminal.take_dirty() == set(range(6))
    assert terminal.take_dirty() == set()


def test_fewer_rows_push_the_top_away_and_more_rows_take_it_back() -> None:
    terminal = fed("1\r\n2\r\n3\r\n4\r\n5\r\n6", rows=6)
    terminal.resize(3, 20)
    assert (terminal.display, terminal.scrollback, terminal.cursor.row) == (["4", "5", "6"], 3, 2)
    terminal.resize(5, 20)
    assert (terminal.display, terminal.scrollback, terminal.cursor.row) == (["2", "3", "4", "5", "6"], 1, 4)


def test_a_resize_to_one_cell_and_back_in_the_alternate_screen_keeps_the_main_one() -> None:
    terminal = fed("keep\r\nthis\x1b[?1049hvim")
    terminal.resize(1, 1)
    terminal.resize(6, 20)
    terminal.feed(b"\x1b[?1049l")
    assert terminal.rows == len(terminal.display) == 6


def test_wide_characters_lose_both_halves_together() -> None:
    assert fed("字字\x1b[2Ga").display[0] == " a字"
    assert fed("字字\x1b[2G\x1b[P").display[0] == " 字"
    assert fed("字", columns=1).display[0] == ""


def test_text_after_an_odd_character_is_not_lost() -> None:
    for odd in ("\u200d", "\u200b", "\ufe0f", "\u00ad", "\ud7b0", "\U000e0001"):
        assert fed(f"a{odd}bcd").display[0].endswith("bcd"), hex(ord(odd))


def test_bytes_that_are_not_utf8_are_shown_as_replacements() -> None:
    assert fed(b"a\xffb\xe5\xadc").display[0] == "a\ufffdb\ufffdc"


def test_soft_reset_and_reset() -> None:
    terminal = fed("\x1b[2;3r\x1b[4h\x1b[?25l\x1b[1mab\x1b[!pc")
    assert terminal.cursor.visible
    assert terminal.lines[0][-1] == ("c", DEFAULT)
    terminal.feed(b"\x1b[?1049h\x1b[?2004h\x1bc")
    assert terminal.modes == Terminal(20, 6).modes
    assert terminal.display == [""] * 6


def test_importing_the_package_loads_no_pyte() -> None:
    code = "import sys, tui.emulator; print('pyte' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
