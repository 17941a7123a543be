"""AWS's rest-json: an operation is a method and a path, its members stand in path, query and body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from tui.engine.context import ApiFault
from tui.engine.model import OperationModel, ServiceModel
from tui.engine.server.wire import Asked, Reply, encode, json_object, said, status_of
from tui.ports import Shape

_JSON = "application/json"
_REFUSED = frozenset(
    {
        "AccessDeniedException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
    }
)
"""Common errors that services with this protocol answer with 403."""
_TRUTH = {"true": True, "false": False}


class RestWire:
    """One service's operations by method and path, as its model binds them."""

    def __init__(self, model: ServiceModel, signing: str) -> None:
        self.service = model.name
        self.signing = signing
        self._model = model
        self._routes = [(each.method, _pattern(each.uri), each) for each in model.operations.values()]

    def find(self, method: str, path: str, query: str) -> Asked | None:
        """Find the operation of a method and a path as it was sent; None where there is none."""
        for wanted, pattern, operation in self._routes:
            found = pattern.fullmatch(path) if wanted == method else None
            if found is not None:
                names = re.findall(r"\{(\w+)\+?\}", operation.uri)
                labels = {name: unquote(text) for name, text in zip(names, found.groups(), strict=True)}
                return Asked(operation.name, labels, query)
        return None

    def params(self, asked: Asked, body: bytes, content_type: str) -> Shape:
        operation = self._model.operations[asked.operation]
        if operation.input is None:
            return {}
        in_query = parse_qsl(asked.query, keep_blank_values=True)
        in_body = json_object(body)
        params: dict[str, Any] = {}
        for name, member in self._model.shapes[operation.input].get("members", {}).items():
            location, wire_name = member.get("location"), member.get("locationName", name)
            if location == "uri":
                if wire_name in asked.path:
                    params[name] = asked.path[wire_name]
            elif location == "querystring":
                values = [value for key, value in in_query if key == wire_name]
                if values:
                    params[name] = self._typed(member["shape"], values)
            elif wire_name in in_body:
                params[name] = in_body[wire_name]
        return params

    def reply(self, operation: str, answer: Shape) -> Reply:
        model = self._model.operations[operation]
        return Reply(model.status, encode(self._named(model, answer)), {"Content-Type": _JSON})

    def fault(self, fault: ApiFault) -> Reply:
        shape = self._model.shapes.get(fault.code, {})
        own = shape.get("error", {}).get("httpStatusCode")
        status = own or (403 if fault.code in _REFUSED else status_of(fault.code))
        headers = {"Content-Type": _JSON, "x-amzn-ErrorType": fault.code}
        return Reply(status, encode(said(fault, self._model)), headers)

    def _typed(self, shape: str, values: list[str]) -> Any:
        """Give what a query says as its shape's type; what can't be so is left for validation to name."""
        found = self._model.shapes[shape]
        kind = found["type"]
        if kind == "list":
            return [self._typed(found["member"]["shape"], [value]) for value in values]
        text = values[-1]
        if kind in ("integer", "long"):
            return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else text
        return _TRUTH.get(text, text) if kind == "boolean" else text

    def _named(self, operation: OperationModel, answer: Shape) -> Shape:
        members: Mapping[str, Any] = self._model.shapes[operation.output].get("members", {}) if operation.output else {}
        return {members.get(name, {}).get("locationName", name): value for name, value in answer.items()}


def _pattern(uri: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+(\+?)\}", uri.partition("?")[0])
    texts, greedy = parts[::2], parts[1::2]
    pattern = re.escape(texts[0])
    for plus, text in zip(greedy, texts[1:], strict=True):
        pattern += ("(.+)" if plus else "([^/]+)") + re.escape(text)
    return re.compile(pattern)
