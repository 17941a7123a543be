"""When a terminal pane paints, in which colours, and what it bears."""

from __future__ import annotations

import random
import re

import pytest
from rich.color import ColorSystem
from textual.geometry import Region

from tests.app.test_terminal_widget import Pane, keys_of, opened, shows, until
from tui.emulator.modes import Modes
from tui.widgets.terminal_keys import encode_key, is_modifier


async def test_a_screen_that_is_being_drawn_is_not_painted_until_it_is_whole() -> None:
    async with opened(size=(40, 5)) as (app, pilot):
        app.pane.feed(b"before")
        await until(pilot, shows(app, "before"))
        app.pane.feed(b"\x1b[?2026h\x1b[2J\x1b[Hhalf")
        app.pane._paint_in_time()
        assert app.screen_text()[0] == "before"
        app.pane.feed(b" and whole\x1b[?2026l")
        app.pane._paint_in_time()
        assert app.screen_text()[0] == "half and whole"


async def test_a_far_end_that_never_ends_its_drawing_is_painted_all_the_same() -> None:
    async with opened(size=(40, 5)) as (app, pilot):
        app.pane.feed(b"\x1b[?2026hstuck")
        await until(pilot, shows(app, "stuck"))


async def test_a_bell_flashes_the_pane_and_bells_in_a_row_flash_it_once() -> None:
    async with opened(size=(40, 5)) as (app, pilot):
        flashes = []
        pane = app.pane
        pane.feed(b"\a\a")
        flashes.append(pane.has_class("-bell"))
        await until(pilot, lambda: not pane.has_class("-bell"))
        pane.feed(b"\a")
        flashes.append(pane.has_class("-bell"))
        assert flashes[0]
        await pilot.pause()
        assert app.seen.count("bell") == 2


@pytest.mark.slow
async def test_resizes_in_a_row_to_one_cell_and_back_while_it_floods_and_is_selected() -> None:
    async with opened(size=(80, 24)) as (app, pilot):
        rng = random.Random(7)
        for n in range(14):
            app.pane.feed(f"\x1b[3{n % 8}m한글 line {n} ".encode() * 40 + b"\r\n")
            await pilot.resize_terminal(*rng.choice([(1, 1), (2, 1), (1, 9), (80, 24), (200, 50), (33, 7)]))
            if n % 6 == 0:
                await pilot.press("f12", "left_square_bracket", "v", "g", "slash", "n", "enter", "q")
        await pilot.resize_terminal(80, 24)
        app.pane.feed(b"\r\n\x1b[mover")
        await until(pilot, shows(app, "over"))
        assert all(app.pane.render_line(y).cell_length == 80 for y in range(24))


async def test_the_whole_scrollback_is_wrapped_for_a_new_width() -> None:
    async with opened(size=(80, 24)) as (app, pilot):
        app.pane.feed(b"".join(b"%06d %s\r\n" % (n, b"x" * 60) for n in range(5000)))
        await pilot.resize_terminal(40, 24)
        terminal = app.pane.terminal
        assert terminal is not None
        await until(pilot, lambda: terminal.text_of(0) == "000000 " + "x" * 33 and terminal.wrapped(0))


COLOURED = b"\x1b[38;2;250;20;20;48;5;200mx\x1b[2;4:3;31my"
OTHERS = b"\x1b[38;2;251;20;20;48;5;201mx\x1b[2;4:3;32my"
"""Textual keeps how each style is written, whatever the terminal: another one gets other colours here."""


async def codes(app: Pane, system: ColorSystem) -> str:
    app.console._color_system = system
    app.pane._repaint_all()
    return app.pane.render_lines(Region(0, 0, 40, 1))[0].render(app.console)


async def test_colours_come_down_to_what_the_outer_terminal_has() -> None:
    async with opened(size=(40, 5)) as (app, pilot):
        app.pane.feed(COLOURED)
        await pilot.pause(0.05)
        assert "38;2;250;20;20" in await codes(app, ColorSystem.TRUECOLOR)
    async with opened(size=(40, 5)) as (app, pilot):
        app.pane.feed(OTHERS)
        await pilot.pause(0.05)
        sixteen = (await codes(app, ColorSystem.STANDARD)).split(" ")[0].partition("y")[0]
        assert "x" in sixteen and not re.search("[34]8;[25]", sixteen)


