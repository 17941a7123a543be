"""Panes of live output: following, floods, bounds that are told, colours, the two streams, search."""

from __future__ import annotations

import pytest
from textual.binding import Binding

from tests.app._plain import SIZES, PlainApp, lines, until
from tui.widgets.ansi_text import compacted, plain
from tui.widgets.output_tail import KEEP, OutputTail
from tui.widgets.pane import Pane
from tui.widgets.pane_grid import PaneGrid


class Read(PaneGrid):
    """One pane read as a text, with what is said into it."""

    def __init__(self, title: str = "web-01") -> None:
        super().__init__()
        self.tail = OutputTail()
        self.pane = Pane("a", self.tail, [(title, "text")])
        self.sole = True

    def on_mount(self) -> None:
        self.show([self.pane])

    def append(self, data: bytes, stream: str = "stdout") -> None:
        self.tail.feed(stream, self.tail.at(stream), data)
        self.refresh()


def numbered(start: int, end: int) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(start, end))


@pytest.mark.parametrize("size", [*SIZES, (20, 5), (2, 2)])
async def test_output_is_followed_until_one_scrolls(size: tuple[int, int]) -> None:
    grid = Read()
    async with PlainApp(grid).run_test(size=size) as pilot:
        grid.append(numbered(0, 200))
        await until(pilot, lambda: lines(grid)[-1].startswith("li"[: size[0] - 1]))
        last = "line 199" if size[0] > 8 else "l…"
        assert lines(grid)[-1] == last
        await pilot.press("k")
        held = lines(grid)[1]
        grid.append(numbered(200, 300))
        assert lines(grid)[1] == held
        await pilot.press("G")
        assert lines(grid)[-1] == last.replace("199", "299")
        await pilot.press("g", "j", "l", "h", "pagedown", "pageup", "ctrl+d", "ctrl+u")


async def test_what_is_below_is_told_while_one_reads_above() -> None:
    grid = Read()
    async with PlainApp(grid).run_test(size=(80, 24)) as pilot:
        grid.append(numbered(0, 100))
        await pilot.press("g")
        assert lines(grid)[0].endswith("… 77 below")
        assert lines(grid)[1] == "line 0"


async def test_what_one_reads_above_moves_while_the_oldest_lines_are_let_go() -> None:
    grid = Read()
    async with PlainApp(grid).run_test(size=(80, 24)) as pilot:
        grid.append(numbered(0, 100_000))
        await pilot.press("pageup")
        held = lines(grid)[2:]
        for start in range(100_000, 105_000, 500):
            grid.append(numbered(start, start + 500))
            assert lines(grid)[2:] == held


async def test_a_million_lines_are_bounded_and_what_is_left_out_is_said() -> None:
    grid = Read()
    async with PlainApp(grid).run_test(size=(80, 24)) as pilot:
        for start in range(0, 1_000_000, 50_000):
            grid.append(numbered(start, start + 50_000))
        await until(pilot, lambda: lines(grid)[-1] == "line 999999")
        assert len(grid.tail.lines) <= KEEP // 32
        assert lines(grid)[1].endswith("of 11.3 MiB; v for the whole")
        await pilot.press("g")
        assert lines(grid)[2] == f"line {1_000_000 - len(grid.tail.lines)}"
    grid.append(b"\n" * 1_000_000)
    assert len(grid.tail.lines) <= KEEP // 32


async def test_one_line_of_a_hundred_megabytes_is_cut_and_the_cut_is_said() -> None:
    grid = Read()
    async with PlainApp(grid).run_test(size=(80, 24)):
        for _ in range(100):
            grid.append(b"x" * 1_000_000)
            assert "…+" in lines(grid)[-22]
        grid.append(b"\nafter\n")
        assert lines(grid)[1].endswith("of 95.4 MiB; v for the whole")
        assert lines(grid)[2].endswith("KiB")
        assert lines(grid)[3] == "after"
        assert grid.tail.kept_bytes < 17_000


async def test_bytes_that_were_dropped_are_said_in_their_place() -> None:
    grid = Read()
    async with PlainApp(grid).run_test(size=(80, 24)):
        grid.append(b"before")
        grid.tail.skip("stdout", 123_462)
        grid.append(b"after\n")
        assert lines(grid)[2:5] == ["before", "… 121 KiB of stdout not shown here; v has the whole …", "after"]


async def test_markup_like_text_control_sequences_and_wide_characters() -> None:
    grid = Read()
    async with PlainApp(grid).run_test(size=(80, 24)):
        grid.append(b"[red]not red[/red] [/nope]\n")
        grid.append(b"\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m \x1b[1;38;5;208morange\x1b[m plain\x07\n")
        grid.append("넓은 글자\n".encode())
        grid.append(b"bad \xff\xfe bytes\n")
        grid.append("split ✔".encode()[:-1])
        grid.append("✔".encode()[-1:] + b"\n")
        grid.append(b"a\tb\n10%\r20%\r\x1b[Kdone\nabc\b\bX\n")
        assert lines(grid)[1:9] == [
            "[red]not red[/red] [/nope]",
            "red orange plain␇",
            "넓은 글자",
            "bad \ufffd\ufffd bytes",
            "split ✔",
            "a       b",
            "done",
            "aXc",
        ]


