"""`ssm-tui nodes remove`: nodes are forgotten with their tags; nothing on them is touched."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tui.cli._args import FAILED, OK, Common, parser
from tui.cli._context import one, opened, printable, run_async, talk
from tui.cli._nodes_connect import is_somebody_there
from tui.errors import ApiError, UsageError
from tui.services.nodes import Node, Nodes
from tui.services.ssh_nodes import SshNodes


def main(common: Common, words: Sequence[str]) -> int:
    about = "Forget nodes, with their tags. Nothing on the hosts is touched; what runs there goes on by itself."
    parse = parser("nodes remove", "NAME… [--yes]", about)
    parse.add_argument("names", nargs="+", metavar="NAME", help="a node's id or name")
    parse.add_argument("--yes", action="store_true", help="don't ask")
    args = parse.parse_args(words)
    return run_async(_remove(common, args.names, sure=args.yes))


async def _remove(common: Common, names: Sequence[str], *, sure: bool) -> int:
    async with opened(common) as transport:
        everything = await Nodes(transport).all()
        nodes = list({node.id: node for node in (one(everything, name) for name in names)}.values())
        if not sure and not _is_sure(nodes):
            return FAILED
        status = OK
        for node in nodes:
            try:
                await SshNodes(transport).remove(node.id)
            except ApiError as error:
                talk(f"{printable(node.name)} is not removed: {printable(error.text or error.code)}")
                status = FAILED
            else:
                print(f"{printable(node.name)} {node.id} removed")
    return status


def _is_sure(nodes: Sequence[Node]) -> bool:
    """Ask. Raises: UsageError where nobody is there to answer."""
    if not is_somebody_there():
        raise UsageError("Nothing is removed without --yes where nobody can be asked.")
    sys.stderr.write(f"Remove {', '.join(printable(node.name) for node in nodes)}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
