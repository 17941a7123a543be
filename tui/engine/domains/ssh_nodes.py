"""Nodes that are reached over SSH: added, connected, and what their connections wait for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tui.engine.context import ApiFault, Context, Services, before_start, on_stop, operation
from tui.engine.model import OWN
from tui.engine.nodes.base import Node
from tui.engine.nodes.directory import CONNECTION_LOST, SILENCE_SECONDS, SSH, NodeDirectory, NodeRecord, check_name
from tui.ports import Shape

if TYPE_CHECKING:  # an engine without SSH nodes starts without what they need
    from tui.engine.nodes.ssh.config import Resolver
    from tui.engine.nodes.ssh.hosts import SshHosts
    from tui.engine.nodes.ssh.node import SshNode

WAIT_SECONDS = 30.0
"""How long ConnectNode waits where nobody says."""

TAGS = 50
"""Tags that one node may have."""


@before_start
async def register_ssh_nodes(services: Services) -> None:
    """Bring back the nodes of earlier starts; none is connected to before somebody wants it."""
    directory = services.part(NodeDirectory)
    now = services.clock.now()
    stored = [record for record in directory.stored() if record.kind == SSH and record.address]
    if not stored:
        return
    from tui.engine.nodes.ssh.node import SshNode

    for record in stored:
        if now - record.last_ping > SILENCE_SECONDS:
            record.ping_status = CONNECTION_LOST
        # Nobody has tried yet: what is sent to the node makes it be tried.
        record.online.set()
        directory.add(SshNode(record, services), record)


@on_stop
async def leave_ssh_nodes(services: Services) -> None:
    """End the connections; what runs on the hosts goes on."""
    nodes = [node for node, _ in _ssh_nodes(services)]
    for node in nodes:
        node.stop()
    if nodes:
        await _hosts(services).aclose()


@operation("AddNode", service=OWN)
async def add_node(ctx: Context, req: Shape) -> Shape:
    from tui.engine.nodes.ssh.address import parse_address
    from tui.engine.nodes.ssh.config_file import expand_home
    from tui.engine.nodes.ssh.node import SshNode, unknown_facts

    services, name = ctx.services, req["Name"]
    try:
        address = parse_address(req["Address"])
    except ValueError as error:
        raise ApiFault("ValidationException", str(error)) from None
    directory, hosts = services.part(NodeDirectory), _hosts(services)
    config_file = expand_home(req.get("ConfigFile") or "", hosts.home)
    if config_file and not Path(config_file).is_absolute():
        raise ApiFault("ValidationException", f"ConfigFile is {config_file}; expected a path from the root.")
    tags = {tag["Key"]: tag["Value"] for tag in req.get("Tags") or ()}
    if len(tags) > TAGS:
        raise ApiFault("TooManyTagsError", f"A node has at most {TAGS} tags.")
    if any(key.lower().startswith("aws:") for key in tags):
        raise ApiFault("ValidationException", "Tag keys that begin with aws: are reserved for AWS.")
    _check_name(services, name)
    record = NodeRecord(
        id=f"mi-{services.ids.hex17()}",
        kind=SSH,
        facts=unknown_facts(name),
        registered_at=services.clock.now(),
        last_ping=0.0,
        become=req.get("Become") or "none",
        name=name,
        address=str(address),
        config_file=config_file,
        ping_status=CONNECTION_LOST,
    )
    record.online.set()
    node = SshNode(record, services)
    try:
        await directory.register([(node, record)], [(record.id, key, value) for key, value in tags.items()])
    except BaseException:
        await node.leave()
        raise
    node.link.wake()
    return _connection(node, record)


@operation("ConnectNode", service=OWN)
async def connect_node(ctx: Context, req: Shape) -> Shape:
    node, record = _ssh_node(ctx, req)
    node.link.wake()
    await node.link.settled(max(0.0, float(req.get("Wait", WAIT_SECONDS))))
    return _connection(node, record)


@operation("DescribeNodeConnection", service=OWN)
async def describe_node_connection(ctx: Context, req: Shape) -> Shape:
    return _connection(*_ssh_node(ctx, req))


@operation("ListNodeConnections", service=OWN)
async def list_node_connections(ctx: Context, req: Shape) -> Shape:
    return {"Connections": [_connection(node, record) for node, record in _ssh_nodes(ctx.services)]}


@operation("AcceptHostKey", service=OWN)
async def accept_host_key(ctx: Context, req: Shape) -> Shape:
    node, record = _ssh_node(ctx, req)
    link, given = node.link, req["Fingerprint"]
    shown = link.shown
    if link.state != "HostKeyUnknown" or shown is None:
        if link.state == "HostKeyChanged":
            raise ApiFault("ValidationException", f"A changed key is never accepted. {link.message}")
        raise ApiFault("ValidationException", f"{record.name} waits for no key to be accepted: {link.message}")
    if given != shown.fingerprint:
        raise ApiFault(
            "ValidationException", f"{shown.host} showed another key, {shown.fingerprint}: {given} is not accepted."
        )
    if shown.strict:
        raise ApiFault("ValidationException", link.message)
    try:
        await asyncio.to_thread(_hosts(ctx.services).host_keys.accept, shown)
    except OSError as error:
        raise ApiFault("InternalServerError", f"The key could not be kept: {error}.") from None
    _hosts(ctx.services).accepted(shown)
    return _connection(node, record)


@operation("SetNodeSecret", service=OWN)
async def set_node_secret(ctx: Context, req: Shape) -> Shape:
    from tui.engine.nodes.ssh.address import host_name
    from tui.engine.nodes.ssh.secrets import PASSWORD

    node, record = _ssh_node(ctx, req)
    kind, about = req["Kind"], req.get("For") or ""
    wanted, config = node.link.wanted, node.link.config
    if not about and wanted is not None and wanted.kind == kind:
        about = wanted.about
    if not about and kind == PASSWORD:
        address = node.link.address
        host, port = (config.host, config.port) if config else (address.host, address.port or 22)
        about = f"{node.login}@{host_name(host, port)}"
    if not about:
        raise ApiFault("ValidationException", "For says which key file the passphrase opens; none is waited for now.")
    _hosts(ctx.services).give(kind, about, req["Secret"])
    return _connection(node, record)


@operation("ListSshHosts", service=OWN)
async def list_ssh_hosts(ctx: Context, req: Shape) -> Shape:
    """Resolve what a configuration names; what can't be resolved, and patterns, are said as warnings."""
    from tui.engine.nodes.ssh.beside import beside
    from tui.engine.nodes.ssh.config_file import BadConfig, expand_home

    hosts = _hosts(ctx.services)
    resolver = hosts.resolver
    given = expand_home(req.get("ConfigFile") or "", hosts.home)
    path = Path(given) if given else resolver.default_file
    if given and not path.is_absolute():
        raise ApiFault("ValidationException", f"ConfigFile is {given}; expected a path from the root.")
    known = {record.name: record.id for record in _records(ctx)}
    try:
        # Hundreds of hosts take a while, and some may be told apart by commands of the operator's.
        found, warnings = await beside(lambda: _hosts_of(resolver, path, given))
    except FileNotFoundError:
        if given:
            raise ApiFault("ValidationException", f"There is no file {path}.") from None
        return {"Hosts": [], "ConfigFile": str(path), "Warnings": []}
    except BadConfig as error:
        raise ApiFault("ValidationException", str(error)) from None
    for shape in found:
        if shape["Name"] in known:
            shape["InstanceId"] = known[shape["Name"]]
    return {"Hosts": found, "ConfigFile": str(path), "Warnings": warnings}


