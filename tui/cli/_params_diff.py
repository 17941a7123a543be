"""`ssm-tui params diff`: two subtrees, or two versions of a parameter, here, elsewhere or as they were."""

from __future__ import annotations

import difflib
import json
import re
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

from tui.cli import _params_shapes as shapes
from tui.cli._args import FAILED, OK, Common, parser
from tui.cli._args import USAGE as TROUBLE
from tui.cli._context import printable, run_async, table, talk
from tui.cli._params_places import Place, one_at, place_of, sentence
from tui.errors import ApiError, ServerFailed, SsmTuiError, UsageError
from tui.ports import Transport
from tui.services.parameter_compare import Difference, DifferenceState, Value, compare, subtree, subtree_at
from tui.services.parameter_models import ParameterValue
from tui.services.parameters import Parameters

_AGE = re.compile(r"(\d+)([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
ABOUT = """\
Compare two subtrees, key by key, or two versions of a parameter, NAME:3 and NAME:5. SecureStrings are compared with
--decrypt alone, and values are shown with --values. The exit status is 0 where nothing differs, 1 where something
does, 2 where that is not known."""


def main(common: Common, words: Sequence[str]) -> int:
    parse = parser("params diff", "A [B] [--values] [--decrypt] [--at TIME] [--json]", ABOUT)
    parse.add_argument("left", metavar="A", help="a path, or a parameter with a version or label")
    parse.add_argument("right", nargs="?", metavar="B", help="another one; may be left out with --at")
    parse.add_argument("--at", type=_time, metavar="TIME", help="A as it was then: 2026-11-02T10:14Z, or 3d ago as 3d")
    parse.add_argument("--values", action="store_true", help="with the values that differ")
    parse.add_argument("--decrypt", action="store_true", help="compare SecureStrings, too, and show them with --values")
    parse.add_argument("--json", action="store_true", help="one JSON array with one object per key that differs")
    args = parse.parse_args(words[1:])
    if args.right is None and args.at is None:
        raise UsageError("There is nothing to compare it with.", hint="Name a second path, or a time with --at.")
    left, right = place_of(args.left), place_of(args.right or args.left)
    versions = any(":" in place.name for place in (left, right))
    if versions and args.at is not None:
        raise UsageError("--at is about paths, and a version is one already.")
    try:
        return run_async((_versions if versions else _trees)(common, left, right, args))
    except SsmTuiError as error:
        if isinstance(error, ServerFailed) or not (isinstance(error, ApiError) or type(error) is SsmTuiError):
            raise
        # 1 says that something differs.
        talk(str(error))
        return TROUBLE


def _time(word: str) -> datetime:
    """Read a time, or an age. Raises: UsageError."""
    try:
        if found := _AGE.fullmatch(word):
            return datetime.now(UTC) - timedelta(**{_UNITS[found[2]]: int(found[1])})
        time = datetime.fromisoformat(word)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{printable(word)} is no time.", hint="As in 2026-11-02T10:14Z, or 3d for three days ago."
        ) from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


@asynccontextmanager
async def _both(common: Common, left: Place, right: Place) -> AsyncIterator[tuple[Transport, Transport]]:
    async with AsyncExitStack() as stack:
        one = other = await stack.enter_async_context(one_at(common, left.context, "diff"))
        if right.context != left.context:
            other = await stack.enter_async_context(one_at(common, right.context, "diff"))
        yield one, other


async def _trees(common: Common, left: Place, right: Place, args: Namespace) -> int:
    async with _both(common, left, right) as (one, other):
        there: Sequence[Value] = await subtree(Parameters(other), right.path, decrypt=args.decrypt)
        here: Sequence[Value]
        if args.at is None:
            here = await subtree(Parameters(one), left.path, decrypt=args.decrypt)
        else:
            then = await subtree_at(Parameters(one), left.path, args.at, decrypt=args.decrypt)
            here = then.values
            for path in then.lost:
                talk(f"{path} had a version at that time that is kept no more.")
        names = {transport.context for transport in (one, other)}
    if not here and not there:
        raise SsmTuiError(f"There is no parameter at or below {left}{'' if left == right else f' or {right}'}.")
    rows = compare(here, there, left_under=left.path, right_under=right.path)
    differing = [row for row in rows if row.state is not DifferenceState.SAME]
    if args.json:
        shown = [_shape(row, args.values, len(names) > 1) for row in differing]
        print(json.dumps(shown, ensure_ascii=False, indent=2))
    elif differing:
        sys.stdout.write(_table(differing, args.values))
    return _status(differing)


def _status(differing: Sequence[Difference]) -> int:
    unknown = sum(row.state is DifferenceState.UNKNOWN for row in differing)
    if unknown:
        talk(f"{unknown} SecureString{'s' if unknown > 1 else ''} can't be compared without --decrypt.")
    if len(differing) > unknown:
        return FAILED
    return TROUBLE if unknown else OK


def _table(rows: Sequence[Difference], with_values: bool) -> str:
    heads = ["DIFFERENCE", "NAME", "LEFT", "RIGHT", *(["LEFT VALUE", "RIGHT VALUE"] if with_values else [])]
    cells = [
        [
            row.state.value,
            row.relative or ".",
            _about(row.left),
            _about(row.right),
            *([shapes.cell(row.left), shapes.cell(row.right)] if with_values else []),
        ]
        for row in rows
    ]
    return table(heads, cells)


def _about(value: Value | None) -> str:
    return f"{shapes.word(value.type)} version {value.version}" if value is not None else ""


def _shape(row: Difference, with_values: bool, several: bool) -> shapes.Shape:
    def side(value: Value | None) -> shapes.Shape | None:
        if value is None:
            return None
        found: shapes.Shape = {"Context": value.context} if several else {}
        found |= {"Name": value.name, "Type": value.type.value, "Version": value.version}
        return found | ({"Value": shapes.shown(value)} if with_values else {})

    return {
        "Key": row.relative,
        "Difference": row.state.value.title().replace(" ", ""),
        "Left": side(row.left),
        "Right": side(row.right),
    }


async def _versions(common: Common, left: Place, right: Place, args: Namespace) -> int:
    async with _both(common, left, right) as (one, other):
        here, there = await _value(one, left, args.decrypt), await _value(other, right, args.decrypt)
        several = one.context != other.context
    (row,) = compare([here], [there], left_under=here.id, right_under=there.id)
    if row.state is DifferenceState.SAME:
        if args.json:
            print("[]")
        return OK
    if args.json:
        print(json.dumps([_shape(row, args.values, several)], ensure_ascii=False, indent=2))
    elif args.values and row.left is not None and row.left.plain and row.right is not None and row.right.plain:
        sys.stdout.write(_unified(left, here, right, there))
    else:
        sys.stdout.write(_table([row], with_values=False))
    return _status([row])


async def _value(transport: Transport, place: Place, decrypt: bool) -> ParameterValue:
    try:
        return await Parameters(transport).value(place.name, decrypt=decrypt)
    except ApiError as error:
        raise sentence(error, place.name) from error


def _unified(left: Place, here: Value, right: Place, there: Value) -> str:
    """Give both values line by line, as diff -u does; what would steer a terminal is made visible."""
    lines = difflib.unified_diff(
        here.value.split("\n"), there.value.split("\n"), f"{left} {here.type}", f"{right} {there.type}", lineterm=""
    )
    return "".join(f"{printable(line)}\n" for line in lines)
