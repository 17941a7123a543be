"""The rows of a list of nodes, made anew as far as their nodes have changed.

A list of thousands is fetched again every few seconds, and a node that comes again mostly says what it said before, but
for when it was last heard of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tui.ports import Ref
from tui.screens._context_cells import PLACE, Texts
from tui.screens._unknown_tags import unknown_said
from tui.screens._words import duration

if TYPE_CHECKING:
    from tui.services.nodes import Node
    from tui.theming import Glyphs
    from tui.widgets.top_bar import Word

TABLE_STYLES = {"good": "ok", "warn": "warn", "bad": "error", "dim": "muted", "accent": "accent"}
"""The table's names for the styles of words."""

Cells = tuple[Any, ...]


_Made = tuple["Node", object, float, str, Cells, Any, Cells]
"""A row as it was made last: its node and link, when that was heard of and its age, the cells ahead of the age and
behind it, and all of them. A bare tuple: thousands are made in one turn of the loop.
"""


class NodeRows:
    """Knows the rows that were made last; `status_of` gives a node's status as a word."""

    def __init__(self, status_of: Callable[[Node], Word]) -> None:
        self._status_of = status_of
        self._made: dict[Ref, _Made] = {}
        self._outside: object = None

    def rows(
        self,
        nodes: Sequence[Node],
        links: Mapping[Ref, object],
        contexts: Mapping[str, Texts],
        glyphs: Glyphs,
        now: float,
    ) -> list[tuple[Ref, Cells]]:
        """Make the rows as they are `now`, in epoch seconds; `contexts` are the cells of each node's context."""
        before = self._made if self._outside == (glyphs, contexts) else {}
        self._outside = glyphs, contexts
        made: dict[Ref, _Made] = {}
        ages: dict[int, str] = {}
        rows: list[tuple[Ref, Cells]] = []
        for node in nodes:
            ref = node.ref
            known, link = before.get(ref), links.get(ref)
            heard, age = 0.0, ""
            if node.last_ping is not None:
                heard = node.last_ping.timestamp()
                seconds = int(now - heard)
                age = ages.get(seconds, "")
                if not age:
                    age = ages[seconds] = duration(max(seconds, 0))
            if known is None or known[1] is not link or not _is_same(known[0], node):
                ahead, tags = self._ahead(node, contexts[ref.context]), _tags(node)
            else:
                _, _, was_heard, was, ahead, tags, cells = known
                if was_heard == heard and was == age:
                    made[ref] = known
                    rows.append((ref, cells))
                    continue
            cells = (*ahead, (age, "", -heard), tags)
            made[ref] = node, link, heard, age, ahead, tags, cells
            rows.append((ref, cells))
        self._made = made
        return rows

    def _ahead(self, node: Node, context: Texts) -> Cells:
        word, style = self._status_of(node)
        cells = (
            (word, TABLE_STYLES.get(style, "")),
            node.name,
            (node.id, "muted"),
            node.platform,
            node.agent_version,
            node.address,
        )
        return (*cells[:PLACE], *context, *cells[PLACE:])


def _is_same(one: Node, other: Node) -> bool:
    """Whether two nodes differ in nothing that a row shows, but for when they were heard of."""
    return one is other or (
        one.ping is other.ping
        and one.name == other.name
        and one.tags == other.tags
        and one.tags_unknown == other.tags_unknown
        and one.address == other.address
        and one.agent_version == other.agent_version
        and one.platform_name == other.platform_name
        and one.platform_version == other.platform_version
        and one.platform_type == other.platform_type
        and (one.last_ping is None) is (other.last_ping is None)
    )


def _tags(node: Node) -> Any:
    return " ".join(f"{key}={value}" for key, value in sorted(node.tags.items())) or (unknown_said(node), "muted")
