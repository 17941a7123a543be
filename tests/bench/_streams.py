"""The eight streams that the terminal's benchmarks feed, as they come out of a pty.

`ls`, `vim` and `htop` are recorded from the real programs in a real pty of the size that is measured; the others are
made from a fixed seed. Each is repeated until it has SIZE bytes. Where SSM_TUI_BENCH_STREAMS names a folder, streams
are kept in it and taken from it again, so that two runs measure the same bytes.
"""

from __future__ import annotations

import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tui.engine.keeper import spawn

SIZE = 3_000_000
TEXTS = ("plain lines", "short lines", "ls --color", "log", "UTF-8", "source")
SCREENS = ("vim", "htop")
KEPT = "SSM_TUI_BENCH_STREAMS"
SOURCES = ("argparse.py", "inspect.py", "typing.py", "tarfile.py")
"""Files of the standard library: what is coloured, and what vim edits."""
_SAID = (
    "the a of and to in is it on node agent command session shell output status waiting started finished timeout "
    "retry connection refused listening socket address parameter document version history update failed success "
    "inventory association maintenance window patch baseline compliance instance region account operator console"
)
WORDS = _SAID.split()
SCRIPTS = (
    "한국어 문장이 화면에 나온다",
    "日本語の文章が画面に出る",
    "中文句子显示在屏幕上",
    "русский текст на экране",
    "ελληνικό κείμενο στην οθόνη",
    "déjà vu, naïve façade, Ærøskøbing",
    "žluťoučký kůň úpěl ďábelské ódy",
    "┌──┬──┐│ab│cd│└──┴──┘ █▓▒░ ▲▼◆●",
    "plain English between the others",
)


def stream(name: str, columns: int, rows: int) -> bytes:
    """Give a stream by its name, for a terminal of that size.

    Raises: FileNotFoundError where the program that writes it is not installed.
    """
    folder = os.environ.get(KEPT)
    kept = Path(folder) / f"{name.replace(' ', '_')}-{columns}x{rows}.bin" if folder else None
    if kept is not None and kept.exists():
        return kept.read_bytes()
    data = _MADE[name](columns, rows)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(data)
    return data


def plain(columns: int, rows: int) -> bytes:
    some = random.Random(1)
    lines = (" ".join(some.choices(WORDS, k=some.randint(1, 14))) for _ in range(20_000))
    return _filled("\r\n".join(lines).encode() + b"\r\n")


def short(columns: int, rows: int) -> bytes:
    return "".join(f"{number}\r\n" for number in range(1, 400_000)).encode()[:SIZE]


def log(columns: int, rows: int) -> bytes:
    some = random.Random(2)
    levels = ["\x1b[32mINFO \x1b[0m"] * 8 + ["\x1b[33mWARN \x1b[0m", "\x1b[1;31mERROR\x1b[0m", "\x1b[36mDEBUG\x1b[0m"]
    lines = []
    for number in range(10_000):
        said = " ".join(some.choices(WORDS, k=some.randint(3, 9)))
        pairs = " ".join(
            f"\x1b[36m{some.choice(WORDS)}\x1b[0m=\x1b[35m{some.randrange(100_000)}\x1b[0m"
            for _ in range(some.randrange(3))
        )
        stamp = f"2026-11-21T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"
        lines.append(
            f"\x1b[2m{stamp}\x1b[0m {some.choice(levels)} \x1b[1m{some.choice(WORDS)}\x1b[0m: {said} {pairs}\r\n"
        )
    return _filled("".join(lines).encode())


def scripts(columns: int, rows: int) -> bytes:
    some = random.Random(3)
    lines = ("  ".join(some.choices(SCRIPTS, k=some.randint(1, 3))) for _ in range(10_000))
    return _filled("\r\n".join(lines).encode() + b"\r\n")


def source(columns: int, rows: int) -> bytes:
    """Python as Pygments colours it for a terminal of 256 colours."""
    from pygments import highlight
    from pygments.formatters import Terminal256Formatter
    from pygments.lexers import PythonLexer

    text = "".join((_library() / name).read_text() for name in SOURCES[:2])
    return _filled(highlight(text, PythonLexer(), Terminal256Formatter()).replace("\n", "\r\n").encode())


