"""Opaque NextTokens: where a list goes on, and of which list that is."""

from __future__ import annotations

import base64
import binascii

from tui.engine.context import ApiFault


def encode_token(kind: str, position: str) -> str:
    """Make the token with which a list goes on after a position, of the letters that every service's pattern takes."""
    return base64.b64encode(f"{kind}\n{position}".encode()).decode()


def number_of(text: str) -> int:
    """Read a position that is a row's number. Raises: ApiFault InvalidNextToken."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):  # of 19 digits not every number fits the store
        raise ApiFault("InvalidNextToken", "The specified token is not valid.")
    return int(text)


def decode_token(token: str | None, kind: str) -> str:
    """Give the position of a token, empty where there is no token. Raises: ApiFault InvalidNextToken."""
    if not token:
        return ""
    try:
        found, newline, position = base64.b64decode(token.encode(), validate=True).decode().partition("\n")
    except (binascii.Error, ValueError):
        found, newline, position = "", "", ""
    if found != kind or not newline:
        raise ApiFault("InvalidNextToken", "The specified token is not valid.")
    return position
