"""The headless verbs as a shell script meets them: real processes, a real engine, exit statuses and streams."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.daemons import end_all

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
LIMIT = 60


class Command:
    """`ssm-tui` with folders of its own."""

    def __init__(self, folder: Path, state: Path | None = None) -> None:
        self.state = state or folder / "state"
        self.env = {
            **os.environ,
            "SSM_TUI_STATE": str(self.state),
            "XDG_STATE_HOME": str(folder / "xdg-state"),
            "XDG_CONFIG_HOME": str(folder / "xdg-config"),
            "PYTHONPATH": str(ROOT),
        }
        self.env.pop("SSM_TUI_CONFIG", None)

    def start(self, *words: str, **more) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "tui.cli", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.env,
            cwd=ROOT,
            **more,
        )

    def __call__(self, *words: str) -> subprocess.CompletedProcess:
        process = self.start(*words)
        out, err = process.communicate(timeout=LIMIT)
        assert b"Traceback" not in err
        return subprocess.CompletedProcess(words, process.returncode, out, err)


@pytest.fixture(scope="module")
def ssm(tmp_path_factory):
    command = Command(tmp_path_factory.mktemp("ssm"))
    yield command
    command("stop", "--force")
    end_all(command.state)


@pytest.fixture
def fresh(tmp_path):
    command = Command(tmp_path)
    yield command
    command("stop", "--force")


@pytest.fixture(scope="module")
def name(ssm):
    done = ssm("nodes", "list", "--json")
    assert done.returncode == 0, done.stderr
    (node,) = json.loads(done.stdout)
    return node["Name"]


def begun(process: subprocess.Popen, text: bytes) -> None:
    """Wait until a process has printed a line with `text`."""
    for line in process.stdout:
        if text in line:
            return
    raise AssertionError(process.stderr.read())


def test_help_and_version_are_data(ssm):
    assert ssm("--help").stdout.startswith(b"usage: ssm-tui")
    assert ssm("nodes", "list", "--help").stdout.startswith(b"usage: ssm-tui nodes list")
    assert ssm("--version").stdout.split()[0] == b"ssm-tui"


def test_info_with_the_daemon_down_says_so_and_starts_nothing(fresh):
    done = fresh("info")
    assert done.returncode == 0
    assert b"not running" in done.stdout and str(fresh.state).encode() in done.stdout
    facts = json.loads(fresh("info", "--json").stdout)
    assert facts["daemon"] == {"state": "not running", "pid": None, "problem": None}
    assert not fresh.state.exists()
    assert fresh("stop").returncode == 0


def test_info_said_nothing_of_a_wrong_config(fresh, tmp_path):
    wrong = tmp_path / "xdg-config" / "ssm-tui" / "config.yaml"
    wrong.parent.mkdir(parents=True)
    wrong.write_text("theme: dark\nrefresh: soon\n")
    assert f"{wrong}:2: refresh is 'soon'".encode() in fresh("info").stdout
    facts = json.loads(fresh("info", "--json").stdout)
    assert facts["config_problem"].startswith(f"{wrong}:2: ")


def test_info_names_the_engine_its_files_and_the_disk_used(ssm, name):
    facts = json.loads(ssm("--local", "info", "--json").stdout)
    assert facts["daemon"]["state"] == "running" and facts["daemon"]["pid"] > 1
    assert facts["daemon"]["version"] == facts["version"]
    assert len(facts["context"]["account"]) == 12 and facts["context"]["region"] == "us-east-1"
    assert Path(facts["paths"]["engine_log"]).exists() and facts["disk"]["store"] > 0


def test_this_machine_is_a_node(ssm, name):
    (node,) = json.loads(ssm("nodes", "list", "--json").stdout)
    assert node["InstanceId"].startswith("mi-") and len(node["InstanceId"]) == 20
    assert node["ComputerName"] == socket.gethostname() and node["PingStatus"] == "Online"
    head, row = ssm("nodes", "list").stdout.decode().splitlines()
    assert head.split()[:3] == ["ID", "NAME", "PING"] and row.startswith(node["InstanceId"])


def test_a_command_prints_its_lines_with_the_nodes_name_and_keeps_the_streams_apart(ssm, name):
    done = ssm("run", "--", "echo out; echo err >&2")
    assert (done.returncode, done.stdout) == (0, f"{name}: out\n".encode())
    assert done.stderr == f"{name}: err\n".encode()


def test_the_words_after_the_dashes_are_joined_by_spaces_and_given_to_sh(ssm, name):
    done = ssm("run", "--", "echo", "$((40 + 2))", "--json", "--", "a  b")
    assert done.stdout == f"{name}: 42 --json -- a b\n".encode()


def test_output_that_is_not_utf_8_comes_through_as_it_is(ssm, name):
    done = ssm("run", "--", r"printf 'a\377\376b\nno end'")
    assert done.stdout == f"{name}: ".encode() + b"a\xff\xfeb\n" + f"{name}: no end\n".encode()
    (line,) = ssm("run", "--json", "--", r"printf 'a\377b'").stdout.splitlines()
    assert json.loads(line)["StandardOutput"] == "a\ufffdb"


def test_a_command_that_fails_is_exit_status_1_with_its_own_code_in_the_json(ssm, name):
    done = ssm("run", "--", "echo half; exit 3")
    assert done.returncode == 1 and done.stdout == f"{name}: half\n".encode()
    assert f"{name}: Failed".encode() in done.stderr
    done = ssm("run", "--json", "--", "echo half; exit 3")
    result = json.loads(done.stdout)
    assert done.returncode == 1
    assert (result["Status"], result["ResponseCode"], result["StandardOutput"]) == ("Failed", 3, "half\n")


def test_two_hundred_thousand_lines_arrive_whole_and_in_order(ssm, name):
    done = ssm("run", "--", "seq 200000")
    prefix = f"{name}: ".encode()
    assert done.returncode == 0
    assert done.stdout.replace(prefix, b"").split() == [b"%d" % number for number in range(1, 200001)]


@pytest.mark.slow
def test_a_time_out_ends_the_command(ssm, name):
    done = ssm("run", "--timeout", "5", "--json", "--", "echo begun; sleep 600")
    result = json.loads(done.stdout)
    assert done.returncode == 1 and result["StatusDetails"] == "ExecutionTimedOut", result


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["frobnicate"], "no screen or verb"),
        (["--frobnicate"], "Unknown flag --frobnicate"),
        (["nodes", "list", "--frobnicate"], "--frobnicate"),
        (["run", "uptime"], "ssm-tui run -- uptime"),
        (["run", "--frobnicate", "--", "id"], "--frobnicate"),
        (["run", "--max-errors", "many", "--", "id"], "--max-errors"),
        (["info", "more"], "nrecognized"),
        (["stop", "now"], "nrecognized"),
        (["shell"], "required"),
        (["shell", "x", "--frobnicate"], "--frobnicate"),
        (["demo"], "--nodes"),
        (["demo", "--nodes", "0"], "--nodes"),
        (["--state"], "--state"),
        (["nodes"], "needs a terminal"),
    ],
)
def test_words_that_cannot_be_meant_are_exit_status_2_and_a_sentence(ssm, words, said):
    done = ssm(*words)
    assert done.returncode == 2 and done.stdout == b""
    assert said in done.stderr.decode() and len(done.stderr.splitlines()) == 1


def test_a_target_that_is_unknown_is_a_usage_error_that_names_its_neighbour(ssm, name):
    done = ssm("run", "--target", name[:-1] + "_", "--", "id")
    assert done.returncode == 2 and f"Did you mean {name}".encode() in done.stderr
    assert ssm("shell", "nobody-is-called-so").returncode == 2


def test_a_tag_that_no_node_has_reaches_nobody(ssm, name):
    done = ssm("run", "--target", "tag:nobody=here", "--", "id")
    assert done.returncode == 3 and done.stdout == b"" and b"tag:nobody=here" in done.stderr


def test_a_command_for_a_name_and_an_id_runs_once_on_their_union(ssm, name):
    (node,) = json.loads(ssm("nodes", "list", "--json").stdout)
    done = ssm("run", "--target", name, "--target", node["InstanceId"], "--", "echo once")
    assert (done.returncode, done.stdout) == (0, f"{name}: once\n".encode())


def test_read_only_refuses_what_changes_and_lists_what_does_not(ssm, name):
    done = ssm("run", "--read-only", "--", "id")
    assert done.returncode == 1 and b"read-only" in done.stderr and done.stdout == b""
    assert ssm("--read-only", "nodes", "list").returncode == 0
    assert ssm("stop", "--read-only").returncode == 1


def test_an_engines_own_refusal_is_a_sentence_with_its_code(ssm, name):
    done = ssm("run", "--document", "No-Such-Document", "--", "id")
    assert done.returncode == 1 and b"InvalidDocument" in done.stderr


def test_a_reader_that_leaves_ends_the_command_and_no_traceback_is_printed(ssm, name):
    process = ssm.start("run", "--", "yes")
    assert process.stdout.readline() == f"{name}: y\n".encode()
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(LIMIT) == 141 and b"Traceback" not in err
    assert json.loads(ssm("info", "--json").stdout)["daemon"]["state"] == "running"


def test_a_list_whose_reader_left_before_it_came_is_no_traceback(ssm, name):
    process = ssm.start("nodes", "list", "--json")
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(LIMIT) == 141 and err == b""


def test_ctrl_c_cancels_the_command_and_waits_for_its_end(ssm, name, tmp_path):
    process = ssm.start("run", "--", f"echo begun; echo $$ > {tmp_path}/pid; sleep 600; touch {tmp_path}/late")
    begun(process, b"begun")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 130
    assert b"cancelling" in err and b"Cancelled" in err and b"Traceback" not in err
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_sigterm_left_the_command_running_and_said_nothing(ssm, name, tmp_path):
    process = ssm.start("run", "--", f"echo begun; echo $$ > {tmp_path}/pid; sleep 600; touch {tmp_path}/late")
    begun(process, b"begun")
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 143
    assert b"cancelling" in err and b"another SIGTERM" in err and b"Cancelled" in err and b"Traceback" not in err
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_forced_stop_says_what_goes_on_and_the_next_start_takes_it_up(fresh, tmp_path):
    gate = tmp_path / "gate"
    process = fresh.start("run", "--", f"echo begun; while [ ! -e {gate} ]; do sleep 0.05; done; echo late")
    begun(process, b"begun")
    done = fresh("stop", "--force")
    assert done.returncode == 0 and b"1 command goes on; the next start takes it up: command" in done.stderr
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 3 and b"goes on by itself" in err and b"The engine was stopped." in err
    gate.touch()
    assert fresh("nodes", "list").returncode == 0
    live = [1]
    while live:
        live = json.loads(fresh("info", "--json").stdout)["daemon"]["live"]


def test_the_config_had_no_word_for_what_a_command_may_write(fresh):
    config = Path(fresh.env["XDG_CONFIG_HOME"]) / "ssm-tui" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("output_cap: 64KiB\n")
    done = fresh("run", "--json", "--", "head -c 3000000 /dev/zero; sleep 600")
    assert done.returncode == 1
    assert "65,536 bytes (the setting output_cap)" in json.loads(done.stdout)["Reason"]


def test_stop_refuses_while_a_command_lives_and_names_it(fresh):
    process = fresh.start("run", "--", "echo begun; sleep 600")
    begun(process, b"begun")
    done = fresh("stop")
    assert done.returncode == 1 and b"--force" in done.stderr and b"ommand" in done.stderr
    facts = json.loads(fresh("info", "--json").stdout)
    assert facts["daemon"]["state"] == "running" and len(facts["daemon"]["live"]) == 1
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=LIMIT)
    done = fresh("stop")
    assert done.returncode == 0 and done.stdout == b"", done.stderr
    assert json.loads(fresh("info", "--json").stdout)["daemon"]["state"] == "not running"


def test_an_engine_killed_during_a_run_is_started_again_and_no_line_is_lost_or_doubled(fresh, tmp_path):
    gate = tmp_path / "gate"
    process = fresh.start("run", "--", f"seq 3; while [ ! -e {gate} ]; do sleep 0.05; done; seq 4 6; exit 7")
    begun(process, b": 3")
    pid = json.loads(fresh("info", "--json").stdout)["daemon"]["pid"]
    os.kill(pid, signal.SIGKILL)
    for line in process.stderr:
        if b"again" in line:
            break
    gate.touch()
    out, _ = process.communicate(timeout=LIMIT)
    assert [line.rpartition(b" ")[2] for line in out.splitlines()] == [b"4", b"5", b"6"]
    assert process.returncode == 1


def test_a_state_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").touch()
    done = Command(tmp_path, tmp_path / "file" / "state")("nodes", "list")
    assert done.returncode == 3 and b"state" in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_state_folder_that_may_not_be_written_is_said(tmp_path):
    command = Command(tmp_path, Path("/ssm-tui-is-not-here"))
    user = {}
    if os.getuid() == 0:
        # Root may write everywhere: the verb runs as nobody, where nobody can read this checkout and its Python.
        user = {"user": 65534, "group": 65534, "extra_groups": []}
        try:
            subprocess.run([sys.executable, "-c", "import tui"], cwd=ROOT, check=True, capture_output=True, **user)
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"run by root, and an unprivileged user can't start this Python: {error}")
    process = command.start("nodes", "list", **user)
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 3 and b"can't be" in err and len(err.splitlines()) == 1


def test_a_config_file_that_is_wrong_is_said_with_its_line(tmp_path):
    command = Command(tmp_path)
    file = tmp_path / "xdg-config" / "ssm-tui" / "config.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("theme: dark\nidle: soon\n")
    done = command("nodes", "list")
    assert done.returncode == 2 and f"{file}:2:".encode() in done.stderr
    assert command("info").returncode == 0


def test_a_shell_for_one_command_passes_its_exit_status_on(ssm, name):
    done = ssm("shell", name, "--", "echo", "in", "a", "shell;", "exit", "7")
    assert done.returncode == 7, done
    assert b"in a shell" in done.stdout


def test_a_failure_that_is_not_the_commands_own_says_why(ssm, name):
    done = ssm("run", "--", "echo mine >&2; kill -9 $PPID; sleep 5")
    assert done.returncode == 1
    assert done.stderr.count(b"mine") == 1
    assert b"Failed. The shell that ran this step was ended by signal 9" in done.stderr
    done = ssm("run", "--json", "--", "kill -9 $PPID; sleep 5")
    assert "signal 9" in json.loads(done.stdout)["Reason"]
    done = ssm("run", "--json", "--", "echo failed to run; exit 3")
    assert json.loads(done.stdout)["Reason"] is None


def test_words_that_are_not_utf_8_are_answered_and_never_wait_for_ever(ssm, name):
    done = ssm("run", "--comment", os.fsdecode(b"caf\xe9"), "--", "echo", "hi")
    assert done.returncode == 0 and b": hi" in done.stdout
    done = ssm("shell", name, "--", "echo", os.fsdecode(b"caf\xe9"))
    assert done.returncode == 1 and b"not UTF-8" in done.stderr


@pytest.mark.parametrize("closed", ["0<&-", ">&-", "2>&-", "0<&- >&- 2>&-"])
def test_a_closed_standard_stream_was_an_error_that_nobody_foresaw(ssm, name, closed):
    line = f'{sys.executable} -m tui.cli run -- "echo out; echo err >&2" {closed}'
    done = subprocess.run(["sh", "-c", line], env=ssm.env, cwd=ROOT, capture_output=True, timeout=LIMIT)
    assert done.returncode == 0 and b"nobody foresaw" not in done.stderr, done.stderr
    assert done.stdout == (b"" if ">&- " in f"{closed} " and closed != "2>&-" else f"{name}: out\n".encode())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_output_that_can_not_be_written_is_said_and_ends_the_command(ssm, name):
    with Path("/dev/full").open("wb") as full:
        process = subprocess.Popen(
            [sys.executable, "-m", "tui.cli", "run", "--", "yes"],
            env=ssm.env, cwd=ROOT, stdout=full, stderr=subprocess.PIPE,
        )  # fmt: skip
        _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 1 and b"The output can't be written: No space left on device." in err, err
    assert b"nobody foresaw" not in err and b"Exception ignored" not in err


@pytest.mark.slow
def test_an_engine_that_hangs_while_a_command_or_a_shell_goes_on_is_said_and_waited_for_no_longer(fresh):
    name = json.loads(fresh("nodes", "list", "--json").stdout)[0]["Name"]
    pid = json.loads(fresh("info", "--json").stdout)["daemon"]["pid"]
    running = fresh.start("run", "--", "echo begun; sleep 300")
    shell = fresh.start("shell", name, "--", "echo begun; sleep 300")
    try:
        assert b"begun" in running.stdout.readline()
        assert b"begun" in shell.stdout.readline()
        os.kill(pid, signal.SIGSTOP)
        _, err = running.communicate(timeout=LIMIT)
        assert running.returncode == 3 and b"does not answer" in err and b"goes on by itself" in err, err
        _, err = shell.communicate(timeout=LIMIT)
        assert shell.returncode == 3 and b"does not answer" in err and b"the shell goes on as session" in err, err
    finally:
        os.kill(pid, signal.SIGCONT)
        for process in (running, shell):
            process.kill()
            process.wait()
        end_all(fresh.state)


@pytest.mark.slow
def test_an_engine_that_hangs_is_said_and_ended_by_force_alone(fresh):
    assert fresh("nodes", "list").returncode == 0
    pid = json.loads(fresh("info", "--json").stdout)["daemon"]["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        facts = json.loads(fresh("info", "--json").stdout)
        assert facts["daemon"]["state"] == "not answering" and facts["daemon"]["pid"] == pid
        done = fresh("stop")
        assert done.returncode == 3 and b"--force" in done.stderr
        done = fresh("stop", "--force")
        assert done.returncode == 0, done.stderr
        # Who is dead and not yet fetched by its parent has no command line left.
        assert not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes()
        assert json.loads(fresh("info", "--json").stdout)["daemon"]["state"] == "not running"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    assert fresh("nodes", "list").returncode == 0
