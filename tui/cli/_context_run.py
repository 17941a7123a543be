"""What `ssm-tui run` does in one context: send, follow until the end, print."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui.cli._args import FAILED, OK, UNREACHED
from tui.cli._context import again, printable, talk
from tui.cli._lines import Lines
from tui.errors import EngineHangs, EngineStopped, NotFollowed, ServerFailed, SsmTuiError, Throttled, Unreachable
from tui.ports import Clock, Shape, SystemClock, Transport
from tui.services.commands import (
    Command,
    CommandChanged,
    CommandRequest,
    Commands,
    CommandStatus,
    Invocation,
    InvocationChanged,
    Output,
    in_batches,
)
from tui.services.failure_reason import failure_reason
from tui.services.nodes import Node

if TYPE_CHECKING:
    from argparse import Namespace

UNREACHED_DETAILS = {"DeliveryTimedOut", "Undeliverable", "InvalidPlatform", "AccessDenied"}
"""How an invocation ends on a node that never got it."""
LOSSES = 5
"""How often an engine may be lost during one run before it is given up, or AWS within FORGOTTEN."""
FORGOTTEN = 300.0
"""Seconds without a loss of AWS after which those before don't count any more."""
PAUSES = (1, 2, 4, 8, 15)
"""Seconds before AWS is asked again, after each loss."""


