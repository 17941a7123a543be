"""Looks at what is there, before a parameter is written and after."""

from __future__ import annotations

from tui.errors import SsmTuiError
from tui.ports import Clock
from tui.services.parameter_changes import Change
from tui.services.parameter_models import ParameterValue
from tui.services.parameters import Parameters
from tui.transport.wrappers import MASK

LOOKS = (0, 1, 3)
"""Seconds before each look for a put whose answer was lost."""
BETWEEN = 5
"""How many versions are looked through for one's own."""


async def read(parameters: Parameters, name: str, *, decrypt: bool) -> ParameterValue | None:
    """Give a value, None where there is none or it can't be read."""
    try:
        return await parameters.value(name, decrypt=decrypt)
    except SsmTuiError:
        return None


async def arrived(parameters: Parameters, clock: Clock, change: Change, value: str, base: int) -> tuple[int, str]:
    """Look for a put whose answer was lost; gives its version, or 0 and a sentence that says what was seen.

    `base` is the version before it.
    """
    for pause in LOOKS:
        await clock.sleep(pause)
        latest = await read(parameters, change.name, decrypt=change.is_secret)
        if latest is None or latest.version <= base:
            continue
        for version in range(base + 1, min(latest.version, base + BETWEEN) + 1):
            one: ParameterValue | None = latest
            if version != latest.version:
                one = await read(parameters, f"{change.name}:{version}", decrypt=change.is_secret)
            if one is not None and one.value == value:
                return version, ""
        return 0, "The answer was lost, and somebody else wrote meanwhile."
    return 0, "The answer was lost, and it was not there when it was looked for."


def is_as_read(base: ParameterValue | None, now: ParameterValue | None) -> bool:
    """Whether a parameter is at the version that was read, and was not deleted and made anew."""
    if base is None or now is None:
        return base is now
    if base.version != now.version:
        return False
    if base.modified is None or now.modified is None:
        return True
    return abs((base.modified - now.modified).total_seconds()) < 1


def shows(base: ParameterValue | None) -> bool:
    """Whether a secret was read plain before, and so may be again."""
    return base is not None and base.is_secret and base.plain


def value_of(change: Change) -> str | None:
    """Give what a change puts, or what is there already where it is the same."""
    request = change.request
    return request.value if request is not None else change.before.value if change.before is not None else None


def without_value(text: str, change: Change) -> str:
    """Take a secret out of a sentence that comes from elsewhere."""
    request = change.request
    return text.replace(request.value, MASK) if change.is_secret and request is not None else text
