"""The frames on the engine's unix socket: length-prefixed, multiplexed by stream; no I/O.

A frame is `length:u32 kind:u8 stream:u32` (big endian) and `length` bytes of payload; JSON (UTF-8) for every kind
but DATA, which is raw bytes. A client picks stream numbers from 1 upward; 0 is the connection itself.

    kind     from    payload
    HELLO    both    client {"version","pid","client"}; daemon {"version","pid","account","region","demo","can"}, where
                     "can" names what an engine of another version may lack: "ping", "restart" (StopEngine's Restart)
    CALL     client  {"service","operation","params"}
    RESULT   daemon  the response shape                          (ends the stream)
    ERROR    daemon  {"code","message"}                          (ends the stream)
    WATCH    client  {"kind","params"}                           events follow until CLOSE from either side
    EVENT    daemon  {"type", …}
    OPEN     client  {"session_id","rows","columns","read_only"} attach to a session; "typist": a random number of 63
                                                                 bits and "sent": bytes of DATA that it sent so far,
                                                                 over whatever connections, ask for ACKs of DATA
    OPENED   daemon  {"session_id","replay"}                     `replay` bytes of DATA that follow are old output;
                                                                 "typed": how many of "sent" the shell took, the
                                                                 others never will be and are the client's to repeat
    DATA     both    raw bytes
    RESIZE   client  {"rows","columns"}
    ACK      client  {"bytes"}                                   flow control: so many bytes of DATA, or so much
                                                                 `event_cost` of EVENTs, were consumed
    ACK      daemon  {"bytes"}                                   so many more bytes of DATA the shell's terminal took
    CLOSE    both    {"reason","exit_status"}                    (ends the stream)
    CLOSE    daemon  {"reason"} on stream 0                      it leaves as it was told to; "reason" is STOPPED, or
                                                                 RESTART where another one is about to be started
    PING     both    {}                                          the daemon sends it back at once
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Any

HEADER = struct.Struct(">IBI")
MAX_FRAME = 128 * 1024 * 1024
"""A request body may be 100 MB of JSON by AWS's own limit of documents and more; beyond this the peer is broken."""

WINDOW = 1024 * 1024
"""What may be on its way to a client without an ACK, per stream: bytes of DATA, or the `event_cost` of EVENTs."""

SHELL_WINDOW = 64 * 1024
"""The same for the DATA of a shell: little, because what one types against a flood takes effect behind it."""


class Kind(IntEnum):
    """What a frame says; the table is in the module's docstring."""

    HELLO = 1
    CALL = 2
    RESULT = 3
    ERROR = 4
    WATCH = 5
    EVENT = 6
    OPEN = 7
    OPENED = 8
    DATA = 9
    RESIZE = 10
    ACK = 11
    CLOSE = 12
    PING = 13


STOPPED = "stopped"
RESTART = "restart"

CAN = ("ping", "restart")
"""What this version's HELLO says under "can"."""


def event_cost(event: Any) -> int:
    """Give what an EVENT counts for in flow control: its output, and a fixed amount for the rest of it."""
    return 256 + len(event.get("Data", ""))


class FrameError(ValueError):
    """The peer sent bytes that are no frame; the connection can't go on."""


_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


def encode(kind: Kind, stream: int, payload: Any) -> bytes:
    """Make one frame; `payload` is bytes for DATA and a JSON value for every other kind."""
    body = payload if kind is Kind.DATA else _encode(payload).encode("utf-8", "surrogatepass")
    return HEADER.pack(len(body), kind, stream) + body


def decode_payload(kind: Kind, body: bytes) -> Any:
    """Give the JSON object of a payload, or the bytes themselves for DATA.

    Raises: FrameError where the payload is not JSON, or no object.
    """
    if kind is Kind.DATA:
        return body
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"a {kind.name} frame whose payload is not JSON: {error}") from error
    if not isinstance(payload, dict):
        raise FrameError(f"a {kind.name} frame whose payload is no JSON object")
    return payload


class Decoder:
    """Bytes in, frames out, whatever the chunks."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[Kind, int, Any]]:
        """Yield (kind, stream, payload) for each frame that is whole.

        Raises: FrameError on a kind that does not exist, a payload that is not JSON, or a frame over MAX_FRAME.
        """
        buffer = self._buffer
        buffer += data
        position = 0
        try:
            while len(buffer) - position >= HEADER.size:
                length, kind, stream = HEADER.unpack_from(buffer, position)
                if length > MAX_FRAME:
                    raise FrameError(f"a frame of {length} bytes; at most {MAX_FRAME} are taken")
                end = position + HEADER.size + length
                if len(buffer) < end:
                    break
                try:
                    known = Kind(kind)
                except ValueError:
                    raise FrameError(f"a frame of unknown kind {kind}") from None
                body = bytes(buffer[position + HEADER.size : end])
                position = end
                yield known, stream, decode_payload(known, body)
        finally:
            del buffer[:position]
