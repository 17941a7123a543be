"""Writes on a connection's transport: those of one turn of the loop go in one piece, and none is lost at its end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tui.engine.nodes.ssh.corked import SOON, Corked, Way


class Protocol(asyncio.Protocol):
    """What would be asyncssh's connection."""

    transport: Corked

    def __init__(self) -> None:
        self.received: asyncio.Queue[bytes] = asyncio.Queue()
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, Corked)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received.put_nowait(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(exc)


@asynccontextmanager
async def pair() -> AsyncIterator[tuple[Protocol, socket.socket]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    theirs.settimeout(10)
    with theirs:
        protocol = Protocol()
        stream = socket.fromfd(ours.fileno(), ours.family, ours.type)
        ours.close()
        _, made = await Way(_AsStream(fileno=stream.detach())).create_connection(lambda: protocol, "", 0)
        assert made is protocol
        yield protocol, theirs
        protocol.transport.abort()
        await protocol.lost


class _AsStream(socket.socket):
    """A socket that keeps the bounds of what is sent; asyncio takes none that says so."""

    @property
    def type(self) -> int:  # type: ignore[override]
        return socket.SOCK_STREAM


async def received(theirs: socket.socket) -> bytes:
    return await asyncio.to_thread(theirs.recv, 4 * SOON)


async def test_what_is_written_in_one_turn_goes_in_one_piece_and_what_comes_is_heard_directly() -> None:
    async with pair() as (protocol, theirs):
        for part in (b"one ", bytearray(b"two "), memoryview(b"three")):
            protocol.transport.write(part)
        assert protocol.transport.get_write_buffer_size() == 13
        assert await received(theirs) == b"one two three"
        protocol.transport.write(b"next")
        assert await received(theirs) == b"next"
        assert protocol.transport.get_protocol() is protocol
        theirs.send(b"back")
        assert await protocol.received.get() == b"back"


async def test_much_is_not_held_back() -> None:
    async with pair() as (protocol, theirs):
        protocol.transport.write(b"x" * (SOON - 1))
        protocol.transport.write(b"yz")
        assert theirs.recv(4 * SOON) == b"x" * (SOON - 1) + b"yz"


async def test_the_last_words_are_sent_before_the_end() -> None:
    for end in ("close", "abort"):
        async with pair() as (protocol, theirs):
            protocol.transport.write(b"last ")
            protocol.transport.write(b"words")
            getattr(protocol.transport, end)()
            assert protocol.transport.is_closing()
            assert await received(theirs) == b"last words"
            assert await received(theirs) == b""
