"""The Resource Groups Tagging API; moto has most of it, for resource groups among others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import uuid4

import pytest

from tests.contract.backends import MOTO, Api, contract, nodes, refused
from tests.contract.test_resource_groups import PROD, arn
from tui.engine.model import RESOURCE_GROUPS, TAGGING

F = TypeVar("F", bound=Callable[..., Any])

INVALID = "InvalidParameterException"


def tagging(*operations: str, moto: bool = False) -> Callable[[F], F]:
    return contract(*operations, service=TAGGING, moto=moto)


async def node_arns(api: Api, count: int, *, start: int = 0) -> list[str]:
    chosen = (await nodes(api))[start : start + count]
    return [f"arn:aws:ssm:{api.region}:{api.account}:managed-instance/{node}" for node in chosen]


async def resources(api: Api, **request: Any) -> list[str]:
    answer = await api.call("GetResources", **request)
    assert answer["PaginationToken"] == ""
    return [each["ResourceARN"] for each in answer["ResourceTagMappingList"]]


@tagging("TagResources", "UntagResources", "GetResources")
async def test_nodes_are_tagged_found_and_untagged_by_arn(api: Api) -> None:
    key = f"k-{uuid4()}"
    two = await node_arns(api, 2)
    missing = two[0][:-17] + "f" * 17
    answer = await api.call("TagResources", ResourceARNList=[*two, missing], Tags={key: "a"})
    assert list(answer["FailedResourcesMap"]) == [missing]
    assert answer["FailedResourcesMap"][missing]["StatusCode"] == 400
    assert answer["FailedResourcesMap"][missing]["ErrorCode"] == INVALID
    assert await resources(api, TagFilters=[{"Key": key}]) == two
    assert await resources(api, TagFilters=[{"Key": key, "Values": ["a", "b"]}]) == two
    assert await resources(api, TagFilters=[{"Key": key, "Values": ["b"]}]) == []
    assert await resources(api, TagFilters=[{"Key": key}, {"Key": "env", "Values": ["no-such"]}]) == []
    for kinds in (["ssm"], ["ec2:instance", "ssm:managed-instance"]):
        assert await resources(api, TagFilters=[{"Key": key}], ResourceTypeFilters=kinds) == two
    assert await resources(api, TagFilters=[{"Key": key}], ResourceTypeFilters=["ec2:instance", "ssm:document"]) == []
    assert await resources(api, ResourceARNList=[two[1], missing]) == [two[1]]
    gone = await api.call("UntagResources", ResourceARNList=[two[0]], TagKeys=[key, "absent"])
    assert gone == {"FailedResourcesMap": {}}
    assert await resources(api, TagFilters=[{"Key": key}]) == two[1:]


@tagging("TagResources")
async def test_tags_that_only_the_tagging_api_takes_made_every_list_of_a_node_s_tags_fail(api: Api) -> None:
    (tagged,) = await node_arns(api, 1, start=6)
    key = f"k-{uuid4()}"
    for tags in ({key: "50%"}, {key: "a\nb"}, {f"{key}$": ""}):
        answer = await api.call("TagResources", ResourceARNList=[tagged], Tags=tags)
        assert answer["FailedResourcesMap"][tagged]["ErrorCode"] == INVALID
    listed = await api.call(
        "ListTagsForResource", service="ssm", ResourceType="ManagedInstance", ResourceId=tagged.rpartition("/")[2]
    )
    assert not [each for each in listed["TagList"] if each["Key"].startswith(key)]


@tagging("GetResources")
async def test_resources_come_in_pages(api: Api) -> None:
    key = f"k-{uuid4()}"
    three = await node_arns(api, 3, start=3)  # which no other test gives tags that stay
    await api.call("TagResources", ResourceARNList=three, Tags={key: "a"})
    wanted: dict[str, Any] = {"TagFilters": [{"Key": key}]}
    first = await api.call("GetResources", ResourcesPerPage=2, **wanted)
    rest = await api.call("GetResources", ResourcesPerPage=2, PaginationToken=first["PaginationToken"], **wanted)
    found = first["ResourceTagMappingList"] + rest["ResourceTagMappingList"]
    assert [each["ResourceARN"] for each in found] == three and rest["PaginationToken"] == ""
    assert {"Key": key, "Value": "a"} in found[0]["Tags"]
    for number in range(3):
        many = {f"{key}-{number}-{each}": "" for each in range(44)}
        await api.call("TagResources", ResourceARNList=three[number : number + 1], Tags=many)
    by_tags = await api.call("GetResources", TagsPerPage=100, **wanted)
    assert [each["ResourceARN"] for each in by_tags["ResourceTagMappingList"]] == three[:2]
    for number in range(3):
        keys = [f"{key}-{number}-{each}" for each in range(44)]
        await api.call("UntagResources", ResourceARNList=three[number : number + 1], TagKeys=keys)


@tagging("GetResources", moto=True)
async def test_groups_are_found_by_their_tags(api: Api) -> None:
    key = f"k-{uuid4()}"
    group = f"group-{uuid4()}"
    await api.call("CreateGroup", service=RESOURCE_GROUPS, Name=group, ResourceQuery=PROD, Tags={key: "a"})
    answer = await api.call("GetResources", TagFilters=[{"Key": key, "Values": ["a"]}])
    if api.name == MOTO:  # which does not look at resource groups, and leaves an empty token out
        assert answer["ResourceTagMappingList"] == []
        return
    assert answer["ResourceTagMappingList"] == [{"ResourceARN": arn(api, group), "Tags": [{"Key": key, "Value": "a"}]}]
    assert answer["PaginationToken"] == ""


@tagging("GetTagKeys", "GetTagValues", moto=True)
async def test_a_key_that_nobody_has_has_no_values(api: Api) -> None:
    key = f"k-{uuid4()}"
    assert key not in (await api.call("GetTagKeys"))["TagKeys"]
    assert (await api.call("GetTagValues", Key=key))["TagValues"] == []


@tagging("TagResources", "UntagResources", moto=True)
async def test_what_nobody_has_is_not_tagged_and_named(api: Api) -> None:
    missing = f"arn:aws:ssm:{api.region}:{api.account}:managed-instance/mi-{'f' * 17}"
    for operation, more in (("TagResources", {"Tags": {"a": "b"}}), ("UntagResources", {"TagKeys": ["a"]})):
        answer = await api.call(operation, ResourceARNList=[missing], **more)
        assert list(answer["FailedResourcesMap"]) == [missing], operation


@tagging("GetTagKeys", "GetTagValues")
async def test_keys_and_values_in_use_are_listed(api: Api) -> None:
    key = f"k-{uuid4()}"
    two = await node_arns(api, 2)
    await api.call("TagResources", ResourceARNList=two[:1], Tags={key: "b"})
    await api.call("TagResources", ResourceARNList=two[1:], Tags={key: "a"})
    keys = await api.call("GetTagKeys")
    assert {key, "env", "role", "team"} <= set(keys["TagKeys"]) and keys["PaginationToken"] == ""
    assert await api.call("GetTagValues", Key=key) == {"TagValues": ["a", "b"], "PaginationToken": ""}
    assert (await api.call("GetTagValues", Key="no-such"))["TagValues"] == []


@tagging("GetResources", "TagResources", "UntagResources", "GetTagKeys", "GetTagValues")
@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("GetResources", {"ResourcesPerPage": 101}),
        ("GetResources", {"TagsPerPage": 99}),
        ("GetResources", {"PaginationToken": "x"}),
        ("GetResources", {"ResourceARNList": ["a"], "TagFilters": [{"Key": "a"}]}),
        ("GetResources", {"TagFilters": [{"Values": ["a"]}]}),
        ("GetResources", {"ExcludeCompliantResources": True}),
        ("TagResources", {"ResourceARNList": ["a"], "Tags": {"aws:a": "b"}}),
        ("TagResources", {"ResourceARNList": [], "Tags": {"a": "b"}}),
        ("TagResources", {"ResourceARNList": ["a"] * 21, "Tags": {"a": "b"}}),
        ("UntagResources", {"ResourceARNList": ["a"]}),
        ("GetTagKeys", {"PaginationToken": "x"}),
        ("GetTagValues", {}),
    ],
    ids=str,
)
async def test_what_means_nothing_is_an_invalid_parameter(api: Api, operation: str, request_: dict[str, Any]) -> None:
    assert await refused(api, operation, **request_) == INVALID
