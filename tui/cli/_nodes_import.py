"""`ssm-tui nodes import`: the hosts of an SSH configuration become nodes."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import Namespace
from collections.abc import Sequence

from tui.cli._args import FAILED, OK, Common, near, parser
from tui.cli._context import opened, printable, run_async, table, talk
from tui.cli._nodes_connect import add_flags, bring_up, config_of, shape, tags_of, taken, way_out
from tui.errors import ApiError, UsageError
from tui.services.ssh_nodes import Connection, HostList, SshHost, SshNodes

ABOUT = """\
Make the hosts of your SSH configuration nodes, all of them or those named, and connect to them. Patterns like web-*
name no single host and are passed over. A host's key is never accepted by itself: name its fingerprint with
--accept-host-key."""


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
            talk(printable(warning))
        chosen = _chosen(listed, args.names)
        known = [host for host in chosen if host.node_id]
        failed = 0
        added: list[Connection] = []
        for host in chosen:
            if host.node_id:
                continue
            try:
                found = await ssh.add(host.name, host.address, config_file=config_file, become=args.become, tags=tags)
            except ApiError as error:
                failed += 1
                reason = "it is another node's name already" if taken(error) else error.text
                talk(f"{printable(host.name)} is not added: {printable(reason)}.".replace("..", "."))
                continue
            added.append(found)
        if args.accept_host_key:  # meant for those too that wait for it since an earlier import
            added += [await ssh.describe(host.node_id) for host in known]
        nodes = await asyncio.gather(*(bring_up(ssh, node, args, may_ask=False) for node in added))
    if args.json:
        print(json.dumps([shape(node) for node in nodes], ensure_ascii=False, indent=2))
    elif chosen:
        sys.stdout.write(_told(chosen, nodes))
    if not chosen:
        talk(f"{printable(listed.file)} names no host.")
    for node in nodes:
        if not node.is_up:
            talk(f"{printable(node.name)}: {printable(node.message)} {way_out(node, 'import')}".rstrip())
    return OK if not failed and all(node.is_up for node in nodes) else FAILED


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


def _told(hosts: Sequence[SshHost], nodes: Sequence[Connection]) -> str:
    states = {node.name: "Online" if node.is_up else node.state.value for node in nodes}
    rows = [
        (host.name, "already a node" if host.node_id else "added", states.get(host.name, ""), host.where)
        for host in hosts
        if host.node_id or host.name in states
    ]
    return table(("NAME", "", "STATE", "ADDRESS"), rows)
