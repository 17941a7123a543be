"""The part of the launcher that looks up what is in the resource groups that its targets name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tui.errors import SsmTuiError
from tui.ports import Ref
from tui.screens._base import ConsoleScreen, explain
from tui.services.targets import Directory, groups_in, split_words

if TYPE_CHECKING:
    from tui.services.nodes import Node

TARGETS = "names, ids, tag:KEY=VALUE, group:NAME"
"""What one may write as targets."""
SETTLED = 0.15
"""Seconds without another key after which a name counts as typed."""


class GroupTargets(ConsoleScreen):
    """Has a directory in which `group:NAME` means its members, once they are known."""

    _line: str

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self._groups: dict[str, Collection[Ref] | None] = {}
        self._asked: set[str] = set()
        self._whole: Sequence[Node] = ()
        self._lacking: Mapping[str, str] = {"": ""}
        self._directory = Directory((), lacking=self._lacking)

    if TYPE_CHECKING:

        def _show_all(self) -> None: ...

    def _list_nodes(self, nodes: Sequence[Node]) -> None:
        """Take the nodes that are known now; who is in the groups may have changed with them."""
        self._whole = nodes
        self._renew_directory()
        self._look_up(groups_in(split_words(self._line)))

    def _renew_directory(self) -> None:
        self._directory = Directory(self._whole, self._groups, self._lacking)

    def _look_up_new(self) -> None:
        """Look up the groups that are named and not known."""
        self._look_up([name for name in groups_in(split_words(self._line)) if name not in self._groups])

    def _look_up(self, names: Sequence[str]) -> None:
        if names and self.shell.is_connected and {*names} - self._asked:
            self._asked = {*names}

            async def ask() -> None:
                await self._ask_groups(names)

            # Called when the worker starts: one that another replaces at once leaves nothing behind.
            work: Callable[[], Any] = ask
            self.run_worker(work, group="groups", exclusive=True, exit_on_error=False)

    async def _ask_groups(self, names: Sequence[str]) -> None:
        from tui.services.resource_groups import ResourceGroups, nodes_in  # deferred: only where a group is named

        await asyncio.sleep(SETTLED)
        try:
            found = await nodes_in(self.shell.services.each(ResourceGroups), names)
        except SsmTuiError as error:
            self.shell.notice(" ".join(explain(error, "")), "bad")
            return
        finally:
            if self._asked == {*names}:
                self._asked = set()
        if any(self._groups.get(name, ()) != members for name, members in found.items()):
            self._groups = self._groups | found
            self._renew_directory()
            self._show_all()
