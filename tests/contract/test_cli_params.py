"""`ssm-tui params` as a shell script meets it: real processes, on moto's server as a context of AWS."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.params_verbs import LIMIT, Lab, lab
from tests.contract.serving import ROOT
from tests.terminal.pty_driver import Program

pytestmark = pytest.mark.slow

SECRET = "correct-horse-battery"


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(tmp_path_factory.mktemp("params")) as made:
        made.put("/shop/prod/host", "db-1")
        made.put("/shop/prod/db/password", SECRET, "SecureString")
        made.put("/shop/prod/db/port", "5432")
        made.put("/shop/staging/host", "db-2")
        made.put("root", "at the root")
        yield made


def rows(out: bytes) -> list[list[str]]:
    return [line.split() for line in out.decode().splitlines()]


# ls, get, history


def test_a_level_is_folders_with_their_counts_and_parameters_without_values(params: Lab) -> None:
    done = params("ls", "/shop/prod")
    assert done.returncode == 0, done.stderr
    head, folder, host = rows(done.stdout)
    assert head == ["NAME", "TYPE", "VERSION", "TIER", "MODIFIED"]
    assert folder == ["/shop/prod/db/", "2", "parameters"]
    assert host[:4] == ["/shop/prod/host", "String", "1", "Standard"]
    assert b"db-1" not in done.stdout
    assert rows(params("ls").stdout)[1][0] == "/shop/"


def test_secrets_are_masked_in_lists_unless_they_are_asked_for(params: Lab) -> None:
    masked = params("ls", "-r", "/shop", "--values").stdout.decode()
    assert "db-1" in masked and "••••••" in masked and SECRET not in masked
    assert SECRET in params("ls", "-r", "/shop", "--values", "--decrypt").stdout.decode()
    listed = json.loads(params("ls", "-r", "/shop/prod", "--values", "--json").stdout)
    assert {each["Name"]: each["Value"] for each in listed} == {
        "/shop/prod/db/password": None,
        "/shop/prod/db/port": "5432",
        "/shop/prod/host": "db-1",
    }


def test_a_list_of_one_type_and_of_one_parameter(params: Lab) -> None:
    (only,) = json.loads(params("ls", "-r", "/shop", "--type", "SecureString", "--json").stdout)
    assert (only["Name"], only["Type"], only["Tier"]) == ("/shop/prod/db/password", "SecureString", "Standard")
    (only,) = json.loads(params("ls", "/shop/prod/host", "--json").stdout)
    assert only["Name"] == "/shop/prod/host"
    done = params("ls", "/nothing/here", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (1, []) and b"/nothing/here" in done.stderr


def test_a_value_is_written_exactly_as_it_is(params: Lab) -> None:
    text = " two lines\nand 비밀\t\x1b[2J "
    params.put("/exact/text", text)
    assert params("get", "/exact/text").stdout == text.encode()
    assert json.loads(params("get", "/exact/text", "--json").stdout)["Value"] == text


def test_a_secret_was_printed_as_ciphertext_and_is_refused_with_the_flag_that_shows_it(params: Lab) -> None:
    for words in (["get", "/shop/prod/db/password"], ["get", "/shop/prod/db/password", "--json"]):
        done = params(*words)
        assert done.returncode == 1 and done.stdout == b"" and b"--decrypt" in done.stderr
    assert params("get", "/shop/prod/db/password", "--decrypt").stdout == SECRET.encode()


def test_a_version_or_a_label_is_a_value_of_its_own(params: Lab) -> None:
    for value in ("one", "two", "three"):
        params.put("/old/text", value, Overwrite=True)
    params.ssm.label_parameter_version(Name="/old/text", ParameterVersion=2, Labels=["live"])
    assert params("get", "/old/text:1").stdout == b"one"
    assert params("get", "/old/text:live").stdout == b"two"
    done = params("get", "/old/text:9")
    assert done.returncode == 1 and b"params history /old/text" in done.stderr
    _, *versions = rows(params("history", "/old/text", "--values").stdout)
    assert [line[0] for line in versions] == ["3", "2", "1"] and "live" in versions[1]
    assert json.loads(params("history", "/old/text", "--json").stdout)[1]["Labels"] == ["live"]


def test_what_is_not_there_is_one_sentence(params: Lab) -> None:
    for words in (["get", "/shop/nope"], ["history", "/shop/nope"]):
        done = params(*words)
        assert done.returncode == 1 and done.stdout == b""
        assert b"params ls /shop lists" in done.stderr and len(done.stderr.splitlines()) == 1


def test_several_contexts_are_one_list_and_no_value_without_json(params: Lab) -> None:
    params.far.put_parameter(Name="/shop/far", Value="away", Type="String")
    both = ("--context", "lab", "--context", "far")
    head, *listed = rows(params("ls", "/shop", *both).stdout)
    assert head[:2] == ["NAME", "CONTEXT"]
    assert {(line[0], line[1]) for line in listed} >= {
        ("/shop/prod/", "lab/us-east-1"),
        ("/shop/far", "far/eu-west-1"),
    }
    assert params("get", "far:/shop/far").stdout == b"away"
    assert params("get", "/shop/prod/host", *both).returncode == 2
    done = params("get", "/shop/prod/host", *both, "--json")
    assert done.returncode == 1 and b"far/eu-west-1: There is no parameter" in done.stderr
    assert [each["Context"] for each in json.loads(done.stdout)] == ["lab/us-east-1"]
    done = params("put", "/shop/new", "x", "--type", "String", *both)
    assert done.returncode == 2 and b"one context" in done.stderr


# diff


def test_two_subtrees_are_compared_and_the_exit_status_says_whether_they_differ(params: Lab) -> None:
    params.put("/diff/a/same", "1")
    params.put("/diff/a/other", "old value")
    params.put("/diff/a/only", "1")
    params.put("/diff/b/same", "1")
    params.put("/diff/b/other", "new value")
    done = params("diff", "/diff/a", "/diff/b")
    assert done.returncode == 1 and b"value" not in done.stdout
    assert [line[:3] for line in rows(done.stdout)[1:]] == [["only", "left", "only"], ["different", "other", "String"]]
    assert b"new value" in params("diff", "/diff/a", "/diff/b", "--values").stdout
    only, other = json.loads(params("diff", "/diff/a", "/diff/b", "--values", "--json").stdout)
    assert (only["Key"], only["Difference"], only["Right"]) == ("only", "OnlyLeft", None)
    assert (other["Left"]["Value"], other["Right"]["Value"]) == ("old value", "new value")
    done = params("diff", "/diff/a/same", "/diff/b/same")
    assert (done.returncode, done.stdout) == (0, b"")
    for words in (["/diff/a"], ["/nothing", "/nowhere"], ["/diff/a", "--at", "soon"]):
        done = params("diff", *words)
        assert done.returncode == 2 and done.stdout == b"" and len(done.stderr.splitlines()) == 1


def test_secrets_are_compared_only_when_that_is_asked_for_and_shown_only_then(params: Lab) -> None:
    for name in ("/secrets/a/x", "/secrets/b/x"):
        params.put(name, SECRET, "SecureString")
    done = params("diff", "/secrets/a", "/secrets/b", "--values")
    assert done.returncode == 2 and b"unknown" in done.stdout and b"--decrypt" in done.stderr
    assert params("diff", "/secrets/a", "/secrets/b", "--decrypt").returncode == 0
    params.put("/secrets/b/x", "another", "SecureString", Overwrite=True)
    done = params("diff", "/secrets/a", "/secrets/b", "--decrypt")
    assert done.returncode == 1 and SECRET.encode() not in done.stdout
    assert SECRET.encode() in params("diff", "/secrets/a", "/secrets/b", "--decrypt", "--values").stdout


def test_two_versions_are_compared_line_by_line(params: Lab) -> None:
    for value in ("one\ntwo\n", "one\nthree\n"):
        params.put("/lines/a", value, Overwrite=True)
    done = params("diff", "/lines/a:1", "/lines/a:2", "--values")
    assert done.returncode == 1 and b"-two\n+three\n" in done.stdout
    assert params("diff", "/lines/a:2", "/lines/a").returncode == 0
    assert params("diff", "/lines/a:2", "/lines/a:7").returncode == 2


def test_a_subtree_is_compared_with_another_context_and_with_its_past(params: Lab) -> None:
    params.put("/past/a", "now")
    params.far.put_parameter(Name="/past/a", Value="far", Type="String")
    (row,) = json.loads(params("diff", "/past", "far:/past", "--json").stdout)
    assert (row["Left"]["Context"], row["Right"]["Context"]) == ("lab/us-east-1", "far/eu-west-1")
    assert params("diff", "/past", "--at", "2999-01-01T00:00Z").returncode == 0
    (row,) = json.loads(params("diff", "/past", "--at", "1d", "--json").stdout)
    assert (row["Difference"], row["Left"]) == ("OnlyRight", None)


# put


def test_a_put_says_the_new_version_and_what_it_would_overwrite(params: Lab) -> None:
    assert (
        params("put", "/put/a", "1", "--type", "String", "--tag", "team=shop").stdout == b"/put/a version 1 Standard\n"
    )
    done = params("put", "/put/a", "2")
    assert done.returncode == 1 and b"/put/a exists: String, version 1, Standard" in done.stderr
    assert b"--overwrite" in done.stderr and params.value("/put/a") == "1"
    done = params("put", "/put/a", "2", "--overwrite", "--tag", "owner=ann", "--json")
    assert json.loads(done.stdout) == {"Name": "/put/a", "Version": 2, "Tier": "Standard"}
    tags = params.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/put/a")["TagList"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "shop", "owner": "ann"}


def test_a_version_that_moved_was_overwritten_and_is_refused(params: Lab) -> None:
    params.put("/moved/a", "1")
    params.put("/moved/a", "theirs", Overwrite=True)
    done = params("put", "/moved/a", "mine", "--if-version", "1")
    assert done.returncode == 1 and b"version 2, and not 1" in done.stderr and params.value("/moved/a") == "theirs"
    assert params("put", "/moved/a", "mine", "--if-version", "2").returncode == 0
    assert params("put", "/moved/b", "new", "--if-version", "0", "--type", "String").returncode == 0
    assert params("put", "/moved/b", "newer", "--if-version", "0").returncode == 1


@pytest.mark.parametrize(
    "value", ["https://example.com/", "file:///etc/hostname", "fileb://x", "@/etc/hostname", "a,b"]
)
def test_a_url_or_file_was_fetched_and_is_stored_as_it_stands(params: Lab, value: str) -> None:
    assert params("put", "/urls/a", value, "--type", "String", "--overwrite").returncode == 0
    assert params.value("/urls/a") == value


def test_a_secret_comes_from_stdin_and_never_from_the_command_line(params: Lab) -> None:
    done = params("put", "/secret/a", "--type", "SecureString", given=f"{SECRET}\n".encode())
    assert done.returncode == 0 and params.value("/secret/a") == SECRET
    done = params("put", "/secret/a", "--overwrite", "--raw", "-", given=b"line\n")
    assert done.returncode == 0 and params.value("/secret/a") == "line\n"
    # The type of what is there counts, also where none is given.
    done = params("put", "/secret/a", "typed", "--overwrite")
    assert done.returncode == 2 and b"typed" not in done.stderr and params.value("/secret/a") == "line\n"
    done = params("put", "/secret/a", "typed", "--overwrite", "--value-on-command-line")
    assert done.returncode == 0 and b"other processes can read it" in done.stderr
    assert params.value("/secret/a") == "typed"


def test_stdin_that_is_no_text_writes_nothing(params: Lab) -> None:
    for data, said in ((b"a\xff", b"byte 2"), (b"", b"empty"), (b"\n", b"empty")):
        done = params("put", "/bad/a", "--type", "String", given=data)
        assert done.returncode == 2 and said in done.stderr
    done = params("put", "/bad/a", os.fsdecode(b"caf\xe9"), "--type", "String")
    assert done.returncode == 2 and b"not UTF-8 at character 4" in done.stderr
    assert params.names("/bad") == []


def test_a_refusal_of_parameter_store_is_a_sentence_with_its_code(params: Lab) -> None:
    done = params("put", "/data/a", "--type", "String", "--data-type", "Text", given=b"xxxxx")
    assert done.returncode == 1 and b"The following data type is not supported: Text" in done.stderr
    assert b"xxxxx" not in done.stderr and len(done.stderr.splitlines()) == 1


def test_read_only_refuses_before_a_value_is_asked_for(params: Lab) -> None:
    done = params("put", "/ro/a", "x", "--type", "String", "--read-only")
    assert done.returncode == 1 and b"read-only" in done.stderr and params.names("/ro") == []
    assert params("get", "/shop/prod/host", "--read-only").returncode == 0


# the terminal


def test_a_secret_that_is_typed_is_not_shown_and_asked_for_twice(params: Lab) -> None:
    command = params.command("put", "/typed/a", "--type", "SecureString")
    with Program(command, env=params.env, cwd=ROOT) as put:
        put.wait_for("not shown")
        put.send(f"{SECRET}\r")
        put.wait_for("Once more")
        put.send(f"{SECRET}\r")
        put.wait_for("/typed/a version 1")
        assert put.wait_exit() == 0
        assert SECRET.encode() not in put.raw
    assert params.value("/typed/a") == SECRET


def test_two_different_words_write_nothing(params: Lab) -> None:
    with Program(params.command("put", "/typed/b", "--type", "SecureString"), env=params.env, cwd=ROOT) as put:
        put.wait_for("not shown")
        put.send("one\r")
        put.wait_for("Once more")
        put.send("other\r")
        put.wait_for("not the same")
        assert put.wait_exit() == 1
    assert "/typed/b" not in params.names("/typed")


@pytest.mark.parametrize(("key", "status"), [("\x03", 130), ("\x04", 2)])
def test_ctrl_c_had_to_be_typed_twice_at_the_question(params: Lab, key: str, status: int) -> None:
    with Program(params.command("put", "/typed/c", "--type", "SecureString"), env=params.env, cwd=ROOT) as put:
        put.wait_for("not shown")
        put.send(key)
        assert put.wait_exit() == status
        assert b"Traceback" not in put.raw
    assert "/typed/c" not in params.names("/typed")


def test_a_value_on_a_terminal_ends_its_line_and_steers_nothing(params: Lab) -> None:
    params.put("/tty/a", "a\x1b[2Jb\nc")
    with Program(params.command("get", "/tty/a"), env=params.env, cwd=ROOT) as get:
        assert get.wait_exit() == 0
        assert get.raw == b"a\\x1b[2Jb\r\nc\r\n"


# exec


def probe(*names: str) -> list[str]:
    """Give a command that prints variables as JSON."""
    return [sys.executable, "-c", f"import json, os; print(json.dumps([os.environ.get(n) for n in {names!r}]))"]


def test_a_command_has_the_parameters_as_its_environment_and_gives_its_own_exit_status(params: Lab) -> None:
    done = params("exec", "/shop/prod", "--", *probe("HOST", "DB_PASSWORD", "DB_PORT", "HOME"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["db-1", SECRET, "5432", params.env["HOME"]]
    assert params("exec", "/shop/prod", "--", "sh", "-c", "exit 7").returncode == 7
    assert params("exec", "/shop/prod", "--", "sh", "-c", "kill -TERM $$").returncode == -signal.SIGTERM


def test_pristine_is_the_parameters_alone_and_a_prefix_stands_in_front(params: Lab) -> None:
    done = params("exec", "/shop/prod", "--pristine", "--prefix", "SHOP_", "--", "env")
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.decode().splitlines()) == [
        f"SHOP_DB_PASSWORD={SECRET}",
        "SHOP_DB_PORT=5432",
        "SHOP_HOST=db-1",
    ]


def test_a_later_path_has_the_last_word_and_it_is_said(params: Lab) -> None:
    done = params("exec", "/shop/prod", "/shop/staging", "--", *probe("HOST", "DB_PORT"))
    assert json.loads(done.stdout) == ["db-2", "5432"]
    assert b"/shop/staging has the last word on HOST" in done.stderr


def test_names_that_would_be_one_variable_are_refused_unless_that_is_meant(params: Lab) -> None:
    for name in ("/twins/db-host", "/twins/db_host", "/twins/1st"):
        params.put(name, name)
    done = params("exec", "/twins", "--", "env")
    assert done.returncode == 1 and done.stdout == b"" and b"The command was not run" in done.stderr
    done = params("exec", "/twins", "--no-strict", "--", *probe("DB_HOST"))
    assert json.loads(done.stdout) == ["/twins/db_host"]
    assert done.stderr.count(b"left out") == 2


def test_a_variable_can_not_have_nul_and_a_path_not_be_empty(params: Lab) -> None:
    params.put("/nul/a", "a\0b")
    done = params("exec", "/nul", "--", "env")
    assert done.returncode == 1 and b"NUL" in done.stderr and done.stdout == b""
    done = params("exec", "/nothing", "--", "env")
    assert done.returncode == 1 and b"no parameter below /nothing" in done.stderr and done.stdout == b""


def test_a_variable_is_utf_8_in_any_locale(params: Lab) -> None:
    params.put("/utf/a", "비밀")
    done = params("exec", "/utf", "--", "printenv", "A", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert done.stdout == "비밀\n".encode()


def test_an_environment_that_is_too_long_is_a_sentence(params: Lab) -> None:
    for number in range(40):
        params.put(f"/long/a{number}", "x" * 4000)
    done = subprocess.run(
        params.command("exec", "/long", "--", "true"),
        capture_output=True, env=params.env, cwd=ROOT, timeout=LIMIT, check=False,
        preexec_fn=lambda: _small_stack(),
    )  # fmt: skip
    assert done.returncode == 126 and b"too long for this system" in done.stderr, done.stderr


def _small_stack() -> None:
    import resource

    # A quarter of the stack is what arguments and environment may take, of Linux never less than 128 KiB.
    resource.setrlimit(resource.RLIMIT_STACK, (512 << 10, resource.getrlimit(resource.RLIMIT_STACK)[1]))


def test_a_pipe_that_closes_ends_the_command_quietly(params: Lab) -> None:
    line = f"{sys.executable} -m tui.cli params exec /shop/prod -- yes | head -n 1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {line}"], capture_output=True, env=params.env, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (128 + signal.SIGPIPE, b"y\n", b"")


def test_a_secret_is_never_on_a_command_line_nor_in_a_file(params: Lab, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    process = subprocess.Popen(
        params.command("exec", "/shop/prod", "--", "sh", "-c", f"echo ready; read line < {gate}"),
        stdout=subprocess.PIPE, env=params.env, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline() == b"ready\n"
    lines = [file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline") if _is_there(file)]
    gate.write_text("go\n")
    process.communicate(timeout=LIMIT)
    assert process.returncode == 0 and lines and not any(SECRET.encode() in line for line in lines)
    assert SECRET.encode() not in params.written()


def _is_there(file: Path) -> bool:
    try:
        return bool(file.read_bytes())
    except OSError:
        return False


def test_a_reader_that_left_is_no_traceback(params: Lab) -> None:
    process = subprocess.Popen(
        params.command("ls", "-r"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=params.env, cwd=ROOT
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b"" and process.wait(LIMIT) == 141
