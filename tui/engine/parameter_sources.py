"""Parameters that are not the account's own: public ones, and secrets that are read through a reserved name.

    services.part(ParameterSources).register("/aws/service", PublicParameters(...))    # in a hook marked on_start

Names that stand at or below a source's prefix are the source's alone: nobody can put or delete them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from tui.engine.context import Context, Services
from tui.ports import Shape


class ParameterSource(Protocol):
    """Gives read-only parameters in the API's shapes; names are canonical (they begin with a slash)."""

    async def get(self, ctx: Context, name: str, selector: str, decrypt: bool) -> Shape | None:
        """Give a Parameter, or None where there is none of that name.

        `selector` is what follows the name's first colon, empty where nothing does; the Parameter then carries it as
        `Selector`, with the colon. Raises: ApiFault ParameterVersionNotFound, or ValidationException as AWS has it.
        """

    def below(self, ctx: Context, path: str, recursive: bool) -> Iterable[Shape]:
        """Give the Parameters below a path (without a slash at its end), or right below it, sorted by Name."""

    def describe(self, ctx: Context) -> Iterable[Shape]:
        """Give the ParameterMetadata of all that may be listed, sorted by Name; who asks filters them."""

    def history(self, ctx: Context, name: str) -> list[Shape] | None:
        """Give the ParameterHistory items of one parameter, oldest first, or None where there is none of that name."""


class ParameterSources:
    """The sources of one engine by their prefixes; a part of its services."""

    def __init__(self, services: Services) -> None:
        self._sources: dict[str, ParameterSource] = {}
        self._below: tuple[str, ...] = ()

    def register(self, prefix: str, source: ParameterSource) -> None:
        """Have a source answer for `prefix` (like `/aws/service`) and all names below it; the last one given holds."""
        self._sources[prefix] = source
        self._below = tuple(f"{each}/" for each in self._sources)

    def of(self, name: str) -> ParameterSource | None:
        """Give the source that answers for a canonical name or path, which may end with a slash."""
        if not self._below or not f"{name}/".startswith(self._below):
            return None
        return next(source for prefix, source in self._sources.items() if f"{name}/".startswith(f"{prefix}/"))
