"""The unix socket: an engine with handlers of our choosing, and real connections to it."""

import asyncio
import os
import socket
import threading

import pytest

from tests.engine.clock import settle
from tui.engine.context import StatePaths
from tui.engine.dispatch import Engine
from tui.engine.server.unix import UnixServer, peer_uid
from tui.errors import AccessDenied, ApiError, OutcomeUnknown, TransportError, Unreachable
from tui.protocol.frames import HEADER, WINDOW, Decoder, Kind, encode, event_cost
from tui.transport.local import LocalTransport

SAMPLE = "tests.engine.sample_domains"


@pytest.fixture
async def engine(tmp_path):
    settings = {"seen": [], "alive": [], "closed": [], "waiting": [], "given": []}
    engine = await Engine.open(StatePaths(tmp_path), settings=settings, domains=SAMPLE)
    yield engine
    await engine.aclose()


@pytest.fixture
async def server(engine):
    server = await UnixServer.start(engine, engine.services.paths)
    yield server
    await server.aclose()


@pytest.fixture
async def transport(engine, server):
    transport = await LocalTransport.connect(engine.services.paths.root, start=False)
    yield transport
    await transport.aclose()


async def raw(engine):
    return await asyncio.open_unix_connection(str(engine.services.paths.socket))


async def frames(reader, decoder=None):
    """Give the frames of the next chunk that holds any."""
    decoder = decoder or Decoder()
    while data := await reader.read(65536):
        found = list(decoder.feed(data))
        if found:
            return found
    return []


