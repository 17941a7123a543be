"""What SSH hosts ask of the operator: to accept a key, to see that one changed, to give a secret."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding

from tui.screens._dialogs import Dialog, Prompt
from tui.screens._form_dialog import Facts
from tui.services.ssh_nodes import PASSPHRASE, Connection, HostKey, SecretWanted
from tui.widgets.state_pane import wrapped
from tui.widgets.top_bar import Word

ROOM = 72
"""Cells of a line in a window of 80 columns."""
NAMED = 6
"""Hosts that are named where more of them are meant."""


class HostKeyDialog(Dialog[bool]):
    """Shows a key that no known_hosts file has; only `A` accepts it, so that Enter never does by habit."""

    BINDINGS = [Binding("A", "accept", "accept", tooltip="Accept this key, once and for all", id="host_key.accept")]

    def __init__(self, link: Connection, key: HostKey, turn: str = "") -> None:
        text = (
            "No known_hosts file has this key. Compare the fingerprint with the one that the host's owner gives you: "
            "on the host, ssh-keygen -lf on its public key says it."
        )
        super().__init__(f"{turn}Is this the key of {link.name}?", text, "A accept it and connect   esc not now")
        self._facts = Facts(
            facts(
                ("host", key.host or link.address),
                ("key", key.algorithm),
                ("fingerprint", key.fingerprint),
                ("kept in", key.file),
            )
        )

    def compose_answer(self) -> ComposeResult:
        yield self._facts

    def action_accept(self) -> None:
        self.dismiss(True)


class HostKeyChangedDialog(Dialog[bool]):
    """Says loudly that a host shows another key than before; nothing here accepts it."""

    DEFAULT_CSS = "HostKeyChangedDialog .dialog--title { color: $error; }"
    BINDINGS = [
        Binding("c", "copy", "copy", tooltip="Copy the command that forgets the old key", id="host_key.copy"),
        Binding("enter", "cancel", "go on", tooltip="Leave it refused", show=False, id="host_key.leave"),
    ]

    def __init__(self, link: Connection, key: HostKey, turn: str = "") -> None:
        self.command = forget(key, link)
        text = (
            "Either the host was set up anew, or somebody stands between you and it and reads along. Nothing was sent "
            "to it. Ask its owner before anything else. If the new key is right, forget the old one by hand, then "
            f"K on the node:\n{self.command}"
        )
        title = f"{turn}REFUSED: the host key of {link.name} has CHANGED"
        super().__init__(title, text, "c copy that command   esc leave it refused")
        self._facts = Facts(
            facts(
                ("host", key.host or link.address),
                ("known", key.expected),
                ("in", key.file),
                ("shown now", f"{key.fingerprint}", "bad"),
                ("key", key.algorithm),
            )
        )

    def compose_answer(self) -> ComposeResult:
        yield self._facts

    def action_copy(self) -> None:
        copy = getattr(self.app, "copy", None)
        if copy is not None:
            copy(self.command, "the command that forgets the old key")


class SecretPrompt(Prompt):
    """Asks for a passphrase or a password, masked; an empty answer is none."""

    def __init__(
        self, link: Connection, wanted: SecretWanted, others: Sequence[str] = (), wrong: str = "", turn: str = ""
    ) -> None:
        self._kind = wanted.kind.lower()
        said = [wrong or wanted.prompt or f"{link.name} asks for a {self._kind}."]
        if wanted.about and wanted.about not in said[-1]:
            said.append(f"It is for {wanted.about}.")
        if others:
            many = len(others) > NAMED
            names = ", ".join(others[:NAMED]) + (f" and {len(others) - NAMED} more" if many else "")
            said.append(f"It opens the same file for {names}.")
        said.append("It stays in the engine's memory and is never written down.")
        super().__init__(f"{turn}The {self._kind} for {link.name}", "\n".join(said), secret=True)

    def check(self, text: str) -> str:
        return "" if text else f"The {self._kind} is missing.   esc leaves it"


def facts(*pairs: tuple[str, ...]) -> list[list[Word]]:
    """Write (name, text) or (name, text, style) as lines; a text that is too long for a line goes on in the next."""
    lines: list[list[Word]] = []
    for name, text, *style in pairs:
        for at, part in enumerate(wrapped(text, ROOM - 14)) if text else ():
            lines.append([(f"{'' if at else name:<12}", "dim"), (part, style[0] if style else "text")])
    return lines


def forget(key: HostKey, link: Connection) -> str:
    """Write the command that takes a host's old key out of the file that has it."""
    file, colon, line = key.file.rpartition(":")
    if not colon or not line.isdigit():
        file = key.file
    where = f" -f {shlex.quote(file)}" if file else ""
    return f"ssh-keygen -R {shlex.quote(key.host or link.address)}{where}"


def same_file(link: Connection, others: Sequence[Connection]) -> list[Connection]:
    """Give the other connections that wait for the passphrase of the same key file."""
    wanted = link.secret
    if wanted is None or wanted.kind != PASSPHRASE or not wanted.about:
        return []
    return [
        one
        for one in others
        if one.ref != link.ref and one.secret and (one.secret.kind, one.secret.about) == (PASSPHRASE, wanted.about)
    ]
