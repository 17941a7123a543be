"""Runs commands: sends them to nodes under rate control, follows them, and leaves a true final state of each.

The store learns of a command twice: when it is accepted, and as each invocation ends. What happens between is in the
run folders, from which the next engine finds it again; the state InProgress is stored for whoever lists, a moment
late, so that a short command costs two commits.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
from collections.abc import Coroutine, Iterable
from typing import Any

from tui.engine import command_store, step_results
from tui.engine.command_records import Command, Invocation, StepRecord
from tui.engine.command_steps import PreparedStep
from tui.engine.context import ApiFault, Services
from tui.engine.events import publish_command, publish_invocation
from tui.engine.nodes.base import OUTPUT_CAP, Node, Outcome, Step, StepNeverStarted, StepResult, StepRun
from tui.engine.nodes.directory import NodeDirectory
from tui.engine.nodes.run_folder import run_folders
from tui.engine.statuses import ERRORS, command_details, invocation_details

BEGUN_SECONDS = 0.05
"""How late the store learns that something has begun."""

AT_ONCE = 25
"""How many invocations are started before everything else on the loop has its turn."""

RETRY_SECONDS = 2.0
"""How long to wait where the store refuses a final state, on a full disk."""

_log = logging.getLogger(__name__)


class CommandRunner:
    """Every command that is not over; a part of the engine's services."""

    def __init__(self, services: Services) -> None:
        self.live: dict[str, Command] = {}
        self._services = services
        self._directory = services.part(NodeDirectory)
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._begun: dict[str, list[Invocation]] = {}
        self._begun_timer: asyncio.TimerHandle | None = None
        self._leaving = False

    # what the domain asks for

    async def accept(self, command: Command) -> None:
        """Store a new command and begin with it; returns once it is on disk."""
        command.counts["Pending"] = len(command.invocations)
        command.waiting = list(reversed(command.invocations.values()))
        command.number = await self._services.store.write(lambda conn: command_store.insert(conn, command))
        self.live[command.command_id] = command
        publish_command(self._services, command)
        if command.invocations:
            self._pump(command)
        else:
            self._settle(command, ())

    async def cancel(self, command: Command, chosen: Iterable[Invocation], *, whole: bool) -> None:
        """Cancel invocations: those that were not sent at once, those that run as soon as their group is ended."""
        command.cancelled = command.cancelled or whole
        changed, running = [], []
        for each in chosen:
            if each.is_final or each.cancelled:
                continue
            each.cancelled = True
            changed.append(each)
            if each in command.waiting:
                command.waiting.remove(each)
                command.move(each, "Cancelled")
            elif each.run is None and each.task is not None and each.details in ("Pending", "Delayed"):
                each.task.cancel()
                command.move(each, "Cancelled")
                command.rate.ended(is_error=False)
            else:
                command.move(each, "Cancelling")
                running.append(each)
        command.refused.clear()
        saved = self._settle(command, changed)
        for each in running:
            if each.run is not None:
                await each.run.cancel()
        self._pump(command)
        await self._stored(command, saved)

    async def _stored(self, command: Command, saved: asyncio.Task[None]) -> None:
        """Wait until a command is on disk. Raises: ApiFault InternalServerError where the store refuses it for now."""
        refused = asyncio.ensure_future(command.refused.wait())
        await asyncio.wait({saved, refused}, return_when=asyncio.FIRST_COMPLETED)
        refused.cancel()
        if not saved.done():
            raise ApiFault(
                "InternalServerError",
                "All of it is being ended, but that is not stored yet; see the engine's log.",
            )

    async def expire(self) -> None:
        """Give up on what was not over in time, even where it has begun (semantics 4.5)."""
        now = self._services.clock.now()
        elapsed = self._services.clock.monotonic()
        for command in [each for each in self.live.values() if each.deadline <= elapsed]:
            late = [each for each in command.invocations.values() if not each.is_final]
            command.waiting.clear()
            runs = [each.run for each in late if each.run is not None]
            for each in late:
                if each.task is not None:
                    each.task.cancel()
                command.move(each, "DeliveryTimedOut")
                each.ended_at = now
                for step in each.steps:
                    if step.ended_at is None:
                        step.details, step.ended_at = "DeliveryTimedOut", now
            self._settle(command, late)
            for run in runs:
                await run.cancel()

    async def recover(self, commands: Iterable[Command]) -> None:
        """Take up what an earlier engine left: what has a run folder is found again, the rest is sent."""
        begun = run_folders(self._services.paths.runs)
        for command in commands:
            self.live[command.command_id] = command
            settled = []
            for each in command.invocations.values():
                command.counts[each.details] += 1
                command.rate.errors += each.details in ERRORS
            for each in reversed(command.invocations.values()):
                if each.is_final:
                    continue
                if (command.command_id, each.node_id) in begun:
                    # A group may run: a cancel must end that, and not only what has not begun yet.
                    command.move(each, "Cancelling" if each.cancelled else "InProgress")
                    command.rate.started()
                    each.task = self._spawn(self._invoke(command, each, resumed=True))
                elif each.cancelled:
                    command.move(each, "Cancelled")
                    settled.append(each)
                elif each.details == "InProgress":
                    # It had begun, so it is not begun again, whoever removed its folder.
                    each.steps = [step_results.lost(command.steps[0].name, self._services.clock.now())]
                    each.ended_at = each.steps[0].ended_at
                    command.move(each, "Failed")
                    settled.append(each)
                else:
                    command.move(each, "Pending")
                    command.waiting.append(each)
            if settled or command.is_final:
                self._settle(command, settled)
            self._pump(command)

    async def leave(self) -> None:
        """Stop following; what runs goes on, and the next engine finds it."""
        self._leaving = True
        for command in self.live.values():
            for each in command.invocations.values():
                if each.run is not None:
                    await each.run.release()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._begun_timer is not None:
            self._begun_timer.cancel()

    # sending

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        # A context of its own: the audit entry of the call that caused this belongs to that call alone.
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("a command's task failed", exc_info=task.exception())

    def _pump(self, command: Command) -> None:
        for _ in range(AT_ONCE):
            if not command.waiting or not command.rate.has_room or self._leaving:
                break
            invocation = command.waiting.pop()
            command.rate.started()
            invocation.task = self._spawn(self._invoke(command, invocation))
        if command.waiting and command.rate.is_exceeded:
            unsent = command.waiting[::-1]
            command.waiting.clear()
            for each in unsent:
                command.move(each, "Terminated")
            self._settle(command, unsent)
        elif command.waiting and command.rate.has_room and not self._leaving:
            asyncio.get_running_loop().call_soon(self._pump, command, context=contextvars.Context())

    async def _invoke(self, command: Command, invocation: Invocation, *, resumed: bool = False) -> None:
        details = "Failed"
        try:
            details = await self._deliver(command, invocation, resumed=resumed)
        except ApiFault as fault:
            _log.error("%s on %s: %s", command.command_id, invocation.node_id, fault)
        except Exception:
            _log.exception("%s on %s failed inside the engine", command.command_id, invocation.node_id)
        invocation.run = None
        invocation.ended_at = max(self._services.clock.now(), invocation.started_at or 0.0)
        if command.move(invocation, details):
            command.rate.ended(is_error=details in ERRORS)
            self._settle(command, (invocation,))
            self._pump(command)

    async def _deliver(self, command: Command, invocation: Invocation, *, resumed: bool) -> str:
        """Run every step on the node and give the invocation's final StatusDetails."""
        node, record = self._services.nodes.get(invocation.node_id), self._directory.get(invocation.node_id)
        if node is None or record is None:
            return "Undeliverable"
        if command.platforms and record.facts.platform_type not in command.platforms:
            return "InvalidPlatform"
        slots = self._slots.setdefault(node.id, asyncio.Semaphore(node.slots))
        async with slots:
            while not resumed and not record.online.is_set():
                if command.move(invocation, "Delayed"):
                    self._changed(command, invocation)
                await record.online.wait()
            if not resumed:
                invocation.started_at = self._services.clock.now()
            invocation.effective_user = node.effective_user
            if not invocation.cancelled and command.move(invocation, "InProgress"):
                self._changed(command, invocation)
            return await self._run_steps(command, invocation, node, resumed=resumed)

    async def _run_steps(self, command: Command, invocation: Invocation, node: Node, *, resumed: bool) -> str:
        invocation.steps = [StepRecord(step.number, step.name) for step in command.steps]
        for prepared, record in zip(command.steps, invocation.steps, strict=True):
            if invocation.cancelled and not resumed:
                record.details = "Cancelled"
                continue
            try:
                run = await self._start(command, invocation, node, prepared, record, resumed=resumed)
            except OSError as error:
                result = StepResult(
                    Outcome.FAILED, -1, self._services.clock.now(), f"Nothing could be started: {error}."
                )
                record.started_at = self._services.clock.now()
                step_results.keep(record, result, self._services.paths.runs)
                continue
            if run is None:
                record.details = "Cancelled"
                continue
            invocation.run = run
            record.started_at = run.started_at
            invocation.started_at = invocation.started_at or run.started_at
            invocation.effective_user = run.effective_user or invocation.effective_user
            if invocation.cancelled:
                await run.cancel()
            result = await run.wait()
            invocation.run = None
            step_results.keep(record, result, self._services.paths.runs)
            if result.exit_code in step_results.SKIPS:
                for left in invocation.steps[record.number + 1 :]:
                    left.details, left.response_code = "Success", 0
                break
        return invocation_details(step.details for step in invocation.steps)

    async def _start(
        self,
        command: Command,
        invocation: Invocation,
        node: Node,
        prepared: PreparedStep,
        record: StepRecord,
        *,
        resumed: bool,
    ) -> StepRun | None:
        """Start a step, or find the one that an earlier engine started; None where it must not begin any more."""
        attempt = 0
        while True:
            attempt += 1
            name = prepared.folder if attempt == 1 else f"{prepared.folder}-{attempt}"
            record.folder = f"{command.command_id}.{node.id}.{name}"
            step = Step(
                command_id=command.command_id,
                node_id=node.id,
                name=prepared.name,
                folder=(self._services.paths.runs / record.folder).absolute(),
                script=prepared.script,
                working_directory=prepared.working_directory,
                timeout=prepared.timeout,
                output_cap=int(self._services.settings.get("output_cap", OUTPUT_CAP)),
                environment={
                    "SSM_COMMAND_ID": command.command_id,
                    "AWS_SSM_INSTANCE_ID": node.id,
                    "AWS_SSM_REGION_NAME": self._services.region,
                },
            )
            if not resumed or not step.folder.exists():
                return None if invocation.cancelled else await node.run(step)
            with contextlib.suppress(StepNeverStarted):
                return await node.resume(step)

    # telling

    def _changed(self, command: Command, invocation: Invocation) -> None:
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
            command = self.live.get(command_id)
            still = [each for each in changed if not each.is_final]
            if command is not None and still:
                command.begun.extend(still)
                self._have_saved(command)

    def _add_up(self, command: Command) -> None:
        command.details = command_details(command.counts, command.rate.threshold, cancelled=command.cancelled)

    def _settle(self, command: Command, changed: Iterable[Invocation]) -> asyncio.Task[None]:
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
            self.live.pop(command.command_id, None)

    def _tell(self, command: Command, changed: Iterable[Invocation], *, is_over: bool) -> None:
        """Publish states; a command's own final state only where that is meant, after those of its invocations."""
        for each in changed:
            publish_invocation(self._services, command, each)
        if is_over or not command.is_final:
            publish_command(self._services, command)
