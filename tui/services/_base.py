"""What the services share: a model that is a row, and an adapter that speaks through one transport."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

from tui.ports import Ref, Shape, Transport
from tui.services._paging import pages
from tui.transport.wrappers import Wrapper

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

    @property
    def peer(self) -> Shape:
        """What the other end said of itself so far: account, region, and whatever else it has."""
        return dict(getattr(self._base, "peer", None) or {})

    @property
    def on_aws(self) -> bool:
        """Whether this context is AWS itself, which has none of our own operations."""
        return bool(getattr(self._base, "lacks", None))

    def lacks(self, operation: str) -> str:
        """Say why an operation can't be had in this context, as a sentence; "" where it can."""
        found: Mapping[str, str] = getattr(self._base, "lacks", None) or {}
        return found.get(operation, "")

    @property
    def _base(self) -> Transport:
        return self._transport.base if isinstance(self._transport, Wrapper) else self._transport

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
