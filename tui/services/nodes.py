"""Managed nodes: what is listed, what one is, what runs on it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tui.errors import ApiError
from tui.ports import Ref, Shape, SystemClock, Transport, as_time
from tui.services._ahead import joined
from tui.services._base import OWN, Adapter, Resource
from tui.services._kept_list import KeptList
from tui.services._paging import closing, enum_of, pages
from tui.services.node_tags import ARNS, NodeTags, Tagged

PAGE = 50
"""The most that DescribeInstanceInformation gives at once."""
LOADING = "loading"
"""Why the tags of a node that was just listed are not known: they are calls of their own."""


class PingStatus(StrEnum):
    """Whether a node answers."""

    ONLINE = "Online"
    CONNECTION_LOST = "ConnectionLost"
    INACTIVE = "Inactive"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node(Resource):
    """A managed node as a table shows it.

    `name` is its Name tag, else the name that it was given, else its host name, else its id. Where the tags are not
    known `tags_unknown` says why, as the end of a sentence, LOADING while they are on their way; they are not none.
    """

    name: str
    ping: PingStatus
    platform_type: str = ""
    platform_name: str = ""
    platform_version: str = ""
    agent_version: str = ""
    address: str = ""
    computer_name: str = ""
    resource_type: str = ""
    last_ping: datetime | None = None
    registered: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    tags_unknown: str = ""

    @property
    def platform(self) -> str:
        """Name and version of the platform in one text, `Debian GNU/Linux 12`."""
        return f"{self.platform_name} {self.platform_version}".strip() or self.platform_type

    @property
    def online(self) -> bool:
        return self.ping is PingStatus.ONLINE

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> Node:
        """Build from an InstanceInformation; `Tags`, where it has one, is a list of Key and Value."""
        tags = {tag["Key"]: tag.get("Value", "") for tag in shape.get("Tags") or []}
        id = shape["InstanceId"]
        computer = shape.get("ComputerName") or ""
        return cls(
            ref=Ref(context, id),
            name=tags.get("Name") or shape.get("Name") or computer or id,
            ping=enum_of(PingStatus, shape.get("PingStatus")),
            platform_type=shape.get("PlatformType") or "",
            platform_name=shape.get("PlatformName") or "",
            platform_version=shape.get("PlatformVersion") or "",
            agent_version=shape.get("AgentVersion") or "",
            address=shape.get("IPAddress") or "",
            computer_name=computer,
            resource_type=shape.get("ResourceType") or "",
            last_ping=as_time(shape.get("LastPingDateTime")),
            registered=as_time(shape.get("RegistrationDate")),
            tags=tags,
            tags_unknown=shape.get("TagsUnknown") or "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDetails(Resource):
    """What one node says of itself; `become` is `none` or `sudo`, memory is in bytes."""

    kernel: str = ""
    architecture: str = ""
    boot_time: datetime | None = None
    cpus: int = 0
    memory: int = 0
    become: str = "none"
    effective_user: str = ""
    addresses: tuple[str, ...] = ()

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> NodeDetails:
        return cls(
            ref=Ref(context, shape["InstanceId"]),
            kernel=shape.get("Kernel") or "",
            architecture=shape.get("Architecture") or "",
            boot_time=as_time(shape.get("BootTime")),
            cpus=int(shape.get("Cpus") or 0),
            memory=int(shape.get("MemoryBytes") or 0),
            become=shape.get("Become") or "none",
            effective_user=shape.get("EffectiveUser") or "",
            addresses=tuple(shape.get("Addresses") or ()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One measurement of a node: percent of 100, the network's counters in bytes since boot."""

    at: datetime | None
    cpu: float = 0.0
    memory: float = 0.0
    disk: float = 0.0
    network_in: float = 0.0
    network_out: float = 0.0
    load: float = 0.0

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> Sample:
        return cls(
            at=as_time(shape.get("At")),
            cpu=float(shape.get("CpuPercent") or 0),
            memory=float(shape.get("MemoryPercent") or 0),
            disk=float(shape.get("DiskPercent") or 0),
            network_in=float(shape.get("NetworkInBytes") or 0),
            network_out=float(shape.get("NetworkOutBytes") or 0),
            load=float(shape.get("LoadAverage") or 0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Process(Resource):
    """One process of a node; `resident` is bytes."""

    pid: int
    user: str = ""
    cpu: float = 0.0
    memory: float = 0.0
    resident: int = 0
    started: datetime | None = None
    state: str = ""
    command: str = ""

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> Process:
        pid = int(shape["Pid"])
        return cls(
            ref=Ref(context, str(pid)),
            pid=pid,
            user=shape.get("User") or "",
            cpu=float(shape.get("CpuPercent") or 0),
            memory=float(shape.get("MemoryPercent") or 0),
            resident=int(shape.get("ResidentBytes") or 0),
            started=as_time(shape.get("StartedAt")),
            state=shape.get("State") or "",
            command=shape.get("Command") or "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeChanged(Resource):
    """A node came, went, answered again, fell silent, or got other tags; `ping` is None where that did not change."""

    ping: PingStatus | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSampled(Resource):
    """A node was measured."""

    sample: Sample


# Inside a class that has a method `list`, that name is no type.
NodeList = list[Node]
Samples = list[Sample]
Processes = list[Process]


class Nodes(Adapter):
    """The nodes of one context."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self._tags = NodeTags(transport)
        self._kept: KeptList[Node] = KeptList(SystemClock())

    @property
    def missing(self) -> list[str]:
        """The IAM actions without which names and tags are not known here."""
        return sorted(self._tags.missing)

    @property
    def tags_faults(self) -> list[str]:
        """Why some names and tags are not known here, each as the end of a sentence; nothing where all are."""
        return [*(f"{action} is missing" for action in self.missing), *sorted(set(self._tags.failed.values()))]

    async def list(self, filters: Iterable[Shape] = ()) -> AsyncIterator[list[Node]]:
        """Yield the nodes page by page, with their tags; `filters` are DescribeInstanceInformation's `Filters`.

        On AWS, where tags are calls of their own, a page may come at once and again when its tags are known.
        """
        params: Shape = {"MaxResults": PAGE}
        if filters := [*filters]:
            params["Filters"] = filters
        listed = pages(self._transport, "DescribeInstanceInformation", "InstanceInformationList", params)
        if self.on_aws:
            both = joined(listed, self._tags_of, ARNS)
            tagged = (self._tagged(shapes, tags) async for shapes, tags in both)
            async for nodes in tagged if filters else self._kept.noting(tagged):
                yield nodes
            return
        async for page in listed:
            yield self._tagged(page, await self._tags_of(page))

    async def all(self, filters: Iterable[Shape] = ()) -> NodeList:
        """Give every node at once, for those who can't begin with the first page.

        On AWS a list that somebody fetches now, or has a moment ago, is taken as it is.
        """
        if self.on_aws and not (filters := [*filters]):
            return await self._kept.whole(self.list)
        found: dict[Ref, Node] = {}
        async for page in self.list(filters):
            found |= {node.ref: node for node in page}
        return [*found.values()]

    async def get(self, id: str) -> Node:
        """Give one node.

        Raises: ApiError with InvalidInstanceId where there is none of that id.
        """
        shape, found = await self._one(id)
        return self._tagged([shape], found)[0]

    async def raw(self, id: str) -> Shape:
        """Give the API's own answer about one node with its tags, for `y`; without `Tags` where they are not known.

        Raises: ApiError with InvalidInstanceId where there is none of that id.
        """
        shape, found = await self._one(id)
        return shape if found.unknown else {**shape, "Tags": found.tags.get(id, [])}

    async def _one(self, id: str) -> tuple[Shape, Tagged]:
        answer = await self._transport.call(
            "DescribeInstanceInformation", {"Filters": [{"Key": "InstanceIds", "Values": [id]}]}
        )
        items: list[Shape] = answer.get("InstanceInformationList") or []
        for item in items:
            if item["InstanceId"] == id:
                return item, await self._tags.of_one(id)
        raise ApiError("InvalidInstanceId", f"no node {id}", operation="DescribeInstanceInformation")

    async def details(self, id: str) -> NodeDetails:
        return NodeDetails.from_api(
            await self._transport.call("DescribeNodeDetails", {"InstanceId": id}, service=OWN), self.context
        )

    async def samples(self, id: str, count: int = 60) -> Samples:
        """Give the last `count` measurements, oldest first."""
        answer = await self._transport.call("ListNodeSamples", {"InstanceId": id, "MaxResults": count}, service=OWN)
        return self._models(Sample, answer.get("Samples"))

    async def processes(self, id: str) -> Processes:
        answer = await self._transport.call("ListProcesses", {"InstanceId": id}, service=OWN)
        return self._models(Process, answer.get("Processes"))

    async def set_become(self, id: str, become: str) -> None:
        """Choose as whom commands and shells run there: `none` (the engine's user) or `sudo` (root)."""
        await self._transport.call("UpdateNode", {"InstanceId": id, "Become": become}, service=OWN)

    async def set_name(self, id: str, name: str) -> None:
        await self._transport.call("UpdateNode", {"InstanceId": id, "Name": name}, service=OWN)

    async def set_become_password(self, id: str, password: str) -> None:
        """Hand the engine sudo's password; it stays in its memory only."""
        await self._transport.call("SetBecomePassword", {"InstanceId": id, "Password": password}, service=OWN)

    async def watch(self) -> AsyncGenerator[NodeChanged | NodeSampled, None]:
        """Yield what happens to nodes, until closed."""
        async with closing(self._transport.watch("nodes", {})) as events:
            async for event in events:
                ref = Ref(self.context, event.get("InstanceId", ""))
                if event["type"] == "node":
                    ping = event.get("PingStatus")
                    yield NodeChanged(ref=ref, ping=enum_of(PingStatus, ping) if ping else None)
                elif event["type"] == "metrics":
                    yield NodeSampled(ref=ref, sample=Sample.from_api(event, self.context))

    async def _tags_of(self, page: Sequence[Shape]) -> Tagged:
        return await self._tags.of([shape["InstanceId"] for shape in page])

    def _tagged(self, page: Sequence[Shape], found: Tagged | None) -> NodeList:
        """Make nodes of what was listed and what was found of their tags, None where that is still asked."""
        if found is None:
            return self._models(Node, ({**shape, "TagsUnknown": LOADING} for shape in page))
        known = ((shape, found.tags.get(shape["InstanceId"], [])) for shape in page)
        unknown = found.unknown
        return self._models(
            Node, ({**one, "Tags": tags, "TagsUnknown": unknown.get(one["InstanceId"], "")} for one, tags in known)
        )
