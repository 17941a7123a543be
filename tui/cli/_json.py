"""A result as one JSON object on one line, written as it is read: an output of any size takes no memory."""

from __future__ import annotations

import codecs
import json
from collections.abc import Sequence
from typing import TextIO

from tui.services.commands import Commands, CommandStatus, Invocation, RunStep
from tui.services.failure_reason import failure_reason


async def write_result(out: TextIO, commands: Commands, invocation: Invocation, name: str) -> int:
    """Write how a command ended on one node, with all that it said; bytes that are not UTF-8 become U+FFFD.

    Gives the exit status of the step that failed, 0 where none did or it is not known.
    """
    run = await commands.run_details(invocation.command_id, invocation.node_id)
    codes = [step.exit_code for step in run.steps if step.exit_code is not None]
    head = {
        "CommandId": invocation.command_id,
        "InstanceId": invocation.node_id,
        "Name": name or invocation.node_name,
        "Status": invocation.status.value,
        "StatusDetails": invocation.details,
        "ResponseCode": next((code for code in codes if code), codes[-1] if codes else None),
        "ElapsedSeconds": (run.ended - run.started).total_seconds() if run.ended and run.started else None,
        "EffectiveUser": run.effective_user or None,
        "Reason": await _reason(commands, invocation, run.steps) or None,
    }
    out.write(json.dumps(head, ensure_ascii=False)[:-1])
    for stream, member in (("stdout", "StandardOutput"), ("stderr", "StandardError")):
        out.write(f', "{member}": "')
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        for step in run.steps:
            if step.stdout_bytes if stream == "stdout" else step.stderr_bytes:
                async for part in commands.whole_output(invocation.command_id, invocation.node_id, stream, step.name):
                    out.write(json.dumps(decoder.decode(part), ensure_ascii=False)[1:-1])
        out.write(json.dumps(decoder.decode(b"", True), ensure_ascii=False)[1:-1] + '"')
    out.write("}\n")
    out.flush()
    return next((code for code in codes if code), 0)


async def _reason(commands: Commands, invocation: Invocation, steps: Sequence[RunStep]) -> str:
    if invocation.status is CommandStatus.SUCCESS:
        return ""
    return await failure_reason(commands, invocation.command_id, invocation.node_id, steps)
