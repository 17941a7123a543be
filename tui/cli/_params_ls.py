"""`ssm-tui params ls`: the folders and parameters below a path, as text or JSON."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tui.cli import _params_shapes as shapes
from tui.cli._args import FAILED, Common, parser
from tui.cli._context import opened_contexts, run_async, table, talk
from tui.cli._params_places import Place, at, path_named
from tui.errors import ApiError, UsageError
from tui.ports import Transport
from tui.services.parameter_models import Parameter, ParameterType, ParameterValue
from tui.services.parameter_names import AWS, PUBLIC, PUBLIC_NAMES
from tui.services.parameters import NOT_FOUND, Parameters

TYPES = [kind.value for kind in ParameterType if kind is not ParameterType.UNKNOWN]
ABOUT = """\
List what stands one level below a path: folders end with a slash and say how many parameters are below them. Values
are never listed without --values, and those of SecureStrings not without --decrypt."""


def main(common: Common, words: Sequence[str]) -> int:
    parse = parser("params ls", "[PATH] [-r] [--type T] [--values [--decrypt]] [--json]", ABOUT)
    parse.add_argument("path", nargs="?", default="/", metavar="PATH", help="the path, all of them without one")
    parse.add_argument("-r", "--recursive", action="store_true", help="every parameter below the path, no folders")
    parse.add_argument("--type", choices=TYPES, help="only parameters of this type")
    parse.add_argument("--values", action="store_true", help="with their values, SecureStrings masked")
    parse.add_argument("--decrypt", action="store_true", help="with --values: SecureStrings in plain text")
    parse.add_argument("--json", action="store_true", help="one JSON array with one object per folder and parameter")
    args = parse.parse_args(words[1:])
    if args.decrypt and not args.values:
        raise UsageError("--decrypt is about values, and none are listed.", hint="Give --values too.")
    return run_async(_ls(common, path_named(args.path), args))


@dataclass(slots=True, kw_only=True)
class Listing:
    """What one context has below a path; `values` are by the parameters' paths.

    `folders` are counts by path, None where AWS does not tell.
    """

    context: str
    folders: Mapping[str, int | None] = field(default_factory=dict)
    parameters: list[Parameter] = field(default_factory=list)
    values: Mapping[str, ParameterValue] = field(default_factory=dict)


async def _ls(common: Common, place: Place, args: Namespace) -> int:
    async with opened_contexts(at(common, place.context)) as contexts:
        found = [listing for _, listing in await contexts.ask(lambda transport: _listed(transport, place.path, args))]
    several = contexts.several
    empty = not any(listing.folders or listing.parameters for listing in found)
    if args.json:
        print(json.dumps(_shapes(found, args.values, several), ensure_ascii=False, indent=2))
    elif not empty or place.path == "/":
        sys.stdout.write(_table(found, args.values, several))
    status = contexts.tell()
    if empty and place.path != "/":
        talk(f"There is no parameter below {place.path}.")
        return FAILED
    return status


async def _listed(transport: Transport, path: str, args: Namespace) -> Listing:
    service = Parameters(transport)
    listing = Listing(context=transport.context)
    below = await _below(service, path, args, listing)
    if not args.recursive and below is not None:
        listing.folders, listing.parameters = _one_level(path, below)
    elif below is not None:
        listing.parameters = below
    if not listing.folders and not listing.parameters and path != "/":
        await _itself(service, path, args.type, listing)
    listing.parameters.sort(key=lambda found: found.id)
    if args.values and not listing.values:
        listing.values = await _values(service, path, listing, args)
    return listing


async def _below(service: Parameters, path: str, args: Namespace, listing: Listing) -> list[Parameter] | None:
    """Give all parameters below a path; None where the engine said what is one level below, folders and all."""
    filters = [{"Key": "Type", "Option": "Equals", "Values": [args.type]}] if args.type else []
    level = not args.recursive and not args.type
    if level and not service.names_folders and await _public_level(service, path, args, listing):
        return None
    if f"{path}/".startswith("/aws/") and not (level and service.names_folders):
        # Public parameters are in no list but this one.
        values = [value async for page in service.below(path, decrypt=args.decrypt, filters=filters) for value in page]
        listing.values = {value.id: value for value in values}
        return [value.listed for value in values]
    if level and service.names_folders:
        folders: dict[str, int | None] = {}
        async for children in service.children(path):
            for child in children:
                if child.is_folder:
                    folders[child.id] = child.count
                if child.parameter is not None:
                    listing.parameters.append(child.parameter)
        listing.folders = folders
        return None
    if path != "/":
        filters.append({"Key": "Path", "Option": "Recursive", "Values": [path]})
    return [found async for page in service.describe(filters) for found in page]


async def _public_level(service: Parameters, path: str, args: Namespace, listing: Listing) -> bool:
    """List what stands right below /aws or /aws/service of AWS, where all of it is thousands; gives whether it did.

    AWS names no folders, but there is a parameter below /aws/service/list for each of these.
    """
    if path == AWS:
        listing.folders = {PUBLIC: None}
    elif path == PUBLIC:
        names = [value.id.rpartition("/")[2] async for page in service.below(PUBLIC_NAMES) for value in page]
        if not names:
            return False
        values = [value async for page in service.below(path, recursive=False, decrypt=args.decrypt) for value in page]
        listing.values = {value.id: value for value in values}
        listing.parameters = [value.listed for value in values]
        folders: dict[str, int | None] = {f"{PUBLIC}/{name}": None for name in names}
        listing.folders = dict(sorted({**folders, PUBLIC_NAMES: len(names)}.items()))
    return path in (AWS, PUBLIC)


def _one_level(path: str, below: Sequence[Parameter]) -> tuple[dict[str, int | None], list[Parameter]]:
    """Fold what is deeper than one level: the counts of its folders, and the parameters that are not in one."""
    start = len(path.rstrip("/")) + 1
    counts = Counter(found.id[: found.id.index("/", start)] for found in below if "/" in found.id[start:])
    return dict(sorted(counts.items())), [found for found in below if "/" not in found.id[start:]]


async def _itself(service: Parameters, path: str, kind: str | None, listing: Listing) -> None:
    """List a parameter by its own name, as a file is listed."""
    try:
        found = await service.get(path)
    except ApiError as error:
        if error.code != NOT_FOUND:
            raise
    else:
        if kind in (None, found.type.value):
            listing.parameters = [found]


async def _values(service: Parameters, path: str, listing: Listing, args: Namespace) -> dict[str, ParameterValue]:
    if [found.id for found in listing.parameters] == [path]:
        found, _ = await service.values([path], decrypt=args.decrypt)
        return {value.id: value for value in found}
    return {
        value.id: value
        async for page in service.below(path, recursive=args.recursive, decrypt=args.decrypt)
        for value in page
    }


def _table(found: Sequence[Listing], with_values: bool, several: bool) -> str:
    heads = ["NAME", "TYPE", "VERSION", "TIER", "MODIFIED", *(["VALUE"] if with_values else [])]
    rows = []
    for listing in found:
        lines = [
            [f"{path}/", "folder" if count is None else f"{count} parameter{'s' * (count != 1)}", "", "", ""]
            for path, count in listing.folders.items()
        ]
        lines += [
            [each.name, shapes.word(each.type), str(each.version), shapes.word(each.tier), shapes.when(each.modified)]
            for each in listing.parameters
        ]
        if with_values:
            values = [""] * len(listing.folders)
            values += [shapes.cell(listing.values.get(each.id)) for each in listing.parameters]
            for line, value in zip(lines, values, strict=True):
                line.append(value)
        if several:
            for line in lines:
                line.insert(1, listing.context)
        rows += lines
    if several:
        heads.insert(1, "CONTEXT")
    return table(heads, rows)


def _shapes(found: Sequence[Listing], with_values: bool, several: bool) -> list[shapes.Shape]:
    all_of_them: list[shapes.Shape] = []
    for listing in found:
        where: shapes.Shape = {"Context": listing.context} if several else {}
        all_of_them += [where | {"Name": f"{path}/", "Count": count} for path, count in listing.folders.items()]
        for each in listing.parameters:
            value = {"Value": shapes.shown(listing.values.get(each.id))} if with_values else {}
            all_of_them.append(where | shapes.of_parameter(each) | value)
    return all_of_them
