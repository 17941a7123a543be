"""Parameters: putting, names, tiers and deleting (semantics 2.1 and 2.2)."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.contract.backends import ENGINE, MOTO, Api, contract, refused
from tests.contract.parameter_calls import described, get, put, said, unique

RULES = 'Parameter name: can\'t be prefixed with "ssm" (case-insensitive).'


@contract("PutParameter", "GetParameter", moto=True)
async def test_what_is_put_is_got(api: Api) -> None:
    name = unique("db", "host")
    assert await put(api, name, "10.0.0.1") == {"Version": 1, "Tier": "Standard"}
    shape = await get(api, name)
    assert shape.pop("LastModifiedDate") > 0
    assert shape == {
        "Name": name,
        "Type": "String",
        "Value": "10.0.0.1",
        "Version": 1,
        "ARN": f"arn:aws:ssm:{api.region}:{api.account}:parameter{name}",
        "DataType": "text",
    }


@contract("PutParameter", "DescribeParameters", moto=True)
async def test_what_is_not_given_again_stays(api: Api) -> None:
    name = unique()
    given = {"Description": "the host", "AllowedPattern": "[a-z]+", "Tier": "Advanced"}
    await put(api, name, "a", **given)
    assert await api.call("PutParameter", Name=name, Value="b", Overwrite=True) == {"Version": 2, "Tier": "Advanced"}
    shape = await described(api, name)
    assert {key: shape[key] for key in given} == given and shape["Version"] == 2
    assert (await get(api, name))["Value"] == "b"


@contract("PutParameter", "DescribeParameters")
async def test_what_is_given_as_nothing_is_cleared(api: Api) -> None:
    name = unique()
    await put(api, name, "a", Description="the host", AllowedPattern="[a-z]+")
    await put(api, name, "1", Overwrite=True, Description="", AllowedPattern="")
    shape = await described(api, name)
    assert "Description" not in shape and "AllowedPattern" not in shape and shape["Policies"] == []
    assert shape["LastModifiedUser"].startswith("arn:aws:iam::")


@contract("PutParameter", moto=True)
async def test_what_is_there_is_overwritten_only_on_request(api: Api) -> None:
    name = unique()
    await put(api, name)
    code, message = await said(api, "PutParameter", Name=name, Value="w", Type="String")
    assert code == "ParameterAlreadyExists"
    assert message == (
        "The parameter already exists. To overwrite this value, set the overwrite option in the request to true."
    )
    assert (await get(api, name))["Value"] == "v"


@contract("PutParameter", moto=True)
async def test_a_new_parameter_needs_a_type(api: Api) -> None:
    code, message = await said(api, "PutParameter", Name=unique(), Value="v")
    assert (code, message) == ("ValidationException", "A parameter type is required when you create a parameter.")


@contract("PutParameter", moto=True)
async def test_overwrite_creates_what_is_missing(api: Api) -> None:
    assert (await put(api, unique(), Overwrite=True))["Version"] == 1


@contract("PutParameter", "AddTagsToResource", "ListTagsForResource", moto=True)
async def test_tags_come_with_a_new_parameter_and_never_with_overwrite(api: Api) -> None:
    name = unique()
    tags = [{"Key": "env", "Value": "prod"}]
    await put(api, name, Tags=tags)
    resource = {"ResourceType": "Parameter", "ResourceId": name}
    assert (await api.call("ListTagsForResource", **resource))["TagList"] == tags
    code, message = await said(api, "PutParameter", Name=name, Value="w", Overwrite=True, Tags=tags)
    assert code == "ValidationException" and "tags and overwrite can't be used together" in message


@contract("PutParameter", "RemoveTagsFromResource", "ListTagsForResource", "DeleteParameter")
async def test_a_root_parameters_tags_are_the_same_with_and_without_its_slash(api: Api) -> None:
    name = unique()[1:]
    await put(api, name)
    await api.call(
        "AddTagsToResource", ResourceType="Parameter", ResourceId=f"/{name}", Tags=[{"Key": "a", "Value": "b"}]
    )
    arn = f"arn:aws:ssm:{api.region}:{api.account}:parameter/{name}"
    tagging = {"service": "resourcegroupstaggingapi"}
    found = await api.call("GetResources", ResourceARNList=[arn], **tagging)
    assert found["ResourceTagMappingList"] == [{"ResourceARN": arn, "Tags": [{"Key": "a", "Value": "b"}]}]
    await api.call("RemoveTagsFromResource", ResourceType="Parameter", ResourceId=name, TagKeys=["a"])
    assert (await api.call("ListTagsForResource", ResourceType="Parameter", ResourceId=f"/{name}"))["TagList"] == []
    await api.call("TagResources", ResourceARNList=[arn], Tags={"c": "d"}, **tagging)
    assert (await api.call("ListTagsForResource", ResourceType="Parameter", ResourceId=name))["TagList"] != []
    await api.call("DeleteParameter", Name=name)
    await put(api, name)
    assert (await api.call("ListTagsForResource", ResourceType="Parameter", ResourceId=name))["TagList"] == []


@contract("PutParameter")
async def test_a_parameter_has_at_most_50_tags_and_none_of_awss(api: Api) -> None:
    many = [{"Key": f"k{number}", "Value": "v"} for number in range(51)]
    for tags in (many, [{"Key": "aws:mine", "Value": "v"}]):
        name = unique()
        assert (await said(api, "PutParameter", Name=name, Value="v", Type="String", Tags=tags))[0] == (
            "ValidationException"
        )
        assert await refused(api, "GetParameter", Name=name) == "ParameterNotFound"


# names


@contract("PutParameter", "GetParameter", "DeleteParameter", moto=True)
async def test_a_root_name_is_the_same_with_and_without_its_slash(api: Api) -> None:
    name = unique()[1:]
    await put(api, name)
    assert await refused(api, "PutParameter", Name=f"/{name}", Value="w", Type="String") == "ParameterAlreadyExists"
    shape = await get(api, f"/{name}")
    assert shape["ARN"].endswith(f":parameter/{name}")
    if api.name != MOTO:  # moto answers with the stored form
        assert shape["Name"] == f"/{name}" and (await get(api, name))["Name"] == name
    await api.call("DeleteParameter", Name=f"/{name}")
    assert await refused(api, "GetParameter", Name=name) == "ParameterNotFound"


@contract("PutParameter", "DescribeParameters")
async def test_a_list_shows_the_name_as_it_was_created(api: Api) -> None:
    bare, slashed = unique()[1:], unique()
    await put(api, bare)
    await put(api, slashed)
    await put(api, f"/{bare}", Overwrite=True)
    assert (await described(api, f"/{bare}"))["Name"] == bare
    assert (await described(api, slashed[1:]))["Name"] == slashed


@contract("PutParameter", "GetParameter")
async def test_spaces_around_a_name_are_taken_off(api: Api) -> None:
    name = unique("a")
    await put(api, f" {name}  ")
    assert (await get(api, f"  {name} "))["Name"] == name


@contract("PutParameter", "GetParameter", "DeleteParameter", "LabelParameterVersion", "DeleteParameters")
@pytest.mark.parametrize(
    "name", ["/a//b", "/a/", "/", "a b", "/a b", "@", "/a@b", "/ä", "//a", "/a\n", "/a\0b", "/a/b/"]
)
async def test_a_name_that_can_be_none_is_refused_everywhere(api: Api, name: str) -> None:
    for operation, more in (
        ("PutParameter", {"Name": name, "Value": "v", "Type": "String"}),
        ("GetParameter", {"Name": name}),
        ("GetParameters", {"Names": [name]}),
        ("GetParameterHistory", {"Name": name}),
        ("DeleteParameter", {"Name": name}),
        ("DeleteParameters", {"Names": [name]}),
        ("LabelParameterVersion", {"Name": name, "Labels": ["a"]}),
        ("UnlabelParameterVersion", {"Name": name, "Labels": ["a"], "ParameterVersion": 1}),
    ):
        code, message = await said(api, operation, **more)
        assert code == "ValidationException" and message.startswith(RULES), operation


@contract("PutParameter", "GetParameter")
async def test_a_path_needs_its_first_slash(api: Api) -> None:
    code, message = await said(api, "PutParameter", Name="a/b/c", Value="v", Type="String")
    assert (code, message) == ("ValidationException", "Parameter name must be a fully qualified name.")
    code, message = await said(api, "GetParameter", Name="a/b/c")
    assert code == "ValidationException" and message.startswith(RULES)


@contract("PutParameter", moto=True)
@pytest.mark.parametrize(
    ("name", "code", "text"),
    [
        ("aws-x", "ValidationException", 'can\'t be prefixed with "aws" or "ssm"'),
        ("/AWSx", "ValidationException", 'can\'t be prefixed with "aws" or "ssm"'),
        ("ssm", "ValidationException", 'can\'t be prefixed with "aws" or "ssm"'),
        ("/aws/x", "AccessDeniedException", "No access to reserved parameter name: /aws/x."),
        ("/Ssm/x", "ValidationException", RULES),
    ],
)
async def test_awss_own_names_are_refused(api: Api, name: str, code: str, text: str) -> None:
    found, message = await said(api, "PutParameter", Name=name, Value="v", Type="String")
    assert found == code and text in message


@contract("PutParameter")
async def test_a_hierarchy_has_at_most_15_levels(api: Api) -> None:
    deep = unique(*(f"l{number}" for number in range(14)))
    await put(api, deep)
    assert (await get(api, deep))["Name"] == deep
    assert await refused(api, "PutParameter", Name=f"{deep}/x", Value="v", Type="String") == (
        "HierarchyLevelLimitExceededException"
    )


@contract("PutParameter")
async def test_a_name_has_at_most_1011_characters_with_its_arn(api: Api) -> None:
    prefix = len(f"arn:aws:ssm:{api.region}:{api.account}:parameter")
    name = unique("")
    name += "n" * (1011 - prefix - len(name))
    await put(api, name)
    assert len((await get(api, name))["ARN"]) == 1011
    code, message = await said(api, "PutParameter", Name=f"{name}n", Value="v", Type="String")
    assert code == "ValidationException" and "1011" in message
    assert await refused(api, "PutParameter", Name="/" + "n" * 2048, Value="v", Type="String") == "ValidationException"


@contract("PutParameter", "DeleteParameter", "LabelParameterVersion", "UnlabelParameterVersion", "DeleteParameters")
async def test_what_changes_a_parameter_takes_no_arn(api: Api) -> None:
    arn = f"arn:aws:ssm:{api.region}:{api.account}:parameter/x"
    for operation, more in (
        ("PutParameter", {"Name": arn, "Value": "v", "Type": "String"}),
        ("DeleteParameter", {"Name": arn}),
        ("DeleteParameters", {"Names": [arn]}),
        ("LabelParameterVersion", {"Name": arn, "Labels": ["a"]}),
        ("UnlabelParameterVersion", {"Name": arn, "Labels": ["a"], "ParameterVersion": 1}),
    ):
        code, message = await said(api, operation, **more)
        assert code == "ValidationException" and message.startswith(RULES), operation


# values


@contract("PutParameter", moto=True)
async def test_a_value_is_not_empty(api: Api) -> None:
    code, message = await said(api, "PutParameter", Name=unique(), Value="", Type="String")
    assert (code, message) == (
        "ValidationException",
        "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length "
        "greater than or equal to 1.",
    )


@contract("PutParameter")
@pytest.mark.parametrize(
    ("tier", "size", "text"),
    [
        ("Standard", 4097, "Standard tier parameters support a maximum parameter value of 4096 characters."),
        ("Advanced", 8193, "Advanced tier parameters support a maximum parameter value of 8192 characters."),
        ("Intelligent-Tiering", 8193, "a maximum parameter value of 8192 characters."),
        ("Advanced", 32769, "Value at 'value' failed to satisfy constraint: Member must have length less than or"),
    ],
)
async def test_a_value_too_long_is_refused_and_not_repeated(api: Api, tier: str, size: int, text: str) -> None:
    name = unique()
    code, message = await said(api, "PutParameter", Name=name, Value="q" * size, Type="String", Tier=tier)
    assert code == "ValidationException" and text in message and "qqq" not in message
    assert await refused(api, "GetParameter", Name=name) == "ParameterNotFound"


@contract("PutParameter")
async def test_a_value_fills_its_tier(api: Api) -> None:
    for tier, size in (("Standard", 4096), ("Advanced", 8192)):
        name = unique()
        assert (await put(api, name, "ü" * size, Tier=tier))["Tier"] == tier
        assert (await get(api, name))["Value"] == "ü" * size


@contract("PutParameter")
async def test_a_value_refers_to_no_other_parameter(api: Api) -> None:
    for value in ("{{ssm:other}}", "a {{\n}} b"):
        code, message = await said(api, "PutParameter", Name=unique(), Value=value, Type="String")
        assert code == "ValidationException" and "can't nest another parameter" in message
    name = unique()
    await put(api, name, "{{ and {} and } }")
    assert (await get(api, name))["Value"] == "{{ and {} and } }"


@contract("PutParameter")
async def test_a_value_is_text_without_nul(api: Api) -> None:
    for kind in ("String", "SecureString"):
        code, message = await said(api, "PutParameter", Name=unique(), Value="ab\0", Type=kind)
        assert code == "ValidationException" and "value has a NUL character at position 3" in message
    for member in ("Description", "AllowedPattern"):
        code, message = await said(api, "PutParameter", Name=unique(), Value="a", Type="String", **{member: "a\0"})
        assert code == "ValidationException" and f"{member} has a NUL character at position 2" in message
    if api.name == ENGINE:  # boto3 can't send half a character
        for kind in ("String", "SecureString"):
            given = {"Name": unique(), "Value": "ab", "Type": kind}
            for member in ("Value", "Description", "AllowedPattern"):
                code, _ = await said(api, "PutParameter", **{**given, member: "[\udc80"})
                assert code == "SerializationException"


@contract("PutParameter", "GetParameter", moto=True)
@pytest.mark.parametrize(
    "value", [" a ", "a, b,,c,", "line\nline\r\n", "\t", "Größe 東京 🙂", "https://x/y?z=1", "'\"\\"]
)
async def test_a_value_comes_back_as_it_was_put(api: Api, value: str) -> None:
    for kind in ("String", "StringList"):
        name = unique()
        await put(api, name, value, kind)
        assert (await get(api, name))["Value"] == value


@contract("PutParameter")
async def test_a_value_must_match_the_whole_of_its_pattern(api: Api) -> None:
    name = unique()
    code, message = await said(api, "PutParameter", Name=name, Value="ab1", Type="String", AllowedPattern="[a-z]+")
    assert code == "ParameterPatternMismatchException"
    assert message == "Parameter value, cannot be validated against allowedPattern: [a-z]+"
    await put(api, name, "ab", AllowedPattern="[a-z]+")
    assert await refused(api, "PutParameter", Name=name, Value="1", Overwrite=True) == (
        "ParameterPatternMismatchException"
    )
    await put(api, unique(), "ab,cd", "StringList", AllowedPattern="[a-z]{2}")  # each item of a list
    assert await refused(
        api, "PutParameter", Name=unique(), Value="ab,c", Type="StringList", AllowedPattern="[a-z]{2}"
    ) == ("ParameterPatternMismatchException")


@contract("PutParameter")
@pytest.mark.parametrize("pattern", ["[", "(", "(" * 600, "*"])
async def test_a_pattern_that_is_none_is_refused(api: Api, pattern: str) -> None:
    code, message = await said(api, "PutParameter", Name=unique(), Value="a", Type="String", AllowedPattern=pattern)
    assert code == "InvalidAllowedPatternException" and pattern in message


@contract("PutParameter")
async def test_a_pattern_without_end_is_refused(api: Api) -> None:
    code, message = await said(
        api, "PutParameter", Name=unique(), Value="x" * 3000, Type="String", AllowedPattern="(x+x+)+y"
    )
    assert code == "InvalidAllowedPatternException" and "too long" in message


@contract("PutParameter", moto=True)
async def test_a_type_is_one_of_three(api: Api) -> None:
    code, message = await said(api, "PutParameter", Name=unique(), Value="v", Type="Text")
    assert code == "ValidationException" and "at 'type' failed to satisfy constraint" in message


@contract("PutParameter")
async def test_a_parameters_type_never_changes(api: Api) -> None:
    name = unique()
    await put(api, name)
    for kind in ("SecureString", "StringList"):
        assert await refused(api, "PutParameter", Name=name, Value="v", Type=kind, Overwrite=True) == (
            "HierarchyTypeMismatchException"
        )


@contract("PutParameter", "DescribeParameters", moto=True)
async def test_a_data_type_is_one_that_there_is(api: Api) -> None:
    code, message = await said(api, "PutParameter", Name=unique(), Value="v", Type="String", DataType="Text")
    assert (code, message) == (
        "ValidationException",
        "The following data type is not supported: Text (Data type names are all lowercase.)",
    )
    name = unique()
    await put(api, name, "ami-0123456789abcdef0", DataType="aws:ec2:image")
    assert (await described(api, name))["DataType"] == "aws:ec2:image"


@contract("PutParameter")
async def test_a_data_type_asks_for_a_type(api: Api) -> None:
    for kind, data_type in (("SecureString", "aws:ec2:image"), ("String", "aws:ssm:integration")):
        assert await refused(api, "PutParameter", Name=unique(), Value="v", Type=kind, DataType=data_type) == (
            "UnsupportedParameterType"
        )


@contract("PutParameter", "GetParameter")
async def test_an_images_id_that_is_none_is_taken_and_not_stored(api: Api) -> None:
    name = unique()
    assert (await put(api, name, "ami-nonsense", DataType="aws:ec2:image"))["Version"] == 1
    assert await refused(api, "GetParameter", Name=name) == "ParameterNotFound"
    await put(api, name, "ami-0123abcd", DataType="aws:ec2:image")
    assert (await put(api, name, "nonsense", Overwrite=True))["Version"] == 2
    shape = await get(api, name)
    assert (shape["Value"], shape["Version"], shape["DataType"]) == ("ami-0123abcd", 1, "aws:ec2:image")


# tiers and policies

EXPIRATION = {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2099-01-01T00:00:00.000Z"}}
NO_CHANGE = {"Type": "NoChangeNotification", "Version": "1.0", "Attributes": {"After": "20", "Unit": "Days"}}


@contract("PutParameter")
async def test_intelligent_tiering_takes_what_a_value_needs_and_never_goes_back(api: Api) -> None:
    name = unique()
    assert (await put(api, name, "a", Tier="Intelligent-Tiering"))["Tier"] == "Standard"
    more = {"Overwrite": True, "Tier": "Intelligent-Tiering"}
    assert (await put(api, name, "a" * 4097, **more))["Tier"] == "Advanced"
    assert (await put(api, name, "a", **more))["Tier"] == "Advanced"
    assert (await put(api, name, "a", Overwrite=True))["Tier"] == "Advanced"
    code, message = await said(api, "PutParameter", Name=name, Value="a", Overwrite=True, Tier="Standard")
    assert code == "ValidationException" and "advanced-parameter tier to the standard-parameter tier" in message
    policies = json.dumps([EXPIRATION])
    assert (await put(api, unique(), Tier="Intelligent-Tiering", Policies=policies))["Tier"] == "Advanced"


@contract("PutParameter", "DescribeParameters", "GetParameterHistory")
async def test_policies_are_replaced_kept_and_cleared(api: Api) -> None:
    name = unique()
    await put(api, name, Tier="Advanced", Policies=json.dumps([EXPIRATION, NO_CHANGE]))

    async def policies() -> list[tuple[str, str]]:
        found = (await described(api, name))["Policies"]
        assert [json.loads(each["PolicyText"])["Type"] for each in found] == [each["PolicyType"] for each in found]
        return [(each["PolicyType"], each["PolicyStatus"]) for each in found]

    assert await policies() == [("Expiration", "Pending"), ("NoChangeNotification", "Pending")]
    await put(api, name, "kept", Overwrite=True)
    assert len(await policies()) == 2
    await put(api, name, "replaced", Overwrite=True, Policies=json.dumps([NO_CHANGE]))
    assert await policies() == [("NoChangeNotification", "Pending")]
    await put(api, name, "cleared", Overwrite=True, Policies="[{}]")
    assert await policies() == []
    history = (await api.call("GetParameterHistory", Name=name))["Parameters"]
    assert [len(each["Policies"]) for each in history] == [2, 2, 1, 0]


@contract("PutParameter")
@pytest.mark.parametrize(
    ("policies", "code"),
    [
        ("no JSON", "ValidationException"),
        (json.dumps([NO_CHANGE] * 11), "PoliciesLimitExceededException"),
        (json.dumps([{**EXPIRATION, "Type": "Coffee"}]), "InvalidPolicyTypeException"),
        (json.dumps([{**EXPIRATION, "Attributes": {"Timestamp": "soon"}}]), "InvalidPolicyAttributeException"),
        (json.dumps([EXPIRATION, EXPIRATION]), "IncompatiblePolicyException"),
    ],
)
async def test_policies_that_can_be_none_are_refused(api: Api, policies: str, code: str) -> None:
    name = unique()
    assert await refused(
        api, "PutParameter", Name=name, Value="v", Type="String", Tier="Advanced", Policies=policies
    ) == (code)
    assert await refused(api, "GetParameter", Name=name) == "ParameterNotFound"


@contract("PutParameter")
async def test_policies_need_the_advanced_tier(api: Api) -> None:
    code, message = await said(
        api, "PutParameter", Name=unique(), Value="v", Type="String", Policies=json.dumps([EXPIRATION])
    )
    assert code == "ValidationException" and "advanced-parameter tier" in message


# secrets


@contract("PutParameter", "GetParameter", "DescribeParameters", moto=True)
async def test_a_secret_is_shown_only_on_request(api: Api) -> None:
    name = unique()
    await put(api, name, "open sesame", "SecureString")
    hidden = await get(api, name)
    if api.name != MOTO:  # moto's ciphertext has the value in it
        assert "sesame" not in str(hidden)
    assert hidden["Value"] != "open sesame" and hidden["Type"] == "SecureString"
    assert (await get(api, name, WithDecryption=True))["Value"] == "open sesame"
    shape = await described(api, name)
    assert shape["KeyId"] == "alias/aws/ssm"
    if api.name != MOTO:  # which puts its ciphertext there, where botocore's model has no value
        assert "sesame" not in str(shape)


@contract("PutParameter")
async def test_a_secrets_key_must_be_one_that_there_is(api: Api) -> None:
    name = unique()
    key = {"KeyId": "alias/none-of-ours"}
    assert await refused(api, "PutParameter", Name=name, Value="v", Type="SecureString", **key) == "InvalidKeyId"
    code, message = await said(api, "PutParameter", Name=name, Value="v", Type="String", KeyId="alias/aws/ssm")
    assert (code, message) == ("ValidationException", "KeyId is required for SecureString type parameter only.")
    assert await refused(api, "GetParameter", Name=name) == "ParameterNotFound"


# deleting


@contract("DeleteParameter", "GetParameterHistory", moto=True)
async def test_what_is_deleted_and_made_anew_begins_at_version_1(api: Api) -> None:
    name = unique()
    await put(api, name)
    await put(api, name, Overwrite=True)
    await api.call("LabelParameterVersion", Name=name, Labels=["live"])
    assert await api.call("DeleteParameter", Name=name) == {}
    assert await refused(api, "DeleteParameter", Name=name) == "ParameterNotFound"
    assert (await put(api, name))["Version"] == 1
    (only,) = (await api.call("GetParameterHistory", Name=name))["Parameters"]
    assert (only["Version"], only["Labels"]) == (1, [])


@contract("DeleteParameters", moto=True)
async def test_many_are_deleted_and_those_that_were_not_there_are_named(api: Api) -> None:
    names = [unique() for _ in range(3)]
    for name in names[:2]:
        await put(api, name)
    answer = await api.call("DeleteParameters", Names=names)
    assert sorted(answer["DeletedParameters"]) == sorted(names[:2]) and answer["InvalidParameters"] == names[2:]
    again = await api.call("DeleteParameters", Names=names[:1])
    assert again == {"DeletedParameters": [], "InvalidParameters": names[:1]}


@contract("DeleteParameters")
async def test_at_most_10_are_deleted_at_once(api: Api) -> None:
    assert await refused(api, "DeleteParameters", Names=[unique() for _ in range(11)]) == "ValidationException"
    assert await refused(api, "DeleteParameters", Names=[]) == "ValidationException"


@contract("PutParameter")
async def test_puts_at_once_are_all_taken_of_many_names_and_of_one(api: Api) -> None:
    root = unique()
    many = await asyncio.gather(*(put(api, f"{root}/k{n}", Description=str(n), Overwrite=True) for n in range(50)))
    assert [each["Version"] for each in many] == [1] * 50
    one = await asyncio.gather(*(put(api, root, Description=str(n), Overwrite=True) for n in range(20)))
    assert sorted(each["Version"] for each in one) == [*range(1, 21)]
