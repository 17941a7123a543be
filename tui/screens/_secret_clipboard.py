"""The clipboard for a secret: only one that it can be taken back from, and it is, after some seconds.

That is a native one whose content can be read again before it is cleared, or a buffer of our own in tmux. What a
terminal is told to copy (OSC 52) can't be taken back, so a secret never goes that way. The plaintext goes to the tools
by their input, never on a command line.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import secrets
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tui.errors import UsageError

log = logging.getLogger(__name__)
SECONDS = 30.0
PATIENCE = 5.0
"""Seconds that a tool is given to take what it is handed."""
GUARD = Path(__file__).with_name("_clipboard_guard.py")

_guards: list[Process] = []
"""Guards whose input is held open: one that loses its console clears at once."""


class Place(NamedTuple):
    """Where a secret can be put: the command lines that write, read and clear it, and how it is said to be there.

    With `shared` others write there too, so that it is read before it is cleared.
    """

    write: list[str]
    read: list[str]
    clear: list[str]
    said: str
    shared: bool = True


def place_of(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Place | None:
    """Give where a secret can be put here and taken back, or None."""

    def has(*tools: str) -> bool:
        return all(shutil.which(tool, path=environ.get("PATH", os.defpath)) for tool in tools)

    said = "the clipboard"
    if environ.get("WAYLAND_DISPLAY") and has("wl-copy", "wl-paste"):
        return Place(["wl-copy"], ["wl-paste", "--no-newline"], ["wl-copy", "--clear"], said)
    if environ.get("DISPLAY") and has("xclip"):
        xclip = ["xclip", "-selection", "clipboard"]
        return Place([*xclip, "-in"], [*xclip, "-out"], [*xclip, "-in"], said)
    if environ.get("DISPLAY") and has("xsel"):
        xsel = ["xsel", "--clipboard"]
        return Place([*xsel, "--input"], [*xsel, "--output"], [*xsel, "--clear"], said)
    if platform == "darwin" and has("pbcopy", "pbpaste"):
        return Place(["pbcopy"], ["pbpaste"], ["pbcopy"], said)
    if environ.get("TMUX") and has("tmux"):
        name = f"ssm-tui-{secrets.token_hex(4)}"
        buffer = ["-b", name]
        return Place(
            ["tmux", "load-buffer", *buffer, "-"],
            ["tmux", "show-buffer", *buffer],
            ["tmux", "delete-buffer", *buffer],
            f"tmux's buffer {name}, which `paste-buffer -b {name}` pastes,",
            shared=False,
        )
    return None


async def put_secret(text: str, *, seconds: float = SECONDS, environ: Mapping[str, str] = os.environ) -> str:
    """Put a secret where it can be taken back, and have it taken back after some seconds; say where it is.

    Raises: UsageError where there is no such place, or its tool does not take it: nothing was copied then.
    """
    place = place_of(environ)
    if place is None:
        raise UsageError(
            "A secret can't be taken back from any clipboard here (no wl-copy, xclip, xsel, pbcopy, tmux):"
        )
    data, env = text.encode(), dict(environ)
    # A guard that stands ready first: what is copied is cleared even where the console is killed right behind it.
    guard = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-S",
        str(GUARD),
        stdin=PIPE,
        stdout=DEVNULL,
        stderr=DEVNULL,
        env=env,
        start_new_session=True,
    )
    salt = secrets.token_bytes(16)
    told = {
        "read": place.read,
        "clear": place.clear,
        "seconds": seconds,
        "salt": salt.hex(),
        "digest": hashlib.sha256(salt + data).hexdigest() if place.shared else "",
    }
    assert guard.stdin is not None
    guard.stdin.write(json.dumps(told).encode() + b"\n")
    await guard.stdin.drain()
    failed = await _written(place.write, data, env)
    if failed:
        guard.stdin.close()
        raise UsageError(f"The value was not copied: {failed}.")
    earlier, _guards[:] = [*_guards], [guard]
    for one in earlier:
        if one.stdin is not None:
            one.stdin.close()  # the clipboard holds another secret now, which it leaves alone
    return f"{place.said} for {seconds:.0f} s"


async def _written(command: list[str], data: bytes, env: Mapping[str, str]) -> str:
    """Hand data to a tool; give why it did not take it, or ""."""
    try:
        tool = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, env=dict(env))
    except OSError as error:
        return f"{command[0]} can't be run, {os.strerror(error.errno or 0)}"
    try:
        async with asyncio.timeout(PATIENCE):
            await tool.communicate(data)
    except TimeoutError:
        with suppress(ProcessLookupError):
            tool.kill()
        return f"{command[0]} does not answer"
    return f"{command[0]} ended with {tool.returncode}" if tool.returncode else ""
