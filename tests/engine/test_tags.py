"""Tags of managed nodes, on the engine with all its domains."""

import pytest

from tui.engine.context import ApiFault, CallerIdentity, StatePaths
from tui.engine.dispatch import Engine
from tui.engine.domains.tags import LIMIT, TaggableResources

NODE = "mi-0123456789abcdef0"


@pytest.fixture
async def engine(tmp_path):
    engine = await Engine.open(StatePaths(tmp_path))
    engine.services.part(TaggableResources).register("ManagedInstance", lambda name: name == NODE)
    yield engine
    await engine.aclose()


def resource(**more):
    return {"ResourceType": "ManagedInstance", "ResourceId": NODE, **more}


async def add(engine, **tags):
    await engine.call("AddTagsToResource", resource(Tags=[{"Key": k, "Value": v} for k, v in tags.items()]))


async def tags(engine):
    answer = await engine.call("ListTagsForResource", resource())
    return {tag["Key"]: tag["Value"] for tag in answer["TagList"]}


async def test_a_denial_named_an_action_of_the_tagging_api_that_iam_does_not_know(engine):
    caller = CallerIdentity(engine.services.account, "eve", read_only=True)
    request = {"ResourceARNList": ["arn:aws:ssm:us-east-1:123456789012:document/x"], "Tags": {"a": "b"}}
    with pytest.raises(ApiFault, match="because no identity-based policy allows the tag:TagResources action"):
        await engine.call("TagResources", request, service="resourcegroupstaggingapi", caller=caller)


async def test_tags_are_added_overwritten_and_removed(engine):
    assert await tags(engine) == {}
    await add(engine, role="web", env="dev")
    await add(engine, env="prod", empty="")
    assert await tags(engine) == {"role": "web", "env": "prod", "empty": ""}
    await engine.call("RemoveTagsFromResource", resource(TagKeys=["role", "absent"]))
    assert await tags(engine) == {"env": "prod", "empty": ""}


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("InvalidResourceId", {"ResourceId": "mi-" + "f" * 17}),
        ("InvalidResourceId", {"ResourceType": "Parameter"}),
        ("InvalidResourceId", {"ResourceType": "Document", "ResourceId": "AWS-RunShellScript"}),
        ("ValidationException", {"ResourceType": "Coffee"}),
    ],
)
async def test_a_resource_that_is_not_there_is_refused(engine, code, change):
    for operation, more in (
        ("AddTagsToResource", {"Tags": [{"Key": "a", "Value": "b"}]}),
        ("RemoveTagsFromResource", {"TagKeys": ["a"]}),
        ("ListTagsForResource", {}),
    ):
        with pytest.raises(ApiFault) as caught:
            await engine.call(operation, {**resource(**more), **change})
        assert caught.value.code == code


async def test_a_resource_has_at_most_50_tags_and_one_too_many_adds_none(engine):
    await add(engine, **{f"k{number}": "v" for number in range(LIMIT)})
    with pytest.raises(ApiFault) as caught:
        await add(engine, k0="new", another="v")
    assert caught.value.code == "TooManyTagsError"
    assert (await tags(engine))["k0"] == "v"
    await add(engine, k0="new")
    assert (await tags(engine))["k0"] == "new"


async def test_awss_own_keys_are_refused(engine):
    with pytest.raises(ApiFault) as caught:
        await add(engine, **{"AWS:name": "v"})
    assert caught.value.code == "ValidationException"


async def test_a_change_is_told_to_who_looks_at_nodes(engine):
    subscription = engine.services.bus.subscribe({"nodes"}, lambda kind, event: event["InstanceId"] == NODE)
    await add(engine, a="b")
    assert (await anext(subscription))[1]["type"] == "node"
    await engine.call("RemoveTagsFromResource", resource(TagKeys=["a"]))
    assert (await anext(subscription))[1]["type"] == "node"
    await subscription.aclose()


