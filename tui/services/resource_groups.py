"""Resource groups: what is called together by tags, what is in it, and the queries that say so."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tui.errors import ApiError, SsmTuiError
from tui.ports import Ref, Shape
from tui.services._base import Adapter, Resource
from tui.services._paging import pages

SERVICE = "resource-groups"
TAG_FILTERS = "TAG_FILTERS_1_0"
EVERYTHING = "AWS::AllSupported"
NODE_KINDS = {"managed-instance": "AWS::SSM::ManagedInstance", "instance": "AWS::EC2::Instance"}
"""The types of resources that are nodes, by the word before the id in their ARNs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceGroup(Resource):
    """A group as the list shows it; its id is its name."""

    name: str
    arn: str = ""
    description: str = ""

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> ResourceGroup:
        """Build from a GroupIdentifier or a Group."""
        name = shape.get("GroupName") or shape.get("Name") or ""
        return cls(
            ref=Ref(context, name),
            name=name,
            arn=shape.get("GroupArn") or "",
            description=shape.get("Description") or "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupQuery:
    """What makes a resource a member: each key must have one of its values, any value where none is given.

    `other` is the API's own text where it is no query by tags (a CloudFormation stack, a configuration).
    """

    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    types: tuple[str, ...] = (EVERYTHING,)
    other: str = ""

    @property
    def finds_nodes(self) -> bool:
        """Whether nodes can be among what it finds."""
        return EVERYTHING in self.types or bool({*self.types} & {*NODE_KINDS.values()})

    def matches(self, tags: Mapping[str, str]) -> bool:
        """Whether a resource with these tags is found."""
        return bool(self.filters) and all(
            key in tags and (not values or tags[key] in values) for key, values in self.filters
        )

    def params(self) -> Shape:
        """Give it as the API takes it."""
        query = {
            "ResourceTypeFilters": [*self.types],
            "TagFilters": [{"Key": key, "Values": [*values]} for key, values in self.filters],
        }
        return {"Type": TAG_FILTERS, "Query": json.dumps(query)}

    @classmethod
    def from_api(cls, shape: Shape) -> GroupQuery:
        """Build from a ResourceQuery; what is not by tags, or can't be read, is kept as text."""
        text = shape.get("Query") or ""
        try:
            found = json.loads(text)
            filters = tuple((one["Key"], tuple(one.get("Values") or ())) for one in found["TagFilters"])
            types = tuple(found.get("ResourceTypeFilters") or ())
        except (ValueError, LookupError, TypeError, AttributeError):
            return cls(other=f"{shape.get('Type') or 'unknown'} {text}".strip(), types=())
        return cls(filters=filters, types=types)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Resource):
    """A resource of a group; its id is its ARN, `kind` the last word of its type, `name` what its ARN ends in."""

    type: str
    kind: str
    name: str

    @property
    def node_id(self) -> str:
        """The id of the node that it is; empty where it is none."""
        return self.name if self.type in NODE_KINDS.values() else ""

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> Member:
        """Build from a ResourceIdentifier."""
        arn = shape.get("ResourceArn") or ""
        resource = arn.split(":", 5)[-1]
        first, slash, rest = resource.partition("/")
        type = shape.get("ResourceType") or NODE_KINDS.get(first, first)
        return cls(ref=Ref(context, arn), type=type, kind=type.rpartition("::")[2], name=rest if slash else resource)


async def nodes_in(services: Sequence[ResourceGroups], names: Iterable[str]) -> dict[str, Collection[Ref] | None]:
    """Give the nodes in each group of a name, over all contexts that have one; None where none has.

    Raises: SsmTuiError where none is found, and one of the contexts could not say.
    """
    found: dict[str, Collection[Ref] | None] = {}
    for name in names:
        refs: set[Ref] | None = None
        silent: SsmTuiError | None = None
        for groups in services:
            try:
                members = await groups.members(name)
            except SsmTuiError as error:
                if not (isinstance(error, ApiError) and error.code == "NotFoundException"):
                    silent = silent or error
                continue
            refs = (refs or set()) | {Ref(one.context, one.node_id) for one in members if one.node_id}
        if refs is None and silent is not None:
            raise silent
        found[name] = refs
    return found


class ResourceGroups(Adapter):
    """The groups of one context."""

    async def list(self) -> AsyncIterator[list[ResourceGroup]]:
        async for page in self._pages(ResourceGroup, "ListGroups", "GroupIdentifiers", service=SERVICE):
            yield page

    async def get(self, name: str) -> ResourceGroup:
        answer = await self._transport.call("GetGroup", {"Group": name}, service=SERVICE)
        return ResourceGroup.from_api(answer["Group"], self.context)

    async def query(self, name: str) -> GroupQuery:
        """Give a group's query; one that has a configuration in its place gives it as `other`."""
        try:
            answer = await self._transport.call("GetGroupQuery", {"Group": name}, service=SERVICE)
        except ApiError as error:
            if error.code != "BadRequestException":
                raise
            return GroupQuery(other="by its configuration", types=())
        return GroupQuery.from_api(answer["GroupQuery"]["ResourceQuery"])

    async def members(self, name: str, types: Iterable[str] = ()) -> tuple[Member, ...]:
        """Give what is in a group now, of the given types where some are."""
        params: Shape = {"Group": name}
        if types := [*types]:
            params["Filters"] = [{"Name": "resource-type", "Values": types}]
        found: dict[str, Member] = {}
        async for page in pages(self._transport, "ListGroupResources", "ResourceIdentifiers", params, service=SERVICE):
            found |= {one.id: one for one in self._models(Member, page)}
        return tuple(found.values())

    async def raw(self, name: str) -> Shape:
        """Give the API's own answers about a group, for `y`."""
        answer = await self._transport.call("GetGroup", {"Group": name}, service=SERVICE)
        try:
            answer = {**answer, **await self._transport.call("GetGroupQuery", {"Group": name}, service=SERVICE)}
        except ApiError as error:
            if error.code != "BadRequestException":
                raise
        return answer

    async def create(self, name: str, description: str, query: GroupQuery) -> ResourceGroup:
        params: Shape = {"Name": name, "ResourceQuery": query.params()}
        if description:
            params["Description"] = description
        answer = await self._transport.call("CreateGroup", params, service=SERVICE)
        return ResourceGroup.from_api(answer["Group"], self.context)

    async def describe_as(self, name: str, description: str) -> None:
        """Give a group another description."""
        await self._transport.call("UpdateGroup", {"Group": name, "Description": description}, service=SERVICE)

    async def choose_by(self, name: str, query: GroupQuery) -> None:
        """Give a group another query."""
        params = {"Group": name, "ResourceQuery": query.params()}
        await self._transport.call("UpdateGroupQuery", params, service=SERVICE)

    async def delete(self, name: str) -> None:
        """Delete a group; what was in it stays."""
        await self._transport.call("DeleteGroup", {"Group": name}, service=SERVICE)