async def until(condition):
    """Give the loop turns until something holds that no event announces; pytest's own limit ends a wait in vain."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_calls_are_answered_side_by_side(engine, transport):
    await asyncio.gather(
        *(transport.call("PutParameter", {"Name": f"n{i}", "Value": f"v{i}", "Type": "String"}) for i in range(50))
    )
    answers = await asyncio.gather(*(transport.call("GetParameter", {"Name": f"n{i}"}) for i in range(50)))
    assert [answer["Parameter"]["Value"] for answer in answers] == [f"v{i}" for i in range(50)]


async def test_an_answer_overtakes_one_that_takes_long(engine, transport):
    slow = asyncio.ensure_future(transport.call("GetMaintenanceWindow", {"WindowId": "mw-" + "0" * 17}))
    with pytest.raises(ApiError):
        await transport.call("GetParameter", {"Name": "none"})
    assert not slow.done()
    slow.cancel()
    (handling,) = engine.services.settings["waiting"]
    await until(handling.cancelled)


async def test_faults_come_back_with_their_codes(transport):
    with pytest.raises(ApiError) as caught:
        await transport.call("GetParameter", {"Name": "none"})
    assert (caught.value.code, caught.value.text, caught.value.operation) == ("ParameterNotFound", "", "GetParameter")
    with pytest.raises(ApiError, match="UnknownOperationException"):
        await transport.call("MakeCoffee")


async def test_a_client_that_vanishes_frees_what_it_had_and_its_writes_are_carried_out(engine, server):
    one = await LocalTransport.connect(engine.services.paths.root, start=False)
    watching = asyncio.ensure_future(anext(aiter(one.watch("count", {"to": 0, "stay": True}))))
    reading = asyncio.ensure_future(one.call("GetMaintenanceWindow", {"WindowId": "mw-" + "0" * 17}))
    await until(lambda: engine.services.settings["waiting"])
    assert (engine.presence.clients, engine.presence.consoles) == (1, 1)
    held = threading.Event()
    holding = asyncio.ensure_future(engine.services.store.write(lambda conn: held.wait(20)))
    writing = asyncio.ensure_future(one.call("PutParameter", {"Name": "a", "Value": "b", "Type": "String"}))
    await settle()
    await one.aclose()
    results = await asyncio.gather(watching, reading, writing, return_exceptions=True)
    assert [type(each) for each in results] == [Unreachable, Unreachable, OutcomeUnknown]
    held.set()
    assert await holding
    await until(lambda: engine.services.settings["closed"])
    await until(engine.services.settings["waiting"][0].cancelled)
    assert (engine.presence.clients, engine.presence.consoles) == (0, 0)
    await until(lambda: engine.services.store.read_one("SELECT value FROM meta WHERE key = 'a'"))


async def test_a_watch_ends_fails_and_is_closed(engine, transport):
    assert [event["Number"] async for event in transport.watch("count", {"to": 3})] == [0, 1, 2]
    with pytest.raises(ApiError, match="InvalidCommandId"):
        async for _ in transport.watch("count", {"to": 1, "fail": True}):
            pass
    watching = transport.watch("count", {"to": 1, "stay": True})
    assert (await anext(watching))["Number"] == 0
    closed = engine.services.settings["closed"]
    before = len(closed)
    await watching.aclose()
    await until(lambda: len(closed) > before)


async def test_a_watch_that_nobody_reads_stops_at_the_window_and_blocks_nothing_else(engine, transport):
    size = 10_000
    watching = transport.watch("count", {"to": 100_000, "size": size, "stay": True})
    assert (await anext(watching))["Number"] == 0
    sent = WINDOW // event_cost({"Data": "x" * size}) + 1
    given = engine.services.settings["given"]
    await until(lambda: len(given) > sent)
    for _ in range(5):
        with pytest.raises(ApiError):
            await transport.call("GetParameter", {"Name": "none"})
    assert len(given) <= sent + 1
    assert [(await anext(watching))["Number"] for _ in range(500)] == list(range(1, 501))
    await watching.aclose()


async def test_a_read_only_client_is_denied_writes_by_the_engine_itself(engine, server):
    transport = await LocalTransport.connect(engine.services.paths.root, start=False, read_only=True)
    with pytest.raises(AccessDenied) as caught:
        await transport.call("PutParameter", {"Name": "a", "Value": "b", "Type": "String"})
    assert caught.value.action == "ssm:PutParameter"
    await transport.aclose()


async def test_a_client_that_does_not_greet_is_turned_away(engine, server):
    reader, writer = await raw(engine)
    writer.write(encode(Kind.CALL, 1, {"service": "ssm", "operation": "GetParameter", "params": {"Name": "a"}}))
    ((kind, stream, payload),) = await frames(reader)
    assert (kind, stream) == (Kind.ERROR, 0)
    assert "HELLO" in payload["message"]
    assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize(
    "noise", [b"\xff" * 64, encode(Kind.HELLO, 0, {})[:5] + b"\0\0\0\0", b"GET / HTTP/1.1\r\n\r\n"]
)
async def test_bytes_that_are_no_frames_close_that_connection_alone(engine, server, transport, noise):
    reader, writer = await raw(engine)
    writer.write(noise)
    writer.write_eof()
    await reader.read()
    writer.close()
    await until(lambda: engine.presence.clients == 1)
    assert transport.connected


GREETING = encode(Kind.HELLO, 0, {"client": "test"})


@pytest.mark.parametrize(
    "wrong",
    [
        encode(Kind.HELLO, 0, "hello"),
        GREETING + encode(Kind.CALL, 1, ["ListCommands"]),
        GREETING + encode(Kind.CALL, 1, None),
        GREETING + encode(Kind.CALL, 1, {"operation": []}),
        GREETING + encode(Kind.WATCH, 1, {"kind": []}),
        GREETING + encode(Kind.WATCH, 1, {"kind": "count", "params": 5}),
        GREETING + encode(Kind.OPEN, 1, {"session_id": [], "rows": 1, "columns": 1}),
        GREETING + HEADER.pack(200_000, Kind.CALL, 1) + b"[" * 200_000,
        GREETING + 2 * encode(Kind.CALL, 7, {"operation": "GetMaintenanceWindow"}),
    ],
)
async def test_a_frame_of_the_wrong_shape_is_said_and_never_reaches_the_log_as_a_crash(engine, server, wrong, caplog):
    reader, writer = await raw(engine)
    writer.write(wrong)
    assert b"SerializationException" in await reader.read()
    writer.close()
    await until(lambda: engine.presence.clients == 0)
    assert "Traceback" not in caplog.text


async def test_a_frame_that_lacks_what_it_must_have_closes_the_connection(engine, server):
    reader, writer = await raw(engine)
    writer.write(encode(Kind.HELLO, 0, {"client": "test"}) + encode(Kind.CALL, 1, {"service": "ssm"}))
    seen = []
    decoder = Decoder()
    while data := await reader.read(65536):
        seen += [kind for kind, _, _ in decoder.feed(data)]
    assert seen == [Kind.HELLO, Kind.ERROR]
    writer.close()


async def test_text_that_is_not_unicode_survives_the_way(transport):
    value = "caf\udce9 \x1b[31m [red] 東京"
    with pytest.raises(ApiError) as caught:
        await transport.call("GetDocument", {"Name": value})
    assert caught.value.code == "ValidationException"
    assert value in caught.value.text


async def test_closing_the_server_lets_calls_end_and_tells_the_clients(engine, server, transport):
    heard = []
    transport.on_lost.append(heard.append)
    writing = asyncio.ensure_future(transport.call("PutParameter", {"Name": "a", "Value": "b", "Type": "String"}))
    await until(lambda: any(connection.calls for connection in server._connections) or writing.done())
    await server.aclose()
    assert await writing == {"Version": 1}
    await until(lambda: heard)
    assert isinstance(heard[0], TransportError)
    assert not engine.services.paths.socket.exists()


async def test_the_socket_is_its_owners_alone_and_knows_who_calls(engine, server):
    assert engine.services.paths.socket.stat().st_mode & 0o777 == 0o600
    one, other = socket.socketpair(socket.AF_UNIX)
    with one, other:
        assert peer_uid(one) == os.getuid()
