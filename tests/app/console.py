"""What the pilot tests share: the console on a fake transport, and its cells read back as text."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.events import Key
from textual.keys import _character_to_key, _get_unicode_name_from_key
from textual.pilot import Pilot

from tests.app.fake_transport import FakeTransport
from tui.app import Launch, SsmApp
from tui.config import Config
from tui.contexts import ContextSpec

SIZES = [(80, 24), (120, 36), (200, 50)]


def text_of(app: SsmApp) -> str:
    """Give what is on screen, line by line."""
    width, height = app.size
    lines = [[" "] * width for _ in range(height)]
    # While a terminal becomes smaller the screen is still laid out for the larger one.
    for y, strips in enumerate(app.screen._compositor.render_strips()[:height]):
        lines[y] = [segment.text for segment in strips if not segment.control]
    return "\n".join("".join(line).rstrip() for line in lines)


async def until(pilot: Pilot[Any], true: Callable[[], Any], *, seconds: float = 20.0) -> None:
    """Let the app run until something is so.

    While a dialog is still on top it may lack what is asked of the screen below: that is not so yet.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        try:
            if true():
                break
        except AttributeError:
            if loop.time() >= deadline:
                raise
        assert loop.time() < deadline, text_of(pilot.app)  # type: ignore[arg-type]
        await pilot.pause(0.01)
    await pilot.pause()


async def says(pilot: Pilot[Any], *texts: str) -> str:
    """Wait until all texts stand on screen; give the screen."""
    await until(pilot, lambda: all(text in text_of(pilot.app) for text in texts))  # type: ignore[arg-type]
    return text_of(pilot.app)  # type: ignore[arg-type]


async def at_each_size(pilot: Pilot[Any], *texts: str) -> None:
    """Wait until all texts stand on screen, at each of the sizes in turn."""
    for width, height in SIZES:
        await pilot.resize_terminal(width, height)
        await says(pilot, *texts)


async def hit(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys as fast as a terminal sends them, and wait once: `pilot.press` waits after each."""
    driver = pilot.app._driver
    assert driver is not None
    for key in keys:
        named = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
        try:
            character: str | None = unicodedata.lookup(_get_unicode_name_from_key(named))
        except KeyError:
            character = key if len(key) == 1 else None
        event = Key(named, character)
        event.set_sender(pilot.app)
        driver.send_message(event)
    await pilot.pause()


def context_of(name: str) -> ContextSpec:
    """Make the context of a name: local, or `PROFILE/REGION`."""
    profile, _, region = name.partition("/")
    return ContextSpec(name=name, profile=profile, region=region) if name != "local" else ContextSpec()


@asynccontextmanager
async def console(
    transport: FakeTransport | Exception | Mapping[str, Any],
    folder: Path,
    *,
    words: str = "nodes",
    size: tuple[int, int] = (120, 36),
    read_only: bool = False,
    config: Config | None = None,
    chosen: Sequence[str] | None = None,
    remember: Callable[[Sequence[ContextSpec]], None] = lambda specs: None,
) -> AsyncIterator[tuple[SsmApp, Pilot[Any]]]:
    """Open the console; at the end no fault of its own may have been seen.

    Several contexts are handed over by their names; `chosen` says which of them the start opens, usually all.
    """
    attempts: list[Any] = [transport]

    async def connect(spec: ContextSpec) -> Any:
        found = attempts[0][spec.name] if isinstance(attempts[0], Mapping) else attempts[0]
        if isinstance(found, Exception):
            raise found
        return await found if isinstance(found, Awaitable) else found

    contexts = tuple(map(context_of, transport)) if isinstance(transport, Mapping) else (ContextSpec(),)

    launch = Launch(
        connect=connect,
        contexts=contexts if chosen is None else tuple(map(context_of, chosen)),
        remember=remember,
        config=config or Config(theme="dark", glyphs="unicode"),
        folder=folder,
        log_file=folder / "console.log",
        words=words,
        read_only=read_only,
    )
    app = SsmApp(launch)
    app.attempts = attempts  # type: ignore[attr-defined]
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot
    await app.links.aclose()
    assert app.faults == []
