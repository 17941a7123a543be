"""Who a client is, asked as AWS's clients ask: in STS's query protocol against a real server."""

import http.client

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config

from tests.contract.serving import serving
from tui.services.nodes import Nodes
from tui.transport.aws import AwsTransport


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("identity") / "state", demo=3) as found:
        yield found


def test_a_client_learns_its_account_and_its_arn(served):
    who = served.client("sts", region="eu-west-1").get_caller_identity()
    assert who["Account"] == served.account
    assert who["Arn"].startswith(f"arn:aws:iam::{served.account}:user/")
    assert len(who["UserId"]) == 21


def test_a_key_that_nobody_has_is_refused_in_stss_words(served):
    session = boto3.session.Session("AKIAXXXXXXXXXXXXXXXX", "nothing", region_name="us-east-1")
    client = session.client("sts", endpoint_url=served.endpoint, config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client.get_caller_identity()
    assert refused.value.response["Error"]["Code"] == "InvalidClientTokenId"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_what_sts_can_do_beyond_that_is_refused_by_name(served):
    with pytest.raises(botocore.exceptions.ClientError, match="AssumeRole"):
        served.client("sts").assume_role(RoleArn="arn:aws:iam::111122223333:role/some", RoleSessionName="some")


def test_another_service_asked_of_this_endpoint_was_called_a_wrong_signature(served):
    with pytest.raises(botocore.exceptions.ClientError, match="does not answer for ec2"):
        served.client("ec2").describe_instances()


def test_a_form_that_nobody_signed_is_answered_in_xml(served):
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    connection.request("POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15", headers)
    answer = connection.getresponse()
    assert answer.status == 403
    assert b"<Code>MissingAuthenticationToken</Code>" in answer.read()
    connection.close()


async def test_nodes_of_a_served_engine_had_no_tags_on_a_context_of_aws(served):
    session = boto3.session.Session(*served.key(), region_name="us-east-1")
    transport = await AwsTransport.open("", "us-east-1", context="far", endpoint_url=served.endpoint, session=session)
    found = await Nodes(transport).all()
    await transport.aclose()
    assert len(found) == 3
    assert all({"env", "role"} <= node.tags.keys() for node in found)
