"""The headless verbs on a context of AWS, which a `serve` of our own and a server of faults stand in for."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.contract.serving import ROOT, Served, serving
from tests.fake_aws import EXPIRED, THROTTLED, FakeAws, denied, fake_aws
from tests.unit.test_aws_services import Run, fleet

PROFILE = """
[profile lab]
region = eu-west-1
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = s
endpoint_url = {url}
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("serve") / "state") as served:
        yield served


def command(home: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "tui.cli", "--state", str(home / "unused"), *words]


def ran(served: Served, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a verb in the context that the profile of `serve` is."""
    environment = served.environment(home) | {"PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(home / "config")}
    flags = ("--profile", served.profile, "--region", "eu-central-1")
    done = subprocess.run(
        command(home, *flags, *words),
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert not (home / "unused").exists(), "an engine of our own was started for a context of AWS"
    return done


async def ran_on(aws: FakeAws, home: Path, *words: str) -> tuple[int | None, str, str]:
    """Run a verb in a context that a server of faults is."""
    return await ran_with(PROFILE.format(url=aws.url), home, "--profile", "lab", *words)


async def ran_with(config: str, home: Path, *words: str) -> tuple[int | None, str, str]:
    """Run a verb with an AWS configuration; give its exit status, stdout and stderr."""
    (home / "config").write_text(config)
    environment: Mapping[str, str] = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "AWS_CONFIG_FILE": str(home / "config"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONPATH": str(ROOT),
    }
    process = await asyncio.create_subprocess_exec(
        *command(home, *words),
        env=environment,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert b"Traceback" not in err
    return process.returncode, out.decode(), err.decode()


def test_a_command_prints_both_streams_and_gives_the_exit_status(served: Served, tmp_path: Path) -> None:
    done = ran(served, tmp_path, "run", "--", "echo out; echo err >&2; exit 3")
    assert done.returncode == 1
    assert done.stdout.endswith(": out\n")
    assert ": err\n" in done.stderr
    assert "exit status 3" in done.stderr


def test_the_nodes_are_listed_as_json(served: Served, tmp_path: Path) -> None:
    (node,) = json.loads(ran(served, tmp_path, "nodes", "list", "--json").stdout)
    assert node["InstanceId"].startswith("mi-")
    assert node["PingStatus"] == "Online"


async def test_an_output_that_aws_cut_is_said_on_stderr(tmp_path: Path) -> None:
    async with fake_aws() as aws:
        fleet(aws, 2, 0)
        Run(aws, "mi-00000000000000000", stdout="x\n" * 12_000, url="https://s3.example/stdout").end()
        aws.answers["SendCommand"] = {"Command": {"CommandId": "11111111-2222-4333-8444-555555555555"}}
        status, out, err = await ran_on(aws, tmp_path, "run", "--target", "name of host-00000", "--", "yes")
    assert status == 0
    assert out.count("\n") == 12_000
    assert "Truncated by AWS at 24,000 characters; the whole is https://s3.example/stdout" in err


async def test_throttling_on_every_second_call_is_waited_out(tmp_path: Path) -> None:
    async with fake_aws() as aws:
        fleet(aws, 120, 0)
        aws.first = lambda call: THROTTLED if len(aws.calls) % 2 else None
        status, out, _ = await ran_on(aws, tmp_path, "nodes", "list")
    assert (status, len(out.splitlines())) == (0, 121)


@pytest.mark.parametrize(
    ("answer", "said"), [(denied, "ssm:DescribeInstanceInformation"), (lambda call: EXPIRED, "has expired")]
)
async def test_what_is_denied_or_expired_is_one_sentence_and_a_status(
    tmp_path: Path, answer: object, said: str
) -> None:
    async with fake_aws() as aws:
        aws.first = answer  # type: ignore[assignment]  # a function of the call
        status, out, err = await ran_on(aws, tmp_path, "nodes", "list")
    assert status not in (0, None)
    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1


async def test_nodes_list_said_nothing_of_tags_that_may_not_be_read(tmp_path: Path) -> None:
    async with fake_aws() as aws:
        fleet(aws, 1, 0)
        aws.first = lambda call: denied(call) if call.operation == "GetResources" else None
        code, out, err = await ran_on(aws, tmp_path, "nodes", "list", "--json")
    assert (code, json.loads(out)[0]["Tags"]) == (0, None)
    assert "some names and tags are not known: tag:GetResources is missing." in err
