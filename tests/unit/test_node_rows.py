"""The rows of a list of nodes that is fetched again and again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tui.ports import Ref
from tui.screens._node_rows import NodeRows
from tui.services.nodes import Node, PingStatus
from tui.theming import UNICODE
from tui.widgets.top_bar import Word


def node(number: int, heard: float | None = 1000.0, **more: Any) -> Node:
    then = None if heard is None else datetime.fromtimestamp(heard, UTC)
    facts: dict[str, Any] = {"name": f"web-{number}", "ping": PingStatus.ONLINE, "last_ping": then}
    return Node(ref=Ref("local", f"mi-{number}"), **{**facts, **more})


def makes() -> tuple[NodeRows, list[str]]:
    """Give rows, and the names of the nodes that were said anew."""
    said: list[str] = []

    def status_of(node: Node) -> Word:
        said.append(node.name)
        return str(node.ping), "good"

    return NodeRows(status_of), said


def rows(made: NodeRows, nodes: list[Node], now: float, links: Any = ()) -> list[Any]:
    return [cells for _, cells in made.rows(nodes, dict(links), {"local": ()}, UNICODE, now)]


def test_a_list_of_thousands_that_came_again_held_the_loop_though_nothing_had_changed() -> None:
    made, said = makes()
    first = rows(made, [node(1), node(2)], 1005.0)
    again = rows(made, [node(1), node(2)], 1005.9)
    assert said == ["web-1", "web-2"]
    assert [one is other for one, other in zip(first, again, strict=True)] == [True, True]


def test_an_age_goes_on_where_nothing_else_does_and_begins_anew_with_a_ping() -> None:
    made, said = makes()
    assert rows(made, [node(1)], 1005.0)[0][6] == ("5s", "", -1000.0)
    assert rows(made, [node(1)], 1065.0)[0][6] == ("1m", "", -1000.0)
    assert rows(made, [node(1, 1064.0)], 1065.0)[0][6] == ("1s", "", -1064.0)
    assert rows(made, [node(1, 1066.0)], 1065.0)[0][6] == ("0s", "", -1066.0)
    assert said == ["web-1"]


def test_what_a_row_shows_of_a_node_is_made_anew_when_it_is_another() -> None:
    made, _ = makes()
    now = node(1)
    rows(made, [now], 1005.0)
    others: dict[str, Any] = {
        "name": "db-1",
        "ping": PingStatus.INACTIVE,
        "platform_name": "Debian",
        "platform_version": "13",
        "platform_type": "Windows",
        "agent_version": "9",
        "address": "10.0.0.9",
        "tags": {"env": "prod"},
        "tags_unknown": "AccessDenied",
        "last_ping": None,
    }
    for key, value in others.items():
        before = rows(made, [now], 1005.0)
        now = replace(now, **{key: value})
        if key == "platform_type":  # seen only where the platform has no name
            now = replace(now, platform_name="", platform_version="")
        if key == "tags_unknown":
            now = replace(now, tags={})
        assert rows(made, [now], 1005.0) != before, key


def test_a_link_that_is_another_and_a_context_that_is_stale_are_seen_at_once() -> None:
    made, said = makes()
    ref = Ref("local", "mi-1")
    rows(made, [node(1)], 1005.0, {ref: "connecting"}.items())
    rows(made, [node(1)], 1005.0, {ref: "up"}.items())
    assert len(said) == 2
    found = made.rows([node(1)], {ref: "up"}, {"local": (("x local", "warn"),)}, UNICODE, 1005.0)
    assert found[0][1][2] == ("x local", "warn")
