"""What is said of a step on an SSH node that left no exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.engine.nodes.ssh.script_parts import MARK

if TYPE_CHECKING:
    from tui.engine.nodes.ssh.channel import Word

LOST = "The process ended without leaving an exit code while the engine was away: whether it did its work is not known."
REBOOTED = "The node was restarted while the step ran: whether it did its work is not known, and it did not run again."
GONE = "The step's run folder is not on the node any more: whether it ran is not known, and it did not run again."
NO_GROUP = (
    "This host's SSH server starts commands inside its own process group, and there is neither setsid nor perl to"
    " leave it: a step could not be ended there, so none is started."
)

EATEN = "one of its start files, such as .bashrc, reads from its input what is meant for sh"

OF = {"lost": LOST, "rebooted": REBOOTED, "gone": GONE, "empty": LOST, "stuck": NO_GROUP}
"""By the word that says how the step stands."""


def refusal(said: str, had_password: bool) -> str:
    """Tell why sudo ran nothing, by what it said."""
    lines = said.strip().splitlines()
    text = lines[-1] if lines else "it said nothing"
    if "not found" in text:
        return "There is no sudo on this node: install it, or set the node's become to none."
    if had_password:
        return f"sudo refused the password that was given for this node ({text})."
    return f"sudo wants a password for this node and none was given ({text})."


def said(word: Word | None) -> str:
    """Tell what a login shell has said that runs no program."""
    text = "" if word is None else word.rest
    return EATEN if text.startswith(MARK) else text or "it said nothing"
