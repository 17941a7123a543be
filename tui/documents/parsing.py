"""Text to document, and one format to the other."""

from __future__ import annotations

import json
from typing import Any

import yaml

from tui.documents.errors import DocumentError
from tui.documents.model import Document, build

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str) -> Any:
    """Read JSON or YAML. Raises: DocumentError with the place where reading failed."""
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except ValueError as error:
            # What begins like JSON may still be YAML in flow style; what is neither is reported as the JSON it looks.
            try:
                return yaml.load(text, _Loader)  # noqa: S506 - the loader is a safe one
            except yaml.YAMLError:
                if not isinstance(error, json.JSONDecodeError):
                    raise DocumentError(str(error)) from error
                raise DocumentError(error.msg, line=error.lineno, column=error.colno) from error
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - the loader is a safe one
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        message = error.problem or str(error)
        if mark is None:
            raise DocumentError(message) from error
        raise DocumentError(message, line=mark.line + 1, column=mark.column + 1) from error
    except yaml.YAMLError as error:
        raise DocumentError(str(error)) from error


def parse(text: str) -> Document:
    """Read a command document from JSON or YAML.

    Raises: DocumentError.
    """
    return build(load(text))


def convert(text: str, wanted: str) -> str:
    """Give the same content as "JSON" or "YAML", its keys in their order. Raises: DocumentError."""
    content = load(text)
    if wanted == "YAML":
        return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=4096))
    return json.dumps(content, indent=2, ensure_ascii=False)
