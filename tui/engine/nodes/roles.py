"""The IAM roles that UpdateManagedInstanceRole gave to nodes."""

from __future__ import annotations

from tui.engine.context import Services
from tui.engine.nodes.directory import NodeDirectory
from tui.ports import Shape


class NodeRoles:
    """Roles by node; a part of the engine's services."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._roles = {row[0]: row[1] for row in services.store.read("SELECT node_id, iam_role FROM node_roles")}

    async def give(self, node_id: str, role: str) -> None:
        """Give a node another role, and tell whoever looks at nodes."""
        await self._services.store.write(
            lambda conn: conn.execute("INSERT OR REPLACE INTO node_roles VALUES (?, ?)", (node_id, role))
        )
        self._roles[node_id] = role
        self._services.bus.publish("nodes", {"type": "node", "InstanceId": node_id})

    def described(self, node_id: str) -> Shape:
        """Give a node as an item of DescribeInstanceInformation, with its role."""
        shape = self._services.part(NodeDirectory).shape(node_id)
        role = self._roles.get(node_id)
        return shape if role is None else {**shape, "IamRole": role}
