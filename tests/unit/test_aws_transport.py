"""The transport to AWS against a server that answers what AWS does on its bad days."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.fake_aws import EXPIRED, THROTTLED, Call, FakeAws, Fault, Raw, denied, fake_aws, nodes, paged
from tui.errors import (
    AccessDenied,
    ApiError,
    ClockSkewed,
    CredentialsExpired,
    NotImplementedByEngine,
    NotOnAws,
    OutcomeUnknown,
    RegionDisabled,
    ServerFailed,
    Throttled,
    TransportError,
    Unreachable,
)
from tui.transport.aws import ATTEMPTS, FAILING, AwsTransport, Retry

SEND = {"DocumentName": "AWS-RunShellScript", "InstanceIds": ["mi-0123456789abcdef0"]}


class QuickClock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._now = 1_795_000_000.0

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += seconds
        await asyncio.sleep(0)


def session(key: str = "AKIDEXAMPLE", region: str | None = "eu-west-1") -> Any:
    import boto3.session

    return boto3.session.Session(aws_access_key_id=key, aws_secret_access_key="secret", region_name=region)


@pytest.fixture
async def aws() -> AsyncIterator[FakeAws]:
    async with fake_aws() as fake:
        yield fake


@pytest.fixture
async def clock() -> QuickClock:
    return QuickClock()


@pytest.fixture
async def transport(aws: FakeAws, clock: QuickClock) -> AsyncIterator[AwsTransport]:
    made = await AwsTransport.open(session=session(), endpoint_url=aws.url, context="prod", clock=clock)
    yield made
    await made.aclose()


async def refused(transport: AwsTransport, operation: str = "ListCommands", **params: Any) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await transport.call(operation, params)
    return caught.value


async def test_opening_imports_no_boto_and_sends_nothing() -> None:
    program = (
        "import asyncio, sys\n"
        "from tui.transport.aws import AwsTransport\n"
        "asyncio.run(AwsTransport.open('nobody', 'eu-west-1'))\n"
        "print([name for name in sys.modules if name.startswith(('boto', 'urllib3', 'textual'))])\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


async def test_an_answer_comes_as_plain_python_and_the_peer_is_known_afterwards(
    aws: FakeAws, transport: AwsTransport
) -> None:
    aws.answers["DescribeInstanceInformation"] = paged(nodes(3), "InstanceInformationList")
    known = asyncio.Event()
    transport.on_peer.append(lambda: known.set() if transport.peer.get("account") else None)
    answer = await transport.call("DescribeInstanceInformation", {"MaxResults": 50})
    assert [one["InstanceId"] for one in answer["InstanceInformationList"]] == [one["InstanceId"] for one in nodes(3)]
    assert "ResponseMetadata" not in answer
    await known.wait()
    assert transport.peer["account"] == "123456789012"
    assert (transport.peer["region"], transport.peer["partition"]) == ("eu-west-1", "aws")


async def test_throttling_on_every_second_call_is_waited_out_and_said(
    aws: FakeAws, transport: AwsTransport, clock: QuickClock
) -> None:
    aws.answers["ListCommands"] = {"Commands": []}
    aws.first = lambda call: THROTTLED if len(aws.calls) % 2 else None
    heard: list[Retry] = []
    transport.on_retry.append(heard.append)
    for _ in range(4):
        await transport.call("ListCommands")
    first = heard[0]
    assert (first.operation, first.code, first.attempt) == ("ListCommands", "ThrottlingException", 1)
    assert len(heard) == transport.throttles >= 3
    assert clock.slept == [one.wait for one in heard]
    assert transport.throttled == 0


async def test_while_a_throttle_is_waited_out_the_transport_says_for_how_long(aws: FakeAws) -> None:
    class StandingClock(QuickClock):
        """Nobody who sleeps wakes."""

        def __init__(self) -> None:
            super().__init__()
            self.asleep = asyncio.Event()

        async def sleep(self, seconds: float) -> None:
            self.asleep.set()
            await asyncio.Event().wait()

    clock = StandingClock()
    transport = await AwsTransport.open(session=session(), endpoint_url=aws.url, clock=clock)
    aws.first = lambda call: THROTTLED
    asked = asyncio.ensure_future(transport.call("ListCommands"))
    await clock.asleep.wait()
    assert (transport.throttled, transport.backing_off > 0) == (1, True)
    asked.cancel()
    await asyncio.wait({asked})
    assert (transport.throttled, transport.backing_off) == (0, 0.0)
    await transport.aclose()


async def test_who_is_always_throttled_is_told_in_the_end(
    aws: FakeAws, transport: AwsTransport, clock: QuickClock
) -> None:
    aws.first = lambda call: THROTTLED
    assert isinstance(await refused(transport), Throttled)
    assert len(aws.operations()) == ATTEMPTS
    assert sum(clock.slept) < 120
    assert clock.slept[-1] > 10 * clock.slept[0]


async def test_a_throttled_write_is_sent_again(aws: FakeAws, transport: AwsTransport) -> None:
    aws.answers["SendCommand"] = {"Command": {"CommandId": "c"}}
    aws.first = lambda call: THROTTLED if len(aws.calls) < 3 else None
    assert (await transport.call("SendCommand", SEND))["Command"]["CommandId"] == "c"


async def test_a_write_whose_answer_is_lost_is_sent_once_and_its_outcome_is_unknown(
    aws: FakeAws, transport: AwsTransport
) -> None:
    aws.first = lambda call: Raw(b"bad gateway", 502, "text/plain")
    assert isinstance(await refused(transport, "SendCommand", **SEND), OutcomeUnknown)
    assert aws.operations() == ["SendCommand"]


async def test_a_write_with_a_client_token_is_sent_again_with_the_same_token(
    aws: FakeAws, transport: AwsTransport
) -> None:
    aws.answers["StartAutomationExecution"] = {"AutomationExecutionId": "a" * 36}
    aws.first = lambda call: Raw(b"bad gateway", 502, "text/plain") if len(aws.calls) == 1 else None
    await transport.call("StartAutomationExecution", {"DocumentName": "AWS-RestartEC2Instance"})
    tokens = [call.params["ClientToken"] for call in aws.calls if call.service == "ssm"]
    assert len(tokens) == 2
    assert tokens[0] == tokens[1]


async def test_a_read_whose_connection_breaks_is_sent_again(aws: FakeAws, transport: AwsTransport) -> None:
    aws.answers["ListCommands"] = {"Commands": []}
    aws.first = lambda call: Raw(b"bad gateway", 502, "text/plain") if len(aws.calls) == 1 else None
    assert await transport.call("ListCommands") == {"Commands": []}


@pytest.mark.parametrize(
    "fault",
    [
        Fault("InternalServerError", "ouch", 500),
        Fault("InternalServiceException", "ouch", 500),
        Fault("ServiceUnavailableException", "ouch", 503),
        Fault("InternalServerError", "ouch"),
        Raw(b"bad gateway", 502, "text/plain"),
    ],
)
async def test_a_read_that_the_service_failed_at_for_some_seconds_was_never_sent_again(
    aws: FakeAws, transport: AwsTransport, clock: QuickClock, fault: Any
) -> None:
    aws.answers["ListCommands"] = {"Commands": []}
    aws.first = lambda call: fault if len(aws.operations()) <= FAILING else None
    assert await transport.call("ListCommands") == {"Commands": []}
    assert len(aws.operations()) == FAILING + 1
    assert sum(clock.slept) > 3
    assert (transport.throttled, transport.throttles) == (0, 0)


async def test_a_service_that_goes_on_failing_is_given_up_with_its_own_code(
    aws: FakeAws, transport: AwsTransport
) -> None:
    aws.first = lambda call: Fault("InternalServerError", "ouch", 500)
    error = await refused(transport)
    assert isinstance(error, ServerFailed)
    assert (error.code, error.text, len(aws.operations())) == ("InternalServerError", "ouch", FAILING + 1)


async def test_a_write_that_the_service_failed_at_is_sent_once_and_its_outcome_is_unknown(
    aws: FakeAws, transport: AwsTransport
) -> None:
    aws.first = lambda call: Fault("InternalServerError", "ouch.", 500)
    error = await refused(transport, "SendCommand", **SEND)
    assert isinstance(error, OutcomeUnknown)
    assert "failed with InternalServerError: ouch. Whether SendCommand was done is not known." in error.message
    assert aws.operations() == ["SendCommand"]


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (denied, AccessDenied, "ssm:ListCommands"),
        (Fault("AccessDenied"), AccessDenied, "ssm:ListCommands"),
        (EXPIRED, CredentialsExpired, "has expired"),
        (Fault("UnrecognizedClientException", "invalid"), CredentialsExpired, "does not know the access key"),
        (
            Fault("InvalidSignatureException", "Signature expired: 20200101T000000Z is now earlier than …"),
            ClockSkewed,
            "clock",
        ),
        (Fault("InvalidSignatureException", "does not match"), CredentialsExpired, "secret key"),
        (Raw(b"<html>Please log in to the hotel</html>"), Unreachable, "not AWS"),
        (Raw(b"Hello", kind="text/plain"), Unreachable, "not AWS"),
        (Raw(b'{"Commands": [', kind="application/x-amz-json-1.1"), Unreachable, "not AWS"),
        (Raw(b"no", 407, "text/plain"), Unreachable, "not AWS"),
        (Fault("InternalServerError", "ouch", 500), ServerFailed, "InternalServerError: ouch"),
        (Fault("ServiceUnavailable", "soon", 503), ServerFailed, "ServiceUnavailable: soon"),
        (Fault("NotImplementedException", "never", 501), NotImplementedByEngine, "never"),
        (Fault("InvalidFilterKey"), ApiError, "InvalidFilterKey"),
    ],
)
async def test_a_fault_becomes_its_error(
    aws: FakeAws, transport: AwsTransport, answer: Any, kind: type[TransportError], said: str
) -> None:
    aws.first = answer if callable(answer) else lambda call: answer
    error = await refused(transport)
    assert type(error) is kind or (kind is Unreachable and isinstance(error, kind))
    assert said in str(error)
    assert "Traceback" not in str(error)


async def test_a_denied_call_to_ec2_names_its_action_though_aws_does_not(aws: FakeAws, transport: AwsTransport) -> None:
    aws.first = denied
    with pytest.raises(AccessDenied) as caught:
        await transport.call("DescribeInstances", {}, service="ec2")
    assert caught.value.action == "ec2:DescribeInstances"


async def test_the_endpoint_of_a_profile_is_used(aws: FakeAws, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[profile lab]\nregion = eu-west-1\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = s\n"
        f"endpoint_url = {aws.url}\n"
    )
    aws.answers["ListCommands"] = {"Commands": []}
    transport = await AwsTransport.open("lab", config_file=config, credentials_file=tmp_path / "none")
    assert await transport.call("ListCommands") == {"Commands": []}
    assert transport.peer["region"] == "eu-west-1"
    await transport.aclose()


async def test_a_region_that_is_not_enabled_is_told_from_wrong_keys(aws: FakeAws) -> None:
    transport = await AwsTransport.open(region="eu-south-1", session=session(), endpoint_url=aws.url)
    aws.first = lambda call: Fault("UnrecognizedClientException", "The security token is invalid.")
    error = await refused(transport)
    assert isinstance(error, RegionDisabled)
    assert "eu-south-1 is not enabled" in error.message
    assert "enable-region" in error.hint
    await transport.aclose()


async def test_a_request_that_can_not_be_meant_is_a_validation_error_and_is_not_sent(
    aws: FakeAws, transport: AwsTransport
) -> None:
    error = await refused(transport, MaxResults="many")
    assert isinstance(error, ApiError)
    assert error.code == "ValidationException"
    assert aws.operations() == []


async def test_what_aws_does_not_have_is_refused_with_a_sentence_and_not_sent(
    aws: FakeAws, transport: AwsTransport
) -> None:
    for operation, service in (("ListProcesses", "ssm-tui"), ("StartSession", "ssm"), ("NeverHeardOf", "ssm-tui")):
        with pytest.raises(NotOnAws) as caught:
            await transport.call(operation, {}, service=service)
        assert str(caught.value).endswith(".")
    with pytest.raises(NotOnAws):
        await transport.open_channel("s-1", rows=24, columns=80)
    assert aws.calls == []


async def test_an_endpoint_that_hangs_frees_who_gives_up_and_the_others_go_on(aws: FakeAws) -> None:
    """A few calls that hang must not take every thread from those that would be answered."""
    transport = await AwsTransport.open(session=session(), endpoint_url=aws.url, threads=2, read_timeout=30)
    come = asyncio.Event()

    async def hang(call: Call) -> Any:
        come.set()
        await asyncio.Event().wait()

    aws.answers["ListCommandInvocations"] = hang
    aws.answers["ListCommands"] = {"Commands": []}
    for _ in range(4):
        come.clear()
        asked = asyncio.ensure_future(transport.call("ListCommandInvocations"))
        await come.wait()
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
    assert await transport.call("ListCommands") == {"Commands": []}
    await transport.aclose()


async def test_an_endpoint_that_hangs_is_given_up_after_its_time(aws: FakeAws) -> None:
    transport = await AwsTransport.open(session=session(), endpoint_url=aws.url, read_timeout=0.2)

    async def hang(call: Call) -> Any:
        await asyncio.Event().wait()

    aws.first = hang
    error = await refused(transport)
    assert isinstance(error, Unreachable)
    assert "did not answer in time" in error.message
    assert isinstance(await refused(transport, "SendCommand", **SEND), OutcomeUnknown)
    assert aws.operations() == ["ListCommands", "SendCommand"]
    await transport.aclose()


async def test_nobody_at_the_endpoint_is_said(aws: FakeAws) -> None:
    transport = await AwsTransport.open(session=session(), endpoint_url="http://127.0.0.1:1")
    error = await refused(transport, "SendCommand", **SEND)
    assert isinstance(error, Unreachable)
    assert "127.0.0.1:1 could not be reached: Connection refused" in error.message
    await transport.aclose()


async def test_a_certificate_that_is_not_trusted_is_said(tmp_path: Path) -> None:
    import ssl

    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with fake_aws(ssl=context) as aws:
        transport = await AwsTransport.open(session=session(), endpoint_url=f"https://localhost:{aws.port}")
        error = await refused(transport, "SendCommand", **SEND)
        assert isinstance(error, Unreachable)
        assert "certificate" in error.message
        await transport.aclose()
    assert aws.calls == []
