"""Themes as plain values read from YAML, and the drawing characters; no Textual.

A theme file holds `dark`, `ansi`, the colours of `COLOURS`, and `variables` for the console's own names. A file in the
config folder's `themes/` wins over a built-in one of the same name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tui.config import closest, read_mapping
from tui.errors import ConfigError

COLOURS = (
    "primary",
    "secondary",
    "accent",
    "success",
    "warning",
    "error",
    "foreground",
    "background",
    "surface",
    "panel",
)
VARIABLES = ("muted", "bar", "cursor", "mark")
"""What every theme has beside the colours; others may be set too, such as those that Textual's own widgets read."""

_COLOUR = re.compile(r"#[0-9a-fA-F]{3}|#[0-9a-fA-F]{6}|ansi_[a-z_]+")
_ANSI = frozenset(
    ["ansi_default"]
    + [
        f"ansi_{bright}{name}"
        for bright in ("", "bright_")
        for name in ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeFile:
    """One theme: names to colours, as the file says them."""

    name: str
    dark: bool = True
    ansi: bool = False
    colours: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    file: str = ""


def builtin_folder() -> Path:
    """Give the folder of the themes that come with the package (a checkout keeps them at its top)."""
    inside = Path(__file__).parent / "_themes"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "themes"


def theme_path(name: str, own_folder: Path) -> Path:
    """Give the file of a theme, the operator's own before a built-in one.

    Raises: ConfigError that lists the themes there are.
    """
    for folder in (own_folder / "themes", builtin_folder()):
        path = folder / f"{name}.yaml"
        if path.is_file():
            return path
    known = theme_names(own_folder)
    near = closest(name, known)
    hint = f"Did you mean {near}?" if near else "There are " + ", ".join(known) + "."
    raise ConfigError(f"no theme is named {name}.", hint=hint)


def theme_names(own_folder: Path) -> list[str]:
    """Give the names of all themes, sorted."""
    folders = (own_folder / "themes", builtin_folder())
    return sorted({path.stem for folder in folders if folder.is_dir() for path in folder.glob("*.yaml")})


def parse_theme(name: str, text: str, file: str = "") -> ThemeFile:
    """Check a theme file's text.

    Raises: ConfigError that names the file, the line, and what was expected there.
    """
    flags = {"dark": True, "ansi": False}
    colours: dict[str, str] = {}
    variables: dict[str, str] = {}

    def colour(key: str, value: object, line: int) -> str:
        if not isinstance(value, str) or not _COLOUR.fullmatch(value):
            hint = 'A # begins a comment in YAML: write the colour in quotes, "#5aa9e6".' if value is None else ""
            shown = "nothing" if value is None else repr(value)
            raise ConfigError(f"{key} is {shown}; expected #rgb, #rrggbb or ansi_NAME", file=file, line=line, hint=hint)
        if value.startswith("ansi_") and value not in _ANSI:
            near = closest(value, sorted(_ANSI))
            raise ConfigError(f"{key}: no terminal colour is named {value}; try {near}", file=file, line=line)
        return value

    for key, value in read_mapping(text, file).items():
        if key in flags:
            if not isinstance(value.data, bool):
                raise ConfigError(f"{key} is {value.data!r}; expected true or false", file=file, line=value.line)
            flags[key] = value.data
        elif key in COLOURS:
            colours[key] = colour(key, value.data, value.line)
        elif key == "variables":
            if not isinstance(value.data, dict):
                raise ConfigError("variables takes indented `name: colour` lines", file=file, line=value.line)
            for inner, item in value.data.items():
                variables[inner] = colour(inner, item.data, item.line)
        else:
            near = closest(key, ["variables", *flags, *COLOURS])
            hint = f"Did you mean {near}?" if near else "Known keys are dark, ansi, variables, " + ", ".join(COLOURS)
            raise ConfigError(f"unknown key {key}.", file=file, line=value.line, hint=hint)
    if "primary" not in colours:
        raise ConfigError("a theme needs at least `primary`", file=file, line=1)
    return ThemeFile(name=name, dark=flags["dark"], ansi=flags["ansi"], colours=colours, variables=variables, file=file)


def load_theme(name: str, own_folder: Path) -> ThemeFile:
    """Read a theme by name.

    Raises: ConfigError for a name that no file has, and for a file that is wrong.
    """
    path = theme_path(name, own_folder)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"can't be read: {error}", file=str(path)) from error
    return parse_theme(name, text, str(path))


def choose_theme(wanted: str, environ: Mapping[str, str] = os.environ) -> str:
    """Turn `auto` into a theme's name by what the terminal says that it can show."""
    if wanted != "auto":
        return wanted
    term = environ.get("TERM", "")
    rich = "256" in term or "kitty" in term or "direct" in term or environ.get("COLORTERM") in ("truecolor", "24bit")
    return "dark" if rich else "ansi16"


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """The drawing characters of the console; each is one cell wide in the terminals that its set is for."""

    arrow: str = "▸"
    crumb: str = "›"
    dot: str = "·"
    refresh: str = "↻"
    good: str = "●"
    bad: str = "✖"
    warn: str = "▲"
    idle: str = "○"
    running: str = "▶"
    done: str = "✔"
    mark: str = "◆"
    hidden: str = "◇"
    bar: str = "█"
    empty: str = "░"
    vertical: str = "│"
    horizontal: str = "─"
    ellipsis: str = "…"
    folded: str = "▸"
    unfolded: str = "▾"


UNICODE = Glyphs()
ASCII = Glyphs(
    arrow=">",
    crumb=">",
    dot="-",
    refresh="~",
    good="+",
    bad="x",
    warn="!",
    idle="o",
    running=">",
    done="v",
    mark="*",
    hidden="#",
    bar="#",
    empty=".",
    vertical="|",
    horizontal="-",
    ellipsis="~",
    folded="+",
    unfolded="-",
)


def choose_glyphs(wanted: str, environ: Mapping[str, str] = os.environ, *, wide: bool | None = None) -> Glyphs:
    """Pick the drawing characters: `auto` is ASCII where the locale is not UTF-8, or draws them two cells wide.

    `wide` is what the terminal itself says of the ambiguous characters (▲ ● █ …); while it has said nothing, the East
    Asian locales are taken for wide, because many terminals there are.
    """
    if wanted in ("ascii", "unicode"):
        return ASCII if wanted == "ascii" else UNICODE
    if wide is None:
        wide = _locale(environ).startswith(("ko", "ja", "zh"))
    return UNICODE if is_utf8(environ) and not wide else ASCII


def is_utf8(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the locale draws more than ASCII at all."""
    return "utf" in _locale(environ).lower()


def _locale(environ: Mapping[str, str]) -> str:
    return environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or "C.UTF-8"
