"""`ssm-tui nodes import`: the hosts of an SSH configuration become nodes."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from argparse import Namespace
from collections.abc import Container, Mapping, Sequence

from tui.cli._args import FAILED, OK, Common, near, parser
from tui.cli._context import opened, printable, run_async, table, talk
from tui.cli._nodes_connect import add_flags, bring_up, config_of, is_somebody_there, shape, tags_of, taken, way_out
from tui.errors import ApiError, UsageError
from tui.services.nodes import Nodes
from tui.services.ssh_nodes import Connection, HostList, SshHost, SshNodes
from tui.services.tags import Tags

ABOUT = """\
Make the hosts of your SSH configuration nodes, all of them or those named, and connect to them. Patterns like web-*
name no single host and are passed over. A host's key is never accepted by itself: name its fingerprint with
--accept-host-key, or name the host and answer in a terminal. One that is named and a node already is connected to."""


def main(common: Common, words: Sequence[str]) -> int:
    usage = "[NAME]… [--ssh-config FILE] [--tag KEY=VALUE]… [--become sudo] [--accept-host-key SHA256:…]…"
    parse = parser("nodes import", usage, ABOUT)
    parse.add_argument("names", nargs="*", metavar="NAME", help="a host as the configuration names it; all without one")
    add_flags(parse)
    args = parse.parse_args(words)
    return run_async(_import(common, args, tags_of(args), config_of(args)))


async def _import(common: Common, args: Namespace, tags: dict[str, str], config_file: str) -> int:
    async with opened(common) as transport:
        ssh = SshNodes(transport)
        try:
            listed = await ssh.hosts(config_file)
        except ApiError as error:
            raise UsageError(printable(error.text)) if error.code == "ValidationException" else error from error
        for warning in listed.warnings:
            # Who names hosts is told of these alone.
            if not args.names or warning.startswith(tuple(f"{name}: " for name in args.names)):
                talk(printable(warning))
        chosen = _chosen(listed, args.names)
        there = {node.id: node for node in await ssh.connections()}
        failed = 0
        wanted: list[Connection] = []
        for host in chosen:
            known = there.get(host.node_id)
            if args.names and host.node_id and (known is None or not _is_same(known, host)):
                failed += 1
                where = f": {printable(known.address)}" if known is not None else ""
                talk(f"{printable(host.name)} is not added: it is another node's name already{where}.")
            elif known is not None and args.names:
                wanted.append(known)
                if tags:
                    await Tags(transport).add(known.id, tags)
                if args.become != "none":
                    await Nodes(transport).set_become(known.id, args.become)
            elif known is not None and args.accept_host_key:
                wanted.append(known)  # the fingerprint is meant for those too that wait for it since an earlier import
            elif not host.node_id:
                try:
                    wanted.append(
                        await ssh.add(host.name, host.address, config_file=config_file, become=args.become, tags=tags)
                    )
                except ApiError as error:
                    failed += 1
                    reason = "it is another node's name already" if taken(error) else error.text
                    talk(f"{printable(host.name)} is not added: {printable(reason)}.".replace("..", "."))
        nodes = list(await asyncio.gather(*(bring_up(ssh, node, args, may_ask=False) for node in wanted)))
        if args.names and is_somebody_there():
            # One question at a time.
            nodes = [await bring_up(ssh, node, args, may_ask=True) if node.waits else node for node in nodes]
    if args.json:
        print(json.dumps([shape(node) for node in nodes], ensure_ascii=False, indent=2))
    elif chosen:
        sys.stdout.write(_told(chosen, {**there, **{node.id: node for node in nodes}}, {node.name for node in nodes}))
    if not chosen:
        talk(f"{printable(listed.file)} names no host.")
    for node in nodes:
        if not node.is_up:
            talk(f"{printable(node.name)}: {printable(node.message)} {way_out(node, _again(node, args))}".rstrip())
    return OK if not failed and all(node.is_up for node in nodes) else FAILED


def _again(node: Connection, args: Namespace) -> str:
    """Give the words that import one host again."""
    config = ["--ssh-config", args.ssh_config] if args.ssh_config else []
    return printable(shlex.join(["import", node.name, *config]))


def _is_same(node: Connection, host: SshHost) -> bool:
    """Say whether the node of a host's name leads to that host, by its name or by what that stands for."""
    given = node.address.removeprefix("ssh://")
    return given == host.address.removeprefix("ssh://") or given in {
        f"{user}{name}{port}"
        for user in ("", f"{host.user}@")
        for name in (host.name, host.host_name, f"[{host.host_name}]")
        for port in ("", f":{host.port}")
    }


def _chosen(listed: HostList, names: Sequence[str]) -> list[SshHost]:
    """Give the hosts that are meant. Raises: UsageError for a name that the configuration does not have."""
    if not names:
        return list(listed.hosts)
    by_name = {host.name: host for host in listed.hosts}
    for name in names:
        if name not in by_name:
            like = near(name, list(by_name))
            hint = f"Did you mean {' or '.join(map(printable, like))}?" if like else ""
            raise UsageError(f"{printable(listed.file)} names no host {printable(name)}.", hint=hint)
    return [by_name[name] for name in dict.fromkeys(names)]


def _told(hosts: Sequence[SshHost], nodes: Mapping[str, Connection], meant: Container[str]) -> str:
    """Give the table of what became of each host, and of those that were nodes before."""
    by_name = {node.name: node for node in nodes.values()}
    rows = []
    for host in hosts:
        node = by_name.get(host.name)
        if host.node_id or host.name in meant:
            state = "" if node is None else "Online" if node.is_up else node.state.value
            rows.append((host.name, "already a node" if host.node_id else "added", state, host.where))
    return table(("NAME", "", "STATE", "ADDRESS"), rows)
