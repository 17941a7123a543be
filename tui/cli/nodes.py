"""`ssm-tui nodes list`: the managed nodes as text or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from tui.cli._args import OK, Common, parser
from tui.cli._context import opened, run_async, table
from tui.services.nodes import Node, Nodes


def main(common: Common, words: Sequence[str]) -> int:
    parse = parser("nodes list", "[--json]", "List the managed nodes.")
    parse.add_argument("list", choices=["list"], help="what to do with the nodes")
    parse.add_argument("--json", action="store_true", help="one JSON array with one object per node")
    args = parse.parse_args(words)
    return run_async(_list(common, args.json))


async def _list(common: Common, as_json: bool) -> int:
    async with opened(common) as transport:
        nodes = await Nodes(transport).all()
    if as_json:
        print(json.dumps([_shape(node) for node in nodes], ensure_ascii=False, indent=2))
        return OK
    now = datetime.now(UTC)
    heads = ("ID", "NAME", "PING", "PLATFORM", "AGENT", "ADDRESS", "LAST PING", "TAGS")
    rows = [
        (
            node.id,
            node.name,
            node.ping,
            node.platform,
            node.agent_version,
            node.address,
            _ago(now, node.last_ping),
            " ".join(f"{key}={value}" for key, value in sorted(node.tags.items()) if key != "Name"),
        )
        for node in nodes
    ]
    sys.stdout.write(table(heads, rows))
    return OK


def _shape(node: Node) -> dict[str, object]:
    return {
        "InstanceId": node.id,
        "Name": node.name,
        "PingStatus": node.ping.value,
        "LastPingDateTime": node.last_ping.isoformat() if node.last_ping else None,
        "PlatformType": node.platform_type,
        "PlatformName": node.platform_name,
        "PlatformVersion": node.platform_version,
        "AgentVersion": node.agent_version,
        "IPAddress": node.address,
        "ComputerName": node.computer_name,
        "ResourceType": node.resource_type,
        "RegistrationDate": node.registered.isoformat() if node.registered else None,
        "Tags": dict(node.tags),
    }


def _ago(now: datetime, then: datetime | None) -> str:
    if then is None:
        return "never"
    seconds = max(0, int((now - then).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit} ago"
    return f"{seconds}s ago"
