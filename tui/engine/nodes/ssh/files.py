"""Reads the operator's files for SSH: configuration, known hosts, keys."""

from __future__ import annotations

import errno
import os
from pathlib import Path

MOST = 16 * 1024 * 1024
"""Bytes that a file may have; known_hosts of a great many hosts have some millions."""


def read_file(path: Path) -> bytes:
    """Read a file whole, `/dev/null` too; what never ends is refused, and nothing is waited for. Raises: OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(MOST + 1) or b""
    if len(data) > MOST:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return data
