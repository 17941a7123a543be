"""What a merged list says of contexts: the columns that show while several are open, and what a filter may ask for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tui.widgets.columns import Column
from tui.widgets.resource_table import ResourceTable

if TYPE_CHECKING:
    from tui.screens._base import ConsoleScreen, Shell

COLUMNS = [
    Column("context", "Context", min_width=8, max_width=26, priority=65),
    Column("region", "Region", max_width=16, wide=True, priority=35),
    Column("account", "Account", max_width=14, wide=True, priority=25),
]
PLACE = 2
"""Where they stand: behind the status and what the row is called."""

Texts = tuple[tuple[str, str], ...]


def with_contexts(columns: list[Column], shell: Shell) -> list[Column]:
    """Give the columns of a list, those of contexts among them where several are open."""
    return [*columns[:PLACE], *COLUMNS, *columns[PLACE:]] if len(shell.contexts) > 1 else columns


def fit_columns(table: ResourceTable, columns: list[Column], shell: Shell) -> None:
    """Show the columns of contexts in a table, or take them away."""
    wanted = with_contexts(columns, shell)
    if len(wanted) != len(table.columns):
        table.set_columns(wanted)


def context_cells(screen: ConsoleScreen, context: str) -> Texts:
    """Give the cells of a row's context: none while one is open; a sign where its rows are old."""
    shell = screen.shell
    if len(shell.contexts) < 2:
        return ()
    stale = screen.is_stale(context)
    name = (f"{shell.glyphs.bad} {context}", "warn") if stale else (context, "accent")
    return name, (shell.region_of(context), "muted"), (shell.account_of(context), "muted")


def context_fields(shell: Shell, context: str) -> dict[str, str]:
    """Give what `ctx=`, `region=` and `account=` are compared with; a context is also meant by its first part."""
    first = context.partition("/")[0]
    return {
        "ctx": context if first == context else f"{context}\n{first}",
        "context": context,
        "region": shell.region_of(context),
        "account": shell.account_of(context),
    }


def contexts_in_words(contexts: Iterable[str]) -> str:
    """Name contexts in a sentence, each once, in their order."""
    return ", ".join(dict.fromkeys(contexts))
