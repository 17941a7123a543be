"""`ssm-tui params put`: a parameter is created, or gets a new version."""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from tui.cli import _params_shapes as shapes
from tui.cli._args import FAILED, OK, Common, near, parser
from tui.cli._context import printable, run_async, talk
from tui.cli._nodes_connect import tags_of
from tui.cli._params_places import Place, must_write, named, one_at
from tui.cli._params_value import given_value
from tui.errors import AccessDenied, ApiError, OutcomeUnknown, SsmTuiError, UsageError
from tui.services.parameter_models import Parameter, ParameterType, Put, PutRequest, Tier
from tui.services.parameter_names import is_likely_secret
from tui.services.parameters import NOT_FOUND, Parameters

TYPES = [kind.value for kind in ParameterType if kind is not ParameterType.UNKNOWN]
TIERS = [tier.value for tier in Tier if tier is not Tier.UNKNOWN]
_FLAG = re.compile(r"--?[A-Za-z][\w-]*(=|$)")
"""What was meant as a flag; any other word that begins with a dash is a value, such as a key in PEM."""
USAGE = "NAME [VALUE] [--type T] [--overwrite | --if-version N] [--tier T] [--tag KEY=VALUE]… [--json] …"
ABOUT = """\
Create a parameter, or give one that exists a new version. Without a value, or with - for it, it is read from stdin, or
asked for on a terminal; a newline at the end of stdin is no part of it. What is new is a String where its value stands
on the command line and --type says nothing else. The value of a SecureString is never taken from there, where every
process of this machine can read it. A value that is a URL or begins with file:// is stored as it stands."""


def main(common: Common, words: Sequence[str]) -> int:
    parse = parser("params put", USAGE, ABOUT)
    parse.add_argument("name", nargs="?", metavar="NAME", help="a parameter; its value follows, unless it is a secret")
    parse.add_argument(
        "--type", choices=TYPES, help="of what is new; needed where the value is not on the command line"
    )
    change = parse.add_mutually_exclusive_group()
    change.add_argument("--overwrite", action="store_true", help="a new version where the parameter exists")
    change.add_argument(
        "--if-version", type=int, metavar="N", help="a new version where N is the latest; 0 where there is none yet"
    )
    parse.add_argument("--tier", choices=TIERS, help="the account's own default without it")
    parse.add_argument("--description", metavar="TEXT")
    parse.add_argument("--key-id", metavar="KEY", help="of KMS, for a SecureString")
    parse.add_argument("--pattern", metavar="REGEX", help="what its values must match, whole")
    parse.add_argument("--data-type", metavar="T", help="text or aws:ec2:image")
    parse.add_argument("--policies", metavar="JSON|@FILE", help="replaces all policies; [{}] takes them away")
    parse.add_argument("--tag", action="append", default=[], metavar="KEY=VALUE", help="a tag; may be given again")
    parse.add_argument("--raw", action="store_true", help="a newline at the end of stdin is part of the value")
    parse.add_argument(
        "--value-on-command-line", action="store_true", help="take a SecureString's value from the command line"
    )
    parse.add_argument("--json", action="store_true", help="one JSON object with the new version and its tier")
    args, value = _read(parse, words[1:])
    tags = tags_of(args)
    policies = _policies(args.policies)
    return run_async(_put(common, named(args.name), value, args, tags, policies))


def _read(parse: ArgumentParser, words: Sequence[str]) -> tuple[Namespace, list[str]]:
    """Read the flags wherever they stand, and the value. What is wrong is not repeated: it may be a secret.

    Raises: UsageError.
    """
    end = words.index("--") if "--" in words else len(words)
    args, rest = parse.parse_known_args([*words[:end]])
    for word in rest:
        if _FLAG.match(word):
            like = near(word.partition("=")[0], [flag for action in parse._actions for flag in action.option_strings])
            meant = f"Did you mean {' or '.join(like)}? " if like else ""
            raise UsageError(
                "A word that begins with a dash is no flag of params put.",
                hint=f"{meant}A value like that stands behind two dashes: NAME -- VALUE.",
            )
    rest += words[end + 1 :]
    if args.name is None:
        if not rest:
            raise UsageError("params put needs a name.", hint="See ssm-tui params put --help.")
        args.name = rest.pop(0)
    if len(rest) > 1:
        raise UsageError("There is more than one value.", hint="One with spaces stands in quotes.")
    return args, rest


