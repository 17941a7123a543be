"""Steps on an SSH node: sent once, followed over whatever connection there is, ended as a whole group.

The node's run folder has the truth (`script.py`); the engine's has the output as far as it came, and the result. One
channel makes the folder, runs the script, and gives exit code and output. A step that takes longer is asked to stream,
over the same channel. When the link drops, the step goes on, and another channel takes the output up where it stopped.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
import secrets
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from tui.engine import output
from tui.engine.nodes.base import NodeUnreachable, Outcome, Step, StepNeverStarted, StepResult
from tui.engine.nodes.followed import FollowedRun
from tui.engine.nodes.ssh import notes, script
from tui.engine.nodes.ssh.base import Connector, NodeGone
from tui.engine.nodes.ssh.host import Host
from tui.engine.nodes.ssh.record import Begun, Record
from tui.engine.nodes.steps import KILLED_EXIT_CODE, FinishedRun, ended_note, ended_outcome
from tui.ports import Clock

if TYPE_CHECKING:
    from tui.engine.nodes.ssh.channel import Channel, Word

STREAM_AFTER = 0.2
"""Seconds after which a step that still runs is asked to stream its output."""

LOOK_SECONDS = 1.0
"""Between two looks at the time that is left, and at a step whose end nobody tells."""

TENTHS_OF_GRACE = 20
"""From SIGTERM to SIGKILL, in tenths of a second."""

SILENT_ANSWERS = 3
"""How often a login shell may say nothing to a program before it counts as one that runs none."""

PATIENCE, LONGEST_PATIENCE = 15.0, 600.0
"""Seconds within which a host is to end a step; each time that it says nothing it is given twice as many."""

NOTHING_RAN = ("absent", "untaken", "mine", "nogroup", "failed")
"""What is said of a step that did not begin, and can't begin by what was sent so far."""

MUCH = 1024 * 1024
"""Bytes a second from which on the node is asked how much more there is."""

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 60.0
"""Seconds between two attempts to reach a host; one that is there again is heard of before."""

SLACK = 5.0
"""Seconds by which a node's time since its start may be off."""

_log = logging.getLogger(__name__)


def no_password() -> str:
    return ""


def remote_name(step: Step, attempt: int) -> str:
    """Name a step's run folder on the node; it has the command's and the node's id, so nobody else's is named so."""
    name = "ssm-tui." + re.sub(r"[^A-Za-z0-9._-]", "_", step.folder.name)
    return name if attempt == 1 else f"{name}.again{attempt}"


