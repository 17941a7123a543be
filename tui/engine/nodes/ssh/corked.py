"""A connection's transport that sends what was written in one turn of the loop in one go.

asyncssh writes each packet by itself, and one without content before it: each would cost a system call here, and may
wake the server once more there.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

SOON = 64 * 1024
"""Bytes from which on nothing is held back."""


class Corked(asyncio.Transport):
    """Stands before a transport; whoever asks for something else than to write asks that one."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._parts: list[bytes] = []
        self._size = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(bytes(data))
        self._size += len(data)
        if self._size >= SOON:
            self._flush()

    def _flush(self) -> None:
        if self._parts:
            data = b"".join(self._parts)
            self._parts.clear()
            self._size = 0
            self._transport.write(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        self._flush()
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._transport.get_protocol()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._transport.set_protocol(protocol)

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def get_write_buffer_size(self) -> int:
        return self._size + self._transport.get_write_buffer_size()


class _Maker(asyncio.Protocol):
    """Gives the protocol that it stands for a corked transport, and its place."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        self.protocol = protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.set_protocol(self.protocol)
        self.protocol.connection_made(Corked(transport))


class Way:
    """The way to a host over a socket that is connected; asyncssh takes it for a tunnel."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    async def create_connection(
        self, factory: Callable[[], asyncio.Protocol], _host: str, _port: int
    ) -> tuple[asyncio.BaseTransport, asyncio.Protocol]:
        """Make the protocol speak over the socket."""
        loop = asyncio.get_running_loop()
        transport, maker = await loop.create_connection(lambda: _Maker(factory()), sock=self._sock)
        return transport, maker.protocol
