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

    The profile names `region` afterwards. Only the holder of the state folder's lock may call this.
    Raises: StateError where the file can't be read, written or understood.
    """
    parser = configparser.RawConfigParser()
    try:
        if path.exists():
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)
            parser.read_string(path.read_text("utf-8"))
        else:
            parser[PROFILE] = {
                "aws_access_key_id": "AKIA" + base64.b32encode(secrets.token_bytes(10)).decode(),
                "aws_secret_access_key": base64.b64encode(secrets.token_bytes(30)).decode(),
            }
        key = Key(parser.get(PROFILE, "aws_access_key_id"), parser.get(PROFILE, "aws_secret_access_key"), user)
        if parser.get(PROFILE, "region", fallback="") != region:
            parser.set(PROFILE, "region", region)
            _write(path, parser)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise StateError(f"The credentials in {path} can't be used: {reason}.") from error
    except configparser.Error:  # its words may quote a line, and a line may be the secret
        raise StateError(
            f"{path} has no profile {PROFILE} with a key.", hint="Move it away, and the next start makes new keys."
        ) from None
    return key


def _write(path: Path, parser: configparser.RawConfigParser) -> None:
    made = path.with_name(f"{path.name}.new")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        parser.write(file)
        file.flush()
        os.fsync(descriptor)
    made.replace(path)
