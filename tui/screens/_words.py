"""How times, sizes and states are said on every screen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Matched by value below: importing the services' models costs a tenth of the console's start.
    from tui.services.commands import CommandStatus
    from tui.services.nodes import PingStatus
    from tui.services.sessions import SessionStatus
    from tui.theming import Glyphs


def age(then: datetime | None, now: datetime | None = None) -> str:
    """Say how long ago something was, in its largest unit: `12s`, `5m`, `3h`, `9d`; "" for no time."""
    if then is None:
        return ""
    return duration(max(((now or datetime.now(UTC)) - then).total_seconds(), 0))


def duration(seconds: float) -> str:
    """Say a duration in its largest unit."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s"


def size(count: float) -> str:
    """Say bytes in powers of 1024, three figures at the most: `812 B`, `1.4 KiB`, `2 GiB`."""
    unit = "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if count < 1024 or unit == "TiB":
            break
        count /= 1024
    text = f"{count:.0f}" if unit == "B" or count >= 100 else f"{count:.1f}".removesuffix(".0")
    return f"{text} {unit}"


def moment(then: datetime | None) -> str:
    """Say a time to the second in UTC, as the header's clock does."""
    return then.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ") if then else ""


def ping_word(ping: PingStatus, glyphs: Glyphs) -> tuple[str, str]:
    """Give the glyph with the word, and the style, of a ping status: colour is never the only carrier."""
    match ping.value:
        case "Online":
            return f"{glyphs.good} Online", "good"
        case "ConnectionLost":
            return f"{glyphs.bad} ConnectionLost", "bad"
        case _:
            return f"{glyphs.idle} {ping.value}", "warn"


def status_word(status: CommandStatus, glyphs: Glyphs, details: str = "") -> tuple[str, str]:
    """Give the glyph with the finer word, and the style, of a command's or an invocation's state."""
    word = details or status.value
    match status.value:
        case "Success":
            return f"{glyphs.done} {word}", "warn" if word == "NoInstancesInTag" else "good"
        case "Failed" | "TimedOut":
            return f"{glyphs.bad} {word}", "bad"
        case "InProgress" | "Cancelling":
            return f"{glyphs.running} {word}", "accent"
        case _:
            return f"{glyphs.idle} {word}", "warn" if status.value == "Cancelled" else "dim"


def session_word(status: SessionStatus, glyphs: Glyphs) -> tuple[str, str]:
    """Give the glyph with the word, and the style, of a session's state."""
    match status.value:
        case "Connected":
            return f"{glyphs.good} Connected", "good"
        case "Failed":
            return f"{glyphs.bad} Failed", "bad"
        case "Terminated":
            return f"{glyphs.idle} Terminated", "dim"
        case _:
            return f"{glyphs.idle} {status.value}", "accent"


_TABLE_STYLES = {"good": "ok", "bad": "error", "dim": "muted", "text": ""}


def cell(word: tuple[str, str]) -> tuple[str, str]:
    """Give a word of a bar as a cell of a table, whose styles have other names."""
    text, style = word
    return text, _TABLE_STYLES.get(style, style)
