"""The console's way to AWS against two that answer as AWS does: our own `serve`, behind a proxy, and moto's server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.serving import Served, serving
from tests.engine.fault_proxy import FaultProxy
from tui.errors import CredentialsExpired, OutcomeUnknown, SsmTuiError, Unreachable
from tui.services.commands import CommandChanged, CommandRequest, Commands, CommandStatus, InvocationChanged
from tui.services.documents import Documents
from tui.services.node_tags import NodeTags
from tui.services.nodes import Nodes
from tui.services.sessions import Sessions
from tui.services.tags import Tags
from tui.transport.aws import AwsTransport


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("serve") / "state") as served:
        yield served


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    finally:
        server.stop()


def session(key: str, secret: str, region: str = "eu-west-1") -> Any:
    import boto3.session

    return boto3.session.Session(key, secret, region_name=region)


@pytest.fixture
async def proxy(served: Served) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(served.port) as proxy:
        yield proxy


@pytest.fixture
async def transport(served: Served, proxy: FaultProxy) -> AsyncIterator[AwsTransport]:
    made = await AwsTransport.open(
        session=session(*served.key()),
        endpoint_url=f"http://127.0.0.1:{proxy.port}",
        context="serve",
        read_timeout=1.0,
    )
    yield made
    await made.aclose()


async def this_node(transport: AwsTransport) -> str:
    (node,) = await Nodes(transport).all()
    return node.id


def shell(node: str, script: str) -> CommandRequest:
    return CommandRequest(document="AWS-RunShellScript", parameters={"commands": [script]}, instance_ids=[node])


async def test_a_command_is_sent_followed_and_read_through_the_wire(transport: AwsTransport) -> None:
    commands, node = Commands(transport), await this_node(transport)
    sent = await commands.send(shell(node, "echo out; echo err >&2; exit 3"))
    events = [event async for event in commands.watch(sent.id)]
    assert isinstance(events[-1], CommandChanged)
    assert events[-1].command.status is CommandStatus.FAILED
    last = [event.invocation for event in events if isinstance(event, InvocationChanged)][-1]
    assert last.details == "Failed"
    assert (await commands.output(sent.id, node, "stdout")).data == b"out\n"
    assert (await commands.output(sent.id, node, "stderr")).data.startswith(b"err\n")
    result = await commands.invocation(sent.id, node)
    assert result.exit_code == 3
    assert result.started is not None
    details = await commands.run_details(sent.id, node)
    assert [(step.exit_code, step.stdout_bytes) for step in details.steps] == [(3, 4)]
    listed = [one.id async for page in commands.list() for one in page]
    assert listed[0] == sent.id


async def test_lists_are_read_through_the_wire(transport: AwsTransport) -> None:
    names = [one.name async for page in Documents(transport).list() for one in page]
    assert "AWS-RunShellScript" in names
    details = await Documents(transport).describe("AWS-RunShellScript")
    assert "commands" in {one.name for one in details.parameters}
    assert await Sessions(transport).live_and_past() == []
    node = await this_node(transport)
    await Tags(transport).add(node, {"env": "prod"})
    assert await Tags(transport).list(node) == {"env": "prod"}


async def test_a_wrong_secret_is_a_login_that_is_wrong(served: Served) -> None:
    key, _ = served.key()
    transport = await AwsTransport.open(session=session(key, "wrong"), endpoint_url=served.endpoint)
    with pytest.raises(CredentialsExpired):
        await transport.call("ListCommands")
    await transport.aclose()


class HealingClock:
    """Heals a proxy when somebody sleeps."""

    def __init__(self, proxy: FaultProxy) -> None:
        self._proxy = proxy

    def now(self) -> float:
        import time

        return time.time()

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await self._proxy.heal()
        await asyncio.sleep(seconds)


async def test_a_command_whose_answer_was_cut_off_ran_once_and_is_found(
    transport: AwsTransport, proxy: FaultProxy, tmp_path: Path
) -> None:
    commands, node = Commands(transport), await this_node(transport)
    commands.clock = HealingClock(proxy)
    proxy.cut_after(10, side="server")
    sent = await commands.send(shell(node, f"echo ran >> {tmp_path}/runs"))
    assert (await commands.follow(sent.id)).status is CommandStatus.SUCCESS
    assert (tmp_path / "runs").read_text() == "ran\n"


async def test_a_read_whose_answer_was_cut_off_says_so_and_the_next_one_passes(
    transport: AwsTransport, proxy: FaultProxy
) -> None:
    await transport.call("ListCommands")
    proxy.cut_after(10, side="server")
    with pytest.raises(Unreachable, match="broke"):
        await transport.call("ListCommands")
    await proxy.heal()
    assert "Commands" in await transport.call("ListCommands")


@pytest.mark.slow
async def test_an_endpoint_that_goes_silent_half_way_is_given_up(transport: AwsTransport, proxy: FaultProxy) -> None:
    node = await this_node(transport)
    proxy.hang_after(20, side="server")
    with pytest.raises(Unreachable, match="in time"):
        await transport.call("ListCommands")
    with pytest.raises(OutcomeUnknown):
        await transport.call("CancelCommand", {"CommandId": "0" * 8 + "-0000-4000-8000-" + "0" * 12})
    await proxy.heal()
    assert await this_node(transport) == node


async def test_an_endpoint_that_refuses_is_said_and_comes_back(transport: AwsTransport, proxy: FaultProxy) -> None:
    await proxy.refuse(cut=True)
    with pytest.raises(Unreachable, match="could not be reached: Connection refused"):
        await transport.call("ListCommands")
    await proxy.heal()
    assert "Commands" in await transport.call("ListCommands")


# moto


@pytest.fixture
async def on_moto(moto: str) -> AsyncIterator[AwsTransport]:
    made = await AwsTransport.open(session=session("AKIDEXAMPLE", "s"), endpoint_url=moto, context="moto")
    yield made
    await made.aclose()


async def test_names_of_ec2_instances_come_in_bulk_and_those_that_are_gone_are_left_out(on_moto: AwsTransport) -> None:
    request = {"ImageId": "ami-12c6146b", "MinCount": 3, "MaxCount": 3}
    made = await on_moto.call("RunInstances", request, service="ec2")
    ids = [one["InstanceId"] for one in made["Instances"]]
    tags = Tags(on_moto)
    for number, id in enumerate(ids):
        await tags.add(id, {"Name": f"web-{number}", "old": "yes"})
    await tags.remove(ids[0], ["old"])
    assert await tags.list(ids[0]) == {"Name": "web-0"}
    found = (await NodeTags(on_moto).of([*ids, "i-00000000000000000"])).tags
    assert {id: {tag["Key"]: tag["Value"] for tag in found[id]}["Name"] for id in ids} == {
        id: f"web-{number}" for number, id in enumerate(ids)
    }
    assert "i-00000000000000000" not in found


async def test_moto_takes_a_command_and_gives_its_output(on_moto: AwsTransport) -> None:
    commands = Commands(on_moto)
    node = "i-0123456789abcdef0"
    sent = await commands.send(shell(node, "uptime"))
    assert (await commands.get(sent.id)).status is CommandStatus.SUCCESS
    assert (await commands.invocation(sent.id, node)).command_id == sent.id
    assert (await commands.output(sent.id, node, "stdout")).final


@pytest.mark.slow
async def test_what_moto_does_not_have_is_an_error_of_ours(on_moto: AwsTransport) -> None:
    with pytest.raises(SsmTuiError):
        await on_moto.call("DescribeSessions", {"State": "Active"})
