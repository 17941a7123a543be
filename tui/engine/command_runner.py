"""Runs commands: sends them to nodes under rate control, follows them, and leaves a true final state of each.

The store learns of a command twice (`command_saving.py`): when it is accepted, and as each invocation ends. What
happens between is in the run folders, from which the next engine finds it again.
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
from tui.engine.command_saving import CommandSaving
from tui.engine.command_steps import PreparedStep
from tui.engine.context import ApiFault, Services
from tui.engine.events import publish_command
from tui.engine.nodes.base import (
    OUTPUT_CAP,
    Node,
    NodeUnreachable,
    Outcome,
    Step,
    StepNeverStarted,
    StepResult,
    StepRun,
)
from tui.engine.nodes.directory import NodeDirectory, NodeRecord
from tui.engine.nodes.run_folder import run_folders
from tui.engine.statuses import ERRORS, invocation_details

AT_ONCE = 25
"""How many invocations are started before everything else on the loop has its turn."""

RETRY_SECONDS = 2.0
"""How long to wait for a node that counts as reachable and was not reached."""

_log = logging.getLogger(__name__)


class CommandRunner:
    """Every command that is not over; a part of the engine's services."""

    def __init__(self, services: Services) -> None:
        self.live: dict[str, Command] = {}
        self._services = services
        self._directory = services.part(NodeDirectory)
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._saving = CommandSaving(services, self.live, self._spawn)
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
            self._saving.settle(command, ())

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
                if not each.is_parked:
                    command.rate.ended(is_error=False)
            else:
                command.move(each, "Cancelling")
                running.append(each)
        command.refused.clear()
        saved = self._saving.settle(command, changed)
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
            self._saving.settle(command, late)
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
                self._saving.settle(command, settled)
            self._pump(command)

    async def leave(self) -> None:
        """Stop following; what runs goes on, and the next engine finds it."""
        self._leaving = True
        self._saving.leave()
        # Commands come to their ends while runs are let go.
        for each in [each for command in self.live.values() for each in command.invocations.values()]:
            if each.run is not None:
                await each.run.release()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

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
        command.rate.serve()
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
            self._saving.settle(command, unsent)
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
            self._saving.settle(command, (invocation,))
            self._pump(command)

    async def _deliver(self, command: Command, invocation: Invocation, *, resumed: bool) -> str:
        """Run every step on the node and give the invocation's final StatusDetails."""
        node, record = self._services.nodes.get(invocation.node_id), self._directory.get(invocation.node_id)
        if node is None or record is None:
            return "Undeliverable"
        # A host that was never reached has told nothing of itself yet; it has a POSIX shell, or is none of ours.
        if command.platforms and record.facts.platform_type not in (*command.platforms, ""):
            return "InvalidPlatform"
        slots = self._slots.setdefault(node.id, asyncio.Semaphore(node.slots))
        async with slots:
            if not resumed:
                if not await self._reached(command, invocation, record):
                    return "Terminated"
                invocation.started_at = self._services.clock.now()
            invocation.effective_user = node.effective_user
            if not invocation.cancelled and command.move(invocation, "InProgress"):
                self._saving.changed(command, invocation)
            return await self._run_steps(command, invocation, node, resumed=resumed)

    async def _reached(self, command: Command, invocation: Invocation, record: NodeRecord) -> bool:
        """Wait until a node can be spoken to; False where sending has stopped meanwhile."""
        while not record.online.is_set():
            if command.move(invocation, "Delayed"):
                self._saving.changed(command, invocation)
            invocation.is_parked = True
            command.rate.parked()
            self._pump(command)
            await record.online.wait()
            has_place = await command.rate.back()
            invocation.is_parked = False
            if not has_place:
                return False
        return True

    async def _run_steps(self, command: Command, invocation: Invocation, node: Node, *, resumed: bool) -> str:
        invocation.steps = [StepRecord(step.number, step.name) for step in command.steps]
        for prepared, record in zip(command.steps, invocation.steps, strict=True):
            if invocation.cancelled and not resumed:
                record.details = "Cancelled"
                continue
            try:
                run = await self._start(command, invocation, node, prepared, record, resumed=resumed)
            except OSError as error:
                reason = str(error).rstrip(".")
                result = StepResult(
                    Outcome.FAILED, -1, self._services.clock.now(), f"Nothing could be started: {reason}."
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
            try:
                result = await run.wait()
            except Exception as error:
                _log.exception("%s on %s can't be followed", command.command_id, node.id)
                note = f"The engine could not follow it: {error!r}. Whether it does its work is not known."
                result = StepResult(Outcome.FAILED, -1, self._services.clock.now(), note)
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
                    "AWS_SSM_REGION_NAME": command.region,
                },
            )
            if not resumed or not step.folder.exists():
                while not invocation.cancelled:
                    try:
                        return await node.run(step)
                    except NodeUnreachable as error:
                        _log.info("%s on %s: %s", command.command_id, node.id, error)
                        if not error.may_pass or not await self._again(command, invocation):
                            raise
                return None
            with contextlib.suppress(StepNeverStarted):
                return await node.resume(step)

    async def _again(self, command: Command, invocation: Invocation) -> bool:
        """Wait for a node that could not be reached when a step was to be started; False where that is over."""
        record = self._directory.get(invocation.node_id)
        if record is None:
            return False
        if record.online.is_set():
            await self._services.clock.sleep(RETRY_SECONDS)
        if not await self._reached(command, invocation, record):
            return False
        if not invocation.cancelled and command.move(invocation, "InProgress"):
            self._saving.changed(command, invocation)
        return True
