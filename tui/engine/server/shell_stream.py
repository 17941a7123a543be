"""One attached shell on a client's connection: bytes both ways, with flow control."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections import deque
from typing import TYPE_CHECKING, Any

from tui.engine.context import ApiFault
from tui.engine.server.credit import Credit
from tui.protocol.frames import SHELL_WINDOW, Kind

if TYPE_CHECKING:
    from tui.engine.dispatch import Engine
    from tui.engine.server.unix import Connection

_log = logging.getLogger(__name__)
_CHUNK = 64 * 1024


class ShellStream:
    """Pumps one attachment; at most SHELL_WINDOW bytes are on their way to the client without an ACK."""

    def __init__(
        self, connection: Connection, engine: Engine, stream: int, request: dict[str, Any], *, read_only: bool
    ) -> None:
        self._connection = connection
        self._engine = engine
        self._stream = stream
        self._request = request
        self._read_only = read_only or bool(request.get("read_only"))
        self._input: deque[tuple[Kind, Any]] = deque()
        self._has_input = asyncio.Event()
        self._credit = Credit(SHELL_WINDOW)
        self.task: asyncio.Task[None] | None = None

    def take(self, kind: Kind, payload: Any) -> None:
        """Take a frame of the client's; input waits until the shell takes it, in order with new sizes."""
        if kind is Kind.ACK:
            self._credit.give(int(payload["bytes"]))
            return
        if kind is Kind.DATA:
            if self._read_only:
                return
            self._connection.waiting_input(len(payload))
        self._input.append((kind, payload))
        self._has_input.set()

    def detach(self) -> None:
        """Let go of the shell, which goes on."""
        if self.task is not None:
            self.task.cancel()

    async def run(self) -> None:
        """Attach, hand over the replay and then what comes, until the shell ends or the client lets go."""
        send, stream = self._connection.send, self._stream
        # Found when first asked for: an engine that serves no shell does not load what shells need.
        shells = self._engine.services.part(importlib.import_module("tui.engine.shells").Shells)
        attachment = None
        feeding: asyncio.Task[None] | None = None
        try:
            request = self._request
            attachment = await shells.attach(
                request["session_id"], int(request["rows"]), int(request["columns"]), self._read_only
            )
            replay = attachment.replay
            opened = {"session_id": request["session_id"], "replay": len(replay)}
            if "typist" in request and not self._read_only:
                typist = attachment.follow_typing(int(request["typist"]), int(request["sent"]))
                typist.on_typed = self._typed
                opened["typed"] = typist.place
            send(Kind.OPENED, stream, opened)
            feeding = asyncio.create_task(self._feed(attachment))
            await self._give(replay)
            async for data in attachment:
                await self._give(data)
            send(Kind.CLOSE, stream, {"reason": attachment.close_reason or "", "exit_status": attachment.exit_status})
        except ApiFault as fault:
            send(Kind.ERROR, stream, {"code": fault.code, "message": fault.message})
        except Exception:
            _log.exception("the stream of a shell failed")
            send(Kind.ERROR, stream, {"code": "InternalServerError", "message": "The shell's stream failed."})
        finally:
            if feeding is not None:
                feeding.cancel()
            self._connection.waiting_input(-sum(len(data) for kind, data in self._input if kind is Kind.DATA))
            if attachment is not None:
                await attachment.aclose()

    def _typed(self, size: int) -> None:
        self._connection.post(Kind.ACK, self._stream, {"bytes": size})

    async def _give(self, data: bytes) -> None:
        position = 0
        while position < len(data):
            await self._credit.wait()
            chunk = data[position : position + min(_CHUNK, self._credit.left)]
            self._connection.send(Kind.DATA, self._stream, chunk)
            self._credit.left -= len(chunk)
            position += len(chunk)
            await self._connection.drained()

    async def _feed(self, attachment: Any) -> None:
        while True:
            while not self._input:
                self._has_input.clear()
                await self._has_input.wait()
            kind, payload = self._input.popleft()
            try:
                if kind is Kind.DATA:
                    await attachment.send(payload)
                else:
                    await attachment.resize(int(payload["rows"]), int(payload["columns"]))
            except (ApiFault, OSError) as error:  # the shell has just ended; its reader says so
                _log.info("input for a shell was not taken: %s", error)
            finally:
                if kind is Kind.DATA:
                    self._connection.waiting_input(-len(payload))
