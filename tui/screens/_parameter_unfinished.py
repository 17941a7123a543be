"""Moves that were broken off: told when the parameters are opened, with what is where; finished or taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from textual.app import App

from tui.screens._base import ConsoleScreen
from tui.screens._dialogs import Choose
from tui.screens._parameter_plan import Planned
from tui.screens._parameter_plan_opening import journals, names_in_short, open_plan
from tui.screens._parameter_subtree import Progress, Subtree, read_named, read_tags
from tui.screens._waiting import waited
from tui.screens._words import age
from tui.services.parameter_changes import Plan
from tui.services.parameter_journal import Unfinished, unfinished
from tui.services.parameter_moves import Pair, finish_plan, pairs_of, roots, take_back_plan
from tui.services.parameter_whereabouts import whereabouts
from tui.services.parameters import Parameters

FINISH, TAKE_BACK, FORGET = "finish", "take back", "forget"
_TOLD: WeakKeyDictionary[App[object], set[Path]] = WeakKeyDictionary()
"""The journals that each console has told of."""


async def broken_off(app: App[object]) -> list[tuple[Unfinished, list[Pair]]]:
    """Give the moves that were broken off, the oldest first."""
    found = await asyncio.to_thread(unfinished, journals(app))
    return [(left, pairs) for left in found if (pairs := pairs_of(left))]


async def tell_broken_off(screen: ConsoleScreen, key: str) -> None:
    """Tell of moves that were broken off, each once; `key` is what shows them."""
    told = _TOLD.setdefault(screen.app, set())
    found = [(left, pairs) for left, pairs in await broken_off(screen.app) if left.file not in told]
    told.update(left.file for left, _ in found)
    for left, pairs in found:
        screen.shell.notice(f"{_sentence(left, pairs)}: {key} shows it.", "warn")


async def tell_elsewhere(app: Any) -> None:
    """Tell at the start of the console; the screen of parameters tells by itself, with its key."""
    found = await broken_off(app)
    if not found or getattr(app.screen, "NOUN", "") == "parameters":
        return
    left, pairs = found[-1]
    more = f" And {len(found) - 1:,} more." if len(found) > 1 else ""
    app.notice(f"{_sentence(left, pairs)}: U on :params shows it.{more}", "warn", noun="parameters")


def _sentence(left: Unfinished, pairs: Sequence[Pair]) -> str:
    source, target = roots(pairs)
    return f"A move of {source} to {target} in {left.context} was broken off {age(left.begun)} ago"


async def show_broken_off(screen: ConsoleScreen) -> None:
    """Say what is where of a move that was broken off, and finish it, take it back or forget it."""
    found = await broken_off(screen.app)
    if not found:
        screen.shell.notice("No move was broken off.")
        return
    left, pairs = found[0]
    if len(found) > 1:
        options = [(_words(one, its), (one, its)) for one, its in found]
        chosen = await screen.ask(Choose("Moves that were broken off", options))
        if chosen is None:
            return
        left, pairs = chosen
    source, target = roots(pairs)
    ways = [
        (f"finish: move to {target} what is still below {source}", FINISH),
        (f"take back: move to {source} what came to {target}", TAKE_BACK),
        ("forget: leave all of it where it is", FORGET),
    ]
    way = await screen.ask(Choose(_words(left, pairs), ways, await _what_is_where(screen, left, pairs)))
    if way == FORGET:
        left.discard()
        screen.shell.notice("The move is forgotten; all of it is where it was.")
    elif way is not None:
        await _go(screen, left, pairs, way)


async def _what_is_where(screen: ConsoleScreen, left: Unfinished, pairs: Sequence[Pair]) -> str:
    """Say what is where: as it is now, else as far as the journal knows."""
    if left.context not in screen.shell.services.contexts:
        return f"As far as its journal knows; :ctx {left.context} opens its context.\n{places(pairs)}"
    service = screen.shell.services.of(Parameters, left.context)
    found = await waited(screen, "Reading what is where", lambda _: whereabouts(left, service))
    if found is None:
        return places(pairs)
    return _grouped([(one.place, one.path) for one in found if one.place])


def places(pairs: Sequence[Pair]) -> str:
    """Say what is where, as far as the journal knows."""
    return _grouped([(pair.where, pair.delete.path) for pair in pairs])


def _grouped(found: Sequence[tuple[str, str]]) -> str:
    """Say how many are where, and name some: a move of thousands is no list to read."""
    groups: dict[str, list[str]] = {}
    for place, path in found:
        groups.setdefault(place, []).append(path)
    return "\n".join(f"{len(paths):,} {place}: {names_in_short(paths, 2)}" for place, paths in groups.items())


def _words(left: Unfinished, pairs: Sequence[Pair]) -> str:
    source, target = roots(pairs)
    return f"{source} to {target} in {left.context}, broken off {age(left.begun)} ago"


async def _go(screen: ConsoleScreen, left: Unfinished, pairs: Sequence[Pair], way: str) -> None:
    service = screen.shell.services.of(Parameters, left.context)
    names = [name for pair in pairs for name in (pair.delete.path, pair.delete.needs)]

    async def read(progress: Progress) -> tuple[Subtree, Plan, list[str]]:
        found = await read_named(service, names, progress)
        await read_tags(service, found, progress)
        if way == FINISH:
            return found, finish_plan(pairs, found.values, found.about, found.tags), []
        plan, kept = take_back_plan(pairs, found.values, found.about, found.tags)
        return found, plan, kept

    answer = await waited(screen, "Reading what is where", read)
    if answer is None:
        return
    found, plan, kept = answer
    notes = [*found.untold]
    if kept:
        notes.append(f"{names_in_short(kept)} was there before the move, and stays: its history has its values.")
    if not plan.changes:
        left.discard()
        if found.values:
            screen.shell.notice("Nothing is left to do: the move is whole.", "good")
        else:
            screen.shell.notice("There is nothing at either place any more, and so nothing to move.", "warn")
        return
    source, target = roots(pairs)
    title = f"Finish moving {source} to {target}" if way == FINISH else f"Take {source} back from {target}"
    report = await open_plan(screen, Planned(title, plan, left.context, found.about, (), notes), service)
    if (report is not None and report.clean and len(report.outcomes) == len(plan.changes)) or not plan.writes:
        left.discard()
