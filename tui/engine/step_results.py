"""What is kept of a step that is over: what the API shows of it, cut at its limits."""

from __future__ import annotations

from pathlib import Path

from tui.engine import output
from tui.engine.command_records import StepRecord
from tui.engine.nodes.base import StepResult

SKIP_AS_SUCCESS, SKIP_AS_FAILURE = 168, 169
SKIPS = (SKIP_AS_SUCCESS, SKIP_AS_FAILURE)
"""Exit codes that skip the steps after them and say how the step itself is meant."""

ASKS_FOR_REBOOT = 194
NO_REBOOT = (
    "Exit status 194 asks for a reboot and another run of the step: this engine restarts no machine, so the step is"
    " Failed and did not run again."
)
LOST = (
    "It had begun, and its run folder was removed while no engine was there: how it ended is not known, and it did not"
    " run again."
)


def keep(record: StepRecord, result: StepResult, runs: Path) -> None:
    """Keep what the API shows of a step that is over; the whole output stays in its run folder."""
    record.details = str(result.outcome)
    record.response_code = result.exit_code
    if result.exit_code == SKIP_AS_SUCCESS:
        record.details = "Success"
    record.ended_at = max(result.ended_at, record.started_at or 0.0)
    folder = runs / record.folder
    stdout = output.head(folder / "stdout", output.STDOUT_LIMIT)
    stderr = output.head(folder / "stderr", output.STDERR_LIMIT)
    code = 0 if record.details == "Success" else result.exit_code
    record.stdout = output.cut(stdout, output.STDOUT_LIMIT)
    note = result.note or (NO_REBOOT if result.exit_code == ASKS_FOR_REBOOT else "")
    record.stderr = output.cut(output.error_text(stderr, code, note), output.STDERR_LIMIT)


def lost(name: str, now: float) -> StepRecord:
    """Give the record of a first step that had begun and left nothing behind."""
    return StepRecord(0, name, "Failed", ended_at=now, stderr=LOST)
