"""Managed nodes: who is registered, when they last answered, how they fare."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from tui.engine.context import ApiFault, Context, Services, before_start, operation, watch
from tui.engine.domains.ssh_nodes import look_for_ssh_nodes
from tui.engine.domains.tags import MANAGED_INSTANCE, TaggableResources
from tui.engine.model import OWN
from tui.engine.nodes.base import Node, NodeUnreachable
from tui.engine.nodes.directory import CONNECTION_LOST, NodeDirectory, NodeRecord, check_name
from tui.engine.nodes.samples import TICK_SECONDS, Samples
from tui.engine.nodes.simulated import SimulatedFleet
from tui.engine.nodes.this_machine import ThisMachine
from tui.ports import Shape

PING_SECONDS = 60.0
"""AWS's agent says every five minutes that it is there; a console that looks at one machine deserves to know sooner."""

PATIENCE_SECONDS = 30.0
"""How long a node may take to answer a ping."""

SLICE = 200
"""How many nodes are asked side by side."""

GOING_SECONDS = 5.0
THIS = "this"


@before_start
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
    """Ask every node whether it is there, all side by side: one that does not answer keeps nobody waiting."""
    directory = services.part(NodeDirectory)

    async def ping(node: Node) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                answered = await node.ping()
        except TimeoutError:
            answered = False
        if answered is not None:
            await directory.pinged(node.id, answered=answered)

    nodes = services.nodes.all()
    for start in range(0, len(nodes), SLICE):
        await asyncio.gather(*(ping(node) for node in nodes[start : start + SLICE]))
    await directory.expire()


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
        try:
            await node.reach()
        except NodeUnreachable as error:
            raise ApiFault("TargetNotConnected", f"{node.id} does not answer. {error}") from None
    return {"Processes": await node.processes()}


@operation("UpdateNode", service=OWN)
async def update_node(ctx: Context, req: Shape) -> Shape:
    node, record = _node(ctx, req)
    check_name(req.get("Name") or "")
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
    look_for_ssh_nodes(ctx.services)
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
