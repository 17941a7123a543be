"""What the API shows of a step's output: decoded, and cut at AWS's limits (semantics 4.7)."""

from __future__ import annotations

import os
from pathlib import Path

STDOUT_LIMIT = 24_000
STDERR_LIMIT = 8_000
PLUGIN_LIMIT = 2_500
CUT = "--output truncated--"
ERROR_TITLE = "\n----------ERROR-------\n"
CUT_OUTPUT = "\n---Output truncated---"
CUT_ERROR = "\n---Error truncated----"

LARGEST_FILE = 2**60
"""Bytes; the system refuses offsets near the end of 64 bits, where there is nothing to read anyway."""


def head(path: Path, limit: int) -> str:
    """Give at least `limit` + 1 characters from a file's beginning, or all of it; what is not UTF-8 reads U+FFFD.

    A file that is not there is empty.
    """
    return read(path, 0, 4 * (limit + 1)).decode("utf-8", "replace")


def cut(text: str, limit: int) -> str:
    """Cut a text so that it has at most `limit` characters with the suffix that says so."""
    return text if len(text) <= limit else text[: limit - len(CUT)] + CUT


def error_text(stderr: str, exit_code: int, note: str) -> str:
    """Add to stderr what the agent and the engine have to say about a step that failed."""
    parts = [stderr.rstrip("\n")] if stderr.strip() else []
    if note:
        parts.append(note)
    if exit_code > 0:
        parts.append(f"failed to run commands: exit status {exit_code}")
    return "\n".join(parts) if len(parts) > bool(stderr.strip()) else stderr


def plugin_output(stdout: str, stderr: str) -> str:
    """Give both streams in one text of at most 2,500 characters, as the agent cuts them."""
    title = ERROR_TITLE if stderr else ""
    space = PLUGIN_LIMIT - len(title)
    if len(stdout) + len(stderr) <= space:
        return stdout + title + stderr
    half = space // 2
    if len(stdout) > half and len(stderr) > half:
        return stdout[: half - len(CUT_OUTPUT)] + CUT_OUTPUT + title + stderr[: half - len(CUT_ERROR)] + CUT_ERROR
    if len(stdout) > half:
        return stdout[: space - len(stderr) - len(CUT_OUTPUT)] + CUT_OUTPUT + title + stderr
    return stdout + title + stderr[: space - len(stdout) - len(CUT_ERROR)] + CUT_ERROR


def size(path: Path) -> int:
    """Give a file's size, 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def read(path: Path, offset: int, length: int) -> bytes:
    """Give up to `length` bytes from an offset; nothing where there is no file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.pread(descriptor, length, min(offset, LARGEST_FILE))
    finally:
        os.close(descriptor)
