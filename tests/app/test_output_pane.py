"""The pane of live output: following, floods, bounds that are told, colours, search."""

from __future__ import annotations

import pytest
from textual.binding import Binding
from textual.content import Content

from tests.app._plain import SIZES, PlainApp, lines, until
from tui.widgets.output_lines import OutputLines
from tui.widgets.output_pane import OutputPane


def numbered(start: int, end: int) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(start, end))


@pytest.mark.parametrize("size", [*SIZES, (20, 5), (2, 1)])
async def test_output_is_followed_until_one_scrolls(size: tuple[int, int]) -> None:
    pane = OutputPane()
    async with PlainApp(pane).run_test(size=size) as pilot:
        pane.append(numbered(0, 200))
        await until(pilot, lambda: lines(pane)[-1].startswith("li"))
        assert lines(pane)[-1] == "line 199"[: size[0]]
        await pilot.press("k")
        assert not pane.follow
        held = lines(pane)[0]
        pane.append(numbered(200, 300))
        await pilot.pause()
        assert lines(pane)[0] == held
        await pilot.press("G")
        assert pane.follow
        assert lines(pane)[-1] == "line 299"[: size[0]]
        await pilot.press("g", "j", "l", "h", "pagedown", "pageup", "ctrl+d", "ctrl+u")


async def test_what_is_below_is_told_while_one_reads_above() -> None:
    pane = OutputPane()
    async with PlainApp(pane).run_test(size=(80, 24)) as pilot:
        pane.append(numbered(0, 100))
        await pilot.press("g")
        assert lines(pane)[-1].endswith("76 more below · G follows")
        assert lines(pane)[0] == "line 0"


async def test_a_million_lines_are_bounded_and_the_drop_is_counted_and_said() -> None:
    pane = OutputPane()
    async with PlainApp(pane).run_test(size=(80, 24)) as pilot:
        for start in range(0, 1_000_000, 50_000):
            pane.append(numbered(start, start + 50_000))
        await until(pilot, lambda: lines(pane)[-1] == "line 999999")
        assert pane.dropped == 990_000
        await pilot.press("g")
        assert lines(pane)[0] == "990,000 lines dropped here; the whole text: v"
        assert lines(pane)[1] == "line 990000"


async def test_one_line_of_a_hundred_megabytes_is_cut_and_the_cut_is_said() -> None:
    pane = OutputPane()
    async with PlainApp(pane).run_test(size=(80, 24)) as pilot:
        for _ in range(100):
            pane.append(b"x" * 1_000_000)
        await until(pilot, lambda: "not shown" in lines(pane)[1])
        assert lines(pane)[1] == "… 99,983,616 bytes of this line not shown; the whole text: v"
        pane.append("\nafter\n")
        await until(pilot, lambda: lines(pane)[2] == "after")
        assert len(pane.text) < 17_000


async def test_bytes_that_the_engine_dropped_are_said_in_their_place() -> None:
    pane = OutputPane()
    async with PlainApp(pane).run_test(size=(80, 24)) as pilot:
        pane.append("before")
        pane.note_dropped(123_456)
        pane.append("after\n")
        await until(pilot, lambda: lines(pane)[2] == "after")
        assert lines(pane)[:2] == ["before", "… 123,456 bytes dropped here; the whole text: v"]


async def test_markup_like_text_control_sequences_and_wide_characters() -> None:
    pane = OutputPane()
    async with PlainApp(pane).run_test(size=(80, 24)) as pilot:
        pane.append(b"[red]not red[/red] [/nope]\n")
        pane.append(b"\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m \x1b[1;38;5;208morange\x1b[m plain\x07\n")
        pane.append("넓은 글자\n".encode())
        pane.append(b"bad \xff\xfe bytes\n")
        pane.append("split ✔".encode()[:-1])
        pane.append("✔".encode()[-1:] + b"\n")
        pane.append(b"a\tb\n10%\r20%\r\x1b[Kdone\nabc\b\bX\n")
        await until(pilot, lambda: lines(pane)[7] == "aXc")
        assert lines(pane)[:7] == [
            "[red]not red[/red] [/nope]",
            "red orange plain",
            "넓은 글자",
            "bad \ufffd\ufffd bytes",
            "split ✔",
            "a       b",
            "done",
        ]
        red = next(segment for segment in pane.render_line(1) if segment.text == "red")
        assert red.style is not None and red.style.color is not None and red.style.color.number == 1


