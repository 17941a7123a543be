"""Leaving fast, and the clipboard: the few things said to the terminal behind Textual's back."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import termios
from typing import Any

log = logging.getLogger(__name__)

RESTORE = (
    "\x1b[H\x1b[2J"  # a tmux that was resized meanwhile takes what stands here for a part of the main screen
    "\x1b[?2004l\x1b[?7h\x1b[?2048l"  # bracketed paste, line wrap, resize reports
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"  # the mouse
    "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"  # keyboard protocol, alternate screen, cursor, focus
)
"""Every mode that Textual's driver sets, taken back in its own order: keyboard protocol before the alternate screen."""


PROBED = "▲●█"
WIDTH_QUESTION = f"\x1b[H{PROBED}\x1b[6n\r\x1b[K"
"""Draws ambiguous characters in the corner of the empty screen, asks where the cursor stands, and takes them away.

It goes out before the first paint, and nobody waits: the answer comes among the keys, where Textual's parser knows it
from them, so that no key is eaten and nothing is late. A terminal that never answers costs nothing.
"""


def leave_now(driver: Any, code: int, message: str = "") -> None:
    """Restore the terminal and end the process at once.

    Textual's own way waits for its input thread (up to 0.2 s), unmounts every widget and lets Python take the
    interpreter apart: nothing of that is needed, because what lives on lives in the engine. Returns (and does
    nothing) where the driver is none of a real terminal.
    """
    attributes = getattr(driver, "attrs_before", None)
    writer = getattr(driver, "_writer_thread", None)
    if attributes is None or writer is None or driver.is_inline:
        return
    driver.write(RESTORE)
    driver.close()
    fileno = driver.fileno
    try:
        # Draining first: the far end must have read what was drawn before the modes change under it.
        termios.tcsetattr(fileno, termios.TCSAFLUSH, attributes)
    except termios.error:
        log.info("the terminal went away before it was restored")
    if message:
        stream = sys.__stderr__
        if stream is not None:
            stream.write(message + "\n")
            stream.flush()
    logging.shutdown()
    os._exit(code)


def to_tmux(text: str) -> None:
    """Hand text to tmux's own buffer and through it to the outer terminal: by default tmux drops what apps copy."""
    if not os.environ.get("TMUX"):
        return
    try:
        subprocess.run(["tmux", "load-buffer", "-w", "-"], input=text.encode(), timeout=2, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        log.info("tmux did not take the copied text: %s", error)
