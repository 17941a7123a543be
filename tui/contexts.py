"""Contexts: the local engine, or a profile and a region of AWS; how they are named, chosen and remembered.

A context is chosen, never guessed: by flags, by what was chosen before, or by the operator when the console asks.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tui.errors import ConfigError, UsageError

LOCAL = "local"
"""The name of the context that is the embedded engine."""
FILE = "contexts.json"
"""What was chosen before, in the state folder."""

_ENVIRONMENT = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
"""Variables that say that somebody has set up AWS here."""
_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-\d+")
_KEYS = ("profile", "region", "read_only")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextSpec:
    """One context before it is opened: where it leads, and what it is called; its name holds no space and no colon.

    Without a profile, AWS's own order decides (the environment, then the default profile); `read_only` refuses every
    changing call there.
    """

    name: str = LOCAL
    profile: str = ""
    region: str = ""
    read_only: bool = False

    @property
    def is_local(self) -> bool:
        """Whether this is the embedded engine."""
        return self.name == LOCAL


def aws_context(profile: str, region: str, *, name: str = "", read_only: bool = False) -> ContextSpec:
    """Make the context of a profile and a region, named `PROFILE/REGION` unless a name is given."""
    made = re.sub(r"[\s:]+", "_", "/".join(part for part in (profile or "default", region) if part))
    return ContextSpec(name=name or made, profile=profile, region=region, read_only=read_only)


def read_context(word: str, named: Mapping[str, ContextSpec], environ: Mapping[str, str] = os.environ) -> ContextSpec:
    """Read a word as a context: `local`, a name of the config file, `PROFILE` or `PROFILE/REGION`.

    A profile without a region takes its own region.
    Raises: UsageError for a word that can't be meant, ConfigError where AWS's files can't be read.
    """
    if word == LOCAL:
        return ContextSpec()
    if word in named:
        return named[word]
    if not word or re.search(r"[\s:]", word):
        raise UsageError(f"{word!r} is no context.", hint="A context is local, a profile, or PROFILE/REGION.")
    profile, slash, region = word.rpartition("/")
    if not slash or not _REGION.fullmatch(region):
        profile, region = word, ""
    from tui.aws_profiles import broken_file, find_profile  # deferred: only AWS's words need it

    found = find_profile(profile, environ)
    if found is None and (fault := broken_file(environ)) is not None:
        raise fault
    if found is None:
        like = ", ".join(sorted(named)[:4])
        more = f" The config file names {like}." if like else ""
        raise UsageError(
            f"There is no context {word}: no AWS profile is called {profile}.{more}",
            hint="`aws configure list-profiles` names the profiles.",
        )
    return aws_context(found.name, region or found.region)


def read_named(values: Mapping[str, object], file: str, lines: Mapping[str, int]) -> dict[str, ContextSpec]:
    """Read the config file's `contexts`: by name `PROFILE/REGION`, `PROFILE`, or a mapping of profile and region.

    Raises: ConfigError with the line.
    """
    found: dict[str, ContextSpec] = {}
    for name, value in values.items():
        line = lines.get(name, 0)
        if name == LOCAL or not re.fullmatch(r"[\w.+@/-]+", name):
            said = "is the embedded engine's own name" if name == LOCAL else "takes letters, digits, dots and dashes"
            raise ConfigError(f"a context's name: {name} {said}", file=file, line=line)
        if isinstance(value, str):
            profile, slash, region = value.rpartition("/")
            if not slash or not _REGION.fullmatch(region):
                profile, region = value, ""
            value = {"profile": profile, "region": region}
        if not isinstance(value, Mapping):
            raise ConfigError(f"{name} is {value!r}; expected PROFILE/REGION", file=file, line=line)
        for key, part in value.items():
            wanted = bool if key == "read_only" else str
            if key not in _KEYS or not isinstance(part, wanted):
                raise ConfigError(
                    f"{name}: {key} is {part!r}; expected profile, region (words) and read_only (true or false)",
                    file=file,
                    line=line,
                )
        found[name] = aws_context(
            str(value.get("profile", "")),
            str(value.get("region", "")),
            name=name,
            read_only=bool(value.get("read_only")),
        )
    return found


def has_aws(environ: Mapping[str, str] = os.environ) -> bool:
    """Say whether AWS is set up here at all: by a file or by a variable. Nothing is read, no wire is touched."""
    if any(environ.get(name) for name in _ENVIRONMENT):
        return True
    for path in aws_files(environ):
        with suppress(OSError):
            if path.stat().st_size:
                return True
    return False


def aws_files(environ: Mapping[str, str] = os.environ) -> tuple[Path, Path]:
    """Give AWS's config file and its credentials file, whether or not they exist."""
    home = environ.get("HOME") or "~"
    config = environ.get("AWS_CONFIG_FILE") or f"{home}/.aws/config"
    credentials = environ.get("AWS_SHARED_CREDENTIALS_FILE") or f"{home}/.aws/credentials"
    return Path(config).expanduser(), Path(credentials).expanduser()


def read_choice(state: Path) -> tuple[ContextSpec, ...]:
    """Give what was chosen in this state folder before; () where nothing was, or it can't be read."""
    try:
        found = json.loads((state / FILE).read_text("utf-8"))["contexts"]
        return tuple(
            ContextSpec(
                name=str(one["name"]),
                profile=str(one.get("profile", "")),
                region=str(one.get("region", "")),
                read_only=bool(one.get("read_only")),
            )
            for one in found
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ()


def write_choice(state: Path, chosen: Sequence[ContextSpec]) -> None:
    """Remember what was chosen, readable by its owner alone. Raises: OSError."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = state / FILE
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump({"contexts": [asdict(one) for one in chosen]}, file)
        file.write("\n")
    new.replace(path)
