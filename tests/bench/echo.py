"""Milliseconds from a key to its glyph on the screen, over those of the pty's own echo; alone, and beside a flood.

Keys are typed as one types, into our widget in a Textual app in a pty, fed as the console feeds it; the far end echoes
them in the kernel. The peer is that same far end in the pty itself. Beside a flood, a second pane of the app shows one
that never ends. Each key is another Hangul syllable, so that no byte of an earlier one is taken for it.

The three are measured in turns, and each figure is the median of the rounds': a machine is not equally fast all along.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from tests.bench._outer import Outer
from tests.bench._rows import Row
from tests.bench._streams import stream

COLUMNS, ROWS = 160, 40
KEYS = 300
ROUNDS = 3
A_LINE = 15
FRAME = 16.0
ECHO = "stty -echoctl; echo it-is-ready; exec cat > /dev/null"


def figures() -> list[Row]:
    """Measure; takes about four minutes."""
    app = [sys.executable, "-m", "tests.bench._terminal_apps", "ours"]
    with tempfile.TemporaryDirectory(prefix="ssm-tui-bench-") as name:
        flood = Path(name) / "flood"
        flood.write_bytes(stream("plain lines", COLUMNS, ROWS).replace(b"\r\n", b"\n"))
        bare: list[list[float]] = []
        alone: list[list[float]] = []
        beside: list[list[float]] = []
        for _ in range(ROUNDS):
            bare.append(_keys(["sh", "-c", ECHO]))
            alone.append(_keys([*app, ECHO]))
            beside.append(_keys([*app, ECHO, f"while :; do cat {flood}; done"], flooded=True))
    rows = []
    for title, taken in (("", alone), (", another pane floods", beside)):
        for word, share in (("p50", 0.5), ("p99", 0.99)):
            ours, peer = (statistics.median(_share(one, share) for one in rounds) for rounds in (taken, bare))
            rows.append(
                Row(
                    name=f"key to glyph, {word}{title}",
                    ours=ours,
                    peer=peer,
                    peer_name="the pty's own echo",
                    unit="ms",
                    goal=f"ours <= peer + {FRAME:g}" if word == "p99" else "",
                    met=ours <= peer + FRAME if word == "p99" else None,
                )
            )
    return rows


def _keys(command: list[str], *, flooded: bool = False) -> list[float]:
    """Type, and give the milliseconds of each key."""
    some = random.Random(5)
    taken = []
    with Outer(command, COLUMNS, ROWS) as outer:
        outer.until(b"it-is-ready")
        outer.swallow(1.0)
        for number in range(KEYS):
            glyph = chr(0xAC00 + number * 7).encode()
            begun = perf_counter()
            outer.type(glyph)
            taken.append((outer.until(glyph) - begun) * 1000)
            outer.swallow(some.uniform(0.03, 0.09))
            if number % A_LINE == A_LINE - 1:
                outer.type(b"\r")
                outer.swallow(0.1)
        assert not flooded or outer.swallowed > 1_000_000, "the other pane did not flood"
    return taken


def _share(taken: list[float], share: float) -> float:
    return sorted(taken)[min(len(taken) - 1, int(len(taken) * share))]
