"""The operator's settings: one YAML file in the config folder, checked against a schema with line numbers.

Most files are flat `key: value` lines. Those are read by a few lines of our own, because importing PyYAML costs a
tenth of the console's whole start; anything else goes through PyYAML, with the same result.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from tui.contexts import ContextSpec, read_named
from tui.errors import ConfigError

APP = "ssm-tui"


def config_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Give the folder of `config.yaml` and `themes/`; the folder of SSM_TUI_CONFIG where that names a file."""
    chosen = environ.get("SSM_TUI_CONFIG")
    if chosen:
        return Path(chosen).expanduser().parent
    if environ.get("XDG_CONFIG_HOME"):
        return Path(environ["XDG_CONFIG_HOME"]) / APP
    import platformdirs  # deferred: the usual cases are answered above without it

    return Path(platformdirs.user_config_dir(APP, appauthor=False))


def config_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Give the path of the config file, whether or not it exists."""
    chosen = environ.get("SSM_TUI_CONFIG")
    return Path(chosen).expanduser() if chosen else config_folder(environ) / "config.yaml"


def log_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Give the path of the console's log file, whether or not it exists."""
    if environ.get("XDG_STATE_HOME"):
        return Path(environ["XDG_STATE_HOME"]) / APP / "log" / "console.log"
    import platformdirs  # deferred: the usual cases are answered above without it

    return Path(platformdirs.user_log_dir(APP, appauthor=False)) / "console.log"


@dataclass(frozen=True, slots=True)
class Value:
    """A scalar or a mapping read from a YAML file, and the line (from 1) that it stands on."""

    data: Any
    line: int


_PLAIN = r"""[A-Za-z][\w./+\]~\ -]*?|-?(?:0|[1-9]\d*)(?:\.\d+)?|[1-9]\d*[KMGT]i?B"""
"""Unquoted values that need no parser: words, sizes, and numbers that every YAML reads alike."""
_LINE = re.compile(
    rf"""^(?P<indent>\ *)(?P<key>[A-Za-z_][\w.-]*):(?:\ +(?P<value>"[^"\\]*"|'[^']*'|{_PLAIN}))?\s*(?:\s\#.*)?$"""
)
_WORDS = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False, "null": None}


def _scalar(text: str | None) -> Any:
    if text is None:
        return None
    if text[0] in "\"'":
        return text[1:-1]
    lowered = text.lower()
    if lowered in _WORDS and text in (lowered, lowered.upper(), lowered.capitalize()):
        return _WORDS[lowered]
    if re.fullmatch(r"[-+]?\d+", text):
        return int(text)
    if re.fullmatch(r"[-+]?\d+\.\d*", text):
        return float(text)
    return text


def _read_flat(text: str) -> dict[str, Value] | None:
    """Read `key: value` lines with at most one level of nesting; None where the text needs a real YAML parser."""
    found: dict[str, Value] = {}
    group: dict[str, Value] | None = None
    inner = 0
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.match(line)
        if match is None:
            return None
        indent, key, value = len(match["indent"]), match["key"], match["value"]
        if indent:
            if group is None or (inner and indent != inner):
                return None
            inner = indent
            if value is None or key in group:
                return None
            group[key] = Value(_scalar(value), number)
            continue
        if key in found:
            return None
        group, inner = ({}, 0) if value is None else (None, 0)
        found[key] = Value(group if value is None else _scalar(value), number)
    return {key: Value(None, value.line) if value.data == {} else value for key, value in found.items()}


def _read_yaml(text: str, file: str) -> dict[str, Value]:
    import yaml  # deferred: 15 ms that flat files don't need

    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "not readable as YAML"
        raise ConfigError(f"this is no YAML: {problem}", file=file, line=mark.line + 1 if mark else 0) from error
    if node is None:
        return {}
    loader = yaml.SafeLoader("")

    def plain(node: yaml.Node) -> Any:
        try:
            return loader.construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError) as error:  # a tag that is not YAML's own, a date that no calendar has
            problem = getattr(error, "problem", None) or str(error)
            line = node.start_mark.line + 1
            raise ConfigError(f"this value can't be read: {problem}", file=file, line=line) from error

    def mapping(node: yaml.Node) -> dict[str, Value]:
        if not isinstance(node, yaml.MappingNode):
            raise ConfigError("expected `key: value` lines", file=file, line=node.start_mark.line + 1)
        found: dict[str, Value] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in found:
                raise ConfigError(f"{name} stands here twice", file=file, line=line)
            found[name] = Value(mapping(value) if isinstance(value, yaml.MappingNode) else plain(value), line)
        return found

    return mapping(node)


