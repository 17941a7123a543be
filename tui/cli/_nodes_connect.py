"""What `nodes add` and `nodes import` share: their flags, and how a host is connected to without anything assumed."""

from __future__ import annotations

import asyncio
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from getpass import getpass
from pathlib import Path

from tui.cli._context import printable, talk
from tui.errors import ApiError, UsageError
from tui.services.ssh_nodes import Connection, LinkState, SshNodes

WAIT = 30.0
"""Seconds within which a host is to be connected to where no flag says otherwise."""

SLICE = 4.0
"""Seconds that one call waits: an engine that says nothing for longer would count as hanging."""

TRIES = 3
"""How often a secret is asked for."""


def add_flags(parse: ArgumentParser) -> None:
    """Add the flags that both verbs have."""
    parse.add_argument("--tag", action="append", default=[], metavar="KEY=VALUE", help="a tag; may be given again")
    parse.add_argument(
        "--become", choices=["none", "sudo"], default="none", help="as whom commands run: root with sudo"
    )
    parse.add_argument("--ssh-config", default="", metavar="FILE", help="OpenSSH's configuration, instead of your own")
    parse.add_argument(
        "--accept-host-key",
        action="append",
        default=[],
        metavar="SHA256:…",
        help="the fingerprint of an unknown host key that is to be accepted; may be given again",
    )
    parse.add_argument("--wait", type=_seconds, default=WAIT, metavar="SECONDS", help=f"for a connection ({WAIT:g})")
    parse.add_argument("--json", action="store_true", help="one JSON array with one object per host")


def _seconds(word: str) -> float:
    try:
        found = float(word)
    except ValueError:
        found = -1.0
    if not 0.0 <= found < float("inf"):
        raise ArgumentTypeError(f"expected seconds, 0 or more, and not {printable(word)}")
    return found


def tags_of(args: Namespace) -> dict[str, str]:
    """Read --tag. Raises: UsageError."""
    found: dict[str, str] = {}
    for word in args.tag:
        key, equals, value = word.partition("=")
        if not key or not equals:
            raise UsageError(f"--tag {printable(word)} is no KEY=VALUE.", hint="For example: --tag env=prod.")
        if key in found:
            raise UsageError(f"--tag {printable(key)} is given more than once: a node has one value of each tag.")
        found[key] = value
    return found


def config_of(args: Namespace) -> str:
    """Give --ssh-config as a path from the root. Raises: UsageError where there is no such file."""
    if not args.ssh_config:
        return ""
    path = Path(args.ssh_config).expanduser().absolute()
    if not path.is_file():
        raise UsageError(f"There is no file {printable(str(path))}.")
    return str(path)


async def bring_up(ssh: SshNodes, node: Connection, args: Namespace, *, may_ask: bool) -> Connection:
    """Connect to a node, accepting the host keys that were named and asking where somebody is there to answer."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + args.wait
    asked = 0
    while True:
        node = await _settled(ssh, node, deadline)
        key, secret = node.host_key, node.secret
        if node.state is LinkState.HOST_KEY_UNKNOWN and key is not None:
            if key.fingerprint not in args.accept_host_key and not (may_ask and _is_accepted(node)):
                return node
            node = await ssh.accept(node.id, key.fingerprint)
        elif node.state is LinkState.SECRET_NEEDED and secret is not None and may_ask and asked < TRIES:
            if asked:
                talk(printable(node.message))
            # Right here, not in a thread: Ctrl+C is to give the terminal its echo back and end at once.
            given = getpass(f"{printable(secret.prompt)}: ")
            asked += 1
            if not given:
                return node
            node = await ssh.give_secret(node.id, secret, given)
        else:
            return node
        # Who answered a question has not used up the host's time.
        deadline = loop.time() + args.wait


async def _settled(ssh: SshNodes, node: Connection, deadline: float) -> Connection:
    loop = asyncio.get_running_loop()
    while True:
        left = deadline - loop.time()
        node = await ssh.connect(node.id, max(0.0, min(SLICE, left)))
        if node.state is not LinkState.CONNECTING or left <= 0:
            return node


def is_somebody_there() -> bool:
    """Say whether questions can be asked and answered."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _is_accepted(node: Connection) -> bool:
    key = node.host_key
    assert key is not None
    talk(f"The key of {printable(key.host)} is not known:")
    sys.stderr.write(f"  {printable(key.algorithm)} {printable(key.fingerprint)}\n")
    sys.stderr.write("Is it the host's own? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def way_out(node: Connection, words: str) -> str:
    """Say what to do about a node that is not connected; empty where the message says it all.

    `words` are those behind `ssm-tui nodes` that connect to it.
    """
    if node.state is LinkState.HOST_KEY_UNKNOWN and node.host_key is not None:
        return f"If it is the host's own, run this again with --accept-host-key {node.host_key.fingerprint}."
    if node.state is LinkState.SECRET_NEEDED:
        return f"Run ssm-tui nodes {words} in a terminal, or open the console, which asks for it."
    if node.state is LinkState.CONNECTING:
        return "The engine goes on trying; ssm-tui nodes list says how it stands."
    if node.state is LinkState.UNREACHABLE:
        return "It stays a node, and is tried again when it is needed."
    return ""


def shape(node: Connection) -> dict[str, object]:
    """Give a node as JSON says it."""
    found: dict[str, object] = {
        "InstanceId": node.id,
        "Name": node.name,
        "Address": node.address,
        "State": node.state.value,
        "Message": node.message,
    }
    if node.host_key is not None:
        found["HostKey"] = {"Host": node.host_key.host, "Fingerprint": node.host_key.fingerprint}
    return found


def taken(error: ApiError) -> bool:
    """Say whether a name is that of a node already."""
    return error.code == "AlreadyExistsException"


def named(nodes: Sequence[Connection], name: str) -> Connection | None:
    """Find a node by its name."""
    return next((node for node in nodes if node.name == name), None)
