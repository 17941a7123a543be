"""A call after a moment comes, however short the moment is."""

from __future__ import annotations

import asyncio

from textual.app import App

from tui.widgets.later import later


async def test_a_flooding_pane_was_never_painted_again_once_a_frame_was_due_within_a_microsecond() -> None:
    called = asyncio.Queue[int]()
    async with App[None]().run_test() as pilot:
        for number, seconds in enumerate((1e-12, 0.0, -1.0, 0.001)):
            later(pilot.app.screen, seconds, lambda number=number: called.put_nowait(number))
            assert await asyncio.wait_for(called.get(), 20) == number
        await pilot.pause()
        assert called.empty()
