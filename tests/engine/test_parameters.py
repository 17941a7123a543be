"""Parameters on the engine with all its domains: limits, events, audit, what is on the disk, and writes at once."""

import asyncio
import base64
import json

import pytest

from tests.engine.clock import ManualClock
from tui.engine import parameter_rows as rows
from tui.engine.context import ApiFault, CallerIdentity, StatePaths
from tui.engine.dispatch import Engine
from tui.engine.parameter_turns import LINE, Turns

SECRET = "open sesame, 7 times"


@pytest.fixture
async def engine(tmp_path):
    engine = await Engine.open(StatePaths(tmp_path), clock=ManualClock(), settings={"master_key": "file"})
    yield engine
    await engine.aclose()


async def put(engine, name, value="v", **more):
    return await engine.call("PutParameter", {"Name": name, "Value": value, "Type": "String", **more})


async def code(engine, operation, **params):
    with pytest.raises(ApiFault) as caught:
        await engine.call(operation, params)
    return caught.value.code


async def set_count(engine, tier, number):
    await engine.services.store.write(
        lambda conn: conn.execute("UPDATE parameter_counts SET number = ? WHERE tier = ?", (number, tier))
    )


def counts(engine):
    return {tier: rows.count_of(engine.services.store, tier) for tier in ("Standard", "Advanced")}


# limits and tiers


async def test_there_are_at_most_10_000_standard_and_100_000_advanced_parameters(engine):
    for tier, number in (("Standard", 9_999), ("Advanced", 99_999)):
        await set_count(engine, tier, number)
        await put(engine, f"/last/{tier}", Tier=tier)
        assert await code(engine, "PutParameter", Name="/more", Value="v", Type="String", Tier=tier) == (
            "ParameterLimitExceeded"
        )
        await put(engine, f"/last/{tier}", "again", Overwrite=True)
        assert await code(engine, "GetParameter", Name="/more") == "ParameterNotFound"
    await engine.call("DeleteParameter", {"Name": "/last/Advanced"})
    await put(engine, "/more", Tier="Advanced")


async def test_intelligent_tiering_goes_on_where_the_standard_tier_is_full(engine):
    await put(engine, "/there")
    await set_count(engine, "Standard", 10_000)
    assert (await put(engine, "/more", Tier="Intelligent-Tiering"))["Tier"] == "Advanced"
    assert (await put(engine, "/there", Overwrite=True, Tier="Intelligent-Tiering"))["Tier"] == "Standard"


async def test_counts_follow_puts_upgrades_and_deletes(engine):
    for name in ("/a", "/b", "/c"):
        await put(engine, name)
    assert counts(engine) == {"Standard": 3, "Advanced": 0}
    await put(engine, "/a", Overwrite=True, Tier="Advanced")
    await put(engine, "/a", Overwrite=True)
    assert counts(engine) == {"Standard": 2, "Advanced": 1}
    await engine.call("DeleteParameters", {"Names": ["/a", "/b", "/none"]})
    assert counts(engine) == {"Standard": 1, "Advanced": 0}


async def test_the_accounts_default_tier_holds_where_none_is_named(engine):
    setting = {"SettingId": "/ssm/parameter-store/default-parameter-tier"}
    await put(engine, "/before")
    await engine.call("UpdateServiceSetting", {**setting, "SettingValue": "Advanced"})
    assert (await put(engine, "/a"))["Tier"] == "Advanced"
    assert (await put(engine, "/before", Overwrite=True, Tier="Standard"))["Tier"] == "Standard"
    await engine.call("UpdateServiceSetting", {**setting, "SettingValue": "Intelligent-Tiering"})
    assert (await put(engine, "/small"))["Tier"] == "Standard"
    assert (await put(engine, "/large", "v" * 5000))["Tier"] == "Advanced"
    await engine.call("ResetServiceSetting", setting)
    assert (await put(engine, "/a", Overwrite=True))["Tier"] == "Advanced"
    assert (await put(engine, "/b"))["Tier"] == "Standard"


# events


def listen(engine, kind):
    return engine.services.bus.subscribe({kind})


