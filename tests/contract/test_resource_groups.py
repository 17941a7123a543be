"""Resource groups: made, changed, listed, with their queries, configurations and tags. moto has most of them too."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import uuid4

import pytest

from tests.contract.backends import HTTP, MOTO, Api, Refused, contract, refused
from tui.engine.model import RESOURCE_GROUPS

F = TypeVar("F", bound=Callable[..., Any])

BAD, MISSING = "BadRequestException", "NotFoundException"
STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/MyStack/1415f9f0-c39f-11e8-97f5-500c212ff6fd"
GENERIC, HOSTS = "AWS::ResourceGroups::Generic", "AWS::EC2::HostManagement"


BY_GROUP: dict[str, dict[str, Any]] = {
    "GetGroup": {},
    "UpdateGroup": {"Description": "x"},
    "DeleteGroup": {},
    "GetGroupQuery": {},
    "UpdateGroupQuery": {"ResourceQuery": {"Type": "TAG_FILTERS_1_0", "Query": "{}"}},
    "ListGroupResources": {},
    "GetGroupConfiguration": {},
    "PutGroupConfiguration": {},
    "ListGroupingStatuses": {},
}
"""Operations that name a group, and what else they need."""


def name() -> str:
    return f"group-{uuid4()}"


def tag_query(*filters: tuple[str, list[str]], types: tuple[str, ...] = ("AWS::AllSupported",)) -> dict[str, str]:
    tags = [{"Key": key, "Values": values} for key, values in filters]
    return {"Type": "TAG_FILTERS_1_0", "Query": json.dumps({"ResourceTypeFilters": list(types), "TagFilters": tags})}


PROD = tag_query(("env", ["prod"]))


def groups(*operations: str, moto: bool = False) -> Callable[[F], F]:
    return contract(*operations, service=RESOURCE_GROUPS, moto=moto)


async def make(api: Api, **more: Any) -> str:
    made: str = (await api.call("CreateGroup", **{"Name": name(), "ResourceQuery": PROD, **more}))["Group"]["Name"]
    return made


def arn(api: Api, group: str) -> str:
    return f"arn:aws:resource-groups:{api.region}:{api.account}:group/{group}"


@groups("CreateGroup", "GetGroup", moto=True)
async def test_a_group_is_made_and_found_by_name_and_arn(api: Api) -> None:
    group = name()
    made = await api.call(
        "CreateGroup", Name=group, Description="web servers", ResourceQuery=PROD, Tags={"team": "web"}
    )
    shape = {"GroupArn": arn(api, group), "Name": group, "Description": "web servers"}
    assert {key: made["Group"][key] for key in shape} == shape
    assert made["ResourceQuery"] == PROD and made["Tags"] == {"team": "web"}
    for request in ({"Group": group}, {"GroupName": group}, {"Group": arn(api, group)}):
        if api.name == MOTO and "GroupName" not in request:
            continue  # moto knows the deprecated member alone
        found = (await api.call("GetGroup", **request))["Group"]
        assert {key: found[key] for key in shape} == shape


@groups("CreateGroup", moto=True)
async def test_a_name_is_taken_once_and_never_begins_with_aws(api: Api) -> None:
    group = await make(api)
    assert await refused(api, "CreateGroup", Name=group, ResourceQuery=PROD) == BAD
    for wrong in ("AWSgroup", "awsgroup", "aWs.group", "a b", ""):
        assert await refused(api, "CreateGroup", Name=wrong, ResourceQuery=PROD) == BAD


@groups("CreateGroup", moto=True)
@pytest.mark.parametrize(
    "query",
    [
        "no JSON",
        "[]",
        '{"ResourceTypeFilters": ["AWS::AllSupported"]}',
        '{"ResourceTypeFilters": "AWS::AllSupported", "TagFilters": [{"Key": "a", "Values": []}]}',
        '{"ResourceTypeFilters": ["AWS::AllSupported"], "TagFilters": []}',
        '{"ResourceTypeFilters": ["AWS::AllSupported"], "TagFilters": [{"Key": "", "Values": []}]}',
        '{"ResourceTypeFilters": ["AWS::AllSupported"], "TagFilters": [{"Key": "a", "Values": [1]}]}',
        '{"ResourceTypeFilters": ["AWS::AllSupported"], "TagFilters": [{"Key": "a", "Values": "b"}]}',
        '{"ResourceTypeFilters": ["AWS::AllSupported"], "TagFilters": [{"Key": "a"}]}',
        '{"ResourceTypeFilters": ["web"], "TagFilters": [{"Key": "a", "Values": []}]}',
        '{"ResourceTypeFilters": [], "TagFilters": [{"Key": "a", "Values": []}]}',
        json.dumps(
            {
                "ResourceTypeFilters": ["AWS::AllSupported"],
                "TagFilters": [{"Key": "a", "Values": [str(number) for number in range(21)]}],
            }
        ),
        "x" * 4097,
    ],
    ids=lambda query: query[:60],
)
async def test_a_query_that_means_nothing_is_refused(api: Api, query: str) -> None:
    if api.name == MOTO and (query in ("no JSON", "[]") or '": ["web"]' in query or '": []' in query[:30]):
        pytest.skip("moto fails at what is no JSON object, and takes every type of resources")
    wrong = {"Type": "TAG_FILTERS_1_0", "Query": query}
    assert await refused(api, "CreateGroup", Name=name(), ResourceQuery=wrong) == BAD


@groups("CreateGroup")
async def test_stacks_that_are_not_there_and_two_sorts_of_groups_at_once_are_refused(api: Api) -> None:
    of_stack = json.dumps({"ResourceTypeFilters": ["AWS::AllSupported"], "StackIdentifier": STACK})
    for query in (of_stack, of_stack.replace(STACK, "arn:nonsense")):
        wrong = {"Type": "CLOUDFORMATION_STACK_1_0", "Query": query}
        assert await refused(api, "CreateGroup", Name=name(), ResourceQuery=wrong) == BAD
    assert await refused(api, "CreateGroup", Name=name()) == BAD
    both: dict[str, Any] = {"ResourceQuery": PROD, "Configuration": [{"Type": GENERIC}]}
    assert await refused(api, "CreateGroup", Name=name(), **both) == BAD
    assert await refused(api, "CreateGroup", Name=name(), ResourceQuery={"Type": "SQL", "Query": "x"}) == BAD
    with pytest.raises(Refused) as caught:
        await api.call("CreateGroup", ResourceQuery=PROD)
    assert "1 validation error detected: Value null at 'name'" in caught.value.message
    assert caught.value.status == (400 if api.name == HTTP else 0)


@groups(*BY_GROUP, "GetTags")
async def test_a_group_that_is_not_there_is_said_with_404(api: Api) -> None:
    for group in ("no-such", arn(api, "no-such"), arn(api, "no-such").replace(api.account, "999999999999")):
        for operation, more in BY_GROUP.items():
            with pytest.raises(Refused) as caught:
                await api.call(operation, Group=group, **more)
            assert caught.value.code == MISSING and caught.value.status == (404 if api.name == HTTP else 0)
    assert await refused(api, "GetTags", Arn=arn(api, "no-such")) == MISSING
    assert await refused(api, "GetGroup") == BAD


@groups("UpdateGroup", moto=True)
async def test_a_description_is_changed(api: Api) -> None:
    group = await make(api, Description="old")
    changed = await api.call("UpdateGroup", GroupName=group, Description="new")
    assert changed["Group"]["Description"] == "new"
    assert (await api.call("GetGroup", GroupName=group))["Group"]["Description"] == "new"
    if api.name != MOTO:  # moto has descriptions alone
        more: dict[str, Any] = {"Criticality": 3, "Owner": "the web team", "DisplayName": "Web"}
        changed = await api.call("UpdateGroup", Group=group, **more)
        assert changed["Group"] == {"GroupArn": arn(api, group), "Name": group, "Description": "new", **more}
        assert await refused(api, "UpdateGroup", Group=group, Criticality=11) == BAD


@groups("DeleteGroup", moto=True)
async def test_a_group_is_deleted_once_and_its_tags_with_it(api: Api) -> None:
    group = await make(api, Tags={"team": "web"})
    gone = await api.call("DeleteGroup", GroupName=group)
    assert gone["Group"]["GroupArn"] == arn(api, group)
    assert await refused(api, "GetGroup", GroupName=group) == MISSING
    assert await refused(api, "DeleteGroup", GroupName=group) == MISSING
    await make(api, Name=group)
    assert (await api.call("GetTags", Arn=arn(api, group))).get("Tags", {}) == {}


@groups("GetGroupQuery", "UpdateGroupQuery", moto=True)
async def test_a_query_is_read_and_changed(api: Api) -> None:
    group = await make(api)
    assert (await api.call("GetGroupQuery", GroupName=group))["GroupQuery"]["ResourceQuery"] == PROD
    new = tag_query(("env", ["dev"]), types=("AWS::SSM::ManagedInstance",))
    changed = await api.call("UpdateGroupQuery", GroupName=group, ResourceQuery=new)
    assert changed["GroupQuery"] == {"GroupName": group, "ResourceQuery": new}
    assert (await api.call("GetGroupQuery", GroupName=group))["GroupQuery"] == changed["GroupQuery"]
    wrong = {"Type": "TAG_FILTERS_1_0", "Query": '{"ResourceTypeFilters": [], "TagFilters": []}'}
    assert await refused(api, "UpdateGroupQuery", GroupName=group, ResourceQuery=wrong) == BAD


@groups("ListGroups", moto=True)
async def test_groups_are_listed_in_both_forms(api: Api) -> None:
    group = await make(api, Description="web servers")
    answer = await api.call("ListGroups")
    (identifier,) = [each for each in answer["GroupIdentifiers"] if each["GroupName"] == group]
    assert identifier["GroupArn"] == arn(api, group)
    (old,) = [each for each in answer["Groups"] if each["Name"] == group]
    assert old["GroupArn"] == arn(api, group)


@groups("ListGroups")
async def test_groups_are_filtered_and_come_in_pages(api: Api) -> None:
    owner = f"owner {uuid4()}"
    nodes = tag_query(("env", ["prod"]), types=("AWS::SSM::ManagedInstance",))
    first = await make(api, Owner=owner, DisplayName="First", Criticality=1, ResourceQuery=nodes)
    second = await make(api, Owner=owner, ResourceQuery=None, Configuration=[{"Type": GENERIC}])
    third = await make(api, Owner=owner)

    async def listed(*filters: tuple[str, str]) -> list[str]:
        given = [{"Name": each, "Values": [value]} for each, value in (("owner", owner), *filters)]
        return [each["GroupName"] for each in (await api.call("ListGroups", Filters=given))["GroupIdentifiers"]]

    assert await listed() == sorted([first, second, third])
    assert await listed(("resource-type", "AWS::SSM::ManagedInstance")) == [first]
    assert await listed(("resource-type", "AWS::AllSupported")) == [third]
    assert await listed(("configuration-type", GENERIC)) == [second]
    assert await listed(("display-name", "First"), ("criticality", "1")) == [first]
    assert await listed(("criticality", "2")) == []
    by_owner: dict[str, Any] = {"Filters": [{"Name": "owner", "Values": [owner]}]}
    page = await api.call("ListGroups", MaxResults=2, **by_owner)
    rest = await api.call("ListGroups", MaxResults=2, NextToken=page["NextToken"], **by_owner)
    found = [each["Name"] for each in page["Groups"] + rest["Groups"]]
    assert found == sorted([first, second, third]) and not rest.get("NextToken")


@groups("ListGroups")
async def test_wrong_filters_tokens_and_sizes_of_groups_are_refused(api: Api) -> None:
    assert await refused(api, "ListGroups", NextToken="eA==") == BAD
    assert await refused(api, "ListGroups", MaxResults=51) == BAD
    assert await refused(api, "ListGroups", Filters=[{"Name": "colour", "Values": ["red"]}]) == BAD
    assert await refused(api, "ListGroups", Filters=[{"Name": "configuration-type", "Values": ["red"]}]) == BAD


@groups("Tag", "Untag", "GetTags", moto=True)
async def test_a_group_has_tags_of_its_own(api: Api) -> None:
    group = arn(api, await make(api, Tags={"a": "1"}))
    assert (await api.call("GetTags", Arn=group)) == {"Arn": group, "Tags": {"a": "1"}}
    added = {"a": "2", "b": ""}
    assert await api.call("Tag", Arn=group, Tags=added) == {"Arn": group, "Tags": added}
    assert (await api.call("GetTags", Arn=group))["Tags"] == added
    assert await api.call("Untag", Arn=group, Keys=["a"]) == {"Arn": group, "Keys": ["a"]}
    assert (await api.call("GetTags", Arn=group))["Tags"] == {"b": ""}
    assert await refused(api, "Tag", Arn=group, Tags={"aws:a": "b"}) == BAD


@groups("CreateGroup", "Tag", "Untag")
async def test_tags_of_a_group_follow_awss_rules(api: Api) -> None:
    many = {f"k{number}": "" for number in range(51)}
    assert await refused(api, "CreateGroup", Name=name(), ResourceQuery=PROD, Tags=many) == BAD
    assert await refused(api, "CreateGroup", Name=name(), ResourceQuery=PROD, Tags={"AWS:a": ""}) == BAD
    group = arn(api, await make(api))
    assert await refused(api, "Tag", Arn=group, Tags=many) == BAD
    assert await refused(api, "Tag", Arn=group, Tags={"a*": "b"}) == BAD
    assert await refused(api, "Tag", Arn=arn(api, "no-such"), Tags={"a": "b"}) == MISSING
    assert await refused(api, "Untag", Arn=arn(api, "no-such"), Keys=["a"]) == MISSING


@groups("GetGroupConfiguration", "PutGroupConfiguration", moto=True)
async def test_a_configuration_that_was_put_is_given_back(api: Api) -> None:
    group = await make(api, ResourceQuery=None, Configuration=[{"Type": GENERIC}])
    new = [{"Type": GENERIC, "Parameters": [{"Name": "deletion-protection", "Values": ["UNLESS_EMPTY"]}]}]
    await api.call("PutGroupConfiguration", Group=group, Configuration=new)
    found = await api.call("GetGroupConfiguration", Group=group)
    assert found["GroupConfiguration"]["Configuration"] == new


@groups("GetGroupConfiguration", "PutGroupConfiguration")
async def test_a_configuration_is_read_and_replaced(api: Api) -> None:
    group = await make(api, ResourceQuery=None, Configuration=[{"Type": GENERIC}])
    found = await api.call("GetGroupConfiguration", Group=group)
    assert found["GroupConfiguration"] == {"Configuration": [{"Type": GENERIC}], "Status": "UPDATE_COMPLETE"}
    new = [
        {"Type": HOSTS, "Parameters": [{"Name": "allowed-host-families", "Values": ["c5", "m5"]}]},
        {"Type": GENERIC, "Parameters": [{"Name": "allowed-resource-types", "Values": ["AWS::EC2::Host"]}]},
    ]
    assert await api.call("PutGroupConfiguration", Group=group, Configuration=new) == {}
    found = await api.call("GetGroupConfiguration", Group=arn(api, group))
    assert found["GroupConfiguration"]["Configuration"] == new
    for wrong in (
        [{"Type": "AWS::Coffee::Cup"}],
        [{"Type": GENERIC}, {"Type": GENERIC}],
        [{"Type": GENERIC, "Parameters": [{"Name": "colour", "Values": ["red"]}]}],
        [{"Type": GENERIC, "Parameters": [{"Name": "deletion-protection", "Values": ["ALWAYS"]}]}],
    ):
        assert await refused(api, "PutGroupConfiguration", Group=group, Configuration=wrong) == BAD
    assert await refused(api, "GetGroupQuery", Group=group) == BAD
    assert await refused(api, "UpdateGroupQuery", Group=group, ResourceQuery=PROD) == BAD
    of_query = await make(api)
    assert await refused(api, "GetGroupConfiguration", Group=of_query) == BAD
    assert await refused(api, "PutGroupConfiguration", Group=of_query, Configuration=new) == BAD


@groups("GetAccountSettings", "UpdateAccountSettings")
async def test_no_events_of_groups_are_sent(api: Api) -> None:
    settings = await api.call("GetAccountSettings")
    assert settings["AccountSettings"] == {
        "GroupLifecycleEventsDesiredStatus": "INACTIVE",
        "GroupLifecycleEventsStatus": "INACTIVE",
    }
    assert await api.call("UpdateAccountSettings", GroupLifecycleEventsDesiredStatus="INACTIVE") == settings
    assert await refused(api, "UpdateAccountSettings", GroupLifecycleEventsDesiredStatus="ACTIVE") == BAD


@groups("StartTagSyncTask", "GetTagSyncTask", "ListTagSyncTasks", "CancelTagSyncTask")
async def test_there_are_no_applications_to_keep_tags_in_step_for(api: Api) -> None:
    task = f"{arn(api, 'app')}/{'a' * 26}/tag-sync-task/{'b' * 26}"
    assert (await api.call("ListTagSyncTasks"))["TagSyncTasks"] == []
    assert await refused(api, "GetTagSyncTask", TaskArn=task) == MISSING
    assert await refused(api, "CancelTagSyncTask", TaskArn=task) == BAD
    request = {"RoleArn": "arn:aws:iam::123456789012:role/sync", "TagKey": "a", "TagValue": "b"}
    assert await refused(api, "StartTagSyncTask", Group=await make(api), **request) == BAD
    assert await refused(api, "StartTagSyncTask", Group="no-such", **request) == MISSING
