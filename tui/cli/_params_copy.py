"""`ssm-tui params cp` and `mv`: a parameter or a subtree, to another place or, as a copy, to another context."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TypeVar

from tui.cli._args import FAILED, Common, parser
from tui.cli._context import printable, run_async, talk
from tui.cli._params_apply import REPORT, applied, carry_out, is_meant, tell
from tui.cli._params_places import Place, must_write, one_at, place_of, writable
from tui.cli._params_plan import show
from tui.cli._params_trees import read_about, read_tags, read_values
from tui.cli._params_unfinished import FLAGS, new_journal
from tui.errors import SsmTuiError, UsageError
from tui.ports import Ref, Transport
from tui.services._base import Resource
from tui.services.parameter_models import Parameter, ParameterValue
from tui.services.parameter_names import folder_of, relative_to
from tui.services.parameter_plans import Plan, copy_plan, delete_plan, goes_by_default, move_plan
from tui.services.parameters import Parameters
from tui.services.service_settings import DefaultTier, ServiceSettings

R = TypeVar("R", bound=Resource)

COPY = """\
Copy a parameter, or with -r a subtree, with type, tier, description, pattern, policies and tags. The plan is shown
first. Another context has its own keys: a secret is encrypted there under its default key."""
MOVE = """\
Move a parameter, or with -r a subtree: each is copied, the copy is looked at, and then the original is deleted with its
history and labels. What was not finished is told by the next ssm-tui params, with the way on and the way back; to
another context, the same call again goes on."""


def main(common: Common, words: Sequence[str]) -> int:
    verb = words[0]
    if verb == "mv" and (flag := next((word for word in words if word in FLAGS), "")):
        from tui.cli import _params_left  # deferred: moves that end as they should go without

        return _params_left.main(common, flag, words[1:])
    usage = "SRC DST [-r] [--overwrite] [--to-context NAME] [--yes] [--json]"
    parse = parser(f"params {verb}", usage, COPY if verb == "cp" else MOVE)
    parse.add_argument("source", metavar="SRC", help="a parameter; with -r a path")
    parse.add_argument(
        "target", metavar="DST", help="what it is called there; with a slash behind the folder it goes to"
    )
    parse.add_argument("-r", "--recursive", action="store_true", help="what stands below it, too, on all levels")
    parse.add_argument("--overwrite", action="store_true", help="a new version of what is there and differs")
    parse.add_argument("--to-context", default="", metavar="NAME", help="the context of DST")
    parse.add_argument("--yes", action="store_true", help="don't ask")
    parse.add_argument("--json", action="store_true", help=REPORT)
    args = parse.parse_args(words[1:])
    source, target = place_of(args.source), place_of(args.target)
    if args.to_context and target.context not in ("", args.to_context):
        raise UsageError(f"{target} says another context than --to-context {printable(args.to_context)}.")
    target = Place(args.to_context or target.context or source.context, target.name)
    for place in (source, target):
        if ":" in place.name:
            raise UsageError(f"{place} is no parameter but one version of it, or an ARN.", hint="Name it by its path.")
    if target.name.endswith("/") and source.path != "/":
        target = Place(target.context, f"{target.path.rstrip('/')}/{source.path.rpartition('/')[2]}")
    return run_async(_copy(common, verb, source, writable(target), args))


async def _copy(common: Common, verb: str, source: Place, target: Place, args: Namespace) -> int:
    async with AsyncExitStack() as stack:
        here = there = await stack.enter_async_context(one_at(common, source.context, verb))
        if target.context != source.context:
            there = await stack.enter_async_context(one_at(common, target.context, verb))
        must_write(common, there)
        values = await _values(here, source, recursive=args.recursive)
        plan = await _plan(verb, here, source, values, there, target, recursive=args.recursive)
        if verb == "mv" and here.context != there.context:
            must_write(common, here)
            return await _move_away(here, source, values, there, target, plan, args)
        journal = new_journal(common) if verb == "mv" else None
        return await carry_out(there, plan, args, journal=journal)


async def _values(here: Transport, source: Place, *, recursive: bool) -> dict[str, ParameterValue]:
    """Give what is meant, by path. Raises: SsmTuiError where that is nothing."""
    values = await read_values(Parameters(here), source.path, decrypt=True, recursive=recursive)
    if not values:
        raise SsmTuiError(
            f"There is no parameter {'at or below ' if recursive else ''}{source}; nothing was copied.",
            hint=f"ssm-tui params ls {printable(source.path)} lists what is below it.",
        )
    return values


async def _plan(
    verb: str,
    here: Transport,
    source: Place,
    values: Mapping[str, ParameterValue],
    there: Transport,
    target: Place,
    *,
    recursive: bool,
) -> Plan:
    reading, writing = Parameters(here), Parameters(there)
    about = await read_about(reading, source.path, recursive=recursive)
    current = await read_values(writing, target.path, decrypt=True, recursive=recursive)
    known = await read_about(writing, target.path, recursive=recursive)
    tags = await read_tags(reading, [path for path in values if _copy_of(path, source, target) not in current])
    default = await ServiceSettings(there).default_tier()
    if here.context == there.context:
        make = copy_plan if verb == "cp" else move_plan
        plan = make(
            [*values.values()],
            source.path,
            target.path,
            about={**about, **known},
            tags=tags,
            current=current,
            default_tier=default.tier,
        )
        return _told(plan, default)
    # What is known is told apart by paths alone, and both contexts may have the same.
    apart = f"/{_root(about, known, current)}"
    plan = copy_plan(
        _moved(values.values(), apart),
        apart + source.path.rstrip("/"),
        target.path,
        about={**known, **{each.id: each for each in _moved(about.values(), apart)}},
        tags={apart + path: given for path, given in tags.items()},
        current=current,
        keep_keys=False,
        default_tier=default.tier,
    )
    return _told(plan, default)


def _told(plan: Plan, default: DefaultTier) -> Plan:
    """Give a plan, having said what its tiers were only taken to be."""
    if default.untold and goes_by_default(plan):
        talk(default.untold)
    return plan


async def _move_away(
    here: Transport,
    source: Place,
    values: Mapping[str, ParameterValue],
    there: Transport,
    target: Place,
    copies: Plan,
    args: Namespace,
) -> int:
    """Move to another context: copy, look at every copy, and delete; broken off, the same call again goes on."""
    deletes = delete_plan(values.values())
    for context, plan in ((there.context, copies), (here.context, deletes)):
        talk(f"in {context}:")
        show(plan)
    if not is_meant(Plan(changes=(*copies.changes, *deletes.changes)), args):
        return FAILED
    report = await applied(there, copies, args)
    if report.clean:
        found = await read_values(Parameters(there), target.path, decrypt=True, recursive=args.recursive)
        alike = [
            path
            for path, value in values.items()
            if (copy := found.get(_copy_of(path, source, target))) is not None and copy.value == value.value
        ]
        if len(alike) == len(values):
            gone = await applied(here, deletes, args)
            report = replace(gone, outcomes=(*report.outcomes, *gone.outcomes))
            return tell(report, as_json=args.json)
    tell(report, as_json=args.json)
    raise SsmTuiError(f"Nothing was deleted in {printable(here.context)}: not every copy is there as it should be.")


def _copy_of(path: str, source: Place, target: Place) -> str:
    return f"{folder_of(target.path)}/{relative_to(path, source.path)}".rstrip("/")


def _root(*known: Mapping[str, Parameter | ParameterValue]) -> str:
    """Give a first level that no path has."""
    taken = {path.split("/")[1] for paths in known for path in paths}
    return next(name for name in ("elsewhere" + "_" * more for more in range(len(taken) + 1)) if name not in taken)


def _moved(found: Iterable[R], root: str) -> list[R]:
    return [replace(each, ref=Ref(each.context, root + each.id)) for each in found]
