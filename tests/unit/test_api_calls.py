"""The line under "show me the CLI" is the one the AWS CLI would take."""

import json
import shlex

import botocore.session
import pytest
from botocore import xform_name

from tui.services.api_calls import ApiCall, aws_cli_line, cli_name, command_line, masked


@pytest.fixture(scope="module")
def model():
    return botocore.session.get_session().get_service_model("ssm")


def test_names_are_spelled_as_the_aws_cli_spells_them(model):
    names = set(model.operation_names)
    for name in model.shape_names:
        names |= set(getattr(model.shape_for(name), "members", {}))
    wrong = {name: cli_name(name) for name in names if cli_name(name) != xform_name(name, "-")}
    assert not wrong


def test_a_command_line_survives_the_shell_with_quotes_and_newlines_in_it():
    script = "echo 'it''s' \"$HOME\"\nls -l | wc"
    line = aws_cli_line(
        "ssm",
        "SendCommand",
        {
            "DocumentName": "AWS-RunShellScript",
            "InstanceIds": ["mi-0123456789abcdef0", "mi-0123456789abcdef1"],
            "Parameters": {"commands": [script]},
            "TimeoutSeconds": 600,
            "Comment": "",
        },
    )
    words = shlex.split(line)
    assert words[:3] == ["aws", "ssm", "send-command"]
    assert words[words.index("--instance-ids") + 1 :][:2] == ["mi-0123456789abcdef0", "mi-0123456789abcdef1"]
    assert json.loads(words[words.index("--parameters") + 1]) == {"commands": [script]}
    assert words[words.index("--timeout-seconds") + 1] == "600"
    assert words[words.index("--comment") + 1] == ""


def test_structures_are_json_and_booleans_are_flags():
    line = aws_cli_line(
        "ssm",
        "ListCommandInvocations",
        {"Filters": [{"key": "Status", "value": "Failed"}], "Details": True, "MaxResults": 50},
    )
    assert line == (
        'aws ssm list-command-invocations --filters \'[{"key":"Status","value":"Failed"}]\' --details --max-results 50'
    )
    assert aws_cli_line("ssm", "ListCommandInvocations", {"Details": False}).endswith("--no-details")


def test_a_value_that_begins_with_file_is_not_fetched_from_disk():
    line = aws_cli_line("ssm", "SendCommand", {"DocumentName": "D", "Comment": "file:///etc/passwd"})
    words = shlex.split(line)
    assert words[3] == "--cli-input-json"
    assert json.loads(words[4]) == {"DocumentName": "D", "Comment": "file:///etc/passwd"}


def test_a_value_that_begins_with_a_dash_is_not_taken_for_a_flag():
    assert "--comment=-x" in aws_cli_line("ssm", "SendCommand", {"Comment": "-x"})
    assert "--cli-input-json" in aws_cli_line("ssm", "RemoveTagsFromResource", {"TagKeys": ["-x", "[y]"]})


def test_empty_lists_are_json():
    assert aws_cli_line("ssm", "CancelCommand", {"InstanceIds": []}) == "aws ssm cancel-command --instance-ids '[]'"


def test_calls_of_our_own_have_no_aws_line_but_their_own_verb_where_there_is_one():
    def call(operation, **params):
        return ApiCall(
            at=0, context="local", service="ssm-tui", operation=operation, params=params, duration=0, outcome="ok"
        )

    assert aws_cli_line("ssm-tui", "GetOutput", {}) == ""
    assert command_line(call("StopEngine", Force=True)) == "ssm-tui stop --force"
    assert command_line(call("DescribeEngine")) == "ssm-tui info --json"
    assert command_line(call("GetOutput")) == ""


def test_secrets_are_masked_wherever_they_stand():
    request = {"InstanceId": "mi-1", "Password": "hunter2", "Deep": [{"TokenValue": "t", "Value": "shown"}]}
    text = str(masked("SetBecomePassword", request))
    assert "hunter2" not in text and "'t'" not in text and "shown" in text
    assert "s3cret" not in str(masked("PutParameter", {"Name": "/a", "Value": "s3cret"}))
