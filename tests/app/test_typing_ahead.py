"""What is typed arrives where it is meant to, as it was typed: keys struck while something is being opened."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.events import Key

from tests.app._session_fake import SessionsFake, session
from tests.app.console import console, says, text_of, until

HANGUL = "한글ㅓ"


async def test_hangul_typed_into_a_shell_arrived_as_latin_letters(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with console(fake.transport, tmp_path, words="sessions", size=(80, 24)) as (_, pilot):
        await says(pilot, "Connected")
        await pilot.press("enter")
        await until(pilot, lambda: fake.channels)
        await pilot.press(*HANGUL)
        await until(pilot, lambda: HANGUL.encode() in fake.channels[0].typed)


async def test_keys_struck_right_after_n_went_to_the_go_to_line_instead_of_the_shell(tmp_path: Path) -> None:
    fake = SessionsFake(session(1), nodes=1)
    async with console(fake.transport, tmp_path, words="sessions", size=(80, 24)) as (app, pilot):
        await says(pilot, "Connected")
        for key in ("n", "colon", "q", "enter"):
            app.post_message(Key(key, {"colon": ":", "enter": "\r"}.get(key, key)))
        await until(pilot, lambda: fake.channels)
        await until(pilot, lambda: fake.channels[0].typed == b":q\r")


async def test_each_key_of_a_command_read_the_names_of_thousands_of_targets_again(tmp_path: Path) -> None:
    fake = SessionsFake()
    known, never = fake.transport.answers["DescribeInstanceInformation"], asyncio.Event()

    async def once(request: dict[str, Any]) -> Any:
        if len(fake.sent("DescribeInstanceInformation")) > 1:
            await never.wait()
        return known(request) if callable(known) else known

    fake.transport.answers["DescribeInstanceInformation"] = once
    async with console(fake.transport, tmp_path, words="run web-01 web-02", size=(80, 24)) as (app, pilot):
        await says(pilot, "2 nodes")
        chosen = app.screen.form.chosen  # type: ignore[attr-defined]
        await pilot.press(*"uptime")
        await says(pilot, "▎ uptime")
        assert app.screen.form.chosen is chosen  # type: ignore[attr-defined]


@pytest.mark.slow
async def test_no_key_was_looked_at_until_a_shells_flood_was_over(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with console(fake.transport, tmp_path, words="sessions", size=(80, 24)) as (_, pilot):
        await says(pilot, "Connected")
        await pilot.press("enter")
        await until(pilot, lambda: fake.channels)
        for _ in range(20_000):
            fake.channels[0].says(b"y\r\n" * 2000)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: fake.channels[0].typed == b"\x03")
        assert not fake.channels[0]._queue.empty()
        fake.channels[0]._queue = asyncio.Queue()


async def test_the_footer_offered_keys_that_were_text_while_a_filter_was_typed(tmp_path: Path) -> None:
    async with console(SessionsFake().transport, tmp_path, size=(80, 24)) as (_, pilot):
        assert "s shell" in await says(pilot, "web-01", "r run")
        await pilot.press("slash", "w")
        await until(pilot, lambda: "r run" not in text_of(pilot.app))  # type: ignore[arg-type]
        assert "esc" in text_of(pilot.app).splitlines()[-1]  # type: ignore[arg-type]
        await pilot.press("enter")
        await says(pilot, "s shell", "r run", "/w")
