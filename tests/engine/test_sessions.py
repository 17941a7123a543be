"""The session operations as AWS's, answered by dispatch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engine.shell_bench import NODE, PATIENCE, Bench, bench
from tui.engine.context import ApiFault, CallerIdentity
from tui.engine.shells import RETAINED


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as made:
        yield made


async def test_start_answers_as_aws_does_and_describe_shows_it_connecting(local: Bench) -> None:
    answer = await local.engine.call("StartSession", {"Target": NODE, "Reason": "a look"})
    session_id = answer["SessionId"]
    user, digits = session_id.rsplit("-", 1)
    assert user == local.engine.caller.name
    assert len(digits) == 17
    assert int(digits, 16) >= 0
    assert 100 < len(answer["TokenValue"]) <= 300
    assert session_id in answer["StreamUrl"]
    (row,) = (await local.engine.call("DescribeSessions", {"State": "Active"}))["Sessions"]
    assert row["SessionId"] == session_id
    assert row["Status"] == "Connecting"
    assert row["Target"] == NODE
    assert row["Reason"] == "a look"
    assert row["DocumentName"] == "SSM-SessionManagerRunShell"
    assert row["Owner"] == local.engine.caller.arn
    assert "EndDate" not in row
    assert local.engine.live() == []


@pytest.mark.parametrize(
    ("request_", "code", "text"),
    [
        ({"Target": "mi-00000000000000000"}, "TargetNotConnected", "mi-00000000000000000 is not connected."),
        ({"Target": NODE, "DocumentName": "AWS-RunShellScript"}, "InvalidDocument", "AWS-RunShellScript"),
        ({"Target": NODE, "Parameters": {"port": ["22"]}}, "InvalidParameters", "no parameter port (22)"),
        ({"Target": NODE, "DocumentName": "AWS-StartInteractiveCommand"}, "InvalidParameters", "needs the parameter"),
        ({}, "ValidationException", "target"),
    ],
)
async def test_a_session_that_cannot_be_is_refused_with_awss_code(
    local: Bench, request_: dict[str, object], code: str, text: str
) -> None:
    with pytest.raises(ApiFault) as caught:
        await local.engine.call("StartSession", request_)
    assert caught.value.code == code
    assert text in caught.value.message


async def test_statuses_go_from_connecting_to_terminated_and_are_published(local: Bench) -> None:
    seen: list[str] = []

    async def follow() -> None:
        async for event in local.engine.watch("sessions"):
            seen.append(event["Status"])
            if event["Status"] == "Terminated":
                return

    following = asyncio.create_task(follow())
    await asyncio.sleep(0)
    console = await local.open("echo ready; read x; exit 5")
    session_id = console.attachment.session_id
    await console.until(b"ready")
    await console.leave()
    await local.status(session_id, "Disconnected")
    again = await local.console(session_id)
    await again.type(b"\n")
    await again.end()
    async with asyncio.timeout(PATIENCE):
        await following
    assert seen == ["Connecting", "Connected", "Disconnected", "Connected", "Terminated"]
    described = await local.describe(session_id)
    assert described["ExitStatus"] == 5
    assert described["Command"] == "echo ready; read x; exit 5"
    assert "Signal" not in described


async def test_a_session_that_nobody_opens_fails_and_says_so(tmp_path: Path) -> None:
    async with bench(tmp_path, hasty=True) as local:
        session_id = await local.start()
        described = await local.status(session_id, "Failed")
        assert "Nobody opened the session within 60 s" in described["Details"]
        with pytest.raises(ApiFault, match="is over"):
            await local.shells.attach(session_id, 24, 80)


async def test_a_shell_that_cannot_be_started_is_failed_with_its_reason(local: Bench) -> None:
    session_id = await local.start()
    local.engine.services.nodes.remove(NODE)
    with pytest.raises(ApiFault, match="is not connected"):
        await local.shells.attach(session_id, 24, 80)
    assert (await local.describe(session_id))["Status"] == "Failed"


async def test_terminating_a_session_before_it_is_opened_and_unknown_ones(local: Bench) -> None:
    session_id = await local.start()
    await local.engine.call("TerminateSession", {"SessionId": session_id})
    assert (await local.describe(session_id))["Status"] == "Terminated"
    assert await local.engine.call("TerminateSession", {"SessionId": "nobody-0"}) == {"SessionId": "nobody-0"}


async def test_resume_is_for_the_owner_of_a_session_that_is_not_over(local: Bench) -> None:
    answer = await local.engine.call("StartSession", {"Target": NODE})
    request = {"SessionId": answer["SessionId"]}
    resumed = await local.engine.call("ResumeSession", request)
    assert resumed["SessionId"] == answer["SessionId"]
    assert resumed["TokenValue"] not in ("", answer["TokenValue"])
    other = CallerIdentity(local.engine.caller.account, "someone-else")
    with pytest.raises(ApiFault) as caught:
        await local.engine.call("ResumeSession", request, caller=other)
    assert caught.value.code == "DoesNotExistException"
    await local.engine.call("TerminateSession", request)
    with pytest.raises(ApiFault):
        await local.engine.call("ResumeSession", request)


async def test_connection_status(local: Bench) -> None:
    assert (await local.engine.call("GetConnectionStatus", {"Target": NODE}))["Status"] == "connected"
    assert (await local.engine.call("GetConnectionStatus", {"Target": "mi-x"}))["Status"] == "notconnected"


async def test_filters_and_pages(local: Bench) -> None:
    ids = [await local.start() for _ in range(5)]
    call = local.engine.call
    found: list[str] = []
    token: dict[str, str] = {}
    for _ in range(3):
        page = await call("DescribeSessions", {"State": "Active", "MaxResults": 2, **token})
        found += [row["SessionId"] for row in page["Sessions"]]
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
    assert not token
    assert found == ids[::-1]

    async def filtered(key: str, value: str) -> int:
        request = {"State": "Active", "Filters": [{"key": key, "value": value}]}
        return len((await call("DescribeSessions", request))["Sessions"])

    assert await filtered("SessionId", ids[2]) == 1
    assert await filtered("Target", NODE) == 5
    assert await filtered("Target", "mi-x") == 0
    assert await filtered("Owner", local.engine.caller.arn) == 5
    assert await filtered("Status", "Connecting") == 5
    assert await filtered("InvokedAfter", "2020-01-01T00:00:00Z") == 5
    assert await filtered("InvokedBefore", "2020-01-01T00:00:00Z") == 0
    assert await filtered("AccessType", "JustInTime") == 0
    for bad in ({"NextToken": "nonsense"}, {"Filters": [{"key": "InvokedAfter", "value": "yesterday"}]}):
        with pytest.raises(ApiFault):
            await call("DescribeSessions", {"State": "Active", **bad})


async def test_sessions_that_ended_long_ago_are_forgotten_with_their_logs(local: Bench) -> None:
    console = await local.open("echo bye")
    await console.end()
    session_id = console.attachment.session_id
    folder = local.engine.services.paths.sessions
    (folder / "someone-0123").mkdir()
    now = local.engine.services.clock.now()
    await local.shells.retain(now)
    assert (await local.describe(session_id))["LogBytes"] > 0
    assert [path.name for path in folder.iterdir()] == [session_id]
    await local.shells.retain(now + RETAINED + 60)
    assert list(folder.iterdir()) == []
    with pytest.raises(ApiFault):
        await local.describe(session_id)
