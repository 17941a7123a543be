"""DeregisterManagedInstance: a node is forgotten at once, with its tags; there is no way back but to add it again.

As on AWS a node that runs a command may go. What runs there goes on, and nobody follows it any more: its invocation
ends as Failed and says so.
"""

from __future__ import annotations

from tui.engine.context import ApiFault, Context, operation
from tui.engine.nodes.directory import NodeDirectory
from tui.engine.nodes.samples import Samples
from tui.engine.nodes.ssh.node import SshNode
from tui.engine.nodes.this_machine import ThisMachine
from tui.ports import Shape


@operation("DeregisterManagedInstance")
async def deregister_managed_instance(ctx: Context, req: Shape) -> Shape:
    node_id = req["InstanceId"]
    services = ctx.services
    node = services.nodes.get(node_id)
    if node is None or services.part(NodeDirectory).get(node_id) is None:
        raise ApiFault("InvalidInstanceId", f"There is no managed node {node_id}.")
    if isinstance(node, ThisMachine):
        text = f"{node_id} is the machine that the engine runs on: it stays a node for as long as there is an engine."
        raise ApiFault("ValidationException", text)
    await services.part(NodeDirectory).remove(node_id)
    services.part(Samples).forget(node_id)
    if isinstance(node, SshNode):
        await node.leave()
    return {}
