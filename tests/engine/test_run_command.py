"""Run Command on real processes of this machine, answered by dispatch as AWS answers."""

from __future__ import annotations

import asyncio
import base64
import stat
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.clock import ManualClock
from tests.engine.command_bench import Bench, bench, until
from tui.engine.command_runner import CommandRunner
from tui.engine.context import ApiFault, CallerIdentity
from tui.engine.nodes import processes

UNKNOWN = "mi-fffffffffffffffff"


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path / "state") as made:
        yield made


async def test_a_script_that_succeeds_has_its_output_and_code_zero(local: Bench) -> None:
    got = await local.run("echo out", "echo err >&2", "echo $SSM_COMMAND_ID")
    assert got["Status"] == got["StatusDetails"] == "Success"
    assert got["ResponseCode"] == 0
    assert got["StandardOutputContent"] == f"out\n{got['CommandId']}\n"
    assert got["StandardErrorContent"] == "err\n"
    assert got["PluginName"] == "aws:runShellScript"
    assert got["ExecutionStartDateTime"].endswith("Z")
    assert got["ExecutionElapsedTime"].startswith("PT")


async def test_a_non_zero_exit_is_failed_with_its_code_and_awss_words(local: Bench) -> None:
    command_id = await local.send("echo oops >&2; exit 7")
    assert (await local.final(command_id))["StatusDetails"] == "Failed"
    got = await local.get(command_id)
    assert (got["Status"], got["ResponseCode"]) == ("Failed", 7)
    assert got["StandardErrorContent"] == "oops\nfailed to run commands: exit status 7"


async def test_exit_194_asked_for_a_reboot_and_nobody_said_that_none_came(local: Bench) -> None:
    got = await local.run("echo mine >&2; exit 194")
    assert (got["Status"], got["StatusDetails"], got["ResponseCode"]) == ("Failed", "Failed", 194)
    said = got["StandardErrorContent"].splitlines()
    assert said[0] == "mine"
    assert "asks for a reboot" in said[1]
    assert said[2] == "failed to run commands: exit status 194"


async def test_the_answer_to_send_is_the_command_as_accepted(local: Bench) -> None:
    sent = (
        await local.engine.call(
            "SendCommand",
            {
                "DocumentName": "arn:aws:ssm:us-east-1::document/AWS-RunShellScript",
                "InstanceIds": [local.node],
                "Parameters": {"commands": ["true"]},
                "Comment": "hello",
            },
        )
    )["Command"]
    assert sent["DocumentName"] == "AWS-RunShellScript"
    assert (sent["Status"], sent["StatusDetails"], sent["TargetCount"]) == ("Pending", "Pending", 1)
    assert (sent["CompletedCount"], sent["ErrorCount"], sent["DeliveryTimedOutCount"]) == (0, 0, 0)
    assert sent["ExpiresAfter"] - sent["RequestedDateTime"] == 7200
    assert sent["Parameters"] == {"commands": ["true"], "workingDirectory": [""], "executionTimeout": ["3600"]}
    assert (sent["MaxConcurrency"], sent["MaxErrors"], sent["Comment"]) == ("50", "0", "hello")
    assert sent["NotificationConfig"] == {"NotificationArn": "", "NotificationEvents": [], "NotificationType": ""}
    assert (await local.final(sent["CommandId"]))["Status"] == "Success"


