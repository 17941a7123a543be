"""A result as one JSON object on one line, written as it is read: an output of any size takes no memory."""

from __future__ import annotations

import codecs
import json
from typing import TextIO

from tui.services.commands import Commands, Invocation


async def write_result(out: TextIO, commands: Commands, invocation: Invocation, name: str) -> None:
    """Write how a command ended on one node, with all that it said; bytes that are not UTF-8 become U+FFFD."""
    result = await commands.invocation(invocation.command_id, invocation.node_id)
    head = {
        "CommandId": invocation.command_id,
        "InstanceId": invocation.node_id,
        "Name": name or invocation.node_name,
        "Status": invocation.status.value,
        "StatusDetails": invocation.details,
        "ResponseCode": result.exit_code,
        "ElapsedSeconds": result.elapsed.total_seconds() if result.elapsed else None,
    }
    out.write(json.dumps(head, ensure_ascii=False)[:-1])
    for stream, member in (("stdout", "StandardOutput"), ("stderr", "StandardError")):
        out.write(f', "{member}": "')
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        async for part in commands.whole_output(invocation.command_id, invocation.node_id, stream, result.plugin):
            out.write(json.dumps(decoder.decode(part), ensure_ascii=False)[1:-1])
        out.write(json.dumps(decoder.decode(b"", True), ensure_ascii=False)[1:-1] + '"')
    out.write("}\n")
    out.flush()
