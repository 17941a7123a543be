"""How the connection to an SSH host is said: a word in a table, lines of why, what waits for the operator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tui.screens._words import age, ping_word
from tui.widgets.state_pane import wrapped

if TYPE_CHECKING:
    # Matched by value below: importing the services' models costs a part of the console's start.
    from tui.services.nodes import Node
    from tui.services.ssh_nodes import Connection
    from tui.theming import Glyphs
    from tui.widgets.top_bar import Word

_WORDS = {
    "Idle": ("idle", "idle", "dim"),
    "Connecting": ("running", "connecting", "accent"),
    "Connected": ("good", "connected", "good"),
    "HostKeyUnknown": ("idle", "key?", "warn"),
    "HostKeyChanged": ("bad", "key changed", "bad"),
    "SecretNeeded": ("idle", "secret?", "warn"),
    "AuthenticationFailed": ("bad", "refused", "bad"),
    "Unreachable": ("bad", "unreachable", "bad"),
    "Misconfigured": ("bad", "misconfigured", "bad"),
}
"""For each state the name of its glyph, its word, its style."""
_WAITING = (
    ("HostKeyChanged", "changed host key"),
    ("HostKeyUnknown", "unknown host key"),
    ("Passphrase", "passphrase"),
    ("Password", "password"),
)


def link_word(link: Connection, glyphs: Glyphs) -> Word:
    """Give the glyph with the word, and the style, of how a connection stands."""
    glyph, word, style = _WORDS.get(link.state.value, ("idle", link.state.value, "warn"))
    return f"{getattr(glyphs, glyph)} {word}", style


def status_word(node: Node, link: Connection | None, glyphs: Glyphs) -> Word:
    """Give a node's ping status; where it was never reached, or only the operator can help, what keeps it away."""
    if link is None or node.online or link.is_up or not (link.waits or node.last_ping is None):
        return ping_word(node.ping, glyphs)
    return link_word(link, glyphs)


def away(node: Node, link: Connection | None) -> str:
    """Say in a clause why a node can't be used now."""
    if link is not None and link.waits:
        what = "its key to be looked at" if link.secret is None else f"its {link.secret.kind.lower()}"
        return f"{node.name} waits for {what}, with A"
    return f"{node.name} does not answer"


def helps(link: Connection) -> str:
    """Say the key that brings a connection further; "" where none is needed."""
    if link.is_up:
        return ""
    if not link.waits:
        return "" if link.state.value == "Connecting" else "K tries again now."
    if link.secret is not None:
        return f"A asks for the {link.secret.kind.lower()}."
    if link.state.value == "HostKeyChanged":
        return "A shows both keys."
    return "A shows the key, to be accepted."


def link_lines(link: Connection, glyphs: Glyphs, columns: int) -> list[list[Word]]:
    """Write why a connection stands as it does, and what helps, in lines of at most so many cells."""
    since = f"  for {age(link.since)}" if link.since else ""
    lines: list[list[Word]] = [
        [("ssh      ", "dim"), (link.address.removeprefix("ssh://"), "text")],
        [link_word(link, glyphs), (since, "dim")],
    ]
    style = "dim" if link.is_up else "text"
    lines += [[(line, style)] for line in wrapped(link.message, columns) if link.message]
    lines += [[(line, "accent")] for line in wrapped(helps(link), columns) if line]
    return lines


def waiting_words(links: Iterable[Connection], read_only: bool = False) -> Word | None:
    """Say how many hosts wait for the operator, for what, and the key that begins; None where none does."""
    waiting = [link for link in links if link.waits]
    if not waiting:
        return None
    counts = Counter(link.secret.kind if link.secret else link.state.value for link in waiting)
    for_what = ", ".join(f"{counts[kind]} {text}{'s' * (counts[kind] != 1)}" for kind, text in _WAITING if counts[kind])
    one = len(waiting) == 1
    who = f"{waiting[0].name} waits" if one else f"{len(waiting)} hosts wait"
    style = "bad" if counts["HostKeyChanged"] else "warn"
    key = "" if read_only else f" A {'shows it' if one else 'begins'}."
    return f"{who} for {'somebody' if read_only else 'you'}: {for_what}.{key}", style
