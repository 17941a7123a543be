"""In which contexts commands are that a screen is about: as its words say, else found by asking each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tui.errors import ApiError, SsmTuiError
from tui.ports import Ref
from tui.screens._command_runs import NodeRun
from tui.services import Services
from tui.services.commands import Commands


class CommandPlaces:
    """The contexts of some commands by their ids."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = [*words]
        # A command's id has no colon: what stands before one is its context, whether that is open or not.
        self._said = {id: context for context, _, id in (word.rpartition(":") for word in words) if context}
        self._known: dict[str, str] = {}

    @property
    def ids(self) -> list[str]:
        """The ids behind the words."""
        return [word.rpartition(":")[2] for word in self.words]

    def settled(self, services: Services) -> dict[str, str]:
        """Give the contexts that are known without asking, by id, open or not."""
        for id in self.ids:
            if id not in self._said and self._known.get(id) not in services.contexts:
                self._known.pop(id, None)
                if len(services.contexts) == 1:
                    self._known[id] = services.contexts[0]
            elif self._said.get(id) in services.contexts:
                self._known[id] = self._said[id]
        return self._known

    async def find(self, services: Services, id: str) -> str:
        """Ask every open context for a command, and give the one that has it.

        Raises: SsmTuiError where none has it; where some can't say, one of those says why.
        """

        async def ask(context: str) -> SsmTuiError | None:
            try:
                await services.of(Commands, context).raw(id)
            except SsmTuiError as error:
                return error
            self._known.setdefault(id, context)
            return None

        errors = await asyncio.gather(*(ask(context) for context in services.contexts))
        if id in self._known:
            return self._known[id]
        silent = [error for error in errors if not (isinstance(error, ApiError) and error.code == "InvalidCommandId")]
        raise next((error for error in silent if error is not None), None) or ApiError(
            "InvalidCommandId", f"no command {id} in {', '.join(services.contexts)}", operation="ListCommands"
        )

    @property
    def many(self) -> bool:
        """Whether the commands are in more than one context."""
        return len(set(self._known.values())) > 1

    def refs(self) -> list[Ref]:
        """Give the commands whose contexts are known."""
        return [Ref(context, id) for id, context in self._known.items()]

    def context(self, run: NodeRun) -> str | None:
        """Give the context of a node's run; None for the main one."""
        return self._known.get(run.command_id)
