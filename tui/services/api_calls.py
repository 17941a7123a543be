"""API calls as an operator would make them: the record of each, and the equal command line."""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tui.transport.wrappers import MASK, ApiCall, Recorded, masked, wall_clock

__all__ = ["MASK", "ApiCall", "Recorded", "aws_cli_line", "cli_name", "command_line", "masked", "wall_clock"]

_PLURAL_ACRONYM = re.compile(r"[A-Z]{2,}s$")
_WORD = re.compile(r"(.)([A-Z][a-z]+)")
_END = re.compile(r"([a-z0-9])([A-Z])")
_FETCHED = ("file://", "fileb://", "http://", "https://")
"""How a value begins that the AWS CLI reads from elsewhere (version 1 fetches http too)."""


def cli_name(name: str) -> str:
    """Give the AWS CLI's spelling of a name, `InstanceIds` to `instance-ids` (as botocore's xform_name)."""
    if "-" in name:
        return name
    plural = _PLURAL_ACRONYM.search(name)
    if plural:
        name = f"{name[: -len(plural.group())]}-{plural.group().lower()}"
    return _END.sub(r"\1-\2", _WORD.sub(r"\1-\2", name)).lower()


def aws_cli_line(service: str, operation: str, params: Mapping[str, Any], *, flags: Sequence[str] = ()) -> str:
    """Give the `aws …` line that makes a call, quoted for sh; "" where AWS has no such operation.

    Scalars are words, lists of scalars are words after one flag, everything else is JSON, booleans are --flag or
    --no-flag; a value that the CLI would read as a file, or as JSON, moves the whole request to --cli-input-json.
    `flags` stand at the end: the profile and the region.
    """
    if service == "ssm-tui":
        return ""
    words = ["aws", service, cli_name(operation)]
    if any(_needs_json(value) for value in params.values()):
        words += ["--cli-input-json", _json(params)]
    else:
        for name, value in params.items():
            words += _words(cli_name(name), value)
    return shlex.join([*words, *flags])


def command_line(call: ApiCall, flags: Sequence[str] = ()) -> str:
    """Give the line that makes a call again: `aws …`, or the `ssm-tui …` that equals a call of our own, or ""."""
    if call.service != "ssm-tui":
        return aws_cli_line(call.service, call.operation, call.params, flags=flags)
    match call.operation:
        case "DescribeEngine":
            return "ssm-tui info --json"
        case "StopEngine":
            return "ssm-tui stop --force" if call.params.get("Force") else "ssm-tui stop"
    return ""


def _needs_json(value: Any) -> bool:
    if isinstance(value, str):
        return value.startswith(_FETCHED)
    if isinstance(value, (list, tuple)):
        # `[…` would be read as JSON, `-…` as a flag.
        return any(isinstance(item, str) and item.startswith(("[", "-", *_FETCHED)) for item in value)
    return False


def _words(flag: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [f"--{flag}" if value else f"--no-{flag}"]
    if isinstance(value, (list, tuple)):
        if value and not any(isinstance(item, (Mapping, list, tuple)) for item in value):
            return [f"--{flag}", *(_scalar(item) for item in value)]
        return [f"--{flag}", _json(value)]
    if isinstance(value, Mapping):
        return [f"--{flag}", _json(value)]
    text = _scalar(value)
    return [f"--{flag}={text}"] if text.startswith("-") else [f"--{flag}", text]


def _scalar(value: Any) -> str:
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_scalar)
