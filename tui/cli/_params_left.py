"""`ssm-tui params mv --finish`, `--take-back` and `--forget`: what becomes of moves that were broken off."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from tui.cli._args import FAILED, OK, Common, parser
from tui.cli._connect import named_contexts
from tui.cli._context import printable, run_async, talk
from tui.cli._params_apply import REPORT, carry_out
from tui.cli._params_asking import is_sure
from tui.cli._params_places import must_write, one_at
from tui.cli._params_trees import read_about, read_tags
from tui.cli._params_unfinished import left_moves, new_journal
from tui.config import load_config
from tui.errors import ReadOnlyRefused
from tui.services.parameter_journal import Unfinished
from tui.services.parameter_moves import Pair, finish_plan, roots, take_back_plan
from tui.services.parameter_plans import Plan
from tui.services.parameters import Parameters

ABOUT = """\
Moves that were broken off: --finish moves what is still at the old place, --take-back moves what came to the new one
back, --forget leaves all of it where it is. The plan is shown first."""


def main(common: Common, flag: str, words: Sequence[str]) -> int:
    parse = parser("params mv", f"{flag} [--overwrite] [--yes] [--json]", ABOUT)
    parse.add_argument(flag, action="store_true", dest="meant", help="see above")
    parse.add_argument("--overwrite", action="store_true", help="change what was written by somebody else since")
    parse.add_argument("--yes", action="store_true", help="don't ask")
    parse.add_argument("--json", action="store_true", help=REPORT)
    args = parse.parse_args(words)
    return run_async(_each(common, flag, args))


async def _each(common: Common, flag: str, args: Namespace) -> int:
    meant = _meant(common)
    found = [(left, pairs) for left, pairs in left_moves(common) if meant is None or left.context in meant]
    if not found:
        talk("No move was broken off.")
        return OK
    status = OK
    for left, pairs in found:
        source, target = roots(pairs)
        talk(f"{source} to {target} in {left.context}:")
        if flag == "--forget":
            if common.read_only:
                raise ReadOnlyRefused("Nothing was changed.", hint="Leave --read-only out.")
            ended = OK if is_sure("Leave all of it where it is?", "", sure=args.yes) else FAILED
        else:
            ended = await _go(common, flag, left, pairs, args)
        if ended == OK:
            left.discard()
        status = max(status, ended)
    return status


def _meant(common: Common) -> set[str] | None:
    """Give the contexts that the flags name; None where they name none, and so all are meant."""
    if not common.names_contexts:
        return None
    return {spec.name for spec in named_contexts(common, load_config().contexts)}


async def _go(common: Common, flag: str, left: Unfinished, pairs: Sequence[Pair], args: Namespace) -> int:
    source, target = roots(pairs)
    if flag == "--take-back":
        source, target = target, source
    async with one_at(common, left.context, "mv") as transport:
        must_write(common, transport)
        service = Parameters(transport)
        plan = await _plan(service, flag, pairs, source, target)
        if not plan.changes:
            talk("Nothing is left to do.")
            return OK
        return await carry_out(transport, plan, args, journal=new_journal(common))


async def _plan(service: Parameters, flag: str, pairs: Sequence[Pair], source: str, target: str) -> Plan:
    """Make the plan from what is there now; what the journal says is only which parameters are meant."""
    both = [path for pair in pairs for path in (pair.delete.path, pair.delete.needs)]
    values, _ = await service.values(both, decrypt=True)
    there = {value.id: value for value in values}
    about = {**await read_about(service, source), **await read_about(service, target)}
    moved = [pair.delete.path if flag == "--finish" else pair.delete.needs for pair in pairs]
    tags = await read_tags(service, [path for path in moved if path in there])
    if flag == "--finish":
        return finish_plan(pairs, there, about, tags)
    plan, kept = take_back_plan(pairs, there, about, tags)
    for name in map(printable, kept):
        talk(f"{name} was there before, and stays; ssm-tui params history {name} has its values.")
    return plan
