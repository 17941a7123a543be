"""What can be wrong with a document or with the values that it is given."""

from __future__ import annotations


class DocumentError(ValueError):
    """A text that is no document; `line` and `column` count from 1, and are 0 where no place is known."""

    def __init__(self, message: str, *, line: int = 0, column: int = 0) -> None:
        super().__init__(f"line {line}, column {column}: {message}" if line else message)
        self.message = message
        self.line = line
        self.column = column


class ParameterError(ValueError):
    """A value that a document's parameter does not take; `name` is the parameter."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
