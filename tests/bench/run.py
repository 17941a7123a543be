"""A command on this machine: from the key to its first line on screen, and 1,000 one after the other.

Both beside a bare subprocess of the same. The console runs in a real pty, the launcher filled in; the clock starts with
the key that sends and stops when the output is among the bytes that the console wrote.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path
from typing import Any

from tests.bench._rows import Row, in_turns
from tui.transport.local import LocalTransport
from tui.transport.starting import wait_until_gone

ROUNDS = 15
COMMANDS, TURNS = 1000, 10
PATIENCE = 20.0
CLEAR, ESCAPE, ENTER, QUIT = b"\x15", b"\x1b", b"\r", b"\x11"


def figures() -> list[Row]:
    """Measure; takes about half a minute."""
    with tempfile.TemporaryDirectory(prefix="ssm-tui-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with asyncio.Runner() as runner:
            transport = runner.run(LocalTransport.connect(folder / "state"))
            try:
                found = runner.run(transport.call("DescribeInstanceInformation", {}))
                node = found["InstanceInformationList"][0]["InstanceId"]
                return [_first_line(folder), _one_after_the_other(runner, transport, node)]
            finally:
                runner.run(transport.call("StopEngine", {"Force": True}, service="ssm-tui"))
                runner.run(transport.aclose())
                runner.run(wait_until_gone(folder / "state", int(transport.peer["pid"])))


def _first_line(folder: Path) -> Row:
    """Milliseconds from the key to the first line."""
    with Console(folder) as console:
        numbers = iter(range(10_000))

        def ours() -> float:
            return console.run(next(numbers)) * 1000

        def theirs() -> float:
            begun = time.perf_counter()
            subprocess.run(["sh", "-c", script(next(numbers))], capture_output=True, check=True)
            return (time.perf_counter() - begun) * 1000

        ours(), theirs()
        mine, peer = in_turns(ROUNDS, ours, theirs)
    return Row(
        name="key to first line on screen",
        ours=mine,
        peer=peer,
        peer_name="subprocess.run",
        unit="ms",
        ratio=mine / peer,
        goal="ours - peer <= 50",
        met=mine - peer <= 50,
    )


def _one_after_the_other(runner: asyncio.Runner, transport: LocalTransport, node: str) -> Row:
    """Commands a second, each sent when the one before has ended."""
    each = COMMANDS // TURNS
    request: dict[str, Any] = {
        "DocumentName": "AWS-RunShellScript",
        "InstanceIds": [node],
        "Parameters": {"commands": ["true"]},
    }

    async def run() -> None:
        for _ in range(each):
            sent = await transport.call("SendCommand", request)
            last: dict[str, Any] = {}
            async for event in transport.watch("command", {"CommandId": sent["Command"]["CommandId"]}):
                last = event if event["type"] == "command" else last
            assert last["Command"]["Status"] == "Success", last

    def ours() -> float:
        begun = time.perf_counter()
        runner.run(run())
        return each / (time.perf_counter() - begun)

    def theirs() -> float:
        begun = time.perf_counter()
        for _ in range(each):
            subprocess.run(["sh", "-c", "true"], capture_output=True, check=True)
        return each / (time.perf_counter() - begun)

    mine, peer = in_turns(TURNS, ours, theirs)
    return Row(
        name=f"{COMMANDS:,} commands one after the other",
        ours=mine,
        peer=peer,
        peer_name="subprocess.run",
        unit="commands/s",
        ratio=mine / peer,
        goal="ours >= 100",
        met=mine >= 100,
    )


def script(number: int) -> str:
    """Give a command whose output is nowhere in its own text."""
    return f"echo 'the ''first ''line' {number:05d}"


def said(number: int) -> bytes:
    return f"the first line {number:05d}".encode()


class Console:
    """The console in a pty of 120x36, in its launcher."""

    def __init__(self, folder: Path) -> None:
        argv = [sys.executable, "-m", "tui.cli", "--state", str(folder / "state"), "run"]
        environ = {
            **os.environ,
            "TERM": "xterm-256color",
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_STATE_HOME": str(folder / "logs"),
        }
        self._pid, self._master = pty.fork()
        if self._pid == 0:
            os.execvpe(argv[0], argv, environ)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))

    def __enter__(self) -> Console:
        self._wait(b"runs on")
        return self

    def __exit__(self, *_: object) -> None:
        os.write(self._master, QUIT)
        while self._read(PATIENCE):
            pass
        os.waitpid(self._pid, 0)
        os.close(self._master)

    def run(self, number: int) -> float:
        """Fill the launcher in, send, and go back; gives the seconds from the key to the output."""
        text = script(number).encode()
        os.write(self._master, CLEAR + text)
        # The request beside the form is drawn last of all that typing changes.
        self._wait(b"%05d" % number)
        self._drain()
        begun = time.perf_counter()
        os.write(self._master, ENTER)
        self._wait(said(number))
        taken = time.perf_counter() - begun
        os.write(self._master, ESCAPE)
        self._wait(b"executionTimeout")
        self._drain()
        os.write(self._master, ENTER)  # into the form again
        self._drain()
        return taken

    def _read(self, seconds: float) -> bytes:
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return b""
        try:
            return os.read(self._master, 65536)
        except OSError:
            return b""  # how a pty says that its far end is gone

    def _wait(self, marker: bytes) -> None:
        seen = b""
        while marker not in seen:
            data = self._read(PATIENCE)
            assert data, f"{marker!r} did not come; the last bytes: {seen[-2000:]!r}"
            seen += data

    def _drain(self) -> None:
        """Read until the console has been still for a while."""
        while self._read(0.3):
            pass
