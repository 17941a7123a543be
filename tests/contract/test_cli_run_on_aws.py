"""`ssm-tui run` on contexts of AWS that fail in the middle, or in part: what it says, and its exit status."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.contract.serving import ROOT
from tests.contract.test_cli_on_aws import command, ran_with
from tests.fake_aws import EXPIRED, Call, FakeAws, Fault, denied, fake_aws
from tests.unit.test_aws_services import ID, Run, fleet
from tests.unit.test_aws_transport import QuickClock, session
from tui.cli._context_run import LOSSES
from tui.cli._context_run import Run as ContextRun
from tui.cli._lines import Lines
from tui.errors import NotFollowed
from tui.services.nodes import Nodes
from tui.transport.aws import AwsTransport

PROFILE = """
[profile {name}]
region = eu-west-1
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = s
endpoint_url = {url}
"""
BROKEN = Fault("InternalServerError", "ouch", 500)


@pytest.fixture
async def aws() -> AsyncIterator[FakeAws]:
    async with fake_aws() as fake:
        yield fake


@pytest.fixture
async def other() -> AsyncIterator[FakeAws]:
    async with fake_aws() as fake:
        yield fake


def sends(aws: FakeAws, count: int = 1, *, status: str = "Success") -> Run:
    """Have a fleet, and a command on it that has ended."""
    listed = fleet(aws, count, 0)
    run = Run(aws, *(one["InstanceId"] for one in listed), stdout="hi\n")
    run.end(status)
    aws.answers["SendCommand"] = {"Command": {"CommandId": ID, "Status": "Pending"}}
    return run


def targets(count: int, context: str = "") -> list[str]:
    named = f"{context}:" if context else ""
    return [word for number in range(count) for word in ("--target", f"{named}mi-{number:017x}")]


async def ran(home: Path, contexts: Mapping[str, FakeAws], *words: str) -> tuple[int | None, str, list[str]]:
    """Run a verb in contexts that servers of faults are; give its exit status, stdout and the lines of stderr."""
    config = "".join(PROFILE.format(name=name, url=aws.url) for name, aws in contexts.items())
    flags = (word for name in contexts for word in ("--context", name))
    status, out, err = await ran_with(config, home, *flags, *words)
    return status, out, err.splitlines()


async def test_a_broken_config_of_awss_was_a_traceback_of_its_parser_and_a_false_word(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("garbage\n[profile run]\nregion = eu-west-1\n")
    process = await asyncio.create_subprocess_exec(
        *command(tmp_path, "--profile", "run", "nodes", "list"),
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "AWS_CONFIG_FILE": str(config), "PYTHONPATH": str(ROOT)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert (process.returncode, out) == (2, b"")
    assert err.decode() == f"ssm-tui: {config}:1: no [section] stands above this line. Mend AWS's file.\n"


async def test_a_region_that_nobody_knows_was_taken_without_a_word(aws: FakeAws, tmp_path: Path) -> None:
    sends(aws)
    config = tmp_path / "config"
    config.write_text(PROFILE.format(name="lab", url=aws.url))
    said = []
    for region in ("mars-1", "eu-south-2"):
        process = await asyncio.create_subprocess_exec(
            *command(tmp_path, "--profile", "lab", "--region", region, "nodes", "list"),
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": str(tmp_path),
                "AWS_CONFIG_FILE": str(config),
                "PYTHONPATH": str(ROOT),
            },
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert (process.returncode, len(out.splitlines())) == (0, 2)
        said.append(err.decode())
    assert said == ["ssm-tui: lab/mars-1: no region of AWS is called mars-1; its endpoint answers for it.\n", ""]


async def test_one_500_while_following_ended_the_run_with_status_1(aws: FakeAws, tmp_path: Path) -> None:
    sends(aws)
    failed: list[Call] = []

    def once(call: Call) -> Any:
        if call.operation == "ListCommandInvocations" and not failed:
            failed.append(call)
            return BROKEN
        return None

    aws.first = once
    status, out, err = await ran(tmp_path, {"lab": aws}, "run", *targets(1), "--", "uptime")
    assert (status, out, err) == (0, "name of host-00000: hi\n", [])
    assert failed


@pytest.mark.parametrize(
    ("operation", "answer", "said"),
    [
        ("ListCommandInvocations", denied, "ssm:ListCommandInvocations"),
        ("GetCommandInvocation", denied, "ssm:GetCommandInvocation"),
        ("ListCommands", lambda call: EXPIRED, "has expired"),
    ],
)
@pytest.mark.parametrize("json", [(), ("--json",)])
async def test_a_command_that_could_not_be_followed_was_named_nowhere(
    aws: FakeAws, tmp_path: Path, operation: str, answer: Any, said: str, json: tuple[str, ...]
) -> None:
    sends(aws)
    aws.answers[operation] = answer
    status, out, err = await ran(tmp_path, {"lab": aws}, "run", *json, *targets(1), "--", "uptime")
    assert (status, out) == (3, "")
    (line,) = err
    assert line.startswith(f"ssm-tui: The command {ID} was sent in lab/eu-west-1 and ")
    assert said in line
    assert line.endswith(f"ssm-tui --context lab/eu-west-1 command {ID}")
    assert aws.operations().count("SendCommand") == 1


async def test_a_service_that_fails_all_the_while_is_asked_for_a_minute_and_then_given_up(
    aws: FakeAws, capfd: pytest.CaptureFixture[str]
) -> None:
    clock = QuickClock()
    transport = await AwsTransport.open(session=session(), endpoint_url=aws.url, context="lab", clock=clock)
    sends(aws)
    aws.answers["ListCommandInvocations"] = BROKEN
    listed = await Nodes(transport).all()
    args = SimpleNamespace(
        document="AWS-RunShellScript",
        parameters={"commands": ["uptime"]},
        timeout=None,
        comment="",
        json=False,
        max_concurrency="",
        max_errors="",
    )
    with open("/dev/null", "wb") as nowhere:
        run = ContextRun(transport, args, listed, Lines(nowhere, nowhere), clock=clock)  # type: ignore[arg-type]
        with pytest.raises(NotFollowed, match=f"{ID} was sent in lab and goes on.* InternalServerError: ouch"):
            await run.all_of([])
    assert sum(clock.slept) > 30
    err = capfd.readouterr().err
    assert err.count("InternalServerError: ouch. Looking again in") == LOSSES
    assert "Starting it again" not in err
    await transport.aclose()


async def test_an_error_of_several_lines_that_colours_the_terminal_is_one_plain_line(
    aws: FakeAws, tmp_path: Path
) -> None:
    aws.first = lambda call: Fault("InvalidFilterKey", "first\nsecond \x1b[31mred")
    status, out, err = await ran(tmp_path, {"lab": aws}, "nodes", "list")
    assert (status, out) == (1, "")
    assert err == ["ssm-tui: InvalidFilterKey: first second \\x1b[31mred"]


async def test_two_contexts_were_summed_up_as_one_of_them(aws: FakeAws, other: FakeAws, tmp_path: Path) -> None:
    run = sends(aws, 3)
    run.status["mi-00000000000000001"] = "Failed"
    sends(other)
    words = [*targets(3, "lab/eu-west-1"), *targets(1, "far/eu-west-1")]
    status, out, err = await ran(tmp_path, {"lab": aws, "far": other}, "run", *words, "--", "uptime")
    assert (status, out.count(": hi\n")) == (1, 4)
    assert [line for line in err if "nodes" in line] == ["ssm-tui: 4 nodes in 2 contexts: 3 Success, 1 not."]


async def test_what_one_of_two_contexts_hides_is_in_the_summary_as_not_known(
    aws: FakeAws, other: FakeAws, tmp_path: Path
) -> None:
    sends(aws, 2)
    sends(other)
    other.answers["ListCommandInvocations"] = denied
    words = [*targets(2, "lab/eu-west-1"), *targets(1, "far/eu-west-1")]
    status, _, err = await ran(tmp_path, {"lab": aws, "far": other}, "run", *words, "--", "uptime")
    assert status == 1
    assert "ssm-tui: 3 nodes in 2 contexts: 2 Success, 0 not, 1 not known." in err
    assert any(f"The command {ID} was sent in far/eu-west-1 and goes on" in line for line in err)


async def test_a_context_that_is_denied_stopped_a_target_of_another(
    aws: FakeAws, other: FakeAws, tmp_path: Path
) -> None:
    sends(aws)
    other.first = denied
    contexts = {"denied": other, "lab": aws}
    status, out, err = await ran(tmp_path, contexts, "run", *targets(1, "lab/eu-west-1"), "--", "uptime")
    assert (status, out, err) == (0, "name of host-00000: hi\n", [])
    assert other.calls == []
    # Whom a word means that says no context is not known.
    status, out, err = await ran(tmp_path, contexts, "run", *targets(1), "--", "uptime")
    assert (status, out) == (1, "")
    assert "ssm-tui: nothing was sent: the nodes of denied/eu-west-1 are not known." in err
    status, _, err = await ran(tmp_path, contexts, "run", "--target", "denied/eu-west-1:x", "--", "uptime")
    assert status == 1
    assert "ssm:DescribeInstanceInformation" in err[-1]


@pytest.mark.parametrize("json", [(), ("--json",)])
async def test_a_tag_that_aws_found_on_no_node_was_not_worth_a_word(
    aws: FakeAws, tmp_path: Path, json: tuple[str, ...]
) -> None:
    sends(aws)
    over = {"CommandId": ID, "Status": "Success", "StatusDetails": "NoInstancesInTag", "TargetCount": 0}
    aws.answers |= {"ListCommands": {"Commands": [over]}, "ListCommandInvocations": {"CommandInvocations": []}}
    status, out, err = await ran(tmp_path, {"lab": aws}, "run", *json, "--target", "tag:env=prod", "--", "uptime")
    assert (status, out) == (3, "")
    assert err == [f"ssm-tui: the command {ID} found no node in lab/eu-west-1: NoInstancesInTag."]
