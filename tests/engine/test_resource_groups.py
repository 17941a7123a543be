"""Resource groups in the store: across restarts, changed by several at once, and of many nodes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.engine.command_bench import bench, leaving
from tui.engine.context import ApiFault, CallerIdentity
from tui.engine.group_queries import read_query
from tui.engine.model import RESOURCE_GROUPS

QUERY = {
    "Type": "TAG_FILTERS_1_0",
    "Query": json.dumps(
        {
            "ResourceTypeFilters": ["AWS::SSM::ManagedInstance"],
            "TagFilters": [{"Key": "env", "Values": ["prod", "dev", "staging"]}],
        }
    ),
}


TYPES = st.lists(st.sampled_from(["AWS::AllSupported", "AWS::EC2::Instance"]), min_size=1)
FILTERS = st.lists(st.fixed_dictionaries({"Key": st.text(max_size=130), "Values": st.lists(st.text(max_size=3))}))
NEARLY = st.fixed_dictionaries({"ResourceTypeFilters": TYPES, "TagFilters": FILTERS})
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.sampled_from(["ResourceTypeFilters", "TagFilters"]), inside),
)


@given(st.one_of(st.text(), ANYTHING.map(json.dumps), NEARLY.map(json.dumps)))
@example("[" * 4096)
@example('{"ResourceTypeFilters": ["AWS::AllSupported"], "TagFilters": [{"Key": "\\ud800", "Values": []}]}')
@settings(max_examples=200, deadline=None)
def test_a_query_is_read_or_refused_in_awss_words_whatever_it_is(text: str) -> None:
    try:
        query = read_query({"Type": "TAG_FILTERS_1_0", "Query": text})
    except ApiFault as fault:
        assert fault.code == "BadRequestException" and fault.message.startswith("Query not valid: ")
    else:
        assert query.types and 1 <= len(query.filters) <= 50


async def call(engine: Any, operation: str, **params: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await engine.call(operation, params, service=RESOURCE_GROUPS)
    return answer


async def test_groups_are_there_after_a_restart_and_their_arns_are_of_the_region_asked(tmp_path: Path) -> None:
    async with leaving(tmp_path / "state") as first:
        await call(first.engine, "CreateGroup", Name="web", ResourceQuery=QUERY, Tags={"team": "web"})
    async with leaving(tmp_path / "state") as second:
        account = second.engine.services.account
        caller = CallerIdentity(account, "somebody", region="cn-north-1")
        there = await second.engine.call("GetGroup", {"Group": "web"}, service=RESOURCE_GROUPS, caller=caller)
        arn = f"arn:aws-cn:resource-groups:cn-north-1:{account}:group/web"
        assert there["Group"]["GroupArn"] == arn
        tags = await second.engine.call("GetTags", {"Arn": arn}, service=RESOURCE_GROUPS, caller=caller)
        assert tags["Tags"] == {"team": "web"}


async def test_changes_made_at_once_do_not_undo_each_other(tmp_path: Path) -> None:
    async with bench(tmp_path / "state") as local:
        await call(local.engine, "CreateGroup", Name="web", ResourceQuery=QUERY)
        new = {**QUERY, "Query": QUERY["Query"].replace("staging", "test")}
        await asyncio.gather(
            call(local.engine, "UpdateGroup", Group="web", Description="web servers"),
            call(local.engine, "UpdateGroupQuery", Group="web", ResourceQuery=new),
            call(local.engine, "UpdateGroup", Group="web", Owner="the web team"),
        )
        group = (await call(local.engine, "GetGroup", Group="web"))["Group"]
        query = (await call(local.engine, "GetGroupQuery", Group="web"))["GroupQuery"]["ResourceQuery"]
        assert (group["Description"], group["Owner"], query) == ("web servers", "the web team", new)
        outcomes = await asyncio.gather(
            *(call(local.engine, "DeleteGroup", Group="web") for _ in range(3)), return_exceptions=True
        )
    codes = sorted(each.code if isinstance(each, ApiFault) else "" for each in outcomes)
    assert codes == ["", "NotFoundException", "NotFoundException"]


async def test_a_group_of_many_nodes_is_paged_whole_and_is_a_target(tmp_path: Path) -> None:
    async with bench(tmp_path / "state", demo=True, demo_nodes=300) as local:
        await call(local.engine, "CreateGroup", Name="all", ResourceQuery=QUERY)
        seen: list[str] = []
        token: dict[str, str] = {}
        while True:
            page = await call(local.engine, "ListGroupResources", Group="all", **token)
            seen += [each["ResourceArn"].rpartition("/")[2] for each in page["ResourceIdentifiers"]]
            if not page.get("NextToken"):
                break
            token = {"NextToken": page["NextToken"]}
        assert seen == sorted(node.id for node in local.engine.services.nodes.all())
        sent = await local.engine.call(
            "SendCommand",
            {
                "DocumentName": "AWS-RunShellScript",
                "Parameters": {"commands": ["true"]},
                "Targets": [{"Key": "resource-groups:Name", "Values": ["all"]}],
            },
        )
        listed = await local.engine.call("ListCommands", {"CommandId": sent["Command"]["CommandId"]})
        assert listed["Commands"][0]["TargetCount"] == 300


async def test_many_groups_are_listed_page_by_page_whatever_the_filter(tmp_path: Path) -> None:
    async with bench(tmp_path / "state") as local:
        names = [f"group-{number:03}" for number in range(150)]
        for name in names:
            await call(local.engine, "CreateGroup", Name=name, ResourceQuery=QUERY, Owner=name[-1])

        async def pages(**request: Any) -> list[str]:
            seen: list[str] = []
            while True:
                page = await call(local.engine, "ListGroups", **request)
                seen += [each["GroupName"] for each in page["GroupIdentifiers"]]
                if not page.get("NextToken"):
                    return seen
                request["NextToken"] = page["NextToken"]

        assert await pages() == names
        assert await pages(MaxResults=7, Filters=[{"Name": "owner", "Values": ["3"]}]) == names[3::10]