async def test_the_audit_names_who_changed_what_newest_first(engine):
    await add(engine, a="b")
    await engine.call("RemoveTagsFromResource", resource(TagKeys=["a"]))
    first = await engine.call("ListAuditEvents", {"MaxResults": 1}, service="ssm-tui")
    second = await engine.call("ListAuditEvents", {"NextToken": first["NextToken"]}, service="ssm-tui")
    events = first["Events"] + second["Events"]
    assert [event["Operation"] for event in events] == ["RemoveTagsFromResource", "AddTagsToResource"]
    assert NODE in events[0]["Detail"]
    assert events[0]["Caller"] == engine.caller.arn
    assert "NextToken" not in second
    with pytest.raises(ApiFault) as caught:
        await engine.call("ListAuditEvents", {"NextToken": "x"}, service="ssm-tui")
    assert caught.value.code == "InvalidNextToken"


TAGGING = "resourcegroupstaggingapi"


async def fill(engine, rows):
    """Store tags of parameters as (name, key, value), whether or not there are such parameters."""
    tags = [("Parameter", *row) for row in rows]
    await engine.services.store.write(lambda conn: conn.executemany("INSERT INTO tags VALUES (?, ?, ?, ?)", tags))


async def in_use(engine, operation, key, **request):
    """Give all that GetTagKeys or GetTagValues lists, and how many pages that were."""
    found, pages, token = [], 0, {}
    while True:
        answer = await engine.call(operation, {**request, **token}, service=TAGGING)
        found += answer[key]
        pages += 1
        if not answer["PaginationToken"]:
            return found, pages
        token = {"PaginationToken": answer["PaginationToken"]}


async def test_keys_and_values_of_many_tags_held_the_engine_up_while_each_resource_was_looked_up(engine):
    asked = []
    known = engine.services.part(TaggableResources)
    known.register("Parameter", lambda name: asked.append(name) or True)
    names = [f"/k{number:05}" for number in range(5000)]
    await fill(engine, ((name, key, f"v{number % 7}") for number, name in enumerate(names) for key in ("env", "team")))
    assert await in_use(engine, "GetTagKeys", "TagKeys") == (["env", "team"], 1)
    assert len(asked) == 2
    values = [f"v{number}" for number in range(7)]
    assert await in_use(engine, "GetTagValues", "TagValues", Key="team") == (values, 1)
    assert len(asked) == 9


async def test_keys_and_values_come_in_pages_and_without_those_that_only_what_is_gone_has(engine):
    there = {"/there", "/too"}
    engine.services.part(TaggableResources).register("Parameter", there.__contains__)
    keys = sorted(f"key-{number}" for number in range(1101))
    await fill(engine, ((("/there", "/gone")[number % 2], key, "") for number, key in enumerate(keys)))
    await fill(engine, (("/a", "gone", "a"), ("/b", "gone", "b"), ("/a", "both", "x"), ("/too", "both", "x")))
    await fill(engine, (("/there", "both", "y"), ("/b", "both", "z")))
    assert await in_use(engine, "GetTagKeys", "TagKeys") == (["both", *keys[::2]], 2)
    assert await in_use(engine, "GetTagValues", "TagValues", Key="both") == (["x", "y"], 1)
    assert await in_use(engine, "GetTagValues", "TagValues", Key="gone") == ([], 1)
    assert await in_use(engine, "GetTagValues", "TagValues", Key=keys[0]) == ([""], 1)
    values = sorted(f"value-{number}" for number in range(600))
    there.update(f"/v{number}" for number in range(600))
    await fill(engine, ((f"/v{number}", "many", value) for number, value in enumerate(values)))
    await fill(engine, [("/too", "many", "")])
    assert await in_use(engine, "GetTagValues", "TagValues", Key="many") == (["", *values], 2)


async def test_a_key_that_thousands_which_are_gone_have_is_found_with_the_one_that_is_there(engine):
    engine.services.part(TaggableResources).register("Parameter", "/z".__eq__)
    await fill(engine, [*((f"/k{number:05}", "env", "old") for number in range(9000)), ("/z", "env", "old")])
    assert await in_use(engine, "GetTagKeys", "TagKeys") == (["env"], 1)
    assert await in_use(engine, "GetTagValues", "TagValues", Key="env") == (["old"], 1)
