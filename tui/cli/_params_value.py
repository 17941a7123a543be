"""The value of `ssm-tui params put`: from the command line, from stdin, or asked for on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from getpass import getpass

from tui.cli._context import printable, talk
from tui.cli._params_asking import interruptible
from tui.errors import SsmTuiError, UsageError

LONGEST = 1 << 20
"""Bytes that are read of stdin: far more than a value may have, and less than memory."""


def given_value(name: str, words: Sequence[str], *, secret: bool, allowed: bool, raw: bool) -> str:
    """Give the value that a word says, "-" or no word meaning stdin, or the terminal where stdin is one.

    Raises: UsageError for a secret on the command line that no flag allows, a value that is no text or empty;
    SsmTuiError where what was typed twice is not the same.
    """
    if words and words[0] != "-":
        value = _typed(words[0], secret=secret, allowed=allowed)
    elif sys.stdin.isatty():
        value = _asked(name, secret=secret)
    else:
        value = _read(raw=raw)
    if not value:
        raise UsageError("The value is empty.", hint="A parameter's value has at least one character.")
    return value


def _typed(value: str, *, secret: bool, allowed: bool) -> str:
    if secret and not allowed:
        raise UsageError(
            "The value of a SecureString is not taken from the command line, which every process can read.",
            hint="Give it on stdin, or leave it out to be asked; --value-on-command-line takes it all the same.",
        )
    if secret:
        talk("The secret stands on the command line: other processes can read it, and the shell's history may keep it.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"The value is not UTF-8 at character {error.start + 1}.") from error
    return value


def _asked(name: str, *, secret: bool) -> str:
    with interruptible():
        if not secret:
            sys.stderr.write(f"Value of {printable(name)}: ")
            sys.stderr.flush()
            return sys.stdin.readline().removesuffix("\n")
        try:
            value = getpass(f"Value of {printable(name)} (not shown): ")
            again = getpass("Once more: ") if value else ""
        except EOFError:
            return ""
    if value != again:
        raise SsmTuiError("Nothing was written: the two values are not the same.")
    return value


def _read(*, raw: bool) -> str:
    data = sys.stdin.buffer.read(LONGEST + 1)
    if len(data) > LONGEST:
        raise UsageError(f"stdin has more than {LONGEST:,} bytes, and a parameter's value at most 8,192 characters.")
    try:
        value = data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(
            f"stdin is not UTF-8 at byte {error.start + 1}.", hint="A parameter's value is text; base64 makes it so."
        ) from error
    end = "" if raw else "\r\n" if value.endswith("\r\n") else "\n"
    return value.removesuffix(end)
