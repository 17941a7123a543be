"""In a shell of the console every key but the prefix belongs to the far end, byte for byte, in a real terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.terminal.console_driver import console
from tests.terminal.pty_driver import Program

pytestmark = pytest.mark.slow

READER = """
import os, sys, termios, tty
saved = termios.tcgetattr(0)
tty.setraw(0)
print("reading", end="\\r\\n", flush=True)
got = b""
while not got.endswith(b"~END~"):
    got += os.read(0, 4096)
termios.tcsetattr(0, termios.TCSADRAIN, saved)
print("got <" + got[:-5].hex() + ">", flush=True)
"""

CONTROL = [bytes([code]) for code in range(1, 27)]
"""Ctrl+A to Ctrl+Z; Ctrl+I and Ctrl+M are Tab and Enter."""
FUNCTION = [b"\x1bOP", b"\x1bOQ", b"\x1bOR", b"\x1bOS", b"\x1b[15~", b"\x1b[17~", b"\x1b[18~", b"\x1b[19~", b"\x1b[20~"]
FUNCTION += [b"\x1b[21~", b"\x1b[23~"]
"""F1 to F11; F12 is the prefix as well."""
# Alt+O and Alt+[ begin a key's sequence in every terminal: only the time that passes tells them apart.
ALT = [b"\x1b" + bytes([code]) for code in b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNPQRSTUVWXYZ"]
MOVES = [
    b"\x1b[A",
    b"\x1b[B",
    b"\x1b[C",
    b"\x1b[D",
    b"\x1b[H",
    b"\x1b[F",
    b"\x1b[5~",
    b"\x1b[6~",
    b"\x1b[2~",
    b"\x1b[3~",
    b"\x1b[Z",
]


def sent_and_got(state: Path, keys: list[bytes]) -> tuple[bytes, bytes]:
    script = state / "reader.py"
    script.write_text(READER)
    with console(state, rows=50, columns=200) as one:
        one.wait_for("Online")
        one.send("s")
        one.wait_for("attached")
        one.send(f"{sys.executable} {script}\r")
        one.wait_for("reading")
        for key in keys:
            one.send(key)
        one.send("~END~")
        one.wait_until(arrived, "what arrived")
        got = one.text.replace("\n", "").split("got <", 1)[1].split(">", 1)[0]
        one.send("exit\r")
        one.wait_for("exit status")
    return b"".join(keys), bytes.fromhex(got)


def arrived(one: Program) -> bool:
    return ">" in one.text.replace("\n", "").partition("got <")[2]


@pytest.mark.parametrize("keys", [CONTROL, FUNCTION, ALT, MOVES], ids=["control", "function", "alt", "moves"])
def test_every_key_but_the_prefix_arrives_byte_for_byte(state: Path, keys: list[bytes]) -> None:
    sent, got = sent_and_got(state, keys)
    assert got == sent


def test_the_prefix_twice_sends_it_once(state: Path) -> None:
    _, got = sent_and_got(state, [b"a", b"\x1d", b"\x1d", b"b"])
    assert got == b"a\x1db"


def test_escape_alone_arrives(state: Path) -> None:
    _, got = sent_and_got(state, [b"a", b"\x1b"])
    assert got == b"a\x1b"
