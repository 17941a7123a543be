"""Names of parameters: what a name may be, its one canonical form, its selector and its ARN (semantics 2.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tui.engine.context import ApiFault, Context

MAX_ARN = 1011
"""Characters of a name together with what stands before it in the ARN."""

MAX_LEVELS = 15
_SHORT = 800
"""Characters of a name with which no ARN is too long."""

PATH_RULES = (
    "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "
    '"/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the '
    "following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if "
    'specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.'
)

_RULES = (
    'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of '
    "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 "
    "symbols .-_"
)
_RESERVED = 'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).'
_NAME = re.compile(r"/?[A-Za-z0-9_.-]+|(?:/[A-Za-z0-9_.-]+){2,}")
_PATH = re.compile(r"/|(?:/[A-Za-z0-9_.-]+)+/?")
_ARN = re.compile(r"arn:[^:/]*:ssm:(?P<region>[^:/]*):(?P<account>[^:/]*):parameter/(?P<name>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a read asks for: `name` is canonical, `shown` the form that an answer echoes, empty for the stored one.

    `selector` is what follows the colon, a version or a label; `local` says whether it is of this account and region.
    """

    name: str
    shown: str
    selector: str
    local: bool = True


def canonical(name: str) -> str:
    """Give the one form of a name, which begins with a slash."""
    return name if name.startswith("/") else f"/{name}"


def parent_of(name: str) -> str:
    """Give the folder that a canonical name stands in."""
    return name.rpartition("/")[0] or "/"


def name_to_put(ctx: Context, given: str) -> tuple[str, str]:
    """Give a new or present parameter's canonical name and the name as it was given.

    Raises: ApiFault ValidationException, AccessDeniedException, HierarchyLevelLimitExceededException.
    """
    shown = given.strip(" ")
    if "/" in shown and not shown.startswith("/") and not shown.startswith("arn:"):
        raise ApiFault("ValidationException", "Parameter name must be a fully qualified name.")
    _check(shown)
    name = canonical(shown)
    levels = name.count("/")
    if name[1:4].lower() in ("aws", "ssm"):
        if levels == 1:
            raise ApiFault("ValidationException", _RESERVED)
        if name[1:4].lower() == "aws":
            raise ApiFault("AccessDeniedException", f"No access to reserved parameter name: {shown}.")
        raise ApiFault("ValidationException", _RULES)
    if levels > MAX_LEVELS:
        raise ApiFault(
            "HierarchyLevelLimitExceededException",
            f"A hierarchy can have a maximum of {MAX_LEVELS} levels; {shown} has {levels}.",
        )
    if len(name) > _SHORT and len(arn_of_parameter(ctx, name)) > MAX_ARN:
        room = MAX_ARN - len(arn_of_parameter(ctx, "/"))
        raise ApiFault(
            "ValidationException",
            f"The parameter's ARN can have at most {MAX_ARN} characters, which leaves {room} for the name without its"
            f" leading slash; this one has {len(name) - 1}.",
        )
    return name, shown


def name_to_change(given: str) -> tuple[str, str]:
    """Give the canonical name and the given one of a parameter that is there already; an ARN is refused.

    Raises: ApiFault ValidationException.
    """
    shown = given.strip(" ")
    _check(shown)
    return canonical(shown), shown


def asked(ctx: Context, given: str) -> Asked:
    """Read a name, or an ARN, with or without a selector.

    A name with two colons is one that no parameter has. Raises: ApiFault ValidationException.
    """
    text = given.strip(" ")
    arn = _ARN.fullmatch(text)
    shown, _, selector = (arn["name"] if arn else text).partition(":")
    if arn is None:
        _check(shown)
        return Asked(canonical(shown), shown, selector)
    name = f"/{shown}"
    local = arn["region"] == ctx.region and arn["account"] in ("", ctx.caller.account)
    return Asked(name, "", selector, local and _NAME.fullmatch(name) is not None)


def path_of(given: str) -> str:
    """Give a path without a slash at its end, the root as an empty one. Raises: ApiFault ValidationException."""
    if not _PATH.fullmatch(given):
        raise ApiFault("ValidationException", PATH_RULES)
    return given.rstrip("/")


def arn_of_parameter(ctx: Context, name: str) -> str:
    """Write the ARN of a canonical name."""
    return ctx.arn(f"parameter{name}")


def _check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ApiFault("ValidationException", _RULES)
