"""The operator's own columns in the console: chosen in a window, kept for the next start, never in the way."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path

import pytest

from tests.app.console import SIZES, console, hit, says, text_of, until
from tests.app.fake_transport import fleet, node
from tui.config import Config
from tui.screens._columns_file import FILE


def header(app: object) -> list[str]:
    """Give the headings of the list."""
    lines = text_of(app).splitlines()  # type: ignore[arg-type]
    return (lines[2].split() if len(lines) > 2 else []) or [""]


def saved(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / FILE).read_text())["screens"]
    return found


async def test_columns_chosen_in_the_window_are_there_at_the_next_start(tmp_path: Path) -> None:
    transport = fleet(node(1), node(2))
    async with console(transport, tmp_path, size=(80, 24)) as (app, pilot):
        await says(pilot, "web-02")
        await hit(pilot, "j", "space", "vertical_line")
        await says(pilot, "[x] Status", "[-] Agent")
        await hit(pilot, "j", "J", "j", "space", "enter")  # Name behind Id, and Platform goes
        await until(pilot, (tmp_path / FILE).exists)
        assert header(app)[:4] == ["Status", "Id", "Name", "↑"]
        assert app.screen.table.cursor_id.id == node(2)["InstanceId"]  # type: ignore[attr-defined]
        assert len(app.screen.table.marked_ids) == 1  # type: ignore[attr-defined]
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert saved(tmp_path)["nodes"]["hidden"] == ["platform"]  # type: ignore[index]
    async with console(transport, tmp_path, size=(80, 24)) as (app, pilot):
        await says(pilot, "web-02")
        assert header(app)[:4] == ["Status", "Id", "Name", "↑"]
        assert "Platform" not in header(app)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
async def test_the_window_shows_its_keys_and_the_table_follows_until_esc_undoes_it(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with console(fleet(node(1)), tmp_path, size=size) as (app, pilot):
        await says(pilot, "web-01")
        before = header(app)
        await hit(pilot, "vertical_line")
        await says(pilot, "[x] Name", "esc undo")
        await hit(pilot, "space", "j", "l", "l", "greater_than_sign")
        text = await says(pilot, "[ ] Status", "set to")
        assert "Status" not in text.splitlines()[2]
        await hit(pilot, "escape")
        await until(pilot, lambda: header(app) == before)
        assert not (tmp_path / FILE).exists()


@pytest.mark.slow
async def test_the_last_column_can_not_be_hidden_and_d_brings_all_back(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        before = header(app)
        await hit(pilot, "W", "vertical_line", *["space", "j"] * 8, "enter")
        await until(pilot, lambda: header(app)[0] == "Tags" and "Name" not in header(app))
        await hit(pilot, "vertical_line", "D", "enter")
        await until(pilot, lambda: header(app) == before)
        await until(pilot, lambda: not saved(tmp_path))


async def test_a_key_right_behind_the_one_that_asks_for_columns_went_to_the_table(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        app.screen.table.action_columns()  # type: ignore[attr-defined]
        assert not app.screen.settled  # type: ignore[attr-defined]  # keys wait from now on
        await says(pilot, "Columns", "show or hide")


@pytest.mark.slow
async def test_w_is_kept_and_another_screen_has_its_own(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path, size=(80, 24)) as (app, pilot):
        await says(pilot, "web-01")
        assert "Agent" not in header(app)
        await hit(pilot, "W")
        await until(pilot, lambda: (tmp_path / FILE).exists())
        await hit(pilot, "dollar_sign")
        await says(pilot, "Tags")
        assert saved(tmp_path) == {"nodes": {"wide": True}}
        await hit(pilot, "colon", *"commands", "enter")
        await says(pilot, "Fleet › Commands")
        assert not app.screen.table.choice.wide  # type: ignore[attr-defined]


@pytest.mark.slow
async def test_what_another_console_chose_is_taken_when_one_comes_back_to_the_screen(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        await hit(pilot, "colon", *"commands", "enter")
        await says(pilot, "Fleet › Commands")
        (tmp_path / FILE).write_text('{"version": 1, "screens": {"nodes": {"hidden": ["id", "no such"]}}}')
        await hit(pilot, "escape")
        await says(pilot, "web-01")
        assert "Id" not in header(app) and "Name" in header(app)


async def test_a_broken_file_is_said_once_and_never_written_over(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"version": 1,\n"screens": {"nodes": {')
    async with console(fleet(node(1)), tmp_path, size=(120, 36)) as (app, pilot):
        await says(pilot, "web-01")
        said = [notice.text for notice in app.notices]
        assert len(said) == 1 and f"{FILE}:2: this is no JSON" in said[0] and "not taken" in said[0]
        await hit(pilot, "W")
        await until(pilot, lambda: len(app.notices) == 2)
        assert "but not kept" in app.notices[1].text
        await hit(pilot, "vertical_line", "escape")  # coming back to the screen keeps what was chosen
        await says(pilot, "web-01")
        assert app.screen.table.choice.wide  # type: ignore[attr-defined]
    assert (tmp_path / FILE).read_text() == '{"version": 1,\n"screens": {"nodes": {'


@pytest.mark.slow
async def test_each_tab_of_a_node_has_columns_of_its_own(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path, words=f"node {node(1)['InstanceId']}") as (app, pilot):
        await says(pilot, "web-01")
        await hit(pilot, "5")
        await says(pilot, "Key", "Value")
        await hit(pilot, "vertical_line", "space", "enter")
        await until(pilot, lambda: (tmp_path / FILE).exists())
        assert saved(tmp_path) == {"node tags": {"hidden": ["key"]}}
        await hit(pilot, "3")
        await says(pilot, "Command id")
        assert app.screen.table.choice.is_default  # type: ignore[attr-defined]


@pytest.mark.slow
async def test_a_csv_has_the_chosen_columns_and_json_all(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (_, pilot):
        await says(pilot, "web-01")
        await hit(pilot, "vertical_line", "j", "K", "j", "j", "space", "enter")
        await hit(pilot, "ctrl+s")
        await says(pilot, "CSV has the columns that you chose")
        await hit(pilot, "ctrl+u", *str(tmp_path / "seen.csv"), "enter")
        await until(pilot, (tmp_path / "seen.csv").exists)
        await hit(pilot, "colon", *f"save {tmp_path / 'all.json'}", "enter")
        await until(pilot, (tmp_path / "all.json").exists)
    row = next(csv.DictReader((tmp_path / "seen.csv").open()))
    assert [*row][:2] == ["name", "status"] and "id" not in row and row["status"] == "Online"
    assert "id" in json.loads((tmp_path / "all.json").read_text())[0]


@pytest.mark.slow
async def test_cells_light_up_unless_the_config_says_no(tmp_path: Path) -> None:
    for flash in (True, False):
        config = Config(theme="dark", glyphs="unicode", flash=flash)
        async with console(fleet(node(1)), tmp_path, config=config) as (app, pilot):
            await says(pilot, "web-01")
            assert app.screen.table.flashes is flash  # type: ignore[attr-defined]


@pytest.mark.slow
async def test_the_palette_finds_the_columns(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (_, pilot):
        await says(pilot, "web-01")
        await hit(pilot, "ctrl+p", *"order and width")
        await says(pilot, "Choose which columns show, their order and width")
        await hit(pilot, "enter")
        await says(pilot, "[x] Status")
