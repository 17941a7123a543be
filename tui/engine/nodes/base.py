"""What a node is to the engine, and what goes in and comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from tui.ports import Shape

OUTPUT_CAP = 2 * 1024**3
"""Bytes that a step may write where the setting `output_cap` is not set: what has no end must not fill a disk."""


class Outcome(StrEnum):
    """How a step ended, in AWS's words for a plugin's StatusDetails."""

    SUCCESS = "Success"
    FAILED = "Failed"
    TIMED_OUT = "ExecutionTimedOut"
    CANCELLED = "Cancelled"


@dataclass(frozen=True, slots=True)
class Step:
    """One script to run on one node; `folder` is where the run leaves its files, on the engine's machine.

    `timeout` is in seconds from the start of the script; `working_directory` may be empty.
    """

    command_id: str
    node_id: str
    name: str
    folder: Path
    script: str
    working_directory: str = ""
    timeout: float = 3600.0
    environment: Mapping[str, str] = field(default_factory=dict)
    output_cap: int = OUTPUT_CAP


@dataclass(frozen=True, slots=True)
class StepResult:
    """The truth about a step that is over; `exit_code` is -1 where no process left one, `note` says why."""

    outcome: Outcome
    exit_code: int
    ended_at: float
    note: str = ""


class StepRun(Protocol):
    """A step that was started, or found again; its output grows in the files `stdout` and `stderr` of `folder`."""

    folder: Path
    started_at: float
    effective_user: str

    async def wait(self) -> StepResult:
        """Give the result when the step is over; may be awaited by several, and again afterwards."""

    async def cancel(self) -> None:
        """Ask for the end of everything that the step started; `wait` then gives the result."""

    async def release(self) -> None:
        """Stop following and leave the step running: the engine is about to end."""


class NodeUnreachable(OSError):  # noqa: N818 - the runner waits for the node, so it is no error of the step
    """A node can't be spoken to now: nothing was started on it."""

    may_pass = True
    """Whether it may come back by itself; False where the operator has to do something first."""


class StepNeverStarted(Exception):  # noqa: N818 - it is an answer, not a failure
    """A step that is looked for again was never started, and now never will be from that folder."""


@dataclass(frozen=True, slots=True)
class ShellRequest:
    """A shell that is to be opened: an empty command is the user's login shell."""

    session_id: str
    folder: Path
    rows: int
    columns: int
    command: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


class Typing(Protocol):
    """Follows the input of one console into a shell, so that none of it is typed twice after a lost connection."""

    over: bool
    """Whether the console has come back on another connection: what is left is not to be typed."""

    def begin(self, size: int) -> None:
        """Hear that so many bytes are about to be given to the shell."""

    def end(self, size: int, typed: int) -> None:
        """Hear how many of them it took."""


class Shell(Protocol):
    """A shell that runs on a node, whose bytes the engine's sessions hand on."""

    exit_status: int | None

    async def read(self) -> bytes:
        """Give what the shell wrote next, or nothing when it has ended."""

    async def write(self, data: bytes, typing: Typing | None = None) -> None: ...

    async def resize(self, rows: int, columns: int) -> None: ...

    async def terminate(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Facts:
    """What a node says of itself when it registers and at each ping."""

    computer_name: str
    platform_type: str
    platform_name: str
    platform_version: str
    ip_address: str
    agent_version: str
    details: Mapping[str, Any] = field(default_factory=dict)
    """Kernel, Architecture, BootTime (epoch seconds), Cpus, MemoryBytes, Addresses; see DescribeNodeDetails."""


class Node(Protocol):
    """A managed node: this machine, a simulated one, and later an ssh host."""

    id: str
    become: str
    slots: int
    """How many commands it runs side by side; more wait."""

    @property
    def effective_user(self) -> str:
        """Who a step runs as."""

    async def run(self, step: Step) -> StepRun:
        """Start a step. Raises: OSError where nothing could be started (a full disk, no permission)."""

    async def resume(self, step: Step) -> StepRun:
        """Find a step of an earlier engine again, running or over.

        Raises: StepNeverStarted where it never began; it can't begin later either, so a new folder is safe.
        """

    async def open_shell(self, request: ShellRequest) -> Shell:
        """Open a shell. Raises: `tui.engine.context.ApiFault` where this node can't give one."""

    async def ping(self) -> bool | None:
        """Say whether the node answers now; None where nobody has tried."""

    async def reach(self) -> None:
        """Connect to the node now, where that is due. Raises: NodeUnreachable with the reason."""

    async def facts(self) -> Facts: ...

    def sample(self) -> Shape | None:
        """Measure the node now, as one item of ListNodeSamples; None where it does not answer."""

    async def processes(self) -> list[Shape]:
        """List what runs on the node, as items of ListProcesses."""

    def set_become_password(self, password: str) -> None:
        """Keep a password for sudo in memory, until the engine ends; empty forgets it."""
