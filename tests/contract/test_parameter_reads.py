"""Reading parameters: selectors, labels, history and paths (semantics 2.3 and 2.4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.backends import MOTO, Api, contract, refused
from tests.contract.parameter_calls import get, put, said, unique


async def versions(api: Api, name: str, count: int) -> None:
    for number in range(1, count + 1):
        await put(api, name, f"v{number}", Overwrite=True)


async def label(api: Api, name: str, *labels: str, **more: Any) -> dict[str, Any]:
    return await api.call("LabelParameterVersion", Name=name, Labels=list(labels), **more)


async def below(api: Api, path: str, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        answer = await api.call("GetParametersByPath", Path=path, **more, **token)
        found += answer["Parameters"]
        if "NextToken" not in answer:
            return found
        token = {"NextToken": answer["NextToken"]}


# one by name


@contract("GetParameter", moto=True)
async def test_what_is_not_there_is_not_found(api: Api) -> None:
    code, message = await said(api, "GetParameter", Name=unique())
    assert code == "ParameterNotFound"
    if api.name != MOTO:  # AWS sends no text
        assert message == ""


@contract("GetParameter", "LabelParameterVersion", moto=True)
async def test_a_selector_is_a_version_or_a_label(api: Api) -> None:
    name = unique("a")
    await versions(api, name, 3)
    await label(api, name, "live", ParameterVersion=2)
    for selector, version in (("1", 1), ("live", 2), ("3", 3)):
        shape = await get(api, f"{name}:{selector}")
        assert (shape["Name"], shape["Value"], shape["Version"]) == (name, f"v{version}", version)
        if api.name != MOTO:  # whose answers have none
            assert shape["Selector"] == f":{selector}"
    assert "Selector" not in await get(api, name)


@contract("GetParameter", moto=True)
async def test_a_version_or_a_label_that_is_not_there_is_not_found(api: Api) -> None:
    name = unique("a")
    await put(api, name)
    code, message = await said(api, "GetParameter", Name=f"{name}:7")
    assert code == "ParameterVersionNotFound"
    assert message == f"Systems Manager could not find version 7 of {name}. Verify the version and try again."
    code, message = await said(api, "GetParameter", Name=f"{name}:nope")
    if api.name == MOTO:  # which takes it for a parameter that is not there
        assert code == "ParameterNotFound"
    else:
        assert (code, message) == (
            "ParameterVersionNotFound",
            f"Systems Manager could not find label nope of {name}. Verify the label and try again.",
        )
    assert await refused(api, "GetParameter", Name=f"{name}:1:2") == "ParameterNotFound"
    assert await refused(api, "GetParameter", Name=f"{unique()}:1") == "ParameterNotFound"


@contract("GetParameter")
@pytest.mark.parametrize("selector", ["0", "9" * 30, "٣", "-1"])
async def test_a_version_that_can_be_none_is_not_found(api: Api, selector: str) -> None:
    name = unique("a")
    await put(api, name)
    assert await refused(api, "GetParameter", Name=f"{name}:{selector}") == "ParameterVersionNotFound"


@contract("GetParameter", "GetParameters", "GetParameterHistory")
async def test_an_arn_names_a_parameter_too(api: Api) -> None:
    bare, deep = unique()[1:], unique("a", "b")
    for name in (bare, deep):
        await put(api, name)
        arn = (await get(api, name))["ARN"]
        assert (await get(api, arn))["Name"] == name
        assert (await get(api, f"{arn}:1"))["Selector"] == ":1"
        found = await api.call("GetParameters", Names=[arn])
        assert [each["Name"] for each in found["Parameters"]] == [name]
        assert (await api.call("GetParameterHistory", Name=arn))["Parameters"][0]["Name"] == name
        elsewhere = arn.replace(api.account, "000000000000")
        assert await refused(api, "GetParameter", Name=elsewhere) == "ParameterNotFound"


# some by name


@contract("GetParameters", moto=True)
async def test_names_that_are_not_there_are_given_back_as_they_were_sent(api: Api) -> None:
    names = sorted(unique("x") for _ in range(3))
    for name in names:
        await put(api, name)
    missing = [f"{names[0]}:9", unique()]
    answer = await api.call("GetParameters", Names=[names[2], *missing, names[0], f"{names[1]}:1"])
    assert sorted(each["Name"] for each in answer["Parameters"]) == names
    if api.name != MOTO:  # whose order is none
        assert [each["Name"] for each in answer["Parameters"]] == names
    assert sorted(answer["InvalidParameters"]) == sorted(missing)
    nothing = await api.call("GetParameters", Names=[unique()])
    assert nothing["Parameters"] == [] and len(nothing["InvalidParameters"]) == 1


@contract("GetParameters", moto=True)
async def test_at_most_10_are_got_at_once(api: Api) -> None:
    code, message = await said(api, "GetParameters", Names=[f"n{number}" for number in range(11)])
    assert code == "ValidationException"
    assert "at 'names' failed to satisfy constraint: Member must have length less than or equal to 10" in message


@contract("GetParameters", moto=True)
async def test_secrets_among_many_are_opened_on_request(api: Api) -> None:
    names = [unique() for _ in range(2)]
    await put(api, names[0], "open sesame", "SecureString")
    await put(api, names[1], "plain")
    opened = await api.call("GetParameters", Names=names, WithDecryption=True)
    assert {each["Name"]: each["Value"] for each in opened["Parameters"]} == {
        names[0]: "open sesame",
        names[1]: "plain",
    }
    hidden = await api.call("GetParameters", Names=names)
    assert "open sesame" not in {each["Value"] for each in hidden["Parameters"]}


# versions and history


@contract("GetParameterHistory", "LabelParameterVersion", moto=True)
async def test_history_goes_from_the_oldest_version_on_and_has_labels(api: Api) -> None:
    name = unique("h")
    await put(api, name, "one", Description="first")
    await put(api, name, "two", Overwrite=True)
    await label(api, name, "live", "blue")
    first, second = (await api.call("GetParameterHistory", Name=name))["Parameters"]
    assert (first["Value"], first["Version"], first["Labels"], first["Description"]) == ("one", 1, [], "first")
    assert (second["Value"], second["Version"], sorted(second["Labels"])) == ("two", 2, ["blue", "live"])
    assert second["Description"] == "first"
    assert await refused(api, "GetParameterHistory", Name=unique()) == "ParameterNotFound"


@contract("GetParameterHistory")
async def test_history_has_what_each_version_had(api: Api) -> None:
    name = unique("h")
    await put(api, name, "one", "SecureString", Description="first")
    await put(api, name, "two", "SecureString", Overwrite=True, Tier="Advanced", Description="", AllowedPattern="t.*")
    opened = (await api.call("GetParameterHistory", Name=name, WithDecryption=True))["Parameters"]
    hidden = (await api.call("GetParameterHistory", Name=name))["Parameters"]
    assert [each["Value"] for each in opened] == ["one", "two"]
    assert not {each["Value"] for each in hidden} & {"one", "two"}
    assert [each["Tier"] for each in opened] == ["Standard", "Advanced"]
    assert [each.get("Description") for each in opened] == ["first", None]
    assert [each.get("AllowedPattern") for each in opened] == [None, "t.*"]
    assert all(each["LastModifiedUser"].startswith("arn:") and each["Policies"] == [] for each in opened)


@contract("GetParameterHistory", "GetParameter", "LabelParameterVersion", "PutParameter", moto=True)
async def test_100_versions_are_kept_and_a_label_on_the_oldest_keeps_it(api: Api) -> None:
    name = unique("h")
    await versions(api, name, 101)
    pages: list[int] = []
    token: dict[str, str] = {}
    while True:
        answer = await api.call("GetParameterHistory", Name=name, MaxResults=40, **token)
        pages += [each["Version"] for each in answer["Parameters"]]
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert pages == list(range(2, 102))
    assert await refused(api, "GetParameter", Name=f"{name}:1") == "ParameterVersionNotFound"
    await label(api, name, "keep", ParameterVersion=2)
    code, message = await said(api, "PutParameter", Name=name, Value="v", Overwrite=True)
    assert code == "ParameterMaxVersionLimitExceeded"
    assert message == (
        f"You attempted to create a new version of {name} by calling the PutParameter API with the overwrite flag. "
        "Version 2, the oldest version, can't be deleted because it has a label associated with it. Move the label to "
        "another version of the parameter, and try again."
    )
    await label(api, name, "keep", ParameterVersion=3)
    assert (await api.call("PutParameter", Name=name, Value="v", Overwrite=True))["Version"] == 102


# labels


@contract("LabelParameterVersion", "UnlabelParameterVersion", "GetParameterHistory", moto=True)
async def test_a_label_moves_and_is_taken_off(api: Api) -> None:
    name = unique("l")
    await versions(api, name, 2)
    assert await label(api, name, "live", ParameterVersion=1) == {"InvalidLabels": [], "ParameterVersion": 1}
    assert (await label(api, name, "live", "LIVE"))["ParameterVersion"] == 2
    history = (await api.call("GetParameterHistory", Name=name))["Parameters"]
    assert [sorted(each["Labels"]) for each in history] == [[], ["LIVE", "live"]]
    answer = await api.call("UnlabelParameterVersion", Name=name, ParameterVersion=2, Labels=["live", "other"])
    assert answer == {"RemovedLabels": ["live"], "InvalidLabels": ["other"]}
    history = (await api.call("GetParameterHistory", Name=name))["Parameters"]
    assert [each["Labels"] for each in history] == [[], ["LIVE"]]


@contract("LabelParameterVersion", moto=True)
async def test_labels_that_can_be_none_are_given_back_and_the_good_ones_are_set(api: Api) -> None:
    name = unique("l")
    await put(api, name)
    ssm = "ssmbad" if api.name == MOTO else "SSMbad"  # moto takes the latter
    answer = await label(api, name, "good_1.x-y", "1bad", "awsbad", ssm, "b/d")
    assert sorted(answer["InvalidLabels"]) == sorted(["1bad", "awsbad", ssm, "b/d"])
    (only,) = (await api.call("GetParameterHistory", Name=name))["Parameters"]
    assert only["Labels"] == ["good_1.x-y"]


@contract("LabelParameterVersion", moto=True)
async def test_a_version_has_at_most_10_labels(api: Api) -> None:
    name = unique("l")
    await put(api, name)
    await label(api, name, *(f"l{number}" for number in range(10)))
    code, message = await said(api, "LabelParameterVersion", Name=name, Labels=["l10", "l0"])
    assert code == "ParameterVersionLabelLimitExceeded"
    assert message.endswith(
        "A parameter version can have maximum 10 labels.Move one or more labels to another version and try again."
    )
    (only,) = (await api.call("GetParameterHistory", Name=name))["Parameters"]
    assert len(only["Labels"]) == 10


@contract("LabelParameterVersion", "UnlabelParameterVersion")
async def test_a_labels_length_is_checked(api: Api) -> None:
    name = unique("l")
    await put(api, name)
    assert (await label(api, name, "a" * 100))["InvalidLabels"] == []
    for labels in (["a" * 101], [""], [], [f"l{number}" for number in range(11)]):
        assert await refused(api, "LabelParameterVersion", Name=name, Labels=labels) == "ValidationException"
    assert await refused(api, "UnlabelParameterVersion", Name=name, Labels=["a"]) == "ValidationException"


@contract("LabelParameterVersion", "UnlabelParameterVersion")
async def test_labels_need_a_version_that_there_is(api: Api) -> None:
    name = unique("l")
    await put(api, name)
    for operation in ("LabelParameterVersion", "UnlabelParameterVersion"):
        for number in (2, 0, -1, 2**62):
            code, message = await said(api, operation, Name=name, Labels=["a"], ParameterVersion=number)
            assert (code, message) == (
                "ParameterVersionNotFound",
                f"Systems Manager could not find version {number} of {name}. Verify the version and try again.",
            )
        assert await refused(api, operation, Name=unique(), Labels=["a"], ParameterVersion=1) == "ParameterNotFound"


# by path


@contract("GetParametersByPath", moto=True)
async def test_a_path_gives_what_is_below_it_and_not_itself(api: Api) -> None:
    root = unique()
    for name in ("", "/a", "/b", "/b/c", "/b/c/d", "-other"):
        await put(api, f"{root}{name}", name or "root")
    assert [each["Name"] for each in await below(api, root)] == [f"{root}/a", f"{root}/b"]
    assert [each["Name"] for each in await below(api, f"{root}/")] == [f"{root}/a", f"{root}/b"]
    deep = await below(api, root, Recursive=True)
    assert [each["Value"] for each in deep] == ["/a", "/b", "/b/c", "/b/c/d"]
    assert await below(api, unique("none")) == []


@contract("GetParametersByPath", moto=True)
async def test_a_path_is_read_in_pages(api: Api) -> None:
    root = unique()
    names = [f"{root}/f{number // 5}/k{number:02}" for number in range(23)]
    for name in names:
        await put(api, name)
    first = await api.call("GetParametersByPath", Path=root, Recursive=True)
    assert len(first["Parameters"]) == 10 and first["NextToken"]
    assert sorted(each["Name"] for each in await below(api, root, Recursive=True)) == names
    assert sorted(each["Name"] for each in await below(api, root, Recursive=True, MaxResults=3)) == names
    assert len(await below(api, f"{root}/f1", MaxResults=2)) == 5


@contract("GetParametersByPath")
async def test_the_root_gives_every_parameter(api: Api) -> None:
    bare, deep = unique()[1:], unique("a", "b")
    await put(api, bare)
    await put(api, deep)
    found = {each["Name"] for each in await below(api, "/", Recursive=True)}
    assert {bare, deep} <= found
    level = {each["Name"] for each in await below(api, "/")}
    assert bare in level and deep not in level


@contract("GetParametersByPath")
@pytest.mark.parametrize("path", ["a", "a/b", "//", "/a//b", "/a b", "/ä", "/a@", "/a\n"])
async def test_a_path_that_can_be_none_is_refused(api: Api, path: str) -> None:
    code, message = await said(api, "GetParametersByPath", Path=path)
    assert code == "ValidationException" and "/get/parameters2-/by1./path0_." in message


@contract("GetParametersByPath", "LabelParameterVersion")
async def test_paths_are_filtered_by_type_key_and_label(api: Api) -> None:
    root = unique()
    await versions(api, f"{root}/a", 2)
    await put(api, f"{root}/b", "x,y", "StringList")
    await put(api, f"{root}/c", "secret", "SecureString")
    await label(api, f"{root}/a", "live", ParameterVersion=1)
    await label(api, f"{root}/b", "next")

    async def filtered(key: str, *values: str, **more: Any) -> list[str]:
        found = await below(api, root, ParameterFilters=[{"Key": key, "Values": list(values), **more}])
        return [each["Name"].rpartition("/")[2] for each in found]

    assert await filtered("Type", "String", "StringList") == ["a", "b"]
    assert await filtered("Type", "String", Option="BeginsWith") == ["a", "b"]
    assert await filtered("KeyId", "alias/aws/ssm") == ["c"]
    assert await filtered("Label", "live", "next", "none") == ["a", "b"]
    (old,) = await below(api, root, Recursive=True, ParameterFilters=[{"Key": "Label", "Values": ["live"]}])
    assert (old["Value"], old["Version"], old["Selector"]) == ("v1", 1, ":live")


@contract("GetParametersByPath", moto=True)
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"Key": "Name", "Values": ["x"]}, "InvalidFilterKey"),
        ({"Key": "Tier", "Values": ["Standard"]}, "InvalidFilterKey"),
        ({"Key": "Type"}, "InvalidFilterValue"),
        ({"Key": "Type", "Option": "Contains", "Values": ["String"]}, "InvalidFilterOption"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_path_has_filters_of_its_own(api: Api, wrong: dict[str, Any], code: str) -> None:
    assert await refused(api, "GetParametersByPath", Path="/x", ParameterFilters=[wrong]) == code


@contract("GetParametersByPath", "GetParameterHistory", "DescribeParameters")
async def test_a_page_needs_a_token_and_a_size_that_can_be(api: Api) -> None:
    name = unique()
    await put(api, name)
    for operation, more, most in (
        ("GetParametersByPath", {"Path": "/x"}, 10),
        ("GetParameterHistory", {"Name": name}, 50),
        ("DescribeParameters", {}, 50),
    ):
        assert await refused(api, operation, **more, NextToken="nonsense") == "InvalidNextToken"
        for size in (0, most + 1):
            assert await refused(api, operation, **more, MaxResults=size) == "ValidationException"


@contract("GetParametersByPath", moto=True)
async def test_secrets_below_a_path_are_opened_on_request(api: Api) -> None:
    root = unique()
    await put(api, f"{root}/s", "open sesame", "SecureString")
    (hidden,) = await below(api, root)
    (opened,) = await below(api, root, WithDecryption=True)
    assert opened["Value"] == "open sesame" and hidden["Value"] != "open sesame"
