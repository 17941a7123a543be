"""The theme that is drawn with, and whether its file has changed since."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from textual.theme import Theme

from tui.errors import ConfigError
from tui.theming import ThemeFile, choose_theme, load_theme, theme_path

_LAST_RESORT = ThemeFile(name="dark", colours={"primary": "#5aa9e6"})
"""Drawn with where no theme file could be read."""


class Look:
    """One theme in use; `problem` says in a sentence what was wrong with the last file that was tried."""

    def __init__(self, wanted: str, folder: Path) -> None:
        self._folder = folder
        self.problem = ""
        self.theme = _as_textual(_LAST_RESORT)
        self.name = choose_theme(wanted)
        if not self.use(self.name):
            problem, fallback = self.problem, choose_theme("auto")
            self.use(fallback)
            self.problem = problem
            self._stamp = self._read_stamp()

    @property
    def defaults(self) -> dict[str, str]:
        """The console's own variables for themes that lack some."""
        theme = self.theme
        muted, bar = theme.secondary or theme.primary, theme.panel or theme.surface or theme.background or "#202020"
        return {
            "muted": muted,
            "bar": bar,
            "cursor": bar,
            "mark": theme.accent or theme.primary,
            # Textual's own style sheets name it even where its generator for terminal colours leaves it out.
            "ansi-background": "ansi_default",
        }

    def use(self, name: str) -> bool:
        """Take a theme by name; False (and `problem`) where its file is wrong: the old one stays.

        The name is kept even then, so that mending the file brings it.
        """
        try:
            found = load_theme(name, self._folder)
        except ConfigError as error:
            # The folder is known; a long path would push the reason out of the line.
            said = str(error).replace(f"{self._folder}{os.sep}", "")
            self.problem = f"The theme was not taken. {said}"
            self._stamp = self._read_stamp()
            return False
        self.theme, self.name, self.problem = _as_textual(found), name, ""
        self._stamp = self._read_stamp()
        return True

    def is_old(self) -> bool:
        """Whether the theme's file is another one, or was changed, since it was read."""
        return self._read_stamp() != self._stamp

    def _read_stamp(self) -> tuple[str, int, int]:
        try:
            path = theme_path(self.name, self._folder)
            status = path.stat()
        except (ConfigError, OSError):
            return ("", 0, 0)
        return (str(path), status.st_mtime_ns, status.st_size)


def _as_textual(theme: ThemeFile) -> Theme:
    colours: dict[str, Any] = dict(theme.colours)
    return Theme(name=theme.name, dark=theme.dark, ansi=theme.ansi, variables=dict(theme.variables), **colours)
