"""Samples of nodes: taken often while somebody looks, seldom otherwise, kept in memory."""

from __future__ import annotations

from collections import deque

from tui.engine.context import Services
from tui.engine.nodes.base import Node
from tui.ports import Shape

TICK_SECONDS = 2.0
"""How often nodes are sampled while somebody looks."""

IDLE_SECONDS = 60.0
"""How often otherwise."""

LOOKING_SECONDS = 15.0
"""For how long a ListNodeSamples counts as looking."""

KEPT = 720

SLICE = 100
"""How many nodes are sampled in one tick; of a larger fleet each tick takes the next ones."""


class Samples:
    """The last samples of every node; a part of the engine's services."""

    def __init__(self, services: Services) -> None:
        self.watchers = 0
        self._services = services
        self._rings: dict[str, deque[Shape]] = {}
        self._asked = float("-inf")
        self._taken = float("-inf")
        self._next = 0

    def looked(self) -> None:
        """Note that somebody looks at samples now."""
        self._asked = self._services.clock.monotonic()

    def of(self, node_id: str, count: int) -> list[Shape]:
        """Give a node's last samples, oldest first."""
        ring = self._rings.get(node_id)
        return list(ring)[-count:] if ring else []

    def latest(self) -> list[tuple[str, Shape]]:
        """Give every node's last sample."""
        return [(node_id, ring[-1]) for node_id, ring in self._rings.items() if ring]

    @property
    def is_looked_at(self) -> bool:
        """Whether somebody looks at samples now."""
        return self.watchers > 0 or self._services.clock.monotonic() - self._asked < LOOKING_SECONDS

    def forget(self, node_id: str) -> None:
        """Drop a node's samples."""
        self._rings.pop(node_id, None)

    def tick(self) -> None:
        """Sample, if it is time; runs every TICK_SECONDS."""
        now = self._services.clock.monotonic()
        if self.is_looked_at or now - self._taken >= IDLE_SECONDS:
            self._taken = now
            nodes = self._services.nodes.all()
            if len(nodes) > SLICE:
                start = self._next % len(nodes)
                self._next = start + SLICE
                nodes = nodes[start : start + SLICE]
            for node in nodes:
                self.take(node)

    def take(self, node: Node) -> None:
        """Sample one node now, and tell who watches."""
        sample = node.sample()
        if sample is not None:
            self.add(node.id, sample)

    def add(self, node_id: str, sample: Shape) -> None:
        """Keep one measurement, and tell who watches."""
        self._rings.setdefault(node_id, deque(maxlen=KEPT)).append(sample)
        self._services.bus.publish("nodes", {"type": "metrics", "InstanceId": node_id, **sample})
