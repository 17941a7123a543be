"""What the engine knows of every node: identity, platform, when it last answered. Kept in memory, stored for later."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field

from tui.engine.context import ApiFault, Services
from tui.engine.nodes.base import Facts, Node
from tui.ports import Shape

ONLINE = "Online"
CONNECTION_LOST = "ConnectionLost"

THIS, SSH, SIMULATED = "this", "ssh", "simulated"
"""The kinds of nodes, as they are stored."""

SILENCE_SECONDS = 1800.0
"""How long a node may be silent before it counts as lost."""

STORE_SECONDS = 300.0
"""How often the time of the last ping is stored; in memory it is exact."""


@dataclass(slots=True)
class NodeRecord:
    """One registered node."""

    id: str
    kind: str
    facts: Facts
    registered_at: float
    last_ping: float
    become: str = "none"
    name: str = ""
    address: str = ""
    """Where a node that is reached over SSH is; empty for others, as is `config_file`."""
    config_file: str = ""
    ping_status: str = ONLINE
    stored_ping: float = 0.0
    online: asyncio.Event = field(default_factory=asyncio.Event)


class NodeDirectory:
    """The engine's one list of nodes; a part of its services."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._records: dict[str, NodeRecord] = {}
        self._sorted: list[str] | None = None
        self._shapes: dict[str, Shape] = {}

    def get(self, node_id: str) -> NodeRecord | None:
        return self._records.get(node_id)

    def ids(self) -> Sequence[str]:
        """Give every node's id in order."""
        if self._sorted is None:
            self._sorted = sorted(self._records)
        return self._sorted

    def stored(self) -> list[NodeRecord]:
        """Read what earlier engines stored; the records are not in the directory yet."""
        return [
            NodeRecord(
                id=row["id"],
                kind=row["kind"],
                facts=Facts(**json.loads(row["facts"])),
                registered_at=row["registered_at"],
                last_ping=row["last_ping"],
                become=row["become"],
                name=row["name"],
                address=row["address"] or "",
                config_file=row["config_file"] or "",
                stored_ping=row["last_ping"],
            )
            for row in self._services.store.read(
                "SELECT nodes.*, address, config_file FROM nodes LEFT JOIN ssh_nodes ON node_id = id"
                " ORDER BY registered_at, id"
            )
        ]

    async def register(
        self, nodes: Iterable[tuple[Node, NodeRecord]], tags: Sequence[tuple[str, str, str]] = ()
    ) -> None:
        """Add nodes, new or known, and store them; `tags` are (node, key, value) of those that are new."""
        pairs = list(nodes)
        records = [record for _, record in pairs]

        def save(conn: sqlite3.Connection) -> None:
            conn.executemany("INSERT OR REPLACE INTO nodes VALUES (?, ?, ?, ?, ?, ?, ?)", map(_row, records))
            conn.executemany(
                "INSERT OR REPLACE INTO ssh_nodes VALUES (?, ?, ?)",
                [(each.id, each.address, each.config_file) for each in records if each.address],
            )
            conn.executemany("INSERT OR IGNORE INTO tags VALUES ('ManagedInstance', ?, ?, ?)", tags)

        await self._services.store.write(save)
        for node, record in pairs:
            record.stored_ping = record.last_ping
            self.add(node, record)

    def add(self, node: Node, record: NodeRecord) -> None:
        """Add one node that is stored already."""
        self._records[record.id] = record
        self._sorted = None
        if record.ping_status == ONLINE:
            record.online.set()
        self._services.nodes.add(node)
        self._changed(record)

    async def learned(self, record: NodeRecord, facts: Facts) -> None:
        """Keep what a node said of itself, if it still is one."""
        if self._records.get(record.id) is not record or facts == record.facts:
            return
        record.facts = facts
        row = _row(record)
        await self._services.store.write(
            lambda conn: conn.execute("UPDATE nodes SET facts = ? WHERE id = ?", (row[-1], record.id))
        )
        if self._records.get(record.id) is record:
            self._changed(record)

    async def remove(self, node_id: str) -> None:
        """Forget a node and its tags for good; what was run on it stays listed."""

        def forget(conn: sqlite3.Connection) -> None:
            conn.execute("DELETE FROM nodes WHERE id = ?", (node_id,))
            conn.execute("DELETE FROM ssh_nodes WHERE node_id = ?", (node_id,))
            conn.execute("DELETE FROM tags WHERE resource_type = 'ManagedInstance' AND resource_id = ?", (node_id,))
            conn.execute("DELETE FROM node_roles WHERE node_id = ?", (node_id,))

        # Out of memory first: nobody who learns something of the node now is to store it again.
        record = self._records.pop(node_id, None)
        self._sorted = None
        try:
            await self._services.store.write(forget)
        except BaseException:
            if record is not None:
                self._records[node_id] = record
                self._sorted = None
            raise
        self._shapes.pop(node_id, None)
        self._services.nodes.remove(node_id)
        if record is not None:
            # Whoever waits for the node to come back finds that there is none.
            record.online.set()
            self._services.bus.publish("nodes", {"type": "node", "InstanceId": node_id, "Removed": True})

    async def update(self, record: NodeRecord, *, become: str | None = None, name: str | None = None) -> None:
        """Store what the operator changed. The node itself follows."""
        changed = (become or None, name, record.id)
        await self._services.store.write(
            lambda conn: conn.execute(
                "UPDATE nodes SET become = coalesce(?, become), name = coalesce(?, name) WHERE id = ?", changed
            )
        )
        record.become = become or record.become
        record.name = record.name if name is None else name
        node = self._services.nodes.get(record.id)
        if node is not None:
            node.become = record.become
        self._changed(record)

    async def pinged(self, node_id: str, *, answered: bool) -> None:
        """Note that a node answered, or that it is gone; the time of it is stored now and then."""
        record = self.noted(node_id, answered=answered)
        if record is not None and answered and record.last_ping - record.stored_ping >= STORE_SECONDS:
            now = record.stored_ping = record.last_ping
            await self._services.store.write(
                lambda conn: conn.execute("UPDATE nodes SET last_ping = ? WHERE id = ?", (now, node_id))
            )

    def noted(self, node_id: str, *, answered: bool) -> NodeRecord | None:
        """Note in memory that a node answered, or that it is gone; None where there is no such node."""
        record = self._records.get(node_id)
        if record is None:
            return None
        before = record.ping_status
        if answered:
            record.last_ping = self._services.clock.now()
            record.ping_status = ONLINE
            record.online.set()
        else:
            record.ping_status = CONNECTION_LOST
            record.online.clear()
        self._shapes.pop(node_id, None)
        if record.ping_status != before:
            self._changed(record)
        return record

    async def expire(self) -> None:
        """Count those as lost that were silent for too long."""
        limit = self._services.clock.now() - SILENCE_SECONDS
        for record in list(self._records.values()):
            if record.ping_status == ONLINE and record.last_ping < limit:
                await self.pinged(record.id, answered=False)

    def shape(self, node_id: str) -> Shape:
        """Give a node as an item of DescribeInstanceInformation."""
        found = self._shapes.get(node_id)
        if found is None:
            found = self._shapes[node_id] = _shape(self._records[node_id])
        return found

    def _changed(self, record: NodeRecord) -> None:
        self._shapes.pop(record.id, None)
        event = {"type": "node", "InstanceId": record.id, "PingStatus": record.ping_status}
        self._services.bus.publish("nodes", event)