def ls(columns: int, rows: int) -> bytes:
    folders = f"/usr/bin /etc /dev {_library()}"
    with Recording(["sh", "-c", f"ls --color -la {folders}; ls --color {folders}"], columns, rows) as recorded:
        recorded.to_the_end()
    return _filled(bytes(recorded.data))


def vim(columns: int, rows: int) -> bytes:
    """An hour at an editor, pressed together: paging, scrolling, searching, typing, splitting, undoing."""
    with tempfile.TemporaryDirectory(prefix="ssm-tui-bench-") as folder:
        shutil.copy(_library() / SOURCES[0], Path(folder) / "edited.py")
        command = ["vim", "-n", "-u", "NONE", "-i", "NONE", "-N", "-c", "syntax on | set number hlsearch", "edited.py"]
        with Recording(command, columns, rows, folder) as recorded:
            recorded.quiet()
            for key in ["\x06"] * 25 + ["\x05"] * 60 + ["\x19"] * 60 + ["j"] * 80 + ["\x02"] * 15:
                recorded.type(key)
            recorded.type("/self\r")
            for _ in range(25):
                recorded.type("n")
            recorded.type("ggO")
            for word in WORDS[:40]:
                recorded.type(word + " ")
            recorded.type("\x1b:set nohlsearch\r")
            recorded.type(":split\r")
            for key in ["20\x05", "\x17\x17", "10dd", "p", "u", "u", ">>", "yyp", "G", "\x15", "\x15"] * 4:
                recorded.type(key)
            recorded.type(":only\r")
            shown = len(recorded.data)
            recorded.type(":q!\r")
            recorded.to_the_end()
    return _ended(bytes(recorded.data), shown)


def htop(columns: int, rows: int) -> bytes:
    """A few seconds at a tenth of a second each, with something to show."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    idle = [subprocess.Popen(["sleep", "600"]) for _ in range(40)]
    try:
        with Recording(["htop", "--delay=1"], columns, rows) as recorded:
            recorded.quiet(0.3, most=1.0)
            for key in ["\x1b[B"] * 8 + ["M", "P", "t", "\x1b[6~", "\x1b[5~", "t", "I", "I"] + ["\x1b[B"] * 8:
                recorded.type(key, 0.2)
            recorded.quiet(0.3, most=2.0)
            shown = len(recorded.data)
            recorded.type("q")
            recorded.to_the_end()
    finally:
        for process in busy + idle:
            process.kill()
            process.wait()
    return _ended(bytes(recorded.data), shown)


def _library() -> Path:
    return Path(os.__file__).parent


def _filled(data: bytes) -> bytes:
    return data * max(1, -(-SIZE // len(data)))


def _ended(data: bytes, shown: int) -> bytes:
    """Repeat a recording, and end it before the program leaves the screen."""
    return data * max(0, round(SIZE / len(data)) - 1) + data[:shown]


class Recording:
    """A real program in a real pty, whose bytes are kept in `data`. Use as a context manager."""

    def __init__(self, command: list[str], columns: int, rows: int, folder: str = "/") -> None:
        file = shutil.which(command[0])
        if file is None:
            raise FileNotFoundError(command[0])
        keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        env = keep | {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "HTOPRC": os.devnull}
        self.data = bytearray()
        self._pid, self._master = spawn(file, command, env, folder, rows, columns)

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._master)
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    def type(self, text: str, most: float = 5.0) -> None:
        """Press keys, and read until the program is quiet, or for so many seconds."""
        os.write(self._master, text.encode())
        self.quiet(0.02, most=most)

    def quiet(self, seconds: float = 0.2, *, most: float = 10.0) -> None:
        """Read until nothing has come for so many seconds."""
        deadline = time.monotonic() + most
        while self._read(seconds) and time.monotonic() < deadline:
            pass

    def to_the_end(self) -> None:
        """Read until the program has closed its terminal."""
        while self._read(20.0):
            pass

    def _read(self, timeout: float) -> bool:
        if not select.select([self._master], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:
            return False
        self.data += data
        return bool(data)


_MADE = {
    "plain lines": plain,
    "short lines": short,
    "ls --color": ls,
    "log": log,
    "UTF-8": scripts,
    "source": source,
    "vim": vim,
    "htop": htop,
}
