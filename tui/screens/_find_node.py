"""The one node that a word means, wherever it is: each open context is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tui.errors import ApiError, SsmTuiError
from tui.services import Services
from tui.services.nodes import Node, Nodes


async def find_node(services: Services, contexts: Sequence[str], name: str) -> Node:
    """Find a node by its id, else by its name or host name, in one of these contexts.

    Raises: SsmTuiError where none has it, or more than one; where some can't say, and none has it, why one can't.
    """
    answers = await asyncio.gather(
        *(_in(services.of(Nodes, context), name) for context in contexts), return_exceptions=True
    )
    failed: SsmTuiError | None = None
    found: list[Node] = []
    for answer in answers:
        if isinstance(answer, SsmTuiError):
            failed = failed or answer
        elif isinstance(answer, BaseException):
            raise answer
        else:
            found += answer
    if len(found) == 1:
        return found[0]
    if len(found) > 1:
        several = len({node.context for node in found}) > 1
        ids = ", ".join(f"{node.context}:{node.id}" if several else node.id for node in found[:4])
        raise SsmTuiError(f"More than one node is named {name}: {ids}.", hint="Esc goes back; `:nodes` lists them.")
    if failed is not None:
        raise failed
    where = f" in {', '.join(contexts)}" if [*contexts] != ["local"] or len(services.contexts) > 1 else ""
    raise SsmTuiError(f"No node is named {name}{where}.", hint="Esc goes back; `:nodes` lists them.")


async def _in(nodes: Nodes, name: str) -> list[Node]:
    try:
        return [await nodes.get(name)]
    except ApiError:
        return [node for node in await nodes.all() if name in (node.name, node.computer_name, node.id)]
