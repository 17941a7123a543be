"""Panes that share an area: they fill it exactly, none is too small, and what changes is what was asked for."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tui.widgets.splits import LOWEST, NARROWEST, Box, Splits, divide

SIZE = (80, 21)

steps = st.lists(
    st.tuples(st.sampled_from(["right", "below", "remove", "swap", "even", "wider", "higher"]), st.integers(0, 30)),
    max_size=14,
)
sizes = st.tuples(st.integers(1, 220), st.integers(1, 60))


def made_by(deeds: list[tuple[str, int]], size: tuple[int, int]) -> Splits[int]:
    splits, new = Splits(0), 0
    for deed, number in deeds:
        keys = splits.keys
        key, other = keys[number % len(keys)], keys[(number + 1) % len(keys)]
        match deed:
            case "right" | "below":
                new += 1
                before = splits.keys
                if not splits.split(key, new, across=deed == "right", size=size):
                    assert splits.keys == before
            case "remove":
                splits.remove(key, size)
            case "swap":
                splits.swap(key, other)
            case "even":
                splits.even()
            case "wider":
                splits.resize(key, number - 15, 0, size)
            case "higher":
                splits.resize(key, 0, number - 15, size)
    return splits


def covered(boxes: list[Box], width: int, height: int) -> None:
    """Every cell belongs to exactly one box."""
    cells = [[0] * width for _ in range(height)]
    for box in boxes:
        for y in range(box.y, box.y + box.height):
            for x in range(box.x, box.x + box.width):
                cells[y][x] += 1
    assert all(cell == 1 for row in cells for cell in row)


@settings(max_examples=60, deadline=None)
@given(steps, sizes, sizes)
def test_panes_and_the_columns_between_them_fill_any_area_exactly(
    deeds: list[tuple[str, int]], size: tuple[int, int], later: tuple[int, int]
) -> None:
    splits = made_by(deeds, size)
    for width, height in (size, later):
        arranged = splits.arrange(width, height)
        if arranged is None:
            continue
        assert set(arranged.boxes) == set(splits.keys)
        covered([*arranged.boxes.values(), *(edge.box for edge in arranged.edges if edge.fork.across)], width, height)
        assert all(box.width >= 1 and box.height >= 2 for box in arranged.boxes.values()) or len(splits) == 1


@settings(max_examples=60, deadline=None)
@given(steps, sizes)
def test_no_split_and_no_resize_makes_a_pane_smaller_than_the_least(
    deeds: list[tuple[str, int]], size: tuple[int, int]
) -> None:
    splits = made_by(deeds, size)
    arranged = splits.arrange(*size)
    if len(splits) > 1:
        assert arranged is not None
        assert all(box.width >= NARROWEST and box.height >= LOWEST for box in arranged.boxes.values())


@settings(max_examples=40, deadline=None)
@given(steps, sizes)
def test_an_area_that_was_small_for_a_while_looks_as_it_did(
    deeds: list[tuple[str, int]], between: tuple[int, int]
) -> None:
    splits = made_by(deeds, (200, 50))
    before = splits.arrange(200, 50)
    splits.arrange(*between)
    assert splits.arrange(200, 50) == before


@given(st.integers(0, 200), st.lists(st.floats(0.5, 50), min_size=1, max_size=6))
def test_a_division_gives_away_every_cell(room: int, weights: list[float]) -> None:
    least = [1] * len(weights)
    cells = divide(room, weights, least)
    assert sum(cells) == room
    assert room < len(weights) or min(cells) >= 1


def test_a_split_halves_the_pane_and_moves_no_other() -> None:
    splits = Splits("a")
    assert splits.split("a", "b", across=True, size=SIZE)
    assert splits.split("b", "c", across=False, size=SIZE)
    arranged = splits.arrange(*SIZE)
    assert arranged is not None
    assert arranged.boxes == {"a": Box(0, 0, 40, 21), "b": Box(41, 0, 39, 11), "c": Box(41, 11, 39, 10)}
    assert [edge.box for edge in arranged.edges] == [Box(40, 0, 1, 21), Box(41, 11, 39, 1)]
    splits.remove("a", SIZE)
    arranged = splits.arrange(*SIZE)
    assert arranged is not None
    assert arranged.boxes == {"b": Box(0, 0, 80, 11), "c": Box(0, 11, 80, 10)}


def test_a_split_that_does_not_fit_is_refused() -> None:
    splits = Splits(0)
    assert not splits.split(0, 1, across=True, size=(2 * NARROWEST, 21))
    assert splits.split(0, 1, across=True, size=(2 * NARROWEST + 1, 21))
    assert not splits.split(0, 2, across=False, size=(80, 2 * LOWEST - 1))
    assert splits.keys == [0, 1]


def test_the_room_of_a_closed_pane_goes_to_its_neighbour_alone() -> None:
    splits = Splits("a")
    splits.split("a", "c", across=True, size=(121, 30))
    splits.split("a", "b", across=True, size=(121, 30))
    before = splits.arrange(121, 30)
    splits.remove("b", (121, 30))
    after = splits.arrange(121, 30)
    assert before is not None and after is not None
    assert after.boxes["c"] == before.boxes["c"]
    assert after.boxes["a"].width == before.boxes["a"].width + before.boxes["b"].width + 1


def test_moving_goes_to_the_pane_used_last_and_round_the_edge() -> None:
    splits = Splits("a")
    splits.split("a", "b", across=True, size=SIZE)
    splits.split("b", "c", across=False, size=SIZE)
    assert splits.neighbour("a", 1, 0, SIZE) == "b"
    assert splits.neighbour("a", 1, 0, SIZE, ["b", "c"]) == "c"
    assert splits.neighbour("b", 0, 1, SIZE) == "c"
    assert splits.neighbour("c", -1, 0, SIZE) == "a"
    assert splits.neighbour("c", 1, 0, SIZE) == "a"
    assert splits.neighbour("c", 0, 1, SIZE) == "b"
    assert splits.neighbour("a", 0, 1, SIZE) is None


def test_an_edge_moves_as_far_as_both_sides_keep_their_least() -> None:
    splits = Splits("a")
    splits.split("a", "b", across=True, size=SIZE)
    assert splits.resize("a", 5, 0, SIZE)
    assert splits.resize("b", 100, 0, SIZE)
    arranged = splits.arrange(*SIZE)
    assert arranged is not None
    assert arranged.boxes["b"].width == NARROWEST
    assert not splits.resize("a", 1, 0, SIZE)
    assert not splits.resize("a", 0, 1, SIZE)
    splits.even()
    arranged = splits.arrange(*SIZE)
    assert arranged is not None
    assert {box.width for box in arranged.boxes.values()} == {39, 40}


def test_no_room_for_all_is_said() -> None:
    splits = Splits(0)
    splits.split(0, 1, across=False, size=SIZE)
    assert splits.arrange(80, 3) is None
    assert splits.arrange(1, 4) is not None
    assert Splits(0).arrange(1, 1) is None
