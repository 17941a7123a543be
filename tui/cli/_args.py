"""What every verb takes, and how a command line is read; no import here costs more than a few milliseconds."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tui.errors import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser

APP = "ssm-tui"
OK, FAILED, USAGE, UNREACHED = 0, 1, 2, 3
"""Exit statuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What is true of any verb: the state folder, whether changing calls are refused, which contexts were named.

    `contexts` are names as they were given; `profiles` and `regions` name each of their pairs; `local` is --local.
    """

    state: Path
    state_given: bool = False
    read_only: bool = False
    contexts: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    local: bool = False

    @property
    def names_contexts(self) -> bool:
        """Whether flags or SSM_TUI_CONTEXT say which contexts are meant."""
        return bool(self.local or self.contexts or self.profiles or self.regions)


def state_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Give the state folder where no flag names one: SSM_TUI_STATE, else the platform's own place."""
    if environ.get("SSM_TUI_STATE"):
        return Path(environ["SSM_TUI_STATE"]).expanduser().absolute()
    if environ.get("XDG_STATE_HOME"):
        return Path(environ["XDG_STATE_HOME"], APP)
    if os.uname().sysname == "Linux":
        return Path("~/.local/state").expanduser() / APP
    import platformdirs  # deferred: what Linux answers is known above, and each start would pay for it

    return Path(platformdirs.user_state_dir(APP, appauthor=False))


_VALUES = {
    "--state": ("a folder", "--state /tmp/ssm"),
    "--context": ("a name", "--context local"),
    "--profile": ("a profile of AWS", "--profile prod"),
    "--region": ("a region of AWS", "--region eu-west-1"),
}
"""Flags that take a value: what it is, and an example."""


def split(argv: Sequence[str], environ: Mapping[str, str] = os.environ) -> tuple[Common, list[str]]:
    """Take out the flags that stand before or after any verb; give them and the other words.

    What follows `--` is the operator's command and stays as it is.
    Raises: UsageError for a flag without its value.
    """
    words = list(argv)
    end = words.index("--") if "--" in words else len(words)
    rest: list[str] = []
    given: dict[str, list[str]] = {flag: [] for flag in _VALUES}
    read_only = local = False
    position = 0
    while position < end:
        word = words[position]
        position += 1
        flag, equals, value = word.partition("=")
        if flag in _VALUES:
            if not equals and position < end:
                value = words[position]
                position += 1
            if not value:
                what, example = _VALUES[flag]
                raise UsageError(f"{flag} needs {what}.", hint=f"For example: {example}.")
            given[flag].append(value)
        elif word == "--read-only":
            read_only = True
        elif word == "--local":
            local = True
        else:
            rest.append(word)
    state = given["--state"][-1] if given["--state"] else ""
    named = bool(local or given["--context"] or given["--profile"] or given["--region"])
    common = Common(
        state=Path(state).expanduser().absolute() if state else state_folder(environ),
        state_given=bool(state or environ.get("SSM_TUI_STATE")),
        read_only=read_only,
        contexts=tuple(given["--context"] if named else environ.get("SSM_TUI_CONTEXT", "").replace(",", " ").split()),
        profiles=tuple(given["--profile"]),
        regions=tuple(given["--region"]),
        local=local,
    )
    return common, rest + words[end:]


def engine_only(common: Common, verb: str) -> None:
    """Refuse flags that name a context of AWS, for a verb that is about the engine of this machine.

    Raises: UsageError.
    """
    flag = "--profile" if common.profiles else "--region" if common.regions else ""
    if not flag and any(name != "local" for name in common.contexts):
        flag = "--context"
    if flag:
        raise UsageError(f"{verb} is about the engine of this machine.", hint=f"Leave {flag} out.")


def parser(verb: str, usage: str, about: str) -> ArgumentParser:
    """Make a verb's parser: what can't be meant is a UsageError that names the verb's help."""
    import argparse  # deferred: the console itself needs none

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> NoReturn:
            raise UsageError(f"{message[:1].upper()}{message[1:]}.", hint=f"See {APP} {verb} --help.")

    return Parser(
        prog=f"{APP} {verb}",
        usage=f"{APP} {verb} {usage}".rstrip(),
        description=about,
        epilog="--local, --context NAME, --profile P, --region R, --state DIR and --read-only work with every verb.",
        allow_abbrev=False,
    )


def near(word: str, known: Sequence[str]) -> list[str]:
    """Give at most three known words that are like a wrong one, the likest first."""
    import difflib  # deferred: only mistakes need it

    folded = {name.casefold(): name for name in known}
    return [folded[match] for match in difflib.get_close_matches(word.casefold(), list(folded), n=3, cutoff=0.5)]
