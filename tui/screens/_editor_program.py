"""Which editor the operator's environment names, and how it is kept from writing a secret anywhere else."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tui.errors import UsageError

USUAL = ("vim", "nvim", "vi", "nano")
"""What is looked for where neither VISUAL nor EDITOR names one."""

_VIM = ("-n", "-i", "NONE", "-c", "set nobackup nowritebackup noundofile noswapfile")
_EMACS = (
    "(progn (setq make-backup-files nil backup-inhibited t auto-save-default nil auto-save-list-file-prefix nil"
    " create-lockfiles nil) (if (bound-and-true-p savehist-mode) (savehist-mode -1)))"
)
_QUIET: Mapping[str, Sequence[str]] = {
    "vim": _VIM,
    "nvim": _VIM,
    # Without the operator's nanorc: no flag takes back a `set backup` or `set historylog` that stands in it.
    "nano": ("--ignorercfiles",),
    "emacs": ("--eval", _EMACS),
    # Helix keeps neither swap nor backup nor undo files, and no history of what was typed.
    "hx": (),
    "helix": (),
}
"""The flags with which an editor keeps no swap, backup or undo file, and no memory of what was yanked."""
_OWN_NAME = frozenset({"vim", "nvim", "hx", "helix", "emacs"})
"""Names that nothing else goes by, so that a link to a launcher still means that editor."""

_WAITS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("code", "code-insiders", "codium", "vscodium", "cursor", "windsurf"), ("--wait", "-w")),
    **dict.fromkeys(("subl", "sublime_text", "atom", "zed", "zeditor", "mate", "bbedit", "gedit"), ("--wait", "-w")),
    "kate": ("--block", "-b"),
    "gvim": ("-f", "--nofork"),
    "mvim": ("-f", "--nofork"),
}
"""Editors with a window of their own, which come back at once unless one of these flags is given."""


@dataclass(frozen=True, slots=True)
class Editor:
    """An editor that can be run: `words` is its command line without the file, `name` what it is called."""

    name: str
    words: tuple[str, ...]
    quiet: tuple[str, ...] | None
    """Flags that keep what is edited out of its other files; None where they are not known."""

    @property
    def has_window(self) -> bool:
        """Whether it opens a window of its own, and leaves the terminal as it is."""
        return self.name in _WAITS

    def argv(self, file: Path, *, secret: bool) -> list[str]:
        """Give the command line that edits a file."""
        return [*self.words, *((self.quiet or ()) if secret else ()), str(file)]


def chosen_editor(environ: Mapping[str, str] = os.environ) -> Editor:
    """Give the editor of VISUAL or EDITOR, else one that is usual.

    Raises: UsageError where it can't be read, is not there, or would come back before anything is edited.
    """
    path = environ.get("PATH")
    variable = next((name for name in ("VISUAL", "EDITOR") if environ.get(name, "").strip()), "")
    if not variable:
        found = next((name for name in USUAL if shutil.which(name, path=path)), None)
        if found is None:
            raise UsageError("There is no editor here: neither VISUAL nor EDITOR is set.", hint="Set EDITOR to one.")
        return _editor([found], path)
    text = environ[variable]
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{variable}={text} can't be read: {error}.", hint="Quote it as a shell would.") from error
    if not words or shutil.which(words[0], path=path) is None:
        name = words[0] if words else text
        raise UsageError(f"{variable} names {name}, which is not installed here.", hint=f"Set {variable} to an editor.")
    name = _plain(words[0])
    if (waits := _WAITS.get(name)) and not set(waits) & set(words[1:]):
        raise UsageError(
            f"{name} comes back before anything is edited.",
            hint=f"Set {variable} to {shlex.join([*words, waits[0]])}.",
        )
    if name == "emacsclient" and {"-n", "--no-wait"} & set(words[1:]):
        raise UsageError(f"{shlex.join(words)} comes back before anything is edited.", hint="Leave the -n out.")
    return _editor(words, path)


def _plain(word: str) -> str:
    """Give a program's own name: `vim` of /usr/bin/vim.basic, `emacs` of emacs-29.1-nox."""
    name = Path(word).name
    found = re.match(r"(?:n?vim|emacs)(?=[.-]|$)", name)
    return found[0] if found and not name.startswith("emacsclient") else name


def _editor(words: Sequence[str], path: str | None) -> Editor:
    name = _plain(words[0])
    program = shutil.which(words[0], path=path) or words[0]
    # `vi` and `editor` are links to what is really there.
    real = _plain(str(Path(program).resolve()))
    known = real if real in _QUIET else name if name in _OWN_NAME else ""
    return Editor(name, tuple(words), tuple(_QUIET[known]) if known else None)