async def test_a_colour_goes_on_to_the_next_line() -> None:
    pane = OutputPane()
    async with PlainApp(pane).run_test(size=(80, 24)) as pilot:
        pane.append(b"\x1b[32mgreen\nstill\n\x1b[0mover\n")
        await until(pilot, lambda: lines(pane)[2] == "over")
        colours = [next(iter(pane.render_line(y))).style for y in range(3)]
        assert [style.color.number if style and style.color else None for style in colours][:2] == [2, 2]
        assert colours[2] is not None and (colours[2].color is None or colours[2].color.number != 2)


async def test_search_goes_from_match_to_match_and_esc_ends_it() -> None:
    left: list[str] = []

    class App(PlainApp):
        BINDINGS = [Binding("escape", "leave"), Binding("slash", "leave"), Binding("a", "leave")]

        def action_leave(self) -> None:
            left.append("left")

    pane = OutputPane()
    async with App(pane).run_test(size=(80, 24)) as pilot:
        pane.append(numbered(0, 500))
        await pilot.press("g", "slash", *"ne 77", "enter")
        assert not pane.takes_text
        assert "line 77" in lines(pane)
        assert lines(pane)[0] != "line 0"
        await pilot.press("slash", *"a1", "backspace", "backspace", *"0\u0020"[:1], "escape")
        assert left == []
        await pilot.press("slash", *"99", "enter")
        assert "line 99" in lines(pane)
        await pilot.press("n")
        assert "line 199" in lines(pane)
        await pilot.press("N", "N")
        assert "line 499" in lines(pane)
        await pilot.press("escape")
        assert left == []
        await pilot.press("escape")
        assert left == ["left"]


async def test_a_long_line_is_read_sideways() -> None:
    pane = OutputPane()
    async with PlainApp(pane).run_test(size=(40, 5)) as pilot:
        pane.append("start " + "가" * 30 + " end\n")
        await pilot.press(*["l"] * 6)
        assert lines(pane)[0].endswith(" end")
        await pilot.press(*["h"] * 6)
        assert lines(pane)[0].startswith("start")
        pane.search(" end")
        assert " end" in lines(pane)[0]


async def test_a_title_is_never_markup() -> None:
    pane = OutputPane()
    async with PlainApp(pane).run_test(size=(40, 5)):
        pane.styles.border = ("round", "white")
        pane.set_title("[red]web[/red] [/x]\x1b", "exit 1")
        assert Content.from_markup(pane.border_title or "").plain == "[red]web[/red] [/x]␛"


def test_a_bar_that_overwrites_itself_stays_one_line() -> None:
    held = OutputLines()
    for share in range(20_000):
        held.append(f"\r\x1b[32mloading {share}\x1b[0m of 20000\x1b[K")
    assert held.text() == "loading 19999 of 20000\n"
    assert held.lost == 0
    held.append("\r\x1b[Kdone\n")
    assert held.text() == "done\n"


def test_characters_are_bounded_as_well_as_lines() -> None:
    held = OutputLines(max_lines=100, max_characters=1_000, max_line=50)
    for number in range(200):
        held.append(f"{number:03d} " + "y" * 60 + "\n")
    assert held.end - held.first < 40
    assert held.dropped > 150
    assert held.plain(held.first).endswith("lines dropped here; the whole text: v")
    assert held.tail(1) == ["… 14 bytes of this line not shown; the whole text: v"]
