"""A subtree is edited as one text, imported from a file and exported to one; secrets only when just that was asked."""

from __future__ import annotations

import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.app._plans import SECURE, engine, value
from tests.app.console import hit, says, until
from tests.app.test_parameter_moving import done, params, stand_on
from tests.terminal.pty_driver import Program
from tui.screens._local_files import likely_files
from tui.screens._parameter_import import Patterns, Wishes, names_of, wanted_of
from tui.screens._parameter_subtree import Subtree, common_root
from tui.screens._parameter_text import with_fault, without_faults
from tui.screens._path_prompt import PathPrompt, likely_paths
from tui.services.parameter_models import ParameterType, Tier
from tui.services.parameter_texts import TextFormat, read_text
from tui.services.parameters import Parameters

ROOT = Path(__file__).parents[2]


# pieces


def test_the_deepest_folder_that_has_all_of_them() -> None:
    assert common_root(["/app/prod/db/host", "/app/prod/top"]) == "/app/prod"
    assert common_root(["/app/prod/db/host"]) == "/app/prod/db"
    assert common_root(["/a", "/b/c"]) == "/"


def test_paths_are_completed_up_to_their_next_slash() -> None:
    known = ["/app/", "/app/prod/", "/app/prod/db/host", "/app/port", "/other"]
    assert likely_paths(known, "/app/p") == ["/app/port", "/app/prod/"]
    assert likely_paths(known, "/") == ["/app/", "/other"]
    assert likely_paths(known, "/app/prod/db/") == ["/app/prod/db/host"]


