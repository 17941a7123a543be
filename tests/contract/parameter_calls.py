"""Calls that tests of parameters make, on every backend; servers are shared, so that names are unique."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.contract.backends import Api, Refused


def unique(*segments: str) -> str:
    """Give a name that no other test has: servers are shared."""
    return "/".join(["", f"t{uuid.uuid4().hex[:12]}", *segments])


async def put(api: Api, name: str, value: str = "v", kind: str = "String", **more: Any) -> dict[str, Any]:
    return await api.call("PutParameter", **{"Name": name, "Value": value, "Type": kind, **more})


async def get(api: Api, name: str, **more: Any) -> dict[str, Any]:
    answer = await api.call("GetParameter", Name=name, **more)
    return dict(answer["Parameter"])


async def described(api: Api, name: str) -> dict[str, Any]:
    answer = await api.call("DescribeParameters", ParameterFilters=[{"Key": "Name", "Values": [name]}])
    (shape,) = answer["Parameters"]
    return dict(shape)


async def said(api: Api, operation: str, **params: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        await api.call(operation, **params)
    return caught.value.code, caught.value.message
