"""The machine that the engine runs on, as a managed node."""

from __future__ import annotations

import asyncio
import getpass
import os
from dataclasses import replace
from pathlib import Path

from tui.engine.context import ApiFault
from tui.engine.login_shell import login_shell
from tui.engine.nodes import facts, steps
from tui.engine.nodes.base import Facts, Outcome, Shell, ShellRequest, Step, StepResult, StepRun
from tui.engine.nodes.sudo import Sudo
from tui.ports import Clock, Shape


class ThisMachine:
    """This machine; steps run as the engine's user, or as root under sudo. See `tui.engine.nodes.base.Node`."""

    slots = 5
    """As many commands as AWS's agent runs side by side."""

    def __init__(
        self,
        node_id: str,
        clock: Clock,
        *,
        become: str = "none",
        environment: dict[str, str] | None = None,
        sudo: Sudo | None = None,
    ) -> None:
        self.id = node_id
        self.become = become
        self._clock = clock
        self._environment = step_environment() if environment is None else environment
        self._sudo = sudo or Sudo()
        self._sampler: facts.Sampler | None = None

    @property
    def effective_user(self) -> str:
        return "root" if self.become == "sudo" else user_name()

    async def run(self, step: Step) -> StepRun:
        sudo = self._sudo if self.become == "sudo" else None
        if sudo is not None:
            refusal = await sudo.refusal()
            if refusal:
                result = StepResult(Outcome.FAILED, 1, self._clock.now(), refusal)
                return steps.FinishedRun(step.folder, self._clock.now(), self.effective_user, result)
        return steps.start(
            in_home(step),
            clock=self._clock,
            effective_user=self.effective_user,
            sudo=sudo,
            environment=self._environment,
        )

    async def resume(self, step: Step) -> StepRun:
        return await steps.resume(step, clock=self._clock, sudo=self._sudo)

    async def open_shell(self, request: ShellRequest) -> Shell:
        # The engine's sessions hold this machine's shells through the keeper, so that they outlive the engine.
        raise ApiFault("TargetNotConnected", f"{self.id} is this machine: its shells are opened by the keeper.")

    async def ping(self) -> bool:
        return True

    async def reach(self) -> None:
        """It is here."""

    async def facts(self) -> Facts:
        return await asyncio.to_thread(facts.machine_facts)

    def sample(self) -> Shape | None:
        if self._sampler is None:
            self._sampler = facts.Sampler()
        return self._sampler.sample(self._clock.now())

    async def processes(self) -> list[Shape]:
        return await asyncio.to_thread(facts.list_processes)

    def set_become_password(self, password: str) -> None:
        self._sudo.set_password(password)


def step_environment() -> dict[str, str]:
    """Give what a step inherits: what a login would have, and none of the engine's own credentials and terminals."""
    found = login_shell(":", inherited=os.environ).env
    return {name: value for name, value in found.items() if name not in ("TERM", "COLORTERM")}


def user_name() -> str:
    """Name the user that this process runs as."""
    try:
        return getpass.getuser() if os.geteuid() else "root"
    except (KeyError, OSError):
        return str(os.geteuid())


def in_home(step: Step) -> Step:
    """Give the step a working directory where it names none, or a relative one: the user's home folder."""
    given = step.working_directory
    if given.startswith("/"):
        return step
    home = Path.home() if Path.home().is_dir() else Path("/")
    directory = home / given if given else home
    return replace(step, working_directory=str(directory))
