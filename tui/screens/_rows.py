"""Which things a list screen's keys mean: the one under the cursor, and those that are marked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol, TypeVar

from tui.errors import SsmTuiError
from tui.ports import Ref
from tui.services import Services
from tui.widgets.resource_table import ResourceTable


class Named(Protocol):
    """What an operator knows by a name."""

    @property
    def name(self) -> str: ...


class Placed(Named, Protocol):
    """What an operator knows by a name, in a context."""

    @property
    def context(self) -> str: ...


T = TypeVar("T")
N = TypeVar("N", bound=Named)


def under_cursor(grid: ResourceTable, things: Mapping[Ref, T]) -> T | None:
    """Give the thing under the cursor of a table whose row ids are Refs."""
    ref = grid.cursor_id
    return things.get(ref) if isinstance(ref, Ref) else None


def meant(grid: ResourceTable, things: Mapping[Ref, T]) -> list[T]:
    """Give the marked things, else the one under the cursor; on a group's header all of that."""
    return [things[ref] for ref in grid.targets if isinstance(ref, Ref) and ref in things]


def hidden_marked(grid: ResourceTable, things: Mapping[Ref, T]) -> list[T]:
    """Give the marked things that the filter hides."""
    return [things[ref] for ref in grid.hidden_marks if isinstance(ref, Ref) and ref in things]


def told(services: Services, things: Iterable[Placed], most: int = 1000) -> str:
    """Name things, at most so many of them, each with its context where several are open: names repeat there."""
    several = len(services.contexts) > 1
    names = [f"{thing.name} in {thing.context}" if several else thing.name for thing in things]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


async def failures(things: Iterable[N], deed: Callable[[N], Awaitable[None]]) -> list[str]:
    """Do a deed to each thing, whatever becomes of the others, and give what failed, each by its name."""
    failed: list[str] = []
    for thing in things:
        try:
            await deed(thing)
        except SsmTuiError as error:
            failed.append(f"{thing.name}: {error}")
    return failed
