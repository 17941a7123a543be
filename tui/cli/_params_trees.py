"""Whole subtrees of one context: their values, what else is known of them, and their tags."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from tui.errors import ApiError
from tui.services.parameter_compare import subtree
from tui.services.parameter_models import Parameter, ParameterValue
from tui.services.parameters import NOT_FOUND, Parameters

AT_ONCE = 8
"""Questions about tags that are asked at the same time: there is no call for those of many parameters."""


async def read_values(
    service: Parameters, path: str, *, decrypt: bool, recursive: bool = True
) -> dict[str, ParameterValue]:
    """Give the values at and below a path, by path and in order; `recursive` False gives the parameter alone."""
    if recursive:
        values = await subtree(service, path, decrypt=decrypt)
    else:
        values, _ = await service.values([path], decrypt=decrypt)
    return {value.id: value for value in sorted(values, key=lambda value: value.id)}


async def read_about(service: Parameters, path: str, *, recursive: bool = True) -> dict[str, Parameter]:
    """Give what is known of the parameters at and below a path beside their values, by path."""
    found = {}
    if path != "/":
        try:
            itself = await service.get(path)
            found[itself.id] = itself
        except ApiError as error:
            if error.code != NOT_FOUND:
                raise
    if recursive:
        filters = [{"Key": "Path", "Option": "Recursive", "Values": [path]}] if path != "/" else []
        found |= {one.id: one async for page in service.describe(filters) for one in page}
    return found


async def read_tags(service: Parameters, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Give the tags of parameters, by the names that were asked for."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def ask(name: str) -> tuple[str, dict[str, str]]:
        async with turns:
            return name, await service.tags(name)

    return dict(await asyncio.gather(*map(ask, names)))
