"""What a document and its values come to: the steps that nodes are to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tui.documents import Document, ParameterError, effective_values, resolve
from tui.documents.parameters import typed_value
from tui.engine import plugins
from tui.engine.context import ApiFault

MAX_BYTES = 64 * 1024
"""A document's content and the values of its parameters together."""


@dataclass(frozen=True, slots=True)
class PreparedStep:
    """One step, ready for any node; `folder` is the name of its run folder."""

    number: int
    name: str
    action: str
    script: str
    working_directory: str
    timeout: int

    @property
    def folder(self) -> str:
        return f"{self.number}.{self.action.replace(':', '')}"


def values_for(document: Document, text: str, given: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Check the values for a document and complete them by its defaults.

    Raises: ApiFault InvalidParameters or MaxDocumentSizeExceeded; UnicodeEncodeError for half a character.
    """
    try:
        values = effective_values(document, given)
    except ParameterError as error:
        raise ApiFault("InvalidParameters", error.message) from None
    for name, entries in given.items():
        if any("\0" in value for value in entries):
            raise ApiFault("InvalidParameters", f"The value of {name} has a NUL character, which no command can take.")
    used = len(text.encode()) + sum(
        # What a node could not be given is refused here, where the caller hears of it.
        len(value.encode("utf-8", "surrogateescape"))
        for entries in given.values()
        for value in entries
    )
    if used > MAX_BYTES:
        raise ApiFault(
            "MaxDocumentSizeExceeded",
            f"The document and the values of its parameters have {used} bytes together; at most {MAX_BYTES} are taken.",
        )
    return values


def prepare_steps(document: Document, values: Mapping[str, Sequence[str]]) -> list[PreparedStep]:
    """Put the values into a document's steps. Raises: ApiFault InvalidDocument where the engine lacks a plugin."""
    typed: dict[str, Any] = {
        name: typed_value(document.parameters[name], found)
        for name, found in values.items()
        if name in document.parameters
    }
    steps = []
    for number, spec in enumerate(document.steps):
        plugin = plugins.find(spec.action)
        if plugin is None:
            raise ApiFault("InvalidDocument", f"The embedded engine has no plugin {spec.action}.")
        script = plugin.prepare(resolve(spec.inputs, typed))
        steps.append(
            PreparedStep(number, spec.name, spec.action, script.text, script.working_directory, script.timeout)
        )
    return steps
