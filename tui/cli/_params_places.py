"""Where a word of `ssm-tui params` leads: a parameter or a path, in one context or in several."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import NamedTuple

from tui.cli._args import Common
from tui.cli._context import Contexts, opened_contexts, printable
from tui.errors import ApiError, ReadOnlyRefused, SsmTuiError, UsageError
from tui.ports import Transport
from tui.services.parameter_models import path_of
from tui.services.parameter_names import is_segment, name_problem
from tui.services.parameters import NOT_FOUND
from tui.transport.wrappers import ReadOnly, Wrapper

_WITH_CONTEXT = re.compile(r"([^:]+):(/.*)", re.DOTALL)
"""A context stands in front of a slash; what follows a name's own colon is a version or a label, without one."""
_WITHOUT_SLASH = re.compile(r"([^:/]+):([^:/]+/.*)", re.DOTALL)


class Place(NamedTuple):
    """A parameter's name, or a path; `context` is "" where the word names none."""

    context: str
    name: str

    @property
    def path(self) -> str:
        """The name as a path: with a slash in front and none behind."""
        return path_of(self.name).rstrip("/") or "/"

    def __str__(self) -> str:
        return printable(f"{self.context}:{self.name}" if self.context else self.name)


def place_of(word: str) -> Place:
    """Read a word. Raises: UsageError for one that can name nothing."""
    found = None if word.startswith("arn:") else _WITH_CONTEXT.fullmatch(word)
    place = Place(found[1], found[2]) if found else Place("", word)
    if not place.name or any(char.isspace() or not char.isprintable() for char in place.name):
        raise UsageError(
            f"{printable(word) or 'An empty word'} is no name of a parameter.", hint="As in /app/prod/host."
        )
    if _WITHOUT_SLASH.fullmatch(word) and not word.startswith("arn:"):
        context, _, rest = word.partition(":")
        raise UsageError(
            f"{printable(word)} is no name of a parameter: what stands behind a context begins with a slash.",
            hint=f"As in {printable(f'{context}:/{rest}')}.",
        )
    return place


def named(word: str) -> Place:
    """Read the name of a parameter that may be made. Raises: UsageError for what no parameter can be called."""
    place = place_of(word)
    if place.name.startswith("arn:"):
        raise UsageError(f"{place} is an ARN.", hint="A parameter is written by its name.")
    if ":" in place.name:
        raise UsageError(f"{place} is a version or a label, and what is written gets a new version.")
    if "/" in place.name[1:] and not place.name.startswith("/"):
        raise UsageError(f"{place} has several levels, and no slash in front.", hint=f"As in /{place}.")
    if place.name.endswith("/"):
        raise UsageError(f"{place} is a path, and a parameter's name ends without a slash.")
    return writable(place)


def writable(place: Place) -> Place:
    """Give a place as it is, at or below which parameters may be made. Raises: UsageError."""
    if place.path != "/" and (said := name_problem(place.path)):
        raise UsageError(printable(said))
    return place


def path_named(word: str) -> Place:
    """Read a path below which parameters are meant. Raises: UsageError for one that none can stand below."""
    place = place_of(word)
    bad = [level for level in place.path.strip("/").split("/") if level and not is_segment(level)]
    if bad or "//" in place.path:
        raise UsageError(
            f"{place} is no path: it has letters, digits and . - _ between single slashes.", hint="As in /app/prod."
        )
    return place


def at(common: Common, context: str) -> Common:
    """Give what is true of the verb with this one context alone; as it is where `context` is ""."""
    return replace(common, contexts=(context,), profiles=(), regions=(), local=False) if context else common


@asynccontextmanager
async def one_at(common: Common, context: str, verb: str) -> AsyncIterator[Transport]:
    """Open the one context that a verb works in: that which is named here, else the flags'.

    Raises: UsageError where the flags name several.
    """
    async with opened_contexts(at(common, context)) as contexts:
        if contexts.several:
            names = ", ".join(printable(name) for name in _names(contexts))
            raise UsageError(
                f"params {verb} works in one context, and these are named: {names}.",
                hint="Name one with --context, or in front of the name, as in local:/app/prod.",
            )
        yield contexts.open[0]


def _names(contexts: Contexts) -> list[str]:
    return [*(transport.context for transport in contexts.open), *contexts.failed]


def must_write(common: Common, transport: Transport) -> None:
    """Refuse where nothing may be written, before anything is asked for. Raises: ReadOnlyRefused."""
    inner = transport
    while isinstance(inner, Wrapper):
        if isinstance(inner, ReadOnly):
            way_out = "Leave --read-only out." if common.read_only else "The config file says so: read_only."
            raise ReadOnlyRefused(f"Nothing was changed: {printable(transport.context)} is read-only.", hint=way_out)
        inner = inner.inner


def sentence(error: ApiError, name: str) -> SsmTuiError:
    """Say what it means that a parameter or its version is not there; any other error stays as it is."""
    plain = name if name.startswith("arn:") else name.partition(":")[0]
    if error.code == NOT_FOUND and plain.count(":") == 0 and name.count(":") > 1:
        hint = f"As in {printable(plain)}:3 or {printable(plain)}:live."
        return SsmTuiError(f"{printable(name)} is no version: there is one colon in one.", hint=hint)
    if error.code == NOT_FOUND:
        parent = printable(path_of(plain).rpartition("/")[0] or "/")
        hint = f"ssm-tui params ls {parent} lists what is there."
        return SsmTuiError(f"There is no parameter {printable(plain)}.", hint=hint)
    if error.code == "ParameterVersionNotFound":
        hint = f"ssm-tui params history {printable(plain)} lists versions and labels."
        return SsmTuiError(f"There is no {printable(name)}.", hint=hint)
    return error
