"""DeregisterManagedInstance: a node is forgotten at once, with its tags; there is no way back but to add it again.

As on AWS a node that runs a command may go. What runs there goes on, and nobody follows it any more: its invocation
ends as Failed and says so.
"""

from __future__ import annotations

from tui.engine.context import ApiFault, Context, operation
from tui.engine.domains.ssh_nodes import forget_ssh_node
from tui.engine.nodes.directory import SSH, THIS, NodeDirectory
from tui.engine.nodes.samples import Samples
from tui.ports import Shape


@operation("DeregisterManagedInstance")
async def deregister_managed_instance(ctx: Context, req: Shape) -> Shape:
    node_id = req["InstanceId"]
    services = ctx.services
    node, record = services.nodes.get(node_id), services.part(NodeDirectory).get(node_id)
    if node is None or record is None:
        raise ApiFault("InvalidInstanceId", f"There is no managed node {node_id}.")
    if record.kind == THIS:
        text = f"{node_id} is the machine that the engine runs on: it stays a node for as long as there is an engine."
        raise ApiFault("ValidationException", text)
    await services.part(NodeDirectory).remove(node_id)
    services.part(Samples).forget(node_id)
    if record.kind == SSH:
        await forget_ssh_node(node)
    return {}
