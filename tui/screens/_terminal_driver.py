"""The terminal as Textual drives it, and what is done once it is gone: the console leaves.

Textual writes on a thread, which ends with the first write that a lost terminal refuses. Nobody would take what comes
after that: its queue is soon full, and the console would wait for room in it, deaf to signals, for ever. Most terminals
send SIGHUP when they go; the one of a console behind a shell or `sudo` that keeps the signal to itself does not.
"""

from __future__ import annotations

import asyncio
import signal
from queue import Full

from textual.driver import Driver
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver

LOOK = 0.5
"""Seconds after which a write that waits for room looks whether anybody still writes."""


class TerminalDriver(LinuxDriver):
    """Leaves with SIGHUP's exit status where the terminal is gone."""

    _ended: WriterThread | None = None
    """The writer that was ended on purpose, as while an editor has the terminal, or found dead."""

    def write(self, data: str) -> None:
        writer = self._writer_thread
        assert writer is not None, "nothing is written before application mode"
        while writer.is_alive():
            try:
                writer._queue.put(data, timeout=LOOK)
            except Full:
                continue
            return
        if writer is not self._ended:
            self._ended = writer
            asyncio.get_running_loop().call_soon(self._app.leave, 128 + signal.SIGHUP)  # type: ignore[attr-defined]

    def close(self) -> None:
        self._ended = self._writer_thread
        if self._ended is not None and self._ended.is_alive():
            super().close()


def outliving(driver: type[Driver]) -> type[Driver]:
    """Give the driver to use in place of Textual's choice; one that was named from outside stays."""
    return TerminalDriver if driver is LinuxDriver else driver
