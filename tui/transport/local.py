"""The transport to the embedded engine: the daemon's unix socket, the daemon started where none runs."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from tui import __version__
from tui.errors import EngineStopped, TransportError, Unreachable, VersionMismatch
from tui.ports import Shape
from tui.transport.link import LOST, Link
from tui.transport.outbox import Outbox
from tui.transport.starting import reach, wait_until_gone
from tui.transport.streams import LocalChannel, watch_events

_SHELLS = 32  # shells whose untaken input is kept for when they are attached to again


class LocalTransport:
    """One connection to the daemon of one state folder; implements `tui.ports.Transport`.

    `peer` is the daemon's greeting (version, pid, account, region, demo). Each of `on_lost` is called with the error
    when the connection is lost; `reconnect` then starts the daemon again where it is gone.
    """

    def __init__(self, state: Path, *, context: str, hello: Shape, start: bool, options: tuple[str, ...]) -> None:
        self.context = context
        self.state = state
        self.peer: Shape = {}
        self.on_lost: list[Callable[[TransportError], None]] = []
        self._hello = hello
        self._start = start
        self._options = options
        self._link: Link | None = None
        self._patience: float | None = None
        self._connecting = asyncio.Lock()
        self._channels: dict[str, LocalChannel] = {}

    @classmethod
    async def connect(
        cls,
        state_dir: Path,
        *,
        start: bool = True,
        client: str = "console",
        context: str = "local",
        read_only: bool = False,
        idle: float | None = None,
        demo: int = 0,
        seed: int = 1,
        settings: Mapping[str, Any] | None = None,
        patience: float | None = None,
    ) -> LocalTransport:
        """Connect to the daemon of `state_dir`, started where none runs; `idle` and what follows are for its start.

        With `patience`, an engine that owes something and is silent for so many seconds counts as lost (EngineHangs).
        `read_only` makes the engine itself deny this connection's writes. Raises: Unreachable where none runs and
        `start` is False; StateError where the folder can't be used, is owned by a daemon that hangs, or is too new.
        """
        options: list[str] = []
        if idle is not None:
            options += ["--idle", str(idle)]
        if demo:
            options += ["--demo", str(demo), "--seed", str(seed)]
        if settings:
            options += ["--settings", json.dumps(dict(settings))]
        hello = {"version": __version__, "pid": os.getpid(), "client": client, "read_only": read_only}
        made = cls(state_dir.absolute(), context=context, hello=hello, start=start, options=tuple(options))
        made._patience = patience
        await made.reconnect()
        return made

    @property
    def version_mismatch(self) -> VersionMismatch | None:
        """Say that the daemon is of another version, where it is; see `restart_when_idle`."""
        theirs = str(self.peer.get("version", ""))
        if theirs == __version__:
            return None
        return VersionMismatch(
            f"The engine runs version {theirs}, this is {__version__}.",
            theirs=theirs,
            ours=__version__,
            hint="It can be restarted when nothing runs.",
        )

    @property
    def connected(self) -> bool:
        """Say whether a daemon is at the other end now."""
        return self._link is not None and not self._link.lost

    @property
    def stopped(self) -> bool:
        """Say whether the connection was lost because somebody stopped the engine."""
        return self._link is not None and self._link.lost and isinstance(self._link.gone(), EngineStopped)

    @property
    def unanswered(self) -> float:
        """Seconds for which the engine owes an answer to what is typed into a shell; 0 where it owes none."""
        return self._link.unanswered if self._link is not None else 0.0

    async def reconnect(self) -> None:
        """Connect again, the daemon started where it is gone; nothing happens where the connection stands.

        Raises: as `connect` does.
        """
        async with self._connecting:
            if not self.connected:
                self._link, self.peer = await reach(
                    self.state, self._hello, self._lost, start=self._start, options=self._options
                )
                if self._patience is not None:
                    self._link.give_up_after(self._patience)

    async def restart_when_idle(self) -> None:
        """Replace the daemon by one of our version.

        Raises: ApiError EngineBusy (it names what is live, and nothing has changed) and what `connect` raises.
        """
        pid = int(self.peer["pid"])
        link = self._connected_link()
        # Other consoles are told that it comes back; an engine of another version may not know the word.
        await link.call("ssm-tui", "StopEngine", {"Restart": True} if "restart" in self.peer.get("can", ()) else {})
        link.close()
        await wait_until_gone(self.state, pid)
        self._link = None
        await self.reconnect()

    async def call(self, operation: str, params: Mapping[str, Any] | None = None, *, service: str = "ssm") -> Shape:
        """Call one API operation. Raises: TransportError; OutcomeUnknown where a write's answer was lost."""
        return await self._connected_link().call(service, operation, dict(params or {}))

    def watch(self, kind: str, params: Mapping[str, Any] | None = None) -> AsyncIterator[Shape]:
        """Yield events of one kind until the engine ends them; see `tui.protocol.frames`. Raises: TransportError."""
        return watch_events(self._connected_link, kind, dict(params or {}))

    async def open_channel(self, session_id: str, *, rows: int, columns: int, read_only: bool = False) -> LocalChannel:
        """Attach to a shell that the daemon holds, at a size in cells. Raises: TransportError."""
        before = self._channels.get(session_id)
        resumed = before is not None and before.broken
        channel = LocalChannel(self._connected_link(), session_id, before.outbox if before and resumed else Outbox())
        await channel.open(rows, columns, read_only=read_only)
        if not read_only:
            self._channels.pop(session_id, None)
            self._channels[session_id] = channel
            while len(self._channels) > _SHELLS:
                del self._channels[next(iter(self._channels))]
        return channel

    async def aclose(self) -> None:
        """Disconnect; the daemon goes on for as long as it has a reason to."""
        if self._link is not None:
            self._link.close()

    def _connected_link(self) -> Link:
        if self._link is None:
            raise Unreachable(LOST)
        if self._link.lost:
            raise self._link.gone()
        return self._link

    def _lost(self, error: TransportError) -> None:
        if self._link is None:  # it was lost while the greeting was still awaited
            return
        for told in list(self.on_lost):
            told(error)
