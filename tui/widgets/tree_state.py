"""How one left a tree, to be taken up again: what is open, where the cursor stands, what is marked."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeState:
    """All by id, so that it fits a tree that was loaded anew; `top` is the node on the first line in view."""

    opened: frozenset[Hashable] = frozenset()
    cursor: Hashable | None = None
    line: int = 0
    marks: frozenset[Hashable] = frozenset()
    filter: str = ""
    sideways: int = 0
