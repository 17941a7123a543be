"""How many cells characters take, and which of them need no second look."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import wcwidth

ZWJ = "\u200d"
"""What comes after it joins the cell before it."""

_NARROW_RANGES = (
    "\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038e-\u03a1\u03a3-\u0482\u048a-\u052f"
    "\u0531-\u0556\u0561-\u0587\u05d0-\u05ea\u10a0-\u10c5\u1e00-\u1f15\u2010-\u2027\u2030-\u205e\u20a0-\u20bf"
    "\u2100-\u218b\u2190-\u2319\u231c-\u2328\u2500-\u25fc\u2600-\u2613\u2800-\u28ff\ue0a0-\ue0d7\ufffd"
)
_WIDE_RANGES = (
    "\u3001-\u3029\u3041-\u3096\u30a0-\u30ff\u3105-\u312f\u3131-\u3163\u3165-\u318e\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uff01-\uff60"
)
NARROW = re.compile(f"[ -~{_NARROW_RANGES}]*")
"""Text of which each character fills one cell and joins nothing; less than all there is of it."""
WIDE = re.compile(f"[{_WIDE_RANGES}]+")
"""Characters that fill two cells each and join nothing; less than all there is of them."""
PARTS = re.compile(f"([ -~{_NARROW_RANGES}]+)|([{_WIDE_RANGES}]+)|.", re.DOTALL)
"""Text in parts: all narrow, all wide, or one odd character."""
ODD = re.compile(f"[^\t\n\r\x1b -~{_NARROW_RANGES}{_WIDE_RANGES}]")
"""A character that one has to look at by itself."""


@lru_cache(maxsize=8192)
def cell_width(character: str) -> int:
    """Give the cells one character takes: 0 (it joins the cell before it), 1, 2, or -1 where it can't be shown."""
    if "\x7f" <= character <= "\x9f" or character < " ":
        return -1
    if "\U0001f1e6" <= character <= "\U0001f1ff":
        return 1  # the two letters of a flag are one cell each, as in tmux and in the C library at the far end
    width: int = wcwidth.wcwidth(character)
    if width < 0 and unicodedata.category(character) in ("Cn", "Co", "Cf", "Cs"):
        return 1  # unassigned to this table is not unreadable to the terminal
    return width


def text_width(text: str) -> int:
    """Give the cells a text takes that has nothing odd in it (`ODD`)."""
    if text.isascii():
        return len(text)
    return len(text) + sum(map(len, WIDE.findall(text)))
