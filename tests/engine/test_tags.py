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