async def test_changes_are_told_to_consoles_and_to_eventbridge(engine):
    listening, events = listen(engine, "parameters"), listen(engine, "events")
    await put(engine, "name", Description="the name")
    await put(engine, "/name", "w", Overwrite=True)
    await engine.call("LabelParameterVersion", {"Name": "name", "Labels": ["live"], "ParameterVersion": 1})
    await engine.call("LabelParameterVersion", {"Name": "name", "Labels": ["1none"]})
    await engine.call("UnlabelParameterVersion", {"Name": "name", "Labels": ["live"], "ParameterVersion": 1})
    await engine.call("DeleteParameter", {"Name": "name"})
    told = [(each["type"], each["Name"], each["Operation"], each["Version"]) for each in listening.take()]
    assert told == [
        ("parameter", "/name", "Create", 1),
        ("parameter", "/name", "Update", 2),
        ("parameter", "/name", "LabelParameterVersion", 1),
        ("parameter", "/name", "UnlabelParameterVersion", 1),
        ("parameter", "/name", "Delete", 2),
    ]
    found = events.take()
    assert [each["detail"]["operation"] for each in found] == ["Create", "Update", "LabelParameterVersion", "Delete"]
    assert found[0]["source"] == "aws.ssm" and found[0]["detail-type"] == "Parameter Store Change"
    assert found[0]["resources"] == [f"arn:aws:ssm:us-east-1:{engine.services.account}:parameter/name"]
    assert found[0]["detail"] == {
        "operation": "Create",
        "name": "/name",
        "type": "String",
        "description": "the name",
    }


async def test_nothing_is_told_of_what_was_refused(engine):
    listening, events = listen(engine, "parameters"), listen(engine, "events")
    await code(engine, "PutParameter", Name="/a", Value="", Type="String")
    await code(engine, "DeleteParameter", Name="/a")
    await code(engine, "LabelParameterVersion", Name="/a", Labels=["a"])
    assert listening.take() == [] == events.take()


async def test_an_image_that_is_none_is_an_event_with_its_reason(engine):
    listening, events = listen(engine, "parameters"), listen(engine, "events")
    assert await put(engine, "/image", "nonsense", DataType="aws:ec2:image") == {"Version": 1, "Tier": "Standard"}
    (event,) = events.take()
    assert event["detail"] == {
        "operation": "Create",
        "name": "/image",
        "type": "String",
        "dataType": "aws:ec2:image",
        "exception": "Unable to Describe Resource",
    }
    assert listening.take() == [] and rows.find(engine.services.store, "/image") is None


# secrets and the audit


async def test_no_secret_is_in_a_file_in_the_audit_or_in_an_event(engine, tmp_path):
    events = engine.services.bus.subscribe({"parameters", "events"})
    await put(engine, "/s", SECRET, Type="SecureString", Description="a cave")
    await put(engine, "/s", f"{SECRET}!", Type="SecureString", Overwrite=True)
    await code(engine, "PutParameter", Name="/s", Value=SECRET, Type="SecureString")
    await code(
        engine, "PutParameter", Name="/t", Value=SECRET, Type="SecureString", AllowedPattern="[0-9]+", Overwrite=True
    )
    await code(engine, "PutParameter", Name="/t", Value=SECRET + "\0", Type="SecureString")
    await code(engine, "PutParameter", Name="/t", Value=SECRET + "{{x}}", Type="SecureString")
    await code(engine, "PutParameter", Name="/t", Value=SECRET, Type="SecureString", KeyId="alias/none")
    answer = await engine.call("GetParameterHistory", {"Name": "/s", "WithDecryption": True})
    assert [each["Value"] for each in answer["Parameters"]] == [SECRET, f"{SECRET}!"]
    audit = [tuple(row) for row in engine.services.store.read("SELECT * FROM audit")]
    assert SECRET not in str(audit) and "a cave" in str(audit)
    assert SECRET not in str(events.take())
    found = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(b"a cave" in path.read_bytes() for path in found)
    assert not [path for path in found if SECRET.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("GetParameter", {"Name": "/a/s"}),
        ("GetParameters", {"Names": ["/a/s"]}),
        ("GetParametersByPath", {"Path": "/a"}),
        ("GetParameterHistory", {"Name": "/a/s"}),
    ],
)
async def test_a_read_that_opens_a_secret_is_in_the_audit(engine, operation, params):
    await put(engine, "/a/s", SECRET, Type="SecureString")
    await put(engine, "/b")

    def revealed():
        query = "SELECT operation FROM audit WHERE outcome = 'Revealed'"
        return [row[0] for row in engine.services.store.read(query)]

    await engine.call(operation, params)
    await engine.call("GetParameter", {"Name": "/b", "WithDecryption": True})
    assert revealed() == []
    await engine.call(operation, {**params, "WithDecryption": True})
    assert revealed() == [operation]


async def test_a_secret_whose_key_is_disabled_is_neither_opened_nor_overwritten(engine):
    made = await engine.call("CreateKey", {}, service="kms")
    key = made["KeyMetadata"]["KeyId"]
    await put(engine, "/s", SECRET, Type="SecureString", KeyId=key)
    described = await engine.call("DescribeParameters", {})
    assert described["Parameters"][0]["KeyId"] == key
    await engine.call("DisableKey", {"KeyId": key}, service="kms")
    for operation, params in (
        ("GetParameter", {"Name": "/s"}),
        ("GetParameters", {"Names": ["/s"]}),
        ("GetParametersByPath", {"Path": "/"}),
        ("GetParameterHistory", {"Name": "/s"}),
    ):
        await engine.call(operation, params)
        assert await code(engine, operation, **params, WithDecryption=True) == "InvalidKeyId"
    assert await code(engine, "PutParameter", Name="/s", Value="x", Overwrite=True) == "InvalidKeyId"


