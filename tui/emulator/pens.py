"""Styles as one writes with them: what each SGR sequence turns the present one into is looked up, not worked out."""

from __future__ import annotations

import re

from tui.emulator.style import DEFAULT, Style, rendition

MOST = 4096
"""Pens that are kept, and turns of one; a far end that paints gradients must not grow them for ever."""

SGR = re.compile(r"\x1b\[([0-9:;]{0,200})m([^\x1b]*)")
"""One SGR sequence and the text up to the next sequence."""

SGR_PARAMS = re.compile(r"\x1b\[([0-9:;]{0,200})m")
_ANY_SGR = re.compile(r"\x1b\[[0-9:;]{0,200}m")

Run = tuple[str, Style]


class Pen:
    """A style, and the pens that SGR parameters turn it into."""

    __slots__ = ("after", "style")

    def __init__(self, style: Style) -> None:
        self.style = style
        self.after: dict[str, Pen] = {}

    def turn(self, params: str) -> Pen:
        """Give the pen after an SGR sequence; kept for the next time."""
        pen = self.after.get(params)
        if pen is None:
            pen = pen_of(rendition(self.style, params))
            if len(self.after) >= MOST:
                self.after.clear()
            self.after[params] = pen
        return pen


_pens: dict[Style, Pen] = {}


def pen_of(style: Style) -> Pen:
    """Give the pen that writes in a style."""
    pen = _pens.get(style)
    if pen is None:
        if len(_pens) >= MOST:
            for old in _pens.values():
                old.after.clear()
            _pens.clear()
        pen = _pens[style] = Pen(DEFAULT if style == DEFAULT else style)
    return pen


def runs_of(raw: str, style: Style) -> list[Run]:
    """Read text with SGR sequences in it, begun in a style, as runs of text and style."""
    head, escape, _ = raw.partition("\x1b")
    runs: list[Run] = [(head, style)] if head else []
    if escape:
        pen = pen_of(style)
        for params, text in SGR.findall(raw):
            pen = pen.after.get(params) or pen.turn(params)
            if text:
                if runs and runs[-1][1] is pen.style:
                    runs[-1] = (runs[-1][0] + text, pen.style)
                else:
                    runs.append((text, pen.style))
    return runs


def after(raw: str, pen: Pen) -> Pen:
    """Give the pen after text with SGR sequences in it."""
    if "\x1b" in raw:
        for params in SGR_PARAMS.findall(raw):
            pen = pen.after.get(params) or pen.turn(params)
    return pen


def bare(raw: str) -> str:
    """Give the text without its SGR sequences."""
    return _ANY_SGR.sub("", raw) if "\x1b" in raw else raw
