"""The stock `aws` command line against `ssm-tui serve`."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.serving import ROOT, serving

AWS = shutil.which("aws", path=str(Path(sys.executable).parent)) or shutil.which("aws")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(AWS is None, reason="the aws command line is not installed")]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("aws") / "state") as found:
        yield found


@pytest.fixture
def aws(served, tmp_path):
    def run(*words, region=""):
        environment = served.environment(tmp_path, region=region)
        done = subprocess.run([AWS, *words], env=environment, capture_output=True, text=True, timeout=60)
        return done.returncode, json.loads(done.stdout) if done.stdout.strip() else None, done.stderr

    return run


def test_a_command_from_its_sending_to_its_output(aws):
    code, listed, said = aws("ssm", "describe-instance-information", "--max-items", "5")
    assert code == 0, said
    node = listed["InstanceInformationList"][0]["InstanceId"]
    words = ["--document-name", "AWS-RunShellScript", "--instance-ids", node, "--parameters", "commands=echo hi"]
    code, sent, said = aws("ssm", "send-command", *words)
    assert code == 0, said
    asked = ["--command-id", sent["Command"]["CommandId"], "--instance-id", node]
    code, _, said = aws("ssm", "wait", "command-executed", *asked)
    assert code == 0, said
    code, answer, said = aws("ssm", "get-command-invocation", *asked)
    assert (answer["Status"], answer["StandardOutputContent"]) == ("Success", "hi\n"), said


def test_errors_are_said_as_aws_says_them(aws):
    code, _, said = aws("ssm", "get-command-invocation", "--command-id", "0" * 36, "--instance-id", "mi-" + "0" * 17)
    assert code in (254, 255)
    assert "An error occurred (InvocationDoesNotExist) when calling the GetCommandInvocation operation" in said


def test_groups_carry_the_region_that_was_asked(aws, served):
    query = {
        "Type": "TAG_FILTERS_1_0",
        "Query": json.dumps(
            {"ResourceTypeFilters": ["AWS::AllSupported"], "TagFilters": [{"Key": "Env", "Values": []}]}
        ),
    }
    words = ["resource-groups", "create-group", "--name", "web", "--resource-query", json.dumps(query)]
    code, made, said = aws(*words, region="eu-central-1")
    assert code == 0, said
    assert made["Group"]["GroupArn"] == f"arn:aws:resource-groups:eu-central-1:{served.account}:group/web"
    code, tagged, said = aws("resource-groups", "get-tags", "--arn", made["Group"]["GroupArn"], region="eu-central-1")
    assert (code, tagged["Arn"]) == (0, made["Group"]["GroupArn"]), said


def test_the_profile_is_enough_without_a_word_of_ours(served, tmp_path):
    """What the README says: two variables, and the stock command line finds everything else in the file."""
    environment = served.environment(tmp_path)
    for name in ("AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        del environment[name]
    words = [AWS, "--endpoint-url", served.endpoint, "ssm", "list-commands", "--output", "json"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "Commands" in json.loads(done.stdout)
