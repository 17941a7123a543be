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
    """What is true of any verb: the state folder, and whether changing calls are refused."""

    state: Path
    state_given: bool = False
    read_only: bool = False


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


def split(argv: Sequence[str], environ: Mapping[str, str] = os.environ) -> tuple[Common, list[str]]:
    """Take out the flags that stand before or after any verb; give them and the other words.

    What follows `--` is the operator's command and stays as it is.
    Raises: UsageError for `--state` without a folder.
    """
    words = list(argv)
    end = words.index("--") if "--" in words else len(words)
    rest: list[str] = []
    state, read_only = "", False
    position = 0
    while position < end:
        word = words[position]
        position += 1
        if word == "--state":
            if position >= end:
                raise UsageError("--state needs a folder.", hint="For example: --state /tmp/ssm.")
            state = words[position]
            position += 1
        elif word.startswith("--state="):
            state = word.partition("=")[2]
        elif word == "--read-only":
            read_only = True
        elif word != "--local":
            rest.append(word)
            continue
        if word.startswith("--state") and not state:
            raise UsageError("--state needs a folder.", hint="For example: --state /tmp/ssm.")
    given = bool(state or environ.get("SSM_TUI_STATE"))
    folder = Path(state).expanduser().absolute() if state else state_folder(environ)
    return Common(state=folder, state_given=given, read_only=read_only), rest + words[end:]


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
        epilog="--local, --state DIR and --read-only work with every verb.",
        allow_abbrev=False,
    )


def near(word: str, known: Sequence[str]) -> list[str]:
    """Give at most three known words that are like a wrong one, the likest first."""
    import difflib  # deferred: only mistakes need it

    folded = {name.casefold(): name for name in known}
    return [folded[match] for match in difflib.get_close_matches(word.casefold(), list(folded), n=3, cutoff=0.5)]
