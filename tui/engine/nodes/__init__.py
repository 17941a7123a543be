"""The nodes that the engine can reach, by id."""

from __future__ import annotations

from tui.engine.nodes.base import Node


class NodeRegistry:
    """Holds every node that the engine can run something on."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}

    def get(self, node_id: str) -> Node | None:
        """Give a node by its id; None where the engine has none of that id."""
        return self._nodes.get(node_id)

    def all(self) -> list[Node]:
        """Give every node, in the order in which they were added."""
        return list(self._nodes.values())

    def add(self, node: Node) -> None:
        """Add a node, or replace the one that has its id."""
        self._nodes[node.id] = node

    def remove(self, node_id: str) -> None:
        """Forget a node; without effect where there is none."""
        self._nodes.pop(node_id, None)
