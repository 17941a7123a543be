"""The filter line of every table: what is typed after `/`, as terms that a row matches.

    web prod          words, all of which match; a word is fuzzy: its characters stand in that order in one cell
    "web 01"          the quoted text stands in one cell just so
    env=prod          the column or field equals the value (case does not matter; `*` and `?` stand for any text)
    env!=prod         its negation
    env=              the column or field has some value
    name~^web-\\d+$~   the column or field matches a regular expression
    ~lost|failed~     the row's text, one cell a line, matches a regular expression
    !TERM             negates any term

A key is a column's key or title, or else a field of the row that no column shows (a tag). A status such as `● Online`
is equal to `online`: the glyph in front does not count. A closing quote or tilde may be missing at the end, since the
line is read at every key.

`Filter.scan` narrows blocks of row numbers against a `RowSource`; `Filter.matches` asks the same of one row.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Cell = str | tuple[Any, ...]
"""A cell's text, or (text, style name), or (text, style name, value to sort by)."""

_SAMPLE = 256
"""Rows looked at to guess how many different values a column has."""

REGEX_SECONDS = 0.05
"""How long one expression may look at one row, before the filter is given up with an error."""


class RowSource(Protocol):
    """The rows that a filter looks at, by number."""

    @property
    def hay(self) -> Sequence[str]:
        """For each row its cells as words look at them (see `haystack`)."""

    @property
    def cells(self) -> Sequence[Sequence[Cell]]: ...

    def column(self, key: str) -> int | None:
        """Give a column's place in the cells by its key or title, both folded; None if there is none."""

    def field(self, row: int, key: str) -> str | None:
        """Give a row's further field by its folded name."""


def cell_text(cell: Cell) -> str:
    """Give a cell's text without its style."""
    return cell if isinstance(cell, str) else cell[0]


_GLYPHS = re.compile(r"\n[^\w\s\x00-\x7f] (?=.)")
"""The glyph that a status wears in front of its word."""


def _packed(text: str) -> str:
    """Fold text without the glyphs in front of words, and spell it as its UTF-8 bytes, a character each.

    One glyph would make Python keep the whole text at two or four bytes a character; so spelt it stays at one, and is
    searched twice as fast as bytes are. Substrings stay substrings, since UTF-8 has no overlaps.
    """
    if not text.isascii():
        text = _GLYPHS.sub("\n", f"\n{text}")[1:]
    low = text.casefold()
    return low if low.isascii() else low.encode("utf-8", "replace").decode("latin-1")


def haystack(cells: Sequence[Cell]) -> str:
    """Make of a row's cells what words search in: packed, one cell a line."""
    return _packed("\n".join([c if type(c) is str else c[0] for c in cells]))


def folded(text: str) -> str:
    """Fold a key: case does not matter, and a title's spaces are dashes."""
    return text.casefold().replace(" ", "-")


def _bare(text: str) -> str:
    """Fold a value for equality, without the glyph that a status wears in front."""
    low = text.casefold().strip()
    if low and not low[0].isalnum():
        glyph, space, rest = low.partition(" ")
        if space and len(glyph) == 1:
            return rest.strip()
    return low


Scan = Callable[[RowSource, list[int]], list[int]]


@dataclass(frozen=True, slots=True)
class Term:
    """One term: `kind` is word, text, equals or regex; `key` is "" where the whole row is meant."""

    kind: str
    value: str
    key: str = ""
    negated: bool = False
    scan: Scan = field(compare=False, repr=False, default=lambda source, rows: rows)

    def implies(self, other: Term) -> bool:
        """Say whether every row that this term takes is surely taken by the other one too."""
        if self == other:
            return True
        if self.negated or other.negated or self.key or other.key:
            return False
        if other.kind == "word" and self.kind in ("word", "text"):
            letters = iter(self.value)
            return all(letter in letters for letter in other.value)
        return self.kind == other.kind == "text" and other.value in self.value


@dataclass(frozen=True, slots=True)
class FilterError:
    """Why a filter can't be meant: a sentence, and where in the text (characters from 0)."""

    message: str
    position: int

    def __str__(self) -> str:
        return f"{self.message} (at character {self.position + 1})"


