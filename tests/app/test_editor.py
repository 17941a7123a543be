"""A text goes to the operator's editor and comes back; a secret leaves nothing behind anywhere."""

from __future__ import annotations

import os
import signal
import stat
import sys
from pathlib import Path

import pytest

from tests.app._editor_app import VALUE
from tests.terminal.pty_driver import Program
from tui.errors import UsageError
from tui.screens._editor import suffix_of
from tui.screens._editor_program import chosen_editor
from tui.screens._left_behind import wipe_left
from tui.screens._memory_file import edited_file, file_name, memory_folder

ROOT = Path(__file__).parents[2]


def program(folder: Path, name: str, text: str = "") -> Path:
    """Make a program of a shell script."""
    file = folder / "bin" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}")
    file.chmod(0o755)
    return file


def app(folder: Path, editor: str, *, secret: bool = True, **more: str) -> Program:
    """Run the small app with an editor; secrets go to a folder of the test's own in /dev/shm."""
    memory = Path("/dev/shm") / f"test-{os.getpid()}-{folder.name}"
    memory.mkdir(mode=0o700, exist_ok=True)
    os.mkfifo(folder / "go")
    env = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    env |= {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "EDITOR": editor, "HOME": str(folder)}
    env |= {"XDG_RUNTIME_DIR": str(memory), "LANG": env.get("LANG", "C.UTF-8"), **more}
    argv = [sys.executable, "-m", "tests.app._editor_app", str(folder), "secret" if secret else "plain"]
    return Program(argv, env=env, cwd=folder)


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return Path("/dev/shm") / f"test-{os.getpid()}-{tmp_path.name}"


@pytest.fixture(autouse=True)
def nothing_left(memory: Path) -> object:
    """See at the end that nothing stands in memory any more."""
    yield
    if memory.exists():
        left = [*memory.iterdir()]
        assert left == []
        memory.rmdir()


# which editor


def test_the_editor_is_visual_before_editor_and_split_as_a_shell_would(tmp_path: Path) -> None:
    program(tmp_path, "mine"), program(tmp_path, "other")
    path = str(tmp_path / "bin")
    found = chosen_editor({"PATH": path, "VISUAL": "mine --title 'a b'", "EDITOR": "other"})
    assert found.argv(Path("/m/f"), secret=True) == ["mine", "--title", "a b", "/m/f"]
    assert found.quiet is None
    assert chosen_editor({"PATH": path, "VISUAL": " ", "EDITOR": "other"}).name == "other"


@pytest.mark.parametrize(
    ("name", "real", "flag"),
    [
        ("vi", "vim.basic", "set nobackup nowritebackup noundofile noswapfile"),
        ("nvim", "nvim-linux64", "set nobackup nowritebackup noundofile noswapfile"),
        ("editor", "nano", "--ignorercfiles"),
        ("emacs", "emacs-29.1-nox", "--eval"),
    ],
)
def test_an_editor_that_is_known_keeps_no_other_file_of_a_secret(
    tmp_path: Path, name: str, real: str, flag: str
) -> None:
    program(tmp_path, real)
    (tmp_path / "bin" / name).symlink_to(real)
    found = chosen_editor({"PATH": str(tmp_path / "bin"), "EDITOR": name})
    assert flag in found.argv(Path("f"), secret=True)
    assert found.argv(Path("f"), secret=False) == [name, "f"]


def test_busyboxs_vi_was_given_the_flags_of_vim(tmp_path: Path) -> None:
    program(tmp_path, "busybox")
    (tmp_path / "bin" / "vi").symlink_to("busybox")
    assert chosen_editor({"PATH": str(tmp_path / "bin"), "EDITOR": "vi"}).quiet is None


@pytest.mark.parametrize(
    ("editor", "said"),
    [
        ("nowhere -x", "EDITOR names nowhere, which is not installed here. Set EDITOR to an editor."),
        ("vim 'x", "EDITOR=vim 'x can't be read: No closing quotation."),
        ("code -n", "code comes back before anything is edited. Set EDITOR to code -n --wait."),
        ("emacsclient -n", "emacsclient -n comes back before anything is edited. Leave the -n out."),
    ],
)
def test_an_editor_that_can_t_edit_is_a_sentence(tmp_path: Path, editor: str, said: str) -> None:
    for name in ("vim", "code", "emacsclient"):
        program(tmp_path, name)
    with pytest.raises(UsageError) as caught:
        chosen_editor({"PATH": str(tmp_path / "bin"), "EDITOR": editor})
    assert str(caught.value).startswith(said)


