"""One shell in the console: a terminal and the channel behind it."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget

from tui.errors import EngineStopped, SsmTuiError, Unreachable
from tui.screens._keys import latin_keys
from tui.widgets.terminal import TerminalView

if TYPE_CHECKING:
    from tui.ports import Channel
    from tui.screens._shell import Shell
    from tui.services.sessions import Sessions
    from tui.theming import Glyphs
    from tui.widgets.top_bar import Word

log = logging.getLogger(__name__)
AGAIN = 0.5
"""Seconds before a channel that was closed while its session lives is opened again."""
MOST_TYPED = 4096
"""Keys and pastes that are kept while no channel is open."""
SLICE = 2048
"""Bytes that are drawn in one go."""
TURN = 0.010
"""Seconds of drawing after which keys and other screens get theirs."""
PAUSE = 0.002
RESET = b"\x1bc"
"""RIS: what a terminal is told before what was on it is replayed."""


class ShellPane(Widget):
    """Attaches to a session as soon as its size is known, and keeps the two in step until it ends or is left."""

    DEFAULT_CSS = "ShellPane { height: 1fr; width: 1fr; }"

    class Ended(Message):
        """The session is over, or its channel was lost (`lost`) and is opened again; what was on it still shows."""

        def __init__(self, pane: ShellPane, lost: bool) -> None:
            super().__init__()
            self.pane = pane
            self.lost = lost

    class Ready(Message):
        """The pane has its size and takes keys."""

    class Titled(Message):
        """The far end calls itself something else."""

    def __init__(
        self, sessions: Sessions, session_id: str, node: str, *, prefix: str, read_only: bool, dot: str = "·"
    ) -> None:
        super().__init__()
        self.session_id = session_id
        self.context = sessions.context
        self.node = node
        self.user = ""
        self.read_only = read_only
        self.ended = False
        self.exit_status: int | None = None
        self.view = TerminalView(prefix=prefix, latin=lambda key: latin_keys(key) or key)
        self._dot = dot
        self._sessions = sessions
        self._channel: Channel | None = None
        self._attaching = False
        self._leaving = False
        self._turned = 0.0
        self._typed: asyncio.Queue[bytes] = asyncio.Queue()
        self._unsent = b""

    def compose(self) -> ComposeResult:
        yield self.view

    @property
    def attached(self) -> bool:
        return self._channel is not None

    @property
    def _is_engine_stopped(self) -> bool:
        return isinstance(cast("Shell", self.app).link_errors.get(self.context), EngineStopped)

    def label(self, glyphs: Glyphs) -> str:
        """Give what its tab says: how it goes, and the far end's title or else its node."""
        mark = glyphs.idle if self.ended else glyphs.good if self.attached else glyphs.warn
        return f"{mark} {self.view.title or self.node}"

    def state(self, glyphs: Glyphs) -> list[Word]:
        """Say as whom one is there, and how it goes."""
        user: list[Word] = [(f"{self.user} ", "bad" if self.user == "root" else "dim")] if self.user else []
        state = "ended" if self.ended else "attached" if self.attached else "attaching"
        if state == "attaching" and self._is_engine_stopped:
            state = "Enter starts the engine"
        look_only = ", look only" if self.read_only else ""
        return [*user, (f"{glyphs.dot} {state}{look_only} {glyphs.dot} ", "dim")]

    def on_terminal_view_resized(self, event: TerminalView.Resized) -> None:
        event.stop()
        if self._channel is not None:
            self.run_worker(self._channel.resize(event.rows, event.columns), group="resize", exit_on_error=False)
        elif not self.ended:
            self.attach()
        self.post_message(self.Ready())

    def attach(self) -> None:
        """Attach, or attach again after the link was lost: what is on the screen is drawn anew."""
        if self.view.terminal is not None and not self._attaching and self._channel is None:
            self._attaching = True
            self.run_worker(self._live(), group="channel", exit_on_error=False)

    async def _live(self) -> None:
        terminal = self.view.terminal
        assert terminal is not None
        try:
            details = await self._sessions.details(self.session_id)
            self.user = details.effective_user
            if details.status.over:
                self._end(details.exit_status, "ended before")
                return
            channel = await self._sessions.open(
                self.session_id, terminal.rows, terminal.columns, read_only=self.read_only
            )
        except Unreachable as error:
            self._wait_for_link(error.message)
            return
        except SsmTuiError as error:
            self._end(None, error.message)
            return
        finally:
            self._attaching = False
        self._channel = channel
        self.view.exit_text = ""
        self.post_message(self.Titled())
        self.view.feed(RESET, replay=True)
        # The size may have changed while the channel was being opened.
        if (self.view.size.height, self.view.size.width) != (terminal.rows, terminal.columns):
            await channel.resize(self.view.size.height, self.view.size.width)
        typing = asyncio.ensure_future(self._type(channel))
        old = channel.replay
        try:
            async for data in channel:
                if old:
                    head, data = data[:old], data[old:]
                    old -= len(head)
                    await self._draw(head, replay=True)
                await self._draw(data)
        except SsmTuiError as error:
            log.info("the channel of %s broke: %s", self.session_id, error)
        finally:
            typing.cancel()
            self._channel = None
        if self._leaving:
            return
        if channel.exit_status is not None:
            self._end(channel.exit_status, channel.close_reason)
            return
        try:
            details = await self._sessions.details(self.session_id)
        except SsmTuiError as error:
            self._wait_for_link(error.message)
            return
        if details.status.over:
            self._end(details.exit_status, channel.close_reason or details.signal)
        else:
            self._wait_for_link(channel.close_reason)
            # The session lives and the engine answers: only this channel was closed.
            self.set_timer(AGAIN, self.attach)

    async def _draw(self, data: bytes, *, replay: bool = False) -> None:
        """Draw what came; a flood pauses now and then, else no key would be looked at until it is over."""
        for at in range(0, len(data), SLICE):
            self.view.feed(data[at : at + SLICE], replay=replay)
            if time.monotonic() - self._turned > TURN:
                await asyncio.sleep(PAUSE)
                self._turned = time.monotonic()

    async def _type(self, channel: Channel) -> None:
        while True:
            if not self._unsent:
                self._unsent = await self._typed.get()
            try:
                await channel.send(self._unsent)
            except SsmTuiError as error:
                log.info("typing into %s failed: %s", self.session_id, error)
                return
            self._unsent = b""

    def _wait_for_link(self, reason: str) -> None:
        """Stay as it is until the link is back: what is typed meanwhile is kept for the shell alone."""
        log.info("session %s is not attached: %s", self.session_id, reason)
        self.post_message(self.Ended(self, True))

    def _end(self, status: int | None, reason: str) -> None:
        self.ended, self.exit_status = True, status
        said = f"exit status {status}" if status is not None else reason or "exit status unknown"
        self.view.exit_hint = f"{self._dot} Enter closes"
        self.view.exit_text = said
        self.post_message(self.Ended(self, False))

    def on_terminal_view_input(self, event: TerminalView.Input) -> None:
        event.stop()
        if event.data == b"\r" and self._is_engine_stopped:
            cast("Shell", self.app).connect_again()
            return
        if self.read_only or self.ended:
            return
        if self._typed.qsize() < MOST_TYPED:
            self._typed.put_nowait(event.data)
        else:
            self.app.bell()

    def watch_view_title(self) -> None:
        self.post_message(self.Titled())

    def on_mount(self) -> None:
        self.watch(self.view, "title", self.watch_view_title, init=False)

    async def detach(self) -> None:
        """Leave the session running."""
        self._leaving = True
        if self._channel is not None:
            await self._channel.aclose()
