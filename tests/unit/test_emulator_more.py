"""What the emulator keeps beside the cells: links, directory, titles, keyboard flags; and the text at another width."""

from __future__ import annotations

import pytest

from tui.emulator.style import DEFAULT, RGB, Style
from tui.emulator.terminal import Terminal
from tui.emulator.widths import NARROW, ODD, WIDE, cell_width


def fed(data: str | bytes, columns: int = 20, rows: int = 6, **options: int) -> Terminal:
    terminal = Terminal(columns, rows, **options)  # type: ignore[arg-type]
    terminal.feed(data if isinstance(data, bytes) else data.encode())
    return terminal


def test_a_link_is_on_its_text_alone_and_outlives_a_rendition() -> None:
    terminal = fed("a\x1b]8;id=1;https://x.example/?a;b\x1b\\li\x1b[1mnk\x1b[0m!\x1b]8;;\x1b\\z")
    runs = terminal.line(0)
    assert [(text, terminal.link(style.link)) for text, style in runs] == [
        ("a", ""),
        ("li", "https://x.example/?a;b"),
        ("nk", "https://x.example/?a;b"),
        ("!", "https://x.example/?a;b"),
        ("z", ""),
    ]


def test_links_without_end_take_no_memory_and_a_link_with_controls_is_none() -> None:
    terminal = fed("".join(f"\x1b]8;;http://h/{n}\x07x" for n in range(6000)) + "\x1b]8;;http://h/\x85\x07y")
    assert len(terminal._links) == 4096
    assert terminal.line(terminal.scrollback + terminal.cursor.row)[-1][1].link == 0
    assert fed("\x1b]8;;" + "u" * 3000 + "\x07x").lines[0] == (("x", DEFAULT),)


def test_the_working_directory_is_taken_from_a_whole_uri_only() -> None:
    assert fed("\x1b]7;file://web-14/var/log%20s\x07").directory == "/var/log s"
    for odd in ("/var/log", "http://h/x", "file://h", "file://h/a%0ab"):
        assert fed(f"\x1b]7;{odd}\x07").directory == "", odd


def test_a_title_that_was_put_by_comes_back() -> None:
    terminal = fed("\x1b]2;shell\x07\x1b[22;2t\x1b]2;vim\x07")
    assert terminal.title == "vim"
    terminal.feed(b"\x1b[23;2t\x1b[23;2t")
    assert terminal.title == "shell"


def test_keyboard_flags_are_pushed_set_and_popped_for_each_screen_by_itself() -> None:
    terminal = fed("\x1b[>1u\x1b[=4;2u\x1b[?u")
    assert terminal.modes.keyboard == 5
    assert terminal.take_replies() == b"\x1b[?5u"
    terminal.feed(b"\x1b[?1049h")
    assert terminal.modes.keyboard == 0
    terminal.feed(b"\x1b[>31u\x1b[?1049l\x1b[=1;3u")
    assert terminal.modes.keyboard == 4
    terminal.feed(b"\x1b[<9u" + b"\x1b[>3u" * 1000)
    assert terminal.modes.keyboard == 3
    terminal.feed(b"\x1b[<65535u")
    assert terminal.modes.keyboard == 0


def test_settings_and_the_name_are_told_to_who_asks() -> None:
    terminal = fed("\x1b[4 q\x1b[2;4r\x1b[1;4:3;38;5;9;48;2;1;2;3m")
    for question, answer in {
        "\x1bP$q q\x1b\\": "\x1bP1$r4 q\x1b\\",
        "\x1bP$qr\x1b\\": "\x1bP1$r2;4r\x1b\\",
        "\x1bP$qm\x1b\\": "\x1bP1$r0;1;4:3;38:5:9;48:2::1:2:3m\x1b\\",
        "\x1bP$qs\x1b\\": "\x1bP0$r\x1b\\",
        "\x1bPq#0;2;0;0;0\x1b\\": "",
        "\x1b[>q": "\x1bP>|ssm-tui\x1b\\",
    }.items():
        terminal.feed(question.encode())
        assert terminal.take_replies().decode() == answer, question


def test_a_picture_in_the_making_is_told_and_its_end_too() -> None:
    terminal = fed("\x1b[?2026hhalf")
    assert terminal.synchronised
    terminal.feed(b"\x1b[?2026l")
    assert not terminal.synchronised


def test_what_a_clear_wipes_stands_in_the_scrollback_and_is_not_taken_back() -> None:
    terminal = fed("one\r\ntwo\x1b[H\x1b[2Jthree")
    assert terminal.all_text()[:3] == ["one", "two", "three"]
    terminal.resize(8, 20)
    assert terminal.display[0] == "three"


def test_a_new_width_wraps_the_text_anew_and_the_cursor_stays_at_its_character() -> None:
    terminal = fed("first line that is long\r\n$ and a command that wraps", 10, 6)
    assert terminal.display == ["first line", " that is l", "ong", "$ and a co", "mmand that", " wraps"]
    terminal.feed(b"\x1b[2D")
    terminal.resize(6, 30)
    assert terminal.display == ["first line that is long", "$ and a command that wraps", "", "", "", ""]
    assert (terminal.cursor.row, terminal.cursor.column) == (1, 24)
    terminal.feed(b"\x1b[2;25H")
    terminal.resize(2, 30)
    terminal.resize(2, 10)
    assert terminal.display == ["mmand that", " wraps"]
    assert terminal.all_text() == ["first line", " that is l", "ong", "$ and a co", "mmand that", " wraps"]
    assert (terminal.cursor.row, terminal.cursor.column) == (1, 4)


