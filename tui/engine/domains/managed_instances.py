"""What is set of one managed node by its id."""

from __future__ import annotations

from tui.engine.context import ApiFault, Context, operation
from tui.engine.domains.activations import check_role
from tui.engine.nodes.directory import NodeDirectory
from tui.engine.nodes.roles import NodeRoles
from tui.ports import Shape


@operation("UpdateManagedInstanceRole")
async def update_managed_instance_role(ctx: Context, req: Shape) -> Shape:
    node_id = req["InstanceId"]
    if ctx.services.part(NodeDirectory).get(node_id) is None:
        raise ApiFault("InvalidInstanceId", f"There is no managed node {node_id}.")
    check_role(req["IamRole"])
    await ctx.services.part(NodeRoles).give(node_id, req["IamRole"])
    return {}
