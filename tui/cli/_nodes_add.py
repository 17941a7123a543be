"""`ssm-tui nodes add`: a host that is reached over SSH becomes a node."""

from __future__ import annotations

import json
import shlex
from argparse import Namespace
from collections.abc import Sequence

from tui.cli._args import FAILED, OK, Common, parser
from tui.cli._context import opened, printable, run_async, talk
from tui.cli._nodes_connect import (
    add_flags,
    bring_up,
    config_of,
    is_somebody_there,
    named,
    shape,
    tags_of,
    taken,
    way_out,
)
from tui.errors import ApiError, UsageError
from tui.services.nodes import Nodes
from tui.services.ssh_nodes import Connection, SshNodes
from tui.services.tags import Tags

ABOUT = """\
Make a host that is reached over SSH a node, and connect to it. HOST may be a name of your SSH configuration, which
holds in any case. A host's key is never accepted by itself: name its fingerprint with --accept-host-key, or answer in a
terminal. Said again of a node that there is, it connects to that."""


def main(common: Common, words: Sequence[str]) -> int:
    usage = (
        "NAME ssh://USER@HOST:PORT [--tag KEY=VALUE]… [--become sudo] [--ssh-config FILE] [--accept-host-key SHA256:…]"
    )
    parse = parser("nodes add", usage, ABOUT)
    parse.add_argument("name", help="how the node is called")
    parse.add_argument("address", help="where it is; the user and the port may be left to the SSH configuration")
    add_flags(parse)
    args = parse.parse_args(words)
    return run_async(_add(common, args, tags_of(args), config_of(args)))


async def _add(common: Common, args: Namespace, tags: dict[str, str], config_file: str) -> int:
    async with opened(common) as transport:
        ssh = SshNodes(transport)
        try:
            node = await ssh.add(args.name, args.address, config_file=config_file, become=args.become, tags=tags)
        except ApiError as error:
            if not taken(error):
                raise _meant(error) from error
            node = await _known(ssh, args, error)
            if tags:
                await Tags(transport).add(node.id, tags)
            if args.become != "none":
                await Nodes(transport).set_become(node.id, args.become)
        node = await bring_up(ssh, node, args, may_ask=is_somebody_there())
    if args.json:
        print(json.dumps([shape(node)], ensure_ascii=False, indent=2))
    else:
        print(f"{printable(node.name)} {node.id} {'Online' if node.is_up else node.state.value}")
    if node.is_up:
        return OK
    why = f"{printable(node.message)} {way_out(node, _again(args))}".rstrip()
    talk(f"{printable(node.name)} is a node, but not connected. {why}")
    return FAILED


async def _known(ssh: SshNodes, args: Namespace, error: ApiError) -> Connection:
    """Find the node that has the name already, if it is the one that is meant. Raises: UsageError."""
    known = named(await ssh.connections(), args.name)
    if known is None or _plain(known.address) != _plain(args.address):
        where = f" {printable(known.address)}" if known is not None else ""
        hint = f"Take another name, or ssm-tui nodes remove {printable(args.name)} first."
        raise UsageError(
            f"{printable(args.name)} is another node already:{where or ' no SSH host'}.", hint=hint
        ) from error
    return known


def _again(args: Namespace) -> str:
    """Give the words that say the same again."""
    config = ["--ssh-config", args.ssh_config] if args.ssh_config else []
    return printable(shlex.join(["add", args.name, args.address, *config]))


def _plain(address: str) -> str:
    return address.removeprefix("ssh://").rstrip("/")


def _meant(error: ApiError) -> Exception:
    """Give a mistake in the words as one."""
    return UsageError(printable(error.text)) if error.code == "ValidationException" else error
