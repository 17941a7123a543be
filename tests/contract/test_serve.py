"""`ssm-tui serve` as a process, asked by boto3."""

import asyncio
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError

from tests.contract.serving import ROOT, plain_environment, refused, serve_command, serving
from tests.contract.test_wire import ask
from tests.engine.daemons import state_folder
from tui.transport.local import LocalTransport
from tui.transport.starting import lock_owner

pytestmark = pytest.mark.slow


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


# beside other engines


async def console(state):
    return await LocalTransport.connect(state, start=False, client="console")


async def test_it_takes_over_an_idle_daemon_and_keeps_its_account(tmp_path):
    async with state_folder(tmp_path / "state") as state:
        before = await LocalTransport.connect(state, client="cli")
        pid, account = before.peer["pid"], before.peer["account"]
        code, _, said = refused(state, "--account", "111111111111")
        assert code == 3 and f"is account {account}'s, not 111111111111's" in said
        assert (await before.call("DescribeEngine", service="ssm-tui"))["Pid"] == pid, "it was left alone"
        with serving(state, "--account", account) as served:
            assert served.account == account
            assert lock_owner(state) == served.pid != pid
            joined = await console(state)
            described = await joined.call("DescribeEngine", service="ssm-tui")
            assert (described["Pid"], described["Endpoint"]) == (served.pid, served.endpoint)
            await joined.aclose()
        await before.aclose()


async def test_a_busy_daemon_is_left_alone_and_what_is_live_is_named(tmp_path):
    async with state_folder(tmp_path / "state") as state:
        other = await LocalTransport.connect(state, client="console")
        code, out, said = refused(state)
        assert (code, out) == (3, "")
        assert "is busy, and was left alone. It has 1 open console." in said
        await other.aclose()
        other = await LocalTransport.connect(state, client="cli")
        sent = await send_command(other, "read line < gate")
        code, out, said = refused(state)
        assert (code, out) == (3, "")
        assert sent in said and said.count("\n") == 1
        assert lock_owner(state) == other.peer["pid"]
        await other.call("CancelCommand", {"CommandId": sent})
        async for _ in other.watch("command", {"CommandId": sent}):
            pass
        await other.aclose()


async def send_command(transport, line):
    listed = await transport.call("DescribeInstanceInformation", {})
    (node,) = listed["InstanceInformationList"]
    described = await transport.call("DescribeEngine", service="ssm-tui")
    gate = Path(described["StateDirectory"]).parent / "gate"
    if not gate.exists():
        os.mkfifo(gate)
    params = {"commands": [line.replace("gate", str(gate))]}
    sent = await transport.call(
        "SendCommand",
        {"DocumentName": "AWS-RunShellScript", "InstanceIds": [node["InstanceId"]], "Parameters": params},
    )
    return sent["Command"]["CommandId"]


def test_a_second_one_is_told_where_the_first_one_is(tmp_path):
    with serving(tmp_path / "state") as first:
        code, out, said = refused(tmp_path / "state")
        assert (code, out) == (3, "")
        assert f"is served already, at {first.endpoint} by process {first.pid}" in said


