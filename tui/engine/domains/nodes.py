"""Managed nodes: who is registered, when they last answered, how they fare."""

from __future__ import annotations

import asyncio
import re
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable

from tui.engine.context import ApiFault, Context, Services, on_start, operation, watch
from tui.engine.domains.tags import MANAGED_INSTANCE, TaggableResources
from tui.engine.model import OWN
from tui.engine.nodes.base import Node
from tui.engine.nodes.directory import CONNECTION_LOST, NodeDirectory, NodeRecord
from tui.engine.nodes.samples import TICK_SECONDS, Samples
from tui.engine.nodes.simulated import SimulatedFleet
from tui.engine.nodes.this_machine import ThisMachine
from tui.engine.paging import decode_token, encode_token
from tui.engine.targets import with_tag, with_tag_keys
from tui.ports import Shape

PAGE = 10
PING_SECONDS = 60.0
"""AWS's agent says every five minutes that it is there; a console that looks at one machine deserves to know sooner."""

WELL_FORMED = re.compile(r"i-\w{8}|m?i-\w{17}", re.ASCII)

GOING_SECONDS = 5.0
THIS = "this"

Test = Callable[[Shape], bool]


@on_start
async def register_nodes(services: Services) -> None:
    """Register this machine, on the first start under a new id; or the simulated fleet, in a demo."""
    directory = services.part(NodeDirectory)
    services.part(TaggableResources).register(MANAGED_INSTANCE, lambda name: directory.get(name) is not None)
    stored = directory.stored()
    now = services.clock.now()
    if services.settings.get("demo"):
        count, seed = int(services.settings.get("demo_nodes", 50)), int(services.settings.get("demo_seed", 1))
        fleet = SimulatedFleet(services, count=count, seed=seed)
        await directory.register(fleet.records(stored), fleet.tags({each.id for each in stored}))
        services.scheduler.every("comings and goings of simulated nodes", GOING_SECONDS, fleet.behave)
    else:
        record = next((each for each in stored if each.kind == THIS), None)
        node = ThisMachine(record.id if record else f"mi-{services.ids.hex17()}", services.clock)
        if record is None:
            record = NodeRecord(id=node.id, kind=THIS, facts=await node.facts(), registered_at=now, last_ping=now)
            await directory.register([(node, record)])
        else:
            # What an earlier start learned will do for the first picture; the machine is asked again right after it.
            node.become, record.last_ping = record.become, now
            directory.add(node, record)
            services.scheduler.at("facts of this machine", now, lambda: refresh(services, node, record))
    services.scheduler.every("pings of nodes", PING_SECONDS, lambda: ping_nodes(services))
    services.scheduler.every("samples of nodes", TICK_SECONDS, services.part(Samples).tick)


async def refresh(services: Services, node: Node, record: NodeRecord) -> None:
    """Ask a node again who it is: its addresses, its platform's version, its name may have changed."""
    record.facts = await node.facts()
    await services.part(NodeDirectory).register([(node, record)])


async def ping_nodes(services: Services) -> None:
    """Ask every node whether it is there."""
    directory = services.part(NodeDirectory)
    for number, node in enumerate(services.nodes.all(), 1):
        await directory.pinged(node.id, answered=await node.ping())
        if number % 200 == 0:
            await asyncio.sleep(0)
    await directory.expire()


@operation("DescribeInstanceInformation")
async def describe_instance_information(ctx: Context, req: Shape) -> Shape:
    old, new = req.get("InstanceInformationFilterList") or [], req.get("Filters") or []
    if old and new:
        raise ApiFault("ValidationException", "InstanceInformationFilterList and Filters can't be used together.")
    directory = ctx.services.part(NodeDirectory)
    ids = directory.ids()
    tests: list[Test] = []
    if old or new:
        filters = [(each["key"], each["valueSet"]) for each in old] or [(each["Key"], each["Values"]) for each in new]
        chosen, tests = _chosen(ctx.services, filters, legacy=bool(old))
        if chosen is not None:
            ids = sorted(each for each in chosen if directory.get(each) is not None)
    start = bisect_right(ids, decode_token(req.get("NextToken"), "nodes"))
    size = req.get("MaxResults", PAGE)
    page: list[Shape] = []
    more = False
    for position in range(start, len(ids)):
        shape = directory.shape(ids[position])
        if all(test(shape) for test in tests):
            if len(page) == size:
                more = True
                break
            page.append(shape)
    token = encode_token("nodes", page[-1]["InstanceId"]) if more else None
    return {"InstanceInformationList": page, "NextToken": token}


@operation("DescribeNodeDetails", service=OWN)
async def describe_node_details(ctx: Context, req: Shape) -> Shape:
    node, record = _node(ctx, req)
    return _details(node, record)