def read_mapping(text: str, file: str = "") -> dict[str, Value]:
    """Read a YAML mapping and keep the line of every value; nested mappings are dicts of `Value`.

    Raises: ConfigError with the file and the line where the text is no YAML, no mapping, or names a key twice.
    """
    flat = _read_flat(text)
    return _read_yaml(text, file) if flat is None else flat


def closest(word: str, known: list[str]) -> str:
    """Give the known word that is most like a wrong one, or nothing where none is."""
    import difflib  # deferred: only mistakes need it

    matches = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return matches[0] if matches else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of one start; the defaults stand for a file that is missing."""

    theme: str = "auto"
    """A theme's name: dark, light, high-contrast, ansi16, one in the config folder's themes/, or auto."""
    glyphs: str = "auto"
    """Which drawing characters: unicode, ascii, or auto."""
    mouse: bool = True
    """Whether the mouse is taken from the terminal."""
    flash: bool = True
    """Whether cells of a table that change light up for a moment."""
    prefix: str = "ctrl+right_square_bracket"
    """The key that leaves a session's pane, in Textual's spelling."""
    scrollback: int = 100_000
    """Lines that each shell's pane keeps behind its screen."""
    read_only: bool = False
    """Start with every changing action refused."""
    refresh: float = 2.0
    """Seconds between two polls of what is on screen."""
    idle: float = 60.0
    """Seconds after which an engine that nobody needs leaves."""
    output_cap: int = 0
    """Bytes that one step may write before it is ended; 0 leaves it to the engine (2 GiB)."""
    ssh_timeout: float = 0.0
    """Seconds that an SSH host may take to show its key; 0 leaves it to the engine (15). ConnectTimeout comes first."""
    master_key: str = ""
    """Where a new state folder's master key is kept: keyring or file; empty: in the keyring where there is one."""
    aws_caller: str = ""
    """The profile, PROFILE or PROFILE/REGION, with which the engine reads secrets of AWS; empty: it reads none."""
    contexts: Mapping[str, ContextSpec] = field(default_factory=dict)
    """Names for contexts: `prod: PROFILE/REGION`, or a mapping of profile, region and read_only."""
    file: str = ""
    """The file that this was read from; empty for the defaults."""
    given: frozenset[str] = field(default=frozenset())
    """Which keys the file set."""

    @property
    def engine_settings(self) -> dict[str, Any]:
        """What an engine is told when it is started; what is not set is the engine's to choose."""
        settings = {
            "output_cap": self.output_cap,
            "ssh_connect_timeout": self.ssh_timeout,
            "master_key": self.master_key,
            "aws_caller": self.aws_caller,
        }
        return {name: value for name, value in settings.items() if value}


def _one_of(*words: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if value not in words:
            raise ValueError("one of " + ", ".join(words))
        return value

    return check


def _boolean(value: Any) -> Any:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _seconds(low: float, high: float) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise ValueError(f"a number of seconds from {low:g} to {high:g}")
        return float(value)

    return check


def _lines(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int) or not 100 <= value <= 1_000_000:
        raise ValueError("a number of lines from 100 to 1000000")
    return value


_UNITS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "ki": 1024, "mi": 1024**2, "gi": 1024**3, "ti": 1024**4}
_LEAST, _MOST = 64 * 1024, 1024**5