class SlowExpressionError(Exception):
    """A regular expression took longer over one row than a screen may wait."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter line; with an `error` it takes no rows, and the owner keeps showing what it showed."""

    text: str = ""
    terms: tuple[Term, ...] = ()
    error: FilterError | None = None

    def __bool__(self) -> bool:
        return bool(self.terms)

    def scan(self, source: RowSource, rows: list[int]) -> list[int]:
        """Give the rows of a block that match, in their order.

        Raises: SlowExpressionError.
        """
        for term in self.terms:
            rows = term.scan(source, rows)
        return rows

    def matches(
        self,
        cells: Sequence[Cell],
        columns: Sequence[str] = (),
        fields: Mapping[str, str] | None = None,
    ) -> bool:
        """Say whether one row matches: its cells, the columns' keys in the same order, its further fields."""
        return bool(self.scan(_OneRow(cells, columns, fields or {}), [0]))

    def narrows(self, other: Filter) -> bool:
        """Say whether the rows of this filter are surely among those of the other: one more letter, one more term."""
        return self.error is None and all(any(mine.implies(term) for mine in self.terms) for term in other.terms)


class _OneRow:
    def __init__(self, cells: Sequence[Cell], columns: Sequence[str], fields: Mapping[str, str]) -> None:
        self.hay = [haystack(cells)]
        self.cells = [cells]
        self._columns = {folded(key): place for place, key in enumerate(columns)}
        self._fields = {folded(key): value for key, value in fields.items()}

    def column(self, key: str) -> int | None:
        return self._columns.get(key)

    def field(self, row: int, key: str) -> str | None:
        return self._fields.get(key)


class _Verdicts(dict[Any, bool]):
    """What a test says of a cell, asked once per different cell."""

    def __init__(self, test: Callable[[str], bool]) -> None:
        super().__init__()
        self._test = test

    def __missing__(self, cell: Cell) -> bool:
        verdict = self._test(cell_text(cell))
        if len(self) < 4096:
            self[cell] = verdict
        return verdict


def _word_scan(word: str, negated: bool) -> Scan:
    needle = _packed(word)
    if len(word) == 1:
        return _text_scan(word, negated)
    # After a letter the nearest next one is the best one, so nothing is ever taken back: possessive repeats keep a miss
    # linear. Bytes of one letter stay together, hence the atomic groups.
    letters = [_packed(letter) for letter in word.casefold()]
    pattern = re.escape(letters[0])
    for letter in letters[1:]:
        if len(letter) == 1:
            pattern += f"[^{re.escape(letter)}\n]*+{re.escape(letter)}"
        else:
            pattern += f"(?>.*?{re.escape(letter)})"
    search = re.compile(pattern).search

    def scan(source: RowSource, rows: list[int]) -> list[int]:
        hay = source.hay
        if negated:
            return [row for row in rows if not search(hay[row])]
        return [row for row in rows if needle in hay[row] or search(hay[row])]

    return scan


def _text_scan(text: str, negated: bool) -> Scan:
    needle = _packed(text)

    def scan(source: RowSource, rows: list[int]) -> list[int]:
        hay = source.hay
        if negated:
            return [row for row in rows if needle not in hay[row]]
        return [row for row in rows if needle in hay[row]]

    return scan


def _keyed_scan(key: str, negated: bool, test: Callable[[str], bool], hint: str = "") -> Scan:
    """Scan one column or field; `hint` is text that every match holds somewhere in its row."""
    name = folded(key)
    needle = _packed(hint)

    def scan(source: RowSource, rows: list[int]) -> list[int]:
        place = source.column(name)
        if place is None:
            get = source.field
            wanted = not negated
            # A field may have several values, a line each.
            return [
                row
                for row in rows
                if ((text := get(row, name)) is not None and any(map(test, text.split("\n")))) is wanted
            ]
        try:
            return by_column(source, rows, place, _Verdicts(test))
        except IndexError:  # some row has fewer cells than there are columns: it has no value there
            wanted = not negated
            cells = source.cells
            return [row for row in rows if (len(cells[row]) > place and test(cell_text(cells[row][place]))) is wanted]

    def by_column(source: RowSource, rows: list[int], place: int, verdicts: _Verdicts) -> list[int]:
        hay, cells = source.hay, source.cells
        # A column of few values is decided once per value; one of many is first looked for in the whole row.
        few = len({cells[row][place] for row in rows[:_SAMPLE]}) * 4 < min(len(rows), _SAMPLE)
        if few and negated:
            return [row for row in rows if not verdicts[cells[row][place]]]
        if few:
            return [row for row in rows if verdicts[cells[row][place]]]
        if negated:
            return [row for row in rows if not (needle in hay[row] and verdicts[cells[row][place]])]
        return [row for row in rows if needle in hay[row] and verdicts[cells[row][place]]]

    return scan


