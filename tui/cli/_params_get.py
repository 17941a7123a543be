"""`ssm-tui params get`: one value, exactly as it is, or all that is told of it as JSON."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Sequence

from tui.cli import _params_shapes as shapes
from tui.cli._args import OK, Common, parser
from tui.cli._context import opened_contexts, printable, run_async
from tui.cli._params_places import Place, at, place_of, sentence
from tui.errors import ApiError, SsmTuiError, UsageError
from tui.ports import Transport
from tui.services.parameter_models import ParameterValue
from tui.services.parameters import Parameters

ABOUT = """\
Write one value to stdout, exactly as it is; on a terminal its line is ended, and what would steer the terminal is made
visible. A SecureString is refused without --decrypt."""


def main(common: Common, words: Sequence[str]) -> int:
    parse = parser("params get", "NAME[:VERSION|:LABEL] [--decrypt] [--json]", ABOUT)
    parse.add_argument("name", metavar="NAME", help="a parameter, with a version or label where that is not the latest")
    parse.add_argument("--decrypt", action="store_true", help="a SecureString in plain text")
    parse.add_argument("--json", action="store_true", help="one JSON object; one array of them for several contexts")
    args = parse.parse_args(words[1:])
    return run_async(_get(common, place_of(args.name), args))


async def _get(common: Common, place: Place, args: Namespace) -> int:
    async with opened_contexts(at(common, place.context)) as contexts:
        if contexts.several and not args.json:
            raise UsageError(
                "Values of several contexts are not written one after the other.",
                hint="Name one context, or give --json.",
            )
        found = [value for _, value in await contexts.ask(lambda transport: _value(transport, place, args.decrypt))]
    if contexts.several:
        told = [{"Context": value.context} | shapes.of_value(value) for value in found]
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return contexts.tell()
    if args.json:
        print(json.dumps(shapes.of_value(found[0]), ensure_ascii=False, indent=2))
    elif sys.stdout.isatty():
        lines = found[0].value.split("\n")
        print("\n".join("\t".join(map(printable, line.split("\t"))) for line in lines))
    else:
        sys.stdout.buffer.write(found[0].value.encode())
    return OK


async def _value(transport: Transport, place: Place, decrypt: bool) -> ParameterValue:
    try:
        found = await Parameters(transport).value(place.name, decrypt=decrypt)
    except ApiError as error:
        raise sentence(error, place.name) from error
    if not found.plain:
        raise SsmTuiError(f"{place} is a SecureString.", hint="Its value is written with --decrypt alone.")
    return found
