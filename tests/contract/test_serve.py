"""`ssm-tui serve` as a process, asked by boto3."""

import json
import stat

import pytest
from botocore.exceptions import ClientError

from tests.contract.serving import serving


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("serve") / "state", "--account", "123456789012") as found:
        yield found


def test_the_ready_line_and_the_keys_it_names(served):
    assert served.account == "123456789012"
    assert served.region == "us-east-1"
    assert served.credentials == served.state / "credentials"
    assert stat.S_IMODE(served.credentials.stat().st_mode) == 0o600
    identity, secret = served.key()
    assert identity.startswith("AKIA") and len(identity) == 20 and len(secret) == 40
    assert secret not in (served.state / "engine.log").read_text()


def test_boto3_lists_the_nodes_and_reads_their_times(served):
    answer = served.client().describe_instance_information()
    (node,) = answer["InstanceInformationList"]
    assert node["PingStatus"] == "Online"
    assert node["LastPingDateTime"].year >= 2026
    assert len(answer["ResponseMetadata"]["RequestId"]) == 36


def test_errors_are_modelled_ones(served):
    client = served.client()
    with pytest.raises(client.exceptions.InvalidDocument) as caught:
        client.send_command(DocumentName="No-Such", InstanceIds=["mi-" + "0" * 17])
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(ClientError) as caught:
        client.describe_instance_information(MaxResults=51)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert "1 validation error detected: Value '51' at 'maxResults'" in caught.value.response["Error"]["Message"]
    with pytest.raises(client.exceptions.InvocationDoesNotExist):
        client.get_command_invocation(CommandId="0" * 36, InstanceId="mi-" + "0" * 17)


def test_an_operation_without_a_handler_says_so_by_its_name(served):
    with pytest.raises(ClientError, match="no handler for DescribeOpsItems") as caught:
        served.client().describe_ops_items()
    assert caught.value.response["Error"]["Code"] == "NotImplementedException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_the_ready_line_is_all_there_is_on_stdout(tmp_path):
    with serving(tmp_path / "state") as found:
        found.client().describe_instance_information()
        assert found.stop() == 0
        assert found.process.stdout.read() == ""
        assert found.process.stderr.read() == ""
    assert json.loads((tmp_path / "state" / "engine.lock").read_text()) == found.pid
