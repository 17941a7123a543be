"""What is in resource groups, and groups as targets of commands."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.backends import Api, contract, nodes, refused
from tests.contract.test_resource_groups import BAD, GENERIC, HOSTS, MISSING, STACK, arn, groups, make, tag_query

NODE = "AWS::SSM::ManagedInstance"


async def tagged(api: Api, count: int, key: str, value: str) -> list[str]:
    chosen = (await nodes(api))[:count]
    for node in chosen:
        tags = [{"Key": key, "Value": value}]
        await api.call("AddTagsToResource", service="ssm", ResourceType="ManagedInstance", ResourceId=node, Tags=tags)
    return chosen


def arns(api: Api, ids: list[str]) -> list[str]:
    return [f"arn:aws:ssm:{api.region}:{api.account}:managed-instance/{node}" for node in ids]


def found(answer: dict[str, Any]) -> list[str]:
    return [each["ResourceArn"] for each in answer["ResourceIdentifiers"]]


@groups("ListGroupResources", "SearchResources")
async def test_members_are_what_has_the_tags_now(api: Api) -> None:
    key = f"k-{uuid4()}"
    two = await tagged(api, 2, key, "a")
    query = tag_query((key, ["a", "b"]))
    group = await make(api, ResourceQuery=query)
    answer = await api.call("ListGroupResources", Group=group)
    assert found(answer) == arns(api, two) and answer["QueryErrors"] == []
    assert [each["Identifier"] for each in answer["Resources"]] == answer["ResourceIdentifiers"]
    assert {each["ResourceType"] for each in answer["ResourceIdentifiers"]} == {NODE}
    assert found(await api.call("SearchResources", ResourceQuery=query)) == arns(api, two)
    three = await tagged(api, 3, key, "b")
    first = await api.call("ListGroupResources", Group=group, MaxResults=2)
    rest = await api.call("ListGroupResources", Group=group, MaxResults=2, NextToken=first["NextToken"])
    assert found(first) + found(rest) == arns(api, three) and not rest.get("NextToken")
    searched = await api.call("SearchResources", ResourceQuery=query, MaxResults=2)
    more = await api.call("SearchResources", ResourceQuery=query, MaxResults=2, NextToken=searched["NextToken"])
    assert found(searched) + found(more) == arns(api, three)


@groups("SearchResources")
async def test_keys_add_up_and_no_value_means_any(api: Api) -> None:
    one, two = f"k-{uuid4()}", f"k-{uuid4()}"
    three = await tagged(api, 3, one, "x")
    await tagged(api, 2, two, "y")

    async def search(*filters: tuple[str, list[str]], types: tuple[str, ...] = ("AWS::AllSupported",)) -> list[str]:
        return found(await api.call("SearchResources", ResourceQuery=tag_query(*filters, types=types)))

    assert await search((one, [])) == arns(api, three)
    assert await search((one, ["x"]), (two, [])) == arns(api, three[:2])
    assert await search((one, ["y"])) == []
    assert await search((one, []), types=(NODE, "AWS::EC2::Instance")) == arns(api, three)
    assert await search((one, []), types=("AWS::EC2::Instance",)) == []
    group = await make(api, Tags={one: "x"})
    assert await search((one, [])) == [arn(api, group), *arns(api, three)]
    assert await search((one, []), types=("AWS::ResourceGroups::Group",)) == [arn(api, group)]


@groups("ListGroupResources", "SearchResources")
async def test_types_that_a_group_leaves_out_are_refused_as_filters(api: Api) -> None:
    key = f"k-{uuid4()}"
    (node,) = await tagged(api, 1, key, "a")
    group = await make(api, ResourceQuery=tag_query((key, []), types=(NODE,)))
    by_type = [{"Name": "resource-type", "Values": [NODE]}]
    assert found(await api.call("ListGroupResources", Group=group, Filters=by_type)) == arns(api, [node])
    other = [{"Name": "resource-type", "Values": ["AWS::S3::Bucket"]}]
    assert await refused(api, "ListGroupResources", Group=group, Filters=other) == BAD
    everything = await make(api, ResourceQuery=tag_query((key, [])))
    assert found(await api.call("ListGroupResources", Group=everything, Filters=other)) == []
    assert await refused(api, "ListGroupResources", Group=group, NextToken="eA==") == BAD
    assert await refused(api, "SearchResources", ResourceQuery=tag_query((key, [])), MaxResults=0) == BAD


@groups("SearchResources")
async def test_a_stack_that_is_not_there_is_an_error_of_the_query(api: Api) -> None:
    text = json.dumps({"ResourceTypeFilters": ["AWS::AllSupported"], "StackIdentifier": STACK})
    answer = await api.call("SearchResources", ResourceQuery={"Type": "CLOUDFORMATION_STACK_1_0", "Query": text})
    assert answer["ResourceIdentifiers"] == []
    assert [each["ErrorCode"] for each in answer["QueryErrors"]] == ["CLOUDFORMATION_STACK_NOT_EXISTING"]


@groups("GroupResources", "UngroupResources", "ListGroupingStatuses")
async def test_only_ec2s_groups_are_filled_by_hand_and_nothing_of_ec2_is_here(api: Api) -> None:
    host = f"arn:aws:ec2:{api.region}:{api.account}:dedicated-host/h-0123456789abcdef0"
    hosts = await make(api, ResourceQuery=None, Configuration=[{"Type": HOSTS}])
    for operation in ("GroupResources", "UngroupResources"):
        answer = await api.call(operation, Group=hosts, ResourceArns=[host])
        assert "Succeeded" not in answer and answer["Pending"] == []
        assert [each["ResourceArn"] for each in answer["Failed"]] == [host]
        for group in (await make(api), await make(api, ResourceQuery=None, Configuration=[{"Type": GENERIC}])):
            assert await refused(api, operation, Group=group, ResourceArns=[host]) == BAD
        assert await refused(api, operation, Group="no-such", ResourceArns=[host]) == MISSING
        assert await refused(api, operation, Group=hosts, ResourceArns=[]) == BAD
    assert await api.call("ListGroupingStatuses", Group=hosts) == {"Group": hosts, "GroupingStatuses": []}
    assert await api.call("ListGroupResources", Group=hosts) == {
        "Resources": [],
        "ResourceIdentifiers": [],
        "QueryErrors": [],
    }


def command(*targets: tuple[str, list[str]]) -> dict[str, Any]:
    return {
        "DocumentName": "AWS-RunShellScript",
        "Parameters": {"commands": ["true"]},
        "Targets": [{"Key": key, "Values": values} for key, values in targets],
    }


async def sent_to(api: Api, *targets: tuple[str, list[str]]) -> list[str]:
    sent = (await api.call("SendCommand", **command(*targets)))["Command"]["CommandId"]
    answer = await api.call("ListCommandInvocations", CommandId=sent)
    return sorted(each["InstanceId"] for each in answer["CommandInvocations"])


@contract("SendCommand")
async def test_a_command_goes_to_the_nodes_of_a_group(api: Api) -> None:
    key = f"k-{uuid4()}"
    two = await tagged(api, 2, key, "a")
    group = str(uuid4())
    query = tag_query((key, []))
    await api.call("CreateGroup", service="resource-groups", Name=group, ResourceQuery=query, Tags={key: "a"})
    assert await sent_to(api, ("resource-groups:Name", [group])) == two
    by_type = ("resource-groups:ResourceTypeFilters", [NODE, "AWS::EC2::Instance"])
    assert await sent_to(api, ("resource-groups:Name", [group]), by_type) == two
    assert await sent_to(api, ("resource-groups:Name", [group]), ("InstanceIds", two[:1])) == two[:1]
    ec2 = ("resource-groups:ResourceTypeFilters", ["AWS::EC2::Instance"])
    assert await sent_to(api, ("resource-groups:Name", [group]), ec2) == []
    assert await sent_to(api, ("resource-groups:Name", ["no-such"])) == []


@contract("SendCommand")
@pytest.mark.parametrize(
    "targets",
    [
        [("resource-groups:Name", ["one", "two"])],
        [("resource-groups:Name", [])],
        [("resource-groups:ResourceTypeFilters", [NODE])],
        [("resource-groups:Name", ["one"]), ("resource-groups:ResourceTypeFilters", [NODE] * 6)],
        [("resource-groups:Name", ["one"]), ("resource-groups:ResourceTypeFilters", ["web"])],
        [("resource-groups:Colour", ["red"])],
    ],
    ids=str,
)
async def test_groups_as_targets_follow_awss_rules(api: Api, targets: list[tuple[str, list[str]]]) -> None:
    assert await refused(api, "SendCommand", **command(*targets)) == "ValidationException"
