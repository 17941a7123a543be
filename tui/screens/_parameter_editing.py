"""The keys that change one parameter: its value and what else it has, its labels, policies and tags."""

from __future__ import annotations

from textual.binding import Binding

from tui.ports import Ref
from tui.screens._base import changing
from tui.screens._parameter_copy import ParameterCopy

_ONE = {"edit": "edits", "editor": "edits", "duplicate": "copies"}
_NEEDS = {*_ONE, "labels", "policies", "roll_back"}


class ParameterEditing(ParameterCopy):
    """Opens the forms; `ParametersScreen` has the rest."""

    BINDINGS = [
        Binding("n", "new", "new", tooltip="Make a parameter in this folder", id="parameters.new"),
        Binding("e", "edit", "edit", tooltip="Edit the parameter in a form", id="parameters.edit"),
        Binding("E", "editor", "$EDITOR", tooltip="Edit the value in $EDITOR", id="parameters.editor"),
        Binding(
            "C", "duplicate", "duplicate", tooltip="Make another parameter like this one", id="parameters.duplicate"
        ),
        Binding("t", "tags", "tags", tooltip="Edit the tags of these parameters", id="parameters.tags"),
        Binding(
            "i",
            "labels",
            "labels",
            tooltip="Put labels on the version under the cursor, or the latest, or take them off",
            show=False,
            id="parameters.labels",
        ),
        Binding(
            "Z",
            "policies",
            "policies",
            tooltip="Edit its policies: until when it is there, and what is told before",
            show=False,
            id="parameters.policies",
        ),
        Binding(
            "b",
            "roll_back",
            "roll back",
            tooltip="Put the value of the version under the cursor again",
            show=False,
            id="parameters.roll_back",
        ),
    ]

    def refusal(self, action: str) -> str:
        if action in _NEEDS and self.current is None:
            loads = self.phase == "loading"
            return "the parameters are still being loaded" if loads else "there is no parameter under the cursor"
        marked = self.table.marked
        if action in _ONE and marked > 1:
            return f"it {_ONE[action]} one parameter, and {marked} are marked"
        if action == "roll_back":
            version = self.version_now
            if version is None or version.version == self.versions[0].version:
                return "that is the latest version: choose an older one in the history, below the value"
        if action == "tags" and not self._tagged:
            return "there is no parameter under the cursor"
        return super().refusal(action)

    @property
    def _tagged(self) -> list[Ref]:
        """The marked parameters, else the one under the cursor; of a folder's own none are taken along unasked."""
        refs = [ref for ref in self.meant if self.table.cells(ref)] if self.table.marked else [self.current]
        return [ref for ref in refs if ref is not None]

    def parameter_written(self, ref: Ref) -> None:
        """Hear that a parameter was put, and read it alone again."""
        self._note_change(ref.context, ref.id)
        if ref == self.current:
            self.read_details()

    # actions

    @changing
    def action_new(self) -> None:
        from tui.screens._parameter_form import new_parameter  # deferred: opened on a key

        folder = self.folder
        context = folder.context if folder is not None else self.shell.services.contexts[0]
        self.do(new_parameter(self, context, folder.id if folder is not None else self.root))

    @changing
    def action_edit(self) -> None:
        from tui.screens._parameter_form import edit_parameter  # deferred: opened on a key

        if self.current is not None:
            self.do(edit_parameter(self, self.current))

    @changing
    def action_editor(self) -> None:
        from tui.screens._parameter_editor import edit_in_editor  # deferred: opened on a key

        if self.current is not None:
            self.do(edit_in_editor(self, self.current))

    @changing
    def action_duplicate(self) -> None:
        from tui.screens._parameter_form import copy_parameter  # deferred: opened on a key

        if self.current is not None:
            self.do(copy_parameter(self, self.current))

    @changing
    def action_tags(self) -> None:
        from tui.screens._parameter_tags import edit_tags  # deferred: opened on a key

        self.do(edit_tags(self, self._tagged, len(self.table.hidden_marks)))

    @changing
    def action_labels(self) -> None:
        from tui.screens._parameter_labels import edit_labels  # deferred: opened on a key

        version = self.version_now
        if self.current is not None:
            self.do(edit_labels(self, self.current, version.version if version is not None else None))

    @changing
    def action_policies(self) -> None:
        from tui.screens._parameter_policies_form import edit_policies  # deferred: opened on a key

        if self.current is not None:
            self.do(edit_policies(self, self.current))

    @changing
    def action_roll_back(self) -> None:
        from tui.screens._parameter_rolling_back import roll_back_to  # deferred: opened on a key

        version = self.version_now
        if self.current is not None and version is not None:
            self.do(roll_back_to(self, self.current, version.version))
