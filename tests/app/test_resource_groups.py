"""Groups and one group: listed, opened, made with a preview, changed, deleted, run on."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.app._group_fake import GroupsFake
from tests.app.console import SIZES, at_each_size, console, hit, says, until
from tests.app.fake_transport import node
from tests.app.test_contexts import PROD, at
from tui.errors import AccessDenied
from tui.screens._group_words import query_said, query_words, read_query
from tui.services.resource_groups import GroupQuery, Member

NODES = [node(1), node(2, ping="ConnectionLost"), node(3)]
IDS = [one["InstanceId"] for one in NODES]
TAGS = {
    IDS[0]: {"env": "prod", "role": "web"},
    IDS[1]: {"env": "prod", "role": "db"},
    IDS[2]: {"env": "test", "role": "web"},
}
THINGS = {"arn:aws:ssm:us-east-1:123456789012:parameter/app/prod/url": "AWS::SSM::Parameter"}


def fake(**groups: str) -> GroupsFake:
    return GroupsFake(*NODES, tags=TAGS, things=THINGS, **groups)


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_says_what_is_in_each_group_and_how_many(size: tuple[int, int], tmp_path: Path) -> None:
    async with console(fake(prod="env=prod", web="role=web").transport, tmp_path, words="rg", size=size) as (_, pilot):
        await says(pilot, "env=prod", "all of web", "      3 ")


@pytest.mark.parametrize("size", SIZES)
async def test_empty_loading_and_error_say_what_this_is_and_the_way_out(size: tuple[int, int], tmp_path: Path) -> None:
    made, gate = fake(), asyncio.Event()

    async def none(_: dict[str, Any]) -> dict[str, Any]:
        await gate.wait()
        return {"GroupIdentifiers": []}

    made.transport.answers["ListGroups"] = none
    async with console(made.transport, tmp_path, words="groups", size=size) as (_, pilot):
        await says(pilot, "Loading the groups…")
        gate.set()
        await says(pilot, "No resource groups.", "n makes the first one.")
        made.transport.answers["ListGroups"] = AccessDenied(
            "AccessDeniedException", "no", operation="ListGroups", action="resource-groups:ListGroups"
        )
        await pilot.press("R")
        await says(pilot, "resource-groups:ListGroups")


async def test_a_group_is_made_with_the_nodes_that_it_means_in_sight(tmp_path: Path) -> None:
    made = fake()
    async with console(made.transport, tmp_path, words="groups") as (app, pilot):
        await says(pilot, "No resource groups.")
        await until(pilot, lambda: app.screen.nodes)  # type: ignore[attr-defined]
        await pilot.press("n")
        await at_each_size(pilot, "A resource group", "ctrl+s make it")
        await hit(pilot, "ctrl+s")
        await says(pilot, "A group needs a name.")
        await hit(pilot, *"a b", "tab", "tab", *"env=prod")
        await says(pilot, "Only letters, digits", "2 nodes now", "● Online  web-01", "✖ ConnectionLost  web-02")
        await hit(pilot, *" env=test role=web")
        await says(pilot, "● Online  web-01", "● Online  web-03")
        await hit(pilot, *" role")
        await says(pilot, "'role' stands here with a value and without one.")
        await hit(pilot, *["backspace"] * 5, "shift+tab", *"All (web)")
        await says(pilot, "Only letters, digits, spaces")
        await hit(pilot, "ctrl+u", *"All web", "shift+tab", "ctrl+u", *"web", "ctrl+s")
        await says(pilot, "The group web is made", "env=prod|test role=web")
        sent = made.sent("CreateGroup")[0]
        assert (sent["Name"], sent["Description"]) == ("web", "All web")
        assert json.loads(sent["ResourceQuery"]["Query"]) == {
            "ResourceTypeFilters": ["AWS::AllSupported"],
            "TagFilters": [{"Key": "env", "Values": ["prod", "test"]}, {"Key": "role", "Values": ["web"]}],
        }


async def test_a_name_that_is_taken_is_said_at_the_name(tmp_path: Path) -> None:
    async with console(fake(web="role=web").transport, tmp_path, words="groups") as (app, pilot):
        await says(pilot, "role=web")
        await pilot.press("n")
        await hit(pilot, *"web", "tab", "tab", *"env=prod", "ctrl+s")
        await says(pilot, "group already exists")
        assert app.screen.focused.key == "name"  # type: ignore[union-attr]


async def test_a_group_is_changed_where_it_differs(tmp_path: Path) -> None:
    made = fake(web="role=web")
    async with console(made.transport, tmp_path, words="groups") as (_, pilot):
        await says(pilot, "role=web")
        await pilot.press("e")
        await says(pilot, "The group web", "all of web")
        await hit(pilot, "tab", *" env=prod", "ctrl+s")
        await says(pilot, "The group web is changed.")
        assert made.sent("UpdateGroup") == []
        assert [request["Group"] for request in made.sent("UpdateGroupQuery")] == ["web"]


async def test_groups_are_deleted_once_their_name_or_count_is_typed(tmp_path: Path) -> None:
    made = fake(a="role=web", b="role=web", c="env=prod")
    async with console(made.transport, tmp_path, words="groups") as (app, pilot):
        await says(pilot, "env=prod")
        await pilot.press("D")
        await says(pilot, "Delete the group a?", "stays as it is", "type a:")
        await hit(pilot, *"a", "enter")
        await says(pilot, "Deleted the group a.")
        await until(pilot, lambda: app.screen.table.total == 2)  # type: ignore[attr-defined]
        await pilot.press("M", "slash", *"b", "enter", "D")
        await says(pilot, "Delete 2 groups?", "Hidden by the filter, yet marked: c.")
        await hit(pilot, *"2", "enter")
        await says(pilot, "Deleted 2 groups.")
        assert made.groups == {}


@pytest.mark.parametrize("size", SIZES)
async def test_a_group_opens_on_its_members_nodes_with_their_status(size: tuple[int, int], tmp_path: Path) -> None:
    async with console(fake(prod="env=prod").transport, tmp_path, words="groups", size=size) as (app, pilot):
        await says(pilot, "env=prod")
        await pilot.press("enter")
        await says(pilot, "2 nodes, 1 Parameter", "1 does not answer", "✖ ConnectionLost", "app/prod/url", "group:prod")
        await pilot.press("slash", *"url", "enter", "enter")
        await says(pilot, "There is no screen for a Parameter yet")
        await pilot.press("escape")
        await pilot.press("slash", *"web-01", "enter", "enter")
        await until(pilot, lambda: app.screen.NOUN == "node")  # type: ignore[attr-defined]


async def test_an_empty_group_says_so_and_a_missing_one_is_an_error(tmp_path: Path) -> None:
    made = GroupsFake(*NODES, tags=TAGS, none="env=none")
    async with console(made.transport, tmp_path, words="group none") as (_, pilot):
        await says(pilot, "Nothing is in this group now.", "env=none")
    async with console(made.transport, tmp_path, words="group nowhere") as (_, pilot):
        await says(pilot, "Cannot find group: nowhere")


async def test_r_takes_the_group_to_the_launcher_as_a_target(tmp_path: Path) -> None:
    async with console(fake(prod="env=prod").transport, tmp_path, words="groups") as (app, pilot):
        await says(pilot, "env=prod")
        await pilot.press("r")
        await until(pilot, lambda: app.screen.NOUN == "run")  # type: ignore[attr-defined]
        await says(pilot, "group:prod")


async def test_copy_offers_the_target_and_y_shows_group_and_query(tmp_path: Path) -> None:
    async with console(fake(prod="env=prod").transport, tmp_path, words="group prod") as (app, pilot):
        await says(pilot, "2 nodes")
        await pilot.press("c")
        await says(pilot, "group:prod")
        await pilot.press("3")
        assert app.clipboard == "group:prod"
        await pilot.press("y")
        await says(pilot, "GroupQuery", "TAG_FILTERS_1_0")


# the words of a query


def test_a_query_reads_back_from_its_words() -> None:
    for words in ("env=prod", "env=prod env=test role", "'a key=a value' team="):
        query = read_query(words)
        assert read_query(query_words(query)) == query
        assert GroupQuery.from_api(query.params()) == query
    assert query_said(read_query("env=prod env=test role")) == "env=prod|test role"


@pytest.mark.parametrize("wrong", ["=x", "env env=prod", "'open", "k" * 129, " ".join(f"k=v{n}" for n in range(21))])
def test_what_is_no_query_is_said(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_query(wrong)


def test_a_query_that_is_not_by_tags_is_kept_as_its_text() -> None:
    for text in ('{"StackIdentifier": "arn"}', "[]", "no json", '{"TagFilters": [1]}'):
        query = GroupQuery.from_api({"Type": "CLOUDFORMATION_STACK_1_0", "Query": text})
        assert query.other == f"CLOUDFORMATION_STACK_1_0 {text}"
        assert not query.finds_nodes
        assert not query.matches({"env": "prod"})


def test_members_are_named_by_what_their_arn_ends_in() -> None:
    def read(arn: str, type: str = "") -> Member:
        return Member.from_api({"ResourceArn": arn, **({"ResourceType": type} if type else {})}, "local")

    one = read("arn:aws:ec2:eu-west-1:1:instance/i-1", "AWS::EC2::Instance")
    assert (one.node_id, one.kind) == ("i-1", "Instance")
    assert read("arn:aws:ssm:eu-west-1:1:managed-instance/mi-1").node_id == "mi-1"
    assert read("arn:aws:s3:::bucket", "AWS::S3::Bucket").name == "bucket"
    assert read("arn:aws:ssm:eu-west-1:1:parameter/a/b", "AWS::SSM::Parameter").name == "a/b"


# several contexts


async def test_groups_of_two_contexts_are_one_list_and_each_opens_and_runs_in_its_own(tmp_path: Path) -> None:
    here = GroupsFake(node(1, "laptop"), tags={IDS[0]: {"role": "web"}}, web="role=web").transport
    there = GroupsFake(node(2, "web-2"), tags={IDS[1]: {"role": "web"}}, web="role=web", db="role=db").transport
    two = {"local": here, PROD: at(there, PROD)}
    async with console(two, tmp_path, words="groups", size=(200, 50)) as (app, pilot):
        await says(pilot, "Context", PROD, "db")
        await hit(pilot, "slash", *f"web ctx={PROD}", "enter")
        await until(pilot, lambda: app.screen.table.shown == 1)  # type: ignore[attr-defined]
        await pilot.press("enter")
        await says(pilot, "web-2", f"{PROD}:group:web")
        await pilot.press("r")
        await until(pilot, lambda: getattr(app.screen, "NOUN", "") == "run")
        await says(pilot, "runs on 1 node", "web-2")


async def test_groups_of_two_contexts_were_deleted_by_names_alone_and_r_forgot_the_marks(tmp_path: Path) -> None:
    here = GroupsFake(node(1, "laptop"), tags={IDS[0]: {"role": "web"}}, web="role=web").transport
    there = GroupsFake(node(2, "web-2"), tags={IDS[1]: {"role": "web"}}, web="role=web", db="role=db").transport
    two = {"local": here, PROD: at(there, PROD)}
    async with console(two, tmp_path, words="groups", size=(120, 36)) as (app, pilot):
        await says(pilot, PROD, "db")
        await hit(pilot, "slash", *"web", "enter")
        await until(pilot, lambda: app.screen.table.shown == 2)  # type: ignore[attr-defined]
        await hit(pilot, "M", "D")
        await says(pilot, "Delete 2 groups?", "web in local", f"web in {PROD}")
        await hit(pilot, "escape")
        await hit(pilot, "r")
        await says(pilot, "runs on 2 nodes", "laptop", "web-2")
