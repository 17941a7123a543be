"""AWS's query protocol: the operation and its members in a form, answers and errors in XML.

Only what the engine answers in it is written: members that are texts and numbers, no lists and no structures.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from tui.engine.context import ApiFault
from tui.engine.model import ServiceModel
from tui.engine.server.wire import Asked, Reply, status_of
from tui.ports import Shape

FORM = "application/x-www-form-urlencoded"
_SCOPE = re.compile(r"Credential=[^/,\s]+/\d{8}/[\w-]+/([\w-]{1,64})/")
_XML = {"Content-Type": "text/xml"}
_REFUSED = {
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "UnrecognizedClientException": "InvalidClientTokenId",
    "IncompleteSignatureException": "IncompleteSignature",
}
"""Common errors have other names in this protocol, and status 403."""


class QueryWire:
    """One service in the query protocol; its operation stands in the body."""

    def __init__(self, model: ServiceModel, signing: str, namespace: str) -> None:
        self.service = model.name
        self.signing = signing
        self._model = model
        self._namespace = escape(namespace, {'"': "&quot;"})

    def check_service(self, authorization: str) -> None:
        """Refuse what is signed for another service, before its signature is. Raises: ApiFault."""
        scope = _SCOPE.search(authorization)
        if scope is not None and scope.group(1) != self.signing:
            raise ApiFault("InvalidAction", f"This endpoint is ssm-tui's, which does not answer for {scope.group(1)}.")

    def asked(self, body: bytes) -> Asked:
        """Read which operation is asked for. Raises: ApiFault."""
        name = _form(body).get("Action", "")
        if name not in self._model.operations:
            raise ApiFault("InvalidAction", f"Could not find operation {name}.")
        return Asked(name, {})

    def params(self, asked: Asked, body: bytes, content_type: str) -> Shape:
        shape = self._model.operations[asked.operation].input
        members = self._model.shapes[shape].get("members", {}) if shape else {}
        return {name: text for name, text in _form(body).items() if name in members}

    def reply(self, operation: str, answer: Shape) -> Reply:
        inside = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in answer.items())
        return self._write(200, f"{operation}Response", f"<{operation}Result>{inside}</{operation}Result>")

    def fault(self, fault: ApiFault) -> Reply:
        code = _REFUSED.get(fault.code, fault.code)
        status = 403 if code != fault.code else status_of(code)
        kind = "Receiver" if status >= 500 else "Sender"
        words = f"<Type>{kind}</Type><Code>{escape(code)}</Code><Message>{escape(_printable(fault.message))}</Message>"
        return self._write(status, "ErrorResponse", f"<Error>{words}</Error>")

    def _write(self, status: int, root: str, inside: str) -> Reply:
        text = f'<{root} xmlns="{self._namespace}">{inside}</{root}>'
        return Reply(status, text.encode("utf-8", "replace"), _XML)


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=1000))
    except ValueError:
        raise ApiFault("MalformedQueryString", "The request's body is no form.") from None


def _printable(text: str) -> str:
    """Leave out what XML has no word for."""
    return "".join(each for each in text if each in "\t\n\r" or each >= " ")