async def test_a_sealed_value_moved_to_another_parameter_does_not_open(engine):
    await put(engine, "/a", SECRET, Type="SecureString")
    await put(engine, "/b", "other", Type="SecureString")
    swap = "UPDATE parameter_versions SET value = (SELECT value FROM parameter_versions WHERE parameter = 1)"
    await engine.services.store.write(lambda conn: conn.execute(swap))
    assert (await engine.call("GetParameter", {"Name": "/a", "WithDecryption": True}))["Parameter"]["Value"] == SECRET
    assert await code(engine, "GetParameter", Name="/b", WithDecryption=True) == "InvalidKeyId"


async def test_who_may_only_read_changes_nothing(engine):
    eve = CallerIdentity(engine.services.account, "eve", read_only=True)
    await put(engine, "/a")
    for operation, params in (
        ("PutParameter", {"Name": "/a", "Value": "w", "Overwrite": True}),
        ("DeleteParameter", {"Name": "/a"}),
        ("DeleteParameters", {"Names": ["/a"]}),
        ("LabelParameterVersion", {"Name": "/a", "Labels": ["a"]}),
        ("UnlabelParameterVersion", {"Name": "/a", "Labels": ["a"], "ParameterVersion": 1}),
    ):
        with pytest.raises(ApiFault) as caught:
            await engine.call(operation, params, caller=eve)
        assert caught.value.code == "AccessDeniedException"
    answer = await engine.call("GetParameter", {"Name": "/a"}, caller=eve)
    assert answer["Parameter"]["Value"] == "v"


# writes at once


async def test_puts_at_once_each_make_a_version(engine):
    await put(engine, "/a")
    answers = await asyncio.gather(*(put(engine, "/a", f"v{number}", Overwrite=True) for number in range(60)))
    assert sorted(each["Version"] for each in answers) == list(range(2, 62))
    found = await engine.call("GetParameterHistory", {"Name": "/a", "MaxResults": 50})
    assert [each["Version"] for each in found["Parameters"]] == list(range(1, 51))


async def test_of_new_ones_put_at_once_one_is_first(engine):
    answers = await asyncio.gather(*(put(engine, "/a", f"v{number}") for number in range(10)), return_exceptions=True)
    assert [each for each in answers if not isinstance(each, ApiFault)] == [{"Version": 1, "Tier": "Standard"}]
    assert {each.code for each in answers if isinstance(each, ApiFault)} == {"ParameterAlreadyExists"}


async def test_of_new_ones_overwritten_at_once_all_are_kept(engine):
    more = {"Overwrite": True, "Type": "SecureString"}
    answers = await asyncio.gather(*(put(engine, "/a", f"v{number}", **more) for number in range(10)))
    assert sorted(each["Version"] for each in answers) == list(range(1, 11))


@pytest.mark.parametrize("kind", ["String", "SecureString"])
async def test_puts_at_once_of_many_names_never_stand_in_each_others_way(engine, kind):
    for version in (1, 2):
        puts = (put(engine, f"/a/k{n}", Overwrite=True, Type=kind, Description=f"{version} {n}") for n in range(200))
        assert {each["Version"] for each in await asyncio.gather(*puts)} == {version}


async def test_puts_at_once_that_change_more_than_the_value_were_refused_by_luck(engine):
    await put(engine, "/a", Description="0")
    puts = (put(engine, "/a", f"v{n}", Overwrite=True, Description=str(n)) for n in range(1, 51))
    answers = await asyncio.gather(*puts)
    assert sorted(each["Version"] for each in answers) == list(range(2, 52))
    (last,) = [number for number, each in enumerate(answers, 1) if each["Version"] == 51]
    stored = rows.find(engine.services.store, "/a")
    assert (stored["version"], stored["description"]) == (51, str(last))


async def test_a_put_is_refused_where_too_many_others_wait_for_the_same_parameter(engine):
    await put(engine, "/a", Description="0")
    puts = (put(engine, "/a", Overwrite=True, Description=str(number)) for number in range(LINE + 20))
    beside = put(engine, "/b", Description="0")
    *answers, other = await asyncio.gather(*puts, beside, return_exceptions=True)
    refused = [each for each in answers if isinstance(each, ApiFault)]
    assert {(each.code, each.message) for each in refused} == {
        ("TooManyUpdates", "/a is being changed by others. Try again.")
    }
    assert len(answers) - len(refused) >= LINE and other["Version"] == 1
    stored = rows.find(engine.services.store, "/a")
    assert stored["version"] == 1 + len(answers) - len(refused)
    assert (await put(engine, "/a", Overwrite=True))["Version"] == stored["version"] + 1
    assert not engine.services.part(Turns).waited_for("/a")