class RemoteRun(FollowedRun):
    """A step on an SSH node, followed until it ends; see `tui.engine.nodes.base.StepRun`."""

    def __init__(
        self,
        step: Step,
        connector: Connector,
        record: Record,
        begun: Begun,
        *,
        clock: Clock,
        password: Callable[[], str],
        channel: Channel | None = None,
    ) -> None:
        super().__init__()
        self.folder = step.folder
        self.started_at = begun.started
        self.effective_user = begun.user
        self._step = step
        self._connector = connector
        self._host = Host.of(connector)
        self._record = record
        self._begun = begun
        self._clock = clock
        self._password = password
        self._attempt = 1
        self._received = 0
        self._killed = False
        self._silent = 0
        self._may_run = channel is None
        """Whether the step may run on the node, for all that is known."""
        self._breaks = 0
        self._left = ""
        self._made = clock.monotonic()
        # How long is left is asked of the wall clock once: one that is set anew must not end what runs.
        self._end = clock.monotonic() + begun.started + begun.timeout - clock.now()
        self._task = asyncio.create_task(self._follow(channel))

    @property
    def _reason(self) -> str:
        return self._stop.result() if self._stop.done() else ""

    def store(self, is_error: bool, data: bytes) -> None:
        """Take output from the node."""
        record = self._record
        self._received += len(data)
        room = self._step.output_cap - sum(record.sizes)
        if len(data) > room:
            self.end("output")
            data = data[: max(room, 0)]
        record.store(is_error, data)

    # following

    async def _follow(self, channel: Channel | None) -> StepResult:
        try:
            word = await (self._attach() if channel is None else self._listen(channel))
            while (result := self._result(word)) is None:
                word = await self._go_on(word)
            self._record.finish(result)
            if not self._record.fault:
                names = (remote_name(self._step, number + 1) for number in range(self._attempt))
                self._host.tidy(*names, node=self._step.node_id)
            return result
        except NodeGone as gone:
            result = StepResult(Outcome.FAILED, -1, self._clock.now(), gone.message)
            self._record.finish(result)
            return result
        finally:
            Host.moved()
            self._record.close()

    def _result(self, word: Word | None) -> StepResult | None:
        """Give the result where a word is the last one that there will be."""
        now = self._clock.now()
        kind = "" if word is None else word.kind
        if word is not None and kind == "over" and not self._killed:
            code, _, refused = word.rest.partition(" ")
            number = int(code) if code.isdigit() else -1
            said = output.head(self.folder / "stderr", 500) if refused else ""
            note = notes.refusal(said, bool(self._password())) if refused else self._unstored()
            return StepResult(Outcome.FAILED if number or refused else Outcome.SUCCESS, number, now, note)
        if kind == "late" and not self._killed:
            note = f"{ended_note('timeout', self._begun.timeout)} {self._unstored()}"
            return StepResult(Outcome.TIMED_OUT, KILLED_EXIT_CODE, now, note.strip())
        if self._killed and kind in ("over", "late", "lost", "rebooted", "absent", "untaken", "mine", "empty"):
            note = ended_note(self._reason, self._begun.timeout, self._step.output_cap)
            return StepResult(
                ended_outcome(self._reason), KILLED_EXIT_CODE, now, f"{note} {self._left or self._unstored()}".strip()
            )
        if kind == "failed" and word is not None:
            return StepResult(Outcome.FAILED, -1, now, f"Nothing could be started on the node: {word.rest}.")
        if kind in notes.OF:
            return StepResult(Outcome.FAILED, -1, now, notes.OF[kind])
        return None

    def _unstored(self) -> str:
        fault = self._record.fault
        return f"Not all of its output could be stored by the engine: {fault}." if fault else ""

    async def _go_on(self, word: Word | None) -> Word | None:
        """Do what comes next where it is not over."""
        kind = "" if word is None else word.kind
        if word is not None and kind in ("absent", "untaken", "mine"):
            return await self._again(word)
        if kind == "nogroup":
            return await self._start() if self._host.next_front() else _word("stuck")
        if kind == "silent":
            self._silent += 1
            if self._silent >= SILENT_ANSWERS and not self._may_run:
                return _word("failed", f"its login shell runs no sh ({notes.said(word)})")
        # One link that breaks is made again at once; one that always does is not to keep everybody busy.
        self._breaks += not kind
        if kind == "silent" or self._breaks > 1:
            await self._host.pause(self._clock, _pause(self._silent + self._breaks))
        if self._reason and not self._killed:
            await self._kill(None)
        if self._killed and self._reason == "output":
            return _word("over")  # the rest would not be stored
        return await self._attach()

    async def _again(self, word: Word) -> Word | None:
        """Send a step anew that can't have begun, and can't from its old folder any more."""
        if word.kind == "mine":
            self._attempt += 1
            return await self._attach()
        # A folder that is not there was never made, if the node has been up since: else a restart may have taken it.
        up = float(word.rest) if word.kind == "absent" else 0.0
        since = max(self._clock.now() - self.started_at, self._clock.monotonic() - self._made)
        if word.kind == "absent" and up < since + SLACK:
            return _word("gone")
        if self._reason:
            self._killed = True
            return word
        self._attempt += 1
        return await self._start()

    # speaking with the node

    async def _start(self) -> Word | None:
        self._end = self._clock.monotonic() + self._begun.timeout
        words = start_words(self._step, self._begun, self._password(), self._attempt)
        return await self._listen(await self._open(script.START, words))

    async def _attach(self) -> Word | None:
        """Ask how the step stands, take the rest of its output, and follow it where it still runs."""
        self._record.fault = ""
        out, err = (str(size + 1) for size in self._record.sizes)
        words = (remote_name(self._step, self._attempt), out, err, f"SSM_COMMAND_ID={self._step.command_id}")
        return await self._listen(await self._open(script.ATTACH, words), looks=True)

    async def _open(self, text: str, words: Iterable[str]) -> Channel:
        """Have a program run, however long it takes to reach the host."""
        tries = 0
        nonce = secrets.token_hex(8)
        while True:
            try:
                channel = await self._host.open(remote_name(self._step, self._attempt), nonce, self.store)
                break
            except NodeGone:
                raise
            except NodeUnreachable as error:
                _log.info("%s on %s: %s", self._step.command_id, self._step.node_id, error)
                tries += 1
                await self._host.pause(self._clock, _pause(tries))
        channel.write(script.program(text, (nonce, *words)))
        return channel

    async def _listen(self, channel: Channel, *, looks: bool = False) -> Word | None:
        """Wait until a channel has said all; `looks` where the step's end is only seen when it is looked for."""
        try:
            await asyncio.wait((channel.closed, self._stop), timeout=STREAM_AFTER, return_when=asyncio.FIRST_COMPLETED)
            if not channel.closed.done():
                await self._stream(channel, looks=looks)
        finally:
            channel.close()
        if channel.word is not None:
            self._silent, self._may_run = 0, channel.word.kind not in NOTHING_RAN
        elif channel.floods:
            return _word("silent", f"it says something else without end: {channel.noise()}")
        elif channel.is_complete and channel.status is None and not channel.noise():
            return None  # nobody says that a shell was there and ended: the host has only closed the channel
        if channel.is_complete:
            self._breaks = 0
            return channel.word or _word("silent", channel.noise())
        return channel.word if self._killed and self._reason == "output" else None

    async def _stream(self, channel: Channel, *, looks: bool) -> None:
        self._record.settle()
        looked = self._received
        number = 0
        while not channel.closed.done():
            if channel.word is not None and channel.word.kind == "over":
                # What is left is to take the output, for as long as that goes on.
                await asyncio.wait((channel.closed, self._stop), return_when=asyncio.FIRST_COMPLETED)
                self._killed = self._killed or self._reason == "output"
                if self._stop.done() and not self._killed:
                    await asyncio.wait((channel.closed,))
                return
            left = self._end - self._clock.monotonic()
            if left <= 0:
                self.end("timeout")
            if self._reason and not self._killed:
                await self._kill(channel)
                await asyncio.wait((channel.closed,), timeout=LOOK_SECONDS)
                return
            if looks or number % 5 == 0:
                channel.write(b"look\n")
            number += 1
            await asyncio.wait(
                (channel.closed,) if self._stop.done() else (channel.closed, self._stop),
                timeout=LOOK_SECONDS if self._killed else max(0.0, min(LOOK_SECONDS, left)),
                return_when=asyncio.FIRST_COMPLETED,
            )
            if self._received - looked > MUCH and not channel.closed.done():
                await self._measure()
            looked = self._received

    async def _measure(self) -> None:
        """End a step that has written more than it may, though not all of it has come yet."""
        asked = await self._ask(script.MEASURE)
        word = None if asked is None else asked.word
        sizes = [int(part) for part in word.rest.split() if part.isdigit()] if word is not None else []
        if sum(sizes) > self._step.output_cap:
            self.end("output")

    async def _kill(self, channel: Channel | None) -> None:
        """End the step's group over another channel, one at a time, as soon as the host can be reached."""
        self._record.mark_ended(self._reason)
        tries, patience = 0, PATIENCE
        while True:
            words = str(TENTHS_OF_GRACE), self._password() if self._begun.sudo else ""
            asked = await self._ask(script.KILL, *words, patience=patience)
            word = None if asked is None else asked.word
            if word is not None:
                break
            if channel is not None:
                # The host may allow no channel beside this one; the step does not need it.
                channel.close()
            tries += 1
            # A host that hangs may keep every shell that was asked of it.
            patience = min(patience * 2, LONGEST_PATIENCE)
            await self._host.pause(self._clock, _pause(tries))
        if word.kind == "over":
            self._stop = asyncio.get_running_loop().create_future()  # it had ended before: nothing was cut short
            return
        self._killed = True
        if word.kind == "left":
            group, _, why = word.rest.partition(" ")
            self._left = f"The script goes on as root, in process group {group}: {why}"

    async def _ask(self, text: str, *words: str, patience: float = PATIENCE) -> Channel | None:
        """Have a short program run beside the step; see `Host.ask`."""
        name = remote_name(self._step, self._attempt)
        return await self._host.ask(text, name, *words, name=name, patience=patience)