async def _put(
    common: Common, place: Place, words: list[str], args: Namespace, tags: dict[str, str], policies: str | None
) -> int:
    async with one_at(common, place.context, "put") as transport:
        must_write(common, transport)
        service = Parameters(transport)
        known, there = await _there(service, place)
        _may_overwrite(place, there, known, args)
        kind = ParameterType(args.type) if args.type else there.type if there else None
        by_default = kind is None and known and not args.key_id and bool(words) and words[0] != "-"
        if by_default:
            kind = ParameterType.STRING
        if kind is None:
            raise UsageError(f"{place} is new, and needs a type.", hint=f"Give --type {', '.join(TYPES)}.")
        secret = kind is ParameterType.SECURE_STRING or (there is not None and there.is_secret)
        value = given_value(place.name, words, secret=secret, allowed=args.value_on_command_line, raw=args.raw)
        overwrite = there is not None or (not known and args.overwrite)
        request = PutRequest(
            name=there.name if there else place.name,
            value=value,
            type=kind if args.type or by_default else None,
            overwrite=overwrite,
            tier=Tier(args.tier) if args.tier else None,
            description=args.description,
            key_id=args.key_id,
            allowed_pattern=args.pattern,
            data_type=args.data_type,
            policies=policies,
            tags={} if overwrite else tags,
        )
        try:
            made = await service.put(request)
        except OutcomeUnknown as error:
            hint = f"ssm-tui params history {place} tells whether it was written."
            raise OutcomeUnknown(error.message, hint=hint) from error
        status = _told(place, there, made, args)
        if by_default:
            warning = " It is called as a secret is: --type SecureString encrypts one."
            talk(f"{place} is new, and a String: no --type was given.{warning * is_likely_secret(place.path)}")
        if tags and overwrite:
            try:
                await service.add_tags(place.name, tags)
            except ApiError as error:
                talk(f"{place} has its new version, and not its tags: {error}")
                status = FAILED
    return status


async def _there(service: Parameters, place: Place) -> tuple[bool, Parameter | None]:
    """Give whether it could be looked up, and what is there."""
    try:
        return True, await service.get(place.name)
    except AccessDenied as error:
        talk(f"what is there already is not known: {error}")
        return False, None
    except ApiError as error:
        if error.code == NOT_FOUND:
            return True, None
        raise


def _may_overwrite(place: Place, there: Parameter | None, known: bool, args: Namespace) -> None:
    """Raises: SsmTuiError where a flag does not allow what would be overwritten."""
    wanted = args.if_version
    if wanted is not None and not known:
        raise SsmTuiError("Nothing was written: --if-version can't be told from a version that may not be read.")
    if there is None:
        if wanted:
            raise SsmTuiError(f"Nothing was written: there is no {place}, and --if-version {wanted} was given.")
        return
    if wanted is not None and wanted != there.version:
        raise SsmTuiError(
            f"Nothing was written: {place} is at version {there.version}, and not {wanted}.{_by_whom(there)}",
            hint=f"ssm-tui params history {place} shows what happened.",
        )
    if wanted is None and not args.overwrite:
        words = [there.type.value, f"version {there.version}", shapes.word(there.tier)]
        raise SsmTuiError(
            f"{place} exists: {', '.join(filter(None, words))}.{_by_whom(there)}",
            hint="Nothing was written; --overwrite gives it a new version.",
        )


def _by_whom(there: Parameter) -> str:
    changed = shapes.when(there.modified)
    who = shapes.who(there.modified_by)
    if not changed:
        return ""
    return f" It was changed at {changed}{f' by {printable(who)}' if who else ''}."


def _told(place: Place, there: Parameter | None, made: Put, args: Namespace) -> int:
    if args.json:
        print(json.dumps({"Name": place.name, "Version": made.version, "Tier": made.tier.value}, ensure_ascii=False))
    else:
        print(f"{printable(place.name)} version {made.version} {shapes.word(made.tier)}".rstrip())
    between = range((there.version if there else 0) + 1, made.version)
    if there is None or not between:
        return OK
    theirs = " to ".join(str(number) for number in sorted({between[0], between[-1]}))
    talk(
        f"Somebody else wrote {place} in between: version {theirs} is theirs, {made.version} is yours. "
        f"ssm-tui params diff {place}:{between[-1]} {place}:{made.version} compares them."
    )
    return OK if args.if_version is None else FAILED


def _policies(given: str | None) -> str | None:
    """Read --policies. Raises: UsageError for what is no JSON array of objects, or a file that can't be read."""
    if given is None:
        return None
    text = given
    if given.startswith("@"):
        try:
            text = Path(given[1:]).expanduser().read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise UsageError(f"{printable(given[1:])} can't be read: {why}.") from error
    try:
        found = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--policies is no JSON: {error}.") from error
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise UsageError("--policies is no array of objects.", hint="[{}] takes all policies away.")
    return text
