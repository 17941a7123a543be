"""What the services share: a model that is a row, and an adapter that speaks through one transport."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

from tui.ports import Ref, Shape, Transport
from tui.services._paging import pages

OWN = "ssm-tui"
"""The service of what only our own engine knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One thing of a context, keyed by its `ref`."""

    ref: Ref

    @property
    def id(self) -> str:
        return self.ref.id

    @property
    def context(self) -> str:
        return self.ref.context


class Model(Protocol):
    """A class that is built from a structure of the API."""

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> Self: ...


M = TypeVar("M", bound=Model)


class Adapter:
    """One capability of one context."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def context(self) -> str:
        return self._transport.context

    def _models(self, kind: type[M], shapes: Iterable[Shape] | None) -> list[M]:
        return [kind.from_api(shape, self.context) for shape in shapes or ()]

    async def _pages(
        self,
        kind: type[M],
        operation: str,
        key: str,
        params: Mapping[str, Any] | None = None,
        *,
        service: str = "ssm",
        limit: int | None = None,
    ) -> AsyncIterator[list[M]]:
        """Yield what a list operation gives under `key` as models, page by page; at most `limit` in all."""
        async for page in pages(self._transport, operation, key, params, service=service, limit=limit):
            yield self._models(kind, page)
