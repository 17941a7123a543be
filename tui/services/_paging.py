"""One way through the pages of a list operation."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any, TypeVar

from tui.ports import Shape, Transport

S = TypeVar("S", bound=StrEnum)
T = TypeVar("T")

TOKENS = ("NextToken", "PaginationToken")
"""What a page's token is called: the tagging API has a word of its own."""


def token_of(answer: Shape) -> tuple[str, str]:
    """Give the name and the value of what asks for the next page; ("", "") on the last one."""
    for name in TOKENS:
        if answer.get(name):
            return name, str(answer[name])
    return "", ""


async def answers(
    transport: Transport, operation: str, params: Mapping[str, Any] | None = None, *, service: str = "ssm"
) -> AsyncIterator[Shape]:
    """Yield the answers of a list operation, page by page, for what has its items in no one list."""
    request = dict(params or {})
    while True:
        answer = await transport.call(operation, request, service=service)
        yield answer
        name, token = token_of(answer)
        if not token or token == request.get(name):
            return
        request[name] = token


async def pages(
    transport: Transport,
    operation: str,
    key: str,
    params: Mapping[str, Any] | None = None,
    *,
    service: str = "ssm",
    limit: int | None = None,
) -> AsyncIterator[list[Shape]]:
    """Yield the items under `key`, page by page; at most `limit` items in all.

    An empty page that has a token is not the end, because AWS filters after it pages; it is not yielded, save
    as the very last one, so that a list of nothing yields one empty page.
    """
    request = dict(params or {})
    given = 0
    while True:
        answer = await transport.call(operation, request, service=service)
        items: list[Shape] = answer.get(key) or []
        name, token = token_of(answer)
        if limit is not None:
            items = items[: limit - given]
        given += len(items)
        last = not token or token == request.get(name) or (limit is not None and given >= limit)
        if items or (last and not given):
            yield items
        if last:
            return
        request[name] = token


def enum_of(kind: type[S], value: object) -> S:
    """Give the member of a StrEnum for an API's word, or its UNKNOWN for a word that AWS added later."""
    try:
        return kind(str(value))
    except ValueError:
        return kind("Unknown")


@asynccontextmanager
async def closing(events: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """Close a watch when its reader leaves: a generator that is left half-way lives until it is collected."""
    try:
        yield events
    finally:
        if isinstance(events, AsyncGenerator):
            await events.aclose()
