"""Why a command failed on a node, where that was not the command's own doing."""

from __future__ import annotations

from collections.abc import Sequence

from tui.services.commands import Commands, RunStep

AGENT = "failed to run commands: "
"""How the line begins that AWS's agent adds to the stderr of every script that failed."""

LONGEST = 8_000
"""Characters of stderr that the API shows; beyond them what the engine adds is cut off."""


async def failure_reason(
    commands: Commands, command_id: str, node_id: str, steps: Sequence[RunStep] | None = None
) -> str:
    """Give what the engine adds to a failed step's own stderr: why nothing could be started, or who ended it.

    Empty where it adds nothing, as where a command failed by itself. `steps` are asked for where they are not given.
    Raises: TransportError.
    """
    if steps is None:
        steps = (await commands.run_details(command_id, node_id)).steps
    for step in steps:
        shown = str((await commands.raw_invocation(command_id, node_id, step.name)).get("StandardErrorContent") or "")
        said = ""
        if shown and step.stderr_bytes:
            part = await commands.output(command_id, node_id, "stderr", 0, 4 * LONGEST, step.name)
            said = part.data.decode("utf-8", "replace").rstrip("\n")
        said = said if said.strip() else ""
        if len(said) < LONGEST and shown.startswith(said):
            added = shown[len(said) :].splitlines()
            found = " ".join(line for line in added if line and not line.startswith(AGENT))
            if found:
                return found
    return ""
