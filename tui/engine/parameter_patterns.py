"""AllowedPatterns: Java's regular expressions that a parameter's whole value must match, within bounded time."""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import Any

from tui.engine.context import ApiFault
from tui.engine.parameter_values import STRING_LIST

SECONDS = 0.1
"""How long one value, with all its items, may be matched: nothing else is done meanwhile."""

LARGEST = 50_000
"""Parts that a pattern may have once its counted repetitions are written out, which compiling it does."""

_JAVAS_OWN = re.compile(r"\\Q(?P<quoted>.*?)(?:\\E|\Z)|\\k<(?P<group>\w+)>|\\.", re.DOTALL)
_COUNT = re.compile(r"\{(\d+)(?:,\d*)?\}", re.ASCII)


def check_pattern(pattern: str, kind: str, value: str) -> None:
    """Match a value, or each item of a StringList, against the whole of a Java pattern; an empty one fits all.

    Raises: ApiFault InvalidAllowedPatternException where it is none, too large, or has no end;
    ParameterPatternMismatchException.
    """
    if not pattern:
        return
    compiled = _compiled(pattern)
    began = time.thread_time()
    try:
        for item in value.split(",") if kind == STRING_LIST else (value,):
            left = SECONDS - (time.thread_time() - began)
            if left <= 0:
                raise TimeoutError
            if compiled.fullmatch(item, timeout=left) is None:
                raise ApiFault(
                    "ParameterPatternMismatchException",
                    f"Parameter value, cannot be validated against allowedPattern: {pattern}",
                )
    except (TimeoutError, MemoryError):
        raise _invalid(pattern, "takes too long to match: it has repetitions inside repetitions") from None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    import regex  # deferred: `re` knows neither Java's classes nor a limit of time

    if _size(pattern) > LARGEST:
        raise _invalid(pattern, "is too large: its repetitions are repeated too often")
    try:
        flags = regex.VERSION1 if r"\p" in pattern else regex.VERSION1 | regex.ASCII
        return regex.compile(_JAVAS_OWN.sub(_translated, pattern), flags)
    except (regex.error, RecursionError, OverflowError, MemoryError) as error:
        raise _invalid(pattern, f"is no regular expression: {error}") from None


def _translated(found: re.Match[str]) -> str:
    if found["quoted"] is not None:
        return re.escape(found["quoted"])
    return rf"\g<{found['group']}>" if found["group"] else found[0]


def _size(pattern: str) -> int:
    """Give the number of parts that a pattern has when what is repeated n times at least is written n times."""
    sizes, last, at = [0], 0, 0
    while at < len(pattern):
        letter = pattern[at]
        count = _COUNT.match(pattern, at) if letter == "{" else None
        if count is not None:
            more = last * (max(1, int(count[1])) - 1)
            sizes[-1] += more
            last += more
            at = count.end()
            continue
        if letter == "(":
            sizes.append(0)
        elif letter == ")" and len(sizes) > 1:
            last = sizes.pop() + 1
            sizes[-1] += last
        else:
            last = 1
            sizes[-1] += 1
        at = _end_of_class(pattern, at) if letter == "[" else at + (2 if letter == "\\" else 1)
    return sum(sizes)


def _end_of_class(pattern: str, at: int) -> int:
    """Give the place behind a class of characters, which may have classes inside."""
    depth = 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "[":
            depth += 1
            at += 1 if pattern[at + 1 : at + 2] != "^" else 2
            at += pattern[at : at + 1] == "]"  # it stands for itself where a class begins
            continue
        depth -= letter == "]"
        at += 2 if letter == "\\" else 1
        if depth == 0:
            break
    return at


def _invalid(pattern: str, reason: str) -> ApiFault:
    return ApiFault("InvalidAllowedPatternException", f"The allowedPattern {pattern} {reason}.")
