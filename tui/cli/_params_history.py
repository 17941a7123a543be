"""`ssm-tui params history`: the versions of one parameter, the newest first."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Sequence

from tui.cli import _params_shapes as shapes
from tui.cli._args import Common, parser
from tui.cli._context import opened_contexts, run_async, table
from tui.cli._params_places import Place, at, place_of, sentence
from tui.errors import ApiError, UsageError
from tui.ports import Transport
from tui.services.parameter_models import ParameterVersion
from tui.services.parameters import Parameters


def main(common: Common, words: Sequence[str]) -> int:
    about = "List the versions that there still are of a parameter, the newest first, with who made them and when."
    parse = parser("params history", "NAME [--values [--decrypt]] [--json]", about)
    parse.add_argument("name", metavar="NAME", help="a parameter")
    parse.add_argument("--values", action="store_true", help="with their values, those of a SecureString masked")
    parse.add_argument("--decrypt", action="store_true", help="with --values: a SecureString in plain text")
    parse.add_argument("--json", action="store_true", help="one JSON array with one object per version")
    args = parse.parse_args(words[1:])
    if args.decrypt and not args.values:
        raise UsageError("--decrypt is about values, and none are listed.", hint="Give --values too.")
    return run_async(_history(common, place_of(args.name), args))


async def _history(common: Common, place: Place, args: Namespace) -> int:
    async def asked(transport: Transport) -> list[ParameterVersion]:
        try:
            return await Parameters(transport).history(place.name, decrypt=args.decrypt)
        except ApiError as error:
            raise sentence(error, place.name) from error

    async with opened_contexts(at(common, place.context)) as contexts:
        found = [version for _, versions in await contexts.ask(asked) for version in versions]
    several = contexts.several
    if args.json:
        told = [
            ({"Context": version.context} if several else {})
            | shapes.of_version(version)
            | ({"Value": shapes.shown(version)} if args.values else {})
            for version in found
        ]
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return contexts.tell()
    heads = ["VERSION", "TYPE", "TIER", "MODIFIED", "BY", "LABELS", *(["VALUE"] if args.values else [])]
    rows = [
        [
            str(version.version),
            shapes.word(version.type),
            shapes.word(version.tier),
            shapes.when(version.modified),
            shapes.who(version.modified_by),
            " ".join(version.labels),
            *([shapes.cell(version)] if args.values else []),
        ]
        for version in found
    ]
    if several:
        heads.insert(0, "CONTEXT")
        for version, row in zip(found, rows, strict=True):
            row.insert(0, version.context)
    sys.stdout.write(table(heads, rows))
    return contexts.tell()