def _equals_test(value: str) -> tuple[Callable[[str], bool], str]:
    low = value.casefold().strip()
    if not low:
        return (lambda text: bool(text.strip())), ""
    if "*" in low or "?" in low:
        # Brackets are taken as they are: names of nodes hold them, and nobody expects sets here.
        match = re.compile(fnmatch.translate(low.replace("[", "[[]"))).match
        pieces = re.split(r"[*?\s]", low)
        literal = max(
            (piece for piece in pieces if all(c.isascii() or c.isalnum() for c in piece)), key=len, default=""
        )
        return (lambda text: match(text.casefold().strip()) is not None or match(_bare(text)) is not None), literal
    return (lambda text: text.casefold().strip() == low or _bare(text) == low), _bare(low)


def _regex_scan(expression: str, key: str, negated: bool) -> Scan:
    """Compile with `regex`, whose searches can be given a time; it is loaded by the first expression only.

    Raises: `regex.error` with `msg` and `pos`.
    """
    import regex

    search = regex.compile(expression, regex.IGNORECASE | regex.MULTILINE).search

    def test(text: str) -> bool:
        try:
            return search(text, timeout=REGEX_SECONDS) is not None
        except TimeoutError:
            raise SlowExpressionError from None

    if key:
        return _keyed_scan(key, negated, test)

    def scan(source: RowSource, rows: list[int]) -> list[int]:
        cells = source.cells
        return [row for row in rows if test("\n".join(map(cell_text, cells[row]))) is not negated]

    return scan


_KEY = re.compile(r"([^\s=~!\"][^\s=~!\"]*)(!?=|~)")


def _delimited(text: str, start: int, mark: str) -> tuple[str, int]:
    """Read up to the closing mark from `start`; a backslash keeps a mark, the end of the text closes as well."""
    made: list[str] = []
    at = start
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text) and text[at + 1] == mark:
            made.append(mark)
            at += 2
            continue
        if text[at] == mark:
            return "".join(made), at + 1
        made.append(text[at])
        at += 1
    return "".join(made), at


def _plain(text: str, start: int) -> tuple[str, int]:
    if start < len(text) and text[start] == '"':
        return _delimited(text, start + 1, '"')
    end = start
    while end < len(text) and not text[end].isspace():
        end += 1
    return text[start:end], end


def _term(text: str, start: int) -> tuple[Term | None, int]:
    """Read the term at `start`; None for one that is not begun yet (a lone `!`, an empty pair of quotes)."""
    negated, at = False, start
    while at < len(text) and text[at] == "!":
        negated, at = not negated, at + 1
    if at >= len(text) or text[at].isspace():
        return None, at
    if text[at] == '"':
        value, end = _delimited(text, at + 1, '"')
        return (Term("text", value.casefold(), "", negated, _text_scan(value, negated)) if value else None), end
    if text[at] == "~":
        value, end = _delimited(text, at + 1, "~")
        return (Term("regex", value, "", negated, _regex_scan(value, "", negated)) if value else None), end
    if keyed := _KEY.match(text, at):
        key, sign = keyed.groups()
        if sign == "~":
            value, end = _delimited(text, keyed.end(), "~")
            return (
                Term("regex", value, folded(key), negated, _regex_scan(value, key, negated)) if value else None
            ), end
        value, end = _plain(text, keyed.end())
        negated ^= sign == "!="
        test, hint = _equals_test(value)
        return Term("equals", value.casefold(), folded(key), negated, _keyed_scan(key, negated, test, hint)), end
    value, end = _plain(text, at)
    return Term("word", value.casefold(), "", negated, _word_scan(value, negated)), end


def parse(text: str) -> Filter:
    """Read a filter line; never raises: what can't be meant is the filter's `error`."""
    terms: list[Term] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        try:
            term, end = _term(text, at)
        except Exception as fault:
            # `regex` raises several kinds of its own for patterns that can't be; all of them are the operator's text.
            inside = text.index("~", at) + 1
            message = str(getattr(fault, "msg", "") or fault)
            return Filter(text, (), FilterError(f"Bad regular expression: {message}", inside + _position(fault)))
        if term is not None:
            terms.append(term)
        at = max(end, at + 1)
    return Filter(text, tuple(terms))


def _position(fault: Exception) -> int:
    position = getattr(fault, "pos", 0)
    return position if isinstance(position, int) else 0