def check_name(name: str) -> None:
    """Refuse what can't be a node's name. Raises: ApiFault ValidationException."""
    if name != name.strip() or any(ord(char) < 0x20 or ord(char) == 0x7F for char in name):
        raise ApiFault("ValidationException", "A node's name has no control characters, and no blanks around it.")


def _row(record: NodeRecord) -> tuple[object, ...]:
    facts = json.dumps(asdict(record.facts), separators=(",", ":"))
    return record.id, record.kind, record.become, record.name, record.registered_at, record.last_ping, facts


def _shape(record: NodeRecord) -> Shape:
    facts = record.facts
    shape: Shape = {
        "InstanceId": record.id,
        "PingStatus": record.ping_status,
        "LastPingDateTime": record.last_ping,
        "AgentVersion": facts.agent_version,
        "PlatformType": facts.platform_type,
        "PlatformName": facts.platform_name,
        "PlatformVersion": facts.platform_version,
        "RegistrationDate": record.registered_at,
        "ResourceType": "ManagedInstance",
        "IPAddress": facts.ip_address,
        "ComputerName": facts.computer_name,
        "SourceId": record.id,
        "SourceType": "AWS::SSM::ManagedInstance",
    }
    for member in ("LastPingDateTime", "PlatformType", "PlatformName", "PlatformVersion", "IPAddress"):
        if not shape[member]:  # a node that was never reached has not said it yet
            del shape[member]
    if facts.platform_type == "Linux":
        shape["IsLatestVersion"] = True
    if record.name:
        shape["Name"] = record.name
    return shape
