"""What a screen and the shell agree on: what may be asked of the shell, marks on actions, words for errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from textual.binding import Binding

from tui.errors import AccessDenied, CredentialsExpired, NotImplementedByEngine, SsmTuiError, Throttled, Unreachable

if TYPE_CHECKING:
    from tui.config import Config
    from tui.contexts import ContextSpec
    from tui.services import Services
    from tui.theming import Glyphs
    from tui.widgets.top_bar import Word

F = TypeVar("F", bound=Callable[..., Any])

AGAIN = "R tries again."
"""How a screen's feeds are asked again; transports say it as a hint too."""

COPY = Binding("c", "copy", "copy", tooltip="Copy the id, the name or another value", show=False, id="screen.copy")
YAML = Binding("y", "yaml", "yaml", tooltip="Show the raw API answer as YAML", show=False, id="screen.yaml")


class Shell(Protocol):
    """What a screen may ask of the app around it."""

    config: Config
    read_only: bool
    glyphs: Glyphs

    @property
    def services(self) -> Services: ...
    @property
    def is_connected(self) -> bool: ...
    @property
    def link_error(self) -> SsmTuiError | None: ...
    @property
    def link_errors(self) -> Mapping[str, SsmTuiError]: ...
    @property
    def contexts(self) -> list[str]: ...
    @property
    def open_contexts(self) -> Mapping[str, ContextSpec]: ...
    @property
    def named_contexts(self) -> Mapping[str, ContextSpec]: ...
    def account_of(self, context: str) -> str: ...
    def region_of(self, context: str) -> str: ...
    def state_of(self, context: str) -> Word: ...
    def flags_of(self, context: str) -> list[str]: ...
    def use_contexts(self, specs: Sequence[ContextSpec]) -> None: ...
    def log_in(self, context: str = "") -> None: ...
    def go(self, noun: str, argument: Any = None) -> None: ...
    def prepare(self, noun: str) -> None: ...
    def back_up(self) -> None: ...
    def notice(self, text: str, style: str = "text", *, noun: str = "", argument: Any = None) -> None: ...
    def see(self, noun: str, things: Mapping[str, str]) -> None: ...
    def set_fact(self, name: str, text: str) -> None: ...
    def top_words(self) -> tuple[list[Word], list[Word]]: ...
    def status_words(self) -> list[Word]: ...
    def tail_words(self) -> list[Word]: ...
    def copy(self, text: str, what: str) -> None: ...
    def fault(self, what: str) -> None: ...
    def connect_again(self) -> None: ...
    def stop_connecting(self) -> bool: ...
    async def give_keys(self) -> None: ...


def changing(method: F) -> F:
    """Mark an action that changes nodes or data: read-only greys it with its reason."""
    method.__changes__ = True  # type: ignore[attr-defined]  # the mark itself
    return method


def explain(error: SsmTuiError, again: str = AGAIN) -> tuple[str, str]:
    """Say what failed and why, and the way out, each a sentence.

    `again` says how it is asked again; "" where no key does, as in a dialog and for what an action did.
    """
    hint = again if error.hint == AGAIN else error.hint
    match error:
        case NotImplementedByEngine():
            return _ended(error.message), error.hint
        case AccessDenied() if error.action:
            why = f"{error.action} is missing." if "on purpose" not in error.hint else error.hint
            return f"Denied: {why}", f"{_ended(error.message)} {again}".rstrip()
        case Throttled():
            return "Throttled: too many calls at once.", error.hint or "Backing off; it is tried again by itself."
        case CredentialsExpired():
            said = f"ctrl+l runs {error.login}." if error.login else f"{error.hint} ctrl+l says how.".strip()
            # A transport that knows more says it as a sentence of its own.
            bare = error.message.startswith(error.code)
            return f"The login has expired: {_ended(error.message)}" if bare else _ended(error.message), said
        case Unreachable():
            return error.message, hint or again
        case _:
            return _ended(error.message), hint or again


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?", "…")) else f"{sentence}."
