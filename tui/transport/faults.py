"""API error codes, mapped once to the errors that the console catches."""

from __future__ import annotations

import re

from tui.errors import AccessDenied, ApiError, CredentialsExpired, NotImplementedByEngine, Throttled

_ACTION = re.compile(r"not authorized to perform: (\S+)")
_KINDS: dict[str, type[ApiError]] = {
    "ThrottlingException": Throttled,
    "TooManyUpdates": Throttled,
    "ExpiredTokenException": CredentialsExpired,
    "UnrecognizedClientException": CredentialsExpired,
    "NotImplementedException": NotImplementedByEngine,
}
_DENIALS = frozenset({"AccessDeniedException", "AccessDenied"})


def api_error(code: str, message: str, operation: str) -> ApiError:
    """Give the error for an API's answer; `code` is AWS's exact code."""
    if code in _DENIALS:
        action = _ACTION.search(message)
        return AccessDenied(code, message, operation=operation, action=action.group(1) if action else "")
    return _KINDS.get(code, ApiError)(code, message, operation=operation)


def is_read(operation: str) -> bool:
    """Say whether an operation changes nothing, so that a lost answer leaves no doubt."""
    return operation.startswith(("Get", "List", "Describe"))
