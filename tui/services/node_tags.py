"""The tags of many nodes at once: from our engine in one call, from AWS in one per service."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from tui.errors import AccessDenied, ApiError, NotImplementedByEngine, TransportError
from tui.ports import Shape, Transport
from tui.services._base import OWN, Adapter
from tui.services._paging import pages

ARNS = 100
"""The most ARNs that the tagging API takes at once; EC2 takes twice as many ids in a filter."""

Tagged = dict[str, list[Shape]]


class NodeTags(Adapter):
    """The tags of one context's nodes; `missing` names the IAM actions without which some have none here."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self.missing: set[str] = set()
        self._is_known = True
        self._identity: asyncio.Future[Shape] | None = None

    async def of(self, ids: Sequence[str]) -> Tagged:
        """Give the tags (Key, Value) by node id; a node without any may be absent.

        On AWS, what is not allowed or fails leaves nodes without tags. Raises: TransportError from our own engine.
        """
        if not ids or not self._is_known:
            return {}
        if self.on_aws:
            return await self._from_aws(ids)
        found: Tagged = {}
        try:
            # One call for a page of nodes: ListTagsForResource takes one node at a time.
            async for page in pages(self._transport, "ListNodeTags", "Nodes", {"InstanceIds": [*ids]}, service=OWN):
                found.update((shape["InstanceId"], shape.get("Tags") or []) for shape in page)
        except NotImplementedByEngine:
            self._is_known = False
        return found

    async def _from_aws(self, ids: Sequence[str]) -> Tagged:
        instances = [id for id in ids if id.startswith("i-")]
        managed = [id for id in ids if not id.startswith("i-")]
        found: Tagged = {}
        for part in await asyncio.gather(self._instances(instances), self._managed(managed), return_exceptions=True):
            if isinstance(part, dict):
                found |= part
            elif isinstance(part, AccessDenied):
                self.missing.add(part.action)
            elif not isinstance(part, TransportError):
                raise part
        return found

    async def _instances(self, ids: Sequence[str]) -> Tagged:
        if not ids or "ec2:DescribeInstances" in self.missing:
            return {}
        # By a filter: ids of instances that are gone would make the whole call fail.
        params = {"Filters": [{"Name": "instance-id", "Values": [*ids]}], "MaxResults": 1000}
        found: Tagged = {}
        async for page in pages(self._transport, "DescribeInstances", "Reservations", params, service="ec2"):
            for instance in (one for reservation in page for one in reservation.get("Instances") or ()):
                found[instance["InstanceId"]] = instance.get("Tags") or []
        return found

    async def _managed(self, ids: Sequence[str]) -> Tagged:
        if not ids or "tag:GetResources" in self.missing:
            return {}
        prefix = await self._arn_prefix()
        found: Tagged = {}
        for start in range(0, len(ids), ARNS):
            arns = [prefix + id for id in ids[start : start + ARNS]]
            listed = pages(
                self._transport,
                "GetResources",
                "ResourceTagMappingList",
                {"ResourceARNList": arns},
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