def test_two_at_once_are_one_that_serves_and_one_that_says_so(tmp_path):
    state = tmp_path / "state"
    words = {"cwd": ROOT, "env": plain_environment(state), "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    both = [subprocess.Popen(serve_command(state), text=True, **words) for _ in range(2)]
    try:
        lines = [process.stdout.readline() for process in both]
        assert sorted(map(bool, lines)) == [False, True]
        loser, winner = sorted(both, key=lambda process: bool(lines[both.index(process)]))
        said = loser.stderr.read()
        assert "is served already" in said
        assert loser.wait(30) == 3
        assert json.loads(lines[both.index(winner)])["credentials"] == str(state / "credentials")
        assert winner.poll() is None
    finally:
        for process in both:
            process.terminate()
            process.communicate(timeout=30)
    assert winner.returncode == 0


def test_keys_are_made_once(tmp_path):
    state = tmp_path / "state"
    with serving(state) as first:
        key, account = first.key(), first.account
        first.credentials.chmod(0o644)
    with serving(state, "--region", "eu-west-1") as second:
        assert (second.key(), second.account, second.region) == (key, account, "eu-west-1")
        assert "region = eu-west-1" in second.credentials.read_text()
        assert stat.S_IMODE(second.credentials.stat().st_mode) == 0o600
        second.client().list_commands()
    (state / "credentials").write_text("[default]\naws_secret_access_key = hidden\n")
    code, _, said = refused(state)
    assert code == 3
    assert "has no profile ssm-tui with a key" in said and "hidden" not in said


# the end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_cleanly_and_what_runs_is_found_again(tmp_path, number):
    state = tmp_path / "state"
    with serving(state) as served:
        client = served.client()
        transport = await console(state)
        sent = await send_command(transport, "read line < gate; echo after $line")
        node = client.list_command_invocations(CommandId=sent)["CommandInvocations"][0]["InstanceId"]
        watched = transport.watch("command", {"CommandId": sent})
        async for event in watched:
            if event["type"] == "invocation" and event["Invocation"]["Status"] == "InProgress":
                break
        await watched.aclose()
        await transport.aclose()
        assert served.stop(number) == 0
        assert served.process.stderr.read() == ""
        assert not (state / "engine.sock").exists()
        assert not (state / "engine.crash").exists()
        with pytest.raises(EndpointConnectionError):
            client.list_commands()
    with serving(state) as served:
        transport = await console(state)
        following = asyncio.ensure_future(ended(transport, sent))
        (tmp_path / "gate").write_text("the gate\n")
        await asyncio.wait_for(following, 30)
        await transport.aclose()
        answer = served.client().get_command_invocation(CommandId=sent, InstanceId=node)
        assert (answer["Status"], answer["StandardOutputContent"]) == ("Success", "after the gate\n")


async def ended(transport, command):
    async for _ in transport.watch("command", {"CommandId": command}):
        pass


async def test_a_request_under_way_is_answered_before_it_leaves(tmp_path):
    state = tmp_path / "state"
    with serving(state) as served:
        # Many writes wait for the disk when the signal comes.
        client = served.client()
        (node,) = client.describe_instance_information()["InstanceInformationList"]
        known = {"ResourceType": "ManagedInstance", "ResourceId": node["InstanceId"]}

        def tag(number):
            try:
                client.add_tags_to_resource(**known, Tags=[{"Key": f"k{number}", "Value": "v"}])
                return number
            except (EndpointConnectionError, ConnectionClosedError):
                return None

        writing = [asyncio.ensure_future(asyncio.to_thread(tag, number)) for number in range(8)]
        await asyncio.wait(writing, return_when=asyncio.FIRST_COMPLETED)
        assert served.stop() == 0
        answered = {f"k{number}" for number in await asyncio.gather(*writing) if number is not None}
    with serving(state) as served:
        tags = served.client().list_tags_for_resource(**known)["TagList"]
        assert answered and answered <= {tag["Key"] for tag in tags}


def test_a_client_that_never_finishes_its_request_holds_nobody_up(tmp_path):
    with serving(tmp_path / "state") as served, socket.create_connection(("127.0.0.1", served.port)) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n")
        served.client().list_commands()
        assert served.stop() == 0


async def test_stop_ends_it(tmp_path):
    with serving(tmp_path / "state") as served:
        command = [sys.executable, "-m", "tui.cli", "stop", "--state", str(served.state)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert served.process.wait(20) == 0


def test_who_stops_it_over_http_is_answered(tmp_path):
    with serving(tmp_path / "state") as served:
        reply = ask(served, "StopEngine", prefix="SsmTui")
        assert (reply.status, reply.body) == (200, {})
        assert served.process.wait(20) == 0


@pytest.mark.slow
async def test_stop_force_ends_one_that_hangs(tmp_path):
    with serving(tmp_path / "state") as served:
        os.kill(served.pid, signal.SIGSTOP)
        command = [sys.executable, "-m", "tui.cli", "stop", "--force", "--state", str(served.state)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert served.process.wait(20) == -signal.SIGKILL


# addresses


def test_a_port_that_is_taken(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, out, said = refused(tmp_path / "state", "--port", str(port))
    assert (code, out) == (3, "")
    assert f"Port {port} of 127.0.0.1 can't be listened on: Address already in use." in said
    assert not (tmp_path / "state").exists(), "nothing was touched"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "no.such.host.invalid"], "The host no.such.host.invalid can't be found"),
        (["--host", "a" * 300], "can't be found"),
        (["--host", "192.0.2.250", "--insecure"], "can't be listened on: Cannot assign requested address."),
        (["--host", "0.0.0.0"], "requests would go unencrypted. Give --tls-cert and --tls-key, or --insecure"),
        (["--host", "::"], "requests would go unencrypted"),
        (["--port", "65536"], "--port takes 0 to 65535."),
        (["--port", "web"], "invalid int value: 'web'"),
        (["--account", "12345"], "--account takes 12 digits."),
        (["--tls-cert", "/no/such.pem"], "--tls-cert and --tls-key go together."),
        (["--tls-cert", "/no/such.pem", "--tls-key", "/no/such.key"], "/no/such.pem can't be read: No such file"),
        (["--tls-cert", __file__, "--tls-key", __file__], "can't be used"),
        (["--region", "nowhere"], "nowhere is no region."),
        (["--profile", "prod"], "serve answers from the engine of this machine."),
        (["stray"], "unrecognized arguments: stray"),
    ],
)
def test_words_that_can_not_be_meant_are_said_in_one_line(tmp_path, words, said):
    code, out, heard = refused(tmp_path / "state", *words)
    assert code in (2, 3) and out == ""
    assert said.casefold() in heard.casefold() and heard.count("\n") == 1
    assert not (tmp_path / "state").exists(), "nothing was touched"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may have any port")