@pytest.mark.parametrize(
    ("code", "colour"),
    [("31", "color(1)"), ("92", "color(10)"), ("38;5;208", "color(208)"), ("38;2;1;2;3", "#010203")],
)
@pytest.mark.parametrize("panes", [1, 2])
async def test_colours_show_in_tiles_and_in_a_pane_alone(code: str, colour: str, panes: int) -> None:
    grid = PaneGrid()
    async with PlainApp(grid).run_test(size=(80, 24)) as pilot:
        tails = [OutputTail() for _ in range(panes)]
        grid.show([Pane(str(n), tail, [(f"web-{n}", "text")]) for n, tail in enumerate(tails)])
        for tail in tails:
            tail.feed("stdout", 0, f"is \x1b[{code}mcoloured\nstill\x1b[0m plain\n".encode())
        await pilot.pause()
        for row, text in ((1, "coloured"), (2, "still")):
            found = [one.style for one in grid.render_line(row) if one.text == text]
            assert {one.color.name for one in found if one and one.color} == {colour}
            assert len(found) == 1
        over = next(one for one in grid.render_line(2) if one.text == " plain").style
        assert over is not None and over.color is not None and over.color.name != colour


async def test_stderr_has_its_mark_and_its_colour_where_the_text_brings_none() -> None:
    grid = Read()
    async with PlainApp(grid).run_test(size=(80, 24)):
        grid.append(b"said\n")
        grid.append(b"trouble \x1b[32mgreen\x1b[0m\n", "stderr")
        grid.append(b"\x1b[31mred")
        grid.append(b"still trouble\n", "stderr")
        assert lines(grid)[1:5] == ["said", "▏trouble green", "red", "▏still trouble"]
        said, trouble, green = (
            next(one.style.color for y in (1, 2) for one in grid.render_line(y) if one.style and one.text == text)
            for text in ("said", "trouble ", "green")
        )
        assert len({str(one) for one in (said, trouble, green)}) == 3
        # One stream's colours are not the other's.
        assert [one.style and one.style.color for one in grid.render_line(4)][1] == trouble


async def test_search_goes_from_match_to_match_and_esc_ends_it() -> None:
    left: list[str] = []

    class App(PlainApp):
        BINDINGS = [Binding("escape", "leave"), Binding("slash", "leave"), Binding("a", "leave")]

        def action_leave(self) -> None:
            left.append("left")

    grid = Read()
    async with App(grid).run_test(size=(80, 24)) as pilot:
        grid.append(numbered(0, 500))
        await pilot.press("g", "slash", *"ne 77")
        assert lines(grid)[-1] == "/ne 77"
        await pilot.press("enter")
        assert lines(grid)[-1].startswith("line")
        assert "line 77" in lines(grid)
        assert lines(grid)[1] != "line 0"
        await pilot.press("slash", *"a1", "backspace", "backspace", "0", "escape")
        assert left == []
        await pilot.press("slash", *"99", "enter")
        assert "line 99" in lines(grid)
        await pilot.press("n")
        assert "line 199" in lines(grid)
        await pilot.press("N", "N")
        assert "line 499" in lines(grid)
        marked = [one for y in range(24) for one in grid.render_line(y) if one.text == "99" and one.style]
        assert marked
        await pilot.press("escape")
        assert left == []
        await pilot.press("escape")
        assert left == ["left"]


async def test_a_long_line_is_read_sideways_and_a_match_is_brought_into_sight() -> None:
    grid = Read()
    async with PlainApp(grid).run_test(size=(40, 5)) as pilot:
        grid.append(("start " + "가" * 30 + " end\n").encode())
        assert lines(grid)[1].endswith("…")
        await pilot.press(*["l"] * 6)
        assert lines(grid)[1].endswith(" end")
        await pilot.press(*["h"] * 6)
        assert lines(grid)[1].startswith("start")
        await pilot.press("slash", "space", *"end", "enter")
        assert " end" in lines(grid)[1]


async def test_a_title_is_never_markup() -> None:
    grid = Read("[red]web[/red] [/x]\x1b")
    async with PlainApp(grid).run_test(size=(40, 5)):
        assert "[red]web[/red] [/x]␛" in lines(grid)[0]


@pytest.mark.parametrize("wipe", ["", "\x1b[K"])
@pytest.mark.parametrize("colours", [("", ""), ("\x1b[32m", "\x1b[0m")])
def test_a_bar_that_overwrites_itself_stays_one_short_line(wipe: str, colours: tuple[str, str]) -> None:
    tail = OutputTail()
    for share in range(20_000):
        said = f"\r{colours[0]}loading {share}{colours[1]} of 20000{wipe}".encode()
        tail.feed("stdout", tail.at("stdout"), said)
        if not share % 50:
            assert len(tail.lines) == 1
    assert [line.text for line in tail.lines] == ["loading 19999 of 20000"]
    assert tail.lines[0].over == 0
    assert tail.kept_bytes < 17_000
    tail.feed("stdout", tail.at("stdout"), b"\r\x1b[Kdone\n")
    assert [line.text for line in tail.lines] == ["done"]


@pytest.mark.parametrize(
    "raw",
    [
        "abc\rX",
        "abcdef\rxyz\rq",
        "abcdef\rxyz\r",
        "\r\r\ra",
        "abc\r\x1b[Kd\re",
        "longer\rab\x1b[K\rc",
        "\x1b[31mred\rgo\x1b[K\rx",
        "one\r\x1b[2Ktwo\rt",
    ],
)
def test_a_line_compacted_draws_the_same_and_goes_on_the_same(raw: str) -> None:
    for more in ("", "Z", "\rZ", "\x1b[KZ"):
        assert plain(compacted(raw) + more) == plain(raw + more)


async def test_a_stream_that_is_flooded_past_leaves_the_other_ones_open_line_out_of_sight() -> None:
    grid = Read()
    async with PlainApp(grid).run_test(size=(80, 24)):
        grid.append(b"begun ", "stderr")
        assert lines(grid)[1] == "▏begun"
        grid.append(b"x\n" * KEEP)
        assert lines(grid)[-1] == "x"
        grid.append(b"and ended\n", "stderr")
        assert lines(grid)[-1] == "▏and ended"
