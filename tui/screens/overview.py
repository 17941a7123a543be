"""Overview: where triage starts; every tile is a door."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from textual.app import ComposeResult

from tui.screens._base import ConsoleScreen
from tui.screens._words import age, ping_word, session_word, size, status_word
from tui.services.commands import Command, Commands, CommandStatus
from tui.services.engine import Engine, EngineInfo
from tui.services.nodes import Node, Nodes, PingStatus
from tui.services.sessions import Session, Sessions
from tui.widgets.charts import bar, stacked
from tui.widgets.tiles import Tile, Tiles
from tui.widgets.top_bar import Word

RECENT = 50
"""Commands that the tiles speak of: the newest page."""
_WORST_FIRST = {"bad": 0, "warn": 1, "accent": 2, "good": 3, "dim": 4}


class OverviewScreen(ConsoleScreen):
    """Nodes by ping status, what runs, what failed, live shells and the engine itself, the worst first."""

    NOUN, TITLE = "overview", "Overview"
    FILTERS = False

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self._tiles: Tiles | None = None
        self._known: dict[str, Tile] = {}

    def compose_body(self) -> ComposeResult:
        self._tiles = Tiles("-|++++" if self.shell.glyphs.arrow == ">" else "─│┌┐└┘")
        yield self._tiles

    def begin(self) -> None:
        services, feeds = self.shell.services, self.shell.services.feeds
        who = {"looker": self.NOUN}
        nodes, commands = services.of(Nodes), services.of(Commands)
        sessions, engine = services.of(Sessions), services.of(Engine)

        async def recent() -> list[Command]:
            return [command async for page in commands.list(limit=RECENT) for command in page]

        async def live() -> list[Session]:
            return [session async for page in sessions.list() for session in page]

        self.follow(feeds.feed(nodes.context, "DescribeInstanceInformation", who, nodes.all), self._show_nodes)
        self.follow(feeds.feed(commands.context, "ListCommands", who, recent), self._show_commands, main=False)
        self.follow(feeds.feed(sessions.context, "DescribeSessions", who, live), self._show_sessions, main=False)
        self.follow(
            feeds.feed(engine.context, "DescribeEngine", who, engine.describe, every=30), self._show_engine, main=False
        )
        feeds.drive(nodes.context, "nodes", nodes.watch, "DescribeInstanceInformation")
        feeds.drive(commands.context, "commands", commands.watch_all, "ListCommands")
        feeds.drive(sessions.context, "sessions", sessions.watch, "DescribeSessions")

    def save_state(self) -> dict[str, Any]:
        return {"cursor": self._tiles.cursor if self._tiles else ""}

    # the tiles

    def _show_nodes(self, nodes: list[Node]) -> int:
        glyphs = self.shell.glyphs
        counts = Counter(node.ping for node in nodes)
        order = (PingStatus.CONNECTION_LOST, PingStatus.UNKNOWN, PingStatus.INACTIVE, PingStatus.ONLINE)
        shares = [(counts[ping], ping_word(ping, glyphs)[1]) for ping in order if counts[ping]]
        lines: list[tuple[Word, ...]] = [(("", "text"), *_styled(stacked(shares, 30, glyphs=self._set)))]
        for ping in order:
            if counts[ping]:
                word, style = ping_word(ping, glyphs)
                lost = [node.name for node in nodes if node.ping is ping][:3] if ping is not PingStatus.ONLINE else []
                names = "  " + ", ".join(lost) if lost else ""
                lines.append(((f"{counts[ping]:>5} ", "text"), (word, style), (names, "dim")))
        tone = "bad" if counts[PingStatus.CONNECTION_LOST] else "good"
        self._put(Tile("nodes", f"Nodes {glyphs.dot} {len(nodes)}", tuple(lines[:5]), tone))
        return max(len(nodes), 1)

    def _show_commands(self, commands: list[Command]) -> int:
        running = [command for command in commands if not command.status.over]
        failed = [command for command in commands if command.status in (CommandStatus.FAILED, CommandStatus.TIMED_OUT)]
        dot = self.shell.glyphs.dot
        none: tuple[tuple[Word, ...], ...] = ((("nothing runs", "dim"),), (("r on Fleet runs a command", "dim"),))
        lines = tuple(self._running_line(command) for command in running[:5])
        self._put(
            Tile("running", f"Running now {dot} {len(running)}", lines or none, "accent" if running else "dim"),
            Tile(
                "failed",
                f"Failed {dot} {len(failed)} of the last {len(commands)}",
                tuple(self._failed_line(command) for command in failed[:5]) or ((("nothing failed", "dim"),),),
                "bad" if failed else "good",
            ),
        )
        return 1

    def _running_line(self, command: Command) -> tuple[Word, ...]:
        share = command.completed / command.target_count if command.target_count else 0.0
        drawn = bar(share, 8, glyphs=self._set)
        counts = f" {command.completed}/{command.target_count} "
        return ((drawn, "accent"), (counts, "text"), (command.summary, "dim"))

    def _failed_line(self, command: Command) -> tuple[Word, ...]:
        word, style = status_word(command.status, self.shell.glyphs, command.details)
        return ((f"{age(command.requested):>4} ", "dim"), (f"{word} ", style), (command.summary, "text"))

    def _show_sessions(self, sessions: list[Session]) -> int:
        lines: list[tuple[Word, ...]] = []
        for session in sessions[:5]:
            word, style = session_word(session.status, self.shell.glyphs)
            lines.append(((f"{age(session.started):>4} ", "dim"), (f"{word} ", style), (session.target, "text")))
        empty: tuple[tuple[Word, ...], ...] = ((("no shell is open", "dim"),), (("s on a node opens one", "dim"),))
        title = f"Sessions {self.shell.glyphs.dot} {len(sessions)}"
        self._put(Tile("sessions", title, tuple(lines) or empty, "accent" if lines else "dim"))
        return 1

    def _show_engine(self, engine: EngineInfo) -> int:
        used = sum(count for _, count in engine.disk)
        largest = sorted(engine.disk, key=lambda item: -item[1])[:2]
        lines: list[tuple[Word, ...]] = [
            ((f"{engine.version}, up {age(engine.started)}", "text"), (f"  pid {engine.pid}", "dim")),
            (("on disk ", "dim"), (size(used), "text")),
            *(((f"{size(count):>9} ", "dim"), (name, "dim")) for name, count in largest),
        ]
        if engine.last_crash:
            crash = engine.last_crash.strip().splitlines()[-1]
            lines.insert(1, (("crashed ", "bad"), (f"{age(engine.last_crash_at)} ago: {crash}", "warn")))
        self._put(Tile("engine", "Engine", tuple(lines[:5]), "warn" if engine.last_crash else "dim"))
        return 1

    @property
    def _set(self) -> str:
        return "ascii" if self.shell.glyphs.arrow == ">" else "unicode"

    def _put(self, *tiles: Tile) -> None:
        self._known |= {tile.key: tile for tile in tiles}
        if self._tiles is not None:
            self._tiles.show(sorted(self._known.values(), key=lambda tile: _WORST_FIRST[tile.tone]))
            if wanted := self._state.pop("cursor", ""):
                self._tiles.select(wanted)

    def on_tiles_opened(self, event: Tiles.Opened) -> None:
        match event.key:
            case "running":
                self.shell.go("commands", "status=running")
            case "failed":
                self.shell.go("commands", "status=failed")
            case "engine":
                self.do(self._yaml())
            case noun:
                self.shell.go(noun)

    async def raw(self) -> tuple[str, Any]:
        return "Engine", await self.shell.services.of(Engine).raw()


def _styled(parts: Iterable[tuple[str, str]]) -> list[Word]:
    return [(text, "dim" if style == "muted" else style or "text") for text, style in parts]