def test_files_are_completed_and_hidden_ones_have_to_be_meant(tmp_path: Path) -> None:
    for name in ("app.env", "apps/x", ".env"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert likely_files(f"{tmp_path}/a") == [f"{tmp_path}/app.env", f"{tmp_path}/apps/"]
    assert likely_files(f"{tmp_path}/.") == [f"{tmp_path}/.env"]
    assert likely_files(f"{tmp_path}/none/x") == []


def test_what_is_wrong_stands_above_a_text_with_the_line_that_it_is_then_in() -> None:
    text = with_fault("a: 1\nb\n", "Line 2: this is no YAML.")
    assert text == "# !! Line 3: this is no YAML.\na: 1\nb\n"
    assert without_faults(text) == "a: 1\nb\n"


def test_an_import_makes_secrets_of_what_a_pattern_names_and_leaves_types_that_are_there() -> None:
    entries = read_text("HOST=db\nDB_PASSWORD=x\n", TextFormat.ENV, under="/app", known=["/app/db/password"])
    assert [Patterns(["*PassWord", "x"]).fits(names_of(entry, "/app")) for entry in entries] == [False, True]
    there = Subtree({"/app/db/password": value("/app/db/password", "y", SECURE)})
    wishes = Wishes(ParameterType.STRING_LIST, (), Tier.ADVANCED)
    wanted = {one.path: (one.type, one.tier) for one in wanted_of(entries, wishes, "/app", there)}
    assert wanted == {"/app/HOST": (ParameterType.STRING_LIST, Tier.ADVANCED), "/app/db/password": (None, None)}


# import and export


@pytest.mark.slow
async def test_a_file_is_imported_below_a_folder(tmp_path: Path) -> None:
    (tmp_path / "prod.env").write_text("HOST=new\nDB_PASSWORD=hunter2\nPORT=5432\n")
    async with engine(tmp_path, host="old", left="l") as transport, params(tmp_path, transport) as (app, pilot):
        await stand_on(app, pilot, "/app")
        await pilot.press("I")
        await until(pilot, lambda: isinstance(app.screen, PathPrompt))
        await hit(pilot, *"nothing.env", "enter")
        await says(pilot, "There is no file")
        await hit(pilot, "ctrl+u", *str(tmp_path / "prod.env"), "enter")
        await says(pilot, "Import prod.env below", "below: /app")
        await pilot.press("enter")
        await says(pilot, "3 in the file, 2 of them new", "*password*", "1 secret: DB_PASSWORD")
        await hit(pilot, "tab", "ctrl+u", *"nothing*")
        await says(pilot, "nothing* names nothing in the file.")
        await hit(pilot, "ctrl+u", *"*_pass*")
        await says(pilot, "1 secret: DB_PASSWORD")
        await pilot.press("ctrl+s")
        text = await says(pilot, "1 to update · 2 to create", '"old" > "new"', "SecureString")
        assert "hunter2" not in text
        await pilot.press("ctrl+s")
        await says(pilot, "3 written")
        await done(pilot, "3 written.")
        assert await transport.values() == {
            "/app/host": "new", "/app/DB_PASSWORD": "hunter2", "/app/PORT": "5432", "/app/left": "l",
        }  # fmt: skip
        assert (await Parameters(transport).get("/app/DB_PASSWORD")).is_secret


async def test_a_file_that_can_t_be_meant_says_the_line_and_imports_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("a: 1\nb: [x, {}]\n")
    async with engine(tmp_path, host="old") as transport, params(tmp_path, transport) as (app, pilot):
        await pilot.press("I")
        await until(pilot, lambda: isinstance(app.screen, PathPrompt))
        await hit(pilot, "ctrl+e", "ctrl+u", *str(tmp_path / "bad.yaml"), "enter")
        await says(pilot, "below: /app")
        await pilot.press("enter")
        await says(pilot, "Line 2:")
        assert transport.count("PutParameter") == 0


async def exported(app: Any, pilot: Any, path: Path, *keys: str) -> None:
    await pilot.press("O")
    await until(pilot, lambda: isinstance(app.screen, PathPrompt))
    await hit(pilot, "ctrl+e", "ctrl+u", *str(path), "enter")
    for key in keys:
        await until(pilot, lambda: not isinstance(app.screen, PathPrompt) and app.screen.is_modal)
        await pilot.press(key)


@pytest.mark.slow
async def test_secrets_are_exported_only_when_just_that_is_asked_in_a_file_of_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("old")
    async with (
        engine(tmp_path, host="db", password="secret:hunter2") as transport,
        params(tmp_path, transport) as (app, pilot),
    ):
        await stand_on(app, pilot, "/app")
        await exported(app, pilot, path)
        await says(pilot, "1 secret among them", "1 leave the 1 secret out", "3 write the 1 secret in plain text")
        await pilot.press("1")
        await says(pilot, "Replace out.json?")
        assert path.read_text() == "old"
        await pilot.press("enter")
        await says(pilot, "Exported 1 parameter, 1 secret left out, to")
        assert path.read_text() == '{\n  "host": "db"\n}\n'
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not [call for call in transport.sent if call[1].get("WithDecryption")]
        await exported(app, pilot, tmp_path / "out.env", "3")
        await says(pilot, "Exported 2 parameters, 1 secret in plain text among them, to")
        assert (tmp_path / "out.env").read_text() == "HOST=db\nPASSWORD=hunter2\n"
        await exported(app, pilot, tmp_path / "out.yaml", "2")
        await until(pilot, (tmp_path / "out.yaml").exists)
        assert (tmp_path / "out.yaml").read_text() == "host: db\npassword: !secret\n"
        assert sorted(file.name for file in tmp_path.glob(".*.part")) == []


# in the editor, in a terminal of its own


def editor(folder: Path, script: str) -> str:
    file = folder / "ed"
    file.write_text(f'#!/bin/sh\necho "$1" >> {folder}/names\ncp "$1" {folder}/seen\n{script}\n')
    file.chmod(0o755)
    return str(file)


def console_on(folder: Path, edits: str) -> Program:
    """Run the console in a pty on an engine of its own, with an editor."""
    code = f"""
import asyncio, sys
from pathlib import Path
from tests.app._plans import engine
from tui.app import Launch, SsmApp
from tui.config import Config
async def main():
    folder = Path({str(folder)!r})
    async with engine(folder, host="old", gone="x", password="secret:hunter2") as transport:
        call = transport.call
        async def told(operation, params=None, **more):
            answer = await call(operation, params, **more)
            if operation in ("PutParameter", "DeleteParameters"):
                (folder / "values").write_text(repr(await transport.values()))
            return answer
        transport.call = told
        async def connect(spec): return transport
        app = SsmApp(Launch(connect=connect, config=Config(theme="dark", glyphs="unicode"), folder=folder,
                            log_file=folder / "console.log", words="params /app"))
        await app.run_async()
asyncio.run(main())
"""
    env = {"PYTHONPATH": str(ROOT), "EDITOR": edits, "TERM": "xterm-256color", "PATH": "/usr/bin:/bin"}
    env |= {"HOME": str(folder), "LANG": "C.UTF-8", "XDG_RUNTIME_DIR": ""}
    return Program([sys.executable, "-c", code], env=env, cwd=folder)


@pytest.mark.slow
def test_a_subtree_is_edited_as_a_text_and_its_secrets_stay(tmp_path: Path) -> None:
    script = """sed -i -e 's/^host: .*/host: new/' -e '/^gone/d' -e '$aport: "5432"' "$1\""""
    with console_on(tmp_path, editor(tmp_path, script)) as console:
        console.wait_for("host")
        console.send("S")
        console.wait_for("1 secret as !secret: they stay as they are")
        console.send("1")
        console.wait_for("1 to delete")
        console.wait_for("Edit all of /app")
        seen = (tmp_path / "seen").read_text()
        assert "password: !secret\n" in seen
        assert "hunter2" not in seen
        console.send("\x13")
        console.wait_for("type /app/gone")
        console.send("/app/gone\r")
        console.wait_for("2 written")
        console.send("\x1b")
        console.wait_for("Edit all of /app: 1 same, 2 written, 1 deleted.")
        console.send("\x11")
        assert console.wait_exit() == 0
    values = (tmp_path / "values").read_text()
    assert values == repr({"/app/host": "new", "/app/password": "hunter2", "/app/port": "5432"})


@pytest.mark.slow
def test_a_text_that_can_t_be_meant_is_edited_on_and_never_lost(tmp_path: Path) -> None:
    # The first time it is broken, then thrown away with Esc; the next opening has it all, and mends it.
    script = f"""if grep -q '^# !!' "$1"; then sed -i 's/^broken$/port: x/' "$1"; elif ! grep -q broken "$1"; then
echo broken >> "$1"; fi; touch {tmp_path}/ran"""
    with console_on(tmp_path, editor(tmp_path, script)) as console:
        console.wait_for("host")
        console.send("S")
        console.wait_for("2 YAML")
        console.send("1")
        console.wait_for("This text can't be meant")
        console.send("\x1b")
        console.wait_for("is kept")
        console.send("S")
        console.wait_for("was not applied")
        console.send("1")
        console.wait_for("This text can't be meant")
        console.send("\r")
        console.wait_for("1 to create")
        assert "# !! Line " in (tmp_path / "seen").read_text()
        console.send("\x13")
        console.wait_for("1 written")
        console.send("\x1b")
        console.wait_for("1 written.")
        console.send("\x11")
        assert console.wait_exit() == 0
    assert "'/app/port': 'x'" in (tmp_path / "values").read_text()


@pytest.mark.slow
def test_an_edit_that_was_taken_back_by_hand_was_kept_for_ever(tmp_path: Path) -> None:
    script = """if grep -q typed "$1"; then sed -i /typed/d "$1"; else echo 'typed: x' >> "$1"; fi"""
    with console_on(tmp_path, editor(tmp_path, script)) as console:
        console.wait_for("host")
        console.send("S")
        console.wait_for("2 YAML")
        console.send("1")
        console.wait_for("1 to create")
        console.send("\x1b")
        console.wait_for("is kept")
        console.send("S")
        console.wait_for("was not applied")
        console.send("1")
        console.wait_for("nothing was sent")
        console.send("S")
        console.wait_for("2 YAML")
        console.send("\x1b\x11")
        assert console.wait_exit() == 0


@pytest.mark.slow
def test_what_was_typed_was_lost_with_an_editor_that_failed(tmp_path: Path) -> None:
    script = """if grep -q typed "$1"; then exit 0; fi; echo 'typed: x' >> "$1"; exit 3"""
    with console_on(tmp_path, editor(tmp_path, script)) as console:
        console.wait_for("host")
        console.send("S")
        console.wait_for("2 YAML")
        console.send("1")
        console.wait_for("ended with status 3")
        console.send("S")
        console.wait_for("was not applied")
        console.send("1")
        console.wait_for("1 to create")
        console.send("\x1b")
        console.wait_for("is kept")
        console.send("\x11")
        assert console.wait_exit() == 0
    assert not (tmp_path / "values").exists()
