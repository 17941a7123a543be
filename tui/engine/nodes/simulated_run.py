"""Steps of simulated nodes: plausible output on the injected clock, the same again for the same command."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tui.engine.nodes.base import Outcome, Step, StepResult
from tui.engine.nodes.followed import FollowedRun
from tui.engine.nodes.run_folder import RunFolder
from tui.engine.nodes.steps import KILLED_EXIT_CODE, ended_note, ended_outcome
from tui.ports import Clock

LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Personality:
    """What a simulated node is like: `failing` is a probability, `slowness` a factor."""

    seed: int
    name: str
    platform: str
    kernel: str
    user: str
    failing: float
    slowness: float
    load: float


@dataclass(slots=True)
class Plan:
    """What will come when: (seconds after the start, stream, bytes), and the exit code at the end."""

    events: list[tuple[float, str, bytes]]
    seconds: float
    exit_code: int


def plan(personality: Personality, step: Step) -> Plan:
    """Throw the dice for one step; the same node, command and script throw the same."""
    random = Random(f"{personality.seed}/{step.command_id}/{step.script}")  # noqa: S311 - a demo's dice, not a secret
    events: list[tuple[float, str, bytes]] = []
    at = random.uniform(0.05, 0.4) * personality.slowness
    code = 0
    for line in step.script.splitlines():
        seconds, texts, code = _answer(personality, line.strip(), random)
        for text in texts:
            at += seconds / max(1, len(texts)) * random.uniform(0.5, 1.5)
            events.append((at, "stdout", text.encode() + b"\n"))
        if not texts:
            at += seconds
    if not code and random.random() < personality.failing:
        code = random.choice((1, 1, 2, 127))
        events.append((at, "stderr", f"{personality.name}: the simulated command failed\n".encode()))
    return Plan(events, at, code)


def _answer(personality: Personality, line: str, random: Random) -> tuple[float, list[str], int]:
    """Give (seconds, lines, exit code) for one line of a script."""
    words = line.split() or [""]
    quick = random.uniform(0.02, 0.2) * personality.slowness
    load = personality.load / 25
    if words[0] == "echo":
        return (
            quick,
            [re.sub(r"""^(["'])(.*)\1$""", r"\2", line[5:].strip()).replace("$(hostname)", personality.name)],
            0,
        )
    if words[0] in ("", "true", ":") or words[0].startswith("#"):
        return 0.0, [], 0
    if words[0] in ("false", "exit"):
        return 0.0, [], int(words[1]) % 256 if len(words) > 1 and words[1].isdigit() else int(words[0] == "false")
    if words[0] == "sleep" and len(words) > 1 and words[1].replace(".", "", 1).isdigit():
        return float(words[1]), [], 0
    known = {
        "hostname": [personality.name],
        "whoami": [personality.user],
        "uname": [personality.kernel],
        "uptime": [f" up {random.randrange(1, 90)} days, load average: {load:.2f}, {load * 0.9:.2f}, {load * 0.8:.2f}"],
        "df": [
            "Filesystem      Size  Used Avail Use% Mounted on",
            f"/dev/nvme0n1p1   50G   {20 + personality.seed % 25}G   {30 - personality.seed % 25}G"
            f"  {40 + personality.seed % 50}% /",
        ],
        "cat": [f'PRETTY_NAME="{personality.platform}"'],
    }
    if words[0] in known:
        return quick, known[words[0]], 0
    count = random.randrange(3, 9)
    lines = [f"[{number}/{count}] {personality.name}: {words[0]}" for number in range(1, count + 1)]
    return random.uniform(0.5, 5) * personality.slowness, lines, 0


class SimulatedRun(FollowedRun):
    """One step of a node that does not exist; see `tui.engine.nodes.base.StepRun`."""

    def __init__(
        self, step: Step, personality: Personality, clock: Clock, answers: Callable[[], bool], started_at: float
    ) -> None:
        super().__init__()
        self.folder = step.folder
        self.started_at = started_at
        self.effective_user = personality.user
        self._step = step
        self._plan = plan(personality, step)
        self._clock = clock
        self._answers = answers
        self._task = asyncio.create_task(self._play())

    @classmethod
    def start(cls, step: Step, personality: Personality, clock: Clock, answers: Callable[[], bool]) -> SimulatedRun:
        """Begin. Raises: OSError where the run folder can't be made."""
        folder, now = RunFolder(step.folder), clock.now()
        for descriptor in folder.create(step.script):
            os.close(descriptor)
        folder.take("0", json.dumps({"started": now, "timeout": step.timeout, "user": personality.user}))
        return cls(step, personality, clock, answers, now)

    @classmethod
    def resume(
        cls, step: Step, personality: Personality, clock: Clock, answers: Callable[[], bool]
    ) -> SimulatedRun | None:
        """Go on where time has got to meanwhile; None where it never began."""
        claim = RunFolder(step.folder).claim()
        if claim is None or not claim.facts:
            return None
        return cls(step, personality, clock, answers, float(claim.facts["started"]))

    async def _play(self) -> StepResult:
        written = {stream: self._size(stream) for stream in ("stdout", "stderr")}
        position = {"stdout": 0, "stderr": 0}
        for at, stream, data in self._plan.events:
            position[stream] += len(data)
            if position[stream] <= written[stream]:
                continue
            if await self._passed(at):
                return await self._ended()
            with contextlib.suppress(OSError), (self.folder / stream).open("ab") as file:
                file.write(data)
        if await self._passed(self._plan.seconds):
            return await self._ended()
        await self._report()
        code = self._plan.exit_code
        return StepResult(Outcome.FAILED if code else Outcome.SUCCESS, code, self._clock.now())

    def _size(self, stream: str) -> int:
        try:
            return (self.folder / stream).stat().st_size
        except OSError:
            return 0

    async def _passed(self, at: float) -> bool:
        """Wait for a moment of the plan; True where the step was cancelled or ran into its time-out before."""
        timeout = self.started_at + self._step.timeout
        until = min(self.started_at + at, timeout)
        if not self._stop.done() and until > self._clock.now():
            sleeping = asyncio.ensure_future(self._clock.sleep(until - self._clock.now()))
            try:
                await asyncio.wait((sleeping, self._stop), return_when=asyncio.FIRST_COMPLETED)
            finally:
                sleeping.cancel()
        if not self._stop.done() and at > self._step.timeout:
            self._stop.set_result("timeout")
        return self._stop.done()

    async def _ended(self) -> StepResult:
        reason = self._stop.result()
        await self._report()
        note = ended_note(reason, self._step.timeout)
        return StepResult(ended_outcome(reason), KILLED_EXIT_CODE, self._clock.now(), note)

    async def _report(self) -> None:
        """A node that has vanished tells how it went when it is back."""
        while not self._answers():
            await self._clock.sleep(LOOK_SECONDS)
