"""Public parameters: what AWS tells everyone under `/aws/service`, as far as the engine knows it (semantics 2.6).

They are AWS's Regions, as the botocore that is installed knows them, and the services that the engine answers for. Ids
of machine images and the like are not among them: the engine has no machines that could be started from one.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from tui.engine import parameter_rows as rows
from tui.engine.context import Context
from tui.engine.model import KMS, RESOURCE_GROUPS, SSM, STS, TAGGING
from tui.ports import Shape

PREFIX = "/aws/service"
ROOT = f"{PREFIX}/global-infrastructure"

SERVICES = {
    SSM: "AWS Systems Manager",
    KMS: "AWS Key Management Service",
    RESOURCE_GROUPS: "AWS Resource Groups",
    TAGGING: "AWS Resource Groups Tagging API",
    STS: "AWS Security Token Service",
}
"""The services that the engine answers for, by botocore's names."""

OWNER = "ssm-tui"


class Region(NamedTuple):
    """One Region of AWS."""

    name: str
    long_name: str
    partition: str
    domain: str


class PublicParameters:
    """A source of parameters, see `ParameterSources`; each has one version, which nobody can change."""

    async def get(self, ctx: Context, name: str, selector: str, decrypt: bool) -> Shape | None:
        """Give one. Raises: ApiFault ParameterVersionNotFound."""
        value = self._values.get(name)
        if value is None:
            return None
        if selector not in ("", "1"):
            raise rows.version_not_found("version" if selector.isdigit() else "label", selector, name)
        shape = self._parameter(ctx, name, value)
        return shape | ({"Selector": f":{selector}"} if selector else {})

    def below(self, ctx: Context, path: str, recursive: bool) -> Iterable[Shape]:
        for name in self._names_below(path):
            if recursive or "/" not in name[len(path) + 1 :]:
                yield self._parameter(ctx, name, self._values[name])

    def describe(self, ctx: Context) -> Iterable[Shape]:
        for name in self._names:
            yield {"Name": name, "ARN": _arn(ctx, name), **self._common, "Tier": "Standard", "Policies": []}

    def history(self, ctx: Context, name: str) -> list[Shape] | None:
        value = self._values.get(name)
        if value is None:
            return None
        return [{"Name": name, **self._common, "Value": value, "Labels": [], "Tier": "Standard", "Policies": []}]

    def _parameter(self, ctx: Context, name: str, value: str) -> Shape:
        return {
            "Name": name,
            "Type": "String",
            "Value": value,
            "Version": 1,
            "LastModifiedDate": self._data[1],
            "ARN": _arn(ctx, name),
            "DataType": "text",
        }

    @property
    def _common(self) -> Shape:
        return {
            "Type": "String",
            "LastModifiedDate": self._data[1],
            "LastModifiedUser": OWNER,
            "Version": 1,
            "DataType": "text",
        }

    def _names_below(self, path: str) -> Iterator[str]:
        at = bisect_left(self._names, f"{path}/")
        while at < len(self._names) and self._names[at].startswith(f"{path}/"):
            yield self._names[at]
            at += 1

    # made when they are first asked for

    @cached_property
    def _data(self) -> tuple[list[Region], float]:
        """The Regions, and when botocore's list of them was made, in epoch seconds."""
        spec = find_spec("botocore")
        for folder in (spec.submodule_search_locations if spec else None) or ():
            file = Path(folder, "data", "partitions.json")
            if file.exists():
                return list(read_regions(file.read_text("utf-8"))), float(int(file.stat().st_mtime))
        raise FileNotFoundError("botocore's data/partitions.json was not found; is botocore installed?")

    @cached_property
    def _values(self) -> dict[str, str]:
        regions, _ = self._data
        found = {f"{PREFIX}/list/global-infrastructure": f"{ROOT}/"}
        for region in regions:
            path = f"{ROOT}/regions/{region.name}"
            found |= {
                path: region.name,
                f"{path}/longName": region.long_name,
                f"{path}/partition": region.partition,
                f"{path}/domain": region.domain,
            }
            found |= {f"{path}/services/{service}": service for service in SERVICES}
        for service, name in SERVICES.items():
            path = f"{ROOT}/services/{service}"
            found |= {path: service, f"{path}/longName": name}
            found |= {f"{path}/regions/{region.name}": region.name for region in regions}
        return found

    @cached_property
    def _names(self) -> list[str]:
        return sorted(self._values)


def read_regions(text: str) -> Iterator[Region]:
    """Read botocore's list of partitions; what is global in one is no Region."""
    for partition in json.loads(text)["partitions"]:
        domain = partition["outputs"]["dnsSuffix"]
        for name, region in partition["regions"].items():
            if not name.endswith("-global"):
                yield Region(name, region.get("description") or name, partition["id"], domain)


def _arn(ctx: Context, name: str) -> str:
    return ctx.arn(f"parameter{name}", account="")
