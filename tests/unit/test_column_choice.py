"""An operator's choice of columns as plain values: order, what shows, widths, and keys that a table does not have."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tui.widgets.column_choice import WIDEST, ColumnChoice
from tui.widgets.column_layout import arrange
from tui.widgets.columns import Column, measure

COLUMNS = [Column("status"), Column("name", head=True), Column("id"), Column("agent", wide=True), Column("tags")]


def seen(choice: ColumnChoice, columns: list[Column] = COLUMNS) -> list[str]:
    return [columns[place].key for place in choice.places(columns)]


def test_the_default_choice_leaves_everything_as_it_is() -> None:
    choice = ColumnChoice()
    assert choice.is_default
    assert seen(choice) == ["status", "name", "id", "agent", "tags"]
    assert choice.fitted(COLUMNS) == COLUMNS


def test_a_moved_column_keeps_its_place_and_a_new_one_stands_where_its_table_puts_it() -> None:
    choice = ColumnChoice().moved(COLUMNS, "tags", -3)
    assert seen(choice) == ["status", "tags", "name", "id", "agent"]
    with_context = [*COLUMNS[:2], Column("context"), *COLUMNS[2:]]
    assert seen(choice, with_context) == ["status", "tags", "name", "context", "id", "agent"]
    assert choice.moved(COLUMNS, "status", -1) is choice


def test_keys_that_a_table_does_not_have_now_keep_their_place_in_the_choice() -> None:
    with_context = [*COLUMNS[:2], Column("context"), *COLUMNS[2:]]
    choice = ColumnChoice().moved(with_context, "context", 3)
    assert choice.order == ("status", "name", "id", "agent", "tags", "context")
    choice = choice.moved(COLUMNS, "status", 1)
    assert choice.order == ("name", "status", "id", "agent", "tags", "context")
    assert seen(choice) == ["name", "status", "id", "agent", "tags"]


def test_a_column_is_hidden_and_shown_again_and_a_wide_one_has_a_third_way() -> None:
    once = ColumnChoice().toggled(COLUMNS[2])
    assert "id" not in seen(once) and once.toggled(COLUMNS[2]).is_default
    agent, kept = COLUMNS[3], ColumnChoice()
    shapes = []
    for _ in range(3):
        kept = kept.toggled(agent)
        shapes.append((agent.key in seen(kept), kept.fitted([agent])[0].wide))
    assert shapes == [(True, False), (False, True), (True, True)]


def test_where_all_are_hidden_the_first_still_shows() -> None:
    assert seen(ColumnChoice(hidden=frozenset(column.key for column in COLUMNS))) == ["status"]


def test_widths_stay_within_bounds_and_go_back() -> None:
    choice = ColumnChoice().widened("name", 12, 5)
    assert choice.fitted(COLUMNS)[1].width == 17
    assert choice.widened("name", 12, -90).fitted(COLUMNS)[1].width == 2
    assert ColumnChoice(widths={"name": 10**9}).fitted(COLUMNS)[1].width == WIDEST
    assert choice.restored("name").is_default


def test_what_scrolls_sideways_is_not_squeezed_and_the_name_stays() -> None:
    columns = [Column("status"), Column("name", head=True), *(Column(f"c{n}", min_width=4) for n in range(6))]
    layout = arrange(columns, measure(columns, [("● Online", "web-000001", *["x" * 14] * 6)]), 60, 2, squeeze=False)
    assert layout.frozen == 2
    assert [place for place, _, _ in layout.places[:4]] == [0, 1, 4, 5]
    assert layout.places[2][2] == 14


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(1, 60), st.booleans(), st.booleans()), min_size=1, max_size=9),
    st.integers(0, 120),
    st.permutations(range(9)),
    st.integers(0, 12),
)
def test_any_order_and_heads_stay_within_the_room(
    shapes: list[tuple[int, bool, bool]], room: int, order: list[int], offset: int
) -> None:
    columns = [Column(str(place), wide=wide, head=head) for place, (_, wide, head) in enumerate(shapes)]
    wishes = measure(columns, [tuple("x" * size for size, _, _ in shapes)])
    order = [place for place in order if place < len(columns)]
    layout = arrange(columns, wishes, room, offset, order, squeeze=bool(offset % 2))
    at = 0
    for _, start, size in layout.places:
        assert start >= at and size > 0
        at = start + size
    assert at <= room
    end = arrange(columns, wishes, room, 99, order)
    if room > 30 and end.steps:
        assert end.places[-1][0] == next(p for p in reversed(order) if not columns[p].wide)
