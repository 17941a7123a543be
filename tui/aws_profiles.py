"""What AWS's own files say: the profiles with their regions and how each logs in, and the names of the regions.

Everything is read from files, without boto3: it is asked for while the console paints.
"""

from __future__ import annotations

import configparser
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tui.contexts import aws_files
from tui.errors import ConfigError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One profile: `kind` says in a word or two how it logs in, `account` is known for some kinds only."""

    name: str
    region: str = ""
    kind: str = ""
    account: str = ""

    @property
    def logs_in_by_sso(self) -> bool:
        return self.kind == "SSO"


def read_profiles(environ: Mapping[str, str] = os.environ) -> list[Profile]:
    """Give the profiles of AWS's two files in the order of their names, `default` first, and the environment's keys.

    A file that is missing or can't be read has none.
    """
    config, credentials = aws_files(environ)
    sections: dict[str, dict[str, str]] = {}
    for name, values in _sections(config).items():
        kind, _, rest = name.partition(" ")
        if kind == "profile" and rest.strip():
            sections.setdefault(rest.strip().strip('"'), {}).update(values)
        elif name == "default":
            sections.setdefault(name, {}).update(values)
    for name, values in _sections(credentials).items():
        sections.setdefault(name.removeprefix("profile ").strip(), {}).update(values)
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or ""
    found = [
        Profile(
            name=name,
            region=values.get("region", "") or region,
            kind=_kind(values),
            account=values.get("sso_account_id") or _account(values.get("role_arn", "")),
        )
        for name, values in sections.items()
    ]
    if environ.get("AWS_ACCESS_KEY_ID"):
        found.append(Profile(name="", region=region, kind="environment"))
    return sorted(found, key=lambda one: (one.name != "default", one.name))


def find_profile(name: str, environ: Mapping[str, str] = os.environ) -> Profile | None:
    """Give the profile of a name; "" and `default` are AWS's own choice where no file names them."""
    profiles = {one.name: one for one in read_profiles(environ)}
    if name in profiles:
        return profiles[name]
    if name in ("", "default"):
        chosen = environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE") or "default"
        return profiles.get(chosen, Profile(name="", region=environ.get("AWS_REGION") or ""))
    return None


def broken_file(environ: Mapping[str, str] = os.environ) -> ConfigError | None:
    """Say which of AWS's two files can't be read, and why: no profile that it may hold is known then."""
    return next((fault for path in aws_files(environ) if (fault := file_fault(path)) is not None), None)


def file_fault(path: Path) -> ConfigError | None:
    """Say what botocore would refuse in one of AWS's files, with the line; None where it is whole, or missing.

    Nothing of the file is repeated but the names of sections and keys: the rest may be secret.
    """
    line, data = 0, b""
    try:
        data = path.read_bytes()
        # As botocore reads it: strictly.
        configparser.RawConfigParser().read_string(data.decode())
        return None
    except FileNotFoundError:
        return None
    except OSError as error:
        said = f"it can't be read: {error.strerror}"
    except UnicodeDecodeError as error:
        line, said = data[: error.start].count(b"\n") + 1, "this line is not UTF-8"
    except configparser.DuplicateSectionError as error:
        line, said = error.lineno or 0, f"[{error.section}] stands here a second time"
    except configparser.DuplicateOptionError as error:
        line, said = error.lineno or 0, f"{error.option} stands a second time in [{error.section}]"
    except configparser.MissingSectionHeaderError as error:
        line, said = error.lineno, "no [section] stands above this line"
    except configparser.ParsingError as error:
        line, said = error.errors[0][0] if error.errors else 0, "this line is no KEY = VALUE"
    except configparser.Error as error:
        said = " ".join(str(error).split())
    return ConfigError(f"{said}.", file=str(path), line=line, hint="Mend AWS's file.")


def region_names() -> list[str]:
    """Give the names of AWS's regions, as the botocore that is installed knows them."""
    spec = find_spec("botocore")
    if spec is None or spec.origin is None:
        return []
    try:
        text = Path(spec.origin).with_name("data").joinpath("partitions.json").read_text("utf-8")
        return sorted(
            name for one in json.loads(text)["partitions"] for name in one["regions"] if not name.endswith("-global")
        )
    except (OSError, ValueError, KeyError) as error:
        log.warning("the list of regions can't be read: %s", error)
        return []


def _sections(path: Path) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser(default_section="\0", strict=False, allow_no_value=True)
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            parser.read_file(file)
    except FileNotFoundError:
        return {}
    except (OSError, configparser.Error):
        log.info("%s", file_fault(path))
        return {}
    return {name: {key: value or "" for key, value in parser[name].items()} for name in parser.sections()}


def _kind(values: Mapping[str, str]) -> str:
    if "sso_session" in values or "sso_start_url" in values:
        return "SSO"
    if "role_arn" in values:
        return "web identity" if "web_identity_token_file" in values else "role"
    if "credential_process" in values:
        return "process"
    return "keys" if "aws_access_key_id" in values else ""


def _account(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 4 else ""
