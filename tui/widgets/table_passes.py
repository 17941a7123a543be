"""Sorting and filtering 100,000 rows in steps of a few milliseconds: the screen goes on answering between them.

Each is a generator that yields between steps and returns its result (for `yield from`); dropped, it changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any

from tui.widgets.columns import natural
from tui.widgets.filter_grammar import Filter, RowSource

_RUN = 4096
_STEP_SECONDS = 0.003


def sorting(
    slots: list[int], size: int, value: Callable[[int], Any]
) -> Generator[None, None, tuple[list[Any], list[int]]]:
    """Sort slots by a value computed once each; return (values by slot, `size` of them; slots in ascending order).

    Runs are sorted, then merged pairwise, since each of those is short where one sort of everything is not. Equal
    values keep the slots' order. Values that can't be compared with each other are compared as text.
    """
    keys: list[Any] = [None] * size
    for at in range(0, len(slots), 256):
        for slot in slots[at : at + 256]:
            keys[slot] = value(slot)
        yield
    try:
        return keys, (yield from _merged(slots, keys))
    except TypeError:
        keys = [natural(str(key)) for key in keys]
        return keys, (yield from _merged(slots, keys))


def _merged(slots: list[int], keys: list[Any]) -> Generator[None, None, list[int]]:
    of = keys.__getitem__
    runs = []
    for at in range(0, len(slots), _RUN):
        runs.append(sorted(slots[at : at + _RUN], key=of))
        yield
    while len(runs) > 1:
        merged = []
        for at in range(0, len(runs), 2):
            pair = runs[at] + (runs[at + 1] if at + 1 < len(runs) else [])
            pair.sort(key=of)
            merged.append(pair)
            yield
        runs = merged
    return runs[0] if runs else []


def filtering(
    source: RowSource, index: Callable[[list[int]], None], wanted: Filter, slots: list[int]
) -> Generator[None, None, list[int]]:
    """Return the slots that pass, in their order; `index` makes the haystacks of a block before it is looked at.

    Raises: `tui.widgets.filter_grammar.SlowExpressionError`.
    """
    kept: list[int] = []
    at, block = 0, 512
    while at < len(slots):
        started = time.perf_counter()
        part = slots[at : at + block]
        index(part)
        kept += wanted.scan(source, part)
        at += block
        spent = time.perf_counter() - started
        if spent > _STEP_SECONDS:
            block = max(16, block // 2)
        elif spent < _STEP_SECONDS / 4:
            block = min(8192, block * 2)
        yield
    return kept