async def test_before_it_began_nothing_is_claimed_of_an_invocation(local: Bench) -> None:
    record = local.directory.get(local.node)
    assert record is not None
    await local.directory.pinged(local.node, answered=False)
    command_id = await local.send("true")
    got = await local.get(command_id)
    assert got["ResponseCode"] == -1
    assert (got["ExecutionStartDateTime"], got["ExecutionEndDateTime"], got["ExecutionElapsedTime"]) == ("", "", "")
    await local.directory.pinged(local.node, answered=True)
    assert (await local.final(command_id))["Status"] == "Success"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"InstanceIds": [UNKNOWN]}, "InvalidInstanceId"),
        ({"InstanceIds": ["NODE", "NODE"]}, "DuplicateInstanceId"),
        ({"InstanceIds": []}, "ValidationException"),
        ({"InstanceIds": ["NODE"], "Targets": [{"Key": "tag:a", "Values": ["b"]}]}, "ValidationException"),
        ({"InstanceIds": ["NODE"], "DocumentName": "AWS-Nothing"}, "InvalidDocument"),
        ({"InstanceIds": ["NODE"], "DocumentVersion": "9"}, "InvalidDocumentVersion"),
        ({"InstanceIds": ["NODE"], "DocumentHash": "0" * 64}, "InvalidDocument"),
        ({"InstanceIds": ["NODE"], "Parameters": {}}, "InvalidParameters"),
        ({"InstanceIds": ["NODE"], "Parameters": {"commands": ["a"], "no": ["b"]}}, "InvalidParameters"),
        ({"InstanceIds": ["NODE"], "Parameters": {"commands": ["{{ssm:x}}"]}}, "InvalidParameters"),
        (
            {"InstanceIds": ["NODE"], "Parameters": {"commands": ["a"], "executionTimeout": ["0"]}},
            "InvalidParameters",
        ),
        ({"InstanceIds": ["NODE"], "Parameters": {"commands": ["x" * 70_000]}}, "MaxDocumentSizeExceeded"),
        ({"InstanceIds": ["NODE"], "TimeoutSeconds": 29}, "ValidationException"),
        ({"InstanceIds": ["NODE"], "MaxConcurrency": "0"}, "ValidationException"),
        ({"InstanceIds": ["NODE"], "MaxErrors": "101%"}, "ValidationException"),
        ({"InstanceIds": ["NODE"], "OutputS3BucketName": "bucket"}, "InvalidOutputFolder"),
    ],
)
async def test_what_cannot_be_sent_is_refused_with_awss_code_and_nothing_is_stored(
    local: Bench, request_: dict[str, Any], code: str
) -> None:
    ids = request_.get("InstanceIds")
    if ids:
        request_ = {**request_, "InstanceIds": [local.node if each == "NODE" else each for each in ids]}
    request_ = {"DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["true"]}, **request_}
    with pytest.raises(ApiFault) as caught:
        await local.engine.call("SendCommand", request_)
    assert caught.value.code == code
    assert (await local.engine.call("ListCommands"))["Commands"] == []


async def test_half_a_character_in_a_request_was_an_internal_server_error(local: Bench) -> None:
    for operation, request_ in (
        ("SendCommand", {"Targets": [{"Key": "tag:a", "Values": ["\ud800"]}], "Parameters": {"commands": ["true"]}}),
        ("SendCommand", {"InstanceIds": [local.node], "Parameters": {"commands": ["echo \ud800"]}}),
        ("ListCommands", {"Filters": [{"key": "DocumentName", "value": "\udfff"}]}),
    ):
        try:
            await local.engine.call(operation, {"DocumentName": "AWS-RunShellScript", **request_})
        except ApiFault as fault:
            assert fault.code == "SerializationException"


async def test_values_that_no_node_can_be_given_made_a_command_that_failed_without_a_word(local: Bench) -> None:
    for parameters, code in (
        ({"commands": ["echo \ud800"]}, "SerializationException"),
        ({"commands": ["true"], "workingDirectory": ["\udbff"]}, "SerializationException"),
        ({"commands": ["true"], "workingDirectory": ["/tmp\0"]}, "InvalidParameters"),
    ):
        with pytest.raises(ApiFault) as caught:
            await local.send("", InstanceIds=[local.node], Parameters=parameters)
        assert caught.value.code == code
    assert (await local.engine.call("ListCommands"))["Commands"] == []
    final = await local.final(await local.send("printf %s caf\udce9 | wc -c"))  # a byte that is not UTF-8 is passed on
    assert final["Status"] == "Success"


async def test_windows_by_id_is_refused_and_by_target_ends_as_invalid_platform(local: Bench) -> None:
    (windows,) = await local.add_nodes(1, platform="Windows")
    with pytest.raises(ApiFault) as caught:
        await local.send("true", InstanceIds=[windows])
    assert caught.value.code == "UnsupportedPlatformType"
    command_id = await local.send("true", Targets=[{"Key": "InstanceIds", "Values": [windows, local.node, UNKNOWN]}])
    final = await local.final(command_id)
    assert (final["Status"], final["TargetCount"], final["CompletedCount"]) == ("Success", 2, 2)
    assert sorted(await local.details(command_id)) == ["InvalidPlatform", "Success"]


async def test_targets_by_tag_are_and_between_entries_and_or_within(local: Bench) -> None:
    nodes = await local.add_nodes(3)
    for node, tags in zip(
        nodes, ({"env": "prod", "role": "web"}, {"env": "dev", "role": "web"}, {"env": "dev"}), strict=True
    ):
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        await local.engine.call(
            "AddTagsToResource", {"ResourceType": "ManagedInstance", "ResourceId": node, "Tags": listed}
        )
    both = [{"Key": "tag:env", "Values": ["prod", "dev"]}, {"Key": "tag-key", "Values": ["role"]}]
    final = await local.final(await local.send("true", Targets=both))
    assert (final["TargetCount"], final["Targets"], final["InstanceIds"]) == (2, both, [])


async def test_targets_that_mean_nobody_end_as_success_with_no_instances_in_tag(local: Bench) -> None:
    final = await local.final(await local.send("true", Targets=[{"Key": "tag:env", "Values": ["none"]}]))
    assert (final["Status"], final["StatusDetails"], final["TargetCount"]) == ("Success", "NoInstancesInTag", 0)


async def test_output_that_is_not_utf8_is_kept_raw_and_shown_replaced(local: Bench) -> None:
    got = await local.run(r"printf 'a\377\376b\303\251'")
    assert got["StandardOutputContent"] == "a��bé"
    part = await local.engine.call(
        "GetOutput",
        {"CommandId": got["CommandId"], "InstanceId": local.node, "Stream": "stdout", "Offset": 0, "Length": 100},
        service="ssm-tui",
    )
    assert base64.b64decode(part["Data"]) == b"a\xff\xfeb\xc3\xa9"
    assert (part["Size"], part["Final"]) == (6, True)


async def test_fields_are_cut_at_awss_limits_and_the_whole_is_kept(local: Bench) -> None:
    got = await local.run("yes é | head -c 300000; yes x | head -c 30000 >&2; exit 0")
    assert len(got["StandardOutputContent"]) == 24_000
    assert got["StandardOutputContent"].endswith("--output truncated--")
    assert len(got["StandardErrorContent"]) == 8_000
    found = await local.engine.call("ListCommandInvocations", {"CommandId": got["CommandId"], "Details": True})
    (plugin,) = found["CommandInvocations"][0]["CommandPlugins"]
    assert len(plugin["Output"]) <= 2_500
    assert "\n---Output truncated---\n----------ERROR-------\n" in plugin["Output"]
    tail = await local.engine.call(
        "GetOutput",
        {"CommandId": got["CommandId"], "InstanceId": local.node, "Stream": "stdout", "Offset": -4, "Length": 100},
        service="ssm-tui",
    )
    assert (tail["Size"], tail["Offset"], len(base64.b64decode(tail["Data"]))) == (300_000, 299_996, 4)


async def test_the_watch_gives_states_and_all_output_before_the_end(local: Bench) -> None:
    command_id = await local.send("echo one; sleep 0.1; echo two >&2; sleep 0.1; echo three")
    events = await local.events(command_id)
    assert events[0]["type"] == "command"
    out = b"".join(base64.b64decode(each["Data"]) for each in events if each.get("Stream") == "stdout")
    err = b"".join(base64.b64decode(each["Data"]) for each in events if each.get("Stream") == "stderr")
    assert (out, err) == (b"one\nthree\n", b"two\n")
    kinds = [each["type"] for each in events]
    last_output = max(place for place, kind in enumerate(kinds) if kind == "output")
    finals = [
        place
        for place, each in enumerate(events)
        if each["type"] == "invocation" and each["Invocation"]["Status"] == "Success"
    ]
    assert last_output < finals[0]
    assert events[-1]["Command"]["Status"] == "Success"
    assert events[-1]["Command"]["CompletedCount"] == 1


async def test_the_watch_of_a_command_that_is_over_gives_its_output_and_ends(local: Bench) -> None:
    got = await local.run("echo hello")
    events = await local.events(got["CommandId"])
    assert [each["type"] for each in events] == ["output", "invocation", "command"]
    with pytest.raises(ApiFault) as caught:
        await local.events("00000000-0000-4000-8000-000000000000")
    assert caught.value.code == "InvalidCommandId"


async def test_a_watcher_that_fell_behind_is_told_how_much_it_missed(local: Bench) -> None:
    got = await local.run("head -c 5000000 /dev/zero | tr '\\0' x; echo end")
    events = await local.events(got["CommandId"])
    (gap,) = [each for each in events if each["type"] == "dropped"]
    read = sum(len(base64.b64decode(each["Data"])) for each in events if each["type"] == "output")
    assert gap["Bytes"] + read == 5_000_004
    assert base64.b64decode([each for each in events if each["type"] == "output"][-1]["Data"]).endswith(b"end\n")


async def test_cancel_stops_what_runs_and_says_so(local: Bench, tmp_path: Path) -> None:
    command_id = await local.send(f"echo $$ > {tmp_path}/pid; sleep 300")
    await until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    pid = int((tmp_path / "pid").read_text())
    assert local.engine.live() == [f"command {command_id} (AWS-RunShellScript)"]
    assert await local.engine.call("CancelCommand", {"CommandId": command_id}) == {}
    assert (await local.final(command_id))["StatusDetails"] == "Cancelled"
    got = await local.get(command_id)
    assert (got["Status"], got["ResponseCode"]) == ("Cancelled", 137)
    await until(lambda: processes.is_over(pid))
    assert local.engine.live() == []
    assert await local.engine.call("CancelCommand", {"CommandId": command_id}) == {}


async def test_cancel_refuses_what_it_cannot_mean(local: Bench) -> None:
    got = await local.run("true")
    for request, code in (
        ({"CommandId": "00000000-0000-4000-8000-000000000000"}, "InvalidCommandId"),
        ({"CommandId": got["CommandId"], "InstanceIds": [UNKNOWN]}, "InvalidInstanceId"),
        ({"CommandId": got["CommandId"], "InstanceIds": [local.node, local.node]}, "DuplicateInstanceId"),
    ):
        with pytest.raises(ApiFault) as caught:
            await local.engine.call("CancelCommand", request)
        assert caught.value.code == code


async def test_cancelling_some_nodes_leaves_the_others_running(local: Bench, tmp_path: Path) -> None:
    first, second = await local.add_nodes(2)
    script = f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done"
    command_id = await local.send(script, InstanceIds=[first, second])
    await local.engine.call("CancelCommand", {"CommandId": command_id, "InstanceIds": [first]})
    (tmp_path / "go").touch()
    final = await local.final(command_id)
    assert await local.details(command_id) == ["Cancelled", "Success"]
    assert final["StatusDetails"] == "Incomplete"


async def test_max_concurrency_is_never_exceeded_by_real_processes(local: Bench, tmp_path: Path) -> None:
    nodes = await local.add_nodes(6)
    script = f"n=$(mktemp {tmp_path}/run.XXXXXX); ls {tmp_path}/run.* | wc -l; sleep 0.05; rm $n"
    command_id = await local.send(script, InstanceIds=nodes, MaxConcurrency="2")
    assert (await local.final(command_id))["Status"] == "Success"
    seen = [int((await local.get(command_id, node))["StandardOutputContent"]) for node in nodes]
    assert max(seen) == 2


async def test_max_errors_stops_sending_at_the_error_after_those_tolerated(local: Bench) -> None:
    nodes = await local.add_nodes(6)
    command_id = await local.send("exit 1", InstanceIds=nodes, MaxConcurrency="1", MaxErrors="1")
    final = await local.final(command_id)
    assert await local.details(command_id) == ["Failed"] * 2 + ["Terminated"] * 4
    assert (final["StatusDetails"], final["ErrorCount"], final["CompletedCount"]) == ("Failed", 2, 6)


async def test_tolerated_errors_leave_a_command_incomplete(local: Bench) -> None:
    nodes = await local.add_nodes(2)
    command_id = await local.send(
        f'[ "$AWS_SSM_INSTANCE_ID" = {nodes[0]} ]', InstanceIds=nodes, MaxConcurrency="1", MaxErrors="1"
    )
    final = await local.final(command_id)
    assert (final["Status"], final["StatusDetails"]) == ("Failed", "Incomplete")


async def test_a_node_runs_five_at_once_and_the_rest_waits_pending(local: Bench, tmp_path: Path) -> None:
    ids = [await local.send(f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done") for _ in range(6)]
    live = local.engine.services.part(CommandRunner).live
    await until(lambda: sum(live[each].details == "InProgress" for each in ids) == 5)
    assert (await local.details(ids[5])) == ["Pending"]
    (tmp_path / "go").touch()
    for each in ids:
        assert (await local.final(each))["Status"] == "Success"


async def test_the_execution_timeout_kills_the_group_and_reads_137(tmp_path: Path) -> None:
    clock = ManualClock()
    async with bench(tmp_path / "state", clock=clock) as local:
        command_id = await local.send(
            f"sleep 300 & echo $! > {tmp_path}/pid; wait", Parameters={"executionTimeout": ["5"]}
        )
        await until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
        await clock.advance(5)
        final = await local.final(command_id)
        assert (final["Status"], final["StatusDetails"]) == ("TimedOut", "ExecutionTimedOut")
        got = await local.get(command_id)
        assert got["ResponseCode"] == 137
        assert "time-out of 5 seconds" in got["StandardErrorContent"]
        await until(lambda: processes.is_over(int((tmp_path / "pid").read_text())))


async def test_a_node_that_is_away_keeps_the_command_until_it_expires(tmp_path: Path) -> None:
    clock = ManualClock()
    async with bench(tmp_path / "state", clock=clock) as local:
        record = local.directory.get(local.node)
        assert record is not None
        await local.directory.pinged(local.node, answered=False)
        # The machine itself answers its pings, so they are kept from coming.
        local.engine.services.scheduler.cancel("pings of nodes")
        command_id = await local.send("true", TimeoutSeconds=30, Parameters={"executionTimeout": ["10"]})
        await clock.advance(38)
        assert await local.details(command_id) == ["Delayed"]
        await clock.advance(4)
        final = await local.final(command_id)
        assert (final["StatusDetails"], final["DeliveryTimedOutCount"], final["ErrorCount"]) == (
            "DeliveryTimedOut",
            1,
            0,
        )


async def test_lists_are_filtered_and_paged_newest_first(local: Bench) -> None:
    ids = []
    for number in range(5):
        ids.append(await local.send(f"exit {number % 2}"))
        await local.final(ids[-1])
    call = local.engine.call
    first = await call("ListCommands", {"MaxResults": 3, "InstanceId": local.node})
    assert [each["CommandId"] for each in first["Commands"]] == ids[:1:-1]
    rest = await call("ListCommands", {"MaxResults": 3, "InstanceId": local.node, "NextToken": first["NextToken"]})
    assert [each["CommandId"] for each in rest["Commands"]] == ids[1::-1]
    assert "NextToken" not in rest
    failed = await call("ListCommands", {"Filters": [{"key": "Status", "value": "Failed"}]})
    assert [each["CommandId"] for each in failed["Commands"]] == [ids[3], ids[1]]
    none = await call("ListCommands", {"Filters": [{"key": "InvokedAfter", "value": "2999-01-01T00:00:00Z"}]})
    assert none["Commands"] == []
    invocations = await call("ListCommandInvocations", {"MaxResults": 2})
    assert [each["CommandId"] for each in invocations["CommandInvocations"]] == ids[:2:-1]
    assert invocations["CommandInvocations"][0]["CommandPlugins"] == []
    for request, code in (
        ({"NextToken": "nonsense"}, "InvalidNextToken"),
        ({"CommandId": "00000000-0000-4000-8000-000000000000"}, "InvalidCommandId"),
        ({"InstanceId": local.node, "Filters": [{"key": "Status", "value": "Pending"}]}, "ValidationException"),
    ):
        with pytest.raises(ApiFault) as caught:
            await call("ListCommands", request)
        assert caught.value.code == code


async def test_get_of_an_unknown_pair_or_plugin_is_refused(local: Bench) -> None:
    got = await local.run("true")
    request = {"CommandId": got["CommandId"], "InstanceId": local.node}
    for change, code in (
        ({"InstanceId": UNKNOWN}, "InvocationDoesNotExist"),
        ({"CommandId": "00000000-0000-4000-8000-000000000000"}, "InvocationDoesNotExist"),
        ({"PluginName": "aws:nothing"}, "InvalidPluginName"),
    ):
        with pytest.raises(ApiFault) as caught:
            await local.engine.call("GetCommandInvocation", {**request, **change})
        assert caught.value.code == code


async def test_run_folders_are_private_and_say_as_whom_it_ran(local: Bench) -> None:
    got = await local.run("echo x")
    run = await local.engine.call(
        "DescribeRun", {"CommandId": got["CommandId"], "InstanceId": local.node}, service="ssm-tui"
    )
    assert run["EffectiveUser"]
    (step,) = run["Steps"]
    assert (step["StdoutBytes"], step["StderrBytes"]) == (2, 0)
    for path in (Path(step["Folder"]), *Path(step["Folder"]).iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


async def test_a_full_disk_fails_the_step_instead_of_leaving_it_in_progress(local: Bench) -> None:
    runs = local.engine.services.paths.runs
    runs.parent.mkdir(exist_ok=True)
    runs.write_text("a file where the folder should be")
    got = await local.run("true")
    assert (got["Status"], got["ResponseCode"]) == ("Failed", -1)
    assert "Nothing could be started" in got["StandardErrorContent"]


async def test_on_a_busy_engine_no_command_stays_in_progress_after_its_end_and_every_watch_ends(local: Bench) -> None:
    async def busy() -> None:
        while True:
            time.sleep(0.008)  # it holds up the loop on purpose, as many commands do
            await asyncio.sleep(0)

    async def watched(number: int) -> str:
        command_id = await local.send("sleep 0.02")
        await asyncio.sleep(number % 20 * 0.01)  # watches begin at every moment of a command's life
        assert (await local.final(command_id))["Status"] == "Success"
        return command_id

    holding_up = asyncio.create_task(busy())
    sent = [await local.send("true") for _ in range(40)]
    sent += await asyncio.gather(*(watched(number) for number in range(60)))
    await until(lambda: not local.engine.live(), "they did not end")
    holding_up.cancel()
    rows = local.engine.services.store.read("SELECT command_id, status, details, final FROM commands")
    assert {row["command_id"] for row in rows} == set(sent)
    assert {(row["status"], row["details"], row["final"]) for row in rows} == {("Success", "Success", 1)}


@pytest.mark.slow
async def test_a_command_whose_end_the_store_refuses_is_over_for_who_watches_it(
    local: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    go, store = tmp_path / "go", local.engine.services.store
    command_id = await local.send(f"until [ -e {go} ]; do sleep 0.01; done")
    await store.write(
        lambda conn: conn.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON commands BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    )
    await until(lambda: "could not be stored yet" in caplog.text, "that it began was not stored")
    go.touch()
    assert (await local.final(command_id))["Status"] == "Success"
    assert store.read_one("SELECT final FROM commands")["final"] == 0
    await store.write(lambda conn: conn.execute("DROP TRIGGER full"))
    await until(lambda: not local.engine.live(), "the store was not asked again")
    assert store.read_one("SELECT status, final FROM commands")["final"] == 1


async def test_status_changes_are_told_in_eventbridges_shapes(local: Bench) -> None:
    subscription = local.engine.services.bus.subscribe({"events", "commands"})
    command_id = await local.send("true")
    await local.final(command_id)
    found: list[tuple[str, Any]] = []
    subscription.finish()
    async with asyncio.timeout(5):
        found = [each async for each in subscription]
    details = [
        event["detail"]["status"] for kind, event in found if kind == "events" and "instance-id" in event["detail"]
    ]
    assert details[-1] == "Success"
    assert [event["Status"] for kind, event in found if kind == "commands"][-1] == "Success"


async def test_a_command_belongs_to_the_region_that_it_was_sent_in(local: Bench) -> None:
    engine = local.engine
    caller = CallerIdentity(engine.services.account, "ops", region="cn-north-1")
    subscription = engine.services.bus.subscribe({"events"})
    sent = await engine.call(
        "SendCommand",
        {
            "DocumentName": "AWS-RunShellScript",
            "InstanceIds": [local.node],
            "Parameters": {"commands": ["echo $AWS_SSM_REGION_NAME"]},
        },
        caller=caller,
    )
    assert "Region" not in sent["Command"]
    command_id = sent["Command"]["CommandId"]
    assert "Region" not in await local.final(command_id)
    assert (await local.get(command_id))["StandardOutputContent"] == "cn-north-1\n"
    subscription.finish()
    async with asyncio.timeout(5):
        found = [event async for _, event in subscription]
    assert {event["region"] for event in found} == {"cn-north-1"}
    assert found[-1]["resources"] in (
        [],
        [f"arn:aws-cn:ssm:cn-north-1:{engine.services.account}:managed-instance/{local.node}"],
    )


async def test_a_commands_nodes_had_their_host_names_where_the_operator_had_named_them(local: Bench) -> None:
    await local.engine.call("UpdateNode", {"InstanceId": local.node, "Name": "web-1"}, service="ssm-tui")
    got = await local.run("true")
    invocations = await local.engine.call("ListCommandInvocations", {"CommandId": got["CommandId"]})
    assert invocations["CommandInvocations"][0]["InstanceName"] == "web-1"
