"""How a shell ended: what is known of it, and the sentence that says so."""

from __future__ import annotations

import signal
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ending:
    """How a shell ended; both are None where nobody saw it, and `sentence` says why."""

    code: int | None
    signal: int | None
    sentence: str

    @property
    def exit_status(self) -> int | None:
        """As a shell would give it: 128 + N after signal N."""
        return self.code if self.signal is None else 128 + self.signal


def ending(code: int | None, number: int | None) -> Ending:
    """Say how a shell ended that was waited for."""
    if number is None:
        return Ending(code, None, f"The shell exited with status {code}.")
    try:
        name = f" ({signal.Signals(number).name})"
    except ValueError:
        name = ""
    return Ending(None, number, f"The shell was killed by signal {number}{name}.")
