"""tmux as the oracle: what its screen shows after the same bytes."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import time
import uuid
from pathlib import Path

MISSING = "" if shutil.which("tmux") else "tmux is not installed"


class Tmux:
    """A tmux server of its own; each stream gets a session in it. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = f"oracle-{uuid.uuid4().hex[:8]}"
        self.config = folder / "oracle.conf"
        self.config.write_text(
            "set -g status off\nset -g escape-time 0\nset -g exit-empty off\nset -g allow-rename off\n"
        )

    def __enter__(self) -> Tmux:
        self("start-server")
        return self

    def __exit__(self, *_: object) -> None:
        socket = self("display", "-p", "#{socket_path}", check=False).strip()
        self("kill-server", check=False)
        if socket:
            Path(socket).unlink(missing_ok=True)  # tmux leaves it behind

    def __call__(self, *words: str, check: bool = True) -> str:
        command = ["tmux", "-u", "-L", self.name, "-f", str(self.config), *words]
        return subprocess.run(command, check=check, capture_output=True, text=True, timeout=20).stdout

    def show(self, data: bytes, columns: int, rows: int) -> tuple[list[str], tuple[int, int]]:
        """Give the screen's rows, blanks at their ends left off, and the cursor's (row, column)."""
        stream = self.folder / f"{uuid.uuid4().hex}.bin"
        # CAN ends whatever the stream left open; the title says that all before it was taken in.
        stream.write_bytes(data + b"\x18\x1b]2;all-read\x07")
        session = f"s{stream.stem}"
        script = f"stty raw -echo; cat {shlex.quote(str(stream))}; exec sleep 600"
        self("new-session", "-d", "-s", session, "-x", str(columns), "-y", str(rows), script)
        deadline = time.monotonic() + 15
        while True:
            title, _, place = self("display", "-p", "-t", session, "#{pane_title} #{cursor_y},#{cursor_x}").partition(
                " "
            )
            if title == "all-read":
                break
            assert time.monotonic() < deadline, f"tmux did not take the stream in: {title}"
            time.sleep(0.003)
        text = self("capture-pane", "-p", "-t", session)
        self("kill-session", "-t", session)
        lines = [line.rstrip(" ") for line in text.split("\n")[:rows]]
        row, column = place.strip().split(",")
        return lines, (int(row), int(column))
