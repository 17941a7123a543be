"""A call after a moment, however short that is.

Textual's `set_timer` drops a call whose time is over before its task begins to wait: what is to happen in a
microsecond then never does, and who waits for it waits for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.message_pump import MessagePump
from textual.timer import Timer


def later(pump: MessagePump, seconds: float, call: Callable[[], object]) -> Timer:
    """Call once after so many seconds, 0 or less meaning at once, while the widget or screen lives."""
    timer = Timer(pump, max(seconds, 0.0), callback=partial(pump.call_next, call), repeat=0, skip=False)
    timer._start()
    pump._timers.add(timer)
    return timer
