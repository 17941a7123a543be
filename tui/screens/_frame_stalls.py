"""What a stall of the event loop is told as: its cause, and a line in the log for each, as long as they are few."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from tui.screens._frame_looks import Account
from tui.screens._frame_stacks import Look

log = logging.getLogger(__name__)

WINDOW = 10.0
"""Seconds in which so many stalls of code, and others, are told each; more are counted, and told in one line."""
LINES, FOREIGN = 5, 2
KEPT = 10
"""Stalls that the overlay shows."""

CODE = "code"
"""The cause of a stall that a coroutine or a message is to be blamed for."""
CAUSES = {
    "collected": "garbage collection",
    "waited": "the machine is busy: no processor was free",
    "others": "another thread held the interpreter",
    "still": "the process stood still: stopped, or waiting for memory",
}
"""Causes that nobody's code is to be blamed for, by their times in an Account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """One turn of the loop that took too long; times are seconds.

    `cause` is CODE, one of CAUSES or an excuse; `who`, `own` and `inner` are as in Look, and "" where no code is to be
    blamed. `share` says how many of the looks saw it.
    """

    took: float
    busy: float
    cause: str
    who: str = ""
    own: str = ""
    inner: str = ""
    share: str = ""

    @property
    def said(self) -> str:
        """What held the loop, in one line."""
        if self.cause != CODE:
            return CAUSES.get(self.cause, self.cause)
        where = " in ".join(filter(None, (self.own, self.inner)))
        return f"{self.who or 'code that no look saw'}{' in ' if where else ''}{where}"


def judge(account: Account, limit: float, excuse: str = "") -> Stall:
    """Say what a turn took too long by: the code, where its own part alone is beyond the limit, else what took most."""
    foreign = {cause: getattr(account, cause) for cause in CAUSES}
    if excuse:
        return Stall(took=account.took, busy=account.busy, cause=excuse)
    own = max(account.took - sum(foreign.values()), account.busy - account.collecting)
    if own < limit and any(foreign.values()):
        return Stall(took=account.took, busy=account.busy, cause=max(foreign, key=lambda cause: foreign[cause]))
    look, seen = _main(account.looks)
    share = f"{seen} of {len(account.looks)} looks"
    return Stall(
        took=account.took, busy=account.busy, cause=CODE, who=look.who, own=look.own, inner=look.inner, share=share
    )


def _main(looks: tuple[Look, ...]) -> tuple[Look, int]:
    """Give what most looks saw: first by who had the loop, then where it stood; and how many saw who."""
    if not looks:
        return Look("", "", ""), 0
    who, seen = Counter(look.who for look in looks).most_common(1)[0]
    own = Counter(look.own for look in looks if look.who == who).most_common(1)[0][0]
    return Counter(look for look in looks if look.who == who and look.own == own).most_common(1)[0][0], seen


class StallLog:
    """Writes stalls to the log and keeps the latest; `place` names the screen that shows.

    What nobody's code is to be blamed for is told less often, and never in the place of what code is.
    """

    def __init__(self, place: Callable[[], str], clock: Callable[[], float] = time.monotonic) -> None:
        self.latest: deque[Stall] = deque(maxlen=KEPT)
        self.count = 0
        self._place = place
        self._clock = clock
        self._since = -WINDOW
        self._told: Counter[bool] = Counter()
        self._untold: list[float] = []
        self._flushing: asyncio.TimerHandle | None = None

    def take(self, stall: Stall) -> None:
        """Take a stall that is over."""
        self.count += 1
        self.latest.append(stall)
        now = self._clock()
        if now - self._since >= WINDOW:
            self.flush()
            self._since = now
            self._told.clear()
        is_code = stall.cause == CODE
        self._told[is_code] += 1
        if self._told[is_code] <= (LINES if is_code else FOREIGN):
            log.warning(
                "the UI loop stood for %.0f ms (processor %.0f ms): %s; screen %s%s",
                stall.took * 1e3,
                stall.busy * 1e3,
                stall.said,
                self._place() or "none",
                f"; {stall.share}" if stall.share else "",
            )
            return
        self._untold.append(stall.took)
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().call_later(WINDOW, self.flush)

    def flush(self) -> None:
        """Tell how many were not told."""
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        if self._untold:
            most = max(self._untold) * 1e3
            log.warning("the UI loop stood %d times more, for %.0f ms at most: not told each", len(self._untold), most)
        self._untold.clear()

    def forget(self) -> None:
        """Begin to count anew."""
        self.latest.clear()
        self.count = 0
