"""One command live: panes, output, and what one does with it; on plain events, and on the real engine."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.app._command_fake import ID, CommandsFake, command, invocation, output
from tests.app.console import SIZES, console, hit, says, text_of, until
from tests.engine.daemons import kill, state_folder
from tui.errors import ApiError, Unreachable
from tui.transport.local import LocalTransport

ANY_SIZE = [*SIZES, (20, 5)]


def begun(*statuses: str, **more: Any) -> list[dict[str, Any]]:
    """Give the first events of a watch: the command, and its nodes in these states."""
    nodes = len(statuses)
    over = all(status not in ("InProgress", "Pending") for status in statuses)
    first = command(1, "Success" if over else "InProgress", nodes, **more)
    events: list[dict[str, Any]] = [{"type": "command", "Command": first}]
    for index, status in enumerate(statuses, 1):
        events.append({"type": "invocation", "Invocation": invocation(index, status)})
    return events


@contextlib.asynccontextmanager
async def opened(tmp_path: Path, fake: CommandsFake, *events: Any, **more: Any) -> AsyncIterator[Any]:
    async with console(fake.transport, tmp_path, words=f"command {ID.format(1)}", **more) as (app, pilot):
        await fake.happen(*events)
        yield app, pilot


@pytest.mark.parametrize("size", SIZES)
async def test_panes_show_what_each_node_says_while_it_says_it(tmp_path: Path, size: tuple[int, int]) -> None:
    fake = CommandsFake(command())
    async with opened(tmp_path, fake, *begun("InProgress", "InProgress"), size=size) as (_, pilot):
        await says(pilot, "web-01", "web-02", "0/2")
        await fake.happen(
            output(1, b"one\ntw"), output(2, b"other\n"), output(1, b"o\n", 6), output(1, b"bad\n", 0, "stderr")
        )
        await says(pilot, "one", "two", "other", "bad")
        fake.exits[2] = 3
        await fake.happen(*begun("Success", "Failed")[1:])
        await says(pilot, "2/2", "✔ 0.8s", "✖ exit 3")


@pytest.mark.parametrize("size", ANY_SIZE)
async def test_its_other_states_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    tall = size[1] > 10
    fake = CommandsFake(command())
    async with opened(tmp_path, fake, size=size) as (_, pilot):
        if tall:
            await says(pilot, "Looking for the command")
        await fake.happen({"type": "command", "Command": command(1, "Success", 0, StatusDetails="NoInstancesInTag")})
        if tall:
            await says(pilot, "No node was meant by this command")
    fake = CommandsFake()
    fake.transport.answers["ListCommands"] = ApiError("InvalidCommandId", "there is none")
    async with opened(tmp_path, fake, size=size) as (_, pilot):
        if tall:
            await says(pilot, "InvalidCommandId")
    async with console(Unreachable("No engine answers."), tmp_path, words=f"command {ID}", size=size) as (_, pilot):
        if tall:
            await says(pilot, "No engine answers.")
    fake = CommandsFake(command())
    async with opened(tmp_path, fake, *begun(*["InProgress"] * 9), output(1, b"hello\n"), size=size) as (_, pilot):
        await says(pilot, "hello" if tall else "web-0")


@pytest.mark.parametrize(("size", "head"), [((20, 5), 0), ((80, 10), 1), ((80, 24), 2)])
async def test_a_low_terminal_has_headings_and_no_line_of_output(
    tmp_path: Path, size: tuple[int, int], head: int
) -> None:
    fake = CommandsFake(command(nodes=1))
    async with opened(tmp_path, fake, *begun("InProgress"), output(1, b"one\ntwo\n"), size=size) as (app, pilot):
        await says(pilot, "web-01", "one", "two")
        assert app.screen.head.size.height == head  # type: ignore[attr-defined]


async def test_only_panes_in_sight_are_asked_for_and_400_nodes_have_pages(tmp_path: Path) -> None:
    fake = CommandsFake(command(nodes=400))
    async with opened(tmp_path, fake, *begun(*["Success"] * 400), size=(120, 36)) as (app, pilot):
        await says(pilot, "400/400", "more", "page 1 of")
        seen = len(app.screen.grid.in_sight)
        assert seen < 40
        await until(pilot, lambda: len({one["InstanceId"] for one in fake.sent("GetOutput")}) >= seen)
        assert len({one["InstanceId"] for one in fake.sent("GetOutput")}) == seen
        await pilot.press("pagedown")
        await says(pilot, "page 2 of")
        await pilot.press("G")
        await says(pilot, "web-400")


async def test_zoom_moves_between_panes_and_esc_closes_the_innermost_first(tmp_path: Path) -> None:
    fake = CommandsFake(command(nodes=3))
    events = [*begun(*["InProgress"] * 3), output(2, b"".join(b"line %d\n" % n for n in range(200)))]
    async with opened(tmp_path, fake, *events) as (app, pilot):
        await says(pilot, "line 199")
        await pilot.press("tab", "z")
        await says(pilot, "line 175", "line 199")
        assert app.screen.grid.zoomed
        # Scrolled back, what comes does not move the text.
        await pilot.press("g")
        await says(pilot, "line 0", "below")
        await fake.happen(output(2, b"and more\n", len(b"".join(b"line %d\n" % n for n in range(200)))))
        await until(pilot, lambda: "and more" in app.screen.run.tail.lines[-1].text)
        assert "line 0 " in text_of(app).replace("\n", " ")
        await pilot.press("G")
        await says(pilot, "and more")
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.grid.zoomed)
        assert app.screen.NOUN == "command"


async def test_slash_filters_nodes_among_panes_and_searches_in_the_one_that_is_read(tmp_path: Path) -> None:
    fake = CommandsFake(command(nodes=2))
    events = [*begun("InProgress", "InProgress"), output(1, b"".join(b"line %d\n" % n for n in range(200)))]
    async with opened(tmp_path, fake, *events, size=(160, 36)) as (app, pilot):
        screen = await says(pilot, "line 199", "web-02")
        assert "/ filter" in screen
        await hit(pilot, "slash", *"web-01", "enter")
        await until(pilot, lambda: "web-02" not in text_of(app))
        await pilot.press("z")
        screen = await says(pilot, "/ search", "line 175")
        assert "/ filter" not in screen
        await hit(pilot, "slash", *"ine 77", "enter")
        await says(pilot, "line 77", "/ine 77", "below")
        assert app.screen.bottom.filter_text == "web-01"
        await hit(pilot, "slash", *"nowhere", "enter")
        await says(pilot, "'nowhere' is not in what this pane keeps")
        await pilot.press("escape")
        assert app.screen.grid.zoomed
        await pilot.press("escape")
        await says(pilot, "/ filter")
        await pilot.press("escape")
        await says(pilot, "web-02")
        assert app.screen.NOUN == "command"


async def test_slash_searches_what_one_node_alone_says(tmp_path: Path) -> None:
    fake = CommandsFake(command(nodes=1))
    said = b"".join(b"\x1b[3%dmline %d\x1b[0m\n" % (n % 8, n) for n in range(200))
    async with opened(tmp_path, fake, *begun("InProgress"), output(1, said)) as (app, pilot):
        await says(pilot, "line 199")
        await hit(pilot, "slash", *"ine 5", "enter", "n")
        await says(pilot, "line 50", "below")
        await pilot.press("N")
        await says(pilot, "line 5\n", "below")
        await pilot.press("escape", "G")
        await says(pilot, "line 199")
        assert app.screen.NOUN == "command"


async def test_failed_only_and_the_same_output_together(tmp_path: Path) -> None:
    fake = CommandsFake(command(nodes=4), nodes=4)
    for index in (1, 2, 3):
        fake.said[index, "stdout"] = b"configuration ok\n"
    fake.said[4, "stdout"] = b"bind() failed\n"
    fake.exits[4] = 1
    async with opened(tmp_path, fake, *begun("Success", "Success", "Success", "Failed")) as (_, pilot):
        await says(pilot, "configuration ok", "bind() failed")
        await pilot.press("u")
        screen = await says(pilot, "3 nodes: web-01, web-02, web-03", "1 node: web-04")
        assert screen.count("configuration ok") == 1
        await pilot.press("u", "f")
        await until(pilot, lambda: "web-01" not in text_of(pilot.app))
        await says(pilot, "web-04", "failed only")
        await hit(pilot, "f", "slash", *"exit=0", "enter")
        await until(pilot, lambda: "web-04" not in text_of(pilot.app))
        await says(pilot, "web-01", "3 of 4")
        await pilot.press("escape", "f")
        await pilot.press("a")
        await says(pilot, "runs on 1 node", "web-04", "unlike the last run: -3 nodes")


async def test_a_command_that_ran_for_long_counted_from_when_its_screen_was_opened(tmp_path: Path) -> None:
    fake = CommandsFake(command(nodes=1))
    began = datetime.now(UTC) - timedelta(minutes=5)
    fake.transport.answers["GetCommandInvocation"] = {
        "CommandId": ID.format(1),
        "InstanceId": f"mi-{1:017x}",
        "Status": "InProgress",
        "ResponseCode": -1,
        "ExecutionStartDateTime": began.isoformat().replace("+00:00", "Z"),
    }
    async with console(fake.transport, tmp_path, words=f"command {ID.format(1)}") as (_, pilot):
        long_ago = {**invocation(1), "RequestedDateTime": began.timestamp()}
        await fake.happen(
            {"type": "command", "Command": fake.commands[0]}, {"type": "invocation", "Invocation": long_ago}
        )
        await says(pilot, "▶ 5m")


async def test_output_that_came_before_one_looked_is_fetched_and_not_shown_twice(tmp_path: Path) -> None:
    fake = CommandsFake(command(nodes=1))
    fake.said[1, "stdout"] = b"before\nduring\n"
    async with opened(tmp_path, fake, *begun("InProgress")) as (_, pilot):
        await says(pilot, "before", "during")
        await fake.happen(output(1, b"during\n", 7), output(1, b"after\n", 14))
        screen = await says(pilot, "after")
        assert [screen.count(word) for word in ("before", "during", "after")] == [1, 1, 1]


async def test_what_was_dropped_on_its_way_is_fetched_counted_and_said(tmp_path: Path) -> None:
    fake = CommandsFake(command(nodes=1))
    async with opened(tmp_path, fake, *begun("InProgress")) as (app, pilot):
        await fake.happen(output(1, b"first\n"))
        await says(pilot, "first")
        fake.said[1, "stdout"] = b"first\n" + b"x" * 999 + b"\n" + b"y\n" * 2_000_000 + b"last\n"
        node = f"mi-{1:017x}"
        await fake.happen({"type": "dropped", "InstanceId": node, "Stream": "stdout", "Bytes": 4_001_000})
        await fake.happen(output(1, b"last\n", len(fake.said[1, "stdout"]) - 5))
        await says(pilot, "last", "not shown", "v for the whole", "came too fast")
        assert app.screen.run.tail.kept_bytes < 400_000


async def test_the_whole_output_is_read_in_parts_with_its_ends_and_a_search(tmp_path: Path) -> None:
    fake = CommandsFake(command(nodes=1))
    fake.said[1, "stdout"] = b"".join(b"row %07d\n" % n for n in range(400_000))
    async with opened(tmp_path, fake, *begun("Success")) as (app, pilot):
        await says(pilot, "row 0399999")
        await pilot.press("v")
        await says(pilot, "row 0000000", "of 4.6 MiB")
        await pilot.press("G")
        await says(pilot, "row 0399999", "100 %")
        await pilot.press("g")
        await says(pilot, "row 0000000")
        await hit(pilot, "slash", *"0300123", "enter")
        await says(pilot, "row 0300123")
        await pilot.press("N")
        await says(pilot, "is not before this place")
        assert len(app.screen._bytes) < 2_000_000
        await pilot.press("escape")
        await until(pilot, lambda: getattr(app.screen, "NOUN", "") == "command")


async def test_outputs_are_saved_as_files_of_their_owner_alone(tmp_path: Path) -> None:
    fake = CommandsFake(command(nodes=2))
    fake.said[1, "stdout"], fake.said[2, "stderr"] = b"out\xff\x00", b"err"
    folder = tmp_path / "saved"
    async with opened(tmp_path, fake, *begun("Success", "Failed")) as (app, pilot):
        await says(pilot, "2/2")
        await pilot.press("ctrl+s")
        await says(pilot, "Save the output of 2 nodes")
        app.screen.line.text = str(folder)
        await pilot.press("enter")
        await says(pilot, "Saved 2 files")
    files = sorted(folder.iterdir())
    assert [file.read_bytes() for file in files] == [b"out\xff\x00", b"err"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


async def test_markup_escapes_and_wide_characters_in_output_stay_text(tmp_path: Path) -> None:
    fake = CommandsFake(command(nodes=1))
    said = "[red]x[/red]\n\x1b[31mcoloured\x1b[0m\n한글 다음\n10%\r20%\rdone\n\x07bell\n".encode() + b"\xff\xfe\n"
    async with opened(tmp_path, fake, *begun("InProgress"), output(1, said)) as (_, pilot):
        screen = await says(pilot, "[red]x[/red]", "coloured", "한글 다음", "done", "␇bell")
        assert "20%" not in screen
        assert "[31m" not in screen


async def test_read_only_refuses_what_changes(tmp_path: Path) -> None:
    fake = CommandsFake(command(nodes=1))
    async with opened(tmp_path, fake, *begun("InProgress"), read_only=True) as (app, pilot):
        await says(pilot, "web-01")
        for key in ("X", "a", "s"):
            await pilot.press(key)
            await says(pilot, "read-only")
            assert app.screen.NOUN == "command"


# On the real engine.


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[LocalTransport]:
    async with state_folder(tmp_path / "state") as folder:
        transport = await LocalTransport.connect(folder)
        yield transport


async def run(pilot: Any, app: Any, script: str) -> None:
    """Send a script from the launcher as one does."""
    app.go("run")
    await says(pilot, "runs on 1 node", "executionTimeout")
    app.screen.query_one("TextField").set_text(script)
    await pilot.press("enter")
    await until(pilot, lambda: app.screen.NOUN == "command")


async def test_a_real_command_fails_with_its_exit_and_both_streams(tmp_path: Path, engine: LocalTransport) -> None:
    async with console(engine, tmp_path) as (app, pilot):  # type: ignore[arg-type]
        await run(pilot, app, "echo hello; echo trouble >&2; exit 3")
        await says(pilot, "hello", "trouble", "✖ exit 3", "1/1")


async def test_a_real_command_streams_and_is_cancelled(tmp_path: Path, engine: LocalTransport) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    async with console(engine, tmp_path) as (app, pilot):  # type: ignore[arg-type]
        await run(pilot, app, f"echo before; cat {gate}; echo after")
        await says(pilot, "before", "▶")
        await pilot.press("X", "X")
        await says(pilot, "Cancelled")
        assert "\nafter" not in text_of(app)


async def test_the_daemon_killed_meanwhile_and_back_goes_on_without_a_line_twice(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    async with state_folder(tmp_path / "state") as folder:
        transport = await LocalTransport.connect(folder)
        async with console(transport, tmp_path) as (app, pilot):  # type: ignore[arg-type]
            await run(pilot, app, f"echo unique-$((40+2)); cat {gate}; echo later-$((40+3))")
            await says(pilot, "unique-42")
            kill(transport.peer["pid"])
            await says(pilot, "reattached")
            with gate.open("w") as file:
                file.write("through\n")
            screen = await says(pilot, "unique-42", "through", "later-43", "Success")
            assert screen.count("unique-42") == 1
