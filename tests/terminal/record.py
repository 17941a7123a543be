"""Record the streams in captured/ anew: `python -m tests.terminal.record [NAME]…`; needs vim, less, htop and tmux.

Each NAME-COLUMNSxROWS.bin is what the program wrote, and the .txt beside it what tmux shows after it.
"""

from __future__ import annotations

import sys
import tempfile
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


PROGRAMS = {
    "vim": (["vim", "-n", "-u", "NONE", "-N", "-c", "syntax on", "greet.py"], vim),
    "vim_left": (["sh"], vim_left),
    "less": (["less", "-N", "lines.txt"], less),
    "htop": (["unshare", "--pid", "--fork", "--mount-proc", "htop", "--delay=100"], htop),
    "tmux": (["tmux", "-u", "-L", "captured", "-f", "tmux.conf", "new-session"], tmux),
}
SIZES = {"vim": [(80, 24), (200, 50)], "tmux": [(80, 24), (200, 50)]}


def main(names: list[str]) -> None:
    CAPTURED.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "greet.py").write_text(SOURCE * 8)
        (folder / "lines.txt").write_text("".join(f"line {n} {'of text ' * (n % 14)}\n" for n in range(1, 400)))
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
