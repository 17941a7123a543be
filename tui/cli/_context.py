"""What the headless verbs share: the engine's transport, the target words, and text for stdout."""

from __future__ import annotations

import asyncio
import sys
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple, TypeVar

from tui.cli._args import FAILED, OK, Common, near
from tui.errors import SsmTuiError, UsageError
from tui.ports import Ref, Shape, Transport
from tui.services.nodes import Node, Nodes
from tui.services.targets import Chosen, Directory, Problem, Trouble, groups_in

T = TypeVar("T")

PATIENCE = 6.0
"""Seconds without a word after which an engine that owes something counts as hanging."""


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
    settings: dict[str, object] = {}
    if start:
        from tui.config import load_config

        config = load_config()
        idle, settings = config.idle, config.engine_settings
    nodes, seed = demo_of(common.state) or (0, 1)
    local = await LocalTransport.connect(
        common.state,
        start=start,
        client="cli",
        read_only=common.read_only,
        idle=idle,
        demo=nodes,
        seed=seed,
        settings=settings,
        patience=PATIENCE,
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


class Contexts(NamedTuple):
    """The contexts that a verb works in: those that are open, in their order, and why others are not."""

    open: list[Transport]
    failed: dict[str, SsmTuiError]

    @property
    def several(self) -> bool:
        return len(self.open) + len(self.failed) > 1

    def named_in(self, words: Sequence[str]) -> Contexts:
        """Give those that target words mean: all, unless each word says its own in front, as `CONTEXT:NAME`."""
        names = {transport.context for transport in self.open} | {*self.failed}
        meant = {context if colon and rest else "" for context, colon, rest in (word.partition(":") for word in words)}
        if not meant or not meant <= names:
            return self
        return Contexts(
            [transport for transport in self.open if transport.context in meant],
            {name: error for name, error in self.failed.items() if name in meant},
        )

    async def ask(self, question: Callable[[Transport], Awaitable[T]]) -> list[tuple[Transport, T]]:
        """Ask every context at once, and give the answers; what fails is noted in `failed`.

        Raises: SsmTuiError, that of the first, where all fail.
        """
        answers = await asyncio.gather(*map(question, self.open), return_exceptions=True)
        found: list[tuple[Transport, T]] = []
        for transport, answer in zip(self.open, answers, strict=True):
            if isinstance(answer, SsmTuiError):
                self.failed[transport.context] = answer
            elif isinstance(answer, BaseException):
                raise answer
            else:
                found.append((transport, answer))
        if not found:
            raise next(iter(self.failed.values()))
        return found

    def tell(self) -> int:
        """Say on stderr which contexts failed, and why; give the exit status."""
        for name, error in self.failed.items():
            talk(f"{name}: {error}")
        return FAILED if self.failed else OK


@asynccontextmanager
async def opened_contexts(common: Common) -> AsyncIterator[Contexts]:
    """Open the contexts that the flags name, the engine where they name none; close them at the end.

    Raises: UsageError for a name that means none, and what `opened` raises where nothing can be opened.
    """
    from tui.cli._connect import connect_aws, contexts_of_verb
    from tui.config import load_config
    from tui.transport.wrappers import ReadOnly

    specs = contexts_of_verb(common, load_config().contexts)
    found = Contexts([], {})
    async with AsyncExitStack() as stack:
        for spec in specs:
            try:
                if spec.is_local:
                    transport = await stack.enter_async_context(opened(common))
                else:
                    transport = await connect_aws(spec)
                    stack.push_async_callback(transport.aclose)
                    _warn_of(transport)
                    if common.read_only or spec.read_only:
                        transport = ReadOnly(transport)
            except SsmTuiError as error:
                if len(specs) == 1:
                    raise
                found.failed[spec.name] = error
            else:
                found.open.append(transport)
        if not found.open:
            raise next(iter(found.failed.values()))
        yield found


def _warn_of(transport: Transport) -> None:
    """Say once, when a context of AWS answers, that botocore knows no region of its name."""
    told: list[str] = []
    heard: list[Callable[[], None]] = getattr(transport, "on_peer", [])

    def tell() -> None:
        peer: Shape = getattr(transport, "peer", {})
        region = str(peer.get("odd_region") or "")
        if region and not told:
            told.append(region)
            talk(f"{transport.context}: no region of AWS is called {printable(region)}; its endpoint answers for it.")

    heard.append(tell)


async def again(transport: Transport) -> None:
    """Connect again after the engine was lost, starting it where it is gone.

    Raises: Unreachable, StateError.
    """
    from tui.transport.local import LocalTransport
    from tui.transport.wrappers import Wrapper

    base = transport.base if isinstance(transport, Wrapper) else transport
    if isinstance(base, LocalTransport):
        await base.reconnect()


async def choose(nodes: Nodes, words: Sequence[str], transport: Transport | None = None) -> Chosen:
    """Find the union of what target words name; no words mean this machine. Groups are asked for through `transport`.

    A tag that no node has, and a group without nodes, are no mistakes. Raises: UsageError for a word that names no
    node, or more than one.
    """
    groups: dict[str, Collection[Ref] | None] = {}
    if transport is not None and (names := groups_in(words)):
        from tui.services.resource_groups import ResourceGroups, nodes_in

        groups = await nodes_in([ResourceGroups(transport)], names)
    return _chosen(Directory(await nodes.all(), groups), words)


async def choose_in(contexts: Contexts, words: Sequence[str]) -> Chosen:
    """Find the union of what target words name in all open contexts.

    Raises: as `choose` does, and what a context failed with: whom a command would miss there is not known.
    """
    contexts = contexts.named_in(words)
    if contexts.open:
        found = await contexts.ask(lambda transport: Nodes(transport).all())
    for name, error in contexts.failed.items():
        talk(f"nothing was sent: the nodes of {name} are not known.")
        raise error
    groups: dict[str, Collection[Ref] | None] = {}
    if names := groups_in(words):
        from tui.services.resource_groups import ResourceGroups, nodes_in

        groups = await nodes_in([ResourceGroups(transport) for transport, _ in found], names)
    return _chosen(Directory([node for _, nodes in found for node in nodes], groups), words)


def _chosen(directory: Directory, words: Sequence[str]) -> Chosen:
    chosen = directory.choose(words)
    for problem in chosen.problems:
        if problem.trouble is not Trouble.UNTAGGED:
            raise _mistake(problem, directory)
    return chosen


def one(everything: Sequence[Node], word: str) -> Node:
    """Find the node that a word names: its id, else its name, else its host name.

    Raises: UsageError for a word that names none (with the likest) or several (with some of them).
    """
    directory = Directory(everything)
    found, problem = directory.named(word)
    if problem is not None:
        raise _mistake(problem, directory)
    return found[0]


def _mistake(problem: Problem, directory: Directory) -> UsageError:
    if problem.trouble is Trouble.NOT_HERE:
        return UsageError("This machine is not among the nodes.", hint="Name a node with --target.")
    if problem.trouble is not Trouble.UNKNOWN:
        return UsageError(printable(problem.text))
    like = near(problem.word, [node.name for node in directory.nodes] + [node.id for node in directory.nodes])
    hint = f"Did you mean {' or '.join(map(printable, like))}?" if like else "ssm-tui nodes list shows them all."
    return UsageError(f"No node is called {printable(problem.word)}.", hint=hint)


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
    """Say something to the operator on stderr, where it is not data, on one line that steers no terminal."""
    print(f"ssm-tui: {printable(' '.join(text.split()))}", file=sys.stderr, flush=True)
