"""Public parameters: AWS's Regions and services under /aws/service, which everybody reads and nobody writes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.backends import MOTO, Api, contract, refused

ROOT = "/aws/service/global-infrastructure"


async def by_path(api: Api, path: str, **more: Any) -> dict[str, str]:
    """Give values by name, from all pages."""
    found: dict[str, str] = {}
    token: dict[str, str] = {}
    while True:
        page = await api.call("GetParametersByPath", Path=path, **more, **token)
        found |= {each["Name"]: each["Value"] for each in page["Parameters"]}
        if not page.get("NextToken"):
            return found
        token = {"NextToken": page["NextToken"]}


@pytest.mark.slow  # moto takes seconds to read its public parameters
@contract("GetParameter", moto=True)
async def test_a_region_has_its_name(api: Api) -> None:
    found = (await api.call("GetParameter", Name=f"{ROOT}/regions/eu-west-1"))["Parameter"]
    assert (found["Name"], found["Value"]) == (f"{ROOT}/regions/eu-west-1", "eu-west-1")
    assert (found["Type"], found["DataType"], found["Version"]) == ("String", "text", 1)
    if api.name != MOTO:  # which gives it the account's own
        assert found["ARN"] == f"arn:aws:ssm:{api.region}::parameter{ROOT}/regions/eu-west-1"


@pytest.mark.slow
@contract("GetParametersByPath", moto=True)
async def test_regions_are_listed_by_their_path(api: Api) -> None:
    found = await by_path(api, f"{ROOT}/regions")
    assert {f"{ROOT}/regions/us-east-1": "us-east-1", f"{ROOT}/regions/eu-west-1": "eu-west-1"}.items() <= found.items()
    assert all(name == f"{ROOT}/regions/{value}" for name, value in found.items())
    assert len(found) > 15


@pytest.mark.slow
@contract("GetParametersByPath", moto=True)
async def test_what_a_region_is_called_stands_below_it(api: Api) -> None:
    found = await by_path(api, f"{ROOT}/regions/us-east-1")
    assert found[f"{ROOT}/regions/us-east-1/longName"].startswith("US East")
    assert found[f"{ROOT}/regions/us-east-1/partition"] == "aws"


@contract("GetParametersByPath")
async def test_the_services_are_those_that_answer_here(api: Api) -> None:
    found = await by_path(api, f"{ROOT}/services")
    assert sorted(found.values()) == ["kms", "resource-groups", "resourcegroupstaggingapi", "ssm", "sts"]
    assert set((await by_path(api, f"{ROOT}/regions/us-east-1/services")).values()) == set(found.values())
    regions = await by_path(api, f"{ROOT}/services/ssm/regions")
    assert set(regions.values()) == set((await by_path(api, f"{ROOT}/regions")).values())
    assert await by_path(api, "/aws/service/list") == {"/aws/service/list/global-infrastructure": f"{ROOT}/"}
    everything = await by_path(api, f"{ROOT}/services/kms", Recursive=True)
    assert len(everything) == len(regions) + 1 and f"{ROOT}/services/kms/longName" in everything


@contract("GetParameters", "GetParameterHistory")
async def test_one_has_one_version_and_no_label(api: Api) -> None:
    name = f"{ROOT}/regions/us-east-1"
    answer = await api.call("GetParameters", Names=[f"{name}:1", f"{name}:2", f"{name}:mine", f"{name}/none"])
    assert [(each["Name"], each["Selector"]) for each in answer["Parameters"]] == [(name, ":1")]
    assert sorted(answer["InvalidParameters"]) == sorted([f"{name}:2", f"{name}:mine", f"{name}/none"])
    assert await refused(api, "GetParameter", Name=f"{name}:2") == "ParameterVersionNotFound"
    assert await refused(api, "GetParameter", Name=f"{ROOT}/regions") == "ParameterNotFound"
    (version,) = (await api.call("GetParameterHistory", Name=name))["Parameters"]
    assert (version["Value"], version["Version"], version["Labels"]) == ("us-east-1", 1, [])


@contract("GetParameter")
async def test_one_is_read_by_its_arn(api: Api) -> None:
    arn = f"arn:aws:ssm:{api.region}::parameter{ROOT}/regions/us-east-1"
    found = (await api.call("GetParameter", Name=arn))["Parameter"]
    assert (found["Value"], found["ARN"]) == ("us-east-1", arn)


@contract("DescribeParameters")
async def test_they_are_described_where_they_are_asked_for_alone(api: Api) -> None:
    listed = (await api.call("DescribeParameters", MaxResults=50))["Parameters"]
    assert not [each for each in listed if each["Name"].startswith("/aws/")]
    wanted = [{"Key": "Path", "Option": "OneLevel", "Values": [f"{ROOT}/services"]}]
    found = (await api.call("DescribeParameters", ParameterFilters=wanted, MaxResults=50))["Parameters"]
    assert [each["Name"] for each in found][:1] == [f"{ROOT}/services/kms"]
    assert (found[0]["Tier"], found[0]["Policies"], found[0]["Version"]) == ("Standard", [], 1)
    assert "Value" not in found[0]


@contract("PutParameter", "DeleteParameter", "LabelParameterVersion")
async def test_nobody_changes_one(api: Api) -> None:
    for name in (f"{ROOT}/regions/us-east-1", f"{ROOT}/regions/xx-east-1", "/aws/reference/secretsmanager/mine"):
        put = {"Name": name, "Value": "a", "Type": "String", "Overwrite": True}
        assert await refused(api, "PutParameter", **put) == "AccessDeniedException"
        assert await refused(api, "DeleteParameter", Name=name) == "AccessDeniedException"
        code = await refused(api, "LabelParameterVersion", Name=name, Labels=["a"])
        assert code in ("AccessDeniedException", "ParameterNotFound")


@contract("GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory", "DescribeParameters")
async def test_secrets_without_a_way_to_aws_say_what_is_missing(api: Api) -> None:
    name = "/aws/reference/secretsmanager/mine"
    assert await refused(api, "GetParameter", Name=name) == "ValidationException"
    assert await refused(api, "GetParameter", Name=name, WithDecryption=True) == "ValidationException"
    assert await refused(api, "GetParameters", Names=[name], WithDecryption=True) == "ValidationException"
    assert await by_path(api, "/aws/reference/secretsmanager", Recursive=True) == {}
    wanted = [{"Key": "Path", "Option": "Recursive", "Values": ["/aws/reference/secretsmanager"]}]
    assert (await api.call("DescribeParameters", ParameterFilters=wanted))["Parameters"] == []
    assert await refused(api, "GetParameterHistory", Name=name) == "ParameterNotFound"