async def test_no_colour_is_sent_where_none_is_wanted_and_dark_ones_are_not_lost_on_dark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(size=(40, 5)) as (app, pilot):
        app.pane.feed(COLOURED)
        await pilot.pause(0.05)
        written = await codes(app, ColorSystem.TRUECOLOR)
        # What stands on a colour is reversed; the rest of the row is the theme's grey.
        assert written[: written.index("x")].startswith("\x1b[7;38;2;224;224;224;")
        greys = [part for part in written.split("m") if "38;2;" in part]
        assert greys
        for part in greys:
            red, green, blue = part.split("38;2;")[1].split(";")[:3]
            assert red == green == blue


KITTY = [
    ("escape", "\x1b", 1, b"\x1b[27u"),
    ("a", "a", 1, b"a"),
    ("ctrl+a", "\x01", 1, b"\x1b[97;5u"),
    ("ctrl+i", None, 1, b"\x1b[105;5u"),
    ("tab", "\t", 1, b"\t"),
    ("shift+tab", None, 1, b"\x1b[9;2u"),
    ("enter", "\r", 1, b"\r"),
    ("shift+enter", None, 1, b"\x1b[13;2u"),
    ("alt+shift+o", None, 1, b"\x1b[111;4u"),
    ("ctrl+@", "\x00", 1, b"\x1b[32;5u"),
    ("up", None, 1, b"\x1b[A"),
    ("ctrl+up", None, 1, b"\x1b[1;5A"),
    ("f3", None, 1, b"\x1b[13~"),
    ("f13", None, 1, b"\x1b[57376u"),
    ("A", "A", 9, b"\x1b[97;2u"),
    ("A", "A", 13, b"\x1b[97:65;2u"),
    ("A", "A", 25, b"\x1b[97;2;65u"),
    ("slash", "/", 25, b"\x1b[47;;47u"),
    ("enter", "\r", 8, b"\x1b[13u"),
    ("한", "한", 1, "한".encode()),
]


@pytest.mark.parametrize(("key", "character", "flags", "data"), KITTY)
def test_keys_for_a_far_end_that_tells_all_of_them_apart(
    key: str, character: str | None, flags: int, data: bytes
) -> None:
    assert encode_key(key, character, Modes(keyboard=flags)) == data


async def test_a_held_key_that_is_reported_by_itself_ended_the_prefix() -> None:
    assert is_modifier("left_shift") and not is_modifier("a")
    async with opened() as (app, pilot):
        await pilot.press("f12", "left_shift", "vertical_line")
        assert app.seen[1:] == ["|"]


FROM_KITTY = ["\x1b[97;;97u", "\x1b[97;2;65u", "\x1b[27u", "\x1b[13;2u", "\x1b[13u", "\x1b[9;2u", "\x1b[127;5u"]
FROM_KITTY += ["\x1b[105;5u", "\x1b[97;3u", "\x1b[97;6u", "\x1b[1;5A", "\x1b[A", "\x1b[3;2~", "\x1b[57376u"]
FROM_KITTY += ["\x1b[32;5u", "\x1b[54620;;54620u", "\x1b[47;;47u", "\x1b[98;9u"]


@pytest.mark.parametrize("sent", FROM_KITTY, ids=repr)
def test_what_an_outer_terminal_with_the_protocol_sends_arrives_unchanged_at_a_far_end_with_it(sent: str) -> None:
    arrived = b"".join(encode_key(key.key, key.character, Modes(keyboard=25)) for key in keys_of(sent))
    assert arrived == sent.encode()


PLAINLY = {
    "\x1b[97;5u": b"\x01",
    "\x1b[13;2u": b"\r",
    "\x1b[27u": b"\x1b",
    "\x1b[97;3u": b"\x1ba",
    "\x1b[57441;2u": b"",
}


@pytest.mark.parametrize(("sent", "data"), PLAINLY.items(), ids=repr)
def test_what_such_a_terminal_sends_is_an_xterms_to_a_far_end_of_old(sent: str, data: bytes) -> None:
    assert b"".join(encode_key(key.key, key.character, Modes()) for key in keys_of(sent)) == data
