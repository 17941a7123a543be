"""`ssm-tui params` verbs that change many parameters: plans, questions, what is broken off and taken up again."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.params_verbs import LIMIT, Lab, lab
from tests.contract.serving import ROOT
from tests.terminal.pty_driver import Program

pytestmark = pytest.mark.slow

SECRET = "correct-horse-battery"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(tmp_path_factory.mktemp("params")) as made:
        yield made


@pytest.fixture
def params(whole: Lab) -> Iterator[Lab]:
    """Give the lab with four parameters below /app/prod, one of them elsewhere, and nothing else."""
    whole.put("/app/prod/host", "db-1", Description="where it is", Tags=[{"Key": "team", "Value": "shop"}])
    whole.put("/app/prod/db/password", SECRET, "SecureString")
    whole.put("/app/prod/db/port", "5432")
    whole.put("/app/prod/zones", "a,b", "StringList")
    whole.put("/app/staging/host", "db-2")
    yield whole
    whole.on_call = lambda operation: None
    for client in (whole.ssm, whole.far):
        pages = client.get_paginator("describe_parameters").paginate()
        names = [each["Name"] for page in pages for each in page["Parameters"]]
        for start in range(0, len(names), 10):
            client.delete_parameters(Names=names[start : start + 10])
    for file in (whole.state / "plans").glob("*"):
        file.unlink()


PROD = ["/app/prod/db/password", "/app/prod/db/port", "/app/prod/host", "/app/prod/zones"]


def below(path: str) -> list[str]:
    return [path + name.removeprefix("/app/prod") for name in PROD]


# rm


def test_what_is_removed_is_shown_and_needs_yes_where_nobody_can_be_asked(params: Lab) -> None:
    done = params("rm", "/app/prod", "-r")
    assert done.returncode == 2 and b"--yes" in done.stderr and b"4 to delete" in done.stderr
    assert params.names("/app/prod") == PROD
    done = params("rm", "/app/prod", "-r", "--yes")
    assert done.returncode == 0 and done.stdout.splitlines() == [f"{name} deleted".encode() for name in PROD]
    assert params.names("/app") == ["/app/staging/host"]


def test_a_folder_or_a_name_that_is_not_there_removes_nothing(params: Lab) -> None:
    done = params("rm", "/app/prod", "--yes")
    assert done.returncode == 1 and b"is a folder" in done.stderr
    done = params("rm", "/app/prod/host", "/app/prod/nope", "--yes")
    assert done.returncode == 1 and b"no parameter /app/prod/nope" in done.stderr
    assert params("rm", "/app/prod/host:1", "--yes").returncode == 2
    assert params.names("/app/prod") == PROD


@pytest.mark.parametrize(
    ("words", "asked", "answer", "left"),
    [
        (["/app/prod/host"], "Type /app/prod/host to go on", "/app/prod/host", 3),
        (["/app/prod/host"], "Type /app/prod/host to go on", "y", 4),
        (["-r", "/app/prod"], "Type 4 to go on", "4", 0),
        (["-r", "/app/prod"], "Type 4 to go on", "yes", 4),
    ],
)
def test_the_name_or_the_count_is_to_be_typed(
    params: Lab, words: list[str], asked: str, answer: str, left: int
) -> None:
    with Program(params.command("rm", *words), env=params.env, cwd=ROOT, columns=160) as rm:
        rm.wait_for(asked)
        rm.send(f"{answer}\r")
        assert rm.wait_exit() == (0 if left in (0, 3) else 1)
        assert ("Nothing was changed" in rm.text) == (left == 4)
    assert len(params.names("/app/prod")) == left


def test_ctrl_c_at_the_question_removes_nothing(params: Lab) -> None:
    with Program(params.command("rm", "/app/prod/host"), env=params.env, cwd=ROOT) as rm:
        rm.wait_for("to go on")
        rm.send("\x03")
        assert rm.wait_exit() == 130 and b"Traceback" not in rm.raw
    assert params.names("/app/prod") == PROD


# cp, mv


def test_a_copy_has_all_that_the_original_has_and_no_value_is_shown(params: Lab) -> None:
    done = params("cp", "/app/prod", "/app/copy", "-r", "--yes")
    assert done.returncode == 0 and b"4 to create" in done.stderr
    assert SECRET.encode() not in done.stdout + done.stderr
    assert params.names("/app/copy") == below("/app/copy") and params.names("/app/prod") == PROD
    assert params.value("/app/copy/db/password") == SECRET
    (host,) = params.ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": ["/app/copy/host"]}])[
        "Parameters"
    ]
    assert host["Description"] == "where it is"
    tags = params.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/app/copy/host")["TagList"]
    assert tags == [{"Key": "team", "Value": "shop"}]
    done = params("cp", "/app/prod", "/app/copy", "-r", "--yes")
    assert done.returncode == 0 and done.stdout == b"" and b"4 the same already" in done.stderr


def test_what_exists_was_overwritten_without_a_word_and_needs_the_flag(params: Lab) -> None:
    done = params("cp", "/app/prod/host", "/app/staging/host", "--yes")
    assert done.returncode == 1 and b"--overwrite" in done.stderr and params.value("/app/staging/host") == "db-2"
    done = params("cp", "/app/prod/host", "/app/staging/", "--yes", "--overwrite")
    assert done.returncode == 0 and done.stdout == b"/app/staging/host written version 2\n"


def test_the_same_path_in_another_context_is_another_place(params: Lab) -> None:
    params.far.put_parameter(Name="/app/prod/host", Value="far away", Type="String")
    done = params("cp", "/app/prod", "/app/prod", "-r", "--yes", "--overwrite", "--to-context", "far")
    assert done.returncode == 0, done.stderr
    assert b"3 to create, 1 to change" in done.stderr
    found = params.far.get_parameters_by_path(Path="/app/prod", Recursive=True, WithDecryption=True)["Parameters"]
    assert {each["Name"]: each["Value"] for each in found} == {
        "/app/prod/host": "db-1",
        "/app/prod/db/password": SECRET,
        "/app/prod/db/port": "5432",
        "/app/prod/zones": "a,b",
    }
    done = params("cp", "far:/app/prod/db/port", "lab:/app/back", "--yes")
    assert done.returncode == 0 and params.value("/app/back") == "5432"


def test_a_move_to_another_context_deletes_once_every_copy_was_looked_at(params: Lab) -> None:
    killed(params, "DeleteParameters", 1, "mv", "/app/prod", "far:/app/prod", "-r", "--yes")
    assert params.names("/app/prod") == PROD
    done = params("mv", "/app/prod", "/app/prod", "-r", "--to-context", "far", "--yes", "--json")
    assert done.returncode == 0 and b"4 the same already" in done.stderr, done.stderr
    states = [each["State"] for each in json.loads(done.stdout)]
    assert states == ["Same"] * 4 + ["Deleted"] * 4
    found = params.far.get_parameters_by_path(Path="/app/prod", Recursive=True, WithDecryption=True)["Parameters"]
    assert sorted(each["Name"] for each in found) == PROD and {each["Version"] for each in found} == {1}
    assert SECRET in {each["Value"] for each in found} and params.names("/app") == ["/app/staging/host"]


def test_a_move_is_a_copy_and_then_a_deletion(params: Lab) -> None:
    done = params("mv", "/app/prod", "/app/moved", "-r", "--yes")
    assert done.returncode == 0 and b"4 to create, 4 to delete" in done.stderr
    assert params.names("/app") == [*below("/app/moved"), "/app/staging/host"]
    assert params.value("/app/moved/db/password") == SECRET
    assert list((params.state / "plans").glob("*")) == []
    done = params("mv", "/app/moved", "/app/moved/deeper", "-r", "--yes")
    assert done.returncode == 2 and b"into itself" in done.stderr


def killed(params: Lab, operation: str, number: int, *words: str) -> None:
    """Run a verb that is killed when it makes a call for the so-and-so-manieth time, before that is answered."""
    made: list[subprocess.Popen[bytes]] = []
    seen: list[str] = []

    def kill(called: str) -> str | None:
        if called == operation:
            seen.append(called)
            if len(seen) >= number:
                made[0].send_signal(signal.SIGKILL)
                return "ThrottlingException"
        return None

    params.on_call = kill
    made.append(subprocess.Popen(params.command(*words), env=params.env, cwd=ROOT, stderr=subprocess.PIPE))
    made[0].communicate(timeout=LIMIT)
    assert made[0].returncode == -signal.SIGKILL
    params.on_call = lambda operation: None


def test_a_move_killed_half_way_left_parameters_in_two_places_and_no_word_of_it(params: Lab) -> None:
    killed(params, "DeleteParameters", 1, "mv", "/app/prod", "/app/moved", "-r", "--yes")
    assert params.names("/app/moved") == below("/app/moved") and params.names("/app/prod") == PROD
    for words in (["get", "/app/staging/host"], ["ls", "/app"]):
        said = params(*words).stderr.decode()
        assert "A move in lab/us-east-1 was broken off" in said and "/app/prod to /app/moved" in said
        assert "params mv --finish goes on" in said and "/app/prod/db/password" in said
    assert b"broken off" not in params("ls", "--help").stderr
    done = params("mv", "--finish", "--yes")
    assert done.returncode == 0 and b"4 to delete" in done.stderr
    assert params.names("/app") == [*below("/app/moved"), "/app/staging/host"]
    assert params("ls").stderr == b""
    for name in below("/app/moved"):
        # What was written before is not written again.
        assert params.ssm.get_parameter(Name=name)["Parameter"]["Version"] == 1


def test_a_move_killed_half_way_is_taken_back(params: Lab) -> None:
    killed(params, "PutParameter", 3, "mv", "/app/prod", "/app/moved", "-r", "--yes")
    assert b"at the old place" in params("ls").stderr
    done = params("mv", "--take-back")
    assert done.returncode == 2 and b"--yes" in done.stderr
    done = params("mv", "--take-back", "--yes")
    assert done.returncode == 0, done.stderr
    assert params.names("/app") == [*PROD, "/app/staging/host"] and params("ls").stderr == b""
    assert params.value("/app/prod/db/password") == SECRET
    assert b"No move was broken off" in params("mv", "--finish").stderr


def test_a_move_killed_half_way_is_forgotten_where_that_is_meant(params: Lab) -> None:
    killed(params, "DeleteParameters", 1, "mv", "/app/prod/host", "/app/moved", "--yes")
    assert params("mv", "--forget", "--read-only", "--yes").returncode == 1
    assert params("mv", "--forget", "--yes").returncode == 0
    assert params.names("/app/prod") == PROD and params.value("/app/moved") == "db-1"
    assert params("ls").stderr == b""


# export, import


def test_what_is_exported_is_imported_without_a_change(params: Lab, tmp_path: Path) -> None:
    for kind in ("env", "json", "yaml", "shell"):
        file = tmp_path / f"out.{kind}"
        done = params("export", "/app/prod", "--decrypt", "--format", kind, "-o", str(file))
        assert done.returncode == 0 and done.stdout == b"" and b"4 parameters written" in done.stderr
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert SECRET in file.read_text()
        done = params("import", str(file), "/app/prod", "--format", kind, "--delete-others", "--yes")
        assert done.returncode == 0 and done.stdout == b"" and b"4 the same already" in done.stderr, done.stderr
    assert sorted(each.name for each in tmp_path.iterdir()) == ["out.env", "out.json", "out.shell", "out.yaml"]


def test_secrets_are_not_exported_unless_asked_for_and_stay_when_that_is_imported(params: Lab) -> None:
    text = params("export", "/app/prod", "--format", "yaml")
    assert b"!secret\n" in text.stdout and SECRET.encode() not in text.stdout and b"--decrypt" in text.stderr
    done = params("import", "-", "/app/prod", "--format", "yaml", "--yes", given=text.stdout)
    assert done.returncode == 0 and b"4 the same already" in done.stderr
    assert json.loads(params("export", "/app/prod", "--format", "json", "--flat").stdout)["db/port"] == "5432"


def test_an_export_that_fails_leaves_the_file_as_it_was(params: Lab, tmp_path: Path) -> None:
    file = tmp_path / "out.env"
    file.write_text("old")
    params.put("/app/prod/HOST", "two of one variable")
    assert params("export", "/app/prod", "-o", str(file)).returncode == 2
    assert params("export", "/nothing", "-o", str(file)).returncode == 1
    assert file.read_text() == "old" and [*tmp_path.iterdir()] == [file]
    for word in (str(tmp_path), "/dev/null", str(tmp_path / "none" / "x.env"), str(tmp_path / "what.ever")):
        assert params("export", "/app/staging", "-o", word).returncode == 2


def test_a_dry_run_is_the_plan_and_writes_nothing(params: Lab, tmp_path: Path) -> None:
    file = tmp_path / "in.env"
    file.write_text("HOST=new\nDB_PORT=5432\nFRESH='a b'\n")
    done = params("import", str(file), "/app/prod", "--dry-run", "--delete-others", "--read-only")
    assert done.returncode == 0 and done.stderr == b""
    lines = [line.split()[:2] for line in done.stdout.decode().splitlines()]
    assert lines[1:-1] == [
        ["update", "/app/prod/host"], ["create", "/app/prod/FRESH"],
        ["delete", "/app/prod/db/password"], ["delete", "/app/prod/zones"],
    ]  # fmt: skip
    assert params.names("/app/prod") == PROD and params.value("/app/prod/host") == "db-1"


def test_an_import_overwrites_and_deletes_only_where_the_flags_say_so(params: Lab) -> None:
    text = b'{"host": "new", "token": "t", "list": ["x", "y"]}'
    done = params("import", "-", "/app/prod", "--format", "json", "--yes", given=text)
    assert done.returncode == 1 and b"/app/prod/host exists" in done.stderr and b"--overwrite" in done.stderr
    flags = ["--overwrite", "--delete-others", "--secret", "tok*", "--yes"]
    done = params("import", "-", "/app/prod", "--format", "json", *flags, given=text)
    assert done.returncode == 0, done.stderr
    assert params.names("/app/prod") == ["/app/prod/host", "/app/prod/list", "/app/prod/token"]
    listed = json.loads(params("ls", "/app/prod", "--json").stdout)
    assert [each["Type"] for each in listed] == ["String", "StringList", "SecureString"]


def test_every_problem_is_said_before_anything_is_written(params: Lab) -> None:
    text = json.dumps({"ok": "x", "a": "{{b}}", "b": "y" * 5000, "c": "x\u0001"}).encode()
    done = params("import", "-", "/new", "--format", "json", "--yes", given=text)
    assert done.returncode == 1 and b"/new/a: " in done.stderr and b"/new/b: " in done.stderr
    assert b"2 problems" in done.stderr and params.names("/new") == []
    for given, said in ((b"A=\xff", b"not UTF-8"), (b"A=1\nA=2", b"Line 2"), (b"what is this", b"Line 1")):
        done = params("import", "-", "/new", "--format", "env", "--yes", given=given)
        assert done.returncode == 2 and said in done.stderr and params.names("/new") == []
    assert params("import", "/none/such.env", "/new", "--yes").returncode == 2
    assert params("import", "-", "/new", "--yes").returncode == 2
    assert params("import", "-", "/new", "--format", "env", "--secret", "Z", "--yes", given=b"A=1").returncode == 2


def test_an_import_killed_half_way_is_taken_up_by_the_same_command_and_writes_nothing_twice(
    params: Lab, tmp_path: Path
) -> None:
    file = tmp_path / "in.env"
    file.write_text("".join(f"KEY_{number:02}=value {number}\n" for number in range(40)))
    words = ["import", str(file), "/many", "--yes"]
    killed(params, "PutParameter", 23, *words)
    half = params.names("/many")
    assert 0 < len(half) < 40
    done = params(*words)
    assert done.returncode == 0 and f"{len(half)} the same already".encode() in done.stderr
    assert len(params.names("/many")) == 40
    assert {params.ssm.get_parameter(Name=name)["Parameter"]["Version"] for name in params.names("/many")} == {1}


def test_an_import_that_is_throttled_waits_and_writes_nothing_twice(params: Lab) -> None:
    calls: list[str] = []

    def busy(operation: str) -> str | None:
        calls.append(operation)
        return "ThrottlingException" if operation == "PutParameter" and len(calls) % 3 == 0 else None

    params.on_call = busy
    text = "".join(f"KEY_{number}={number}\n" for number in range(12)).encode()
    done = params("import", "-", "/busy", "--format", "env", "--yes", given=text)
    assert done.returncode == 0 and b"12 written" in done.stderr, done.stderr
    params.on_call = lambda operation: None
    assert {params.ssm.get_parameter(Name=name)["Parameter"]["Version"] for name in params.names("/busy")} == {1}


def test_ctrl_c_in_an_import_tells_what_was_written(params: Lab) -> None:
    process: list[subprocess.Popen[bytes]] = []
    seen: list[str] = []

    def interrupt(operation: str) -> str | None:
        if operation == "PutParameter":
            seen.append(operation)
            if len(seen) > 25:
                if len(seen) == 26:
                    process[0].send_signal(signal.SIGINT)
                return "ThrottlingException"
        return None

    params.on_call = interrupt
    process.append(
        subprocess.Popen(
            params.command("import", "-", "/broken", "--format", "env", "--yes"),
            env=params.env, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
    )  # fmt: skip
    text = "".join(f"KEY_{number}={number}\n" for number in range(60)).encode()
    out, err = process[0].communicate(text, timeout=LIMIT)
    assert process[0].returncode == 130 and b"Traceback" not in err, err
    written = {line.split()[0].decode() for line in out.splitlines()}
    unknown = {line.split()[1].decode() for line in err.splitlines() if b" unknown: " in line}
    params.on_call = lambda operation: None
    there = {*params.names("/broken")}
    assert 0 < len(written) < 60 and written <= there <= written | unknown
    assert b"broken off" in err


def test_read_only_refuses_every_verb_that_changes_something(params: Lab) -> None:
    for words in (
        ["rm", "/app/prod/host", "--yes"],
        ["cp", "/app/prod/host", "/app/x", "--yes"],
        ["mv", "/app/prod/host", "/app/x", "--yes"],
        ["import", "-", "/app/x", "--format", "env", "--yes"],
    ):
        done = params(*words, "--read-only", given=b"A=1\n")
        assert done.returncode == 1 and b"read-only" in done.stderr and done.stdout == b""
    assert params.names("/app") == [*PROD, "/app/staging/host"]


def test_what_was_at_the_new_place_before_a_move_stays_there_when_it_is_taken_back(params: Lab) -> None:
    params.put("/app/moved/host", "was here before")
    killed(params, "DeleteParameters", 1, "mv", "/app/prod", "/app/moved", "-r", "--overwrite", "--yes")
    params.ssm.delete_parameter(Name="/app/prod/host")
    done = params("mv", "--take-back", "--yes")
    assert done.returncode == 0 and b"/app/moved/host was there before, and stays" in done.stderr
    assert params.names("/app") == ["/app/moved/host", *PROD, "/app/staging/host"]
    assert params.value("/app/prod/host") == "db-1"
    assert params("get", "/app/moved/host:1").stdout == b"was here before"


def test_a_copy_that_somebody_changed_is_not_overwritten_by_going_on(params: Lab) -> None:
    killed(params, "DeleteParameters", 1, "mv", "/app/prod/host", "/app/moved", "--yes")
    params.put("/app/moved", "theirs", Overwrite=True)
    for flag in ("--finish", "--take-back"):
        done = params("mv", flag, "--yes")
        assert done.returncode == 1 and b"--overwrite" in done.stderr
    assert params.value("/app/moved") == "theirs" and params.value("/app/prod/host") == "db-1"
    assert params("mv", "--finish", "--overwrite", "--yes").returncode == 0
    assert params.names("/app/prod") == PROD[:2] + PROD[3:] and params.value("/app/moved") == "db-1"
