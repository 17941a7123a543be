"""Read-only: every action of every screen is pressed, and nothing that changes anything gets below the screens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.app._command_fake import command, invocation
from tests.app.console import console, until
from tests.app.test_help import _opened, everything
from tui.app import SsmApp
from tui.screens import SCREENS
from tui.screens._base import ConsoleScreen
from tui.screens._keys import usable
from tui.transport.wrappers import writes

pytestmark = pytest.mark.slow

READ_ONLY = "this console is read-only"
MOVES = {"app.quit", "app.back", "app.forward", "screen.back"}
"""Bindings that lead away; they change nothing, and the walk must stay."""


def changing(screen: type[ConsoleScreen]) -> set[str]:
    """Give the actions of a screen that are marked to change something."""
    return {
        name.removeprefix("action_")
        for kind in screen.__mro__
        for name, method in vars(kind).items()
        if name.startswith("action_") and getattr(method, "__changes__", False)
    }


@pytest.mark.parametrize("words", _opened())
async def test_every_key_of_every_screen_changes_nothing(tmp_path: Path, words: str) -> None:
    transport = everything()
    async with console(transport, tmp_path, words=words, read_only=True, size=(160, 40)) as (app, pilot):
        await until(pilot, lambda: app.services is not None)
        if words.startswith("command "):
            await until(pilot, lambda: "command" in transport.events)
            await transport.events["command"].put({"type": "command", "Command": command(1)})
            await transport.events["command"].put({"type": "invocation", "Invocation": invocation(1)})
        await until(pilot, lambda: app.screen.phase == "rows")  # type: ignore[attr-defined]
        here, kind_of_it = app.history.current, type(app.screen)
        marked, refused = changing(kind_of_it), set[str]()  # type: ignore[arg-type]
        for tab in range(1, 6) if words.startswith("node ") else [0]:
            for id in sorted({one.binding.id or "" for one in usable(app.screen)} - MOVES):
                if tab > 1 and not id.startswith(("node.", "table.open")):
                    continue  # the same on every tab
                await _back_to(app, pilot, here)
                if tab:
                    await pilot.press(str(tab))
                one = next((one for one in usable(app.screen) if one.binding.id == id), None)
                if one is None:
                    continue
                app.notices.clear()
                name = one.binding.action.partition("(")[0]
                if name in marked:
                    assert one.refusal.startswith(READ_ONLY), id
                    refused.add(name)
                await app.run_action(one.binding.action, one.node)
                await pilot.pause()
                # whatever asks is answered with its first answer
                for key in ("enter", "X"):
                    if app.screen.is_modal:
                        await pilot.press(key)
                said = [notice.text for notice in app.notices if "was not sent" in notice.text]
                assert said == [], f"{id} is not greyed"
        assert [name for name, _ in transport.sent if writes(name)] == []
        bound = {
            one.action.partition("(")[0]
            for kind in kind_of_it.__mro__
            for one in vars(kind).get("BINDINGS", [])
            if not isinstance(one, tuple)
        }
        assert refused == marked & bound


async def _back_to(app: SsmApp, pilot: Any, place: Any) -> None:
    while app.screen.is_modal:
        await pilot.press("escape")
    if app.history.current is not place:
        app._show(place)
        app.history.places.append(place)
        app.history._at = len(app.history.places) - 1
    await until(pilot, lambda: app.screen is place.screen)
    await pilot.pause()


async def test_what_is_typed_and_sent_in_the_launcher_is_refused(tmp_path: Path) -> None:
    transport = everything()
    async with console(transport, tmp_path, words="run web-01", read_only=True) as (app, pilot):
        await until(pilot, lambda: app.screen.phase == "rows")  # type: ignore[attr-defined]
        for key in ("ctrl+s", "ctrl+j", "f5", "enter"):
            app.notices.clear()
            await pilot.press("x", key)
            await until(pilot, lambda: app.notices)
            assert READ_ONLY in app.notices[-1].text
        assert "SendCommand" not in [name for name, _ in transport.sent]


def test_every_screen_says_which_of_its_actions_change_something() -> None:
    found = {entry.noun: changing(entry.load()) for entry in SCREENS}
    assert found["nodes"] == {"shell", "run", "tags", "new", "import_hosts", "answer", "connect", "remove"}
    assert found["hosts"] == {"import_hosts"}
    assert found["groups"] == {"new", "run", "edit", "delete"}
    assert found["group"] == {"run", "shell", "edit", "delete"}
    assert found["commands"] >= {"run", "again", "cancel"}
    assert found["command"] >= {"again", "cancel", "shell"}
    assert found["node"] >= {"shell", "run", "become", "new_tag", "edit_tag", "delete_tag"}
    assert found["sessions"] >= {"new", "shell", "terminate"}
    assert found["run"] == {"send"}
