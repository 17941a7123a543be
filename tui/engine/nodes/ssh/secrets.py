"""Passphrases and passwords that the operator gave: in memory, until the engine ends."""

from __future__ import annotations

from dataclasses import dataclass

PASSPHRASE = "Passphrase"  # noqa: S105 - the word for it, not one
PASSWORD = "Password"  # noqa: S105 - likewise


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A secret that a connection waits for: `kind` is Passphrase or Password, `about` a key file or user@host."""

    kind: str
    about: str
    prompt: str


class Secrets:
    """What was given, by kind and by what it is for. Nothing of it is ever written anywhere."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], str] = {}
        self._refused: set[tuple[str, str]] = set()

    def get(self, kind: str, about: str) -> str | None:
        return self._given.get((kind, about))

    def put(self, kind: str, about: str, secret: str) -> None:
        """Keep a secret; an empty one forgets it."""
        self._refused.discard((kind, about))
        if secret:
            self._given[kind, about] = secret
        else:
            self._given.pop((kind, about), None)

    def refuse(self, kind: str, about: str, secret: str) -> None:
        """Forget a secret that was wrong, unless another was given meanwhile."""
        if self._given.get((kind, about)) == secret:
            del self._given[kind, about]
            self._refused.add((kind, about))

    def was_refused(self, kind: str, about: str) -> bool:
        """Say whether the last one that was given was wrong."""
        return (kind, about) in self._refused
