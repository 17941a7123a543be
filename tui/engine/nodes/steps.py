"""Steps that run detached: started once, followed by whichever engine is there, ended as a whole group.

The engine may be killed at any moment. What it needs to know afterwards is in the run folder (`run_folder.py`):
no claim, nothing ran; a claim and an exit code, it is over; a claim and a live leader, it still runs; a claim and
neither, it ended while nobody looked.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tui.engine import open_files
from tui.engine.nodes import processes
from tui.engine.nodes.base import OUTPUT_CAP, Outcome, Step, StepNeverStarted, StepResult
from tui.engine.nodes.followed import FollowedRun
from tui.engine.nodes.run_folder import MARK, Claim, RunFolder
from tui.engine.nodes.sudo import Sudo
from tui.ports import Clock

GRACE_SECONDS = 2.0
"""From SIGTERM to SIGKILL."""

LOOK_SECONDS = 1.0
"""Between two looks at how much a step has written."""

KILLED_EXIT_CODE = 137
"""What AWS's agent reports for a step that it timed out or cancelled."""

LOST = "The process ended without leaving an exit code while the engine was away: whether it did its work is not known."

# Arguments: the run folder, the step's facts, the working directory or nothing, and the command that runs the script.
# No data is ever part of this text. The claim comes first: with noclobber the shell makes the file with O_EXCL, so
# whoever finds it there leaves, and a script can't run twice. SIGTERM is caught, not ignored, so that children get it
# with its default.
WRAPPER = """\
run=$1 facts=$2 cwd=$3
shift 3
umask 077
set -C
printf '%s\\n' "$$" "$facts" 2>/dev/null >"$run/claim" || exit 0
set +C
umask 022
trap : TERM
code=
if [ -n "$cwd" ] && ! cd -- "$cwd" 2>/dev/null; then
  echo "ssm-tui: the working directory $cwd does not exist, or this user may not enter it" >&2
  code=1
fi
if [ -z "$code" ]; then
  "$@"
  code=$?
fi
echo "$code" >>"$run/claim"
"""

SHELL = "/bin/sh"
"""Named in full: looking for it along PATH costs a step more than its shell's start does."""


class DetachedRun(FollowedRun):
    """A step in a process group of its own, followed until it ends; see `tui.engine.nodes.base.StepRun`."""

    def __init__(
        self,
        *,
        folder: RunFolder,
        clock: Clock,
        pid: int,
        started_at: float,
        timeout: float,
        output_cap: int,
        effective_user: str,
        child: subprocess.Popen[bytes] | None,
        sudo: Sudo | None,
    ) -> None:
        super().__init__()
        self.folder = folder.path
        self.started_at = started_at
        self.effective_user = effective_user
        self._files = folder
        self._clock = clock
        self._pid = pid
        self._timeout = timeout
        self._output_cap = output_cap
        self._child = child
        self._sudo = sudo
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._follow())

    async def release(self) -> None:
        await super().release()
        if self._child is not None:
            # Popen complains of a child that still runs when it is collected; this one is meant to.
            self._child.returncode = 0

    def _left(self) -> None:
        if not self._over.done():
            self._over.set_result(None)
        self.end("")

    async def _follow(self) -> StepResult:
        watch = processes.EndWatch(self._pid, self._left)
        guard = asyncio.create_task(self._guard())
        try:
            reason = await self._stop
            if self._over.done():
                return await self._finished()
            return await self._kill(reason)
        finally:
            guard.cancel()
            watch.close()

    async def _guard(self) -> None:
        """End the step when its time is over, or when it has written more than it may."""
        # How long is left is asked of the wall clock once: one that is set anew must not end what runs.
        end = self._clock.monotonic() + self.started_at + self._timeout - self._clock.now()
        while (left := end - self._clock.monotonic()) > 0:
            await self._clock.sleep(min(left, LOOK_SECONDS))
            if self._files.written() > self._output_cap:
                self.end("output")
        self.end("timeout")

    async def _finished(self) -> StepResult:
        code = self._files.exit_code()
        if code is not None:
            self._reap()
            return StepResult(Outcome.FAILED if code else Outcome.SUCCESS, code, self._clock.now())
        # The leader is dead and could not say how the script did: what is left of its group has nobody any more.
        processes.signal_group(self._pid, signal.SIGKILL)
        status = self._reap()
        if status is None:
            return StepResult(Outcome.FAILED, -1, self._clock.now(), LOST)
        how = f"was ended by signal {-status}" if status < 0 else f"left with status {status}"
        note = f"The shell that ran this step {how} before it could leave the script's exit code."
        return StepResult(Outcome.FAILED, -1, self._clock.now(), note)

    async def _kill(self, reason: str) -> StepResult:
        self._files.mark_ended(reason)
        processes.signal_group(self._pid, signal.SIGTERM)
        inner = self._files.sudo_group() if self._sudo is not None else 0
        if self._sudo is not None:
            await self._sudo.signal_group(inner, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._over), GRACE_SECONDS)
        if self._over.done():
            self._reap()
            await processes.kill_group(self._pid, GRACE_SECONDS)
        else:
            processes.signal_group(self._pid, signal.SIGKILL)
        if self._sudo is not None:
            await self._sudo.signal_group(inner, signal.SIGKILL)
        if not self._over.done():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._over), GRACE_SECONDS)
            self._reap()
        note = f"{ended_note(reason, self._timeout, self._output_cap)} {await self._left_by_sudo(inner)}".strip()
        return StepResult(ended_outcome(reason), KILLED_EXIT_CODE, self._clock.now(), note)

    async def _left_by_sudo(self, inner: int) -> str:
        """Say what goes on as root because sudo does not let us end it: its password is lost with an engine."""
        if self._sudo is None or not inner or not processes.is_group_alive(inner):
            return ""
        refusal = await self._sudo.refusal()
        return f"The script goes on as root, in process group {inner}: {refusal}" if refusal else ""

    def _reap(self) -> int | None:
        """Collect our child's status; None where the process is not our child."""
        return None if self._child is None else self._child.poll()


