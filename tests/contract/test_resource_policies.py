"""Resource policies of parameters: with which one of the advanced tier is shared; they go with it."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.backends import Api, contract, refused

POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "ssm:GetParameter"}],
    }
)
OPERATIONS = ("PutResourcePolicy", "GetResourcePolicies", "DeleteResourcePolicy")


def arn(api: Api, name: str) -> str:
    return f"arn:aws:ssm:{api.region}:{api.account}:parameter/{name.removeprefix('/')}"


async def put(api: Api, name: str, **more: Any) -> dict[str, str]:
    """Put a parameter; gives its ARN as a request has it."""
    await api.call("PutParameter", **{"Name": name, "Value": "a", "Type": "String", "Tier": "Advanced"} | more)
    return {"ResourceArn": arn(api, name)}


@contract(*OPERATIONS)
@pytest.mark.parametrize("kind", ["/app/{}", "{}"])
async def test_a_parameter_of_the_advanced_tier_has_a_policy(api: Api, kind: str) -> None:
    shared = await put(api, kind.format(uuid4()))
    assert (await api.call("GetResourcePolicies", **shared))["Policies"] == []
    made = await api.call("PutResourcePolicy", **shared, Policy=POLICY)
    assert await refused(api, "PutResourcePolicy", **shared, Policy=POLICY) == "ResourcePolicyLimitExceededException"
    assert (await api.call("GetResourcePolicies", **shared))["Policies"] == [{**made, "Policy": POLICY}]
    await api.call("DeleteResourcePolicy", **shared, **made)
    assert (await api.call("GetResourcePolicies", **shared))["Policies"] == []
    assert await refused(api, "DeleteResourcePolicy", **shared, **made) == "ResourcePolicyNotFoundException"


@contract(*OPERATIONS)
async def test_one_of_the_standard_tier_has_none(api: Api) -> None:
    plain = await put(api, f"/app/{uuid4()}", Tier="Standard")
    assert await refused(api, "PutResourcePolicy", **plain, Policy=POLICY) == "ResourcePolicyInvalidParameterException"
    assert (await api.call("GetResourcePolicies", **plain))["Policies"] == []
    gone = {"PolicyId": "a", "PolicyHash": "b"}
    assert await refused(api, "DeleteResourcePolicy", **plain, **gone) == "ResourcePolicyNotFoundException"


@contract(*OPERATIONS)
async def test_one_that_is_not_there_has_none(api: Api) -> None:
    for name in (f"/app/{uuid4()}", "aws/service/global-infrastructure/regions/us-east-1"):
        missing = {"ResourceArn": arn(api, name)}
        assert await refused(api, "PutResourcePolicy", **missing, Policy=POLICY) == "ResourceNotFoundException"
        assert await refused(api, "GetResourcePolicies", **missing) == "ResourceNotFoundException"
    name = f"/app/{uuid4()}"
    await put(api, name)
    other = {"ResourceArn": arn(api, name).replace(api.account, "111122223333")}
    assert await refused(api, "PutResourcePolicy", **other, Policy=POLICY) == "ResourceNotFoundException"


@contract("PutResourcePolicy", "DeleteParameter", "DeleteParameters")
async def test_a_parameter_that_was_made_anew_had_the_policy_of_the_one_that_was_deleted(api: Api) -> None:
    name = f"/app/{uuid4()}"
    for delete in ({"Name": name}, {"Names": [name]}):
        shared = await put(api, name)
        await api.call("PutResourcePolicy", **shared, Policy=POLICY)
        await api.call("DeleteParameter" if "Name" in delete else "DeleteParameters", **delete)
        assert await refused(api, "GetResourcePolicies", **shared) == "ResourceNotFoundException"
        await put(api, name)
        assert (await api.call("GetResourcePolicies", **shared))["Policies"] == []
        await api.call("DeleteParameter", Name=name)
