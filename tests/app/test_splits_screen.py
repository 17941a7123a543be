"""Several shells in one tab: splits, where the keys go, zoom, broadcast, closing, and tabs that were not looked at."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.events import Paste
from textual.pilot import Pilot

from tests.app._session_fake import SessionsFake, session
from tests.app.console import console, hit, says, text_of, until
from tests.app.engine_console import engine, engine_console, type_line
from tests.engine.daemons import kill
from tui.app import SsmApp
from tui.config import Config

PREFIX = "ctrl+right_square_bracket"
RIGHT, BELOW = "vertical_line", "minus"


def shells(app: SsmApp) -> Any:
    return app.screen.shells  # type: ignore[attr-defined]


def typed(fake: SessionsFake) -> list[bytes]:
    return [channel.typed for channel in fake.channels]


@asynccontextmanager
async def split(fake: SessionsFake, folder: Path, *splits: str, **how: Any) -> AsyncIterator[tuple[SsmApp, Pilot[Any]]]:
    """Open the console with a shell that was split so often."""
    async with console(fake.transport, folder, words="sessions", **{"size": (80, 24), **how}) as (app, pilot):
        await says(pilot, "Connected")
        await pilot.press("enter")
        await until(pilot, lambda: shells(app).now is not None and shells(app).now.attached)
        for number, key in enumerate(splits, 2):
            await hit(pilot, PREFIX, key)
            await until(pilot, lambda number=number: len(fake.channels) == number and shells(app).now.attached)
        yield app, pilot


async def test_a_split_has_its_size_from_the_first_byte_and_borders_that_say_what_each_is(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with split(fake, tmp_path, RIGHT, BELOW) as (_, pilot):
        await until(pilot, lambda: fake.channels[0].sizes[-1] == (20, 40))
        assert fake.channels[1].sizes == [(20, 39), (10, 39)]
        assert fake.channels[2].sizes == [(9, 39)]
        lines = (await says(pilot, "2 ● web-01 +2")).splitlines()
        assert lines[2].startswith("─ ● web-01 · ops · attached ─") or lines[2].startswith("─ ● web-01 ops · attached")
        assert lines[13][40] == "┃" and lines[2].count("^]") == 2
        assert lines[13][41:].startswith("▌ ● web-01") and "━" in lines[13]
        assert "^] hjkl pane" in lines[-1] and "^] ? help" in lines[-1]
        assert all(len(line) <= 80 for line in lines)
        fake.channels[0].says(b"\x1b]2;[red]\x1b[31m\x07")
        fake.channels[1].says(b"\x1b]2;[b]top\x07")
        assert "[b]top" in await says(pilot, "[b]top")


async def test_keys_go_to_the_pane_that_the_prefix_or_a_click_chose(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with split(fake, tmp_path, RIGHT, BELOW) as (_, pilot):
        await hit(pilot, "c", PREFIX, "k", "b", PREFIX, "h", "a", PREFIX, "right", "B")
        await until(pilot, lambda: typed(fake) == [b"a", b"bB", b"c"])
        await hit(pilot, PREFIX, "tab", "C", PREFIX, "o", "A")
        await until(pilot, lambda: typed(fake) == [b"aA", b"bB", b"cC"])
        await pilot.click(offset=(60, 20))
        await hit(pilot, "!")
        await until(pilot, lambda: typed(fake)[2] == b"cC!")
        await pilot.click(offset=(50, 2))
        await hit(pilot, "!")
        await until(pilot, lambda: typed(fake)[1] == b"bB!")


async def test_zoom_shows_one_pane_and_moving_shows_all_again(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with split(fake, tmp_path, RIGHT) as (app, pilot):
        await hit(pilot, PREFIX, "z")
        await says(pilot, "zoomed, 2 of 2")
        await until(pilot, lambda: fake.channels[1].sizes[-1] == (20, 80))
        await hit(pilot, PREFIX, "h")
        await until(pilot, lambda: "zoomed" not in text_of(app))
        await until(pilot, lambda: fake.channels[1].sizes[-1] == (20, 39))
        await hit(pilot, PREFIX, "z")
        await says(pilot, "zoomed, 1 of 2")
        await hit(pilot, PREFIX, "z", PREFIX, "L")
        await until(pilot, lambda: fake.channels[0].sizes[-1] == (20, 45))
        await hit(pilot, PREFIX, "equals_sign")
        await until(pilot, lambda: fake.channels[0].sizes[-1] == (20, 40))
        await hit(pilot, PREFIX, "right_curly_bracket", "x", PREFIX, "h", "y")
        await until(pilot, lambda: typed(fake) == [b"x", b"y"])


async def test_a_border_is_dragged(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with split(fake, tmp_path, RIGHT, BELOW) as (_, pilot):
        await pilot.mouse_down(offset=(40, 6))
        await pilot.hover(offset=(30, 6))
        await pilot.mouse_up(offset=(30, 6))
        await until(pilot, lambda: fake.channels[0].sizes[-1] == (20, 30))
        await pilot.mouse_down(offset=(60, 13))
        await pilot.hover(offset=(60, 9))
        await pilot.mouse_up(offset=(60, 9))
        await until(pilot, lambda: fake.channels[2].sizes[-1] == (13, 49))
        assert fake.channels[0].sizes[-1] == (20, 30)


async def test_a_split_without_room_is_refused_with_a_sentence_and_starts_no_shell(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with split(fake, tmp_path, BELOW, BELOW, size=(30, 24)) as (_, pilot):
        await hit(pilot, PREFIX, RIGHT)
        await says(pilot, "There is no room for a")
        assert len(fake.sent("StartSession")) == 2


@pytest.mark.slow
async def test_no_size_of_terminal_crashes_panes_and_all_come_back(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with split(fake, tmp_path, RIGHT, BELOW, BELOW) as (app, pilot):
        before = [channel.sizes[-1] for channel in fake.channels]
        for size in ((20, 5), (1, 1), (7, 3)):
            await pilot.resize_terminal(*size)
            for channel in fake.channels:
                channel.says("a line that is too long 한\r\n".encode() * 9)
            await hit(pilot, "a", PREFIX, "h", "b", PREFIX, "J", PREFIX, RIGHT)
            await pilot.pause()
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: [channel.sizes[-1] for channel in fake.channels] == before)
        # The border went on to say that there was no room for the others, which showed.
        await until(pilot, lambda: "for want of room" not in text_of(app))


async def test_what_was_typed_on_after_an_ended_pane_was_closed_reached_the_one_beside_it(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with split(fake, tmp_path, RIGHT) as (app, pilot):
        await hit(pilot, *"exit", "enter")
        await until(pilot, lambda: fake.channels[1].typed == b"exit\r")
        fake.channels[1].end(0)
        await says(pilot, "exit status 0 · Enter closes", "○ web-01 · ops · ended, exit 0")
        await hit(pilot, "enter", *"rm", "space", "enter")
        await says(pilot, "no other one got it")
        await until(pilot, lambda: len(shells(app).panes) == 1)
        shells(app).now.view.type_text("-rf\r")
        assert fake.channels[0].typed == b""
        await until(pilot, lambda: fake.channels[0].sizes[-1] == (21, 80))
        assert shells(app).now.view.has_focus


async def test_leaving_a_pane_gives_its_room_and_the_keys_to_the_one_used_before(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with split(fake, tmp_path, RIGHT, BELOW) as (app, pilot):
        await hit(pilot, PREFIX, "h", PREFIX, "d")
        await says(pilot, "The shell on web-01 runs on")
        await until(pilot, lambda: len(shells(app).panes) == 2)
        assert fake.channels[0].is_closed and fake.sent("TerminateSession") == []
        await hit(pilot, "c")
        await until(pilot, lambda: typed(fake)[2] == b"c")
        await hit(pilot, PREFIX, "exclamation_mark", "d")
        await says(pilot, "2 ● web-01   3 ● web-01")
        await until(pilot, lambda: typed(fake)[2] == b"cd")
        await hit(pilot, PREFIX, "comma", *"deploy", "enter")
        await says(pilot, "3 ● deploy")


async def test_broadcast_types_to_all_each_in_its_own_mode_but_to_those_that_look_back_or_ended(
    tmp_path: Path,
) -> None:
    fake = SessionsFake(session(1))
    async with split(fake, tmp_path, RIGHT, BELOW) as (app, pilot):
        one, two, three = fake.channels
        one.says(b"\x1b[?1h\x1b[?2004h")
        await until(pilot, lambda: shells(app).panes[0].view.terminal.modes.bracketed_paste)
        await hit(pilot, PREFIX, "b")
        await until(pilot, lambda: text_of(app).count("BROADCAST ·") == 3)
        await hit(pilot, "q", "up", PREFIX, "z")
        await says(pilot, "zoomed")
        await hit(pilot, "z", PREFIX, "z")
        await until(pilot, lambda: typed(fake) == [b"q\x1bOA", b"q\x1b[A", b"q\x1b[Az"])
        shells(app).now.view.post_message(Paste("p"))
        await until(pilot, lambda: [channel.typed[-1:] for channel in fake.channels] == [b"~", b"p", b"p"])
        shells(app).now.view.type_text("at 1")
        await until(pilot, lambda: all(channel.typed.endswith(b"at 1") for channel in fake.channels))
        two.end(1)
        await says(pilot, "exit status 1")
        await until(pilot, lambda: text_of(app).count("BROADCAST ·") == 2)
        one.says(b"\x1b[c")  # an answer of one terminal is no typing
        await until(pilot, lambda: one.typed.endswith(b"c"))
        await hit(pilot, "e", PREFIX, "b", "f")
        await until(pilot, lambda: three.typed.endswith(b"ef") and one.typed.endswith(b"e"))
        assert "BROADCAST" not in text_of(app) and not two.typed.endswith(b"e")


async def test_broadcast_to_root_is_asked_about(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    details = fake.transport.answers["DescribeSession"]
    fake.transport.answers["DescribeSession"] = lambda request: {**details(request), "EffectiveUser": "root"}
    async with split(fake, tmp_path, RIGHT) as (_, pilot):
        await hit(pilot, PREFIX, "b")
        await says(pilot, "Type to 2 panes, 2 of them as root?")
        await hit(pilot, "escape", "a")
        await until(pilot, lambda: typed(fake) == [b"", b"a"])
        await hit(pilot, PREFIX, "b", "enter")
        await says(pilot, "BROADCAST")
        await hit(pilot, "b")
        await until(pilot, lambda: typed(fake) == [b"b", b"ab"])


async def test_a_tab_that_is_not_looked_at_is_marked_when_something_happens_there(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with split(fake, tmp_path) as (_, pilot):
        await hit(pilot, PREFIX, "1")
        await says(pilot, "Session id")
        fake.channels[0].says(b"output")
        await says(pilot, "2 # ● web-01")
        fake.channels[0].says(b"\a")
        await says(pilot, "2 ! ● web-01")
        await hit(pilot, "2")
        await says(pilot, "2 ● web-01", "output")


@pytest.mark.slow
async def test_tabs_that_do_not_fit_scroll_and_say_so(tmp_path: Path) -> None:
    fake = SessionsFake(*(session(number) for number in range(1, 9)))
    async with split(fake, tmp_path) as (app, pilot):
        for number in range(2, 9):
            app.go("sessions", session(number)["SessionId"])
            await until(pilot, lambda number=number: len(shells(app).tabs) == number)
        line = (await says(pilot, "9 ● web-01")).splitlines()[1]
        assert line.startswith("‹") and "1 Sessions" not in line and "ops · attached" in line
        await hit(pilot, PREFIX, "2")
        await until(pilot, lambda: text_of(app).splitlines()[1].startswith(" 1 Sessions"))
        line = text_of(app).splitlines()[1]
        await pilot.click(offset=(line.index("›"), 1))
        await until(pilot, lambda: shells(app).at > 2)


@pytest.mark.slow
async def test_a_shell_is_found_in_its_pane_and_commands_in_the_palette_and_the_help(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with split(fake, tmp_path, RIGHT) as (app, pilot):
        await hit(pilot, PREFIX, "1")
        await says(pilot, "Session id")
        app.go("sessions", session(1)["SessionId"])
        await until(pilot, lambda: shells(app).at == 1 and shells(app).now is shells(app).panes[0])
        await hit(pilot, PREFIX, "question_mark")
        await says(pilot, "Keys: Sessions")
        await hit(pilot, "slash", *"After the prefix", "enter")
        await says(pilot, "After the prefix ^]", "Another shell on this node, at the right")
        await hit(pilot, "escape", PREFIX, "ctrl+p")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await hit(pilot, *"same room")
        await says(pilot, "Give all panes the same room")


@pytest.mark.slow
async def test_ascii_borders_draw_nothing_else(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with split(fake, tmp_path, RIGHT, BELOW, config=Config(theme="dark", glyphs="ascii")) as (_, pilot):
        screen = await says(pilot, "> + web-01", "=")
        assert [character for character in screen if not character.isascii()] == []


@pytest.mark.slow
async def test_a_link_is_shown_whole_and_copied(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    uri = "https://example.com/" + "x" * 200 + "/end"
    async with split(fake, tmp_path) as (app, pilot):
        app.screen.do(app.screen._link(uri))  # type: ignore[attr-defined]
        await says(pilot, "A link to example.com", "/end")
        await pilot.press("c")
        await until(pilot, lambda: app.clipboard == uri)


@pytest.mark.slow
async def test_a_key_in_one_pane_is_answered_while_another_floods(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with split(fake, tmp_path, RIGHT) as (_, pilot):
        flood, quiet = fake.channels
        stop = asyncio.Event()

        async def pour() -> None:
            while not stop.is_set():
                if flood._queue.qsize() < 4:
                    flood.says(b"all work and no play makes a dull log\r\n" * 100)
                await asyncio.sleep(0)

        pouring = asyncio.ensure_future(pour())
        await says(pilot, "dull log")
        for number in range(5):
            await hit(pilot, "k")
            await until(pilot, lambda number=number: len(quiet.typed) > number)
            quiet.says(b"<answer%d>\r\n" % number)
            await says(pilot, f"<answer{number}>")
        stop.set()
        await pouring
        flood.says(b"\r\nthe last line")
        await says(pilot, "the last line")


@pytest.mark.slow
async def test_four_panes_of_real_shells_go_on_after_the_engine_was_killed(tmp_path: Path) -> None:
    async with engine(tmp_path), engine_console(tmp_path, words="sessions", size=(120, 36)) as (app, pilot):
        await says(pilot, "No sessions yet.")
        await pilot.press("n")
        await says(pilot, "attached")
        for number, key in enumerate((RIGHT, BELOW), 2):
            await hit(pilot, PREFIX, key)
            await until(pilot, lambda number=number: sum(pane.attached for pane in shells(app).panes) == number)
        await hit(pilot, PREFIX, "h", PREFIX, BELOW)
        await until(pilot, lambda: sum(pane.attached for pane in shells(app).panes) == 4)
        await hit(pilot, PREFIX, "b")
        if os.geteuid() == 0:
            await says(pilot, "of them as root?")
            await pilot.press("enter")
        await until(pilot, lambda: text_of(app).count("BROADCAST") >= 4)
        await type_line(pilot, "kept=be''fore; echo $kept")
        await until(pilot, lambda: text_of(app).count("before") == 4)
        kill(app.links.peer["pid"])
        await until(pilot, lambda: any("reattached" in notice.text for notice in app.notices))
        await until(pilot, lambda: all(pane.attached for pane in shells(app).panes))
        await type_line(pilot, "echo the same $kept")
        await until(pilot, lambda: text_of(app).count("the same before") == 4)
        await type_line(pilot, "exit")
        await until(pilot, lambda: text_of(app).count("Enter closes") == 4)
