"""Two nodes' outputs held against each other: how the two are chosen, and the window that shows what differs."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.app._command_fake import ID, CommandsFake, command, invocation
from tests.app.console import SIZES, console, hit, says, text_of, until
from tui.config import Config
from tui.errors import ApiError
from tui.screens import _output_diff
from tui.screens._output_diff import OutputDiff

SAME = b"".join(b"same %d\n" % n for n in range(60))


@contextlib.asynccontextmanager
async def ran(tmp_path: Path, *outputs: bytes, size: tuple[int, int] = (120, 36), **more: Any) -> AsyncIterator[Any]:
    """Open a command that has ended on as many nodes, each with its output."""
    fake = CommandsFake(command(nodes=len(outputs)))
    for index, data in enumerate(outputs, 1):
        fake.said[index, "stdout"] = data
    async with console(fake.transport, tmp_path, words=f"command {ID.format(1)}", size=size, **more) as (app, pilot):
        await fake.happen({"type": "command", "Command": command(1, "Success", len(outputs))})
        await fake.happen(
            *({"type": "invocation", "Invocation": invocation(n + 1, "Success")} for n in range(len(outputs)))
        )
        await says(pilot, "web-01")
        yield app, pilot, fake


async def compared(app: Any, pilot: Any) -> OutputDiff:
    await until(pilot, lambda: isinstance(app.screen, OutputDiff) and app.screen.ready)
    window: OutputDiff = app.screen
    return window


@pytest.mark.parametrize("size", [*SIZES, (20, 5)])
async def test_two_panes_are_compared_at_once(tmp_path: Path, size: tuple[int, int]) -> None:
    async with ran(tmp_path, SAME + b"listen 80;\n", SAME + b"listen 8080;\n", size=size) as (app, pilot, _):
        await pilot.press("x")
        window = await compared(app, pilot)
        if size[0] == 20:
            return
        shown = await says(pilot, "- web-01", "+ web-02", "57 equal lines", "change 1 of 1", "-1 +1")
        lines = [line for line in shown.splitlines() if "listen" in line]
        if size[0] >= 120:
            assert window.view.beside
            assert "- listen 80;" in lines[0].partition("│")[0]
            assert "+ listen 8080;" in lines[0].partition("│")[2]
        else:
            assert lines == ["- listen 80;", "+ listen 8080;"]
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.NOUN == "command")


async def test_x_on_a_pane_and_x_on_another_compares_these_two_of_many(tmp_path: Path) -> None:
    async with ran(tmp_path, b"one\n", b"two\n", b"three\n", size=(80, 24)) as (app, pilot, _):
        shown = await says(pilot, "one", "two", "three")
        assert "x diff " in shown.splitlines()[-1]
        await pilot.press("x")
        await says(pilot, "first of two", "web-01 is the first of two")
        await pilot.press("x")
        await until(pilot, lambda: "◆ first of two" not in text_of(app))
        await pilot.press("x", "tab", "tab", "x")
        await compared(app, pilot)
        await says(pilot, "- web-01", "+ web-03", "- one", "+ three")
        await pilot.press("q")
        await until(pilot, lambda: app.screen.NOUN == "command")
        assert "◆ first of two" not in text_of(app)


async def test_a_smaller_group_shows_its_difference_from_the_largest(tmp_path: Path) -> None:
    async with ran(tmp_path, b"odd\n", b"even\n", b"even\n", b"even\n", b"other\n") as (app, pilot, _):
        await pilot.press("u")
        await says(pilot, "3 nodes: web-02, web-03, web-04", "1 node: web-01", "x diff")
        await pilot.press("x")
        await says(pilot, "This is the largest group")
        await pilot.press("tab", "x")
        await compared(app, pilot)
        await says(pilot, "- 3 nodes: web-02", "+ 1 node: web-01", "- even", "+ odd")


async def test_the_keys_of_a_difference(tmp_path: Path) -> None:
    left = SAME + b"old a\n" + SAME + b"old b\n" + SAME
    right = SAME + b"new a\n" + SAME + b"new b\n" + SAME
    async with ran(tmp_path, left, right, size=(80, 24)) as (app, pilot, _):
        await pilot.press("x")
        window = await compared(app, pilot)
        await says(pilot, "old a", "54 equal lines", "change 1 of 2")
        await pilot.press("tab")
        await says(pilot, "new b", "change 2 of 2")
        await pilot.press("tab")
        await says(pilot, "no change below")
        await pilot.press("K")
        await says(pilot, "change 1 of 2")
        await pilot.press("v", "g")
        await until(pilot, lambda: "equal lines" not in text_of(app))
        await says(pilot, "  same 0\n")
        await pilot.press("G")
        await says(pilot, "same 59")
        await pilot.press("v")
        await says(pilot, "equal lines")
        # What is looked for is found in what is folded as well.
        await hit(pilot, "slash", *"same 17", "enter")
        await says(pilot, "same 17", "same 18")
        first = window.view.match
        await pilot.press("n")
        await until(pilot, lambda: window.view.match > first)
        await pilot.press("N")
        await until(pilot, lambda: window.view.match == first)
        await hit(pilot, "slash", *"nowhere", "enter")
        await says(pilot, "is in neither")
        await pilot.press("slash", *"jj", "escape", "c")
        await until(pilot, lambda: app.clipboard.startswith("--- web-01\n+++ web-02\n@@ -58,7 +58,7 @@\n same 57"))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.NOUN == "command")


async def test_a_window_made_wider_puts_the_two_side_by_side_at_the_same_place(tmp_path: Path) -> None:
    left = b"".join(b"left %d\n" % n for n in range(200))
    right = b"".join(b"right %d\n" % n for n in range(200))
    async with ran(tmp_path, left, right, size=(100, 30)) as (app, pilot, _):
        await pilot.press("x")
        window = await compared(app, pilot)
        assert not window.view.beside
        await hit(pilot, *["j"] * 50)
        await until(pilot, lambda: window.view.top == 50)
        await pilot.resize_terminal(140, 30)
        await until(pilot, lambda: window.view.beside)
        await says(pilot, "left 50 ", "right 50")
        assert window.view.top == 50


async def test_outputs_that_are_equal_or_look_equal_or_have_stderr_say_so(tmp_path: Path) -> None:
    async with ran(tmp_path, b"red\n", b"\x1b[31mred\x1b[0m\n") as (app, pilot, fake):
        await pilot.press("x")
        await compared(app, pilot)
        await says(pilot, "they look the same")
        fake.said[2, "stdout"] = b"red\n"
        await pilot.press("R")
        await says(pilot, "no difference")
        await pilot.press("c")
        await says(pilot, "there is no difference to copy")
        fake.said[2, "stderr"] = b"bind() failed\n"
        await pilot.press("R")
        await says(pilot, "── stdout", "── stderr", "+ bind() failed", "-0 +1")


async def test_markup_control_characters_and_wide_ones_stay_in_their_column(tmp_path: Path) -> None:
    left = "[red]한글한글\x07\t[/red] old\n".encode()
    async with ran(tmp_path, left * 2, left + b"\xff new " + "한".encode() * 90 + b"\n", size=(121, 30)) as (
        app,
        pilot,
        _,
    ):
        await pilot.press("x")
        await compared(app, pilot)
        shown = await says(pilot, "[red]한글한글␇", "� new")
        assert "…" in shown
        for strip in app.screen.view.render_lines(app.screen.view.region.reset_offset):
            assert strip.cell_length == 121


async def test_more_than_is_compared_is_said(tmp_path: Path) -> None:
    many = b"x" * 1023 + b"\n"
    count = _output_diff.MOST // 1024
    async with ran(tmp_path, many * (count * 3 // 2), many * (count * 3 // 2) + b"more\n") as (app, pilot, _):
        await pilot.press("x")
        await compared(app, pilot)
        await says(pilot, "only the first 4.0 MiB of 6.0 MiB compared")


async def test_outputs_that_can_t_be_fetched_say_why_and_esc_leaves(tmp_path: Path) -> None:
    async with ran(tmp_path, b"one\n", b"two\n") as (app, pilot, fake):
        await says(pilot, "one", "two")
        fake.transport.answers["GetOutput"] = ApiError("InvalidCommandId", "it was deleted")
        await pilot.press("x")
        await says(pilot, "it was deleted")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.NOUN == "command")


async def test_with_ascii_glyphs_a_difference_is_drawn_in_ascii(tmp_path: Path) -> None:
    config = Config(theme="dark", glyphs="ascii")
    async with ran(tmp_path, SAME + b"old\n", SAME + b"new\n" * 2, config=config) as (app, pilot, fake):
        fake.said[1, "stderr"] = b"said\n"
        await pilot.press("x")
        await compared(app, pilot)
        shown = await says(pilot, "equal lines", "-- stderr")
        assert shown.isascii(), {character for character in shown if not character.isascii()}
