"""States of commands on their way into the store, and to whoever watches.

The store learns of an invocation when it ends. The state InProgress is stored for whoever lists, a moment late, so that
a short command costs two commits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from tui.engine import command_store
from tui.engine.command_records import Command, Invocation
from tui.engine.context import Services
from tui.engine.events import publish_command, publish_invocation
from tui.engine.statuses import command_details

BEGUN_SECONDS = 0.05
"""How late the store learns that something has begun."""

RETRY_SECONDS = 2.0
"""How long to wait where the store refuses a final state, on a full disk."""

_log = logging.getLogger(__name__)


class CommandSaving:
    """Has the states of live commands stored and told; a command leaves `live` once its final state is on disk."""

    def __init__(
        self,
        services: Services,
        live: dict[str, Command],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._services = services
        self._live = live
        self._spawn = spawn
        self._begun: dict[str, list[Invocation]] = {}
        self._begun_timer: asyncio.TimerHandle | None = None
        self._leaving = False

    def leave(self) -> None:
        """Try nothing again that the store refuses: the engine is about to end."""
        self._leaving = True
        if self._begun_timer is not None:
            self._begun_timer.cancel()

    def changed(self, command: Command, invocation: Invocation) -> None:
        """Tell of a state that is not final; the store learns of it soon, where it still holds then."""
        self._add_up(command)
        publish_invocation(self._services, command, invocation)
        publish_command(self._services, command)
        self._begun.setdefault(command.command_id, []).append(invocation)
        if self._begun_timer is None:
            self._begun_timer = asyncio.get_running_loop().call_later(BEGUN_SECONDS, self._flush)

    def _flush(self) -> None:
        self._begun_timer = None
        begun, self._begun = self._begun, {}
        for command_id, changed in begun.items():
            command = self._live.get(command_id)
            still = [each for each in changed if not each.is_final]
            if command is not None and still:
                command.begun.extend(still)
                self._have_saved(command)

    def _add_up(self, command: Command) -> None:
        command.details = command_details(command.counts, command.rate.threshold, cancelled=command.cancelled)

    def settle(self, command: Command, changed: Iterable[Invocation]) -> asyncio.Task[None]:
        """Have states stored and told; the task given ends once they are on disk."""
        command.unsaved.extend(changed)
        command.is_untold = True
        return self._have_saved(command)

    def _have_saved(self, command: Command) -> asyncio.Task[None]:
        """Have a command stored by its one writer; the task given ends once it is on disk.

        What is stored is the command as a whole at one moment, so that no command is stored as final before all of its
        invocations are, and nothing that was true earlier is stored over what is true now.
        """
        command.is_unsaved = True
        if command.saver is None:
            command.saver = self._spawn(self._save(command))
        return command.saver

    async def _save(self, command: Command) -> None:
        while command.is_unsaved:
            changed, command.unsaved = command.unsaved, []
            begun, command.begun = command.begun, []
            is_untold, command.is_untold = command.is_untold, False
            command.is_unsaved = False
            self._add_up(command)
            snapshot = command_store.Snapshot(command, [*(each for each in begun if not each.is_final), *changed])
            is_final = command.is_final
            try:
                await self._services.store.write(snapshot.write)
            except Exception as error:
                _log.warning("%s could not be stored yet: %s", command.command_id, error)
                command.refused.set()
                if self._leaving:
                    return
                # On a disk that its own output has filled, a command must not keep whoever waits for it: the run folder
                # has the truth, and the next engine would find the same there.
                if is_untold:
                    self._tell(command, changed, is_over=is_final)
                await self._services.clock.sleep(RETRY_SECONDS)
                command.begun, command.unsaved = begun + command.begun, changed + command.unsaved
                command.is_unsaved, command.is_untold = True, command.is_untold or is_untold
                continue
            if is_untold:
                self._tell(command, changed, is_over=False)
        command.saver = None
        if command.is_final:
            # Told in the same moment in which it stops to be live, so that nobody can begin to wait in between.
            self._tell(command, (), is_over=True)
            self._live.pop(command.command_id, None)

    def _tell(self, command: Command, changed: Iterable[Invocation], *, is_over: bool) -> None:
        """Publish states; a command's own final state only where that is meant, after those of its invocations."""
        for each in changed:
            publish_invocation(self._services, command, each)
        if is_over or not command.is_final:
            publish_command(self._services, command)
