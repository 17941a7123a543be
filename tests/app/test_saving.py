"""Ctrl+S and `:save`: what a table shows as a file."""

from __future__ import annotations

import csv
import errno
import json
import os
import resource
import stat
from pathlib import Path

import pytest
import yaml

from tests.app._command_fake import CommandsFake, command, invocation
from tests.app.console import console, hit, says, until
from tests.app.fake_transport import fleet, node
from tui.errors import UsageError
from tui.screens._view_file import View, _sentence, path_of, write_view, wrong_with
from tui.widgets.columns import Column

pytestmark = pytest.mark.slow

VIEW = View(
    [Column("ping", kind="status"), Column("name")],
    [(("● Online", "ok"), "web-01"), ("✖ ConnectionLost", ('한글, "quoted"\nand [red]', "muted", 3))],
)


async def test_ctrl_s_saves_every_row_that_the_filter_lets_through(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    async with console(fleet(node(1), node(2), node(3)), tmp_path) as (_, pilot):
        await says(pilot, "web-03")
        await pilot.press("slash", *"!02", "enter", "ctrl+s")
        await says(pilot, "Save what is shown", "2 rows of 3", "nodes-")
        await hit(pilot, "ctrl+u", *str(target), "enter")
        await until(pilot, target.exists)
        await says(pilot, "Saved 2 rows of 3")
    rows = list(csv.DictReader(target.open()))
    assert [row["name"] for row in rows] == ["web-01", "web-03"]
    assert rows[0]["status"] == "Online"
    assert rows[0]["id"] == node(1)["InstanceId"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_status_drawn_with_ascii_glyphs_is_saved_as_its_word(tmp_path: Path) -> None:
    view = View([Column("ping", kind="status"), Column("name")], [("x ConnectionLost", "x 1"), ("o Online", "o 2")])
    write_view(view, tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text()) == [
        {"ping": "ConnectionLost", "name": "x 1"},
        {"ping": "Online", "name": "o 2"},
    ]


async def test_marked_rows_are_what_is_saved_and_hidden_ones_are_told(tmp_path: Path) -> None:
    target = tmp_path / "marked.json"
    async with console(fleet(node(1), node(2), node(3)), tmp_path) as (_, pilot):
        await says(pilot, "web-03")
        await hit(pilot, "space", "space", "slash", *"!01", "enter", "colon", *f"save {target}", "enter")
        await until(pilot, target.exists)
        await says(pilot, "2 rows, the marked ones; the filter hides 1 of them")
    assert sorted(row["name"] for row in json.loads(target.read_text())) == ["web-01", "web-02"]


async def test_a_file_that_is_there_is_replaced_only_after_a_yes(tmp_path: Path) -> None:
    target = tmp_path / "out.yaml"
    target.write_text("mine")
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        await hit(pilot, "colon", *f"save {target}", "enter")
        await says(pilot, "Replace out.yaml?")
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert target.read_text() == "mine"
        await hit(pilot, "colon", *f"save {target}", "enter")
        await says(pilot, "Replace out.yaml?")
        await pilot.press("enter")
        await until(pilot, lambda: target.read_text() != "mine")
        await says(pilot, "Saved 1 row")
    assert yaml.safe_load(target.read_text())[0]["name"] == "web-01"


async def test_a_wrong_name_is_said_in_the_prompt_and_asked_again(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (_, pilot):
        await says(pilot, "web-01")
        await pilot.press("ctrl+s")
        await says(pilot, "Save what is shown")
        await hit(pilot, "ctrl+u", *"/nowhere/at/all.csv", "enter")
        await says(pilot, "There is no folder /nowhere/at")
        await hit(pilot, "ctrl+u", *"/tmp/x.doc", "enter")
        await says(pilot, "ends in .csv, .json, .yaml")
        await hit(pilot, "escape", "colon", *"save /nowhere/at/all.csv", "enter")
        await says(pilot, "Save what is shown", "There is no folder /nowhere/at")


async def test_without_rows_the_key_says_why_it_does_nothing(tmp_path: Path) -> None:
    async with console(fleet(), tmp_path) as (_, pilot):
        await says(pilot, "No managed nodes")
        await pilot.press("ctrl+s")
        await says(pilot, "Can't save the rows shown in a file: there are no rows to save here")


async def test_ctrl_s_keeps_its_own_meaning_in_the_form_and_on_a_command(tmp_path: Path) -> None:
    fake = CommandsFake(command(1, "Success"))
    async with console(fake.transport, tmp_path, words="run") as (app, pilot):
        await says(pilot, "Run a script.")
        assert app.screen.active_bindings["ctrl+s"].binding.action == "send"
        app.run_line("save")
        await says(pilot, "Can't save: there are no rows to save here")
        app.go("command", command(1)["CommandId"])
        await until(pilot, lambda: app.history.current.noun == "command")
        await fake.happen({"type": "command", "Command": fake.commands[0]})
        await fake.happen({"type": "invocation", "Invocation": invocation(1, "Success")})
        await says(pilot, "web-01")
        await pilot.press("ctrl+s")
        await says(pilot, "Save the output of 1 node")


@pytest.mark.parametrize("suffix", [".csv", ".json", ".yaml", ".yml"])
def test_texts_come_back_as_they_were(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"view{suffix}"
    assert write_view(VIEW, path) == path.stat().st_size
    text = path.read_text("utf-8")
    rows = list(csv.DictReader(path.open(newline=""))) if suffix == ".csv" else yaml.safe_load(text)
    assert rows == [
        {"ping": "Online", "name": "web-01"},
        {"ping": "ConnectionLost", "name": '한글, "quoted"\nand [red]'},
    ]


def test_a_file_that_came_to_be_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "view.csv"
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        write_view(VIEW, path)
    assert path.read_text() == "mine"
    assert os.listdir(tmp_path) == ["view.csv"]


def test_a_write_that_fails_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "view.csv"
    path.write_text("mine")
    big = View([Column("text")], [("x" * 1000,)] * 5000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(UsageError, match="can't be written"):
            write_view(big, path, over=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_text() == "mine"
    assert os.listdir(tmp_path) == ["view.csv"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_one_may_not_write_in_is_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(UsageError, match="You may not write in"):
            write_view(VIEW, tmp_path / "view.csv")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "is full"), (errno.EROFS, "read-only disk"), (errno.EACCES, "may not write"), (errno.EIO, "can't")],
)
def test_what_a_disk_refuses_is_a_sentence(number: int, said: str) -> None:
    assert said in _sentence(Path("/a/b.csv"), OSError(number, os.strerror(number)))


def test_a_typed_path_knows_the_home_folder_and_nobody(tmp_path: Path) -> None:
    assert path_of(" ~/x.csv ") == Path.home().resolve() / "x.csv"
    assert "There is no folder" in wrong_with("~no-such-user-here/x.csv")
    assert wrong_with("") == "Name a file."
    (tmp_path / "folder.csv").mkdir()
    assert "is no file" in wrong_with(str(tmp_path / "folder.csv"))
