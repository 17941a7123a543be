"""The actions on parameters that are plans: copy, move, delete, edit as text, import, export."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from textual.binding import Binding

from tui.ports import Ref
from tui.screens._base import changing
from tui.screens._parameter_copy import ParameterCopy
from tui.screens._parameter_rows import parent_of

PLAN_BINDINGS = [
    Binding("D", "delete", "delete", tooltip="Delete what is marked, else this or all of a folder", id="plans.delete"),
    Binding(
        "m", "move_to", "move", tooltip="Move or rename what is marked, else this or all of a folder", id="plans.move"
    ),
    Binding(
        "Y", "copy_to", "copy to", tooltip="Copy it elsewhere: what is marked, this, all of a folder", id="plans.copy"
    ),
    Binding(
        "S",
        "edit_text",
        "edit as text",
        tooltip="Edit what is marked, else all of this folder, as one text in $EDITOR",
        show=False,
        id="plans.text",
    ),
    Binding("I", "import_file", "import", tooltip="Import a file below this folder", show=False, id="plans.import"),
    Binding(
        "O",
        "export",
        "export",
        tooltip="Export what is marked, else this or all of a folder, to a file",
        show=False,
        id="plans.export",
    ),
    Binding(
        "U",
        "unfinished",
        "broken moves",
        tooltip="Show moves that were broken off, to finish them or take them back",
        show=False,
        id="plans.unfinished",
    ),
]
"""The keys of plans, for the screen's own list."""
_ON_SOMETHING = ("delete", "copy_to", "move_to", "edit_text", "export")


class ParameterPlanActions(ParameterCopy):
    """Opens plans; `ParametersScreen` has the rest."""

    def begin(self) -> None:
        super().begin()
        self.run_worker(self._tell_broken_off(), group="broken off", exit_on_error=False)

    async def _tell_broken_off(self) -> None:
        from tui.screens._parameter_unfinished import tell_broken_off  # deferred: after the first rows

        await tell_broken_off(self, "U")

    # what is meant

    def refusal(self, action: str) -> str:
        if action in _ON_SOMETHING:
            return self._why_nothing()
        return super().refusal(action)

    def _why_nothing(self) -> str:
        if self.phase == "loading":
            return "the parameters are still being loaded"
        refs = self._meant_refs()
        if not refs:
            return "there is no parameter under the cursor"
        if len({ref.context for ref in refs}) > 1:
            return "what is marked stands in several contexts: mark those of one"
        if self.table.filter and self._completing:
            return "what the filter lets through is still being read"
        return ""

    def _meant_refs(self) -> list[Ref]:
        """Give the marks, else what is under the cursor: a folder itself; with a filter, what that lets pass."""
        table = self.table
        marks = [ref for ref in table.marked_ids if isinstance(ref, Ref)]
        here = table.cursor_id
        if marks or not isinstance(here, Ref):
            return marks
        if table.cells(here) or not table.filter:
            return [here]
        return self.meant

    def _completion(self) -> Callable[[str], Sequence[str]]:
        """Give what completes a path while one types it, of what the tree knows now."""
        from tui.screens._path_prompt import likely_paths  # deferred: opened on a key

        found = [ref.id for ref in self.tree_view.things if isinstance(ref, Ref)]
        known = [*(f"{ref.id.rstrip('/')}/" for ref in self._folders), *found]

        def complete(typed: str) -> Sequence[str]:
            context, colon, path = typed.rpartition(":") if not typed.startswith("/") else ("", "", typed)
            return [f"{context}{colon}{one}" for one in likely_paths(known, path)]

        return complete

    async def _picked(self, *, whole: bool = False) -> Any:
        """Give what an action is about; asks where one path is a parameter and a folder. `whole` takes the folder that
        a parameter stands in."""
        from tui.screens._dialogs import Choose  # deferred: opened on a key
        from tui.screens._parameter_subtree import Picked, common_root  # deferred: as above

        refs, table = self._meant_refs(), self.table
        if not refs:
            return None
        context = refs[0].context
        names = [ref.id for ref in refs if table.cells(ref)]
        folders = [ref.id for ref in refs if not table.cells(ref)]
        hidden = tuple(ref.id for ref in table.hidden_marks if isinstance(ref, Ref))
        if len(refs) == 1 and not table.marked_ids:
            path = refs[0].id
            if names and refs[0] in self._folders and not table.filter:
                chosen: bool | None = True
                if not whole:
                    options = [(f"{path} alone", False), (f"{path} and all that is below it", True)]
                    chosen = await self.ask(Choose(f"{path} is a parameter and a folder", options))
                if chosen is None:
                    return None
                if chosen:
                    return Picked(context, path, folders=(path,))
            if whole and names and (above := parent_of(path)) != "/":
                return Picked(context, above, folders=(above,))
            return Picked(context, path, tuple(names), tuple(folders))
        root = names[0] if len(names) == 1 and not folders else common_root([*names, *(f"{one}/" for one in folders)])
        return Picked(context, root, tuple(names), tuple(folders), hidden)

    def _on_picked(self, deed: Callable[[Any], Coroutine[Any, Any, None]], *, whole: bool = False) -> None:
        async def work() -> None:
            picked = await self._picked(whole=whole)
            if picked is not None:
                await deed(picked)

        self.do(work())

    # actions

    @changing
    def action_delete(self) -> None:
        from tui.screens._parameter_move import delete  # deferred: opened on a key

        self._on_picked(lambda picked: delete(self, picked))

    @changing
    def action_copy_to(self) -> None:
        from tui.screens._parameter_move import copy_or_move  # deferred: opened on a key

        self._on_picked(lambda picked: copy_or_move(self, picked, self._completion(), moves=False))

    @changing
    def action_move_to(self) -> None:
        from tui.screens._parameter_move import copy_or_move  # deferred: opened on a key

        self._on_picked(lambda picked: copy_or_move(self, picked, self._completion(), moves=True))

    @changing
    def action_edit_text(self) -> None:
        from tui.screens._parameter_text import edit_as_text  # deferred: opened on a key

        self._on_picked(lambda picked: edit_as_text(self, picked), whole=True)

    @changing
    def action_import_file(self) -> None:
        from tui.screens._parameter_import import import_file  # deferred: opened on a key

        folder = self.folder
        context = folder.context if folder is not None else self.shell.services.contexts[0]
        self.do(import_file(self, context, folder.id if folder is not None else self.root, self._completion()))

    def action_export(self) -> None:
        from tui.screens._parameter_export import export  # deferred: opened on a key

        self._on_picked(lambda picked: export(self, picked))

    @changing
    def action_unfinished(self) -> None:
        from tui.screens._parameter_unfinished import show_broken_off  # deferred: opened on a key

        self.do(show_broken_off(self))
