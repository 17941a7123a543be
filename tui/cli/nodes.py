"""`ssm-tui nodes`: the managed nodes as text or JSON, hosts that are reached over SSH added and removed."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from tui.cli._args import OK, Common, engine_only, parser
from tui.cli._context import opened_contexts, run_async, table, talk
from tui.ports import Transport
from tui.services.nodes import Node, Nodes
from tui.services.ssh_nodes import Connection, SshNodes

USAGE = """\
usage: ssm-tui nodes list [--json]
       ssm-tui nodes add NAME ssh://USER@HOST:PORT [--tag KEY=VALUE]… [--become sudo] …
       ssm-tui nodes import [NAME]… [--ssh-config FILE] …
       ssm-tui nodes remove NAME… [--yes]

Each has --help.
"""


def main(common: Common, words: Sequence[str]) -> int:
    verb = words[0] if words else ""
    if verb in ("add", "import", "remove"):
        engine_only(common, f"nodes {verb}")
    if verb == "add":
        from tui.cli import _nodes_add  # deferred: each verb loads its own

        return _nodes_add.main(common, words[1:])
    if verb == "import":
        from tui.cli import _nodes_import  # deferred: likewise

        return _nodes_import.main(common, words[1:])
    if verb == "remove":
        from tui.cli import _nodes_remove  # deferred: likewise

        return _nodes_remove.main(common, words[1:])
    if verb in ("--help", "-h"):
        sys.stdout.write(USAGE)
        return OK
    parse = parser("nodes list", "[--json]", "List the managed nodes.")
    parse.add_argument("list", choices=["list"], help="what to do with the nodes")
    parse.add_argument("--json", action="store_true", help="one JSON array with one object per node")
    args = parse.parse_args(words)
    return run_async(_list(common, args.json))


async def _list(common: Common, as_json: bool) -> int:
    async with opened_contexts(common) as contexts:
        found = await contexts.ask(_nodes)
    several = contexts.several
    nodes = [node for _, (listed, _, _) in found for node in listed]
    connections = {each.ref: each for _, (_, known, _) in found for each in known}
    for transport, (_, _, faults) in found:
        for why in faults:
            talk(f"{transport.context}: some names and tags are not known: {why}.")
    if as_json:
        shapes = [_shape(node, connections.get(node.ref), several) for node in nodes]
        print(json.dumps(shapes, ensure_ascii=False, indent=2))
        return contexts.tell()
    now = datetime.now(UTC)
    heads = ["ID", "NAME", "PING", "PLATFORM", "AGENT", "ADDRESS", "LAST PING", "TAGS"]
    rows = [
        [
            node.id,
            node.name,
            node.ping,
            node.platform,
            node.agent_version,
            node.address,
            _ago(now, node.last_ping),
            " ".join(f"{key}={value}" for key, value in sorted(node.tags.items()) if key != "Name"),
        ]
        for node in nodes
    ]
    if connections:
        heads.insert(3, "CONNECTION")
        for node, row in zip(nodes, rows, strict=True):
            link = connections.get(node.ref)
            row.insert(3, f"ssh {link.state}" if link is not None else "")
    if several:
        heads.insert(2, "CONTEXT")
        for node, row in zip(nodes, rows, strict=True):
            row.insert(2, node.context)
    sys.stdout.write(table(heads, rows))
    return contexts.tell()


async def _nodes(transport: Transport) -> tuple[list[Node], list[Connection], list[str]]:
    nodes = Nodes(transport)
    listed = await nodes.all()
    return listed, [] if nodes.on_aws else await SshNodes(transport).connections(), nodes.tags_faults


def _shape(node: Node, connection: Connection | None, with_context: bool) -> dict[str, object]:
    shape: dict[str, object] = {"Context": node.context} if with_context else {}
    shape |= {
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
        "Tags": None if node.tags_unknown else dict(node.tags),
    }
    if connection is not None:
        shape["Address"] = connection.address
        shape["Connection"] = {"State": connection.state.value, "Message": connection.message}
    return shape


def _ago(now: datetime, then: datetime | None) -> str:
    if then is None:
        return "never"
    seconds = max(0, int((now - then).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit} ago"
    return f"{seconds}s ago"
