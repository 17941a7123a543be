"""Goes through the hosts that wait for the operator, one question after the other; Esc ends it."""

from __future__ import annotations

from collections.abc import Sequence

from tui.errors import SsmTuiError
from tui.screens._base import ConsoleScreen, explain
from tui.screens._host_dialogs import HostKeyChangedDialog, HostKeyDialog, SecretPrompt, same_file
from tui.services.ssh_nodes import Connection, LinkState, SshNodes
from tui.widgets.cells import own

SOON = 3.0
"""Seconds in which a host that was just answered may come up with its next question."""
PATIENCE = 10.0
"""Seconds to learn whether a secret was right."""
MOST = 6
"""Questions that one host may ask in a row: keys and secrets of its jump hosts, its own."""


class Answers:
    """The questions of some hosts, asked on a screen."""

    def __init__(self, screen: ConsoleScreen, links: Sequence[Connection]) -> None:
        self.screen = screen
        self.links = {link.ref: link for link in links if link.waits}
        self.up: list[str] = []
        self.failed: list[str] = []

    async def ask(self) -> None:
        """Ask all, say how it ended, and look at the connections again."""
        count = len(self.links)
        try:
            for turn, ref in enumerate([*self.links], 1):
                words = f"{turn} of {count}: " if count > 1 else ""
                if not await self._go_on(self.links[ref], words):
                    break
        finally:
            self._tell()

    def service(self, link: Connection) -> SshNodes:
        return self.screen.shell.services.of(SshNodes, link.context)

    async def _go_on(self, link: Connection, turn: str) -> bool:
        """Ask one host's questions until it is connected, refuses, or has asked enough; False for Esc."""
        try:
            # A secret given for another host may have opened this one.
            link = await self.service(link).describe(link.id)
            if link.is_up:
                self.up.append(link.name)
                return True
            asked = 0
            while link.waits and asked < MOST:
                asked += 1
                answered = await self._question(link, turn)
                if answered is None:
                    return False
                if answered.state is LinkState.HOST_KEY_CHANGED:
                    return True
                link = answered
        except SsmTuiError as error:
            self.failed.append(f"{link.name}: {' '.join(explain(error, ''))}")
            return True
        if link.is_up:
            self.up.append(link.name)
        elif link.state is not LinkState.CONNECTING:
            self.failed.append(f"{link.name}: {link.message}")
        return True

    async def _question(self, link: Connection, turn: str) -> Connection | None:
        """Ask what a host waits for, and give how it stands after the answer; None where it was left."""
        if not self.screen.is_current:
            return None  # one has gone elsewhere meanwhile: no window opens there by itself
        key = link.host_key
        if link.secret is not None:
            return await self._secret(link, turn)
        assert key is not None  # what waits has a secret or a key
        if link.state is LinkState.HOST_KEY_CHANGED:
            await self.screen.ask(HostKeyChangedDialog(link, key, turn))
            return link
        if not await self.screen.ask(HostKeyDialog(link, key, turn)):
            return None
        self._say(f"Connecting to {link.name}…")
        return await self._settled(link, await self.service(link).accept(link.id, key.fingerprint), SOON)

    async def _secret(self, link: Connection, turn: str) -> Connection | None:
        wanted = link.secret
        assert wanted is not None
        others = same_file(link, [*self.links.values()])
        wrong = ""
        while self.screen.is_current:
            answer = await self.screen.ask(SecretPrompt(link, wanted, [one.name for one in others], wrong, turn))
            if not answer:
                return None
            self._say(f"Trying it on {link.name}…")
            given = await self.service(link).give_secret(link.id, wanted, answer)
            given = await self._settled(link, given, PATIENCE)
            if given.secret is None or (given.secret.kind, given.secret.about) != (wanted.kind, wanted.about):
                for one in others:
                    if one.secret is not None:
                        await self.service(one).give_secret(one.id, one.secret, answer)
                return given
            wrong = given.message or "That was wrong."
        return None

    async def _settled(self, link: Connection, now: Connection, wait: float) -> Connection:
        if now.state not in (LinkState.CONNECTING, LinkState.IDLE):
            return now
        return await self.service(link).connect(link.id, wait)

    def _say(self, text: str) -> None:
        self.screen.shell.notice(own(text))

    def _tell(self) -> None:
        shell = self.screen.shell
        for context in {link.context for link in self.links.values()}:
            shell.services.feeds.hint(context, "ListNodeConnections", "DescribeInstanceInformation")
        if self.failed:
            more = f" {len(self.failed) - 1} more failed." if len(self.failed) > 1 else ""
            shell.notice(f"{self.failed[0]}{more}", "bad")
        elif self.up:
            who = self.up[0] if len(self.up) == 1 else f"{len(self.up)} hosts"
            shell.notice(f"Connected to {who}.", "good")
