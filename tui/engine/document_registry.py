"""The documents that the engine ships, read from its YAML files when one is first asked for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from tui.documents import Document, convert, parse
from tui.engine.context import ApiFault, Services

FOLDER = Path(__file__).parent / "documents"
SHIPPED_AT = 1_763_683_200.0
"""The day on which the first of them was written, 2025-11-21, as epoch seconds."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """One document that comes with the engine; `hash` is the SHA-256 of its content as JSON."""

    name: str
    text: str
    document: Document
    hash: str
    type: str = "Command"
    owner: str = "Amazon"
    version: str = "1"
    created_at: float = SHIPPED_AT


class DocumentRegistry:
    """Finds documents by name or ARN; a part of the engine's services."""

    def __init__(self, services: Services) -> None:
        self._documents: dict[str, Shipped] | None = None

    def all(self) -> list[Shipped]:
        """Give every document by name."""
        if self._documents is None:
            self._documents = {path.stem: _read(path) for path in sorted(FOLDER.glob("*.yaml"))}
        return list(self._documents.values())

    def find(self, name: str, version: str | None = None) -> Shipped:
        """Give a document. Raises: ApiFault InvalidDocument or InvalidDocumentVersion."""
        self.all()
        assert self._documents is not None
        found = self._documents.get(name.rpartition("document/")[2] if name.startswith("arn:") else name)
        if found is None:
            raise ApiFault("InvalidDocument", f"Document with name {name} does not exist.")
        if version and version not in ("$DEFAULT", "$LATEST", found.version):
            raise ApiFault("InvalidDocumentVersion", f"{name} has no version {version}.")
        return found


def _read(path: Path) -> Shipped:
    text = path.read_text("utf-8")
    digest = hashlib.sha256(convert(text, "JSON").encode()).hexdigest()
    return Shipped(path.stem, text, parse(text), digest)
