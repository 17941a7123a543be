"""Lists of parameters: DescribeParameters with its filters (semantics 2.4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.backends import MOTO, Api, contract, refused
from tests.contract.parameter_calls import put, said, unique

Filter = dict[str, Any]


async def described(api: Api, *filters: Filter, **more: Any) -> list[str]:
    """Give the names that filters find, all pages of them."""
    names: list[str] = []
    token: dict[str, str] = {}
    while True:
        answer = await api.call("DescribeParameters", ParameterFilters=list(filters), **more, **token)
        names += [each["Name"] for each in answer["Parameters"]]
        if "NextToken" not in answer:
            return names
        token = {"NextToken": answer["NextToken"]}


async def tree(api: Api) -> str:
    """Put a few parameters of all kinds and give the path that they are below."""
    root = unique()
    await put(api, f"{root}/a", Tags=[{"Key": "env", "Value": "prod"}, {"Key": "team", "Value": ""}])
    await put(api, f"{root}/a-b", "x,y", "StringList", Tags=[{"Key": "env", "Value": "staging"}])
    await put(api, f"{root}/a/b", "secret", "SecureString", Tier="Advanced")
    await put(api, f"{root}/a/b/c", "ami-0123456789abcdef0", DataType="aws:ec2:image")
    return root


def one(key: str, *values: str, option: str = "") -> Filter:
    made: Filter = {"Key": key, "Values": list(values)}
    return {**made, "Option": option} if option else made


@contract("DescribeParameters", moto=True)
async def test_filters_find_what_they_say(api: Api) -> None:
    root = await tree(api)
    here = one("Path", root, option="Recursive")

    async def found(*filters: Filter) -> list[str]:
        return sorted(name.removeprefix(root) for name in await described(api, here, *filters))

    assert await found() == ["/a", "/a-b", "/a/b", "/a/b/c"]
    assert await found(one("Name", f"{root}/a")) == ["/a"]
    assert await found(one("Name", f"{root}/a", f"{root}/a/b/c", f"{root}/none")) == ["/a", "/a/b/c"]
    assert await found(one("Name", f"{root}/a/", option="BeginsWith")) == ["/a/b", "/a/b/c"]
    assert await found(one("Name", f"{root}/a/", f"{root}/a-", option="BeginsWith")) == ["/a-b", "/a/b", "/a/b/c"]
    assert await found(one("Name", "/b", option="Contains")) == ["/a/b", "/a/b/c"]
    assert await found(one("Type", "StringList", "SecureString")) == ["/a-b", "/a/b"]
    assert await found(one("Type", "String", option="BeginsWith")) == ["/a", "/a-b", "/a/b/c"]
    assert await found(one("KeyId", "alias/aws/ssm")) == ["/a/b"]
    assert await found(one("KeyId", "alias/", option="BeginsWith")) == ["/a/b"]
    assert await found(one("tag:env", "prod", "test")) == ["/a"]
    assert await found(one("tag:env", "prod", "staging")) == ["/a", "/a-b"]
    assert await found({"Key": "tag:env"}) == ["/a", "/a-b"]
    assert await found(one("tag:env", "pro", option="BeginsWith")) == ["/a"]
    assert await found(one("Type", "String"), {"Key": "tag:team"}) == ["/a"]
    if api.name != MOTO:  # which looks at neither
        assert await found(one("Tier", "Advanced")) == ["/a/b"]
        assert await found(one("DataType", "aws:ec2:image")) == ["/a/b/c"]
        assert await found(one("DataType", "text")) == ["/a", "/a-b", "/a/b"]


@contract("DescribeParameters", moto=True)
async def test_a_path_is_one_level_unless_all_are_asked_for(api: Api) -> None:
    root = await tree(api)
    assert sorted(await described(api, one("Path", root))) == [f"{root}/a", f"{root}/a-b"]
    assert await described(api, one("Path", f"{root}/a/")) == [f"{root}/a/b"]
    both = one("Path", f"{root}/a", f"{root}/a/b", option="OneLevel")
    assert sorted(await described(api, both)) == [f"{root}/a/b", f"{root}/a/b/c"]
    recursive = one("Path", f"{root}/a", f"{root}/a/b", option="Recursive")
    assert sorted(await described(api, recursive)) == [f"{root}/a/b", f"{root}/a/b/c"]


@contract("DescribeParameters")
async def test_the_root_is_a_path_too(api: Api) -> None:
    name = unique()[1:]
    await put(api, name)
    level = await described(api, one("Path", "/"), one("Name", name))
    assert level == [name] == await described(api, one("Path", "/", option="Recursive"), one("Name", name))


@contract("DescribeParameters", moto=True)
async def test_a_list_has_all_but_the_value(api: Api) -> None:
    name = unique()
    await put(api, name, "open sesame", "SecureString", Description="the cave", AllowedPattern="o.*")
    answer = await api.call("DescribeParameters", ParameterFilters=[one("Name", name)])
    (shape,) = answer["Parameters"]
    assert shape.pop("LastModifiedDate") > 0 and shape.pop("LastModifiedUser")
    if api.name == MOTO:  # which has neither
        shape |= {"ARN": f"arn:aws:ssm:{api.region}:{api.account}:parameter{name}", "Policies": []}
    assert shape == {
        "Name": name,
        "ARN": f"arn:aws:ssm:{api.region}:{api.account}:parameter{name}",
        "Type": "SecureString",
        "KeyId": "alias/aws/ssm",
        "Description": "the cave",
        "AllowedPattern": "o.*",
        "Version": 1,
        "Tier": "Standard",
        "Policies": [],
        "DataType": "text",
    }


@contract("DescribeParameters")
async def test_lists_are_read_in_pages_by_name(api: Api) -> None:
    root = unique()
    names = [f"{root}/{'abc'[number % 3]}/k{number:02}" for number in range(25)]
    for number, name in enumerate(names):
        await put(api, name, "v", ("String", "StringList")[number % 2], Tags=[{"Key": "n", "Value": str(number % 2)}])
    here = one("Path", root, option="Recursive")
    first = await api.call("DescribeParameters", ParameterFilters=[here])
    assert len(first["Parameters"]) == 10
    for size in (1, 4, 50):
        assert await described(api, here, MaxResults=size) == sorted(names)
        several = one("Type", "String", "StringList")
        assert await described(api, here, several, MaxResults=size) == sorted(names)
        tagged = one("tag:n", "0", "1")
        assert await described(api, here, tagged, MaxResults=size) == sorted(names)
        levels = one("Path", f"{root}/c", f"{root}/a", f"{root}/b")
        assert await described(api, levels, MaxResults=size) == sorted(names)
        begins = one("Name", f"{root}/b", f"{root}/a", f"{root}/a/k", option="BeginsWith")
        wanted = sorted(name for name in names if not name.startswith(f"{root}/c"))
        assert await described(api, begins, MaxResults=size) == wanted
        odd = sorted(names[1::2])
        assert await described(api, here, one("Type", "StringList"), one("tag:n", "1"), MaxResults=size) == odd


@contract("DescribeParameters", moto=True)
async def test_old_filters_begin_a_name(api: Api) -> None:
    root = await tree(api)

    async def old(*filters: Filter) -> list[str]:
        answer = await api.call("DescribeParameters", Filters=list(filters))
        return sorted(each["Name"].removeprefix(root) for each in answer["Parameters"])

    assert await old(one("Name", f"{root}/a")) == ["/a", "/a-b", "/a/b", "/a/b/c"]
    if api.name != MOTO:  # which takes old filters for alternatives
        assert await old(one("Name", f"{root}/a"), one("Type", "SecureString")) == ["/a/b"]
        assert await old(one("Name", f"{root}/a"), one("KeyId", "alias/aws/ssm")) == ["/a/b"]


@contract("DescribeParameters", moto=True)
async def test_old_and_new_filters_do_not_mix(api: Api) -> None:
    code, message = await said(
        api, "DescribeParameters", Filters=[one("Name", "x")], ParameterFilters=[one("Name", "x")]
    )
    assert (code, message) == (
        "ValidationException",
        "You can use either Filters or ParameterFilters in a single request.",
    )


@contract("DescribeParameters", moto=True)
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ([one("Label", "live")], "InvalidFilterKey"),
        ([one("Name", "a"), one("Name", "b")], "InvalidFilterKey"),
        ([{"Key": "Name"}], "InvalidFilterValue"),
        ([one("Name", "a", option="Recursive")], "InvalidFilterOption"),
        ([one("Type", "String", option="Contains")], "InvalidFilterOption"),
        ([one("Path", "/a", option="Equals")], "InvalidFilterOption"),
        ([one("Path", "/aws/x")], "ValidationException"),
        ([one("Path", "/SSM")], "ValidationException"),
        ([one("Path", "a")], "ValidationException"),
        ([one("Path", "/a//b")], "ValidationException"),
        ([one("Path", "/ä")], "ValidationException"),
        ([one("Colour", "red")], "ValidationException"),
        ([one("Name", *(f"n{number}" for number in range(51)))], "ValidationException"),
        ([one("Name", "n" * 1025)], "ValidationException"),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_filters_that_can_be_none_are_refused(api: Api, wrong: list[Filter], code: str) -> None:
    assert await refused(api, "DescribeParameters", ParameterFilters=wrong) == code


@contract("DescribeParameters", moto=True)
@pytest.mark.parametrize("key", ["Type", "Tier"])
async def test_a_filters_value_is_one_that_there_is(api: Api, key: str) -> None:
    code, message = await said(api, "DescribeParameters", ParameterFilters=[one(key, "Coffee")])
    # moto has another of the model's codes for it
    assert code == ("InvalidFilterOption" if api.name == MOTO else "InvalidFilterValue")
    assert message.startswith("The following filter value is not valid: Coffee. Valid values include: [")


@contract("DescribeParameters")
async def test_what_no_name_can_have_is_not_found(api: Api) -> None:
    for value in ("ä", "\ue000", "a\0", "a%", "a_' OR 1=1 --"):
        for option in ("Equals", "BeginsWith", "Contains"):
            found = await described(api, one("Name", f"/{value}", option=option))
            assert found == []


@contract("DescribeParameters")
async def test_nothing_is_shared_with_an_account_that_is_alone(api: Api) -> None:
    await put(api, unique())
    assert await api.call("DescribeParameters", Shared=True) == {"Parameters": []}
