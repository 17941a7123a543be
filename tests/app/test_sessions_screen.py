"""Sessions in its four states at three sizes, its tabs and keys; and real shells on the real engine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.app._session_fake import SessionsFake, session
from tests.app.console import SIZES, at_each_size, console, hit, says, text_of, until
from tests.app.engine_console import engine, engine_console, type_line
from tests.app.fake_transport import FakeTransport
from tests.engine.daemons import kill
from tui.config import Config
from tui.errors import AccessDenied, ApiError, EngineStopped
from tui.services.sessions import Sessions
from tui.widgets.resource_table import ResourceTable

PREFIX = "ctrl+right_square_bracket"


@pytest.mark.parametrize("size", SIZES)
async def test_rows_show_status_node_and_id(size: tuple[int, int], tmp_path: Path) -> None:
    fake = SessionsFake(session(1), session(2, "Terminated", 2, Details="[red]bye"), session(3, "Disconnected"))
    async with console(fake.transport, tmp_path, words="sessions", size=size) as (_, pilot):
        screen = await says(pilot, "● Connected", "Terminated", "Disconnected", "web-01", "web-02", "ops-0000")
        assert "1 Sessions" in screen
        assert "[red]" in screen
        assert len(screen.splitlines()) == size[1]


@pytest.mark.parametrize("size", SIZES)
async def test_empty_says_what_this_is_and_the_key_that_makes_the_first(size: tuple[int, int], tmp_path: Path) -> None:
    async with console(SessionsFake().transport, tmp_path, words="sessions", size=size) as (_, pilot):
        await says(pilot, "No sessions yet.", "n opens one here")


async def test_loading_says_so(tmp_path: Path) -> None:
    never = asyncio.Event()

    async def wait(_: dict[str, Any]) -> dict[str, Any]:
        await never.wait()
        return {"Sessions": []}

    fake = SessionsFake()
    fake.transport.answers["DescribeSessions"] = wait
    async with console(fake.transport, tmp_path, words="sessions") as (_, pilot):
        await at_each_size(pilot, "Loading the sessions…")
        never.set()
        await says(pilot, "No sessions yet.")


async def test_an_error_says_what_why_and_the_way_out(tmp_path: Path) -> None:
    denied = AccessDenied("AccessDenied", "no", operation="DescribeSessions", action="ssm:DescribeSessions")
    transport = FakeTransport({"DescribeSessions": denied})
    async with console(transport, tmp_path, words="sessions") as (_, pilot):
        await at_each_size(pilot, "Denied", "ssm:DescribeSessions", "R tries")


@pytest.mark.parametrize("size", [(20, 5), (1, 1)])
async def test_no_size_of_terminal_crashes(size: tuple[int, int], tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with console(fake.transport, tmp_path, words="sessions", size=size) as (app, pilot):
        await until(pilot, lambda: app.screen.rows)  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, lambda: fake.channels)
        fake.channels[0].says("a line that is far too long for this 한\r\n".encode() * 9)
        await hit(pilot, "a", PREFIX, "1", "2", "X", "escape")
        await pilot.resize_terminal(*reversed(size))
        await pilot.pause()


async def test_a_shell_has_its_tab_its_size_from_the_first_byte_and_every_key(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    fake.replay = b"what was said before\r\n"
    async with console(fake.transport, tmp_path, words="sessions", size=(80, 24)) as (app, pilot):
        await says(pilot, "Connected")
        await pilot.press("enter")
        screen = await says(pilot, "what was said before", "2 ● web-01", "ops · attached · ^]", "^] d leave running")
        channel = fake.channels[0]
        assert channel.sizes == [(21, 80)]
        assert not channel.read_only
        assert len(screen.splitlines()) == 24
        channel.says(b"\x1b]2;[red]vim \x07$ ")
        await says(pilot, "2 ● [red]vim", "$")
        await hit(pilot, "q", "X", "escape", "tab", "ctrl+q", "slash", "question_mark", "ctrl+c", "f5")
        await until(pilot, lambda: channel.typed == b"qX\x1b\t\x11/?\x03\x1b[15~")
        await pilot.resize_terminal(100, 30)
        await until(pilot, lambda: channel.sizes[-1] == (27, 100))
        assert app.screen.NOUN == "sessions"  # type: ignore[attr-defined]


async def test_the_prefix_goes_between_tabs_leaves_ends_and_says_what_it_does_not_know(tmp_path: Path) -> None:
    fake = SessionsFake(session(1), session(2, target=2))
    async with console(fake.transport, tmp_path, words="sessions") as (app, pilot):
        await says(pilot, "web-02")
        await pilot.press("enter")
        await says(pilot, "2 ● web-01")
        await hit(pilot, PREFIX, "1")
        await says(pilot, "Session id")
        await hit(pilot, "j", "enter")
        await says(pilot, "3 ● web-02")
        assert app.screen.crumb() == "Sessions › web-02"  # type: ignore[attr-defined]
        await hit(pilot, PREFIX, "2")
        await until(pilot, lambda: app.screen.crumb() == "Sessions › web-01")  # type: ignore[attr-defined]
        await hit(pilot, PREFIX, "9")
        await says(pilot, "There is no tab 9.")
        await hit(pilot, PREFIX, "u")
        await says(pilot, "^] u means nothing here", "d leave running")
        await hit(pilot, PREFIX, "colon")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await hit(pilot, "escape", PREFIX, "question_mark")
        await says(pilot, "Keys: Sessions")
        await hit(pilot, "escape", PREFIX, "left_square_bracket")
        await says(pilot, "q leave")
        await hit(pilot, "q", PREFIX, "x")
        await says(pilot, "End the shell on web-01?")
        await pilot.press("escape")
        assert fake.sent("TerminateSession") == []
        await hit(pilot, PREFIX, "x")
        await says(pilot, "End the shell on web-01?")
        await pilot.press("enter")
        await says(pilot, "exit status 129", "Enter closes", "○ web-01")
        await pilot.press("enter")
        await until(pilot, lambda: "web-01" not in text_of(app).splitlines()[1])


async def test_what_was_typed_for_a_shell_that_had_just_ended_went_into_the_shell_beside_it(tmp_path: Path) -> None:
    fake = SessionsFake(session(1), session(2, target=2))
    async with console(fake.transport, tmp_path, words="sessions") as (app, pilot):
        await says(pilot, "web-02")
        await pilot.press("enter")
        await says(pilot, "2 ● web-01")
        await hit(pilot, PREFIX, "1", "j", "enter")
        await says(pilot, "3 ● web-02")
        await hit(pilot, *"kill", "space")
        await until(pilot, lambda: fake.channels[1].typed == b"kill ")
        fake.channels[1].end(129)
        await says(pilot, "exit status 129")
        await hit(pilot, *"2", "enter", *"snXc", "enter")
        await pilot.pause()
        assert app.screen.crumb() == "Sessions › web-02"  # type: ignore[attr-defined]
        assert fake.channels[0].typed == b"" and len(fake.channels) == 2
        assert fake.sent("StartSession") == [] and len(app.screen_stack) == 1


async def test_leaving_a_shell_says_that_it_runs_on_and_not_that_it_was_lost(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with console(fake.transport, tmp_path, words="sessions") as (app, pilot):
        await says(pilot, "web-01")
        await pilot.press("enter")
        await says(pilot, "attached")
        await hit(pilot, PREFIX, "d")
        await says(pilot, "The shell on web-01 runs on", "Session id")
        assert fake.channels[0].is_closed
        assert not [notice.text for notice in app.notices if "lost" in notice.text]
        assert fake.sent("TerminateSession") == []


async def test_enter_in_a_shell_starts_an_engine_that_was_stopped_and_comes_back(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with console(fake.transport, tmp_path, words="sessions") as (_, pilot):
        await says(pilot, "web-01")
        await pilot.press("enter")
        await says(pilot, "attached")
        fake.transport.lose(EngineStopped("The engine was stopped."))
        fake.channels[0].end(None, "The engine was stopped.")
        await says(pilot, "stopped, R starts it", "Enter in a shell", "Enter starts the engine")
        await pilot.press("enter")
        await says(pilot, "reattached")
        await until(pilot, lambda: len(fake.channels) == 2)
        await pilot.press("l")
        await until(pilot, lambda: fake.channels[1].typed == b"l")


async def test_a_shell_that_ends_behind_ones_back_is_told_and_the_notice_opens_it(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with console(fake.transport, tmp_path, words="sessions") as (_, pilot):
        await says(pilot, "web-01")
        await pilot.press("enter")
        await says(pilot, "attached")
        await hit(pilot, PREFIX, "1")
        fake.over(session(1)["SessionId"], 3)
        await says(pilot, "The shell on web-01 ended, exit status 3.", "' to open")
        await pilot.press("apostrophe")
        await says(pilot, "exit status 3 · Enter closes")


async def test_a_session_that_came_while_a_shell_hid_the_list_is_in_view_when_the_list_is_back(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with console(fake.transport, tmp_path, words="sessions") as (app, pilot):
        await says(pilot, "web-01")
        await pilot.press("enter")
        await says(pilot, "attached")
        fake.sessions = {one["SessionId"]: one for one in (session(2, target=2), *fake.sessions.values())}
        fake.over(session(1)["SessionId"], 0)
        await says(pilot, "Enter closes")
        app.screen.reload()  # type: ignore[attr-defined]  # keys are typed into the shell that has ended
        await until(pilot, lambda: len(app.screen.query_one(ResourceTable).model.standing) == 2)
        await pilot.press("enter")
        await says(pilot, "Session id")
        for _ in range(5):
            await pilot.pause()  # whatever is still to be drawn is drawn
        assert "web-02" in text_of(app)


async def test_x_ends_the_marked_sessions_and_passes_over_those_that_ended(tmp_path: Path) -> None:
    fake = SessionsFake(session(1), session(2, target=2), session(3, "Terminated"))
    async with console(fake.transport, tmp_path, words="sessions") as (_, pilot):
        await says(pilot, "Terminated")
        await hit(pilot, "G", "X")
        await says(pilot, "Can't end this session: it has ended.")
        await hit(pilot, "M", "slash", *"web-01", "enter", "X")
        await says(pilot, "End 2 shells?", "On web-01, web-02.", "1 of them are marked and hidden by the filter.")
        await pilot.press("enter")
        await until(pilot, lambda: len(fake.sent("TerminateSession")) == 2)


async def test_n_asks_for_the_node_where_there_are_several_and_s_opens_one_more_there(tmp_path: Path) -> None:
    fake = SessionsFake(session(1, target=2))
    async with console(fake.transport, tmp_path, words="sessions") as (_, pilot):
        await says(pilot, "web-02")
        await pilot.press("n")
        await says(pilot, "A shell on", "1 web-01", "2 web-02")
        await pilot.press("1")
        await says(pilot, "2 ● web-01", "attached")
        await hit(pilot, PREFIX, "1", "g", "s")
        await says(pilot, "3 ● web-0")
        assert len(fake.sent("StartSession")) == 2


async def test_an_ended_session_is_said_to_be_over_and_no_empty_tab_is_made(tmp_path: Path) -> None:
    fake = SessionsFake(session(1, "Terminated", Details="The shell exited with status 3."))
    async with console(fake.transport, tmp_path, words="sessions") as (app, pilot):
        await says(pilot, "Terminated")
        await pilot.press("enter")
        await says(pilot, "The shell on web-01 is over. The shell exited with status 3.")
        app.notices.clear()
        app.go("sessions", session(1)["SessionId"])
        await says(pilot, "The shell on web-01 is over.")
        assert "2 " not in text_of(app).splitlines()[2]


async def test_keys_work_again_at_once_after_a_shell_could_not_be_opened(tmp_path: Path) -> None:
    fake = SessionsFake(session(1), nodes=1)
    fake.transport.answers["StartSession"] = ApiError("TargetNotConnected", "mi-1 is not connected.")
    async with console(fake.transport, tmp_path, words="sessions") as (app, pilot):
        await says(pilot, "web-01")
        await pilot.press("n")
        await says(pilot, "TargetNotConnected")
        assert app.screen.settled  # type: ignore[attr-defined]
        app.go("sessions", "ops-unknown")
        await says(pilot, "DoesNotExistException")
        assert app.screen.settled  # type: ignore[attr-defined]


async def test_read_only_looks_types_nothing_and_refuses_what_changes(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with console(fake.transport, tmp_path, words="sessions", read_only=True) as (_, pilot):
        await says(pilot, "web-01")
        for key in ("n", "X", "s"):
            await pilot.press(key)
            await says(pilot, "read-only (started with")
        await pilot.press("enter")
        await says(pilot, "attached, look only")
        await hit(pilot, "l", "s", "enter")
        await pilot.pause()
        assert fake.channels[0].read_only
        assert fake.channels[0].typed == b""


async def test_every_key_of_the_list_works(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with console(fake.transport, tmp_path, words="sessions") as (app, pilot):
        await says(pilot, "web-01")
        await hit(pilot, *"123456789", "R", "w", "w", "M", "asterisk", "space", "less_than_sign", "comma", "tab")
        await says(pilot, "There is no tab 9.")
        await pilot.press("y")
        await says(pilot, "SessionId: ops-0000")
        await hit(pilot, "escape", "c")
        await says(pilot, "session id", "node id")
        await pilot.press("1")
        await until(pilot, lambda: app.clipboard == session(1)["SessionId"])
        await hit(pilot, "slash", *"zzz", "enter")
        await says(pilot, "0 of 1")
        await hit(pilot, "escape", "escape")
        await says(pilot, "This is the outermost place.")


async def test_the_far_end_s_wish_for_the_clipboard_is_asked_about(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with console(fake.transport, tmp_path, words="sessions") as (app, pilot):
        await says(pilot, "web-01")
        await pilot.press("enter")
        await says(pilot, "attached")
        fake.channels[0].says(b"\x1b]52;c;c2VjcmV0\x07")
        await says(pilot, "The shell wants to write the clipboard.", "secret")
        await pilot.press("enter")
        await until(pilot, lambda: app.clipboard == "secret")


async def test_ascii_glyphs_draw_nothing_else(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    ascii_only = Config(theme="dark", glyphs="ascii")
    async with console(fake.transport, tmp_path, words="sessions", config=ascii_only) as (_, pilot):
        screen = await says(pilot, "web-01")
        assert [character for character in screen if not character.isascii()] == []
        await pilot.press("enter")
        await says(pilot, "attached")
        fake.over(session(1)["SessionId"], 0)
        screen = await says(pilot, "Enter closes")
        assert [character for character in screen if not character.isascii()] == []


async def test_a_real_shell_answers_is_left_found_again_and_its_exit_status_is_shown(tmp_path: Path) -> None:
    async with engine(tmp_path):
        async with engine_console(tmp_path, words="sessions", size=(80, 24)) as (app, pilot):
            await says(pilot, "No sessions yet.")
            await pilot.press("n")
            await says(pilot, "attached")
            await type_line(pilot, "stty size; kept=fir''st")
            await says(pilot, "21 80")
            # A second one beside it, by the prefix.
            await hit(pilot, PREFIX, "n")
            await until(pilot, lambda: len(app.screen.shells.panes) == 2)  # type: ignore[attr-defined]
            await type_line(pilot, "echo sec''ond; sh -c 'exit 7'; exit 7")
            await says(pilot, "exit status 7 · Enter closes")
            await pilot.press("enter")
            await says(pilot, "Session id")
            await pilot.press("2")
            await type_line(pilot, "echo still $kept")
            await says(pilot, "still first")
            await hit(pilot, PREFIX, "d")
            await says(pilot, "runs on", "Disconnected", "Terminated")
        # Another console finds it, with what was on its screen, and may only look.
        async with engine_console(tmp_path, words="sessions", size=(100, 30), read_only=True) as (app, pilot):
            await says(pilot, "Disconnected")
            await hit(pilot, "g", "enter")
            await says(pilot, "still first", "look only")
            await type_line(pilot, "echo in''truder")
        async with engine_console(tmp_path, words="sessions") as (app, pilot):
            live = [one.id async for page in app.services.of(Sessions).list() for one in page]
            assert len(live) == 1
            app.go("sessions", live[0])
            await type_line(pilot, "echo $kept again; stty size")
            screen = await says(pilot, "first again", "33 120")
            assert "intruder" not in screen
            await hit(pilot, PREFIX, "x")
            await says(pilot, "End the shell")
            await pilot.press("enter")
            await says(pilot, "Enter closes")
            assert [one async for page in app.services.of(Sessions).list() for one in page] == []


async def test_a_shell_goes_on_in_its_tab_after_the_engine_was_killed(tmp_path: Path) -> None:
    async with engine(tmp_path), engine_console(tmp_path, words="nodes", size=(80, 24)) as (app, pilot):
        await says(pilot, "Online")
        await pilot.press("s")
        await type_line(pilot, "kept=be''fore; echo $kept")
        await says(pilot, "before")
        kill(app.links.peer["pid"])
        await until(pilot, lambda: any("reattached" in notice.text for notice in app.notices))
        await type_line(pilot, "echo the same $kept")
        await says(pilot, "the same before")
        await hit(pilot, PREFIX, "1")
        await says(pilot, "Connected")
