"""Which nodes target words mean."""

from __future__ import annotations

import pytest

from tui.ports import Ref
from tui.services.nodes import Node, PingStatus
from tui.services.targets import Directory, Trouble, groups_in, join_words, split_words


def node(id: str, name: str, host: str = "", online: bool = True, **tags: str) -> Node:
    ping = PingStatus.ONLINE if online else PingStatus.CONNECTION_LOST
    return Node(ref=Ref("local", id), name=name, ping=ping, computer_name=host or name, tags=tags)


NODES = Directory(
    [
        node("mi-1", "web-1", env="prod"),
        node("mi-2", "web-2", env="prod", online=False),
        node("mi-3", "db 1", host="db1", env="test"),
        node("mi-4", "twin"),
        node("mi-5", "twin"),
    ]
)


def test_words_mean_their_union_once() -> None:
    chosen = NODES.choose(["web-1", "mi-3", "tag:env=prod"])
    assert (chosen.ids, chosen.targets, chosen.problems) == (["mi-1", "mi-3", "mi-2"], (), ())
    assert [one.id for one in chosen.offline] == ["mi-2"]


def test_one_tag_goes_as_a_target_of_the_api() -> None:
    assert NODES.choose(["tag:env=prod"]).targets == ({"Key": "tag:env", "Values": ["prod"]},)
    assert NODES.choose(["tag:env"]).targets == ({"Key": "tag-key", "Values": ["env"]},)


def test_a_group_means_its_members_and_goes_as_a_target_of_the_api() -> None:
    nodes = [node("mi-1", "web-1"), node("mi-2", "web-2"), node("mi-3", "db")]
    groups = {"web": {Ref("local", "mi-1"), Ref("local", "mi-2"), Ref("local", "mi-gone")}, "none": set(), "no": None}
    found = Directory(nodes, groups)
    chosen = found.choose(["group:web"])
    assert (chosen.ids, chosen.problems) == (["mi-1", "mi-2"], ())
    assert chosen.targets == ({"Key": "resource-groups:Name", "Values": ["web"]},)
    assert found.choose(["group:web", "db"]).targets == ()
    assert found.choose(["group:web", "db"]).ids == ["mi-1", "mi-2", "mi-3"]
    for name, trouble in (("none", Trouble.UNTAGGED), ("no", Trouble.NO_GROUP), ("new", Trouble.NOT_ASKED)):
        assert [problem.trouble for problem in found.choose([f"group:{name}"]).problems] == [trouble]


def test_groups_are_found_among_words_that_say_their_context_too() -> None:
    assert groups_in(["web-1", "group:a", "prod/eu-west-1:group:b", "group:a", "group:", "tag:x=1"]) == ["a", "b"]


def test_no_word_means_this_machine() -> None:
    assert NODES.choose([], host="db1").ids == ["mi-3"]
    assert NODES.choose([], host="elsewhere").problems


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("web", "No node is called web. There are web-1, web-2."),
        ("twin", "2 nodes are called twin: mi-4, mi-5. Name one by its id."),
        ("tag:", "tag: names no tag: write tag:KEY=VALUE."),
        ("tag:env=none", "No node has tag:env=none."),
    ],
)
def test_a_word_that_means_no_node_is_explained(word: str, said: str) -> None:
    assert [problem.text for problem in NODES.choose([word]).problems] == [said]


def test_a_node_is_called_by_its_name_where_that_names_it_alone() -> None:
    assert [NODES.word_for(id) for id in ("mi-1", "mi-4", "mi-9")] == ["web-1", "mi-4", "mi-9"]


@pytest.mark.parametrize("words", [[], ["web-1", "tag:a=b"], ["db 1", "it's", 'say "x"'], [""], ["a\u00a0b", "c"]])
def test_a_line_of_words_is_read_back_as_it_was_written(words: list[str]) -> None:
    assert split_words(join_words(words)) == words


def test_a_quote_that_is_still_open_is_no_error() -> None:
    assert split_words("web-1 'db 1") == ["web-1", "db 1"]
