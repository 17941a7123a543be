"""Contexts: the local engine and every AWS profile, of which one or several are opened."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.worker import Worker

from tui.aws_profiles import Profile, read_profiles, region_names
from tui.contexts import ContextSpec, aws_context
from tui.screens._base import COPY, ConsoleScreen
from tui.screens._words import cell
from tui.widgets.columns import Column
from tui.widgets.resource_table import ResourceTable

COLUMNS = [
    Column("state", "State", kind="status", min_width=8, max_width=22, priority=80),
    Column("context", "Context", min_width=10, max_width=44, priority=95, head=True),
    Column("profile", "Profile", max_width=30, wide=True, priority=40),
    Column("region", "Region", max_width=16, priority=60),
    Column("account", "Account", max_width=14, priority=30),
    Column("login", "Login", max_width=34, priority=50),
]
TICK = 1.0


@dataclass(frozen=True, slots=True)
class Known:
    """A context that can be opened, and how one logs in to it."""

    spec: ContextSpec
    login: str = ""
    account: str = ""


class ContextsScreen(ConsoleScreen):
    """The contexts that can be opened; Enter opens the marked ones, else the one under the cursor, and no others."""

    NOUN, TITLE = "contexts", "Contexts"
    NEEDS_CONTEXT = False
    STATES_IN_TABLE = True
    LOADING = "Reading AWS's profiles…"
    EMPTY = ("No context.", "There is always the local engine: this is an error of the console's own.")
    BINDINGS = [
        Binding("a", "add", "open too", tooltip="Open this one beside those that are open", id="contexts.add"),
        Binding("X", "close", "close", tooltip="Close this one", id="contexts.close"),
        Binding("n", "region", "other region", tooltip="Add another region of this profile", id="contexts.region"),
        Binding("L", "log_in", "log in", tooltip="Log in to this one again", id="contexts.log_in"),
        COPY,
    ]

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self.known: dict[str, Known] = {}
        self.grid = ResourceTable(COLUMNS, fields=self._fields)

    def compose_body(self) -> ComposeResult:
        self.grid.glyphs = self.shell.glyphs
        yield self.grid

    def on_mount(self) -> None:
        self.set_interval(TICK, self._draw)

    def begin(self) -> None:
        _: Worker[None] = self.run_worker(self._read, group="profiles", exclusive=True, exit_on_error=False)

    async def _read(self) -> None:
        # AWS's files may lie on a slow disk: never on the loop.
        profiles = await asyncio.to_thread(read_profiles)
        self._take(profiles)

    def _take(self, profiles: list[Profile]) -> None:
        logins = {profile.name: profile for profile in profiles}
        specs = [ContextSpec(), *self.shell.named_contexts.values()]
        taken = {(spec.profile, spec.region) for spec in specs}
        found = [aws_context(profile.name, profile.region) for profile in profiles]
        specs += [spec for spec in found if (spec.profile, spec.region) not in taken]
        specs += [*self.shell.open_contexts.values(), *(one.spec for one in self.known.values())]
        self.known = {}
        for spec in specs:
            profile = logins.get(spec.profile)
            if spec.name not in self.known:
                login = "" if spec.is_local else profile.kind if profile is not None else "no such profile"
                self.known[spec.name] = Known(spec, login, profile.account if profile is not None else "")
        self.shell.see("contexts", dict.fromkeys(self.known, "context"))
        self._draw()

    def _draw(self) -> None:
        if not self.known or not self.is_attached:
            return
        self.rows = len(self.known)
        self.grid.set_rows([(name, self._cells(one)) for name, one in self.known.items()])
        if self.phase != "rows":
            self.set_phase("rows")
            open_now = self.shell.contexts
            if self._state:
                self._restore_rows()
            elif open_now and open_now[0] in self.known:
                self.grid.move_to(open_now[0])
        self.update_bars()

    def _cells(self, one: Known) -> tuple[Any, ...]:
        name, glyphs = one.spec.name, self.shell.glyphs
        what, style = self.shell.state_of(name)
        glyph = {"good": glyphs.good, "bad": glyphs.bad, "warn": glyphs.warn}.get(style, glyphs.idle)
        where = "none needed" if one.spec.is_local else one.login
        return (
            cell((f"{glyph} {what}" if what else "", style)),
            name,
            (one.spec.profile, "muted"),
            one.spec.region or self.shell.region_of(name) or ("" if one.spec.is_local else "?"),
            (self.shell.account_of(name) or one.account, "muted"),
            (where, "muted"),
        )

    def _fields(self, row: Any) -> Mapping[str, str]:
        one = self.known.get(row)
        return {"ctx": one.spec.name} if one is not None else {}

    @property
    def current(self) -> Known | None:
        """The context under the cursor."""
        return self.known.get(str(self.grid.cursor_id))

    def crumb(self) -> str:
        return self.TITLE if self.shell.contexts else "Which context? Space marks several, Enter opens"

    def copies(self) -> dict[str, str]:
        one = self.current
        return {} if one is None else {"name": one.spec.name, "profile": one.spec.profile, "region": one.spec.region}

    def refusal(self, action: str) -> str:
        one = self.current
        if one is None and action in ("open", "add", "close", "region", "log_in", "copy"):
            return "the contexts are not known yet"
        if one is not None and one.spec.is_local and action in ("region", "log_in"):
            return "the local engine has none" if action == "region" else "the local engine needs no login"
        if one is not None and action == "add" and one.spec.name in self.shell.contexts:
            return "it is open already"
        if one is not None and action == "close" and one.spec.name not in self.shell.contexts:
            return "it is not open"
        if one is not None and action == "close" and len(self.shell.contexts) == 1:
            return "it is the only one that is open; enter opens another in its place"
        if one is not None and action == "log_in" and one.spec.name not in self.shell.contexts:
            return "it is not open; enter opens it"
        return ""

    def on_resource_table_row_highlighted(self) -> None:
        self.update_hints()

    def on_resource_table_row_selected(self) -> None:
        self.action_open()

    # actions

    def action_open(self) -> None:
        chosen = [self.known[str(name)].spec for name in self.grid.targets if str(name) in self.known]
        self.do(self._open(chosen, leave=True))

    def action_add(self) -> None:
        one = self.current
        if one is not None and one.spec.name not in self.shell.contexts:
            self.do(self._open([*self.shell.open_contexts.values(), one.spec]))

    def action_close(self) -> None:
        one = self.current
        if one is not None:
            specs = self.shell.open_contexts
            self.shell.use_contexts([spec for name, spec in specs.items() if name != one.spec.name])
            self._draw()

    async def _open(self, specs: list[ContextSpec], leave: bool = False) -> None:
        asked: list[ContextSpec] = []
        for spec in specs:
            if spec.is_local or spec.region:
                asked.append(spec)
                continue
            region = await self._ask_region(spec)
            if region is None:
                return
            asked.append(aws_context(spec.profile, region, read_only=spec.read_only))
        starts = not self.shell.contexts
        self.shell.use_contexts(asked)
        if leave and not starts:
            self.shell.back_up()
        else:
            self._draw()

    def action_region(self) -> None:
        self.do(self._add_region())

    async def _add_region(self) -> None:
        one = self.current
        region = await self._ask_region(one.spec) if one is not None else None
        if one is not None and region is not None:
            spec = aws_context(one.spec.profile, region, read_only=one.spec.read_only)
            self.known.setdefault(spec.name, Known(spec, one.login, one.account))
            self._draw()
            self.grid.mark([spec.name])
            self.grid.move_to(spec.name)

    async def _ask_region(self, spec: ContextSpec) -> str | None:
        from tui.screens._regions import AskRegion  # deferred: opened on a key

        names = await asyncio.to_thread(region_names)
        return await self.ask(AskRegion(spec.profile or "default", names)) or None

    def action_log_in(self) -> None:
        one = self.current
        if one is not None:
            self.shell.log_in(one.spec.name)
