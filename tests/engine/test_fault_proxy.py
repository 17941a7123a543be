"""The proxy that other tests trust: each of its faults does what it says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.engine.fault_proxy import FaultProxy

PATIENCE = 10.0


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(4096):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, text: bytes) -> bytes:
    writer.write(text)
    return await asyncio.wait_for(reader.readexactly(len(text)), PATIENCE)


async def is_silent(reader: asyncio.StreamReader) -> bool:
    """Say whether nothing comes; a fifth of a second is enough on loopback, and more would prove no more."""
    try:
        await asyncio.wait_for(reader.read(1), 0.2)
    except TimeoutError:
        return True
    return False


async def test_bytes_go_through_both_ways(echo: int) -> None:
    async with FaultProxy(echo) as proxy:
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        assert await say(reader, writer, b"hello") == b"hello"
        assert proxy.accepted == proxy.open == 1
        writer.close()


async def test_hang_at_accept_and_heal(echo: int) -> None:
    async with FaultProxy(echo) as proxy:
        proxy.hang_at_accept()
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        writer.write(b"hello")
        assert await is_silent(reader)
        await proxy.heal()
        assert await asyncio.wait_for(reader.readexactly(5), PATIENCE) == b"hello"
        writer.close()


async def test_hang_after_bytes_of_the_server_goes_on_where_it_stopped(echo: int) -> None:
    async with FaultProxy(echo) as proxy:
        proxy.hang_after(3, "server")
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        assert await say(reader, writer, b"hel") == b"hel"
        writer.write(b"lo")
        assert await is_silent(reader)
        await proxy.heal()
        assert await asyncio.wait_for(reader.readexactly(2), PATIENCE) == b"lo"
        writer.close()


async def test_an_open_connection_hangs_from_now(echo: int) -> None:
    async with FaultProxy(echo) as proxy:
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        assert await say(reader, writer, b"hello") == b"hello"
        proxy.hang_after(0)
        writer.write(b"more")
        assert await is_silent(reader)
        writer.close()


async def test_cut_after_bytes(echo: int) -> None:
    async with FaultProxy(echo) as proxy:
        proxy.cut_after(3, "server")
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        writer.write(b"hello")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(5), PATIENCE)


async def test_cut_now_and_refuse_and_heal(echo: int) -> None:
    async with FaultProxy(echo) as proxy:
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        assert await say(reader, writer, b"hello") == b"hello"
        await proxy.refuse(cut=True)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), PATIENCE)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(proxy.host, proxy.port)
        await proxy.heal()
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        assert await say(reader, writer, b"again") == b"again"
        writer.close()


async def test_reset_at_accept(echo: int) -> None:
    async with FaultProxy(echo) as proxy:
        proxy.drop_at_accept()
        reader, _writer = await asyncio.open_connection(proxy.host, proxy.port)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), PATIENCE)
        await asyncio.wait_for(proxy.wait_accepted(1), PATIENCE)


async def test_delay_hands_everything_on(echo: int) -> None:
    async with FaultProxy(echo) as proxy:
        proxy.delay(0.01)
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        assert await say(reader, writer, b"slowly") == b"slowly"
        writer.close()