def test_code_with_wait_is_an_editor_and_no_editor_at_all_is_a_sentence(tmp_path: Path) -> None:
    program(tmp_path, "code")
    path = str(tmp_path / "bin")
    assert chosen_editor({"PATH": path, "EDITOR": "code --wait"}).words == ("code", "--wait")
    with pytest.raises(UsageError, match="neither VISUAL nor EDITOR is set"):
        chosen_editor({"PATH": path})
    program(tmp_path, "nano")
    assert chosen_editor({"PATH": path}).name == "nano"


# where the text stands meanwhile


def test_a_folder_in_memory_is_asked_of_the_system(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\ntmpfs {tmp_path} tmpfs rw 0 0\n".replace(" 1", "1"))
    run = tmp_path / "run"
    run.mkdir()
    assert memory_folder({"XDG_RUNTIME_DIR": str(run)}, mounts) == run.resolve()
    mounts.write_text("/dev/sda1 / ext4 rw 0 0\n")
    with pytest.raises(UsageError, match="neither XDG_RUNTIME_DIR nor /dev/shm is in memory"):
        memory_folder({"XDG_RUNTIME_DIR": str(run)}, mounts)
    with pytest.raises(UsageError):
        memory_folder({}, tmp_path / "nowhere")


def test_the_file_is_its_owners_alone_and_goes_with_what_stands_beside_it(tmp_path: Path) -> None:
    with edited_file(tmp_path, "password.txt", b"hush") as file:
        assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
        beside = tmp_path / "kept"
        os.link(file.path, beside)
        file.path.with_name("password.txt~").write_text("hush")
    assert [*tmp_path.iterdir()] == [beside]
    assert beside.read_bytes() == bytes(4)


def test_a_file_that_can_t_be_made_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match="No file for an editor can be made"),
        edited_file(tmp_path, "x" * 300, b"hush"),
    ):
        pass
    assert [*tmp_path.iterdir()] == []


def test_what_a_killed_console_left_is_wiped_by_the_next_and_a_live_one_s_is_not(tmp_path: Path) -> None:
    left = tmp_path / "ssm-tui-edit-old"
    left.mkdir()
    (left / "password").write_text("hush")
    with edited_file(tmp_path, "a", b"1") as first, edited_file(tmp_path, "b", b"2"):
        assert not left.exists()
        assert first.read(10) == b"1"


def test_a_secret_of_a_killed_console_stayed_in_memory_until_another_was_edited(tmp_path: Path) -> None:
    with edited_file(tmp_path, "a", b"1") as live:
        old, new = tmp_path / "ssm-tui-edit-old", tmp_path / "ssm-tui-edit-new"
        for left in (old, new):  # another console is just making the new one, and does not hold it yet
            left.mkdir()
            (left / "password").write_text("hush")
        for folder in (old, live.path.parent):
            os.utime(folder, (0, 0))
        wipe_left([tmp_path / "none", tmp_path])
        assert not old.exists() and new.exists() and live.read(10) == b"1"


def test_a_files_name_says_what_it_is() -> None:
    assert file_name(["app", "prod", "my key"], ".json") == "app-prod-my-key.json"
    assert file_name([".."], ".txt") == "value.txt"
    assert file_name(["tls.yaml"], ".yaml") == "tls.yaml"


def test_a_text_is_coloured_by_what_it_reads_as() -> None:
    assert suffix_of('{"a": 1}') == ".json"
    assert suffix_of("a: 1\nb: 2\n") == ".yaml"
    assert suffix_of("{not json") == suffix_of("one: line") == suffix_of("-----BEGIN\nabc\n-----END") == ".txt"


# in a terminal