async def test_who_leaves_the_line_of_a_parameter_holds_nobody_up(engine):
    turns = engine.services.part(Turns)
    async with turns.of("/a", "/a"):
        waiting = [asyncio.ensure_future(put(engine, "/a", Overwrite=True)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        assert turns.waited_for("/a") and rows.find(engine.services.store, "/a") is None
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError) and [each["Version"] for each in found[1:]] == [1, 2]
    assert not turns.waited_for("/a")


async def test_a_pattern_that_came_meanwhile_is_kept_to(engine):
    await put(engine, "/a", "abc")
    one, two = await asyncio.gather(
        put(engine, "/a", "abc", Overwrite=True, AllowedPattern="[a-z]+"),
        put(engine, "/a", "123", Overwrite=True),
        return_exceptions=True,
    )
    assert one["Version"] == 2 and two.code == "ParameterPatternMismatchException"


async def test_all_is_there_after_the_engine_was_away(engine, tmp_path):
    await put(engine, "/a/b", SECRET, Type="SecureString", Tags=[{"Key": "env", "Value": "prod"}])
    await engine.call("LabelParameterVersion", {"Name": "/a/b", "Labels": ["live"]})
    await engine.aclose()
    again = await Engine.open(StatePaths(tmp_path), settings={"master_key": "file"})
    try:
        answer = await again.call("GetParameter", {"Name": "/a/b:live", "WithDecryption": True})
        assert answer["Parameter"]["Value"] == SECRET
        tags = await again.call("ListTagsForResource", {"ResourceType": "Parameter", "ResourceId": "/a/b"})
        assert tags["TagList"] == [{"Key": "env", "Value": "prod"}]
    finally:
        await again.aclose()


async def test_policies_of_a_version_are_those_that_it_had_in_the_end(engine):
    policy = {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2099-01-01T00:00:00Z"}}
    await put(engine, "/a", Tier="Advanced", Policies=json.dumps([policy]))
    done = json.dumps([{"PolicyText": json.dumps(policy), "PolicyType": "Expiration", "PolicyStatus": "Failed"}])
    await engine.services.store.write(lambda conn: conn.execute("UPDATE parameters SET policies = ?", (done,)))
    for overwrite in (False, True):
        if overwrite:
            await put(engine, "/a", Overwrite=True, Policies="[{}]")
        found = await engine.call("GetParameterHistory", {"Name": "/a"})
        assert found["Parameters"][0]["Policies"][0]["PolicyStatus"] == "Failed"


async def test_parameters_in_another_region_have_its_arn(engine):
    caller = CallerIdentity(engine.services.account, "eve", region="cn-north-1")
    await engine.call("PutParameter", {"Name": "/a", "Value": "v", "Type": "SecureString"}, caller=caller)
    answer = await engine.call("GetParameter", {"Name": "/a", "WithDecryption": True}, caller=caller)
    assert answer["Parameter"]["ARN"] == f"arn:aws-cn:ssm:cn-north-1:{engine.services.account}:parameter/a"
    assert answer["Parameter"]["Value"] == "v"


async def test_secrets_did_not_open_once_the_engine_had_another_region(engine, tmp_path):
    sent = {"Name": "/app/password", "Value": SECRET, "Type": "SecureString"}
    far = CallerIdentity(engine.services.account, "eve", region="ap-south-1")
    await engine.call("PutParameter", sent)
    await engine.call("PutParameter", {**sent, "Name": "/app/far"}, caller=far)
    await engine.aclose()
    settings = {"master_key": "file", "region": "eu-west-1"}
    again = await Engine.open(StatePaths(tmp_path), clock=ManualClock(), settings=settings)
    try:
        read = {"Names": ["/app/password", "/app/far"], "WithDecryption": True}
        found = (await again.call("GetParameters", read))["Parameters"]
        sealed = (await again.call("GetParameter", {"Name": "/app/password"}))["Parameter"]
        opened = await again.call(
            "Decrypt",
            {
                "CiphertextBlob": sealed["Value"],
                "EncryptionContext": {"PARAMETER_ARN": sealed["ARN"]},
            },
            service="kms",
        )
    finally:
        await again.aclose()
    assert [each["Value"] for each in found] == [SECRET, SECRET]
    assert found[0]["ARN"].startswith("arn:aws:ssm:eu-west-1:")
    assert base64.b64decode(opened["Plaintext"]) == SECRET.encode()