def test_a_new_width_while_vim_is_open_wraps_the_main_screen_when_it_is_left() -> None:
    terminal = fed("a line of eighteen\r\n$ vim\x1b[?1049h\x1b[Hvim", 20, 4)
    terminal.resize(4, 9)
    assert terminal.display[0] == "vim"
    terminal.feed(b"\x1b[?1049l")
    assert terminal.all_text() == ["a line of", " eighteen", "$ vim", "", ""]
    assert (terminal.cursor.row, terminal.cursor.column) == (1, 5)


def test_renditions_and_wide_characters_are_wrapped_anew_with_their_text() -> None:
    terminal = fed("x\r\n" * 6 + "\x1b[31mred 字字字字 red\x1b[m plain\r\nend", 10, 3)
    terminal.resize(3, 40)
    red = Style(1)
    assert terminal.line(6) == (("red 字字字字 red", red), (" plain", DEFAULT))
    terminal.resize(3, 7)
    assert terminal.texts(6, 10) == ["red 字", "字字字 ", "red pla", "in"]
    assert [terminal.wrapped(line) for line in range(6, 10)] == [True, True, True, False]


@pytest.mark.parametrize("styled", [False, True])
def test_older_lines_are_wrapped_anew_in_steps_and_no_text_is_lost(styled: bool) -> None:
    colour = "\x1b[35m" if styled else ""
    texts = [f"{n} {'of many words ' * (n % 5)}end" for n in range(2000)]
    terminal = fed("".join(f"{colour}{text}\x1b[m\r\n" for text in texts), 30, 5)
    terminal.resize(5, 80)
    assert terminal.scrollback > 2000  # the older ones stand as they stood
    steps = 0
    while not terminal.settle(100):
        steps += 1
        assert terminal.texts(terminal.scrollback - 100, terminal.scrollback) == texts[-104:-4]
    assert steps > 10
    assert [text for text in terminal.all_text() if text] == texts
    terminal.resize(5, 30)
    terminal.feed(b"more\r\n" * 200)
    terminal.resize(5, 100)
    while not terminal.settle():
        pass
    assert [text for text in terminal.all_text() if text] == [*texts, *["more"] * 200]


def test_the_scrollback_stays_bounded_while_older_lines_wait() -> None:
    terminal = fed("".join(f"{n} {'w' * 50}\r\n" for n in range(1500)), 80, 5, scrollback=1000)
    terminal.resize(5, 20)
    assert terminal.scrollback <= 1000
    terminal.feed("".join(f"{n}\r\n" for n in range(900)).encode())
    assert terminal.scrollback <= 1000
    while not terminal.settle():
        assert terminal.scrollback <= 1000
    assert terminal.texts(terminal.scrollback - 3, terminal.scrollback) == ["893", "894", "895"]


def test_a_flood_keeps_every_line_with_its_colours_and_numbers() -> None:
    lines = [f"\x1b[3{n % 8}mline {n}\x1b[0m of \x1b[1mmany\x1b[m" for n in range(5000)]
    terminal = Terminal(40, 10)
    data = "\r\n".join(lines).encode()
    for at in range(0, len(data), 4096):
        terminal.feed(data[at : at + 4096])
    assert terminal.scrollback == 4990
    assert terminal.all_text() == [f"line {n} of many" for n in range(5000)]
    assert terminal.line(4321)[0] == ("line 4321", Style(1))
    assert terminal.line(4995)[0] == ("line 4995", Style(3))


def test_a_line_with_more_renditions_than_text_takes_no_more_memory_than_its_cells() -> None:
    terminal = Terminal(80, 3)
    terminal.feed(b"\r\n" * 3 + (b"\x1b[31m\x1b[38;2;1;2;3m" * 2000 + b"x\x1b[m\r\n") * 50)
    assert terminal.line(terminal.scrollback - 1) == (("x", Style(RGB | 0x010203)),)
    assert all(len(str(entry)) < 2000 for entry in terminal._screen.history._lines)


def test_characters_that_are_taken_at_a_glance_have_the_width_they_are_taken_for() -> None:
    for code in [*range(0x20, 0xD800), *range(0xE000, 0x10000), *range(0x1F000, 0x1F800)]:
        character = chr(code)
        if NARROW.fullmatch(character):
            assert cell_width(character) == 1, hex(code)
        elif WIDE.fullmatch(character):
            assert cell_width(character) == 2, hex(code)
        else:
            assert ODD.match(character), hex(code)


def test_a_charset_that_was_shifted_in_within_a_chunk_holds_for_what_follows() -> None:
    assert fed("\x1b)0\x0e\x1b[1mqx").display[0] == "─│"


def test_a_number_with_leading_zeros_is_that_number() -> None:
    assert fed("\x1b[00000000004;3HX").display[3] == "  X"


def test_the_control_pictures_of_line_drawing_are_drawn() -> None:
    assert fed("\x1b(0bcdehi").display[0] == "␉␌␍␊␤␋"


def test_a_back_tab_after_a_full_row_goes_before_its_last_column() -> None:
    assert fed("x" * 9 + "\x1b[ZX", 9).display[0] == "Xxxxxxxxx"
