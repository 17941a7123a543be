"""`ssm-tui run`: a command on nodes, what they say as it comes, and how it ended."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui.cli._args import FAILED, OK, UNREACHED, Common, parser
from tui.cli._context import again, choose_in, opened_contexts, printable, run_async, talk
from tui.cli._lines import Lines
from tui.cli._together import all_of, interrupt
from tui.errors import EngineHangs, EngineStopped, SsmTuiError, Unreachable, UsageError
from tui.ports import Shape, Transport
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

SHELL_DOCUMENT = "AWS-RunShellScript"
UNREACHED_DETAILS = {"DeliveryTimedOut", "Undeliverable", "InvalidPlatform", "AccessDenied"}
"""How an invocation ends on a node that never got it."""
ENDING = (signal.SIGINT, signal.SIGTERM)
"""Signals that cancel the command; the exit status is 128 and their number."""
LOSSES = 5
"""How often an engine may be lost during one run before it is given up."""
READER_LEFT = 141
"""Exit status where stdout was closed: what the signal of a closed pipe would give."""


def main(common: Common, words: Sequence[str]) -> int:
    """Run the verb.

    Raises: UsageError for words that can't be meant, SsmTuiError where the engine refuses.
    """
    args = _parse(words)
    return run_async(_run(common, args))


def _parse(words: Sequence[str]) -> Namespace:
    parse = parser(
        "run",
        "[--document D] [--target NAME|ID|tag:K=V]… [--max-concurrency N] [--max-errors N] [--timeout S] [--json]"
        " -- COMMAND",
        "Run a command on nodes; each line is printed with its node's name as it comes, stderr's to stderr.",
    )
    parse.add_argument("--document", metavar="D", default=SHELL_DOCUMENT, help=f"what to run ({SHELL_DOCUMENT})")
    parse.add_argument(
        "--target",
        metavar="T",
        action="append",
        default=[],
        help="a node's id or name, tag:KEY=VALUE or group:NAME; several mean their union, none means this machine",
    )
    parse.add_argument(
        "--parameter",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a parameter of the document; again for more values",
    )
    parse.add_argument("--max-concurrency", metavar="N", default="", help="nodes at once, 10 or 10%%")
    parse.add_argument(
        "--max-errors", metavar="N", default="", help="stop sending after more errors than this, 0 or 5%%"
    )
    parse.add_argument("--timeout", metavar="S", type=int, help="seconds after which the command is ended")
    parse.add_argument("--comment", metavar="TEXT", default="", help="a note kept with the command")
    parse.add_argument("--json", action="store_true", help="one JSON object per node, on a line each, as they end")
    words = list(words)
    before, command = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    args, extra = parse.parse_known_args(before)
    if unknown := [word for word in extra if word.startswith("-")]:
        raise UsageError(f"Unknown flag {printable(unknown[0])}.", hint="See ssm-tui run --help.")
    if extra:
        raise UsageError(
            f"The command stands after two dashes: ssm-tui run -- {printable(' '.join(extra))}.",
            hint="See ssm-tui run --help.",
        )
    if not command and args.document == SHELL_DOCUMENT and not args.parameter:
        raise UsageError("There is no command.", hint="It stands after two dashes: ssm-tui run -- uptime.")
    rate = re.compile(r"[1-9][0-9]*|[1-9][0-9]?%|100%")
    if args.max_concurrency and not rate.fullmatch(args.max_concurrency):
        raise UsageError(f"--max-concurrency {args.max_concurrency} is no number from 1, and no percent from 1 to 100.")
    if args.max_errors and args.max_errors not in ("0", "0%") and not rate.fullmatch(args.max_errors):
        raise UsageError(f"--max-errors {args.max_errors} is no number, and no percent up to 100.")
    # Outside of this AWS's agent, and ours, quietly take an hour.
    if args.timeout is not None and not 5 <= args.timeout <= 172_800:
        raise UsageError("--timeout takes 5 to 172800 seconds.")
    args.parameters = _parameters(args, command)
    return args


def _parameters(args: Namespace, command: Sequence[str]) -> dict[str, list[str]]:
    parameters: dict[str, list[str]] = {}
    for text in args.parameter:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"--parameter {printable(text)} is not NAME=VALUE.")
        parameters.setdefault(name, []).append(value)
    if command:
        parameters["commands"] = [" ".join(command)]
    if args.timeout is not None and args.document == SHELL_DOCUMENT:
        parameters.setdefault("executionTimeout", [str(args.timeout)])
    return parameters


async def _run(common: Common, args: Namespace) -> int:
    async with opened_contexts(common) as contexts:
        chosen = await choose_in(contexts, args.target)
        if not chosen.nodes:
            talk(f"{', '.join(map(printable, args.target))}: no node is meant by that; nothing was sent.")
            return UNREACHED
        lines = Lines(sys.stdout.buffer, sys.stderr.buffer, visible=sys.stdout.isatty())
        runs = [
            Run(transport, args, [node for node in chosen.nodes if node.context == transport.context], lines)
            for transport in contexts.open
            if transport.context in chosen.contexts
        ]
        taken = [name for run in runs for name in run.names.values()]
        for run in runs:
            run.tell_apart(taken)
        loop = asyncio.get_running_loop()
        for number in ENDING:
            loop.add_signal_handler(number, interrupt, runs, number)
        try:
            return await all_of(runs, [*chosen.targets])
        except BrokenPipeError:
            # As over ssh: who reads no longer ends what writes.
            await asyncio.gather(*(run.cancel() for run in runs))
            return READER_LEFT
        except OSError:
            # What it says can't be kept, on a full disk for one: nor does it go on unheard.
            await asyncio.gather(*(run.cancel() for run in runs))
            raise
        finally:
            for number in ENDING:
                loop.remove_signal_handler(number)


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
    read: dict[tuple[str, str, str], int] = field(default_factory=dict)
    current: str = ""
    interrupted: int = 0
    lost: int = 0
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
        for batch in in_batches(ids):
            allowed = self.args.max_errors
            if len(ids) > 50:
                left = int(_whole(self.args.max_errors or "0", len(ids))) - len(self._errors())
                if left < 0:
                    talk(f"stopped after {len(self._errors())} errors; {len(ids) - len(self.ended)} nodes were spared.")
                    return
                allowed = str(left)
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
        self.current = command.id
        if self.interrupted:
            await self.cancel()
        last = await self._follow(command)
        async for page in self.commands.invocations(command.id):
            self.ended |= {invocation.node_id: invocation for invocation in page}
            for invocation in page:
                if self.args.json:
                    await self._json(invocation)
                else:
                    await self._rest(invocation)
        self.lines.end()
        self._say(last)

    async def _follow(self, command: Command) -> Command:
        """Print and wait until a command's last state; an engine that is lost meanwhile is started again."""
        while True:
            try:
                command = await self._watch(command)
            except EngineStopped:
                talk(f"the command {command.id} goes on by itself; the next start of the engine says how it ended.")
                raise
            except EngineHangs:
                talk(f"the command {command.id} goes on by itself.")
                raise
            except Unreachable as error:
                if self.lost >= LOSSES:
                    raise
                self.lost += 1
                talk(f"{error} Starting it again; the command goes on.")
                await again(self.transport)
            else:
                if command.status.over:
                    return command
                # The watch ended early: what the engine says now decides.
                command = await self.commands.get(command.id)
                if command.status.over:
                    return command

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
                        talk(f"{self._name(event.invocation.node_id)} can't be reached: the command waits for it.")
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
        if node in self.reasons:
            return
        steps = (await self.commands.run_details(invocation.command_id, node)).steps
        failed = invocation.status is not CommandStatus.SUCCESS
        self.reasons[node] = await failure_reason(self.commands, invocation.command_id, node, steps) if failed else ""
        for step in steps:
            if step.exit_code:
                self.codes.setdefault(node, step.exit_code)
            for stream, size in (("stdout", step.stdout_bytes), ("stderr", step.stderr_bytes)):
                key = (node, step.name, stream)
                if size > self.read.get(key, 0):
                    await self._fetch(invocation.command_id, key, size)

    async def _json(self, invocation: Invocation) -> None:
        from tui.cli._json import write_result

        await write_result(sys.stdout, self.commands, invocation, self.names.get(invocation.node_id, ""))

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
        if len(self.ended) > 1:
            talk(f"{len(self.ended)} nodes: {len(self.ended) - len(failed)} Success, {len(failed)} not.")

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
