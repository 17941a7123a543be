"""Record the streams in captured/ anew: `python -m tests.terminal.record [NAME]…`; needs vim, less, htop, tmux, mc, git
and vttest; apt writes the progress of a real installation, so that one needs Debian and root.

Each NAME-COLUMNSxROWS.bin is what the program wrote, and the .txt beside it what tmux shows after it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.terminal.far_end import FarEnd
from tests.terminal.oracle import Tmux
from tui.emulator.terminal import Terminal

CAPTURED = Path(__file__).parent / "captured"
SOURCE = '''def greet(name: str) -> str:
    """Say hello in two alphabets: 안녕하세요, γειά."""
    if not name:
        raise ValueError("nobody to greet")
    return f"hello, {name}"  # a comment
'''
TMUX_CONFIG = "set -g status-right ''\nset -g default-command \"exec env PS1='$ ' sh\"\nset -g escape-time 0\n"


def vim(far: FarEnd) -> None:
    far.until("def greet")
    far.type(":set number hlsearch\r")
    far.type("/name\r")
    far.type("Gonew line: 한글 typed\x1b")
    far.until("한글 typed")
    far.type(":split\r")
    far.type("ggdd")
    far.type("20\x05:echo 'end of it'\r")
    far.until("end of it")


def vim_left(far: FarEnd) -> None:
    far.until("$")
    far.type("echo before; vim -n -u NONE -N greet.py\r")
    far.until("def greet")
    far.type("ihello\x1b")
    far.until("hellodef")
    far.type(":q!\r")
    far.until(lambda screen: screen[2] == "$")
    far.type("echo after\r")
    far.until(lambda screen: "after" in screen)


def less(far: FarEnd) -> None:
    far.until("line 1 ")
    far.type(" ")
    far.until("line 30 ")
    far.type("kk/line 1.5\r")
    far.until("line 105")
    far.type("b")
    far.until("line 95 ")


def htop(far: FarEnd) -> None:
    far.until("PID")
    far.type("\x1bOQ")  # F2, the setup
    far.until("Meters")


def tmux(far: FarEnd) -> None:
    far.until("$")
    far.type("seq 100 140\r")
    far.until("140")
    far.type('\x02"')
    far.until(lambda screen: any(set(line) == {"─"} for line in screen))
    far.type("\x02%")
    far.until(lambda screen: any("│" in line for line in screen))
    far.type("printf '\\033[7mreversed\\033[m wide 한글\\n'\r")
    far.until("reversed wide")


def mc(far: FarEnd) -> None:
    far.until("10Quit")
    far.type("\x1bOB\x1bOB\x1bOB")
    far.type("\x1b3")  # Esc and a digit are a function key
    far.until("of text")
    far.type("\x1b0")
    far.until("10Quit")
    far.type("\x1b9")
    far.until("Options")
    far.type("\x1bOB")
    far.until("Rescan")


def git_log(far: FarEnd) -> None:
    far.until("commit")
    far.type("jjj ")
    far.type("/number 2\r")
    far.until("number 2")
    far.type("G")
    far.until("(END)")


def to_the_end(far: FarEnd) -> None:
    while far.pump(20):
        pass


def vttest(*entries: str) -> Callable[[FarEnd], None]:
    """Go through the pages of one entry of its menus."""

    def steps(far: FarEnd) -> None:
        choice, push = b"Enter choice number", b"Push <RETURN>"
        menus = pages = 0
        for entry in entries:
            menus += 1
            far.until(lambda _, menus=menus: far.recorded.count(choice) == menus)
            far.type(f"{entry}\r")

        def came(_: list[str]) -> bool:
            return far.recorded.count(push) > pages or far.recorded.count(choice) > menus

        while True:
            far.until(came)
            if far.recorded.count(choice) > menus:
                return
            pages = far.recorded.count(push)
            far.type("\r")

    return steps


PROGRESS = r"""
import sys, time
for name in ("first", "second"):
    for done in range(0, 101, 4):
        print(f"\r{name:<10} {done:3}% [{'#' * (done // 4):<25}] {done * 37:6} kB/s", end="", flush=True)
    print()