def _pause(tries: int) -> float:
    """Give the seconds before the next attempt, after so many in vain."""
    return min(FIRST_PAUSE * 2.0 ** min(tries - 1, 10), LONGEST_PAUSE)


def _word(kind: str, rest: str = "") -> Word:
    from tui.engine.nodes.ssh.channel import Word  # deferred: it loads asyncssh

    return Word(kind, rest)


def start_words(step: Step, begun: Begun, password: str, attempt: int = 1) -> list[str]:
    """Give what the program that starts a step works on."""
    return [
        remote_name(step, attempt),
        step.script,
        step.working_directory,
        "sudo" if begun.sudo else "",
        password if begun.sudo else "",
        str(max(1, math.ceil(begun.timeout))),
        *(f"{name}={value}" for name, value in step.environment.items()),
    ]


async def start(
    step: Step,
    connector: Connector,
    *,
    clock: Clock,
    sudo: bool = False,
    password: Callable[[], str] = no_password,
) -> RemoteRun:
    """Start a step on a node, as root where `sudo`, and follow it; `password` gives the one for sudo, or nothing.

    Raises: NodeUnreachable where the host can't be spoken to: nothing was sent then. OSError where the engine's own
    run folder can't be made.
    """
    host, nonce = Host.of(connector), secrets.token_hex(8)
    run: list[RemoteRun] = []
    with Host.beginning():
        user = "" if sudo else str((await connector.connection()).get_extra_info("username") or "")
        # Nothing comes before the program is written, and by then there is a run that takes it.
        channel = await host.open(remote_name(step, 1), nonce, lambda is_error, data: run[0].store(is_error, data))
    try:
        begun = Begun(clock.now(), step.timeout, user or "root", sudo)
        program = script.program(script.START, (nonce, *start_words(step, begun, password())))
        record = Record.create(step.folder, begun)
    except BaseException:
        channel.close()
        raise
    run.append(RemoteRun(step, connector, record, begun, clock=clock, password=password, channel=channel))
    channel.write(program)
    return run[0]


async def resume(
    step: Step, connector: Connector, *, clock: Clock, password: Callable[[], str] = no_password
) -> RemoteRun | FinishedRun:
    """Find a step of an earlier engine again: its result, or the run, followed on as soon as the host can be reached.

    Raises: StepNeverStarted where nothing was sent.
    """
    found = Record.find(step.folder)
    if found is None:
        raise StepNeverStarted(str(step.folder))
    record, begun, result = found
    if result is not None:
        return FinishedRun(step.folder, begun.started, begun.user, result)
    run = RemoteRun(step, connector, record, begun, clock=clock, password=password)
    if record.ended():
        run.end(record.ended())
    return run
