"""The part of the Command screen that asks: in which contexts its commands are, and what happens to them there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.worker import Worker

from tui.errors import SsmTuiError
from tui.ports import Ref
from tui.screens._base import ConsoleScreen
from tui.screens._catch_up import CatchUp
from tui.screens._command_places import CommandPlaces
from tui.screens._command_runs import CommandRuns, NodeRun
from tui.services.commands import Commands, Event
from tui.services.early_watch import EarlyWatches

SOON = 1 / 60
"""Seconds between two drawings while output floods in."""


class CommandWatching(ConsoleScreen):
    """Follows commands where they are; the screen draws."""

    catch_up: CatchUp | None
    places: CommandPlaces
    state: CommandRuns
    _drawn: float

    if TYPE_CHECKING:

        def take_argument(self, argument: Any) -> None: ...
        def _take(self, event: Event, id: str) -> None: ...
        def _touch(self) -> None: ...

    def commands_of(self, run: NodeRun) -> Commands:
        """Give the service that a node's run is asked of."""
        return self.shell.services.of(Commands, self.places.context(run))

    def concerns(self, context: str) -> bool:
        known = self.places.settled(self.shell.services)
        return len(known) < len(self.state.ids) or context in known.values()

    def reload(self) -> None:
        """Follow the commands anew, and fetch what could not be fetched."""
        super().reload()
        if self.shell.is_connected and self.state.ids:
            self.stale = None
            self._set_stale(False)
            for run in self.state.runs.values():
                run.asked = None
            self.begin()
            self._touch()

    def contexts_changed(self) -> None:
        known = self.places.settled(self.shell.services)
        if len(known) < len(self.state.ids) and self.shell.is_connected:
            # It was shown from a context that is no more: what is there now is asked for it.
            self.take_argument(self.argument)
            self.rows = 0
            self.set_phase("loading")
        super().contexts_changed()

    def begin(self) -> None:
        if self.catch_up is not None:
            self.catch_up.close()
        self.catch_up = CatchUp(self.commands_of, self._touch)
        services = self.shell.services
        known = self.places.settled(services)
        closed = {id: context for id, context in known.items() if context not in services.contexts}
        for run in self.state.runs.values():
            # The engine was away: what it said meanwhile is fetched from where each pane stands.
            run.behind, run.catching, run.resting, run.asks, run.fault = True, False, False, 0, ""
            run.closed = closed.get(run.command_id, "")
        if not self.state.ids:
            self.set_phase("empty", "No command is named.", ":commands lists what ran; r on Fleet runs one.")
        for id in self.state.ids:
            if id in known and id not in closed:
                self._begin_one(id, known[id])
            elif id not in closed and services.contexts:
                self._work(partial(self._find, id), f"watch-{id}")

    def _begin_one(self, id: str, context: str) -> None:
        commands = self.shell.services.of(Commands, context)
        early = self.shell.services.of(EarlyWatches, context).take(id)
        for event in early.ready() if early is not None else ():
            self._take(event, id)
        # A word that is no command is told from one that says nothing yet.
        self._work(partial(self._check, commands, id), f"check-{id}")
        events = commands.watch(id) if early is None else early.events()
        self._work(partial(self._watch, events, id), f"watch-{id}")

    def _work(self, begin: Callable[[], Coroutine[Any, Any, None]], group: str) -> None:
        # What is only begun by its worker is not left half-made where the screen goes before that.
        _: Worker[None] = self.run_worker(begin, group=group, exclusive=True, exit_on_error=False)

    async def _find(self, id: str) -> None:
        try:
            context = await self.places.find(self.shell.services, id)
        except SsmTuiError as error:
            self.fail(error)
        else:
            self.call_later(self._begin_one, id, context)

    async def _check(self, commands: Commands, id: str) -> None:
        try:
            await commands.raw(id)
        except SsmTuiError as error:
            self.fail(error)

    async def _watch(self, events: AsyncGenerator[Event, None], id: str) -> None:
        try:
            async for event in events:
                self._take(event, id)
                if time.monotonic() - self._drawn > SOON * 2:
                    # A flood of events must leave the keys their turn.
                    await asyncio.sleep(0)
        except SsmTuiError as error:
            self.fail(error)
        except Exception:
            self.shell.fault("the command could not be followed")
        self._touch()

    def node_word(self, run: NodeRun) -> str:
        """Give the word that names a run's node."""
        services = self.shell.services
        return services.word(Ref(self.places.context(run) or services.contexts[0], run.node_id))