class FinishedRun:
    """A step that was over, or could not begin, when it was looked for; see `tui.engine.nodes.base.StepRun`."""

    def __init__(self, folder: Path, started_at: float, effective_user: str, result: StepResult) -> None:
        self.folder = folder
        self.started_at = started_at
        self.effective_user = effective_user
        self._result = result

    async def wait(self) -> StepResult:
        return self._result

    async def cancel(self) -> None:
        """Nothing runs."""

    async def release(self) -> None:
        """Nothing runs."""


def ended_outcome(reason: str) -> Outcome:
    """Say which outcome a step has that the engine ended for a reason ("timeout", "output" or "cancel")."""
    return {"timeout": Outcome.TIMED_OUT, "output": Outcome.FAILED}.get(reason, Outcome.CANCELLED)


def ended_note(reason: str, timeout: float, output_cap: int = OUTPUT_CAP) -> str:
    """Say in a sentence why the engine ended a step; nothing where the operator asked for it."""
    if reason == "output":
        return f"The step was ended because it had written more than {output_cap:,} bytes (the setting output_cap)."
    return f"The step ran into its time-out of {timeout:g} seconds." if reason == "timeout" else ""


def start(
    step: Step,
    *,
    clock: Clock,
    effective_user: str,
    sudo: Sudo | None = None,
    environment: dict[str, str] | None = None,
) -> DetachedRun:
    """Start a step in its run folder, in a session of its own, and follow it.

    Raises: OSError where the folder can't be made or nothing can be started.
    """
    folder = RunFolder(step.folder)
    now = clock.now()
    facts = {"started": now, "timeout": step.timeout, "user": effective_user, "sudo": sudo is not None}
    out, err = folder.create(step.script)
    try:
        command: Sequence[str] = [SHELL, str(step.folder / "script")]
        directory = step.working_directory
        stdin = b""
        if sudo is not None:
            command = sudo.command(step.folder, directory, step.environment)
            directory, stdin = "", sudo.stdin
        child = subprocess.Popen(
            [
                SHELL,
                "-c",
                open_files.line_for_shell() + WRAPPER,
                MARK,
                str(step.folder),
                json.dumps(facts),
                directory,
                *command,
            ],
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            cwd="/",
            env={**(os.environ if environment is None else environment), **step.environment},
            start_new_session=True,
        )
        if child.stdin is not None:
            # A pipe's buffer takes a password whole, so this does not wait for the reader.
            with contextlib.suppress(BrokenPipeError), child.stdin:
                child.stdin.write(stdin)
    finally:
        os.close(out)
        os.close(err)
    return DetachedRun(
        folder=folder,
        clock=clock,
        pid=child.pid,
        started_at=now,
        timeout=step.timeout,
        output_cap=step.output_cap,
        effective_user=effective_user,
        child=child,
        sudo=sudo,
    )


async def resume(step: Step, *, clock: Clock, sudo: Sudo | None = None) -> DetachedRun | FinishedRun:
    """Find a step of an earlier engine again: its true result, or the running group, followed on.

    Raises: StepNeverStarted where nothing ran; the folder is claimed then, so that nothing can start from it later.
    """
    folder = RunFolder(step.folder)
    if not step.folder.is_dir() or folder.take():
        raise StepNeverStarted(str(step.folder))
    claim = await _claim(folder)
    if claim is not None and claim.pid == 0:
        raise StepNeverStarted(str(step.folder))
    facts = {} if claim is None else claim.facts
    user = str(facts.get("user", ""))
    started = float(facts.get("started", clock.now()))
    timeout = float(facts.get("timeout", step.timeout))
    if claim is not None and claim.exit_code is None and claim.is_alive(step.folder):
        run = DetachedRun(
            folder=folder,
            clock=clock,
            pid=claim.pid,
            started_at=started,
            timeout=timeout,
            output_cap=step.output_cap,
            effective_user=user,
            child=None,
            sudo=sudo if facts.get("sudo") else None,
        )
        if folder.ended():
            run.end(folder.ended())
        return run
    return FinishedRun(step.folder, started, user, _result(step, folder, claim, started, timeout, clock))


async def _claim(folder: RunFolder) -> Claim | None:
    """Read who took a folder; who is just writing it is given a moment."""
    for _ in range(100):
        claim = folder.claim()
        if claim is not None:
            return claim
        await asyncio.sleep(0.01)
    return None


def _result(
    step: Step, folder: RunFolder, claim: Claim | None, started: float, timeout: float, clock: Clock
) -> StepResult:
    """Read the result of a step that is over from its folder; what a dead leader left running is ended."""
    code = folder.exit_code()  # read again: it may have been left while the leader was looked for
    ended = clock.now()
    if code is not None:
        ended = min(ended, max(started, folder.changed()))
    reason = folder.ended()
    if claim is not None and (reason or code is None):
        processes.kill_orphans(claim.pid, {"SSM_COMMAND_ID": step.command_id, "AWS_SSM_INSTANCE_ID": step.node_id})
    if reason:
        return StepResult(ended_outcome(reason), KILLED_EXIT_CODE, ended, ended_note(reason, timeout, step.output_cap))
    if code is None:
        return StepResult(Outcome.FAILED, -1, ended, LOST)
    return StepResult(Outcome.FAILED if code else Outcome.SUCCESS, code, ended)
