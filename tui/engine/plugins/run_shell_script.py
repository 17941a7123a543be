"""aws:runShellScript: a list of lines that sh runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ACTION = "aws:runShellScript"
DEFAULT_SECONDS = 3600
SHORTEST, LONGEST = 5, 172_800


@dataclass(frozen=True, slots=True)
class Script:
    """What a node is to run; `timeout` is in seconds."""

    text: str
    working_directory: str
    timeout: int


def prepare(inputs: Mapping[str, Any]) -> Script:
    """Make the script of a step's resolved inputs, its lines joined as the agent joins them."""
    lines = inputs.get("runCommand") or []
    if isinstance(lines, str):
        lines = [lines]
    return Script(
        text="\n".join(str(line) for line in lines) + "\n",
        working_directory=str(inputs.get("workingDirectory") or ""),
        timeout=timeout_seconds(inputs.get("timeoutSeconds")),
    )


def timeout_seconds(value: Any) -> int:
    """Give a time-out; what is no number from 5 to 172,800 means 3,600, as with the agent."""
    try:
        seconds = int(str(value))
    except ValueError:
        return DEFAULT_SECONDS
    return seconds if SHORTEST <= seconds <= LONGEST else DEFAULT_SECONDS
