"""Streams as programs might write them, made by hypothesis: text of all widths and every sequence of a screen.

Left out is where tmux 3.3 isn't one to follow, or does otherwise than xterm: it knows neither CHT, HPR, VPR nor
DECSTR, and doesn't repeat a wide character; ICH of more cells than it moves leaves old ones; a margin of 0 is 1 to it;
lines are inserted and deleted outside of the region too; the right half of a wide character whose left one was erased
takes no cell any more; a line that comes by wrapping and the alternate screen don't take the current background; a
cursor that 1049 saved is taken up again by each end of it that comes after.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

Pieces = st.SearchStrategy[str]

SMALL = st.integers(0, 8)
PLACE = st.integers(0, 22)
OPTIONAL = st.one_of(st.just(""), SMALL.map(str))

WORDS = st.text(alphabet="abcfgxyz 019.-", min_size=1, max_size=12)
LONG = st.integers(10, 50).map(lambda count: ("0123456789" * 5)[:count])
WIDE = st.text(alphabet="한글字あ🙂", min_size=1, max_size=6)
ACCENTS = st.lists(st.sampled_from(["e\u0301", "o\u0308\u0323", "한", "x"]), min_size=1, max_size=4).map("".join)
CONTROLS = st.sampled_from(["\r\n", "\n", "\r", "\b", "\t", "\r\n\r\n", "\v"])

MOVES = st.one_of(
    st.builds("\x1b[{}{}".format, OPTIONAL, st.sampled_from("ABCDEF`Gd")),
    st.builds("\x1b[{};{}H".format, PLACE, PLACE),
    st.builds("\x1b[{}H".format, OPTIONAL),
)
LINES = st.sampled_from(["\x1b[2K", "\x1b[2J", "\x1b[K", "\r\x1b[J"])
_REGION = st.sampled_from([(1, 4), (2, 4), (1, 3), (2, 3), (3, 4)])
LINE_EDITS = st.tuples(_REGION, st.integers(0, 1), OPTIONAL, st.sampled_from("LM")).map(
    lambda made: f"\x1b[{made[0][0]};{made[0][1]}r\x1b[{made[0][0] + made[1]};3H\x1b[{made[2]}{made[3]}"
)
ERASURES = st.one_of(
    st.builds("\x1b[{}J".format, st.sampled_from(["", "0", "1", "2"])),
    st.builds("\x1b[{}K".format, st.sampled_from(["", "0", "1", "2"])),
    st.builds("\x1b[{}X".format, OPTIONAL),
)
SHIFTS = st.one_of(st.builds("\x1b[{}P".format, OPTIONAL), st.just("\x1b[@"), st.just("\x1b[4h"), st.just("\x1b[4l"))
SCROLLS = st.one_of(
    st.builds("\x1b[{}{}".format, OPTIONAL, st.sampled_from("ST")), st.sampled_from(["\x1bM", "\x1bD", "\x1bE"])
)
MARGIN = st.integers(1, 8)
REGIONS = st.one_of(st.builds("\x1b[{};{}r".format, MARGIN, MARGIN), st.just("\x1b[r"))
TOP_REGIONS = st.one_of(st.builds("\x1b[1;{}r".format, MARGIN), st.just("\x1b[r"))
REPEATS = st.builds("{}\x1b[{}b".format, st.sampled_from(["a", "x "]), OPTIONAL)
MODES = st.sampled_from(
    ["\x1b[?6h", "\x1b[?6l", "\x1b[?7l", "\x1b[?7h", "\x1b[?25l", "\x1b[?25h", "\x1b[?1h", "\x1b[?1l"]
)
SAVES = st.sampled_from(["\x1b7", "\x1b8", "\x1b[s", "\x1b[u"])
SCREENS = st.one_of(
    st.sampled_from(
        ["\x1b[m\x1b[?47h", "\x1b[?47l", "\x1b[m\x1b[?1047h", "\x1b[?1047l", "\x1b[?1047l\x1b[m\x1b[?1049h"]
    ),
    WORDS.map("\x1b[?1047l\x1b[m\x1b[?1049h\x1b[3m{}\x1b[?1049l".format),
)
TABS = st.sampled_from(["\x1bH", "\x1b[g", "\x1b[3g", "\t", "\t\t", "\x1b[Z", "\x1b[2Z"])
CHARSETS = st.sampled_from(
    ["\x1b(0lqk\x1b(B", "\x1b(0", "\x1b(B", "\x1b)0", "\x0e", "\x0f", "mqj", "\x1b)0\x0e", "\x0e\x1b(0\x0f"]
)
RESETS = st.sampled_from(["\x1b#8", "\x1bc\x1b7"])

COLOURS = st.one_of(
    st.sampled_from([*range(30, 38), 39, *range(40, 48), 49, *range(90, 98), *range(100, 108)]).map(str),
    st.builds("{};5;{}".format, st.sampled_from([38, 48]), st.integers(0, 255)),
    st.builds("{};2;{};{};{}".format, st.sampled_from([38, 48]), st.integers(0, 255), st.just(7), st.just(200)),
    st.sampled_from(["38:5:9", "48:2::1:2:3", "58:5:3", "58:2::9:8:7", "59"]),
)
_ATTRIBUTES = "0 1 2 3 4 5 7 8 9 21 22 23 24 25 27 28 29 53 55 4:0 4:2 4:3 4:4 4:5"
LOOKS = st.lists(st.one_of(st.sampled_from(_ATTRIBUTES.split()), COLOURS), max_size=4).map(
    lambda items: f"\x1b[{';'.join(items)}m"
)

EDITS = (CONTROLS, MOVES, LINES, LINE_EDITS, ERASURES, SHIFTS, SCROLLS, REGIONS, LOOKS)
SWITCHES = (MODES, SAVES, SCREENS, TABS, CHARSETS, RESETS)


def of(*kinds: Pieces, most: int = 25) -> st.SearchStrategy[bytes]:
    """Make streams of pieces of these kinds, one after the other."""
    return st.lists(st.one_of(*kinds), max_size=most).map(lambda pieces: "".join(pieces).encode())


NARROW = of(WORDS, LONG, REPEATS, *EDITS, *SWITCHES)
"""Everything that a program may do to a screen, with characters of one cell."""
ERASED = of(WORDS.map("\r{}".format), LOOKS, *EDITS)
"""What leaves cells with the colours in which they were erased."""
ALL_WIDTHS = of(
    WORDS, WIDE, ACCENTS, CONTROLS, MOVES, LINES, LINE_EDITS, SCROLLS, REGIONS, MODES, SAVES, SCREENS, LOOKS
)
"""Characters of every width, written over each other, in whole lines."""
CLEARED = st.sampled_from(["\x1b[2J", "\x1b[H\x1b[J", "\x1b[3J"])
PRINTED = of(WORDS, LONG, WIDE, ACCENTS, st.just("\r\n"), st.just("\n"), TOP_REGIONS, LOOKS, SCREENS, CLEARED, most=50)
"""What fills a scrollback: tmux puts there too what RIS erases, and what leaves a region in the middle."""
_INK = st.sampled_from(["\x1b[31m", "\x1b[1;4m", "\x1b[38;5;200m", "\x1b[m"])
_FLOW = (WORDS, LONG, LONG, st.just("\r\n"), st.just("\r\n"), _INK)
FLOWING = of(*_FLOW, most=30)
"""What is wrapped anew when the width changes; tmux loses the cursor's place where a wide character doesn't fit."""
FEW_LINES = of(*_FLOW, most=4)
SIZE = st.tuples(st.integers(2, 40), st.integers(2, 12))
SIZES: st.SearchStrategy[Sequence[tuple[int, int]]] = st.lists(SIZE, min_size=1, max_size=4)