def test_the_loop_goes_on_and_nothing_is_drawn_while_the_editor_is_open(tmp_path: Path) -> None:
    editor = program(
        tmp_path, "slow", f'echo EDITOR OPEN; touch {tmp_path}/opened; read line < {tmp_path}/go; echo new > "$1"'
    )
    with app(tmp_path, str(editor)) as console:
        console.wait_for("ready")
        console.send("e")
        console.wait_for("value: 'new'")
        assert b"EDITOR OPEN" in console.raw
        after = bytes(console.raw).partition(b"EDITOR OPEN")[2].partition(b"\x1b[?1049h")[0]
        assert b"drawn over" not in after
        console.send("\x11")
        assert console.wait_exit() == 0


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 0", "value: None"),
        ('printf "correct horse\\n" > "$1"', "value: None"),
        ('printf "a\\n\\n" > "$1"', "value: 'a\\n'"),
        ('printf "x" > "$1"; exit 3', "said: ed ended with status 3: nothing was changed."),
        ('rm "$1"', "said: ed left no file behind"),
        ("printf '\\377' > \"$1\"", "said: What ed left is not UTF-8 at byte 0"),
        ('stat -c "%a" "$1" > "$1.new"; mv "$1.new" "$1"', "value: '600'"),
        ("kill -9 $$", "said: ed was ended by SIGKILL"),
        ('trap "" INT; kill -INT 0; printf "still" > "$1"', "value: 'still'"),
    ],
)
@pytest.mark.slow
def test_what_an_editor_leaves_is_taken_or_refused_with_a_sentence(tmp_path: Path, script: str, said: str) -> None:
    editor = program(tmp_path, "ed", script)
    with app(tmp_path, str(editor)) as console:
        console.wait_for("ready")
        console.send("e")
        console.wait_for(said)
        console.send("\x11")
        assert console.wait_exit() == 0


@pytest.mark.slow
def test_an_editor_with_a_window_of_its_own_is_told_of_in_the_terminal(tmp_path: Path) -> None:
    code = program(tmp_path, "code", 'printf "from the window" > "$2"')
    with app(tmp_path, f"{code} --wait") as console:
        console.wait_for("ready")
        console.send("e")
        console.wait_for("value: 'from the window'")
        assert b"code has password.txt: close it there to come back here." in console.raw


@pytest.mark.slow
def test_a_program_that_can_t_be_run_leaves_the_console_as_it_was(tmp_path: Path) -> None:
    editor = tmp_path / "bin" / "broken"
    program(tmp_path, "broken")
    editor.write_bytes(b"\x7fELF no program")
    with app(tmp_path, str(editor)) as console:
        console.wait_for("ready")
        console.send("e")
        console.wait_for("can't be run: Exec format error")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_console_that_is_ended_while_one_edits_leaves_no_secret(
    tmp_path: Path, memory: Path, number: signal.Signals
) -> None:
    editor = program(tmp_path, "slow", "echo EDITOR OPEN; while :; do read line; done")
    with app(tmp_path, str(editor)) as console:
        console.wait_for("ready")
        console.send("e")
        console.wait_for("EDITOR OPEN")
        assert len([*memory.glob("*/password.txt")]) == 1
        console.kill(number)
        assert console.wait_exit() == 128 + number


@pytest.mark.slow
def test_vim_with_every_file_on_in_its_vimrc_keeps_nothing_of_a_secret(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    options = [f"{name}={kept}" for name in ("backupdir", "undodir", "directory")]
    lines = ["set nocompatible backup writebackup undofile swapfile updatecount=1", "set viminfo='100,<50"]
    (tmp_path / ".vimrc").write_text("\n".join([*lines, *(f"set {option}" for option in options), ""]))
    with app(tmp_path, "vim") as console:
        console.wait_for("ready")
        console.send("e")
        console.wait_for(VALUE)
        console.send("yyA battery\x1b")
        console.wait_for("battery")
        console.send(":wq\r")
        console.wait_for("value: 'correct horse battery'")
        console.send("\x11")
        assert console.wait_exit() == 0
    texts = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file() and file.name != "_editor_app.py"]
    assert not [text for text in texts if b"horse" in text]
    assert [*kept.iterdir()] == []
