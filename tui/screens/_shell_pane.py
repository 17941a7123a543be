"""One shell in the console: a terminal and the channel behind it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.errors import EngineStopped, SsmTuiError, Unreachable
from tui.screens._drawing_turns import MOST, PIECE, SMALL, Inbox, Turns
from tui.screens._shell_terminal import ShellTerminal
from tui.widgets.pane_title import PaneTitle

if TYPE_CHECKING:
    from tui.ports import Channel
    from tui.screens._shell import Shell
    from tui.services.sessions import Sessions
    from tui.theming import Glyphs
    from tui.widgets.terminal_messages import Input, Resized
    from tui.widgets.top_bar import Word

log = logging.getLogger(__name__)
AGAIN = 0.5
"""Seconds before a channel that was closed while its session lives is opened again."""
MOST_TYPED = 4096
"""Keys and pastes that are kept while no channel is open."""
RESET = b"\x1bc\x1b[3J"
"""RIS, and the scrollback cleared: what a terminal is told before what was on it is replayed."""


class ShellPane(Widget):
    """Attaches to a session as soon as its size is known, and keeps the two in step until it ends or is left."""

    DEFAULT_CSS = "ShellPane { height: 1fr; width: 1fr; }"
    bordered: reactive[bool] = reactive(False, init=False, repaint=False)
    """Whether a line above the terminal says what this is: where other panes are beside it."""

    class Ended(Message):
        """The session is over, or its channel was lost (`lost`) and is opened again; what was on it still shows."""

        def __init__(self, pane: ShellPane, lost: bool) -> None:
            super().__init__()
            self.pane = pane
            self.lost = lost

    class Ready(Message):
        """The pane has its size and takes keys."""

    class Titled(Message):
        """What the border or the tab says of it has changed."""

    def __init__(
        self,
        sessions: Sessions,
        session_id: str,
        node: str,
        *,
        target: str = "",
        prefix: str,
        scrollback: int,
        read_only: bool,
        dot: str = "·",
        turns: Turns,
        typed_to: Callable[[ShellPane], list[ShellPane]],
        commanded: Callable[[], None],
    ) -> None:
        super().__init__()
        self.session_id = session_id
        self.context = sessions.context
        self.node = node
        self.target = target
        self.user = ""
        self.read_only = read_only
        self.ended = False
        self.exit_status: int | None = None
        self.unseen = ""
        """What happened while it did not show: "", activity or bell."""
        self.heading = PaneTitle()
        self.view = ShellTerminal(
            prefix=prefix,
            scrollback=scrollback,
            turns=turns,
            others=lambda: [pane.view for pane in typed_to(self)[1:]],
            commanded=commanded,
        )
        self._turns = turns
        self._dot = dot
        self._sessions = sessions
        self._channel: Channel | None = None
        self._attaching = False
        self._leaving = False
        self._typed: asyncio.Queue[bytes] = asyncio.Queue()
        self._unsent = b""

    def compose(self) -> ComposeResult:
        self.heading.display = self.bordered
        yield self.heading
        yield self.view

    @property
    def attached(self) -> bool:
        return self._channel is not None

    @property
    def listens(self) -> bool:
        """Whether what is typed goes to the shell now."""
        return not self.read_only and not self.ended and self.view.listens

    @property
    def _is_engine_stopped(self) -> bool:
        return isinstance(cast("Shell", self.app).link_errors.get(self.context), EngineStopped)

    def watch_bordered(self, bordered: bool) -> None:
        self.heading.display = bordered

    def _mark(self, glyphs: Glyphs) -> Word:
        """Say by a glyph how it goes."""
        if self.ended:
            return glyphs.idle, "dim"
        return (glyphs.good, "good") if self.attached else (glyphs.warn, "warn")

    def label(self, glyphs: Glyphs) -> str:
        """Give what its tab says: how it goes, and the far end's title or else its node."""
        return f"{self._mark(glyphs)[0]} {self.view.title or self.node}"

    def state(self, glyphs: Glyphs) -> list[Word]:
        """Say as whom one is there, and how it goes."""
        user: list[Word] = [(f"{self.user} ", "warn" if self.user == "root" else "dim")] if self.user else []
        over = "ended" if self.exit_status is None else f"ended, exit {self.exit_status}"
        state = over if self.ended else "attached" if self.attached else "attaching"
        if state == "attaching" and self._is_engine_stopped:
            state = "Enter starts the engine"
        look_only = ", look only" if self.read_only else ""
        return [*user, (f"{glyphs.dot} {state}{look_only} ", "dim")]

    def draw_border(self, glyphs: Glyphs, prefix: str, *, here: bool, more: list[Word]) -> None:
        """Draw the line above it, with `more` said behind its node."""
        mark, style = self._mark(glyphs)
        left: list[Word] = [(f"{mark} ", style), (f"{self.node} ", "accent" if here else "text")]
        left += [*more, (f"{glyphs.dot} ", "dim"), *self.state(glyphs)]
        if self.view.title:
            left.append((f"{glyphs.dot} {self.view.title} ", "dim"))
        self.heading.show(left, [(f" {prefix} ", "accent" if here else "dim")], here=here)

    def on_terminal_view_resized(self, event: Resized) -> None:
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
        inbox = Inbox()
        reading = asyncio.ensure_future(self._read(channel, inbox))
        try:
            await self._draw(inbox, channel.replay)
        finally:
            typing.cancel()
            reading.cancel()
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

    async def _read(self, channel: Channel, inbox: Inbox) -> None:
        try:
            async for data in channel:
                await inbox.put(data)
        except SsmTuiError as error:
            log.info("the channel of %s broke: %s", self.session_id, error)
        finally:
            inbox.close()

    async def _draw(self, inbox: Inbox, old: int) -> None:
        """Draw what comes until its end, of which the first `old` bytes are a replay."""

        def piece(seconds: float = PIECE) -> bool:
            nonlocal old
            if not old:
                return inbox.draw(self.view.feed, seconds=seconds)
            before = len(inbox)
            more = inbox.draw(lambda data: self.view.feed(data, replay=True), min(old, MOST), seconds=seconds)
            old -= before - len(inbox)
            return more

        while await inbox.filled():
            fresh = not old
            if len(inbox) <= SMALL:
                piece()
                self._turns.answered()
            else:
                await self._turns.take(piece)
            if fresh and not self.display and not self.unseen:
                self.unseen = "activity"
                self.post_message(self.Titled())

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

    def on_terminal_view_input(self, event: Input) -> None:
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

    def on_terminal_view_bell(self) -> None:
        if not self.display and self.unseen != "bell":
            self.unseen = "bell"
            self.post_message(self.Titled())

    def watch_view_title(self) -> None:
        self.post_message(self.Titled())

    def on_mount(self) -> None:
        self.watch(self.view, "title", self.watch_view_title, init=False)

    async def detach(self) -> None:
        """Leave the session running."""
        self._leaving = True
        if self._channel is not None:
            await self._channel.aclose()