@dataclass(slots=True)
class Run:
    """What runs in one context: what was sent, how far it was printed, and whether it was interrupted."""

    transport: Transport
    args: Namespace
    nodes: list[Node]
    lines: Lines
    commands: Commands = field(init=False)
    names: dict[str, str] = field(init=False)
    ended: dict[str, Invocation] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    printed: set[str] = field(default_factory=set)
    read: dict[tuple[str, str, str], int] = field(default_factory=dict)
    current: str = ""
    interrupted: int = 0
    lost: int = 0
    lost_at: float = 0.0
    is_over: bool = False
    is_followed: bool = True
    unsent: int = 0
    is_done: bool = False
    clock: Clock = field(default_factory=SystemClock)
    leave: asyncio.Event = field(default_factory=asyncio.Event)
    aside: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.commands = Commands(self.transport)
        shown = [printable(node.name) for node in self.nodes]
        self.names = {
            node.id: name if shown.count(name) == 1 else f"{name}({node.id})"
            for node, name in zip(self.nodes, shown, strict=True)
        }

    def tell_apart(self, taken: Sequence[str]) -> None:
        """Say the context with a name that a node of another context has as well."""
        for id, name in self.names.items():
            if taken.count(name) > 1:
                self.names[id] = f"{name}({self.transport.context})"

    def interrupt(self, number: int, *, silent: bool = False) -> None:
        """Take a Ctrl+C or SIGTERM: the first cancels the command and waits for its end, the second leaves at once."""
        if self.interrupted:
            self.leave.set()
            return
        self.interrupted = number
        repeated = "Ctrl+C again" if number == signal.SIGINT else "another SIGTERM"
        if not silent:
            talk(f"cancelling the command; {repeated} leaves without waiting.")
        task = asyncio.ensure_future(self.cancel())
        self.aside.add(task)
        task.add_done_callback(self.aside.discard)

    async def cancel(self) -> None:
        if not self.current:
            return
        try:
            await self.commands.cancel(self.current)
        except SsmTuiError as error:
            talk(f"the command could not be cancelled. {error}")

    async def all_of(self, targets: list[Shape]) -> int:
        """Send, follow, and give the exit status; more than 50 ids go as commands one after the other."""
        work = asyncio.ensure_future(self._batches(targets))
        leaving = asyncio.ensure_future(self.leave.wait())
        try:
            await asyncio.wait({work, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                talk(f"left without waiting; the command is {self.current}.")
                return 128 + self.interrupted
            work.result()
            self.is_done = True
        except NotFollowed as error:
            self.is_followed = False
            if not self.interrupted:
                raise
            talk(f"{error}")
        finally:
            work.cancel()
            leaving.cancel()
        if self.interrupted:
            return 128 + self.interrupted
        return self._status()

    async def _batches(self, targets: list[Shape]) -> None:
        ids = [node.id for node in self.nodes]
        if targets:
            await self._one([], targets, self.args.max_concurrency, self.args.max_errors)
            return
        # The limits hold for all batches together: they run one after the other, errors are counted on.
        at_once = _whole(self.args.max_concurrency, len(ids)) if len(ids) > 50 else self.args.max_concurrency
        self.unsent = len(ids)
        for batch in in_batches(ids):
            allowed = self.args.max_errors
            if len(ids) > 50:
                left = int(_whole(self.args.max_errors or "0", len(ids))) - len(self._errors())
                if left < 0:
                    talk(f"stopped after {len(self._errors())} errors; {len(ids) - len(self.ended)} nodes were spared.")
                    return
                allowed = str(left)
            self.unsent -= len(batch)
            await self._one(batch, [], at_once, allowed)
            if self.interrupted:
                return

    async def _one(self, ids: list[str], targets: list[Shape], at_once: str, errors: str) -> None:
        timeout = self.args.timeout
        request = CommandRequest(
            document=self.args.document,
            parameters=self.args.parameters,
            instance_ids=ids,
            targets=targets,
            max_concurrency=at_once,
            max_errors=errors,
            timeout=None if timeout is None else max(30, timeout),
            comment=self.args.comment,
        )
        command = await self.commands.send(request)
        self.current, self.is_over = command.id, False
        if self.interrupted:
            await self.cancel()
        try:
            last = await self._follow(command)
        except (EngineStopped, EngineHangs):
            raise
        except SsmTuiError as error:
            raise self._not_followed(error) from error
        finally:
            self.lines.end()
        self._say(last)

    def _not_followed(self, error: SsmTuiError) -> NotFollowed:
        context, id = self.transport.context, self.current
        said = "has ended, but not all that it said could be read" if self.is_over else "goes on, but can't be followed"
        hint = f"See how it ends with: ssm-tui --context {context} command {id}"
        rest = f"Nothing was sent to {self.unsent} more nodes. " if self.unsent else ""
        return NotFollowed(f"The command {id} was sent in {context} and {said}: {error}", hint=rest + hint)

    @property
    def unknown(self) -> int:
        """How many nodes got the command, or may have, and are not known to have ended it."""
        over = sum(one.status.over for one in self.ended.values())
        return max(0, len(self.nodes) - self.unsent - over)

    async def _follow(self, command: Command) -> Command:
        """Print and wait until all is said; an engine that is lost meanwhile is started again, AWS is asked again."""
        while True:
            try:
                command = await self._watch(command)
                if not command.status.over:
                    # The watch ended early: what the engine says now decides.
                    command = await self.commands.get(command.id)
                if command.status.over:
                    self.is_over = True
                    await self._print_all(command)
                    return command
            except EngineStopped:
                talk(f"the command {command.id} goes on by itself; the next start of the engine says how it ended.")
                raise
            except EngineHangs:
                talk(f"the command {command.id} goes on by itself.")
                raise
            except (Unreachable, ServerFailed, Throttled) as error:
                now = self.clock.monotonic()
                if self.commands.on_aws and now - self.lost_at > FORGOTTEN:
                    self.lost = 0
                if self.lost >= LOSSES:
                    raise
                self.lost, self.lost_at = self.lost + 1, now
                if self.commands.on_aws:
                    wait = PAUSES[self.lost - 1]
                    talk(f"{str(error).rstrip('.')}. Looking again in {wait} s; the command goes on.")
                    await self.clock.sleep(wait)
                else:
                    talk(f"{error} Starting it again; the command goes on.")
                    await again(self.transport)

    async def _print_all(self, command: Command) -> None:
        """Print what was not printed yet of a command that is over."""
        async for page in self.commands.invocations(command.id):
            self.ended |= {invocation.node_id: invocation for invocation in page}
            for invocation in page:
                if not self.args.json:
                    await self._rest(invocation)
                elif invocation.node_id not in self.printed:
                    await self._json(invocation)
                    self.printed.add(invocation.node_id)

    async def _watch(self, command: Command) -> Command:
        async for event in self.commands.watch(command.id):
            match event:
                case Output() if not self.args.json:
                    await self._output(command.id, event)
                case InvocationChanged():
                    before = self.ended.get(event.invocation.node_id)
                    self.ended[event.invocation.node_id] = event.invocation
                    was_delayed = before is not None and before.status is CommandStatus.DELAYED
                    if event.invocation.status is CommandStatus.DELAYED and not was_delayed:
                        node = event.invocation.node_id
                        said = (
                            f"{self._name(node)} can't be reached: the command waits for it. {await self._link(node)}"
                        )
                        talk(said.rstrip())
                    if event.invocation.status.over and self.commands.on_aws and not self.args.json:
                        # No output comes along there: it is read as each node ends.
                        await self._rest(event.invocation)
                case CommandChanged():
                    command = event.command
                    if command.status.over:
                        break
        return command

    async def _output(self, command_id: str, event: Output) -> None:
        key = (event.node_id, event.plugin, event.stream)
        done = self.read.get(key, 0)
        if event.offset > done:
            # Some was dropped on its way here, because this terminal was slower: it is fetched, nothing is lost.
            await self._fetch(command_id, key, event.offset)
            done = self.read.get(key, 0)
        data = event.data[max(0, done - event.offset) :]
        if data:
            self.lines.feed(self._name(event.node_id), event.stream, data)
            self.read[key] = done + len(data)

    async def _fetch(self, command_id: str, key: tuple[str, str, str], until: int | None = None) -> None:
        node, plugin, stream = key
        while True:
            done = self.read.get(key, 0)
            length = 256 * 1024 if until is None else min(256 * 1024, until - done)
            if length <= 0:
                return
            part = await self.commands.output(command_id, node, stream, done, length, plugin)
            if not part.data:
                return
            self.lines.feed(self._name(node), stream, part.data)
            self.read[key] = done + len(part.data)
            if part.cut and self.read[key] >= part.size:
                talk(f"{self._name(node)}: {printable(part.cut)}")

    async def _rest(self, invocation: Invocation) -> None:
        node = invocation.node_id
        if node in self.printed:
            return
        steps = (await self.commands.run_details(invocation.command_id, node)).steps
        failed = invocation.status is not CommandStatus.SUCCESS
        self.reasons[node] = await failure_reason(self.commands, invocation.command_id, node, steps) if failed else ""
        if invocation.details in UNREACHED_DETAILS and not self.reasons[node]:
            self.reasons[node] = await self._link(node)
        for step in steps:
            if step.exit_code:
                self.codes.setdefault(node, step.exit_code)
            for stream, size in (("stdout", step.stdout_bytes), ("stderr", step.stderr_bytes)):
                key = (node, step.name, stream)
                if size > self.read.get(key, 0):
                    await self._fetch(invocation.command_id, key, size)
        self.printed.add(node)

    async def _link(self, node: str) -> str:
        """Say in a sentence how the connection to an SSH host stands; "" where it is none, or that is not known."""
        from tui.services.ssh_nodes import SshNodes

        try:
            return printable((await SshNodes(self.transport).describe(node)).message)
        except SsmTuiError:
            return ""

    async def _json(self, invocation: Invocation) -> None:
        from tui.cli._json import write_result

        node = invocation.node_id
        code = await write_result(sys.stdout, self.commands, invocation, self.names.get(node, ""))
        if code:
            self.codes.setdefault(node, code)

    def _name(self, node: str) -> str:
        return self.names.get(node, node)

    def _errors(self) -> list[Invocation]:
        return [one for one in self.ended.values() if one.status in (CommandStatus.FAILED, CommandStatus.TIMED_OUT)]

    def _say(self, last: Command) -> None:
        failed = [one for one in self.ended.values() if one.status is not CommandStatus.SUCCESS]
        for one in failed:
            if one.command_id == last.id:
                code = self.codes.get(one.node_id)
                ended = one.details or one.status.value
                why = self.reasons.get(one.node_id, "")
                said = f"{self._name(one.node_id)}: {ended}{f', exit status {code}' if code else ''}."
                talk(f"{said} {printable(why)}".rstrip())
        if not any(one.command_id == last.id for one in self.ended.values()):
            why = last.details or last.status.value
            talk(f"the command {last.id} found no node in {self.transport.context}: {printable(why)}.")

    def _status(self) -> int:
        ended = list(self.ended.values())
        if not ended or all(one.details in UNREACHED_DETAILS for one in ended):
            return UNREACHED
        complete = len(ended) >= len(self.nodes)
        return OK if complete and all(one.status is CommandStatus.SUCCESS for one in ended) else FAILED


def _whole(rate: str, count: int) -> str:
    """Turn a percentage into a number for so many nodes, as AWS counts: rounded down."""
    if not rate.endswith("%"):
        return rate
    return str(count * int(rate[:-1]) // 100)
