"""Hands what comes from a terminal on to a socket, in a process of its own, as the console's engine does.

`python -m tests.bench._relay MASTER SOCKET`, both descriptors. A read of a terminal that floods waits for the kernel
now and then, for ten milliseconds and more: a user interface that did it itself would stutter.
"""

from __future__ import annotations

import os
import select
import socket
import sys

TOGETHER = 64 * 1024


def main() -> None:
    master, out = int(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))
    data = b""
    try:
        while True:
            data = os.read(master, TOGETHER)
            # A terminal gives 4 KiB at a time: what is there goes on together.
            while len(data) < TOGETHER and select.select([master], [], [], 0)[0]:
                data += os.read(master, TOGETHER)
            out.sendall(data)
            data = b""
    except OSError:  # EIO: the command has ended; or the other side has gone
        out.sendall(data)


if __name__ == "__main__":
    main()
