"""Hybrid activations, and the roles of nodes."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.contract.backends import Api, Refused, contract, nodes, refused

DAY = 86400.0


async def one(api: Api, activation_id: str) -> dict[str, Any]:
    found = await api.call(
        "DescribeActivations", Filters=[{"FilterKey": "ActivationIds", "FilterValues": [activation_id]}]
    )
    (activation,) = found["ActivationList"]
    return dict(activation)


@contract("CreateActivation")
async def test_an_activation_has_a_code_once_and_awss_defaults(api: Api) -> None:
    made = await api.call("CreateActivation", IamRole="service-role/Hybrid")
    assert len(made["ActivationId"]) == 36 and 20 <= len(made["ActivationCode"]) <= 250
    shape = await one(api, made["ActivationId"])
    assert made["ActivationCode"] not in str(shape)
    lasts = float(str(shape.pop("ExpirationDate"))) - float(str(shape.pop("CreatedDate")))
    assert lasts == pytest.approx(DAY, abs=1)
    assert shape == {
        "ActivationId": made["ActivationId"],
        "IamRole": "service-role/Hybrid",
        "RegistrationLimit": 1,
        "RegistrationsCount": 0,
        "Expired": False,
    }


@contract("CreateActivation")
async def test_an_activation_keeps_what_it_was_given(api: Api) -> None:
    expires = round(time.time() + 29 * DAY)
    given: dict[str, Any] = {
        "IamRole": "Hybrid",
        "Description": "the cellar",
        "DefaultInstanceName": "cellar web",
        "RegistrationLimit": 1000,
        "Tags": [{"Key": "env", "Value": "prod"}],
    }
    made = await api.call("CreateActivation", ExpirationDate=expires, **given)
    shape = await one(api, made["ActivationId"])
    assert {key: shape[key] for key in given} == given and shape["ExpirationDate"] == expires


@contract("CreateActivation")
@pytest.mark.parametrize(
    "wrong",
    [
        {"RegistrationLimit": 0},
        {"RegistrationLimit": 1001},
        {"IamRole": "r" * 65},
        {"IamRole": "arn:aws:iam::123456789012:role/r"},
        {"IamRole": "AWSServiceRoleForAmazonSSM"},
        {"ExpirationDate": 1_600_000_000},
        {"ExpirationDate": 4_000_000_000},
        {"Tags": [{"Key": "aws:mine", "Value": ""}]},
        {"Tags": [{"Key": f"k{number}", "Value": ""} for number in range(51)]},
        {"RegistrationMetadata": [{"Key": "a", "Value": "b"}]},
        {"DefaultInstanceName": "a*b"},
    ],
    ids=str,
)
async def test_what_no_activation_can_be_is_refused(api: Api, wrong: dict[str, Any]) -> None:
    assert await refused(api, "CreateActivation", **{"IamRole": "Hybrid", **wrong}) == "ValidationException"


@contract("CreateActivation")
async def test_an_activation_without_a_role_is_refused_in_awss_words(api: Api) -> None:
    with pytest.raises(Refused, match="1 validation error detected: Value null at 'iamRole' failed"):
        await api.call("CreateActivation")


@contract("DescribeActivations")
async def test_activations_are_filtered_and_come_in_pages(api: Api) -> None:
    ids = {
        (await api.call("CreateActivation", IamRole="Pages", DefaultInstanceName=name))["ActivationId"]
        for name in ("one", "two", "three")
    }
    by_role = {"FilterKey": "IamRole", "FilterValues": ["Pages", "Another"]}
    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = await api.call("DescribeActivations", Filters=[by_role], MaxResults=2, **token)
        seen += [each["ActivationId"] for each in page["ActivationList"]]
        if not page.get("NextToken"):
            break
        token = {"NextToken": page["NextToken"]}
    assert len(seen) == 3 and set(seen) == ids
    by_name = {"FilterKey": "DefaultInstanceName", "FilterValues": ["two", "three"]}
    found = await api.call("DescribeActivations", Filters=[by_role, by_name])
    assert len(found["ActivationList"]) == 2
    none = {"FilterKey": "IamRole", "FilterValues": ["Nobody"]}
    assert (await api.call("DescribeActivations", Filters=[none]))["ActivationList"] == []


@contract("DescribeActivations")
async def test_wrong_filters_tokens_and_sizes_are_refused(api: Api) -> None:
    assert await refused(api, "DescribeActivations", NextToken="x") == "InvalidNextToken"
    assert await refused(api, "DescribeActivations", MaxResults=51) == "ValidationException"
    assert await refused(api, "DescribeActivations", Filters=[{"FilterKey": "IamRole"}]) == "InvalidFilter"
    wrong = [{"FilterKey": "Nope", "FilterValues": ["a"]}]
    assert await refused(api, "DescribeActivations", Filters=wrong) == "ValidationException"


@contract("DeleteActivation")
async def test_an_activation_is_deleted_once(api: Api) -> None:
    made = await api.call("CreateActivation", IamRole="Hybrid")
    assert await api.call("DeleteActivation", ActivationId=made["ActivationId"]) == {}
    assert await refused(api, "DeleteActivation", ActivationId=made["ActivationId"]) == "InvalidActivationId"
    assert await refused(api, "DeleteActivation", ActivationId="nonsense") == "ValidationException"


@contract("UpdateManagedInstanceRole")
async def test_a_node_is_given_a_role_and_found_by_it(api: Api) -> None:
    node = (await nodes(api))[0]
    assert await api.call("UpdateManagedInstanceRole", InstanceId=node, IamRole="Cellar") == {}
    by_role = [{"Key": "IamRole", "Values": ["Cellar"]}]
    (found,) = (await api.call("DescribeInstanceInformation", Filters=by_role))["InstanceInformationList"]
    assert (found["InstanceId"], found["IamRole"]) == (node, "Cellar")


@contract("UpdateManagedInstanceRole")
@pytest.mark.parametrize(
    ("node", "role", "code"),
    [
        ("mi-" + "f" * 17, "Cellar", "InvalidInstanceId"),
        ("i-0123456789abcdef0", "Cellar", "ValidationException"),
        ("", "r" * 65, "ValidationException"),
    ],
)
async def test_a_role_needs_a_hybrid_node_and_a_role(api: Api, node: str, role: str, code: str) -> None:
    node = node or (await nodes(api))[0]
    assert await refused(api, "UpdateManagedInstanceRole", InstanceId=node, IamRole=role) == code