def _size(value: Any) -> Any:
    match = re.fullmatch(r"(?i)(\d+(?:\.\d+)?)\s*([kmg]?|[kmgt]i)b?", str(value))
    size = int(float(match[1]) * _UNITS[match[2].lower()]) if match else 0
    if isinstance(value, bool) or not _LEAST <= size <= _MOST:
        raise ValueError("a size from 64KiB to 1024TiB, like 500MiB or 2GiB")
    return size


def _profile(value: Any) -> Any:
    if not isinstance(value, str) or not value.strip("/ "):
        raise ValueError("an AWS profile: PROFILE, or PROFILE/REGION")
    return value


def _name(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"[\w.-]+", value):
        raise ValueError("a theme's name: letters, digits, dots and dashes")
    return value


_PREFIXES = {"]": "right_square_bracket", "\\": "backslash", "^": "circumflex_accent", "_": "underscore"}


def _prefix(value: Any) -> Any:
    match = re.fullmatch(r"(?i)(?:ctrl\+|\^)([a-z\]\\^_])", str(value))
    if not match or match[1].lower() in "himq":
        raise ValueError("Ctrl with one key that a terminal can send, like ctrl+] or ctrl+a (not h, i, m, q)")
    key = match[1].lower()
    return f"ctrl+{_PREFIXES.get(key, key)}"


SCHEMA: dict[str, Callable[[Any], Any]] = {
    "theme": _name,
    "glyphs": _one_of("auto", "unicode", "ascii"),
    "mouse": _boolean,
    "flash": _boolean,
    "prefix": _prefix,
    "scrollback": _lines,
    "read_only": _boolean,
    "refresh": _seconds(0.2, 3600),
    "idle": _seconds(1, 86400 * 7),
    "output_cap": _size,
    "ssh_timeout": _seconds(1, 600),
    "master_key": _one_of("keyring", "file"),
    "aws_caller": _profile,
}


def parse_config(text: str, file: str = "") -> Config:
    """Check a config file's text.

    Raises: ConfigError that names the file, the line, and what was expected there.
    """
    values: dict[str, Any] = {}
    for key, value in read_mapping(text, file).items():
        name = key.replace("-", "_")
        if name == "contexts":
            values[name] = _contexts(value, file)
            continue
        check = SCHEMA.get(name)
        if check is None:
            near = closest(name, [*SCHEMA, "contexts"])
            hint = f"Did you mean {near}?" if near else "Known keys are " + ", ".join([*SCHEMA, "contexts"]) + "."
            raise ConfigError(f"unknown key {key}.", file=file, line=value.line, hint=hint)
        if isinstance(value.data, dict):
            raise ConfigError(f"{key} takes one value, not a group of keys", file=file, line=value.line)
        try:
            values[name] = check(value.data)
        except ValueError as error:
            shown = "nothing" if value.data is None else repr(value.data)
            raise ConfigError(f"{key} is {shown}; expected {error}", file=file, line=value.line) from error
    return Config(**values, file=file, given=frozenset(values))


def _contexts(value: Value, file: str) -> dict[str, ContextSpec]:
    if not isinstance(value.data, dict):
        raise ConfigError("contexts is a group: a line `NAME: PROFILE/REGION` for each", file=file, line=value.line)
    plain: dict[str, object] = {
        name: {key: part.data for key, part in one.data.items()} if isinstance(one.data, dict) else one.data
        for name, one in value.data.items()
    }
    return read_named(plain, file, {name: one.line for name, one in value.data.items()})


def load_config(environ: Mapping[str, str] = os.environ) -> Config:
    """Read the config file; the defaults where there is none.

    Raises: ConfigError for a file that is wrong, unreadable, or named by SSM_TUI_CONFIG and missing.
    """
    path = config_file(environ)
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        if environ.get("SSM_TUI_CONFIG"):
            raise ConfigError("the file that SSM_TUI_CONFIG names does not exist", file=str(path)) from None
        return Config()
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError("this is no UTF-8 text", file=str(path), line=line) from error
    except NotADirectoryError:
        return Config()
    except OSError as error:
        raise ConfigError(f"can't be read: {error.strerror}", file=str(path)) from error
    return parse_config(text, str(path))


assert set(SCHEMA) <= {one.name for one in fields(Config)}
