"""Tags that are not known, told from tags that are not there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from tui.errors import SsmTuiError
from tui.services import Services
from tui.services.nodes import LOADING, Node
from tui.services.tags import Tags
from tui.widgets.cells import own
from tui.widgets.state_pane import wrapped
from tui.widgets.top_bar import Word

ASKED = 50
"""Nodes whose own tags are asked for one by one before they are changed."""


def unknown_said(node: Node) -> str:
    """Say in a word or two that a node's tags are not known; "" where they are."""
    if not node.tags_unknown:
        return ""
    return own("…") if node.tags_unknown == LOADING else "not known"


def tags_lines(node: Node, is_listing: bool, columns: int) -> list[list[Word]]:
    """Write a node's tags in lines of at most so many cells: none, on their way, or why they are not known."""
    if node.tags_unknown == LOADING and is_listing:
        return [[("tags", "dim"), (own("  loading…"), "dim")]]
    if node.tags_unknown:
        why = "the list of the nodes failed" if node.tags_unknown == LOADING else node.tags_unknown
        return [[(line, "warn")] for line in wrapped(f"tags not known: {why}", max(columns, 20))]
    lines: list[list[Word]] = [[("tags", "dim"), ("" if node.tags else "  none; t adds some", "dim")]]
    return lines + [[(f"  {key}", "accent"), (f" = {value}", "text")] for key, value in sorted(node.tags.items())]


async def own_tags(services: Services, nodes: Sequence[Node]) -> list[Node]:
    """Ask the nodes whose tags are not known for their own; those of which that fails stay as they are."""
    turns = asyncio.Semaphore(4)

    async def known(node: Node) -> Node:
        if not node.tags_unknown:
            return node
        async with turns:
            try:
                return replace(node, tags=await services.of(Tags, node.context).list(node.id), tags_unknown="")
            except SsmTuiError:
                return node

    asked = [node for node in nodes if node.tags_unknown][:ASKED]
    found = {node.ref: node for node in await asyncio.gather(*(known(node) for node in asked))}
    return [found.get(node.ref, node) for node in nodes]


def warned_of(nodes: Sequence[Node]) -> str:
    """Warn, on a line of its own, that tags which nobody sees may get another value; "" where all are known."""
    unknown = [node for node in nodes if node.tags_unknown]
    if not unknown:
        return ""
    more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
    why = "they are not read yet" if unknown[0].tags_unknown == LOADING else unknown[0].tags_unknown
    return f"\nThe tags of {unknown[0].name}{more} are not known: {why}. One that has the same key loses its value."
