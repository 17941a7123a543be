"""Text that a terminal sends at once without saying that it is a paste: one event instead of a key per character.

Textual makes a key of each, and each goes through several queues: a few hundred characters a second. What follows
leaves keys, sequences and pastes to Textual's parser and only takes long stretches of plain text out of what it reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from textual import events
from textual._parser import Read1
from textual._xterm_parser import XTermParser
from textual.message import Message

_PLAIN = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]{8,}")
"""A stretch that nobody types between two reads of the terminal; Tab and the ends of lines are part of it."""


class TypedText(events.Event, bubble=False):
    """Plain text was typed, or pasted by a terminal that marks no pastes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def first(self) -> tuple[list[events.Key], str]:
        """Give its first character as keys, and the text behind it."""
        return list(_keys._sequence_to_key_events(self.text[0])), self.text[1:]


_keys = XTermParser()
_feed = XTermParser.feed


def _feed_with_text(self: XTermParser, data: str) -> Iterator[Message]:
    at = 0
    for stretch in _PLAIN.finditer(data):
        if stretch.start() > at:
            yield from _feed(self, data[at : stretch.start()])
        at = stretch.start()
        awaiting = self._awaiting
        if not isinstance(awaiting, Read1) or awaiting.timeout is not None:
            continue  # within a sequence
        state: dict[str, Any] = self._gen.gi_frame.f_locals  # type: ignore[attr-defined]  # a generator that waits
        if state["bracketed_paste"]:
            state["paste_buffer"].append(stretch[0])
        else:
            yield TypedText(stretch[0])
        at = stretch.end()
    if at < len(data) or not data:
        yield from _feed(self, data[at:])


def teach_parser_text() -> None:
    """Make Textual's parser give stretches of plain text as one event; calling it again changes nothing."""
    feed: Any = _feed_with_text
    if XTermParser.feed is not feed:
        XTermParser.feed = feed  # type: ignore[method-assign]  # as the driver asks for it
