"""Steps as root: what is put before the script, whether sudo lets us, and how such a group is ended."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from pathlib import Path

# Under sudo the script may get a session of its own (use_pty), so it leaves its group's number for the one who ends it.
INNER = """\
ps -o pgid= -p $$ >"$1/sudo.pgid"
if [ -n "$2" ] && ! cd -- "$2" 2>/dev/null; then
  echo "ssm-tui: the working directory $2 does not exist, or root may not enter it" >&2
  exit 1
fi
exec sh "$1/script" </dev/null
"""


class Sudo:
    """sudo on this machine; the password, where one is needed, lives in memory only."""

    def __init__(self, program: str = "sudo") -> None:
        self._program = program
        self._password = ""

    def set_password(self, password: str) -> None:
        self._password = password

    @property
    def stdin(self) -> bytes:
        """What sudo reads from its standard input: the password and a newline, or nothing."""
        return self._password.encode() + b"\n" if self._password else b""

    def _front(self) -> list[str]:
        return [self._program, "-S", "-p", ""] if self._password else [self._program, "-n"]

    def command(self, folder: Path, working_directory: str, environment: Mapping[str, str]) -> list[str]:
        """Give the arguments that run a folder's script as root; sudo drops the environment, so it is handed over."""
        variables = [f"{name}={value}" for name, value in environment.items()]
        inner = ["sh", "-c", INNER, "ssm-tui-step", str(folder), working_directory]
        return [*self._front(), "--", "env", *variables, *inner]

    async def refusal(self) -> str:
        """Give the sentence that says why sudo does not let us; empty where it does."""
        code, text = await self._run("-v" if self._password else "true")
        if code == 0:
            return ""
        if code == 127:
            return "There is no sudo on this machine: install it, or set this node's become to none."
        if self._password:
            return f"sudo refused the password that was given for this node ({text})."
        return f"sudo wants a password for this node and none was given ({text})."

    async def signal_group(self, pgid: int, number: int) -> None:
        """Send a signal to a group of root's."""
        if pgid > 1:
            await self._run("kill", f"-{signal.Signals(number).name[3:]}", "--", f"-{pgid}")

    async def _run(self, *words: str) -> tuple[int, str]:
        arguments = [*self._front(), *([] if words == ("-v",) else ["--"]), *words]
        try:
            process = await asyncio.create_subprocess_exec(
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except FileNotFoundError:
            return 127, "not found"
        _, complaint = await process.communicate(self.stdin)
        lines = complaint.decode(errors="replace").strip().splitlines()
        return process.returncode or 0, lines[-1] if lines else ""
