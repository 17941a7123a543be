"""What one does in a shell all day shows in a pane of the console what it shows in tmux alone, cell for cell.

The console runs in one tmux, a bare shell in another of the pane's size; the same keys go to both, and after each task
both must come to show the same. What differs by itself (the time, a load, a process id) is not among the tasks.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.console_driver import environment, verb
from tests.terminal.oracle import MISSING, Tmux

COLUMNS, ROWS = 100, 30
BARS = (2, 1)
"""Rows of the console above and below the pane."""
PATIENCE = 15.0
CALM = 4
"""Looks in a row, a tenth of a second apart, at which both show the same."""
QUIET = "vim -u NONE -i NONE -N"

WHO = {
    f"GIT_{who}_{what}": {"NAME": "A", "EMAIL": "a@b", "DATE": "2026-01-02T03:04:05Z"}[what]
    for who in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL", "DATE")
}

Task = tuple[str, list[str]]
TASKS: list[Task] = [
    ("vim: edit a file", [f"{QUIET} notes", "Enter", "o", "new line 한글 ✓", "Escape"]),
    ("vim: save and leave", [":wq", "Enter"]),
    ("vim: number and colour", [f"{QUIET} +'syntax on' +'set number' big.txt", "Enter", "3", "G"]),
    ("vim: a block is cut and brought back", ["C-v", "5", "j", "4", "l", "d", "j", "P", "u"]),
    ("vim: search with every match marked", [":set hlsearch", "Enter", "/words", "Enter", "n", "n"]),
    ("vim: two windows", [":split long.txt", "Enter", "C-w", "w", "G"]),
    ("vim: left", [":qa!", "Enter"]),
    ("less: search and page", ["less big.txt", "Enter", "/line 15", "Enter", "Space", "b", "G"]),
    ("less: left", ["q"]),
    ("less: long lines cut, moved sideways", ["less -S long.txt", "Enter", "Right", "Right"]),
    ("less: left again", ["q"]),
    ("git: log as a graph", ["git log --graph --oneline --decorate --color=always | cat", "Enter"]),
    ("git: log in its pager", ["git -c color.ui=always log", "Enter", "Space"]),
    ("git: pager left", ["q"]),
    ("git: diff", ["git --no-pager -c color.ui=always diff", "Enter"]),
    ("git: add in parts", ["git -c color.ui=always add -p f2", "Enter", "y", "Enter"]),
    ("git: rebase, its list", ["git stash -q; git rebase -i HEAD~3", "Enter"]),
    ("git: rebase, squashed", ["j", "c", "w", "squash", "Escape", ":wq", "Enter"]),
    ("git: rebase, its message", [":wq", "Enter"]),
    ("a table of names in colour", ["ls --color=always -C", "Enter"]),
    ("characters of all widths", ["cat uni.txt", "Enter"]),
    (
        "a bar that fills",
        ["for i in 2 4 6 8; do printf '\\r[%-8s] %d%%' $(seq -s= $i | tr -d 0-9) $i; done; echo", "Enter"],
    ),
    (
        "a command longer than the row, edited",
        ["echo " + "abcdefghij " * 14, "C-a", "C-e", "M-b", "M-b", "C-w", "Enter"],
    ),
    ("history searched", ["C-r", "grap"]),
    ("history left", ["C-g"]),
    (
        "a job stopped, sent to the back, ended",
        ["cat", "Enter", "C-z", "jobs", "Enter", "kill %1; wait 2>/dev/null", "Enter"],
    ),
    ("a log followed", ["seq 40 > l.txt; tail -f -n 50 l.txt", "Enter"]),
    ("interrupted", ["C-c"]),
    ("tmux in the pane: two panes", ["tmux -f nested.conf new", "Enter", "C-b", "%", "C-b", '"', "seq 200", "Enter"]),
    ("tmux in the pane: looked back", ["C-b", "[", "C-u", "C-u"]),
    ("tmux in the pane: ended", ["q", "C-b", ":", "kill-server", "Enter"]),
    ("reset", ["reset", "Enter"]),
    ("part of the screen scrolled", ["printf '\\033[5;10r\\033[10;1Ha\\nb\\nc\\033[r\\033[20;1H'", "Enter"]),
    ("watch", ["watch -n 1000 -t cat big.txt", "Enter"]),
    ("watch left", ["C-c"]),
    ("a text of many rows, to be wrapped anew", ["head -3 long.txt", "Enter"]),
]
SIZES = [(60, 30), (130, 30), (100, 30), (100, 20)]


@pytest.fixture
def homes(tmp_path: Path) -> tuple[Path, Path]:
    """Two homes alike, with a repository and files to work on."""
    first = tmp_path / "a"
    repository = first / "repo"
    repository.mkdir(parents=True)
    env = {"PATH": os.environ["PATH"], "HOME": str(first)} | WHO

    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=repository, env=env, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    for number in range(1, 7):
        (repository / f"f{number}").write_text("".join(f"{n}\n" for n in range(number, number * 7)))
        with (repository / "notes").open("a") as notes:
            notes.write(f"change {number}\n")
        git("add", "-A")
        git("commit", "-q", "-m", f"commit {number}")
    (repository / "f2").write_text("two\n3\n4\n")
    (repository / "big.txt").write_text("".join(f"line {n} of a file with some words in it\n" for n in range(1, 301)))
    words = " ".join(f"word{n}" for n in range(60))
    (repository / "long.txt").write_text("".join(f"{n} {words}\n" for n in range(40)))
    (repository / "uni.txt").write_text("wide 한글 字 e\u0301 box ┌─┐ arrows →←\n")
    (repository / "nested.conf").write_text(
        "set -g status-right ''\nset -g default-command \"exec env PS1='$ ' bash --norc\"\nset -g escape-time 0\n"
    )
    shutil.copytree(first, tmp_path / "b")
    return first, tmp_path / "b"


def shell(home: Path) -> str:
    """The command of the shell that both sides work in."""
    words = ["env", "-i", f"PATH={os.environ['PATH']}", f"HOME={home}", f"TMUX_TMPDIR={home}", "LANG=C.UTF-8"]
    words += [
        *(f"{name}={value}" for name, value in WHO.items()),
        "TERM=xterm-256color",
        "PS1=$ ",
        "EDITOR=vim -u NONE -i NONE -N",
        "PAGER=less",
        "HISTFILE=",
        "bash",
        "--norc",
    ]
    return f"cd {shlex.quote(str(home / 'repo'))}; exec {shlex.join(words)}"


AGO = re.compile(r"\d+ seconds? ago")
"""What vim says of a change: the two are undone a moment apart."""


class Sides:
    """The bare shell, and the one in the console, each in a session of one tmux."""

    def __init__(self, tmux: Tmux) -> None:
        self._tmux = tmux

    def type(self, key: str) -> None:
        literal = (len(key) > 2 and " " in key) or not key.isascii() or key[:1] in "/:" or len(key) > 9
        for side in ("bare", "console"):
            self._tmux("send-keys", "-t", side, *(["-l"] if literal else []), key)

    def resize(self, columns: int, rows: int) -> None:
        self._tmux("resize-window", "-t", "bare", "-x", str(columns), "-y", str(rows - sum(BARS)))
        self._tmux("resize-window", "-t", "console", "-x", str(columns), "-y", str(rows))

    def rows(self, side: str) -> list[str]:
        text = self._tmux("capture-pane", "-p", "-t", side).split("\n")[:-1]
        rows = text if side == "bare" else text[BARS[0] : len(text) - BARS[1]]
        return [AGO.sub("some time ago", row.rstrip()) for row in rows]

    def wait_for(self, side: str, *words: str) -> None:
        """Wait for one of the words in the pane."""
        deadline = time.monotonic() + 60
        while not any(word in "\n".join(self.rows(side)) for word in words):
            assert time.monotonic() < deadline, f"none of {words}:\n" + "\n".join(self.rows(side))
            time.sleep(0.05)

    def become_same(self, before: list[str]) -> bool:
        """Wait until both show the same, for a while, and no more what they showed before."""
        deadline, last, calm = time.monotonic() + PATIENCE, before, 0
        while time.monotonic() < deadline:
            bare = self.rows("bare")
            calm = calm + 1 if bare == self.rows("console") and bare == last and bare != before else 0
            if calm == CALM:
                return True
            last = bare
            time.sleep(0.1)
        return False

    def difference(self, what: str) -> str:
        pairs = zip(self.rows("bare"), self.rows("console"), strict=False)
        return "\n".join([what, *[f"  tmux: {a}\n  ours: {b}" for a, b in pairs if a != b][:5]])


@pytest.fixture
def sides(homes: tuple[Path, Path], tmp_path: Path) -> Iterator[Sides]:
    if MISSING:
        pytest.skip(MISSING)
    if missing := [name for name in ("vim", "less", "git", "watch") if not shutil.which(name)]:
        pytest.skip(f"{', '.join(missing)} is not installed")
    bare, inside = homes
    env = environment(tmp_path) | {"COLORTERM": "truecolor", "HOME": str(inside), "SHELL": "/bin/sh"}
    words = ["env", *(f"{name}={value}" for name, value in env.items()), sys.executable, "-m", "tui.cli", "--local"]
    with Tmux(tmp_path) as tmux:
        size = ("-x", str(COLUMNS), "-y", str(ROWS - sum(BARS)))
        tmux("new-session", "-d", "-s", "bare", *size, shell(bare))
        tmux("new-session", "-d", "-s", "console", "-x", str(COLUMNS), "-y", str(ROWS), shlex.join(words))
        both = Sides(tmux)
        try:
            both.wait_for("console", "Online")
            tmux("send-keys", "-t", "console", "s")
            both.wait_for("console", "$", "#")
            tmux("send-keys", "-t", "console", "-l", f"clear; {shell(inside)}")
            tmux("send-keys", "-t", "console", "Enter")
            assert both.become_same([]), "the shells do not start"
            yield both
            both.type("exit")
            both.type("Enter")
            both.wait_for("console", "exit status")
        finally:
            verb(tmp_path, "stop", "--force")


@pytest.mark.slow
def test_everyday_tasks_show_in_a_pane_what_tmux_shows(sides: Sides) -> None:
    different = []
    for name, keys in TASKS:
        before = sides.rows("bare")
        for number, key in enumerate(keys):
            sides.type(key)
            if key == "Enter" and number == 1 and len(keys) > 2:
                sides.become_same(before)  # a program that starts takes no keys yet
                before = []
        if not sides.become_same(before):
            different.append(sides.difference(name))
            break
    for columns, rows in SIZES:
        sides.resize(columns, rows)
        if not different and not sides.become_same([]):
            different.append(sides.difference(f"at {columns}x{rows}"))
    assert not different, "\n".join(different)
