"""Values of parameters: what one may be, and the tier that it needs (semantics 2.2)."""

from __future__ import annotations

import re

from tui.engine.context import ApiFault

STRING, STRING_LIST, SECURE_STRING = "String", "StringList", "SecureString"
STANDARD, ADVANCED, INTELLIGENT = "Standard", "Advanced", "Intelligent-Tiering"
TEXT, IMAGE, INTEGRATION = "text", "aws:ec2:image", "aws:ssm:integration"

SIZES = {STANDARD: 4096, ADVANCED: 8192}
"""Characters of a value by tier."""

LIMITS = {STANDARD: 10_000, ADVANCED: 100_000}
"""Parameters of an account and region by tier."""

LONGEST = 32_768
"""Characters of a value that are looked at at all."""

_IMAGE = re.compile(r"ami-[0-9a-f]{8}(?:[0-9a-f]{9})?")
_REFERENCE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_TIERS = "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"
_NO_SUCH_IMAGE = "Unable to Describe Resource"


def check_value(value: str) -> None:
    """Refuse a value that no parameter can have; it is not repeated. Raises: ApiFault ValidationException."""
    if not value:
        raise ApiFault(
            "ValidationException",
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length "
            "greater than or equal to 1.",
        )
    if len(value) > LONGEST:
        raise ApiFault(
            "ValidationException",
            "1 validation error detected: Value at 'value' failed to satisfy constraint: Member must have length less "
            f"than or equal to {LONGEST}",
        )
    check_text("value", value)
    if _REFERENCE.search(value):
        raise ApiFault(
            "ValidationException", 'Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.'
        )


def check_text(what: str, text: str) -> None:
    """Refuse a text with a NUL character, which no file and no environment can hold, or with half a character.

    Raises: ApiFault ValidationException; UnicodeEncodeError, for which dispatch has AWS's words.
    """
    text.encode()
    if "\0" in text:
        raise ApiFault(
            "ValidationException",
            f"The parameter's {what} has a NUL character at position {text.index(chr(0)) + 1}, and it is text. Encode "
            "binary data, for example as base64.",
        )


def check_data_type(data_type: str, kind: str) -> None:
    """Refuse a data type that there is none of, or that a parameter of this type can't have.

    Raises: ApiFault ValidationException, UnsupportedParameterType (the latter is unconfirmed).
    """
    if data_type not in (TEXT, IMAGE, INTEGRATION):
        raise ApiFault(
            "ValidationException",
            f"The following data type is not supported: {data_type} (Data type names are all lowercase.)",
        )
    needed = {IMAGE: STRING, INTEGRATION: SECURE_STRING}.get(data_type, kind)
    if kind != needed:
        raise ApiFault(
            "UnsupportedParameterType", f"A parameter of the data type {data_type} must be a {needed}, not a {kind}."
        )


def image_fault(data_type: str, value: str) -> str:
    """Say what is wrong with an image's id, empty where nothing is; AWS finds out after it has answered.

    The engine has no images to look among: it looks at the id's form alone.
    """
    return _NO_SUCH_IMAGE if data_type == IMAGE and not _IMAGE.fullmatch(value) else ""


def tier_of(asked: str, current: str, value: str, *, policies: bool, full: bool) -> str:
    """Give the tier of a put that asks for one, or for what the account has as its default; what is Advanced stays so.

    `current` is empty for a new parameter; `full` says whether there can be no more Standard ones. The value's size is
    checked. Raises: ApiFault ValidationException.
    """
    if current == ADVANCED and asked == STANDARD:
        raise ApiFault(
            "ValidationException",
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
            "advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced "
            "parameter and recreate it as a standard parameter.",
        )
    tier = ADVANCED if current == ADVANCED else asked
    if tier == INTELLIGENT:
        tier = ADVANCED if (full and not current) or policies or len(value) > SIZES[STANDARD] else STANDARD
    if policies and tier == STANDARD:
        raise ApiFault(
            "ValidationException",
            "Parameter policies are only supported for parameters in the advanced-parameter tier. Put the parameter "
            "with the tier Advanced or Intelligent-Tiering.",
        )
    if len(value) > SIZES[tier]:
        more = (
            f" To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more"
            f" information, see {_TIERS}"
        )
        raise ApiFault(
            "ValidationException",
            f"{tier} tier parameters support a maximum parameter value of {SIZES[tier]} characters."
            f"{more if tier == STANDARD else ''}",
        )
    return tier
