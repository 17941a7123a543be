"""The headless verbs in several contexts: the local engine, and another engine served as an account of AWS."""

import json
import subprocess
import sys

import pytest

from tests.contract.serving import ROOT, plain_environment, serving
from tests.engine.daemons import end_all

pytestmark = pytest.mark.slow

LIMIT = 60


class Contexts:
    """`ssm-tui` with a state folder and AWS files of its own; `prod` leads to a served engine, `gone` to nobody."""

    def __init__(self, folder, served):
        self.state = folder / "state"
        self.config = folder / "config"
        identity, secret = served.key()
        keys = f"aws_access_key_id = {identity}\naws_secret_access_key = {secret}\n"
        self.config.write_text(
            f"[profile prod]\nregion = us-east-1\nendpoint_url = {served.endpoint}\n{keys}"
            f"[profile gone]\nregion = us-east-1\nendpoint_url = http://127.0.0.1:9\n{keys}"
        )
        self.env = {
            **plain_environment(self.state),
            "AWS_CONFIG_FILE": str(self.config),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none"),
            "SSM_TUI_STATE": str(self.state),
            "XDG_STATE_HOME": str(folder / "xdg-state"),
            "XDG_CONFIG_HOME": str(folder / "xdg-config"),
            "PYTHONPATH": str(ROOT),
        }

    def __call__(self, *words, **more):
        done = subprocess.run(
            [sys.executable, "-m", "tui.cli", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**self.env, **more},
            timeout=LIMIT,
            check=False,
        )
        assert b"Traceback" not in done.stderr, done.stderr
        return done


@pytest.fixture(scope="module")
def ssm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contexts")
    with serving(folder / "far") as served:
        made = Contexts(folder, served)
        yield made
        made("stop", "--force")
    end_all(made.state)


def nodes(done):
    return json.loads(done.stdout)


def test_a_verb_without_a_flag_means_the_engine_whatever_a_console_chose(ssm):
    ssm.state.mkdir(mode=0o700, exist_ok=True)
    (ssm.state / "contexts.json").write_text(json.dumps({"contexts": [{"name": "gone", "profile": "gone"}]}))
    (one,) = nodes(ssm("nodes", "list", "--json"))
    assert "Context" not in one
    (ssm.state / "contexts.json").unlink()


def test_a_profile_is_another_fleet(ssm):
    (here,) = nodes(ssm("nodes", "list", "--json"))
    (there,) = nodes(ssm("--profile", "prod", "nodes", "list", "--json"))
    assert here["InstanceId"] != there["InstanceId"]
    (named,) = nodes(ssm("nodes", "list", "--json", SSM_TUI_CONTEXT="prod/us-east-1"))
    assert named["InstanceId"] == there["InstanceId"]


def test_several_contexts_are_one_list_with_a_column_for_them(ssm):
    done = ssm("nodes", "list", "--local", "--context", "prod")
    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.decode().splitlines()
    assert head.split()[:3] == ["ID", "NAME", "CONTEXT"]
    assert len(rows) == 2 and "local" in rows[0] and "prod/us-east-1" in rows[1]
    both = nodes(ssm("nodes", "list", "--json", "--local", "--context", "prod"))
    assert [one["Context"] for one in both] == ["local", "prod/us-east-1"]


def test_one_context_that_fails_is_named_on_stderr_and_the_others_are_listed(ssm):
    done = ssm("nodes", "list", "--json", "--local", "--context", "gone")
    assert done.returncode == 1
    assert b"ssm-tui: gone/us-east-1: " in done.stderr
    assert [one["Context"] for one in nodes(done)] == ["local"]
    assert ssm("--profile", "gone", "nodes", "list").returncode == 3


def test_a_command_runs_in_each_context_that_its_targets_are_in(ssm):
    both = nodes(ssm("nodes", "list", "--json", "--local", "--profile", "prod"))
    ids = [one["InstanceId"] for one in both]
    targets = [word for id in ids for word in ("--target", id)]
    done = ssm("--local", "--profile", "prod", "run", *targets, "--", "echo hi-$((40+2))")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b"hi-42") == 2
    failing = ssm("--local", "--profile", "prod", "run", *targets, "--", f"test -e {ssm.state}/none")
    assert failing.returncode == 1
    unknown = ssm("--local", "--profile", "gone", "run", "--target", ids[0], "--", "echo never")
    assert unknown.returncode == 3 and b"never" not in unknown.stdout
    assert b"the nodes of gone/us-east-1 are not known" in unknown.stderr


def test_info_says_who_one_is_in_a_context(ssm):
    (one,) = nodes(ssm("info", "--json", "--profile", "prod"))["contexts"]
    assert one["name"] == "prod/us-east-1" and one["region"] == "us-east-1"
    gone = nodes(ssm("info", "--json", "--profile", "gone"))["contexts"][0]
    assert gone["problem"]


def test_names_that_mean_no_context_are_refused_with_what_there_is(ssm):
    for words, said in (
        (("--context", "nowhere"), b"There is no context nowhere"),
        (("--profile", "nobody"), b"No AWS profile is called nobody"),
        (("--region",), b"--region needs a region"),
    ):
        done = ssm("nodes", "list", *words)
        assert done.returncode == 2 and said in done.stderr, done.stderr


def test_verbs_about_the_engine_refuse_a_context_of_aws(ssm):
    for verb in (("stop",), ("nodes", "remove", "x"), ("nodes", "import")):
        done = ssm("--profile", "prod", *verb)
        assert done.returncode == 2 and b"is about the engine of this machine. Leave --profile out." in done.stderr


def test_the_config_file_names_contexts(ssm):
    file = ssm.state.parent / "xdg-config" / "ssm-tui" / "config.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("contexts:\n  far: prod/us-east-1\n")
    try:
        both = nodes(ssm("nodes", "list", "--json", "--local", "--context", "far"))
        assert [one["Context"] for one in both] == ["local", "far"]
        file.write_text("contexts:\n  far:\n    profile: 3\n")
        done = ssm("nodes", "list")
        assert done.returncode == 2 and b"config.yaml:" in done.stderr
    finally:
        file.unlink()
