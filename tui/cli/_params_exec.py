"""`ssm-tui params exec`: a command with the parameters below paths as its environment, in this process's place."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from tui.cli._args import OK, Common, parser
from tui.cli._context import printable, run_async, talk
from tui.cli._params_places import Place, one_at, path_named
from tui.errors import SsmTuiError, UsageError
from tui.ports import Transport
from tui.services.parameter_names import env_name, env_names, env_of
from tui.services.parameters import Parameters

CANNOT_RUN, NOT_FOUND = 126, 127
"""Exit statuses, as a shell has them."""
ABOUT = """\
Run a command with the parameters below each path as variables of its environment, SecureStrings in plain text:
/app/prod/db-host below /app/prod is DB_HOST. A later path has the last word over an earlier one, and all of them over
the environment that there is. The command takes the place of this process: signals and its exit status are its own."""


def main(common: Common, words: Sequence[str]) -> int:
    words = [*words[1:]]
    before, command = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    parse = parser("params exec", "PATH… [--pristine] [--prefix P] [--no-strict] -- COMMAND", ABOUT)
    parse.add_argument("paths", nargs="+", metavar="PATH", help="a path whose parameters are meant, all levels of it")
    parse.add_argument("--pristine", action="store_true", help="without the environment that there is")
    parse.add_argument("--prefix", default="", metavar="P", help="what the name of each variable begins with")
    parse.add_argument(
        "--no-strict",
        action="store_true",
        help="of two parameters that would be one variable take the last, and leave out what can be none",
    )
    args = parse.parse_intermixed_args(before)
    if not command:
        raise UsageError(
            "There is no command.", hint="It stands after two dashes: ssm-tui params exec /app/prod -- env."
        )
    if args.prefix and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", args.prefix):
        raise UsageError(f"No variable begins with {printable(args.prefix)}.", hint="For example: --prefix APP_.")
    program = shutil.which(command[0])
    if program is None:
        return _no_program(command[0])
    variables: dict[str, str] = {}
    status = run_async(_read(common, [path_named(path) for path in args.paths], args, variables))
    return status or _become(program, command, variables, pristine=args.pristine)


async def _read(common: Common, places: Sequence[Place], args: Namespace, variables: dict[str, str]) -> int:
    """Read the variables of all paths into `variables`."""
    transports: dict[str, Transport] = {}
    async with AsyncExitStack() as stack:
        for place in places:
            if place.context not in transports:
                transport = await stack.enter_async_context(one_at(common, place.context, "exec"))
                transports[place.context] = transport
        for place in places:
            found = await _below(transports[place.context], place, args)
            again = [name for name in found if name in variables]
            if again:
                talk(f"{place} has the last word on {', '.join(again)}.")
            variables |= found
    return OK


async def _below(transport: Transport, place: Place, args: Namespace) -> dict[str, str]:
    values = {
        found.id: found.value async for page in Parameters(transport).below(place.path, decrypt=True) for found in page
    }
    if not values:
        raise SsmTuiError(
            f"There is no parameter below {place}; the command was not run.",
            hint=f"ssm-tui params ls {printable(place.path.rpartition('/')[0] or '/')} lists what is there.",
        )
    if args.no_strict:
        values = _last_of_each(values, place.path)
    try:
        found = env_of(values, place.path)
    except UsageError as error:
        # What is wrong is no word of the command line.
        raise SsmTuiError(error.message, hint=f"{error.hint} The command was not run.") from error
    return {args.prefix + name: value for name, value in found.items()}


def _last_of_each(values: Mapping[str, str], path: str) -> dict[str, str]:
    """Keep one parameter for each variable, and say which were left out."""
    kept: dict[str, str] = {}
    for found in sorted(values):
        try:
            env_names([found], path)
        except UsageError as error:
            talk(f"left out: {error.message}")
            continue
        before = kept.get(env_name(found, path))
        if before is not None:
            talk(f"left out: {before} would be the same variable as {found}.")
        kept[env_name(found, path)] = found
    return {found: values[found] for found in kept.values()}


def _no_program(word: str) -> int:
    if os.sep in word and Path(word).exists():
        talk(f"{printable(word)} can't be run: it is no program, or may not be executed.")
        return CANNOT_RUN
    talk(f"There is no program {printable(word)}.")
    return NOT_FOUND


def _become(program: str, command: Sequence[str], variables: Mapping[str, str], *, pristine: bool) -> int:
    """Give this process to the command. Gives an exit status where that fails."""
    # As bytes: the text of parameters is UTF-8 whatever this process's locale is.
    environment = {} if pristine else dict(os.environb)
    environment |= {name.encode(): value.encode() for name, value in variables.items()}
    sys.stdout.flush()
    sys.stderr.flush()
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        # Python ignores them, and what is ignored stays so in the command.
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execve(program, [*command], environment)  # noqa: S606 - an argument list, no shell
    except OSError as error:
        if error.errno == errno.E2BIG:
            size = sum(len(name) + len(value) + 2 for name, value in environment.items())
            talk(f"{printable(program)} can't be run: its environment of {size:,} bytes is too long for this system.")
        else:
            talk(f"{printable(program)} can't be run: {error.strerror}.")
        return NOT_FOUND if error.errno == errno.ENOENT else CANNOT_RUN
