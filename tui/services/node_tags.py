"""The tags of many nodes at once: from our engine in one call, from AWS in one per service."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tui.errors import AccessDenied, ApiError, NotImplementedByEngine, TransportError
from tui.ports import Shape, Transport
from tui.services._base import OWN, Adapter
from tui.services._paging import pages
from tui.services.tags import Tags

ARNS = 100
"""The most ARNs that the tagging API takes at once."""
INSTANCES = 200
"""The most ids that EC2 takes in a filter."""

TagLists = dict[str, list[Shape]]


@dataclass(frozen=True, slots=True)
class Tagged:
    """Tags (Key, Value) by node id, a node without any may be absent; `unknown` says of the others why."""

    tags: TagLists = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)


class NodeTags(Adapter):
    """The tags of one context's nodes.

    `missing` names the IAM actions without which some are not known here, `failed` says by action why the last call
    of one that is allowed came to nothing.
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self.missing: set[str] = set()
        self.failed: dict[str, str] = {}
        self._is_known = True
        self._identity: asyncio.Future[Shape] | None = None

    async def of(self, ids: Sequence[str]) -> Tagged:
        """Give the tags of nodes, and of which they are not known.

        On AWS, what is not allowed or fails leaves tags unknown. Raises: TransportError from our own engine.
        """
        found = Tagged()
        if not ids:
            return found
        if self.on_aws:
            return await self._from_aws(ids)
        if self._is_known:
            try:
                # One call for a page of nodes: ListTagsForResource takes one node at a time.
                listed = pages(self._transport, "ListNodeTags", "Nodes", {"InstanceIds": [*ids]}, service=OWN)
                async for page in listed:
                    found.tags.update((shape["InstanceId"], shape.get("Tags") or []) for shape in page)
            except NotImplementedByEngine:
                self._is_known = False
        if not self._is_known:
            found.unknown.update((id, "this engine does not tell them") for id in ids)
        return found

    async def of_one(self, id: str) -> Tagged:
        """Give the tags of one node; where those of many may not be read, by the call that is about it alone."""
        found = await self.of([id])
        if not (self.on_aws and found.unknown):
            return found
        try:
            tags = await Tags(self._transport).list(id)
        except TransportError as error:
            return Tagged({}, {id: f"{found.unknown[id]}; {_why(error)}"})
        return Tagged({id: [{"Key": key, "Value": value} for key, value in tags.items()]})

    async def _from_aws(self, ids: Sequence[str]) -> Tagged:
        found = Tagged()
        instances = [id for id in ids if id.startswith("i-")]
        managed = [id for id in ids if not id.startswith("i-")]
        await asyncio.gather(
            self._ask("ec2:DescribeInstances", self._instances, instances, INSTANCES, found),
            self._ask("tag:GetResources", self._managed, managed, ARNS, found),
        )
        return found

    async def _ask(
        self,
        action: str,
        ask: Callable[[Sequence[str]], Awaitable[TagLists]],
        ids: Sequence[str],
        at_once: int,
        found: Tagged,
    ) -> None:
        for start in range(0, len(ids), at_once):
            some, why = ids[start : start + at_once], ""
            if action in self.missing:
                why = f"{action} is missing"
            else:
                try:
                    found.tags.update(await ask(some))
                    self.failed.pop(action, None)
                except AccessDenied as error:
                    self.missing.add(error.action or action)
                    why = _why(error)
                except TransportError as error:
                    self.failed[action] = why = _why(error)
            if why:
                found.unknown.update((id, why) for id in some)

    async def _instances(self, ids: Sequence[str]) -> TagLists:
        # By a filter: ids of instances that are gone would make the whole call fail.
        params = {"Filters": [{"Name": "instance-id", "Values": [*ids]}], "MaxResults": 1000}
        found: TagLists = {}
        async for page in pages(self._transport, "DescribeInstances", "Reservations", params, service="ec2"):
            for instance in (one for reservation in page for one in reservation.get("Instances") or ()):
                found[instance["InstanceId"]] = instance.get("Tags") or []
        return found

    async def _managed(self, ids: Sequence[str]) -> TagLists:
        prefix = await self._arn_prefix()
        found: TagLists = {}
        listed = pages(
            self._transport,
            "GetResources",
            "ResourceTagMappingList",
            {"ResourceARNList": [prefix + id for id in ids]},
            service="resourcegroupstaggingapi",
        )
        async for page in listed:
            found.update((one["ResourceARN"].rpartition("/")[2], one.get("Tags") or []) for one in page)
        return found

    async def _arn_prefix(self) -> str:
        peer: dict[str, Any] = self.peer
        if not peer.get("account"):
            if self._identity is None or (self._identity.done() and self._identity.exception() is not None):
                self._identity = asyncio.ensure_future(self._transport.call("GetCallerIdentity", service="sts"))
            who = await asyncio.shield(self._identity)
            _, partition, *_ = f"{who.get('Arn') or ''}::".split(":")
            peer = {"region": peer.get("region"), "account": who.get("Account"), "partition": partition}
        if not peer.get("account"):
            raise ApiError("NoAccount", "AWS does not say the account", operation="GetCallerIdentity")
        return f"arn:{peer.get('partition') or 'aws'}:ssm:{peer['region']}:{peer['account']}:managed-instance/"


def _why(error: TransportError) -> str:
    """Say why tags are not known, as the end of a sentence: `tag:GetResources is missing`."""
    if isinstance(error, AccessDenied) and error.action:
        return f"{error.action} is missing"
    return f"they could not be read: {error.message.rstrip('.')}"
