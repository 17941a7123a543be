"""Overview: where triage starts; every tile is a door."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from textual.app import ComposeResult

from tui.ports import Ref
from tui.screens import _expiring_tile as expiring_tile
from tui.screens._base import YAML, ConsoleScreen, explain
from tui.screens._words import age, ping_word, session_word, size, status_word
from tui.screens.commands import newest_first
from tui.services.commands import Command, Commands, CommandStatus
from tui.services.engine import Engine, EngineInfo
from tui.services.feeds import Feed
from tui.services.nodes import Node, Nodes, PingStatus
from tui.services.parameter_models import Parameter
from tui.services.parameters import Parameters
from tui.services.sessions import Session, Sessions
from tui.widgets.charts import bar, stacked
from tui.widgets.state_pane import wrapped
from tui.widgets.tiles import MOST, NARROWEST, Tile, Tiles
from tui.widgets.top_bar import Word

RECENT = 50
"""Commands that the tiles speak of: the newest page, and whatever runs still."""
_WORST_FIRST = {"bad": 0, "warn": 1}
_TITLES = {
    "nodes": "Nodes",
    "running": "Running now",
    "failed": "Failed",
    "commands": "Commands",
    "sessions": "Sessions",
    expiring_tile.KEY: expiring_tile.TITLE,
    "engine": "Engine",
    "contexts": "Contexts",
}
"""The tiles in the order in which they stand where none is worse than another."""
_FILTERS = {"running": "status~pending|progress|delayed|cancelling~", "failed": "status~failed|timed~"}
_IN_PROGRESS = {"key": "Status", "value": "InProgress"}

CONTEXTS = 1.0
"""Seconds between two looks at how the contexts are: no call is made for it."""

V = TypeVar("V")
Lines = tuple[tuple[Word, ...], ...]


class OverviewScreen(ConsoleScreen):
    """Nodes by ping status, what runs, what failed, live shells and the engine itself, the worst first."""

    NOUN, TITLE = "overview", "Overview"
    FILTERS = False
    BINDINGS = [YAML]

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self._tiles: Tiles | None = None
        keys = [key for key in _TITLES if key != "contexts"]
        self._known = {key: Tile(key, _TITLES[key], ((("loading", "dim"),),)) for key in keys}
        self._names: dict[Ref, str] = {}
        self._expiring: list[Parameter] = []

    def compose_body(self) -> ComposeResult:
        self._tiles = Tiles("-|++++" if self.shell.glyphs.arrow == ">" else "─│┌┐└┘")
        yield self._tiles

    def begin(self) -> None:
        services, who = self.shell.services, {"looker": self.NOUN}
        several = len(self.shell.contexts) > 1
        local = [name for name in services.contexts if not self.shell.flags_of(name)]
        nodes: dict[str, Feed[list[Node]]] = {}
        commands: dict[str, Feed[list[Command]]] = {}
        sessions: dict[str, Feed[list[Session]]] = {}
        expiring: dict[str, Feed[list[Parameter]]] = {}
        feeds = services.feeds
        for context in services.contexts:
            fleet, sent = services.of(Nodes, context), services.of(Commands, context)
            shells = services.of(Sessions, context)
            nodes[context] = feeds.feed(context, "DescribeInstanceInformation", who, fleet.all)
            commands[context] = feeds.feed(context, "ListCommands", who, partial(_recent, sent))
            sessions[context] = feeds.feed(context, "DescribeSessions", who, partial(_live, shells))
            kept = services.of(Parameters, context)
            every = expiring_tile.EVERY_ON_AWS if kept.on_aws else expiring_tile.EVERY
            ending = partial(expiring_tile.expiring, kept)
            expiring[context] = feeds.feed(context, "DescribeParameters", who, ending, every=every)
            feeds.drive(context, "nodes", fleet.watch, "DescribeInstanceInformation")
            feeds.drive(context, "commands", sent.watch_all, "ListCommands")
            feeds.drive(context, "sessions", shells.watch, "DescribeSessions")
        self.follow_each(nodes, self._show_nodes)
        self._follow_tiles(commands, self._show_commands, "running", "failed", "commands")
        self._follow_tiles(sessions, self._show_sessions, "sessions")
        self._follow_tiles(expiring, self._show_expiring, expiring_tile.KEY)
        self._known.pop("engine" if several or not local else "contexts", None)
        if several or not local:
            self._show_contexts()
        elif "engine" not in self._known:
            self._known["engine"] = Tile("engine", _TITLES["engine"], ((("loading", "dim"),),))
        if local and not several:
            engine = services.of(Engine, local[0])
            told = feeds.feed(engine.context, "DescribeEngine", who, engine.describe, every=10)
            self._follow_tiles({engine.context: told}, self._show_engine, "engine")

    def _follow_tiles(self, feeds: Mapping[str, Feed[V]], show: Callable[[V], int], *keys: str) -> None:
        """Show what feeds bring together; where one fails its tiles say so, and keep what they showed."""

        def shown(_: object) -> int:
            values: list[Any] = [feed.value for feed in feeds.values() if feed.value is not None]
            merged: Any = values[0] if len(values) == 1 else [item for value in values for item in value]
            return show(merged)

        def failed(feed: Feed[V]) -> None:
            if feed.error is None or not self.is_attached:
                return
            context = next(name for name, one in feeds.items() if one is feed)
            said = (f"{context}: " if len(feeds) > 1 else "") + " ".join(explain(feed.error))
            why: Lines = tuple(((line, "warn"),) for line in wrapped(said, NARROWEST - 4))
            nothing = all(one.value is None for one in feeds.values())
            for key in keys:
                old = self._known[key]
                title = f"{_TITLES[key]} {self.shell.glyphs.bad} " + ("not known" if nothing else "stale")
                self._put(replace(old, title=title, tone="bad", lines=why if nothing else old.lines))

        for feed in feeds.values():
            self.follow(feed, shown, main=False)
            self._lookers.append(feed.look(failed, visible=self._is_looking))

    def save_state(self) -> dict[str, Any]:
        return {"cursor": self._tiles.cursor if self._tiles else ""}

    # the tiles

    def _show_nodes(self, nodes: list[Node]) -> int:
        glyphs = self.shell.glyphs
        self._names = {node.ref: node.name for node in nodes}
        counts = Counter(node.ping for node in nodes)
        order = (PingStatus.CONNECTION_LOST, PingStatus.UNKNOWN, PingStatus.INACTIVE, PingStatus.ONLINE)
        shares = [(counts[ping], ping_word(ping, glyphs)[1]) for ping in order if counts[ping]]
        lines: list[tuple[Word, ...]] = [tuple(_styled(stacked(shares, NARROWEST - 4, glyphs=self._set)))]
        for ping in order:
            if counts[ping]:
                word, style = ping_word(ping, glyphs)
                lost = [node.name for node in nodes if node.ping is ping][:3] if ping is not PingStatus.ONLINE else []
                names = "  " + ", ".join(lost) if lost else ""
                lines.append(((f"{counts[ping]:>5} ", "text"), (word, style), (names, "dim")))
        if not nodes:
            lines = [(("no node is registered", "dim"),)]
        worst = {PingStatus.CONNECTION_LOST: "bad", PingStatus.UNKNOWN: "warn", PingStatus.INACTIVE: "warn"}
        tone = next((worst[ping] for ping in order[:3] if counts[ping]), "good" if nodes else "dim")
        self._put(Tile("nodes", f"{_TITLES['nodes']} {glyphs.dot} {len(nodes)}", tuple(lines), tone))
        return 1

    def _show_commands(self, commands: list[Command]) -> int:
        commands = [*newest_first(commands)]
        running = [command for command in commands if not command.status.over]
        failed = [command for command in commands if command.status in (CommandStatus.FAILED, CommandStatus.TIMED_OUT)]
        dot = self.shell.glyphs.dot
        idle: Lines = ((("nothing runs", "dim"),), (("r on a node runs a command", "dim"),))
        lines = tuple(self._running_line(command) for command in running[:MOST])
        fine: Lines = ((("nothing failed", "dim"),),)
        none: Lines = ((("nothing has run yet", "dim"),),)
        of = f" of the last {len(commands)}" if commands else ""
        self._put(
            Tile(
                "running", f"{_TITLES['running']} {dot} {len(running)}", lines or idle, "accent" if running else "dim"
            ),
            Tile(
                "failed",
                f"{_TITLES['failed']} {dot} {len(failed)}{of}",
                tuple(self._command_line(command) for command in failed[:MOST]) or fine,
                "bad" if failed else "dim",
            ),
            Tile(
                "commands",
                f"{_TITLES['commands']} {dot} the latest",
                tuple(self._command_line(command) for command in commands[:MOST]) or none,
            ),
        )
        return 1

    def _running_line(self, command: Command) -> tuple[Word, ...]:
        share = command.completed / command.target_count if command.target_count else 0.0
        drawn = bar(share, 8, glyphs=self._set)
        counts = f" {command.completed}/{command.target_count} "
        return ((drawn, "accent"), (counts, "text"), (command.summary, "dim"))

    def _command_line(self, command: Command) -> tuple[Word, ...]:
        word, style = status_word(command.status, self.shell.glyphs, command.details)
        return ((f"{age(command.requested):>4} ", "dim"), (f"{word} ", style), (command.summary, "text"))

    def _show_sessions(self, sessions: list[Session]) -> int:
        lines: list[tuple[Word, ...]] = []
        for session in sorted(sessions, key=lambda one: one.started.timestamp() if one.started else 0.0, reverse=True)[
            :MOST
        ]:
            word, style = session_word(session.status, self.shell.glyphs)
            name = self._names.get(Ref(session.context, session.target), session.target)
            lines.append(((f"{age(session.started):>4} ", "dim"), (f"{word} ", style), (name, "text")))
        empty: Lines = ((("no shell is open", "dim"),), (("s on a node opens one", "dim"),))
        title = f"{_TITLES['sessions']} {self.shell.glyphs.dot} {len(sessions)}"
        self._put(Tile("sessions", title, tuple(lines) or empty, "accent" if lines else "dim"))
        return 1

    def _show_expiring(self, found: list[Parameter]) -> int:
        self._expiring = expiring_tile.soonest(found)
        word, now = self.shell.services.word, datetime.now(UTC)
        self._put(expiring_tile.tile_of(self._expiring, self.shell.glyphs, word, now))
        return 1

    def _show_contexts(self) -> None:
        """Say how each context is, the worst first."""
        lines: list[tuple[Word, ...]] = []
        tone = "dim"
        for name in self.shell.contexts:
            what, style = self.shell.state_of(name)
            if style in ("bad", "warn"):
                tone = "bad" if "bad" in (style, tone) else "warn"
            lines.append(((f"{name}  ", "text"), (what, style)))
        lines.sort(key=lambda line: _WORST_FIRST.get(line[-1][1], 2))
        title = f"{_TITLES['contexts']} {self.shell.glyphs.dot} {len(lines)}"
        self._put(Tile("contexts", title, tuple(lines[:MOST]), tone))

    def on_mount(self) -> None:
        self.set_interval(CONTEXTS, self._look_at_contexts)

    def _look_at_contexts(self) -> None:
        if "contexts" in self._known and self._is_looking:
            self._show_contexts()

    def _show_engine(self, engine: EngineInfo) -> int:
        used = sum(count for _, count in engine.disk)
        name, most = max(engine.disk, key=lambda item: item[1], default=("", 0))
        live = len(engine.live)
        stays = f"{live} of yours run{'s' if live == 1 else ''} in it" if live else "ends when idle"
        facts = [
            ("version", engine.version, f"  pid {engine.pid}"),
            ("up", age(engine.started), f"  {stays}"),
            ("on disk", size(used), f"  {name} {size(most)}" if most < used else ""),
        ]
        lines: list[tuple[Word, ...]] = [
            ((f"{name:<8} ", "dim"), (text, "text"), (more, "dim")) for name, text, more in facts
        ]
        if engine.last_crash:
            crash = engine.last_crash.strip().splitlines()[-1]
            lines.insert(0, ((f"crashed {age(engine.last_crash_at)} ago ", "bad"), (crash, "warn")))
        self._put(Tile("engine", _TITLES["engine"], tuple(lines), "warn" if engine.last_crash else "dim"))
        return 1

    @property
    def _set(self) -> str:
        return "ascii" if self.shell.glyphs.arrow == ">" else "unicode"

    def _put(self, *tiles: Tile) -> None:
        self._known |= {tile.key: tile for tile in tiles}
        if self._tiles is not None:
            self._tiles.show(sorted(self._known.values(), key=lambda tile: _WORST_FIRST.get(tile.tone, 2)))
            if wanted := self._state.pop("cursor", ""):
                self._tiles.select(wanted)

    def on_tiles_opened(self, event: Tiles.Opened) -> None:
        match event.key:
            case "running" | "failed" as key:
                self.shell.go("commands", _FILTERS[key])
            case "engine":
                self.do(self._yaml())
            case expiring_tile.KEY:
                worst = self._expiring[0].ref if self._expiring else None
                self.shell.go("parameters", self.shell.services.word(worst) if worst else None)
            case noun:
                self.shell.go(noun)

    def refusal(self, action: str) -> str:
        if action == "yaml" and self._tiles is not None and self._tiles.cursor != "engine":
            return "only the engine's tile is one answer; Enter opens what this one is about"
        return ""

    async def raw(self) -> tuple[str, Any]:
        local = next(name for name in self.shell.services.contexts if not self.shell.flags_of(name))
        return "Engine", await self.shell.services.of(Engine, local).raw()


async def _recent(commands: Commands) -> list[Command]:
    newest = [command async for page in commands.list(limit=RECENT) for command in page]
    running = [command async for page in commands.list([_IN_PROGRESS]) for command in page]
    known = {command.id for command in newest}
    return newest + [command for command in running if command.id not in known]


async def _live(sessions: Sessions) -> list[Session]:
    return [session async for page in sessions.list() for session in page]


def _styled(parts: Iterable[tuple[str, str]]) -> list[Word]:
    return [(text, "dim" if style == "muted" else style or "text") for text, style in parts]
