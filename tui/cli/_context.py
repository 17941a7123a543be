"""What the headless verbs share: the engine's transport, the target words, and text for stdout."""

from __future__ import annotations

import asyncio
import sys
import unicodedata
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tui.cli._args import Common, near
from tui.errors import UsageError
from tui.ports import Shape, Transport
from tui.services.nodes import Node, Nodes


def run_async(work: Coroutine[None, None, int]) -> int:
    """Run a verb's coroutine to its exit status."""
    return asyncio.run(work)


@asynccontextmanager
async def opened(common: Common, *, start: bool = True) -> AsyncIterator[Transport]:
    """Connect to the local engine, starting it where nobody has; close the connection at the end.

    Raises: Unreachable with `start=False` where no engine runs, StateError where the folder can't be used, ConfigError.
    """
    from tui.cli._demo import demo_of
    from tui.transport.local import LocalTransport

    idle: float | None = None
    if start:
        from tui.config import load_config

        idle = load_config().idle
    nodes, seed = demo_of(common.state) or (0, 1)
    local = await LocalTransport.connect(
        common.state, start=start, client="cli", read_only=common.read_only, idle=idle, demo=nodes, seed=seed
    )
    if start and local.version_mismatch is not None:
        talk(f"{local.version_mismatch.message} ssm-tui stop lets the next start bring its own.")
    transport: Transport = local
    if common.read_only:
        from tui.transport.wrappers import ReadOnly

        transport = ReadOnly(local)
    try:
        yield transport
    finally:
        await local.aclose()


async def again(transport: Transport) -> None:
    """Connect again after the engine was lost, starting it where it is gone.

    Raises: Unreachable, StateError.
    """
    from tui.transport.local import LocalTransport
    from tui.transport.wrappers import Wrapper

    base = transport.base if isinstance(transport, Wrapper) else transport
    if isinstance(base, LocalTransport):
        await base.reconnect()


@dataclass(frozen=True, slots=True)
class Chosen:
    """The nodes that target words mean; `targets` is the API's form where one `tag:` word says it all."""

    nodes: list[Node]
    targets: list[Shape]


async def choose(nodes: Nodes, words: Sequence[str]) -> Chosen:
    """Find the union of what target words name: an id, a Name tag, a host name, or `tag:KEY=VALUE`.

    No words mean this machine. Raises: UsageError for a word that names no node, or more than one.
    """
    everything = await nodes.all()
    if not words:
        return Chosen([this_machine(everything)], [])
    found: dict[str, Node] = {}
    targets: list[Shape] = []
    for word in words:
        if word.startswith("tag:"):
            key, equals, value = word[4:].partition("=")
            if not key:
                raise UsageError(f"{word} names no tag.", hint="Write tag:KEY=VALUE.")
            if equals:
                targets.append({"Key": f"tag:{key}", "Values": [value]})
                chosen = [node for node in everything if node.tags.get(key) == value]
            else:
                targets.append({"Key": "tag-key", "Values": [key]})
                chosen = [node for node in everything if key in node.tags]
            found |= {node.id: node for node in chosen}
        else:
            node = one(everything, word)
            found[node.id] = node
    return Chosen(list(found.values()), targets if len(words) == 1 else [])


def one(everything: Sequence[Node], word: str) -> Node:
    """Find the node that a word names: its id, else its name, else its host name.

    Raises: UsageError for a word that names none (with the likest) or several (with all of them).
    """
    for matches in (
        [node for node in everything if node.id == word],
        [node for node in everything if node.name == word],
        [node for node in everything if word and node.computer_name == word],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            ids = ", ".join(f"{node.id} ({node.address})" if node.address else node.id for node in matches[:10])
            raise UsageError(f"{len(matches)} nodes are called {printable(word)}: {ids}.", hint="Name one by its id.")
    like = near(word, [node.name for node in everything] + [node.id for node in everything])
    hint = f"Did you mean {' or '.join(map(printable, like))}?" if like else "ssm-tui nodes list shows them all."
    raise UsageError(f"No node is called {printable(word)}.", hint=hint)


def this_machine(everything: Sequence[Node]) -> Node:
    """Find the node that the engine runs on.

    Raises: UsageError where it is not among the nodes.
    """
    import socket

    host = socket.gethostname()
    for node in everything:
        if node.computer_name == host:
            return node
    if len(everything) == 1:
        return everything[0]
    raise UsageError("This machine is not among the nodes.", hint="Name a node with --target.")


def printable(text: str) -> str:
    """Make control and invisible formatting characters visible, so that no remote text steers the terminal."""
    return "".join(
        char if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else f"\\x{ord(char):02x}"
        for char in text
    )


def width(text: str) -> int:
    """Give how many cells a text takes."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth

    return max(0, int(wcswidth(text)))


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows under their heads, columns as wide as their widest cell."""
    cells = [list(heads), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(width(row[column]) for row in cells) for column in range(len(heads))]
    return "".join(
        "  ".join(cell + " " * (size - width(cell)) for cell, size in zip(row, widths, strict=True)).rstrip() + "\n"
        for row in cells
    )


def talk(text: str) -> None:
    """Say something to the operator on stderr, where it is not data."""
    print(f"ssm-tui: {text}", file=sys.stderr, flush=True)
