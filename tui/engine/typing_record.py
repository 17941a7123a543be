"""How far the input of each console has got into a shell, in a file that outlives a killed engine."""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Callable
from pathlib import Path

SLOT = struct.Struct("<QQ")
SLOTS = 32
"""Consoles whose place is known per shell; beyond it the one that came first is forgotten."""

NAME = "typed"


class TypingRecord:
    """The file `typed` of a session: per console (its own random number) how many bytes of it were typed.

    A place is written before the bytes go to the terminal and corrected where fewer were taken. An engine that is
    killed in between has told too much, never too little: nothing is typed twice. Without room for the file nothing
    is known of earlier consoles, and all that they sent counts as typed.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._slots: dict[int, int] = {}
        self._places: dict[int, int] = {}
        self._file = -1
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            kept = os.pread(self._file, SLOT.size * SLOTS, 0)
            for slot in range(len(kept) // SLOT.size):
                typist, place = SLOT.unpack_from(kept, slot * SLOT.size)
                if typist:
                    self._slots[typist], self._places[typist] = slot, place
            # Its blocks are there from now on, so that a disk that fills up later does not matter.
            os.pwrite(self._file, kept.ljust(SLOT.size * SLOTS, b"\0"), 0)
        except OSError:
            self._give_up()

    def place(self, typist: int, sent: int) -> int:
        """Give how many of the `sent` bytes of a console were typed; one that is not known begins behind them."""
        if typist not in self._places:
            while len(self._slots) >= SLOTS:
                oldest = next(iter(self._slots))
                del self._slots[oldest], self._places[oldest]
            self._slots[typist] = min(set(range(SLOTS)) - set(self._slots.values()))
            self.note(typist, sent)
        return min(sent, self._places[typist])

    def note(self, typist: int, place: int) -> None:
        """Write down how far a console's input has got."""
        if typist not in self._slots:
            return
        self._places[typist] = place
        if self._file >= 0:
            try:
                os.pwrite(self._file, SLOT.pack(typist, place), self._slots[typist] * SLOT.size)
            except OSError:
                self._give_up()

    def _give_up(self) -> None:
        # An old place would have the next engine type again what was typed: better that it knows none.
        with contextlib.suppress(OSError):
            self._path.unlink()
        self.close()

    def close(self) -> None:
        """Let go of the file, which stays."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class Typist:
    """One console's input into one shell; implements `tui.engine.nodes.base.Typing`."""

    def __init__(self, record: TypingRecord, number: int, sent: int) -> None:
        self.number = number
        self.over = False
        self.place = record.place(number, sent)
        self.on_typed: Callable[[int], None] = lambda _: None
        self._record = record

    def begin(self, size: int) -> None:
        self._record.note(self.number, self.place + size)

    def end(self, size: int, typed: int) -> None:
        self.place += typed
        if typed < size:
            self._record.note(self.number, self.place)
        if typed:
            self.on_typed(typed)
