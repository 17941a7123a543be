"""References to parameters in a step's inputs: `{{ name }}`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

REFERENCE = re.compile(r"\{\{\s*([a-zA-Z0-9]+)\s*\}\}")
"""What AWS's agent resolves; other names stay as they are."""


def resolve(value: Any, values: Mapping[str, Any]) -> Any:
    """Put values in place of references, in one pass: what a value itself contains is never expanded.

    A string that is exactly one reference becomes the value with its type; inside a longer string a string is put in
    raw (with `$$` as `$`, as the agent has it) and anything else as JSON.
    """
    if isinstance(value, dict):
        return {key: resolve(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, values) for item in value]
    if not isinstance(value, str):
        return value
    whole = REFERENCE.fullmatch(value.strip())
    if whole and whole[1] in values:
        return values[whole[1]]
    return REFERENCE.sub(lambda found: _text(values[found[1]]) if found[1] in values else found[0], value)


def _text(value: Any) -> str:
    return value.replace("$$", "$") if isinstance(value, str) else json.dumps(value)
