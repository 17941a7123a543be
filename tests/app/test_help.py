"""Help and footer come from the bindings; every binding is whole, and no key means two things."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.app.console import console, says, text_of, until
from tests.app.fake_transport import fleet, node
from tui.app import SsmApp
from tui.screens import SCREENS, _dialogs
from tui.screens._actions import ScreenActions
from tui.screens.help import help_text
from tui.widgets.drawer import Drawer
from tui.widgets.go_to import GoTo
from tui.widgets.overlay import Overlay
from tui.widgets.palette import Palette
from tui.widgets.resource_table import ResourceTable

OWNERS: list[Any] = [
    SsmApp,
    ScreenActions,
    ResourceTable,
    Overlay,
    Drawer,
    GoTo,
    Palette,
    *(getattr(_dialogs, name) for name in ("Confirm", "TypeName", "Prompt", "Choose", "Notice", "Reader")),
]


def _opened() -> list[Any]:
    return [entry.load() for entry in SCREENS if entry.noun == "nodes"]


@pytest.mark.parametrize("owner", [*OWNERS, *_opened()])
def test_every_binding_has_an_id_a_verb_and_a_tooltip(owner: Any) -> None:
    for binding in owner.__dict__.get("BINDINGS", []):
        assert binding.id, binding
        assert binding.description, binding
        assert binding.tooltip, binding
        assert not binding.priority, binding


@pytest.mark.parametrize("owner", [*OWNERS, *_opened()])
def test_no_key_is_bound_that_a_plain_terminal_cannot_send(owner: Any) -> None:
    for binding in owner.__dict__.get("BINDINGS", []):
        for key in binding.key.split(","):
            assert key not in ("ctrl+i", "ctrl+m", "ctrl+h", "ctrl+left_square_bracket"), binding
            assert not (key.startswith("ctrl+") and key[5:].isdigit()), binding
            assert not key.startswith("ctrl+shift+"), binding


async def test_no_key_has_two_meanings_at_one_focus(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        for widget in [*app.screen.focus_chain]:
            app.screen.set_focus(widget)
            await pilot.pause()
            meanings: dict[str, set[str]] = defaultdict(set)
            for _, bindings in app.screen._modal_binding_chain:
                for key, binding in bindings:
                    meanings[key].add(binding.id or binding.action)
            assert {key: ids for key, ids in meanings.items() if len(ids) > 1} == {}


async def test_help_names_every_key_that_works(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        text = help_text(app.screen, app.glyphs)
        for active in app.screen.active_bindings.values():
            assert active.binding.tooltip in text
        await pilot.press("question_mark")
        await says(pilot, "Keys: Fleet", "Mark or unmark the row")
        await pilot.press("slash", *"find an action", "enter")
        await until(pilot, lambda: "Find an action by name" in text_of(app))
        await pilot.press("escape")
        await says(pilot, "web-01")


async def test_footer_keys_come_from_the_bindings_and_can_be_clicked(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        screen = await says(pilot, "web-01")
        footer = screen.splitlines()[-1]
        shown = [b for b in app.screen.active_bindings.values() if b.binding.show and b.binding.description]
        assert all(one.binding.description in footer for one in shown)
        await pilot.click(app.screen.bottom, offset=(footer.index("? help"), 1))  # type: ignore[attr-defined]
        await says(pilot, "Keys: Fleet")
