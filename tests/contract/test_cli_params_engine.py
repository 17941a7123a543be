"""`ssm-tui params` on our own engine, and where a permission is missing: what is told, and where no secret stands."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.params_verbs import LIMIT
from tests.contract.serving import ROOT, plain_environment
from tests.contract.test_cli_on_aws import ran_on
from tests.engine.daemons import end_all
from tests.fake_aws import FakeAws, Fault, denied, fake_aws
from tui.transport.local import LocalTransport

pytestmark = pytest.mark.slow

SECRET = "correct-horse-battery"


class Local:
    """`params` on the engine of a state folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.env = {
            **plain_environment(self.state),
            "SSM_TUI_STATE": str(self.state),
            "XDG_STATE_HOME": str(folder / "xdg-state"),
            "XDG_CONFIG_HOME": str(folder / "xdg-config"),
            "PYTHONPATH": str(ROOT),
        }

    def start(self, *words: str, **more: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tui.cli", *words]
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.env, cwd=ROOT
        )

    def __call__(self, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        process = self.start("params", *words)
        out, err = process.communicate(given, timeout=LIMIT)
        assert b"Traceback" not in err and b"nobody foresaw" not in err, err
        return subprocess.CompletedProcess(words, process.returncode, out, err)


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    made = Local(tmp_path_factory.mktemp("engine"))
    made("put", "/app/prod/password", "--type", "SecureString", given=SECRET.encode())
    made("put", "/app/prod/db/host", "db-1", "--type", "String")
    yield made
    made.start("stop", "--force").communicate(timeout=LIMIT)
    end_all(made.state)


def command_lines() -> list[bytes]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(file.read_bytes())
        except OSError:
            continue
    return found


def test_a_secret_is_on_no_command_line_while_it_is_put(params: Local) -> None:
    process = params.start("params", "put", "/app/other", "--type", "SecureString")
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(SECRET.encode())
    process.stdin.flush()
    deadline = time.monotonic() + LIMIT
    lines = command_lines()
    while not any(b"/app/other" in line for line in lines):  # a process that just begins has no command line yet
        assert process.poll() is None and time.monotonic() < deadline
        lines = command_lines()
    assert not any(SECRET.encode() in line for line in lines)
    out, _ = process.communicate(timeout=LIMIT)
    assert process.returncode == 0 and out == b"/app/other version 1 Standard\n"


def test_a_secret_is_in_no_file_and_on_no_stream_of_a_verb_that_was_not_asked_for_it(params: Local) -> None:
    said = b""
    for words in (
        ["ls", "-r"],
        ["ls", "-r", "--values"],
        ["ls", "-r", "--values", "--json"],
        ["get", "/app/prod/password"],
        ["history", "/app/prod/password", "--values", "--json"],
        ["diff", "/app/prod", "/app/copy", "--values"],
        ["export", "/app/prod"],
        ["cp", "-r", "/app/prod", "/app/copy", "--yes"],
        ["mv", "-r", "/app/copy", "/app/moved", "--yes", "--json"],
        ["diff", "/app/prod", "/app/moved", "--decrypt"],
        ["rm", "-r", "/app/moved", "--yes"],
        ["put", "/app/prod/password"],
        ["put", "/app/prod/password", "--if-version", "7"],
    ):
        done = params(*words, given=f"{SECRET}\n".encode())
        said += done.stdout + done.stderr
    assert b"/app/prod/password" in said and SECRET.encode() not in said
    files = [file for file in params.folder.rglob("*") if file.is_file()]
    assert any(file.name == "engine.log" for file in files)
    assert not any(SECRET.encode() in file.read_bytes() for file in files)
    assert params("get", "/app/prod/password", "--decrypt").stdout == SECRET.encode()


def test_an_environment_with_a_secret_is_of_the_command_alone(params: Local, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    process = params.start("params", "exec", "/app/prod", "--", "sh", "-c", f"echo $$; read line < {gate}")
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    # The command has taken the place of the verb's process.
    assert pid == process.pid
    assert f"PASSWORD={SECRET}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    assert not any(SECRET.encode() in line for line in command_lines())
    gate.write_text("go\n")
    process.communicate(timeout=LIMIT)
    assert process.returncode == 0


def test_a_level_of_a_large_tree_is_told_with_the_engines_own_counts(params: Local) -> None:
    text = "".join(f"KEY_{number}={number}\n" for number in range(300)).encode()
    assert params("import", "-", "/large/tree", "--format", "env", "--yes", given=text).returncode == 0
    folders = json.loads(params("ls", "/large", "--json").stdout)
    assert folders == [{"Name": "/large/tree/", "Count": 300}]
    assert len(params("ls", "-r", "/large").stdout.splitlines()) == 301


def test_an_import_took_standard_for_the_tier_of_an_account_that_has_another_default(params: Local) -> None:
    long = f"LONG={'x' * 5000}\n".encode()
    refused = params("import", "-", "/tiers", "--format", "env", "--dry-run", given=long)
    assert refused.returncode == 1 and b"the Standard tier takes 4,096" in refused.stdout
    setting = {"SettingId": "/ssm/parameter-store/default-parameter-tier", "SettingValue": "Advanced"}
    asyncio.run(_told(params.state, "UpdateServiceSetting", setting))
    try:
        done = params("import", "-", "/tiers", "--format", "env", "--yes", given=long)
        assert (done.returncode, done.stdout) == (0, b"/tiers/LONG written version 1\n")
    finally:
        asyncio.run(_told(params.state, "UpdateServiceSetting", {**setting, "SettingValue": "Standard"}))


async def _told(state: Path, operation: str, request: dict[str, str]) -> None:
    transport = await LocalTransport.connect(state)
    try:
        await transport.call(operation, request)
    finally:
        await transport.aclose()


def test_public_parameters_are_listed_below_their_own_path_alone(params: Local) -> None:
    assert b"/aws/service" not in params("ls", "-r").stdout
    done = params("ls", "/aws/service")
    assert done.returncode == 0 and b"/aws/service/global-infrastructure/" in done.stdout
    assert params("put", "/aws/service/mine", "x", "--type", "String").returncode == 2
    (folder,) = json.loads(params("ls", "/aws", "--json").stdout)
    assert folder["Name"] == "/aws/service/" and folder["Count"] > 100
    done = params("ls", "-r", "/aws")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == folder["Count"] + 1
    values = json.loads(params("ls", "/aws/service/list", "--values", "--json").stdout)
    assert [value["Value"] for value in values] == ["/aws/service/global-infrastructure/"]


def test_a_report_as_json_says_what_became_of_each(params: Local) -> None:
    done = params("import", "-", "/report", "--format", "env", "--yes", "--json", given=b"A=1\nB=2\n")
    assert json.loads(done.stdout) == [
        {"Name": "/report/A", "State": "Written", "Version": 1, "Reason": None},
        {"Name": "/report/B", "State": "Written", "Version": 1, "Reason": None},
    ]
    done = params("rm", "-r", "/report", "--yes", "--json")
    assert [each["State"] for each in json.loads(done.stdout)] == ["Deleted", "Deleted"]


def test_a_journal_of_another_version_ended_every_verb(params: Local) -> None:
    folder = params.state / "plans"
    folder.mkdir(exist_ok=True)
    strange = folder / "20261122T000000Z-0.jsonl"
    strange.write_text('{"path": "/a", "kind": "what"}\n[]\n{"begun": "soon"}\n')
    try:
        done = params("get", "/app/prod/db/host")
        assert (done.returncode, done.stdout, done.stderr) == (0, b"db-1", b"")
    finally:
        strange.unlink()


# where a permission is missing


def stands(aws: FakeAws) -> None:
    aws.answers["PutParameter"] = {"Version": 4, "Tier": "Standard"}
    aws.answers["GetParameter"] = Fault("ParameterNotFound")


async def test_what_may_only_be_written_is_written_though_nobody_can_look(tmp_path: Path) -> None:
    async with fake_aws() as aws:
        stands(aws)
        aws.answers["DescribeParameters"] = denied
        status, out, err = await ran_on(aws, tmp_path, "params", "put", "/a", "v", "--type", "String", "--overwrite")
        assert (status, out) == (0, "/a version 4 Standard\n")
        assert "ssm:DescribeParameters" in err
        status, out, err = await ran_on(
            aws, tmp_path, "params", "put", "/a", "v", "--type", "String", "--if-version", "3"
        )
        assert status == 1 and "may not be read" in err
    put = next(call for call in aws.calls if call.operation == "PutParameter")
    assert put.params["Overwrite"] is True
    assert aws.operations().count("PutParameter") == 1


async def test_somebody_who_writes_in_between_is_told_of(tmp_path: Path) -> None:
    there = {"Name": "/a", "Type": "String", "Version": 2, "Tier": "Standard"}
    async with fake_aws() as aws:
        stands(aws)
        aws.answers["DescribeParameters"] = {"Parameters": [there]}
        status, out, err = await ran_on(aws, tmp_path, "params", "put", "/a", "v", "--if-version", "2")
        assert (status, out) == (1, "/a version 4 Standard\n")
        assert "version 3 is theirs, 4 is yours" in err and "params diff /a:3 /a:4" in err
        status, _, err = await ran_on(aws, tmp_path, "params", "put", "/a", "v", "--overwrite")
        assert status == 0 and "version 3 is theirs" in err


@pytest.mark.parametrize(
    "words", [["ls", "/a"], ["get", "/a"], ["history", "/a"], ["export", "/a"], ["exec", "/a", "--", "env"]]
)
async def test_what_is_denied_is_one_sentence_that_names_the_action(tmp_path: Path, words: list[str]) -> None:
    async with fake_aws() as aws:
        aws.first = denied
        status, out, err = await ran_on(aws, tmp_path, "params", *words)
    assert status == 1 and out == "" and "ssm:" in err and len(err.splitlines()) == 1


async def test_an_import_says_that_the_default_tier_could_not_be_read(tmp_path: Path) -> None:
    file = tmp_path / "app.env"
    file.write_text("X=1\n")
    async with fake_aws() as aws:
        aws.answers["GetParametersByPath"] = aws.answers["DescribeParameters"] = {"Parameters": []}
        aws.answers["GetParameters"] = {"Parameters": [], "InvalidParameters": ["/a/X"]}
        aws.answers["PutParameter"] = {"Version": 1, "Tier": "Standard"}
        aws.answers["GetServiceSetting"] = denied
        words = ("params", "import", str(file), "/a", "--yes")
        status, out, err = await ran_on(aws, tmp_path, *words)
        assert (status, out) == (0, "/a/X written version 1\n")
        assert "ssm:GetServiceSetting is missing: what is new is taken to be Standard" in err
        _, _, err = await ran_on(aws, tmp_path, *words, "--tier", "Standard")
        assert "GetServiceSetting" not in err


async def test_of_aws_the_levels_above_public_parameters_are_listed_and_not_all_that_is_below(tmp_path: Path) -> None:
    async with fake_aws() as aws:
        names = ["bottlerocket", "ecs"]
        listed = [
            {"Name": f"/aws/service/list/{name}", "Type": "String", "Value": f"/aws/service/{name}/", "Version": 1}
            for name in names
        ]
        aws.answers["GetParametersByPath"] = {"Parameters": listed}
        status, out, _ = await ran_on(aws, tmp_path, "params", "ls", "/aws", "--json")
        assert (status, json.loads(out)) == (0, [{"Name": "/aws/service/", "Count": None}])
        status, out, _ = await ran_on(aws, tmp_path, "params", "ls", "/aws/service")
        assert status == 0
        assert [line.split()[:2] for line in out.splitlines()[1:4]] == [
            ["/aws/service/bottlerocket/", "folder"],
            ["/aws/service/ecs/", "folder"],
            ["/aws/service/list/", "2"],
        ]
        aws.answers["GetParametersByPath"] = Fault("ValidationException", "The parameter doesn't meet the requirements")
        status, out, err = await ran_on(aws, tmp_path, "params", "ls", "/aws/service/ecs")
        assert status == 1 and out == "" and "The parameter doesn't meet the requirements" in err