@operation("ListNodeSamples", service=OWN)
async def list_node_samples(ctx: Context, req: Shape) -> Shape:
    node, _ = _node(ctx, req)
    samples = ctx.services.part(Samples)
    samples.looked()
    if not samples.of(node.id, 1):
        samples.take(node)
    return {"Samples": samples.of(node.id, req.get("MaxResults", 1000))}


@operation("ListProcesses", service=OWN)
async def list_processes(ctx: Context, req: Shape) -> Shape:
    node, record = _node(ctx, req)
    if record.ping_status == CONNECTION_LOST:
        raise ApiFault("TargetNotConnected", f"{node.id} does not answer.")
    return {"Processes": await node.processes()}


@operation("UpdateNode", service=OWN)
async def update_node(ctx: Context, req: Shape) -> Shape:
    node, record = _node(ctx, req)
    await ctx.services.part(NodeDirectory).update(record, become=req.get("Become"), name=req.get("Name"))
    return _details(node, record)


@operation("SetBecomePassword", service=OWN)
async def set_become_password(ctx: Context, req: Shape) -> Shape:
    node, _ = _node(ctx, req)
    node.set_become_password(req["Password"])
    return {}


@watch("nodes")
async def watch_nodes(ctx: Context, params: Shape) -> AsyncIterator[Shape]:
    """Yield each node's last sample, then what changes; while anybody listens, nodes are sampled often."""
    samples = ctx.services.part(Samples)
    subscription = ctx.services.bus.subscribe({"nodes"})
    samples.watchers += 1
    try:
        for node_id, sample in samples.latest():
            yield {"type": "metrics", "InstanceId": node_id, **sample}
        async for _, event in subscription:
            yield event
    finally:
        samples.watchers -= 1
        await subscription.aclose()


def _node(ctx: Context, req: Shape) -> tuple[Node, NodeRecord]:
    node = ctx.services.nodes.get(req["InstanceId"])
    record = ctx.services.part(NodeDirectory).get(req["InstanceId"])
    if node is None or record is None:
        raise ApiFault("InvalidInstanceId", f"There is no node {req['InstanceId']}.")
    return node, record


def _details(node: Node, record: NodeRecord) -> Shape:
    return {
        **record.facts.details,
        "InstanceId": node.id,
        "Kind": record.kind,
        "Name": record.name,
        "Become": node.become,
        "EffectiveUser": node.effective_user,
    }


def _chosen(
    services: Services, filters: list[tuple[str, list[str]]], *, legacy: bool
) -> tuple[set[str] | None, list[Test]]:
    """Give what filters leave: a set of ids where they name ids or tags, and tests of the others.

    Raises: ApiFault InvalidFilterKey, InvalidInstanceInformationFilterValue, InvalidInstanceId, ValidationException.
    """
    chosen: set[str] | None = None
    tests: list[Test] = []
    by_tag = [key for key, _ in filters if key == "tag-key" or key.startswith("tag:")]
    if by_tag and len(by_tag) != len(filters):
        raise ApiFault("ValidationException", "Tag filters can't be combined with other types of filters.")
    for key, values in filters:
        found: set[str] | None = None
        if key == "InstanceIds":
            for value in values:
                if not WELL_FORMED.fullmatch(value):
                    raise ApiFault("InvalidInstanceId", f"{value} is no node id.")
            found = set(values)
        elif key == "tag-key" and not legacy:
            found = with_tag_keys(services, values)
        elif key.startswith("tag:") and not legacy:
            found = with_tag(services, key[4:], values)
        elif key in ("PlatformType", "PlatformTypes") and (key == "PlatformTypes" or not legacy):
            tests.append(_one_of("PlatformType", _known(key, values, "Windows", "Linux", "MacOS")))
        elif key == "PingStatus":
            tests.append(_one_of("PingStatus", _known(key, values, "Online", "ConnectionLost", "Inactive")))
        elif key == "ResourceType":
            known = _known(key, values, "ManagedInstance", "EC2Instance", "AWS::EC2::Instance")
            tests.append(_one_of("ResourceType", known))
        elif key == "AssociationStatus":
            _known(key, values, "Success", "Pending", "Failed")
            tests.append(lambda _: False)
        elif key in ("AgentVersion", "IamRole"):
            tests.append(_one_of(key, set(values)))
        elif key == "ActivationIds":
            tests.append(_one_of("ActivationId", set(values)))
        elif key in ("SourceIds", "SourceTypes") and not legacy:
            tests.append(_one_of(key[:-1], set(values)))
        else:
            raise ApiFault("InvalidFilterKey")
        if found is not None:
            chosen = found if chosen is None else chosen & found
    return chosen, tests


def _one_of(member: str, values: set[str]) -> Test:
    return lambda shape: shape.get(member) in values


def _known(key: str, values: list[str], *words: str) -> set[str]:
    for value in values:
        if value not in words:
            text = f"{value} is no value of {key}: it is one of {', '.join(words)}."
            raise ApiFault("InvalidInstanceInformationFilterValue", text)
    return set(values)
