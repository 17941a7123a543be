"""Screens on a context of AWS: what AWS does not tell is said, what is denied is named, nothing crashes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.app.console import console, hit, says, text_of, until
from tests.fake_aws import EXPIRED, THROTTLED, FakeAws, Fault, denied, fake_aws
from tests.unit.test_aws_services import Run, fleet
from tests.unit.test_aws_transport import session
from tui.transport.aws import AwsTransport

pytestmark = pytest.mark.slow


@pytest.fixture
async def aws() -> AsyncIterator[FakeAws]:
    async with fake_aws() as fake:
        fleet(fake, 3, 2)
        Run(fake, "mi-00000000000000000", "i-00000000000000001").end()
        fake.answers |= {
            "DescribeSessions": {"Sessions": []},
            "ListDocuments": {"DocumentIdentifiers": [{"Name": "AWS-RunShellScript", "DocumentType": "Command"}]},
            "DescribeDocument": {
                "Document": {"Name": "AWS-RunShellScript", "Parameters": [{"Name": "commands", "Type": "StringList"}]}
            },
        }
        yield fake


async def opened(aws: FakeAws) -> Any:
    return await AwsTransport.open(session=session(), endpoint_url=aws.url, context="prod")


SCREENS = {
    "nodes": "ssm:DescribeInstanceInformation",
    "commands": "ssm:ListCommands",
    "sessions": "ssm:DescribeSessions",
    "overview": "ssm:DescribeInstanceInformation",
    "run": "ssm:DescribeInstanceInformation",
    "node mi-00000000000000000": "ssm:DescribeInstanceInformation",
    "command 11111111-2222-4333-8444-555555555555": "ssm:ListCommands",
}


@pytest.mark.parametrize("words", SCREENS)
async def test_where_every_call_is_denied_each_screen_names_the_action_and_nothing_crashes(
    aws: FakeAws, tmp_path: Path, words: str
) -> None:
    aws.first = lambda call: None if call.service == "sts" else denied(call)
    async with console(await opened(aws), tmp_path, words=words) as (_, pilot):
        await says(pilot, SCREENS[words])


async def test_the_fleet_of_an_account_shows_names_of_both_kinds(aws: FakeAws, tmp_path: Path) -> None:
    async with console(await opened(aws), tmp_path) as (_, pilot):
        await says(pilot, "name of host-00002", "i-00000000000000001", "name of host-00000")


async def test_names_that_may_not_be_read_leave_the_fleet_and_are_said(aws: FakeAws, tmp_path: Path) -> None:
    aws.first = lambda call: denied(call) if call.service in ("ec2", "resourcegroupstaggingapi") else None
    async with console(await opened(aws), tmp_path) as (_, pilot):
        await says(pilot, "host-00002", "ec2:DescribeInstances", "tag:GetResources")


async def test_a_node_of_aws_says_what_aws_does_not_tell(aws: FakeAws, tmp_path: Path) -> None:
    async with console(await opened(aws), tmp_path, words="node mi-00000000000000000") as (_, pilot):
        await says(pilot, "name of host-00000", "Amazon Linux 2023", "CloudWatch")
        await hit(pilot, "2")
        await says(pilot, "AWS keeps no list of a node's processes.")
        await hit(pilot, "3")
        await says(pilot, "AWS-RunShellScript", "uptime")
        await hit(pilot, "5")
        await says(pilot, "env", "prod")


async def test_a_shell_on_a_node_of_aws_is_refused_with_its_reason(aws: FakeAws, tmp_path: Path) -> None:
    async with console(await opened(aws), tmp_path) as (_, pilot):
        await says(pilot, "name of host-00002")
        await hit(pilot, "s")
        await says(pilot, "Session Manager data channel")
    assert "StartSession" not in aws.operations()


async def test_sessions_of_an_account_offered_shells_that_it_can_not_have(aws: FakeAws, tmp_path: Path) -> None:
    async with console(await opened(aws), tmp_path, words="sessions") as (app, pilot):
        await says(pilot, "No sessions yet.", "Session Manager data channel", ":ctx +local")
        assert "s opens one" not in text_of(app)
        await hit(pilot, "n")
        await says(pilot, "Can't open a shell on a node: A shell on AWS needs")


async def test_a_command_of_aws_shows_its_output_once_it_is_whole(aws: FakeAws, tmp_path: Path) -> None:
    words = "command 11111111-2222-4333-8444-555555555555"
    async with console(await opened(aws), tmp_path, words=words) as (_, pilot):
        await says(pilot, "up 3 days", "Success")


async def test_an_output_that_aws_cut_says_so_in_its_pane(aws: FakeAws, tmp_path: Path) -> None:
    url = "https://s3.eu-west-1.amazonaws.com/logs/stdout"
    Run(aws, "mi-00000000000000000", stdout="line\n" * 4800, url=url).end()
    words = "command 11111111-2222-4333-8444-555555555555"
    async with console(await opened(aws), tmp_path, words=words) as (_, pilot):
        await says(pilot, "Truncated by AWS", url)


async def test_credentials_that_expire_leave_the_rows_and_name_the_login(aws: FakeAws, tmp_path: Path) -> None:
    async with console(await opened(aws), tmp_path) as (_, pilot):
        await says(pilot, "name of host-00002")
        aws.first = lambda call: EXPIRED
        await hit(pilot, "R")
        await says(pilot, "name of host-00002", "has expired")
        aws.first = None
        await hit(pilot, "R")
        await until(pilot, lambda: pilot.app.screen.stale is None)


async def test_throttling_shows_that_it_backs_off_and_for_how_long(aws: FakeAws, tmp_path: Path) -> None:
    aws.first = lambda call: THROTTLED if call.operation == "DescribeInstanceInformation" else None
    async with console(await opened(aws), tmp_path) as (_, pilot):
        await until(pilot, lambda: re.search(r"1 throttled for \ds", text_of(pilot.app)))
        assert "no answer" not in text_of(pilot.app)
        aws.first = None
        await says(pilot, "name of host-00002")


async def test_a_key_that_aws_does_not_know_was_called_an_expired_login(aws: FakeAws, tmp_path: Path) -> None:
    aws.first = lambda call: Fault("UnrecognizedClientException", "The security token is invalid.")
    async with console(await opened(aws), tmp_path) as (_, pilot):
        assert "expired:" not in await says(pilot, "AWS does not know the access key of the default profile.")


async def test_a_session_of_an_account_opened_a_tab_that_had_ended(aws: FakeAws, tmp_path: Path) -> None:
    live = {
        "SessionId": "oncall-0123456789abcdef0",
        "Target": "mi-00000000000000000",
        "Status": "Connected",
        "StartDate": 1_795_000_000.0,
    }
    aws.answers["DescribeSessions"] = lambda call: {"Sessions": [live] if call.params["State"] == "Active" else []}
    async with console(await opened(aws), tmp_path, words="sessions") as (app, pilot):
        await says(pilot, "oncall-0123456789abcdef0")
        await hit(pilot, "enter")
        shown = await says(pilot, "Can't attach to the session: A shell on AWS needs")
        assert app.screen.shells.panes == [] and "R tries" not in shown  # type: ignore[attr-defined]


async def test_what_aws_does_not_tell_was_said_to_come_by_trying_again(aws: FakeAws, tmp_path: Path) -> None:
    async with console(await opened(aws), tmp_path, words="node mi-00000000000000000") as (_, pilot):
        await says(pilot, "name of host-00000")
        await hit(pilot, "2")
        assert "R tries" not in await says(pilot, "AWS keeps no list of a node's processes.")


async def test_the_launcher_named_a_key_that_types_there(aws: FakeAws, tmp_path: Path) -> None:
    aws.first = lambda call: denied(call) if call.operation == "DescribeInstanceInformation" else None
    async with console(await opened(aws), tmp_path, words="run") as (_, pilot):
        await says(pilot, "ssm:DescribeInstanceInformation is missing.", "Esc, then R tries again.")
