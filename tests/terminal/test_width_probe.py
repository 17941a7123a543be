"""The console asks the terminal how wide it draws ambiguous characters, and draws accordingly."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyte
import pytest

from tests.terminal.console_driver import environment
from tests.terminal.pty_driver import Program, TolerantScreen

# A console on an engine that never answers: what is asked here is only how it draws.
SCRIPT = """
import asyncio, sys
from pathlib import Path
from tui.app import Launch, SsmApp
from tui.config import Config
async def connect(_):
    await asyncio.Event().wait()
folder = Path(sys.argv[1])
SsmApp(Launch(connect=connect, config=Config(theme="dark"), folder=folder, log_file=folder / "log")).run()
"""


class Asked(TolerantScreen):
    """A terminal that says where its cursor is as if ambiguous characters took `cells` cells; 0 says nothing."""

    cells = 1

    def report_device_status(self, mode: int = 0, **kwargs: Any) -> None:
        if mode == 6 and self.cells:
            self.write_process_input(f"\x1b[1;{self.cells * 3 + 1}R")


def console(tmp_path: Path, cells: int, locale: str) -> Program:
    made = Program(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        env=environment(tmp_path) | {"LC_ALL": locale, "LANG": locale},
        cwd=tmp_path,
    )
    reply: Callable[[bytes], None] = made.send
    made.screen = Asked(80, 24, reply)
    made.screen.cells = cells
    made._stream = pyte.ByteStream(made.screen)
    return made


@pytest.mark.parametrize(
    ("cells", "locale", "drawn"),
    [
        (1, "C.UTF-8", "▸"),
        (2, "C.UTF-8", ">"),
        (1, "ko_KR.UTF-8", "▸"),
        (2, "ko_KR.UTF-8", ">"),
        (0, "C.UTF-8", "▸"),
        (0, "ko_KR.UTF-8", ">"),
    ],
)
def test_glyphs_follow_the_terminals_answer_and_else_the_locale(
    tmp_path: Path, cells: int, locale: str, drawn: str
) -> None:
    with console(tmp_path, cells, locale) as one:
        # What is typed before the first paint arrives, beside the answer.
        one.send(":overv")
        one.wait_for(":overv")
        one.wait_for(f"{drawn} connecting")
        one.send("\x1b")
        one.wait_gone(":overv")
        one.wait_for(f"{drawn} connecting")
        one.send("\x11")
        assert one.wait_exit() == 0
        assert b"\xe2\x96\xb2\xe2\x97\x8f\xe2\x96\x88\x1b[6n" in one.raw


def test_where_the_locale_is_not_utf8_nothing_is_asked(tmp_path: Path) -> None:
    with console(tmp_path, 1, "C") as one:
        one.wait_for("> connecting")
        one.send("\x11")
        assert one.wait_exit() == 0
        assert b"\x1b[6n" not in one.raw
