"""Names for unix sockets whose path is longer than the kernel takes (104 bytes on macOS, 108 on Linux)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST = 100


@contextmanager
def socket_address(path: Path) -> Iterator[str]:
    """Give an address to bind or connect to that means `path`, valid inside the `with` block.

    Raises: OSError where the folder of `path` can't be opened.
    """
    if len(os.fsencode(path)) <= LONGEST:
        yield str(path)
        return
    if os.path.isdir("/proc/self/fd"):  # noqa: PTH112 - a question, not a path of ours
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield f"/proc/self/fd/{folder}/{path.name}"
        finally:
            os.close(folder)
        return
    import tempfile  # deferred: macOS alone, and long paths alone

    with tempfile.TemporaryDirectory(prefix="ssm-tui-") as short:
        link = Path(short, "s")
        link.symlink_to(path.parent.absolute())
        yield str(link / path.name)
