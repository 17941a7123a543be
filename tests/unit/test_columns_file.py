"""The file of the operator's own columns: what is kept, what is wrong with one, and that none is written over."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from tui.errors import ConfigError
from tui.screens._columns_file import FILE, MOST, ColumnsFile
from tui.widgets.column_choice import ColumnChoice

CHOICE = ColumnChoice(
    order=("name", "status"),
    shown=frozenset({"agent"}),
    hidden=frozenset({"id"}),
    widths={"name": 24},
    wide=True,
)


def test_what_is_written_is_read_again_and_only_the_owner_may(tmp_path: Path) -> None:
    file = ColumnsFile(tmp_path / "new" / "folder")
    assert file.read("nodes") == {} and file.stamp() == (0, 0, 0)
    file.write("nodes", "", CHOICE)
    file.write("node", "processes", ColumnChoice(wide=True))
    assert file.read("nodes") == {"": CHOICE}
    assert file.read("node") == {"processes": ColumnChoice(wide=True)}
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.path.parent.iterdir()] == [FILE]
    file.write("nodes", "", ColumnChoice())
    assert file.read("nodes") == {}
    assert "nodes" not in json.loads(file.path.read_text())["screens"]


def test_what_a_newer_version_wrote_beside_it_is_kept(tmp_path: Path) -> None:
    file = ColumnsFile(tmp_path)
    theirs: dict[str, Any] = {
        "version": 1,
        "hints": "few",
        "screens": {"patches": {"hidden": [7]}, "nodes": {"pinned": ["name"], "hidden": ["id", "no such"]}},
    }
    file.path.write_text(json.dumps(theirs))
    file.write("nodes", "", ColumnChoice(wide=True))
    now = json.loads(file.path.read_text())
    assert now == theirs | {
        "screens": {"patches": {"hidden": [7]}, "nodes": {"pinned": ["name"], "wide": True}},
    }


def test_a_link_to_settings_kept_elsewhere_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    file = ColumnsFile(tmp_path)
    file.path.symlink_to(tmp_path / "dotfiles" / "mine.json")
    file.write("nodes", "", CHOICE)
    assert file.path.is_symlink() and (tmp_path / "dotfiles" / "mine.json").is_file()
    assert file.read("nodes") == {"": CHOICE}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"version": 1,\n "screens": {', f"{FILE}:2: this is no JSON"),
        (b"", "this is no JSON"),
        (b'{"a": "\xff"}', "this is no UTF-8 text"),
        (b"[]", 'expected {"version": 1'),
        (b'{"version": true}', 'expected {"version": 1'),
        (b'{"version": 9, "screens": {}}', "it is of a newer ssm-tui: version 9, and this one knows 1"),
        (b'{"version": 1, "screens": []}', "screens: expected a name for each screen"),
        (b'{"version": 1, "screens": {"nodes": 3}}', "nodes: expected order, shown"),
        (b'{"version": 1, "screens": {"nodes": {"hidden": "id"}}}', 'nodes: hidden is "id"; expected a list'),
        (b'{"version": 1, "screens": {"nodes": {"widths": {"id": "9"}}}}', "expected columns with a number of cells"),
        (b'{"version": 1, "screens": {"nodes": {"wide": 1}}}', "wide is 1; expected true or false"),
        (b"[" * 100_000, "recursion"),
        (b" " * (MOST + 1), "longer than 1,000,000 bytes"),
        (b'{"version": 1' + b"0" * 6000 + b"}", "limit"),
    ],
)
def test_a_file_that_can_t_be_meant_is_named_with_the_reason(tmp_path: Path, data: bytes, says: str) -> None:
    file = ColumnsFile(tmp_path)
    file.path.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        file.read("nodes")
    assert str(file.path) in str(caught.value) and says in str(caught.value)
    if b"nodes" not in data:
        with pytest.raises(ConfigError):
            file.write("nodes", "", CHOICE)
        assert file.path.read_bytes() == data


def test_a_folder_in_the_file_s_place_is_a_sentence(tmp_path: Path) -> None:
    file = ColumnsFile(tmp_path)
    file.path.mkdir()
    with pytest.raises(ConfigError, match="can't be read"):
        file.read("nodes")
    below = ColumnsFile(tmp_path / FILE / "a file" / "x")
    (tmp_path / FILE / "a file").touch()
    with pytest.raises(ConfigError, match="can't be"):
        below.write("nodes", "", CHOICE)
    assert os.listdir(tmp_path / FILE) == ["a file"]
