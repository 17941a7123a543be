"""What a parameter may be called, and what it is called as a variable of an environment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from tui.errors import UsageError

AWS, PUBLIC = "/aws", "/aws/service"
"""What is AWS's own, and below which AWS tells everyone something."""
PUBLIC_NAMES = f"{PUBLIC}/list"
"""Below which AWS lists what there is right below PUBLIC, by its last level."""
LEVELS = 15
LONGEST = 1011
"""Characters of a name together with what stands before it in the ARN."""
USUAL_ARN = "arn:aws:ssm:us-east-1:123456789012:parameter"

LIKELY_SECRETS = (
    "*password*", "*passwd*", "*secret*", "*token*", "*api[._-]key*", "*apikey*", "*private[._-]key*", "*pass",
)  # fmt: skip
"""What secrets are usually called, in any case."""

_SEGMENT = re.compile(r"[A-Za-z0-9_.-]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TO_UNDERSCORE = str.maketrans("/-.", "___")


def is_segment(text: str) -> bool:
    """Whether it can be one level of a name."""
    return _SEGMENT.fullmatch(text) is not None


def is_likely_secret(path: str) -> bool:
    """Whether the last level of a path is what secrets are usually called."""
    name = path.rpartition("/")[2].casefold()
    return any(fnmatchcase(name, pattern) for pattern in LIKELY_SECRETS)


def listed_at(path: str) -> str:
    """Give the path at which AWS lists what stands below another: nothing at /aws, public parameters a level lower."""
    return PUBLIC if folder_of(path) == AWS else path


def folder_of(path: str) -> str:
    """Give a path without a slash at its end, the root as an empty one, so that `/` and a name can follow."""
    return "/" + path.strip("/") if path.strip("/") else ""


def is_below(path: str, under: str) -> bool:
    """Whether a parameter stands below a path, or is what the path itself names."""
    folder = folder_of(under)
    return path == folder or path.startswith(f"{folder}/")


def relative_to(path: str, under: str) -> str:
    """Give the rest of a path behind the one that it stands below; "" where it is that itself."""
    return path[len(folder_of(under)) + 1 :]


def name_problem(path: str, arn_prefix: str = USUAL_ARN) -> str:
    """Say why a parameter can't be called so, as a sentence; "" where it can.

    `arn_prefix` is what stands before the path in the ARN of a parameter that is its neighbour.
    """
    levels = path.strip("/").split("/")
    bad = next((level for level in levels if not is_segment(level)), None)
    if bad is not None or not path.startswith("/") or path.endswith("/"):
        what = f"{bad!r} in it is no level of one: " if bad else ""
        return f"{path!r} is no name: {what}use letters, digits and . - _ between single slashes."
    if levels[0][:3].lower() in ("aws", "ssm"):
        return f"{path} begins with {levels[0][:3]}, which is AWS's own: choose another first level."
    if len(levels) > LEVELS:
        return f"{path} has {len(levels)} levels, and there can be {LEVELS}: leave some out."
    room = LONGEST - len(arn_prefix)
    if len(path) > room:
        return f"{path[:40]}… has {len(path):,} characters, and there can be {room:,} here: shorten it."
    return ""


def env_name(path: str, under: str) -> str:
    """Give the variable's name of a parameter below a path: `/app/db-host` below `/app` is DB_HOST, as in chamber."""
    rest = relative_to(path, under) if is_below(path, under) else path.strip("/")
    return (rest or path.rpartition("/")[2]).translate(_TO_UNDERSCORE).upper()


def env_names(paths: Iterable[str], under: str) -> dict[str, str]:
    """Give the path of each variable. Raises: UsageError where two are called alike, or one can't be called so."""
    found: dict[str, str] = {}
    for path in paths:
        name = env_name(path, under)
        if not _VARIABLE.fullmatch(name):
            raise UsageError(
                f"{path} would be the variable {name}, which no environment can have.",
                hint="A variable begins with a letter or an underscore: rename it, or choose a path further up.",
            )
        if found.setdefault(name, path) != path:
            raise UsageError(
                f"{found[name]} and {path} would both be the variable {name}.",
                hint="Rename one of them, or choose a path that has only one of them.",
            )
    return found


def env_of(values: Mapping[str, str], under: str) -> dict[str, str]:
    """Give parameters, by path, as the variables of an environment. Raises: UsageError, as `env_names` does, or NUL."""
    found = {name: values[path] for name, path in env_names(values, under).items()}
    for name, value in found.items():
        if "\0" in value:
            raise UsageError(
                f"{name} has a NUL character, which no variable can have.", hint="Encode it, for example as base64."
            )
    return found
