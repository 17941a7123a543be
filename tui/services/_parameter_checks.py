"""What Parameter Store would refuse about a value, said before it is put; a value is in none of the sentences."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from tui.services.parameter_models import Parameter, ParameterType, Tier

SIZES = {Tier.STANDARD: 4096, Tier.ADVANCED: 8192}
"""Characters of a value by tier."""
NO_POLICIES = ("[{}]", "[]", "")
PATTERN_SECONDS = 0.1
"""How long one value may be matched against its pattern."""

_REFERENCE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_IMAGE = re.compile(r"ami-[0-9a-f]{8}(?:[0-9a-f]{9})?")
_HALF = re.compile("[\ud800-\udfff]")


def value_problems(value: str) -> list[str]:
    """Say why no parameter can have this value."""
    if not value:
        return ["The value is empty, and Parameter Store keeps no empty ones."]
    said = []
    if "\0" in value:
        said.append(f"The value has a NUL character at position {value.index(chr(0)) + 1}: values are text.")
    if _HALF.search(value):
        said.append("The value has half of a character, a lone surrogate, which is not UTF-8.")
    if _REFERENCE.search(value):
        said.append("The value has {{…}} in it, and a parameter can't refer to another one.")
    return said


def data_type_problems(data_type: str, type: ParameterType, value: str) -> list[str]:
    if data_type == "aws:ec2:image" and type is not ParameterType.STRING:
        return [f"The data type aws:ec2:image is for a String, and this is a {type}."]
    if data_type == "aws:ec2:image" and not _IMAGE.fullmatch(value):
        return ["The value is no id of an image, ami-0123456789abcdef0, and the data type is aws:ec2:image."]
    return []


def tier_of(
    asked: Tier | None, default: Tier, about: Parameter | None, *, new: bool, size: int, policies: bool
) -> Tier:
    """Give the tier that a put ends in; UNKNOWN where the parameter is there and its tier was not read."""
    now = Tier.STANDARD if new else about.tier if about else Tier.UNKNOWN
    if now is Tier.ADVANCED or asked is Tier.ADVANCED:
        return Tier.ADVANCED
    # The account's default is for what is new; an overwrite without a tier may raise it, never lower it.
    wanted = asked or default
    if wanted is Tier.INTELLIGENT and (size > SIZES[Tier.STANDARD] or policies):
        return Tier.ADVANCED
    return now if wanted is Tier.INTELLIGENT or (asked is None and not new) else wanted


def tier_problems(tier: Tier, asked: Tier | None, now: Tier, *, size: int, policies: bool) -> list[str]:
    if now is Tier.ADVANCED and asked is Tier.STANDARD:
        return ["It is in the Advanced tier, which can't be left: delete it and make it anew."]
    said = []
    limit = SIZES.get(tier, SIZES[Tier.ADVANCED])
    if size > limit:
        way = "choose the Advanced tier or Intelligent-Tiering" if size <= SIZES[Tier.ADVANCED] else "shorten it"
        tiers = f"the {tier} tier takes" if tier in SIZES else "there can be"
        said.append(f"The value has {size:,} characters, and {tiers} {limit:,}: {way}.")
    if policies and tier is Tier.STANDARD:
        said.append("Policies need the Advanced tier: choose it, or Intelligent-Tiering.")
    return said


def pattern_problem(pattern: str, type: ParameterType, value: str) -> tuple[str, bool]:
    """Say why a value does not fit a pattern as a whole, or each item of a StringList, and whether that is certain."""
    compiled = _compiled(pattern)
    if compiled is None:
        return f"The pattern {pattern} can't be checked here.", False
    try:
        items = value.split(",") if type is ParameterType.STRING_LIST else [value]
        bad = next((place for place, item in enumerate(items, 1) if not _fits(compiled, item)), 0)
    except TimeoutError:
        return f"The pattern {pattern} takes too long to be checked here.", False
    what = f"Item {bad} of the value" if len(items) > 1 else "The value"
    return (f"{what} does not fit the pattern {pattern}.", True) if bad else ("", True)


def _fits(compiled: Any, item: str) -> bool:
    return compiled.fullmatch(item, timeout=PATTERN_SECONDS) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    import regex  # deferred: `re` knows neither Java's classes nor a limit of time

    try:
        return regex.compile(pattern, regex.VERSION1 if r"\p" in pattern else regex.VERSION1 | regex.ASCII)
    except (regex.error, RecursionError, OverflowError, MemoryError):
        return None
