"""The part of the shell that knows the contexts: which are open, others in their place, logging in to one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from tui.contexts import ContextSpec, read_context
from tui.errors import SsmTuiError
from tui.screens._places import PlacesApp
from tui.widgets.top_bar import Word

log = logging.getLogger(__name__)


class ContextsApp(PlacesApp, inherit_bindings=False):
    """Opens contexts and lets them go, without leaving the place."""

    named_contexts: dict[str, ContextSpec]
    """The names that the config file has for contexts."""
    remember: Callable[[Sequence[ContextSpec]], None]
    """Keeps what was chosen for the next start."""
    wanted: tuple[str, Any] | None = None
    """The place that the start was to open, while it is asked which context."""

    @property
    def contexts(self) -> list[str]:
        """The names of the contexts that were chosen, open or not."""
        return self.links.names

    @property
    def open_contexts(self) -> dict[str, ContextSpec]:
        """The contexts that were chosen, by their names."""
        return dict(self.links.specs)

    def account_of(self, context: str) -> str:
        return self.links.account(context)

    def region_of(self, context: str) -> str:
        return self.links.region(context)

    def flags_of(self, context: str) -> list[str]:
        return self.links.flags(context)

    def state_of(self, context: str) -> Word:
        """Say in a few words how a context is, and the style of them."""
        return self.links.state(context)

    def use_contexts(self, specs: Sequence[ContextSpec]) -> None:
        """Have these contexts open and no others; the place stays, and shows what they have."""
        self.links.choose(specs)
        for screen in self._alive():
            screen.contexts_changed()
        self.links.open()
        self.set_fact("nodes", "")
        self._bars()
        self.run_worker(lambda: self._keep_choice(specs), thread=True, exit_on_error=False)
        if self.wanted is not None:
            (noun, argument), self.wanted = self.wanted, None
            self.begin_at(noun, argument)

    def _keep_choice(self, specs: Sequence[ContextSpec]) -> None:
        try:
            self.remember(specs)
        except OSError as error:
            log.warning("what was chosen can't be kept: %s", error)
            said = f"Your choice can't be kept for the next start: {error.strerror}."
            self.call_from_thread(self.notice, said, "warn")

    def switch_contexts(self, words: Sequence[str]) -> None:
        """Do what `:ctx NAME…` says; `+NAME` opens one more, `-NAME` lets one go."""
        self.run_worker(self._switch(words), group="contexts", exclusive=True, exit_on_error=False)

    async def _switch(self, words: Sequence[str]) -> None:
        import asyncio

        changes = [word for word in words if word[:1] in "+-" and len(word) > 1]
        chosen = dict(self.links.specs) if len(changes) == len(words) else {}
        try:
            for word in words:
                if word in changes and word[0] == "-":
                    if chosen.pop(word[1:], None) is None:
                        self.notice(f"The context {word[1:]} is not open.", "warn")
                        return
                    continue
                # AWS's files are read: not on the loop.
                spec = await asyncio.to_thread(self._read, word[1:] if word in changes else word)
                chosen[spec.name] = spec
        except SsmTuiError as error:
            self.notice(str(error), "warn")
            return
        if not chosen:
            self.notice("One context stays open; `:ctx NAME` opens another in its place.", "warn")
        else:
            self.use_contexts([*chosen.values()])

    def _read(self, word: str) -> ContextSpec:
        return self.links.specs.get(word) or read_context(word, self.named_contexts)

    def action_log_in(self) -> None:
        self.log_in()

    def log_in(self, context: str = "") -> None:
        """Log in to a context: the one that needs it most, where none is named."""
        expired = self.links.expired()
        name = context or next(iter(expired), "")
        spec = self.links.specs.get(name)
        if not name:
            self.notice("No login has expired here.")
        elif spec is None:
            self.notice(f"The context {name} is not open; `:ctx {name}` opens it.", "warn")
        elif spec.is_local:
            self.notice("The local engine needs no login.")
        else:
            from tui.screens._login import log_in  # deferred: done on a key

            self.run_worker(log_in(self, spec), group="login", exclusive=True, exit_on_error=False)
