"""Tags of SSM's resources."""

from __future__ import annotations

import pytest

from tests.contract.backends import Api, contract, nodes, refused

KINDS = (
    "Document",
    "MaintenanceWindow",
    "Parameter",
    "PatchBaseline",
    "OpsItem",
    "OpsMetadata",
    "Automation",
    "Association",
    "CloudConnector",
)


@contract("AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource")
async def test_tags_are_added_overwritten_and_removed(api: Api) -> None:
    node = {"ResourceType": "ManagedInstance", "ResourceId": (await nodes(api))[1]}

    async def tags() -> dict[str, str]:
        listed = (await api.call("ListTagsForResource", **node))["TagList"]
        return {tag["Key"]: tag["Value"] for tag in listed}

    before = await tags()
    new = [{"Key": "contract", "Value": "a"}, {"Key": "Größe: 東京", "Value": ""}]
    assert await api.call("AddTagsToResource", **node, Tags=new) == {}
    assert await tags() == {**before, "contract": "a", "Größe: 東京": ""}
    await api.call("AddTagsToResource", **node, Tags=[{"Key": "contract", "Value": "b"}])
    assert (await tags())["contract"] == "b"
    removed = await api.call("RemoveTagsFromResource", **node, TagKeys=["contract", "Größe: 東京", "absent"])
    assert removed == {} and await tags() == before


@contract("AddTagsToResource")
async def test_a_resource_has_at_most_50_tags(api: Api) -> None:
    node = {"ResourceType": "ManagedInstance", "ResourceId": (await nodes(api))[2]}
    many = [{"Key": f"many{number}", "Value": "v"} for number in range(51)]
    assert await refused(api, "AddTagsToResource", **node, Tags=many) == "TooManyTagsError"
    listed = (await api.call("ListTagsForResource", **node))["TagList"]
    assert not any(tag["Key"].startswith("many") for tag in listed)


@contract("AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource")
@pytest.mark.parametrize(
    ("kind", "name", "code"),
    [
        ("ManagedInstance", "mi-" + "f" * 17, "InvalidResourceId"),
        ("Coffee", "latte", "ValidationException"),
        ("Document", "AWS-RunShellScript", "InvalidResourceId"),
        *((kind, "none", "InvalidResourceId") for kind in KINDS),
    ],
)
async def test_what_is_not_there_has_no_tags(api: Api, kind: str, name: str, code: str) -> None:
    resource = {"ResourceType": kind, "ResourceId": name}
    for operation, more in (
        ("AddTagsToResource", {"Tags": [{"Key": "a", "Value": "b"}]}),
        ("RemoveTagsFromResource", {"TagKeys": ["a"]}),
        ("ListTagsForResource", {}),
    ):
        assert await refused(api, operation, **resource, **more) == code


@contract("AddTagsToResource")
@pytest.mark.parametrize(
    "tag",
    [
        {"Key": "aws:mine", "Value": "v"},
        {"Key": "AWS:mine", "Value": "v"},
        {"Key": "", "Value": "v"},
        {"Key": "k" * 129, "Value": "v"},
        {"Key": "k", "Value": "v" * 257},
        {"Key": "a*b", "Value": "v"},
        {"Key": "k"},
    ],
    ids=lambda tag: str(tag)[:40],
)
async def test_keys_and_values_follow_awss_rules(api: Api, tag: dict[str, str]) -> None:
    node = {"ResourceType": "ManagedInstance", "ResourceId": (await nodes(api))[1]}
    assert await refused(api, "AddTagsToResource", **node, Tags=[tag]) == "ValidationException"


@contract("AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource", moto=True)
async def test_a_baseline_that_is_not_there_has_no_tags(api: Api) -> None:
    resource = {"ResourceType": "PatchBaseline", "ResourceId": "pb-0123456789abcdef0"}
    assert await refused(api, "ListTagsForResource", **resource) == "InvalidResourceId"
    assert await refused(api, "AddTagsToResource", **resource, Tags=[{"Key": "a", "Value": "b"}]) == "InvalidResourceId"
    assert await refused(api, "RemoveTagsFromResource", **resource, TagKeys=["a"]) == "InvalidResourceId"
