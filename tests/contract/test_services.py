"""The services against the real engine: what they ask for exists, and what it answers fits their models."""

import asyncio
import contextlib
import os

import pytest

from tui.errors import ApiError
from tui.services import Services
from tui.services.commands import CommandChanged, CommandRequest, Commands, CommandStatus, Output
from tui.services.documents import Documents
from tui.services.engine import Engine, is_busy
from tui.services.nodes import NodeChanged, Nodes, PingStatus
from tui.services.sessions import Sessions
from tui.services.tags import Tags
from tui.transport.local import LocalTransport
from tui.transport.wrappers import Recorded

SHELL = "AWS-RunShellScript"


@pytest.fixture
async def services(tmp_path):
    local = await LocalTransport.connect(tmp_path / "state", idle=20)
    made = Services([Recorded(local)])
    yield made
    with contextlib.suppress(ApiError):
        await made.of(Engine).stop(force=True)
    await made.aclose()


async def test_this_machine_is_listed_described_and_measured(services):
    nodes = services.of(Nodes)
    (node,) = await nodes.all()
    assert node.ping is PingStatus.ONLINE and node.computer_name and node.last_ping.tzinfo is not None
    assert (await nodes.get(node.id)).ref == node.ref
    details = await nodes.details(node.id)
    assert details.cpus >= 1 and details.memory > 0 and details.become == "none" and details.effective_user
    processes = await nodes.processes(node.id)
    assert os.getpid() in {process.pid for process in processes}
    assert isinstance(await nodes.samples(node.id), list)
    with pytest.raises(ApiError):
        await nodes.get("mi-00000000000000000")


async def test_a_name_tag_names_the_node_and_the_watch_says_so(services):
    nodes, tags = services.of(Nodes), services.of(Tags)
    (node,) = await nodes.all()
    watching = asyncio.ensure_future(anext(nodes.watch()))
    while not watching.done():
        await tags.add(node.id, {"Name": "web 1", "env": "prod"})
        await asyncio.wait({watching}, timeout=0.05)
    assert isinstance(watching.result(), NodeChanged) and watching.result().ref == node.ref
    (named,) = await nodes.all([{"Key": "tag:env", "Values": ["prod"]}])
    assert named.name == "web 1" and named.tags == {"Name": "web 1", "env": "prod"}
    assert await tags.list(node.id) == dict(named.tags)
    assert [n.id for n in await services.of(Commands).resolve([{"Key": "tag:env", "Values": ["prod"]}])] == [node.id]
    await tags.remove(node.id, ["Name"])
    assert (await nodes.get(node.id)).name == node.name


async def test_a_command_is_sent_watched_and_read(services):
    commands = services.of(Commands)
    (node,) = await services.of(Nodes).all()
    sent = await commands.send(
        CommandRequest(
            document=SHELL,
            parameters={"commands": ["printf 'a\\377'; echo err >&2; exit 3"]},
            instance_ids=[node.id],
            comment="why",
        )
    )
    said = {"stdout": b"", "stderr": b""}
    states = []
    async for event in commands.watch(sent.id):
        if isinstance(event, Output):
            assert event.node_id == node.id and event.offset == len(said[event.stream])
            said[event.stream] += event.data
        elif isinstance(event, CommandChanged):
            states.append(event.command.status)
    assert said["stdout"] == b"a\xff" and said["stderr"].startswith(b"err\n")
    assert states[-1] is CommandStatus.FAILED
    result = await commands.invocation(sent.id, node.id)
    assert result.exit_code == 3 and result.status is CommandStatus.FAILED and result.ended is not None
    run = await commands.run_details(sent.id, node.id)
    assert run.steps[0].stdout_bytes == 2 and run.effective_user
    part = await commands.output(sent.id, node.id, "stdout", -1)
    assert (part.data, part.offset, part.size, part.final) == (b"\xff", 1, 2, True)
    (page,) = [page async for page in commands.list()]
    assert page[0].id == sent.id and page[0].comment == "why" and page[0].summary.startswith("printf")
    (invocations,) = [page async for page in commands.invocations(sent.id)]
    assert invocations[0].node_id == node.id
    assert services.transport().calls[-1].operation == "ListCommandInvocations"


async def test_a_command_is_cancelled_and_the_engine_is_busy_until_then(services):
    commands, engine = services.of(Commands), services.of(Engine)
    (node,) = await services.of(Nodes).all()
    sent = await commands.send(
        CommandRequest(document=SHELL, parameters={"commands": ["sleep 600"]}, instance_ids=[node.id])
    )
    with pytest.raises(ApiError) as refused:
        await engine.stop()
    assert is_busy(refused.value) and sent.id in refused.value.text
    info = await engine.describe()
    assert len(info.live) == 1 and info.pid > 1 and len(info.account) == 12
    await commands.cancel(sent.id)
    assert (await commands.follow(sent.id)).status is CommandStatus.CANCELLED


async def test_documents_are_listed_described_and_read(services):
    documents = services.of(Documents)
    names = [document.name async for page in documents.list() for document in page]
    assert SHELL in names
    described = await documents.describe(SHELL)
    parameters = {parameter.name: parameter for parameter in described.parameters}
    assert parameters["commands"].is_list and parameters["commands"].default is None
    assert (await documents.get(SHELL)).content


async def test_a_shell_is_opened_listed_and_ended(services):
    sessions = services.of(Sessions)
    (node,) = await services.of(Nodes).all()
    started = await sessions.start(node.id)
    channel = await sessions.open(started.id, 24, 80)
    await channel.send(b"echo $((40 + 2))x\n")
    seen = b""
    async for data in channel:
        seen += data
        if b"42x" in seen:
            break
    (live,) = [session async for page in sessions.list() for session in page]
    assert live.ref == started.ref and live.target == node.id
    details = await sessions.details(started.id)
    assert (details.rows, details.columns) == (24, 80) and details.attached == 1
    await channel.aclose()
    await sessions.terminate(started.id)
    while not (await sessions.get(started.id)).status.over:
        await asyncio.sleep(0.02)
    assert [session.id async for page in sessions.list(history=True) for session in page] == [started.id]
