"""Bytes of many streams in, whole lines with their node's name out."""

from __future__ import annotations

from typing import BinaryIO

LONGEST = 64 * 1024
"""Bytes of a line that are held back while it has no end; a longer line goes out in parts, memory stays flat."""


class Lines:
    """Writes the lines of several nodes to two files without mixing two of them in one line."""

    def __init__(self, out: BinaryIO, err: BinaryIO, *, visible: bool = False) -> None:
        self._files = {"stdout": out, "stderr": err}
        self._visible = visible
        self._held: dict[tuple[str, str], bytearray] = {}
        self._open: dict[BinaryIO, tuple[str, str] | None] = {out: None, err: None}

    def feed(self, name: str, stream: str, data: bytes) -> None:
        """Take bytes that a node wrote; whole lines go out at once."""
        key = (name, stream)
        held = self._held.setdefault(key, bytearray())
        held += data
        file = self._files[stream]
        end = held.rfind(b"\n")
        if end >= 0:
            lines = bytes(held[: end + 1])
            del held[: end + 1]
            self._write(key, file, lines)
        if len(held) > LONGEST:
            self._write(key, file, bytes(held))
            held.clear()
        file.flush()

    def end(self) -> None:
        """Write what has no end of line yet, each on a line of its own."""
        for key, held in self._held.items():
            file = self._files[key[1]]
            if held:
                self._write(key, file, bytes(held) + b"\n")
                held.clear()
        for file, begun in list(self._open.items()):
            if begun is not None:
                file.write(b"\n")
                self._open[file] = None
            file.flush()

    def _write(self, key: tuple[str, str], file: BinaryIO, data: bytes) -> None:
        begun = self._open[file]
        if begun is not None and begun != key:
            # Another node's long line is half out: it is broken here and goes on with its name again.
            file.write(b"\n")
            begun = None
        prefix = f"{key[0]}: ".encode()
        ended = data.endswith(b"\n")
        lines = data.split(b"\n")
        if ended:
            lines.pop()
        parts = []
        for number, line in enumerate(lines):
            shown = self._shown(line)
            parts.append(shown if number == 0 and begun == key else prefix + shown)
        file.write(b"\n".join(parts) + (b"\n" if ended else b""))
        self._open[file] = None if ended else key

    def _shown(self, line: bytes) -> bytes:
        """Give a line as it goes out: as it is into a pipe, with its control characters made visible to a terminal."""
        if not self._visible:
            return line
        text = line.removesuffix(b"\r").decode("utf-8", "replace")
        return "".join(char if char == "\t" or char.isprintable() else _caret(char) for char in text).encode()


def _caret(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return f"^{chr(code + 0x40)}"
    return "^?" if code == 0x7F else f"\\x{code:02x}"
