"""What a document is: parsed text, its parameters, its steps; serves the editor and the engine."""

from tui.documents.errors import DocumentError, ParameterError
from tui.documents.model import Document, Parameter, StepSpec
from tui.documents.parameters import effective_values
from tui.documents.parsing import convert, parse
from tui.documents.references import resolve

__all__ = [
    "Document",
    "DocumentError",
    "Parameter",
    "ParameterError",
    "StepSpec",
    "convert",
    "effective_values",
    "parse",
    "resolve",
]