def test_a_port_for_root_alone(tmp_path):
    code, _, said = refused(tmp_path / "state", "--port", "80")
    assert code == 3 and "can't be listened on: Permission denied." in said


def test_a_state_folder_that_is_a_file(tmp_path):
    (tmp_path / "state").write_text("")
    code, out, said = refused(tmp_path / "state")
    assert (code, out) == (3, "")
    assert "can't be used: File exists." in said and said.count("\n") == 1


def test_insecure_is_a_word_for_it(tmp_path):
    with serving(tmp_path / "state", "--host", "0.0.0.0", "--insecure") as served:
        assert served.endpoint.startswith("http://127.0.0.1:")
        served.client().list_commands()


def test_read_only_refuses_what_changes_something(tmp_path):
    with serving(tmp_path / "state", "--read-only") as served:
        client = served.client(region="eu-central-1")
        (node,) = client.describe_instance_information()["InstanceInformationList"]
        with pytest.raises(ClientError) as caught:
            client.add_tags_to_resource(
                ResourceType="ManagedInstance", ResourceId=node["InstanceId"], Tags=[{"Key": "a", "Value": "b"}]
            )
        assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
        text = caught.value.response["Error"]["Message"]
        assert f"on resource: arn:aws:ssm:eu-central-1:{served.account}:*" in text


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
def test_with_a_certificate_it_speaks_tls(tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words += ["-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*words, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    other = tmp_path / "other.pem"
    words = ["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", other]
    subprocess.run(words, check=True, capture_output=True)
    with serving(tmp_path / "state", "--host", "0.0.0.0", "--tls-cert", str(cert), "--tls-key", str(key)) as served:
        assert served.endpoint.startswith("https://127.0.0.1:")
        assert served.client(verify=str(cert)).list_commands()["Commands"] == []
        with socket.create_connection(("127.0.0.1", served.port)) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert not plain.recv(100).startswith(b"HTTP/1.1 200")
    code, _, said = refused(tmp_path / "second", "--tls-cert", str(cert), "--tls-key", str(other))
    assert code == 2 and "key values mismatch" in said
