"""Secrets of Secrets Manager as parameters: `/aws/reference/secretsmanager/NAME` reads one from AWS (semantics 2.6).

Nothing of a secret is kept: each read asks AWS, through the engine's `Caller`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tui.engine.aws_caller import AwsCaller, NoCaller
from tui.engine.context import ApiFault, Context, Services
from tui.errors import ApiError, TransportError
from tui.ports import Caller, Shape, as_time

PREFIX = "/aws/reference/secretsmanager"

_DENIALS = frozenset({"AccessDenied", "AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException"})
_VERSION_ID = re.compile(r"[0-9A-Za-z-]{32,64}")


class SecretReferences:
    """A source of parameters, see `ParameterSources`; they can be read by name and never listed."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def get(self, ctx: Context, name: str, selector: str, decrypt: bool) -> Shape | None:
        """Read a secret; a selector is a version's id or its stage.

        Its SourceResult is what Secrets Manager says of the secret; the secret itself is in Value alone, where AWS
        repeats it. Raises: ApiFault ValidationException without `decrypt` or without a way to AWS, ParameterNotFound.
        """
        if not decrypt:
            text = "WithDecryption flag must be True for retrieving a Secret Manager secret."
            raise ApiFault("ValidationException", text)
        found = await self._read(name, selector)
        if "ARN" not in found or "Name" not in found:  # botocore takes what it can't read for an empty answer
            text = f"What was asked for {name} gave no answer of Secrets Manager's."
            raise ApiFault("InternalServerError", text)
        if "SecretString" not in found:
            raise ApiFault("ValidationException", f"The secret {name} is binary; parameters are texts.")
        shape = {
            "Name": name,
            "Type": "SecureString",
            "Value": found["SecretString"],
            "Version": 0,
            "SourceResult": _source_result(found),
            "ARN": found["ARN"],
        }
        changed = as_time(found.get("CreatedDate"))
        if changed is not None:
            shape["LastModifiedDate"] = changed.timestamp()
        return shape | ({"Selector": f":{selector}"} if selector else {})

    def below(self, ctx: Context, path: str, recursive: bool) -> Iterable[Shape]:
        return ()

    def describe(self, ctx: Context) -> Iterable[Shape]:
        return ()

    def history(self, ctx: Context, name: str) -> list[Shape] | None:
        return None

    async def _read(self, name: str, selector: str) -> Shape:
        """Raises: ApiFault."""
        secret = name.removeprefix(PREFIX).removeprefix("/")
        if not secret:
            raise _not_found(name)
        request = {"SecretId": secret}
        if selector:
            request["VersionId" if _VERSION_ID.fullmatch(selector) else "VersionStage"] = selector
        caller: Caller = self._services.part(AwsCaller)
        try:
            return await caller.call("secretsmanager", "GetSecretValue", request)
        except NoCaller as error:
            raise ApiFault("ValidationException", f"{name} is a secret of AWS. {error}") from None
        except ApiError as error:
            if error.code == "ResourceNotFoundException":
                raise _not_found(f"{name}:{selector}" if selector else name) from None
            code = "AccessDeniedException" if error.code in _DENIALS else error.code or "InternalServerError"
            said = f"An error occurred ({error.code}) when referencing Secrets Manager: {error.text}"
            raise ApiFault(code, said) from None
        except TransportError as error:
            raise ApiFault("InternalServerError", f"Secrets Manager could not be asked for {name}. {error}") from None


def _source_result(found: Shape) -> str:
    created = as_time(found.get("CreatedDate"))
    said: dict[str, Any] = {
        "ARN": found["ARN"],
        "name": found["Name"],
        "versionId": found.get("VersionId"),
        "versionStages": found.get("VersionStages"),
        "createdDate": None if created is None else _java_time(created),
    }
    return json.dumps({key: value for key, value in said.items() if value is not None}, separators=(",", ":"))


def _java_time(moment: datetime) -> str:
    """Write a time as AWS's own answer has it, like `Oct 14, 2021, 10:18:47 AM`."""
    hour = moment.hour % 12 or 12
    return f"{moment:%b} {moment.day}, {moment.year}, {hour}:{moment:%M:%S} {'AM' if moment.hour < 12 else 'PM'}"


def _not_found(name: str) -> ApiFault:
    return ApiFault(
        "ParameterNotFound",
        f"An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret {name} not found.",
    )
