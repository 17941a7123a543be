"""The lists of nodes: information, properties, ListNodes and its summary, and whether a node answers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.contract.backends import Api, contract, nodes, refused

INFORMATION, PROPERTIES = "DescribeInstanceInformation", "DescribeInstanceProperties"
UNKNOWN = "mi-" + "f" * 17


async def information(api: Api, **request: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = (await api.call(INFORMATION, **request))["InstanceInformationList"]
    return listed


async def properties(api: Api, *filters: tuple[str, list[str], str]) -> list[dict[str, Any]]:
    given = [{"Key": key, "Values": values, "Operator": operator} for key, values, operator in filters]
    request: dict[str, Any] = {"FiltersWithOperator": given} if given else {}
    answer = await api.call(PROPERTIES, **request)
    listed: list[dict[str, Any]] = answer["InstanceProperties"]
    return listed


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [each["InstanceId"] for each in found]


@contract(INFORMATION)
async def test_nodes_come_by_id_in_pages_of_ten_or_as_many_as_asked_for(api: Api) -> None:
    whole = await information(api)
    assert 5 < len(whole) <= 10 and ids(whole) == sorted(ids(whole))
    first = await api.call(INFORMATION, MaxResults=5)
    rest = await api.call(INFORMATION, MaxResults=5, NextToken=first["NextToken"])
    assert ids(first["InstanceInformationList"] + rest["InstanceInformationList"]) == ids(whole)
    assert "NextToken" not in rest
    node = whole[0]
    assert node["ResourceType"] == "ManagedInstance" and node["SourceType"] == "AWS::SSM::ManagedInstance"
    assert node["SourceId"] == node["InstanceId"]


@contract(INFORMATION)
async def test_each_key_of_both_forms_finds_what_the_node_says(api: Api) -> None:
    whole = await information(api)
    node = whole[0]
    members = {
        "AgentVersion": "AgentVersion",
        "PingStatus": "PingStatus",
        "PlatformTypes": "PlatformType",
        "ResourceType": "ResourceType",
        "InstanceIds": "InstanceId",
    }
    for key, member in members.items():
        like = [each for each in whole if each[member] == node[member]]
        new = await information(api, Filters=[{"Key": key, "Values": [node[member]]}])
        old = await information(api, InstanceInformationFilterList=[{"key": key, "valueSet": [node[member]]}])
        assert ids(new) == ids(old) == ids(like), key
    for key, member in {"SourceIds": "SourceId", "SourceTypes": "SourceType", "PlatformType": "PlatformType"}.items():
        assert node["InstanceId"] in ids(await information(api, Filters=[{"Key": key, "Values": [node[member]]}]))
    for key, value in {"AssociationStatus": "Success", "IamRole": "Nobody", "ActivationIds": "none"}.items():
        assert await information(api, Filters=[{"Key": key, "Values": [value]}]) == []


@contract(INFORMATION)
async def test_tags_choose_nodes_and_values_are_alternatives(api: Api) -> None:
    whole = ids(await information(api))
    assert ids(await information(api, Filters=[{"Key": "tag-key", "Values": ["env", "no-such"]}])) == whole
    by_env = [
        ids(await information(api, Filters=[{"Key": "tag:env", "Values": [value]}]))
        for value in ("prod", "staging", "dev")
    ]
    assert sorted(node for found in by_env for node in found) == whole
    both = await information(api, Filters=[{"Key": "tag:env", "Values": ["prod", "dev"]}])
    assert ids(both) == sorted(by_env[0] + by_env[2])
    and_team = [{"Key": "tag:env", "Values": ["prod"]}, {"Key": "tag:team", "Values": ["no-such"]}]
    assert await information(api, Filters=and_team) == []


@contract(INFORMATION)
@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"MaxResults": 4}, "ValidationException"),
        ({"NextToken": "x"}, "InvalidNextToken"),
        ({"Filters": [{"Key": "Name", "Values": ["a"]}]}, "InvalidFilterKey"),
        ({"Filters": [{"Key": "PingStatus", "Values": ["Off"]}]}, "InvalidInstanceInformationFilterValue"),
        ({"Filters": [{"Key": "InstanceIds", "Values": ["web-1"]}]}, "InvalidInstanceId"),
        ({"Filters": [{"Key": "PingStatus", "Values": []}]}, "ValidationException"),
        (
            {"Filters": [{"Key": "tag:a", "Values": ["b"]}, {"Key": "PingStatus", "Values": ["Online"]}]},
            "ValidationException",
        ),
        ({"InstanceInformationFilterList": [{"key": "SourceIds", "valueSet": ["a"]}]}, "ValidationException"),
    ],
    ids=str,
)
async def test_filters_that_mean_nothing_are_refused(api: Api, request_: dict[str, Any], code: str) -> None:
    assert await refused(api, INFORMATION, **request_) == code


@contract(INFORMATION)
async def test_an_unknown_node_is_not_listed_and_no_error(api: Api) -> None:
    assert await information(api, Filters=[{"Key": "InstanceIds", "Values": [UNKNOWN]}]) == []


@contract("DeregisterManagedInstance")
async def test_a_node_that_is_deregistered_is_gone_with_its_tags_at_once(api: Api) -> None:
    node = (await nodes(api))[-1]
    assert await api.call("DeregisterManagedInstance", InstanceId=node) == {}
    assert node not in await nodes(api)
    resource = {"ResourceType": "ManagedInstance", "ResourceId": node}
    assert await refused(api, "ListTagsForResource", **resource) == "InvalidResourceId"
    assert await refused(api, "DeregisterManagedInstance", InstanceId=node) == "InvalidInstanceId"
    assert await refused(api, "DeregisterManagedInstance", InstanceId="i-0123456789abcdef0") == "ValidationException"


@contract(PROPERTIES)
async def test_properties_are_those_of_the_information_and_the_architecture(api: Api) -> None:
    whole = {each["InstanceId"]: each for each in await information(api)}
    found = await properties(api)
    assert ids(found) == list(whole)
    for each in found:
        known = whole[each["InstanceId"]]
        assert each["Architecture"] in ("x86_64", "aarch64")
        assert each["ComputerName"] == known["ComputerName"] and each["IPAddress"] == known["IPAddress"]
    old = await api.call(PROPERTIES, InstancePropertyFilterList=[{"key": "InstanceIds", "valueSet": list(whole)[:2]}])
    assert ids(old["InstanceProperties"]) == list(whole)[:2]


@contract(PROPERTIES)
async def test_operators_compare(api: Api) -> None:
    whole = await properties(api)
    node = whole[0]
    agent, kind, registered = node["AgentVersion"], node["PlatformType"], node["RegistrationDate"]
    assert ids(await properties(api, ("AgentVersion", [agent], "Equal"))) == ids(whole)
    assert await properties(api, ("AgentVersion", [agent], "NotEqual")) == []
    assert ids(await properties(api, ("AgentVersion", ["999.0.0"], "LessThan"))) == ids(whole)
    assert await properties(api, ("AgentVersion", ["999.0.0"], "GreaterThan")) == []
    assert ids(await properties(api, ("InstanceIds", ["mi-"], "BeginWith"))) == ids(whole)
    others = [each["InstanceId"] for each in whole if each["PlatformType"] != kind]
    assert ids(await properties(api, ("PlatformTypes", [kind], "NotEqual"))) == others
    assert ids(await properties(api, ("RegistrationDate", ["2020-01-01T00:00:00Z"], "GreaterThan"))) == ids(whole)
    assert node["InstanceId"] in ids(await properties(api, ("RegistrationDate", [str(registered + 1)], "LessThan")))
    assert ids(await properties(api, ("tag-key", ["env"], "Equal"))) == ids(whole)
    assert await properties(api, ("tag-key", ["env"], "NotEqual")) == []
    both = await properties(api, ("PlatformTypes", [kind], "Equal"), ("InstanceIds", [node["InstanceId"]], "Equal"))
    assert ids(both) == [node["InstanceId"]]


@contract(PROPERTIES)
async def test_a_node_s_name_is_its_name_tag(api: Api) -> None:
    node = (await nodes(api))[0]
    tags = [{"Key": "Name", "Value": "the cellar"}]
    await api.call("AddTagsToResource", ResourceType="ManagedInstance", ResourceId=node, Tags=tags)
    named = {each["InstanceId"]: each["Name"] for each in await properties(api)}
    assert named[node] == "the cellar" and list(named.values()).count("the cellar") == 1
    assert ids(await properties(api, ("Name", ["the "], "BeginWith"))) == [node]
    await api.call("RemoveTagsFromResource", ResourceType="ManagedInstance", ResourceId=node, TagKeys=["Name"])


@contract(PROPERTIES)
async def test_a_document_chooses_the_nodes_that_it_can_run_on(api: Api) -> None:
    found = ids(await properties(api, ("DocumentName", ["AWS-RunShellScript"], "Equal")))
    assert found == ids([each for each in await properties(api) if each["PlatformType"] != "Windows"])


@contract(PROPERTIES)
@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (("Nope", ["a"], "Equal"), "InvalidFilterKey"),
        (("PingStatus", ["Off"], "Equal"), "InvalidInstancePropertyFilterValue"),
        (("RegistrationDate", ["soon"], "LessThan"), "InvalidInstancePropertyFilterValue"),
        (("tag:env", ["a"], "LessThan"), "InvalidInstancePropertyFilterValue"),
        (("InstanceIds", ["web-1"], "Equal"), "InvalidInstanceId"),
        (("ActivationIds", ["none"], "Equal"), "InvalidActivationId"),
        (("DocumentName", ["No-Such"], "Equal"), "InvalidDocument"),
        (("PingStatus", ["Online"], "Like"), "ValidationException"),
    ],
    ids=str,
)
async def test_wrong_properties_are_refused(api: Api, wanted: tuple[str, list[str], str], code: str) -> None:
    key, values, operator = wanted
    filters: list[dict[str, Any]] = [{"Key": key, "Values": values, "Operator": operator}]
    assert await refused(api, PROPERTIES, FiltersWithOperator=filters) == code


@contract(PROPERTIES)
async def test_both_forms_at_once_small_pages_and_strange_tokens_are_refused(api: Api) -> None:
    both: dict[str, Any] = {
        "FiltersWithOperator": [{"Key": "PingStatus", "Values": ["Online"]}],
        "InstancePropertyFilterList": [{"key": "PingStatus", "valueSet": ["Online"]}],
    }
    assert await refused(api, PROPERTIES, **both) == "ValidationException"
    assert await refused(api, PROPERTIES, MaxResults=4) == "ValidationException"
    assert await refused(api, PROPERTIES, NextToken="x") == "InvalidNextToken"
    page = await api.call(PROPERTIES, MaxResults=5)
    rest = await api.call(PROPERTIES, MaxResults=5, NextToken=page["NextToken"])
    assert ids(page["InstanceProperties"] + rest["InstanceProperties"]) == await nodes(api)


@contract("GetConnectionStatus")
async def test_a_node_that_is_not_there_is_not_connected(api: Api) -> None:
    (found,) = await information(api, Filters=[{"Key": "InstanceIds", "Values": [(await nodes(api))[0]]}])
    status = await api.call("GetConnectionStatus", Target=found["InstanceId"])
    assert status["Target"] == found["InstanceId"] and status["Status"] in ("connected", "notconnected")
    assert await api.call("GetConnectionStatus", Target=UNKNOWN) == {"Target": UNKNOWN, "Status": "notconnected"}
    assert await refused(api, "GetConnectionStatus", Target="") == "ValidationException"


@contract("ListNodes")
async def test_nodes_are_listed_with_owner_region_and_what_they_are(api: Api) -> None:
    whole = await information(api)
    answer = await api.call("ListNodes")
    assert [each["Id"] for each in answer["Nodes"]] == ids(whole) and not answer.get("NextToken")
    node, known = answer["Nodes"][0], whole[0]
    assert node["Owner"] == {"AccountId": api.account} and node["Region"] == api.region
    instance = node["NodeType"]["Instance"]
    assert instance["ManagedStatus"] == "Managed" and instance["IpAddress"] == known["IPAddress"]
    assert instance["PlatformName"] == known["PlatformName"] and instance["InstanceStatus"] in (
        "Active",
        "ConnectionLost",
    )
    first = await api.call("ListNodes", MaxResults=4)
    rest = await api.call("ListNodes", MaxResults=4, NextToken=first["NextToken"])
    assert [each["Id"] for each in first["Nodes"] + rest["Nodes"]] == ids(whole)


@contract("ListNodes")
async def test_filters_of_nodes_compare_and_add_up(api: Api) -> None:
    whole = await information(api)

    async def listed(*filters: tuple[str, list[str], str]) -> list[str]:
        given = [{"Key": key, "Values": values, "Type": operator} for key, values, operator in filters]
        return [each["Id"] for each in (await api.call("ListNodes", Filters=given))["Nodes"]]

    kind = whole[0]["PlatformType"]
    like = [each["InstanceId"] for each in whole if each["PlatformType"] == kind]
    assert await listed(("PlatformType", [kind], "Equal")) == like
    assert await listed(("PlatformType", [kind], "NotEqual")) == [each for each in ids(whole) if each not in like]
    assert await listed(("InstanceId", ["mi-"], "BeginWith")) == ids(whole)
    assert await listed(("ManagedStatus", ["All"], "Equal")) == ids(whole)
    assert await listed(("ManagedStatus", ["Unmanaged"], "Equal")) == []
    assert await listed(("AccountId", [api.account], "Equal"), ("Region", ["mars"], "Equal")) == []
    assert await listed(("AvailabilityZone", ["us-east-1a"], "Equal")) == []


@contract("ListNodes")
@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"SyncName": "AWS-QuickSetup-ManagedNode"}, "ResourceDataSyncNotFoundException"),
        ({"NextToken": "x"}, "InvalidNextToken"),
        ({"Filters": [{"Key": "ManagedStatus", "Values": ["Half"]}]}, "InvalidFilter"),
        ({"Filters": [{"Key": "Nope", "Values": ["a"]}]}, "ValidationException"),
        ({"Filters": [{"Key": "Region", "Values": list("abcdef")}]}, "ValidationException"),
    ],
    ids=str,
)
async def test_what_no_list_of_nodes_can_be_is_refused(api: Api, request_: dict[str, Any], code: str) -> None:
    assert await refused(api, "ListNodes", **request_) == code
    counted = {"AggregatorType": "Count", "TypeName": "Instance", "AttributeName": "Region"}
    assert await refused(api, "ListNodesSummary", Aggregators=[counted], **request_) == code


def aggregator(name: str, *inside: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"AggregatorType": "Count", "TypeName": "Instance", "AttributeName": name}
    return {**made, "Aggregators": list(inside)} if inside else made


@contract("ListNodesSummary")
async def test_nodes_are_counted_by_attributes_inside_attributes(api: Api) -> None:
    whole = await information(api)
    names = Counter(each["PlatformName"] for each in whole)
    both = Counter((each["PlatformType"], each["PlatformName"]) for each in whole)
    flat = await api.call("ListNodesSummary", Aggregators=[aggregator("PlatformName")])
    assert flat["Summary"] == [{"PlatformName": name, "Count": str(count)} for name, count in sorted(names.items())]
    nested = await api.call("ListNodesSummary", Aggregators=[aggregator("PlatformType", aggregator("PlatformName"))])
    assert {(each["PlatformType"], each["PlatformName"]): int(each["Count"]) for each in nested["Summary"]} == both
    region = await api.call("ListNodesSummary", Aggregators=[aggregator("Region"), aggregator("AvailabilityZone")])
    assert region["Summary"] == [{"Region": api.region, "Count": str(len(whole))}]
    first = await api.call("ListNodesSummary", Aggregators=[aggregator("PlatformName")], MaxResults=1)
    assert first["Summary"] == flat["Summary"][:1]
    if len(names) > 1:
        more = {"Aggregators": [aggregator("PlatformName")], "MaxResults": 1, "NextToken": first["NextToken"]}
        assert (await api.call("ListNodesSummary", **more))["Summary"] == flat["Summary"][1:2]


@contract("ListNodesSummary")
@pytest.mark.parametrize(
    ("aggregators", "code"),
    [
        ([], "ValidationException"),
        ([aggregator("Nope")], "ValidationException"),
        ([aggregator("Region", aggregator("Region"))], "InvalidAggregatorException"),
        (
            [aggregator("Region", aggregator("PlatformType", aggregator("PlatformName")))],
            "InvalidAggregatorException",
        ),
    ],
    ids=str,
)
async def test_aggregators_that_count_nothing_are_refused(
    api: Api, aggregators: list[dict[str, Any]], code: str
) -> None:
    assert await refused(api, "ListNodesSummary", Aggregators=aggregators) == code