parts = ["layer", "base image", "한글 part", "config"]
for step in range(21):
    if step:
        print(f"\x1b[{len(parts)}A", end="")
    for number, name in enumerate(parts):
        done = min(20, step * (number + 2) // 2)
        look = "\x1b[32m" if done == 20 else "\x1b[33m"
        print(f"\x1b[2K\r{name}: {look}{'█' * done}\x1b[2m{'░' * (20 - done)}\x1b[0m {done * 5}%")
print("\x1b[?25l\x1b[1;34m⠋\x1b[0m done\x1b[?25h")
"""
GIT = """
git init -q repository && cd repository
git config user.name Somebody && git config user.email somebody@example.com
for number in $(seq 1 12); do
    seq $number $((number * 3)) > file$((number % 4)).txt
    git add . && GIT_AUTHOR_DATE="@$((1700000000 + number * 9000)) +0000" \
        GIT_COMMITTER_DATE="@$((1700000000 + number * 9000)) +0000" git commit -q -m "Change number $number, 변경"
    [ $number = 5 ] && git branch other
done
git checkout -q other && echo more > other.txt && git add . && git commit -q -m "On the other branch"
git checkout -q - && git merge -q -m "Both" other
"""
LOG = ["git", "-C", "repository", "-c", "color.ui=always", "-c", "core.pager=less -R", "log", "--graph", "--stat", "-p"]
APT = ["apt-get", "-y", "-o", "Dpkg::Progress-Fancy=1", "-o", "APT::Color=1", "install", "--reinstall", "vttest"]
APT += ["-o", "Dir::Ignore-Files-Silently::=."]

PROGRAMS = {
    "vim": (["vim", "-n", "-u", "NONE", "-N", "-c", "syntax on", "greet.py"], vim),
    "vim_left": (["sh"], vim_left),
    "less": (["less", "-N", "lines.txt"], less),
    "htop": (["unshare", "--pid", "--fork", "--mount-proc", "htop", "--delay=100"], htop),
    "mc": (["sh", "-c", "HOME=$PWD exec mc -u -d files files"], mc),
    "git_log": (LOG, git_log),
    "apt": (APT, to_the_end),
    "progress": (["python3", "-c", PROGRESS], to_the_end),
    **{f"vttest_{''.join(path)}": (["vttest", "24x80.80"], vttest(*path)) for path in ("1", "2", "38", "8")},
    "tmux": (["tmux", "-u", "-L", "captured", "-f", "tmux.conf", "new-session"], tmux),
}
SIZES = {"vim": [(80, 24), (200, 50)], "tmux": [(80, 24), (200, 50)]}


def main(names: list[str]) -> None:
    CAPTURED.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "greet.py").write_text(SOURCE * 8)
        (folder / "lines.txt").write_text("".join(f"line {n} {'of text ' * (n % 14)}\n" for n in range(1, 400)))
        (folder / "files" / "a folder").mkdir(parents=True)
        for number in range(1, 9):
            (folder / "files" / f"file {number} 한글.txt").write_text(f"line {number} of text\n" * 40)
        subprocess.run(["sh", "-c", GIT], cwd=folder, check=True)
        (folder / "tmux.conf").write_text(TMUX_CONFIG)
        with Tmux(folder) as oracle:
            for program in names or list(PROGRAMS):
                command, steps = PROGRAMS[program]
                for columns, rows in SIZES.get(program, [(80, 24)]):
                    with FarEnd(command, columns=columns, rows=rows, folder=folder) as far:
                        steps(far)
                        data = bytes(far.recorded)
                        if program == "tmux":
                            far.type("\x02:kill-server\r")
                            while far.pump(1):
                                pass
                    target = CAPTURED / f"{program}-{columns}x{rows}.bin"
                    target.write_bytes(data)
                    lines, _ = oracle.show(data, columns, rows)
                    target.with_suffix(".txt").write_text("\n".join(lines) + "\n")
                    ours = Terminal(columns, rows)
                    ours.feed(data)
                    print(target.name, len(data), "same" if lines == ours.display else "DIFFERS")


if __name__ == "__main__":
    main(sys.argv[1:])
