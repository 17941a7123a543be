"""All shells on this machine: opened by way of the keeper, found again after the daemon was killed."""

from __future__ import annotations

import asyncio
import logging
import os

from tui.engine.context import ApiFault, Services
from tui.engine.keeper_client import KeeperClient, KeeperError
from tui.engine.local_shell import LocalShell
from tui.engine.login_shell import login_shell
from tui.engine.nodes.base import ShellRequest
from tui.engine.shell_ending import Ending, ending

_log = logging.getLogger(__name__)


class LocalShells:
    """The daemon's end of the keeper, and the shells that it holds; one per engine."""

    def __init__(self, services: Services) -> None:
        self._clock = services.clock
        self._client = KeeperClient(services.paths, on_ended=self._ended, on_lost=self._keeper_lost)
        self._shells: dict[str, LocalShell] = {}
        self._early: dict[str, Ending] = {}
        self._adopting: asyncio.Task[None] | None = None
        self._closing = False

    async def open(self, request: ShellRequest, *, become: str) -> LocalShell:
        """Start a shell. Raises: ApiFault where the keeper or the shell can't be started."""
        shell = login_shell(request.command, become=become, inherited=os.environ, extra=request.environment)
        try:
            pid, started, master = await self._client.open(
                request.session_id,
                file=shell.file,
                argv=shell.argv,
                env=shell.env,
                cwd=shell.cwd,
                rows=request.rows,
                columns=request.columns,
            )
        except KeeperError as error:
            raise ApiFault("InternalServerError", f"The shell could not be started: {error}") from error
        return self._add(request.session_id, pid, started, master)

    def _add(self, session_id: str, pid: int, started: float, master: int) -> LocalShell:
        self._forget_ended()
        shell = LocalShell(self._client, self._clock, session_id, pid=pid, started=started, master=master)
        self._shells[session_id] = shell
        if session_id in self._early:
            shell.note_end(self._early.pop(session_id))
        return shell

    def _forget_ended(self) -> None:
        self._shells = {name: shell for name, shell in self._shells.items() if shell.master >= 0}

    async def recover(self, wanted: set[str]) -> tuple[dict[str, LocalShell], str]:
        """Take up the shells of an earlier daemon that are wanted, living or ended unseen; the others are hung up.

        Gives them by session, and the sentence that says what has become of those that are missing.
        """
        found: dict[str, LocalShell] = {}
        missing = "The shell was hung up: the engine and the keeper that held its terminal were both killed."
        try:
            if not await self._client.connect(start=False):
                return found, missing
            for kept in await self._client.shells():
                session_id = kept["session"]
                if session_id not in wanted:
                    await self._client.forget(session_id)
                    continue
                master = await self._client.take(session_id)
                shell = self._add(session_id, kept["pid"], kept["started"], master)
                if not kept["parent"]:
                    shell.note_keeper_lost()
                if "code" in kept:
                    shell.note_end(ending(kept["code"], kept["signal"]))
                found[session_id] = shell
        except KeeperError as error:
            _log.error("shells of an earlier engine can't be taken up again: %s", error)
            missing = f"The shell was lost when the engine was killed and started again: {error}."
        return found, missing

    def _ended(self, session_id: str, code: int | None, number: int | None) -> None:
        shell = self._shells.get(session_id)
        if shell is not None:
            shell.note_end(ending(code, number))
        else:
            self._early[session_id] = ending(code, number)  # it ended before the answer that names it was handled

    def _keeper_lost(self) -> None:
        self._forget_ended()
        for shell in self._shells.values():
            shell.note_keeper_lost()
        if self._shells and not self._closing:
            _log.error("the keeper was killed; its %d shells live on, their exit status is lost", len(self._shells))
            self._adopting = asyncio.create_task(self._adopt())

    async def _adopt(self) -> None:
        """Give the shells to a new keeper, so that they outlive this daemon again."""
        try:
            await self._client.connect(start=True)
            for shell in list(self._shells.values()):
                if shell.master >= 0:
                    await self._client.adopt(
                        shell.session_id, pid=shell.pid, started=shell.started, master=shell.master
                    )
        except KeeperError as error:
            _log.error("no new keeper: the shells end with this engine (%s)", error)

    async def aclose(self) -> None:
        """Let go of every shell; the keeper holds them until the next daemon."""
        self._closing = True
        if self._adopting is not None:
            await asyncio.gather(self._adopting, return_exceptions=True)
        await self._client.aclose()
        for shell in self._shells.values():
            shell.let_go()
        self._shells.clear()
