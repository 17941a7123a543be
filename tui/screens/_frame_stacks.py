"""Reads a stack of the event loop's thread: which coroutine or message has it, and where in our own code it stands.

Only names that stand in code are told (classes, functions, files), never a value: what a node or an API said can't get
into a log by this way.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import PurePath
from types import FrameType
from typing import Any, NamedTuple

import tui

OWN = os.path.dirname(tui.__file__) + os.sep  # noqa: PTH120 - compared with the texts that code objects hold
LOOP = f"{os.sep}asyncio{os.sep}events.py"
WATCH = f"{os.sep}_frame_loop.py"
PUMP = f"textual{os.sep}message_pump.py"
THROUGH = "on_event"
"""Our method that every event passes through: where it stands says nothing."""
DEEPEST = 200
"""Frames that are gone through at most."""


class Look(NamedTuple):
    """What held the loop at one moment: `who` had it, `own` is our innermost line, `inner` the innermost of all."""

    who: str
    own: str
    inner: str


def look_at(frame: FrameType | None) -> Look:
    """Read a stack from its innermost frame outwards, as far as the loop; texts are "" where there is no such frame."""
    while frame is not None and frame.f_code.co_filename.endswith(WATCH):
        frame = frame.f_back  # told of a collection: another thread comes to run where a function is called
    inner = _line(frame) if frame is not None else ""
    own = pumped = coroutine = ours = ""
    for _ in range(DEEPEST):
        if frame is None:
            break
        code = frame.f_code
        if code.co_filename.endswith(LOOP):
            break
        coroutine = code.co_qualname
        if code.co_filename.startswith(OWN) and code.co_name != THROUGH:
            own = own or _line(frame)
            ours = code.co_qualname
        elif not pumped and code.co_filename.endswith(PUMP):
            pumped = _pumped(frame)
        frame = frame.f_back
    return Look(pumped or ours or coroutine, own, inner if inner != own else "")


def _line(frame: FrameType) -> str:
    code = frame.f_code
    name = code.co_filename
    short = f"tui/{name[len(OWN) :]}" if name.startswith(OWN) else "/".join(PurePath(name).parts[-2:])
    return f"{short}:{frame.f_lineno or code.co_firstlineno} {code.co_qualname}"


def _pumped(frame: FrameType) -> str:
    """Say which message a pump of Textual's works off, or what it was asked to call; "" for its other frames."""
    name = frame.f_code.co_name
    if name == "_dispatch_message":
        pump, message = type(frame.f_locals.get("self")).__name__, frame.f_locals.get("message")
        called = getattr(message, "callback", None)
        return f"{type(message).__name__} at {pump}" + (f", {_called(called)}" if called is not None else "")
    if name == "_flush_next_callbacks":
        called = getattr(frame.f_locals.get("callback"), "callback", None)
        return f"a callback at {type(frame.f_locals.get('self')).__name__}, {_called(called)}"
    return ""


def _called(called: Any) -> str:
    while isinstance(called, partial):
        called = called.func
    return str(getattr(called, "__qualname__", type(called).__name__))
