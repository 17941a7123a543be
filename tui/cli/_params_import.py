"""`ssm-tui params import`: a text becomes parameters below a path; what is the same already is not written again."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Container, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from tui.cli._args import FAILED, OK, Common, parser
from tui.cli._context import printable, run_async, talk
from tui.cli._params_apply import REPORT, carry_out
from tui.cli._params_places import Place, must_write, one_at, path_named, writable
from tui.cli._params_plan import show
from tui.cli._params_trees import read_about, read_values
from tui.errors import AccessDenied, UsageError
from tui.services.parameter_changes import Wanted
from tui.services.parameter_models import Parameter, ParameterType, Tier
from tui.services.parameter_names import env_name, is_likely_secret, relative_to
from tui.services.parameter_plans import goes_by_default, plan_of
from tui.services.parameter_texts import Entry, TextFormat, format_of, read_text
from tui.services.parameters import Parameters
from tui.services.service_settings import ServiceSettings

SHOWN = 3
"""Names that are said of many."""
TIERS = [tier.value for tier in Tier if tier is not Tier.UNKNOWN]
ABOUT = """\
Make the parameters below a path what a text says, as params export writes it. The plan is shown first, and nothing is
written where it has a problem. What is the same already is left alone: the same call again takes up what was broken
off. A variable of an env file or script that is none of a parameter yet becomes one of that name."""


def main(common: Common, words: Sequence[str]) -> int:
    usage = "FILE PATH [--format F] [--overwrite] [--delete-others] [--secret KEY]… [--dry-run] [--yes] [--json]"
    parse = parser("params import", usage, ABOUT)
    parse.add_argument("file", metavar="FILE", help="the text; - for stdin")
    parse.add_argument("path", metavar="PATH", help="the path below which it is meant")
    parse.add_argument("--format", choices=[*TextFormat], help="by the file's name without it")
    parse.add_argument("--overwrite", action="store_true", help="a new version of what is there and differs")
    parse.add_argument("--delete-others", action="store_true", help="delete what is below the path and not in the text")
    parse.add_argument(
        "--secret",
        action="append",
        default=[],
        metavar="KEY",
        help="a key below the path, db/password or db/*, that is a SecureString; may be given again",
    )
    parse.add_argument("--tier", choices=TIERS, help="of what is new; the account's own default without it")
    parse.add_argument("--dry-run", action="store_true", help="show the plan on stdout, and write nothing")
    parse.add_argument("--yes", action="store_true", help="don't ask")
    parse.add_argument("--json", action="store_true", help=REPORT)
    args = parse.parse_args(words[1:])
    kind = TextFormat(args.format) if args.format else _format(args.file)
    return run_async(_import(common, writable(path_named(args.path)), kind, args))


def _format(file: str) -> TextFormat:
    if file == "-":
        raise UsageError("What stdin is written in is not known.", hint=f"Give --format {', '.join(TextFormat)}.")
    return format_of(file)


def _called(file: str) -> str:
    return "stdin" if file == "-" else printable(file)


def _text(file: str) -> bytes:
    """Raises: UsageError where a file can't be read."""
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).expanduser().read_bytes()
    except OSError as error:
        raise UsageError(f"{printable(file)} can't be read: {error.strerror}.") from error


async def _import(common: Common, place: Place, kind: TextFormat, args: Namespace) -> int:
    text = _text(args.file)
    async with one_at(common, place.context, "import") as transport:
        if not args.dry_run:
            must_write(common, transport)
        service = Parameters(transport)
        current = await read_values(service, place.path, decrypt=True)
        about = await _about(service, place)
        try:
            entries = read_text(text, kind, under=place.path, known=current)
        except UsageError as error:
            raise UsageError(f"{_called(args.file)}: {error.message}", hint=error.hint) from error
        entries = _with_secrets(entries, place.path, args.secret)
        wanted = [Wanted.of(entry) for entry in entries]
        if args.tier:
            tier = Tier(args.tier)
            wanted = [one if one.path in current else replace(one, tier=tier) for one in wanted]
        _tell_likely_secrets(entries, current, place.path)
        default = await ServiceSettings(transport).default_tier()
        plan = plan_of(current, wanted, delete_others=args.delete_others, about=about, default_tier=default.tier)
        if default.untold and goes_by_default(plan):
            talk(default.untold)
        if args.dry_run:
            show(plan, sys.stdout)
            for problem in plan.problems:
                print(f"problem: {printable(problem)}")
            return FAILED if plan.problems else OK
        return await carry_out(transport, plan, args)


def _tell_likely_secrets(entries: Sequence[Entry], current: Container[str], under: str) -> None:
    """Say what is called as a secret is, and is about to be none; of the formats, YAML alone says which are."""
    found = [
        relative_to(entry.path, under) or entry.path
        for entry in entries
        if entry.path not in current and entry.type in (None, ParameterType.STRING) and is_likely_secret(entry.path)
    ]
    if found:
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        one, several = "is called as a secret is, and becomes a String", "are called as secrets are, and become Strings"
        what = f"{', '.join(found[:SHOWN])}{more} {several if len(found) > 1 else one}"
        talk(f"{what}; --secret {found[0]} makes a SecureString.")


async def _about(service: Parameters, place: Place) -> dict[str, Parameter]:
    """Give what is known beside values; without it the plan is checked less."""
    try:
        return await read_about(service, place.path)
    except AccessDenied as error:
        talk(f"tiers and patterns are not checked: {error}")
        return {}


def _with_secrets(entries: Sequence[Entry], under: str, patterns: Sequence[str]) -> list[Entry]:
    """Make secrets of what the flags name. Raises: UsageError for a pattern that names nothing."""
    found = []
    used: set[str] = set()
    for entry in entries:
        names = (relative_to(entry.path, under), env_name(entry.path, under))
        hits = {pattern for pattern in patterns if any(fnmatchcase(name, pattern) for name in names)}
        used |= hits
        found.append(replace(entry, type=ParameterType.SECURE_STRING) if hits else entry)
    for pattern in patterns:
        if pattern not in used:
            raise UsageError(f"--secret {printable(pattern)} names nothing of the text; nothing was written.")
    return found
