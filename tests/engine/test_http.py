"""The HTTP front: an engine with handlers of our choosing, and real connections to it."""

import asyncio
import contextlib
import json
import socket

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tui.engine.context import StatePaths
from tui.engine.dispatch import Engine
from tui.engine.server.http import HttpServer
from tui.engine.server.keys import key_of

SAMPLE = "tests.engine.sample_domains"


@pytest.fixture
async def engine(tmp_path):
    settings = {"seen": [], "alive": [], "closed": [], "waiting": [], "given": []}
    engine = await Engine.open(StatePaths(tmp_path), settings=settings, domains=SAMPLE)
    yield engine
    await engine.aclose()


async def front(engine, **options):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.setblocking(False)
    server = HttpServer(listener, f"http://127.0.0.1:{listener.getsockname()[1]}", **options)
    await server.open(engine)
    return server


@pytest.fixture
async def server(engine):
    server = await front(engine)
    yield server
    await server.aclose()


def signed(server, operation, params, *, region="eu-west-1", length=None):
    """Give the bytes of a signed request, up to its body and the body."""
    described = server.described()
    key = key_of(StatePaths(server._engine.services.paths.root).credentials, "x", region)
    body = json.dumps(params).encode()
    headers = {
        "Host": described["endpoint"].partition("://")[2],
        "X-Amz-Target": f"AmazonSSM.{operation}",
        "Content-Type": "application/x-amz-json-1.1",
    }
    request = AWSRequest("POST", f"{described['endpoint']}/", headers=headers, data=body)
    SigV4Auth(Credentials(key.id, key.secret), "ssm", region).add_auth(request)
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    head = "\r\n".join(["POST / HTTP/1.1", *lines, f"Content-Length: {length or len(body)}", "", ""]).encode()
    return head, body


async def dial(server):
    return await asyncio.open_connection("127.0.0.1", int(server.endpoint.rpartition(":")[2]))


async def reply(reader):
    """Read one reply: its status, its headers and its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    status, *lines = head.split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines if line)
    body = await reader.readexactly(int(headers["Content-Length"]))
    return int(status.split()[1]), headers, json.loads(body)


async def ask(server, operation, params, **more):
    reader, writer = await dial(server)
    writer.write(b"".join(signed(server, operation, params, **more)))
    try:
        return await reply(reader)
    finally:
        writer.close()


async def test_a_handler_that_crashes_gives_a_reference_and_no_traceback(server, caplog):
    status, headers, body = await ask(server, "DeleteParameter", {"Name": "x"})
    assert status == 500
    assert body["__type"] == headers["x-amzn-ErrorType"] == "InternalServerError"
    reference = body["Message"].split()[-1].rstrip(".")
    assert reference in caplog.text and "no luck with x" in caplog.text
    assert "no luck" not in body["Message"] and "Traceback" not in body["Message"]
    status, _, body = await ask(server, "GetDocument", {"Name": "AWS-X"})
    assert (status, body["__type"]) == (500, "InternalServerError"), "an answer that does not fit its model"


async def test_an_error_s_text_is_spelled_as_its_shape_has_it(server):
    status, _, body = await ask(server, "PutParameter", {"Name": "n", "Value": "late fault", "Type": "String"})
    assert (status, body) == (400, {"__type": "ParameterLimitExceeded", "message": "too many"})
    _, _, body = await ask(server, "GetParameter", {"Name": "none"})
    assert body == {"__type": "ParameterNotFound"}, "AWS sends no text with it"


async def test_the_caller_is_the_key_s_user_in_the_region_that_was_signed_for(engine, server):
    await ask(server, "ListDocuments", {}, region="cn-north-1")
    (row,) = engine.services.store.read("SELECT * FROM audit")
    assert row["caller"] == f"arn:aws-cn:iam::{engine.services.account}:user/{engine.caller.name}"
    await ask(server, "ListDocuments", {}, region="us-west-2")
    row = engine.services.store.read("SELECT * FROM audit ORDER BY id")[-1]
    assert row["caller"] == engine.caller.arn


async def test_a_write_is_carried_out_even_if_its_client_is_gone(engine, server):
    _, writer = await dial(server)
    writer.write(b"".join(signed(server, "PutParameter", {"Name": "left", "Value": "kept", "Type": "String"})))
    await writer.drain()
    writer.close()
    async with asyncio.timeout(10):
        while engine.services.store.read_one("SELECT value FROM meta WHERE key = 'left'") is None:
            await asyncio.sleep(0.005)


async def test_a_body_that_does_not_come_is_not_waited_for_without_end(engine):
    server = await front(engine, patience=0.05)
    reader, writer = await dial(server)
    head, body = signed(server, "GetParameter", {"Name": "x"}, length=1000)
    writer.write(head + body)
    status, headers, said = await reply(reader)
    assert (status, said["__type"], headers["Connection"]) == (408, "RequestTimeoutException", "close")
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    await server.aclose()


async def test_a_connection_that_says_nothing_is_closed(engine):
    server = await front(engine, patience=0.05)
    reader, writer = await dial(server)
    writer.write(b"POST / HTTP/1.1\r\nHost:")  # half a head is nothing yet
    assert await reader.read() == b""
    writer.close()
    await server.aclose()


async def test_who_connects_with_a_wrong_signature_sends_its_body_to_nobody(server):
    reader, writer = await dial(server)
    head, _ = signed(server, "GetParameter", {"Name": "x"}, length=1_000_000)
    writer.write(head.replace(b"/ssm/", b"/ec2/"))
    status, _, said = await reply(reader)
    assert (status, said["__type"]) == (400, "InvalidSignatureException")
    writer.close()


async def test_the_close_waits_for_what_was_asked_and_not_without_end(engine):
    server = await front(engine, finish=0.05)
    reader, writer = await dial(server)
    writer.write(b"".join(signed(server, "GetMaintenanceWindow", {"WindowId": "mw-0123456789abcdef0"})))
    async with asyncio.timeout(10):
        while not engine.services.settings["waiting"]:
            await asyncio.sleep(0.005)
    idle_reader, idle_writer = await dial(server)
    idle_writer.write(b"".join(signed(server, "GetParameter", {"Name": "x"})))
    await reply(idle_reader)
    await server.aclose()
    assert await reader.read() == await idle_reader.read() == b""
    for each in (writer, idle_writer):
        each.close()
    with pytest.raises(ConnectionRefusedError):
        await dial(server)


async def test_too_many_connections_leave_the_engine_its_open_files(engine):
    server = await front(engine, most=3)
    held = [await dial(server) for _ in range(3)]
    reader, writer = await dial(server)
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b""
    first_reader, first_writer = held[0]
    first_writer.write(b"".join(signed(server, "GetParameter", {"Name": "x"})))
    assert (await reply(first_reader))[0] == 400
    for _, each in [*held, (reader, writer)]:
        each.close()
    async with asyncio.timeout(10):
        while True:  # what was closed makes room
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                assert (await ask(server, "GetParameter", {"Name": "x"}))[0] == 400
                break
    await server.aclose()
