"""`ssm-tui params rm`: parameters are deleted, with their history and labels."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from tui.cli._args import Common, parser
from tui.cli._context import printable, run_async
from tui.cli._params_apply import REPORT, carry_out
from tui.cli._params_places import Place, must_write, one_at, place_of
from tui.cli._params_trees import read_values
from tui.errors import SsmTuiError, UsageError
from tui.services.parameter_models import ParameterValue
from tui.services.parameter_plans import delete_plan
from tui.services.parameters import Parameters


def main(common: Common, words: Sequence[str]) -> int:
    about = (
        "Delete parameters, with their history and labels. On a terminal the name is to be typed, of several how many."
    )
    parse = parser("params rm", "NAME… [-r] [--yes] [--json]", about)
    parse.add_argument("names", nargs="+", metavar="NAME", help="a parameter; with -r a path")
    parse.add_argument("-r", "--recursive", action="store_true", help="what stands below them, too, on all levels")
    parse.add_argument("--yes", action="store_true", help="don't ask")
    parse.add_argument("--json", action="store_true", help=REPORT)
    parse.set_defaults(overwrite=False)
    args = parse.parse_intermixed_args([*words[1:]])
    places = [place_of(name) for name in args.names]
    contexts = {place.context for place in places}
    if len(contexts) > 1:
        raise UsageError("The names are of several contexts.", hint="One call removes in one.")
    return run_async(_rm(common, contexts.pop(), places, args))


async def _rm(common: Common, context: str, places: Sequence[Place], args: Namespace) -> int:
    async with one_at(common, context, "rm") as transport:
        must_write(common, transport)
        found: dict[str, ParameterValue] = {}
        for place in places:
            found |= await _meant(Parameters(transport), place, recursive=args.recursive)
        plan = delete_plan(found.values())
        return await carry_out(transport, plan, args)


async def _meant(service: Parameters, place: Place, *, recursive: bool) -> dict[str, ParameterValue]:
    """Give what a word means. Raises: SsmTuiError where that is nothing, or a folder without -r."""
    if ":" in place.name:
        raise UsageError(f"{place} is a version, and a parameter is removed as a whole.")
    if recursive:
        found = await read_values(service, place.path, decrypt=False)
        if not found:
            raise SsmTuiError(f"There is no parameter at or below {place}; nothing was removed.")
        return found
    values, _ = await service.values([place.name])
    if values:
        return {value.id: value for value in values}
    async for page in service.below(place.path):
        if page:
            raise SsmTuiError(f"{place} is a folder.", hint="-r removes everything below it; nothing was removed.")
    hint = f"ssm-tui params ls {printable(place.path.rpartition('/')[0] or '/')} lists what is there."
    raise SsmTuiError(f"There is no parameter {place}; nothing was removed.", hint=hint)
