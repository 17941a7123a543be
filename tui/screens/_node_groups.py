"""What Fleet's nodes can be grouped by, and what the panel says of one group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from tui.widgets.cells import clean, cut, fit, width
from tui.widgets.filter_grammar import cell_text
from tui.widgets.grouped_table import counted

if TYPE_CHECKING:
    from tui.services.nodes import Node
    from tui.widgets.resource_table import ResourceTable
    from tui.widgets.row_groups import Group, Grouping
    from tui.widgets.top_bar import Word

PLATFORM, PING, TAG = "platform", "ping", "tag:"
"""Keys of groupings; a tag's is led by TAG, so that a tag named `ping` is another one."""

_BAR_STYLES = {"ok": "good", "warn": "warn", "error": "bad", "muted": "dim"}
_MOST = 12


def grouping(key: str, node_of: Callable[[Any], Node | None]) -> Grouping:
    """Make the grouping of a key; `node_of` gives the node of a row."""
    from tui.widgets.row_groups import Grouping  # deferred: asked for by a key

    name = in_words(key)

    def platform(row: Any) -> str | None:
        node = node_of(row)
        return (node.platform if node else "") or None

    def ping(row: Any) -> str | None:
        node = node_of(row)
        return node.ping.value if node else None

    def tag(row: Any) -> str | None:
        node = node_of(row)
        return node.tags.get(name) if node else None

    def title(value: str | None) -> str:
        if value is None:
            return f"(no {name})"
        return value if key == PLATFORM else f"{PING if key == PING else name}={value}"

    return Grouping(key, {PLATFORM: platform, PING: ping}.get(key, tag), title)


def in_words(key: str) -> str:
    """Write a grouping's key as it is said: a tag by its own key."""
    return "ping status" if key == PING else key.removeprefix(TAG)


def crumb_of(title: str, key: str) -> str:
    """Write a screen's crumb with what it is grouped by, cut to what a crumb may take."""
    return f"{title} by {cut(clean(in_words(key)), 24)}" if key else title


def read_words(argument: Any) -> tuple[str, str]:
    """Take the grouping's key out of go-to words, `by=env web` is `tag:env` and `web`; "" where none is named."""
    words = argument.split() if isinstance(argument, str) else []
    named = [word for word in words if word.startswith("by=")]
    rest = " ".join(word for word in words if word not in named)
    by = named[-1].removeprefix("by=") if named else ""
    return (by if by in ("", PLATFORM, PING) else TAG + by.removeprefix(TAG)), rest


def choices(nodes: Iterable[Node], total: int) -> list[tuple[str, str]]:
    """Give what nodes can be grouped by, (text, key): nothing, platform, ping, then tags, the most frequent first."""
    counts = Counter(chain.from_iterable(node.tags for node in nodes))
    tags = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    room = min(max((width(clean(key)) for key in counts), default=0), 30)
    return [
        ("nothing", ""),
        ("platform", PLATFORM),
        ("ping status", PING),
        *((f"{fit(clean(key), room)}  {count} of {total} nodes have the tag", TAG + key) for key, count in tags),
    ]


def about(group: Group, table: ResourceTable) -> list[list[Word]]:
    """Write what the panel says of a group: how many of its nodes have which status, and run on which platform."""
    size = len(group.slots)
    lines: list[list[Word]] = [[(group.title, "accent")], [(f"{size} node{'s' * (size != 1)}", "text")], []]
    for word, count in group.tally():
        text, style = counted(word, count)
        lines.append([(text, _BAR_STYLES.get(style, "text"))])
    if group.id.key != PLATFORM:
        platforms = Counter(cell_text(cell) for cell in table.cells_of(group, "platform")).most_common()
        lines += [[], [("platforms", "dim")]]
        lines += [[(f"{count:>6}  ", "text"), (name or "unknown", "text")] for name, count in platforms[:_MOST]]
        if len(platforms) > _MOST:
            lines.append([(f"        {len(platforms) - _MOST} more", "dim")])
    return [*lines, [], [("h l fold   space marks them", "dim")]]


def copies(group: Group, ids: Iterable[str]) -> Mapping[str, str]:
    """Give what of a group can be copied: its title, the ids of its nodes, and the target that means a tag."""
    tag = group.id.key.removeprefix(TAG) if group.id.key.startswith(TAG) else ""
    target = f"tag:{tag}={group.id.value}" if tag and group.id.value is not None else ""
    return {"group": group.title, "ids": "\n".join(ids), "target": target}