def _hosts_of(resolver: Resolver, path: Path, given: str) -> tuple[list[Shape], list[str]]:
    """Resolve every host that a file names. Raises: BadConfig, FileNotFoundError."""
    from tui.engine.nodes.ssh.address import Address, parse_address
    from tui.engine.nodes.ssh.config_file import BadConfig

    found: list[Shape] = []
    names, patterns = resolver.files.names(path)
    warnings = [f"Patterns name no single host: {', '.join(patterns)}."] if patterns else []
    for name in names:
        try:
            address = parse_address(f"[{name}]" if ":" in name else name)
            config = resolver.resolve(Address(name), given)
        except (ValueError, BadConfig) as error:
            warnings.append(f"{name}: {error}")
            continue
        shape: Shape = {
            "Name": name,
            "Address": str(address),
            "HostName": config.host,
            "Port": config.port,
            "User": config.user,
        }
        if config.jumps:
            shape["ProxyJump"] = ",".join(str(each).removeprefix("ssh://") for each in config.jumps)
        found.append(shape)
    return found, warnings


def _records(ctx: Context) -> list[NodeRecord]:
    directory = ctx.services.part(NodeDirectory)
    return [record for each in directory.ids() if (record := directory.get(each)) is not None]


def _check_name(services: Services, name: str) -> None:
    check_name(name)
    directory = services.part(NodeDirectory)
    for each in directory.ids():
        record = directory.get(each)
        if record is not None and record.name == name:
            raise ApiFault("AlreadyExistsException", f"There is a node called {name} already: {record.id}.")


def _ssh_node(ctx: Context, req: Shape) -> tuple[SshNode, NodeRecord]:
    node_id = req["InstanceId"]
    node, record = ctx.services.nodes.get(node_id), ctx.services.part(NodeDirectory).get(node_id)
    if node is None or record is None:
        raise ApiFault("InvalidInstanceId", f"There is no node {node_id}.")
    if record.kind != SSH:
        raise ApiFault("InvalidInstanceId", f"{node_id} is not reached over SSH.")
    return cast("SshNode", node), record


def _ssh_nodes(services: Services) -> list[tuple[SshNode, NodeRecord]]:
    directory = services.part(NodeDirectory)
    found = []
    for node in services.nodes.all():
        record = directory.get(node.id)
        if record is not None and record.kind == SSH:
            found.append((cast("SshNode", node), record))
    return found


def _hosts(services: Services) -> SshHosts:
    from tui.engine.nodes.ssh.hosts import SshHosts

    return services.part(SshHosts)


def look_for_ssh_nodes(services: Services) -> None:
    """Have those hosts tried that nobody has tried yet: somebody looks at the nodes now."""
    for node, _ in _ssh_nodes(services):
        node.link.look()


async def forget_ssh_node(node: Node) -> None:
    """End the connection to a node that is none any more."""
    await cast("SshNode", node).leave()


def _connection(node: SshNode, record: NodeRecord) -> Shape:
    link = node.link
    shape: Shape = {
        "InstanceId": node.id,
        "Name": record.name,
        "Address": record.address,
        "State": link.state,
        "Message": link.message,
        "Since": link.since,
    }
    shown, wanted = link.shown, link.wanted
    if shown is not None:
        place = f"{shown.file}:{shown.line}" if shown.file else str(node.accepted_keys)
        key = {"Algorithm": shown.algorithm, "Fingerprint": shown.fingerprint, "Host": shown.host, "File": place}
        if shown.expected:
            key["Expected"] = shown.expected
        shape["HostKey"] = key
    if wanted is not None:
        shape["Secret"] = {"Kind": wanted.kind, "Prompt": wanted.prompt, "For": wanted.about}
    return shape
