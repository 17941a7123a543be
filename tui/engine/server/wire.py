"""What a service's requests and replies look like on AWS's wire, where its protocol is JSON 1.1.

A `Wire` gives dispatch the parameters of a request, and a client the bytes of a reply or an error; `rest.py` has the
other protocol. Nothing here knows of sockets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from tui.engine.context import ApiFault
from tui.engine.dispatch import NOT_IMPLEMENTED
from tui.engine.model import ServiceModel
from tui.ports import Shape

JSON_1_1 = "application/x-amz-json-1.1"
_JSON_TYPES = frozenset({JSON_1_1, "application/x-amz-json-1.0", "application/json"})
_SERVER_FAULTS = frozenset(
    {"InternalServerError", "InternalServerErrorException", "InternalServiceException", "KMSInternalException"}
)

# Answers are copies that validation has made: nothing in them holds itself.
_encoder = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


_decoder = json.JSONDecoder(parse_constant=_no_number)


@dataclass(frozen=True, slots=True)
class Reply:
    """A status, a body and the headers that are this reply's own."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for, read from everything but its body."""

    operation: str
    path: Mapping[str, str]
    query: str = ""


class Wire(Protocol):
    """One service's protocol; `service` is dispatch's name for it, `signing` the one that signatures are scoped to."""

    service: str
    signing: str

    def params(self, asked: Asked, body: bytes, content_type: str) -> Shape:
        """Read a request. Raises: ApiFault SerializationException, or what the service says of a wrong type."""

    def reply(self, operation: str, answer: Shape) -> Reply:
        """Write an answer. Raises: ValueError for what JSON has no word for."""

    def fault(self, fault: ApiFault) -> Reply:
        """Write an error."""


class JsonWire:
    """JSON 1.1: everything is in the body, and the operation in a header."""

    def __init__(self, model: ServiceModel, signing: str) -> None:
        self.service = model.name
        self.signing = signing
        self._model = model

    def params(self, asked: Asked, body: bytes, content_type: str) -> Shape:
        kind = content_type.partition(";")[0].strip().lower()
        if kind not in _JSON_TYPES:
            raise ApiFault("UnknownOperationException", f"Requests are {JSON_1_1}, not '{kind}'.")
        return json_object(body)

    def reply(self, operation: str, answer: Shape) -> Reply:
        return Reply(200, _encoder.encode(answer).encode(), {"Content-Type": JSON_1_1})

    def fault(self, fault: ApiFault) -> Reply:
        body = {"__type": fault.code, **said(fault, self._model)}
        headers = {"Content-Type": JSON_1_1, "x-amzn-ErrorType": fault.code}
        return Reply(status_of(fault.code), _encoder.encode(body).encode(), headers)


def json_object(body: bytes) -> Shape:
    """Read a body as a JSON object; no body is an empty one.

    Raises: ApiFault SerializationException.
    """
    if not body:
        return {}
    try:
        found = _decoder.decode(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise ApiFault("SerializationException", "The request's body is not UTF-8.") from None
    except RecursionError:
        raise ApiFault("SerializationException", "The request's body is nested too deeply.") from None
    except ValueError as error:
        raise ApiFault("SerializationException", f"The request's body is not JSON: {error}") from None
    if not isinstance(found, dict):
        kind = "list" if isinstance(found, list) else "value"
        raise ApiFault("SerializationException", f"Start of {kind} found where not expected")
    return found


def encode(answer: Shape) -> bytes:
    """Write a body. Raises: ValueError for numbers that JSON has no word for."""
    return _encoder.encode(answer).encode()


def said(fault: ApiFault, model: ServiceModel) -> dict[str, Any]:
    """Give the members of an error's body: its text under the name that the model has for it, if it has one."""
    shape = model.shapes.get(fault.code)
    body: dict[str, Any] = dict(fault.details)
    if not fault.message:
        return body
    names = shape.get("members", {}) if shape is not None and shape.get("type") == "structure" else {}
    if "message" in names:
        body["message"] = fault.message
    elif shape is None:
        body["message"] = fault.message  # common errors are in no model; they are spelled so
    else:
        # The shapes that have no text on AWS carry one here: an operator who sees it is better served than by none.
        body["Message"] = fault.message
    return body


def status_of(code: str) -> int:
    """Give the HTTP status of an error: 400 for all that the client can mend."""
    if code in _SERVER_FAULTS:
        return 500
    return 501 if code == NOT_IMPLEMENTED else 400
