"""The access key of a state folder: made once, kept as an AWS profile in a file that its owner alone may read."""

from __future__ import annotations

import base64
import configparser
import os
import secrets
from pathlib import Path

from tui.engine.server.sigv4 import Key
from tui.errors import StateError

PROFILE = "ssm-tui"
"""The profile's name in the file."""


def key_of(path: Path, user: str, region: str) -> Key:
    """Give the key that a file holds, made where there is no file; `user` is whom it stands for.

    Only the holder of the state folder's lock may call this.
    Raises: StateError where the file can't be read, written or understood.
    """
    try:
        if not path.exists():
            _write(path, region)
        elif path.stat().st_mode & 0o077:
            path.chmod(0o600)
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise StateError(f"The credentials in {path} can't be used: {reason}.") from error
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
        return Key(parser.get(PROFILE, "aws_access_key_id"), parser.get(PROFILE, "aws_secret_access_key"), user)
    except configparser.Error:  # its words may quote a line, and a line may be the secret
        raise StateError(
            f"{path} has no profile {PROFILE} with a key.", hint="Move it away, and the next start makes new keys."
        ) from None


def _write(path: Path, region: str) -> None:
    identity = "AKIA" + base64.b32encode(secrets.token_bytes(10)).decode()
    secret = base64.b64encode(secrets.token_bytes(30)).decode()
    lines = [
        f"[{PROFILE}]",
        f"aws_access_key_id = {identity}",
        f"aws_secret_access_key = {secret}",
        f"region = {region}",
    ]
    made = path.with_name(f"{path.name}.new")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(descriptor)
    made.replace(path)
