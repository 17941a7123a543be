"""Parameters: the tree of their paths, and beside it the one under the cursor."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding

from tui.screens._base import COPY, YAML
from tui.screens._parameter_editing import ParameterEditing
from tui.screens._parameter_looking import LOOKING_BINDINGS, ParameterLooking
from tui.screens._parameter_plan_actions import PLAN_BINDINGS, ParameterPlanActions
from tui.services.parameter_models import path_of
from tui.widgets.covered import CoveredColumn, CoveredRow


class ParametersScreen(ParameterPlanActions, ParameterEditing, ParameterLooking):
    """Every parameter below a path; its argument is the path, or an ARN, else what to filter for."""

    NOUN, TITLE = "parameters", "Parameters"
    EMPTY = (
        "No parameters yet.",
        "A parameter is a value with a name, such as /app/db/host, plain or secret.\nn makes the first one.",
    )
    LOADING = "Loading the parameters…"
    BINDINGS = [
        Binding("v", "reveal", "reveal", tooltip="Reveal the secret for 10 s, or a cut value", id="parameters.reveal"),
        Binding("T", "flat", "flat", tooltip="Show paths in one list, or as a tree", id="parameters.flat"),
        Binding(
            "x", "diff", "diff", tooltip="Compare two marked versions, else this and the latest", id="parameters.diff"
        ),
        *PLAN_BINDINGS,
        *LOOKING_BINDINGS,
        COPY,
        YAML,
    ]
    DEFAULT_CSS = """
    ParametersScreen > Horizontal { height: 1fr; }
    ParametersScreen #parameter-trees { width: 9fr; }
    ParametersScreen #parameter-side { width: 11fr; border-left: solid $panel; }
    ParametersScreen #versions { height: 35%; min-height: 4; border-top: solid $panel; }
    ParametersScreen.-wide #parameter-trees { width: 2fr; }
    ParametersScreen.-wide #parameter-side { width: 3fr; }
    ParametersScreen.-narrow > Horizontal { layout: vertical; }
    ParametersScreen.-narrow #parameter-trees { width: 1fr; height: 1fr; }
    ParametersScreen.-narrow #parameter-side { width: 1fr; height: 9; border-left: none; }
    ParametersScreen.-narrow #versions { display: none; }
    ParametersScreen.-narrow.-reading #parameter-trees { height: 5; }
    ParametersScreen.-narrow.-reading #parameter-side { height: 1fr; }
    ParametersScreen.-narrow.-reading #versions { display: block; }
    ParametersScreen.-short #parameter-side { display: none; }
    """

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        word = str(argument or "")
        ahead, colon, rest = word.partition(":")
        # A context stands before a path, an ARN has one in it, and a version or a label may stand behind one.
        path = path_of(word) if ahead == "arn" else rest if colon and "/" not in ahead else word
        if path.startswith("/"):
            self.root = path_of(path.partition(":")[0].rstrip("/") or "/")

    def compose_body(self) -> ComposeResult:
        self.tree_view.glyphs = self.flat_view.glyphs = self.shell.glyphs
        with CoveredRow():
            with CoveredColumn(id="parameter-trees"):
                yield self.tree_view
                if self._state.get("flat"):  # else it comes when it is asked for
                    yield self.flat_view
            yield from self.compose_pane()

    def on_mount(self) -> None:
        self.flat_view.flashes = self.tree_view.flashes
        word = str(self.argument or "")
        if word and not self._state and not word.startswith("/") and ":" not in word:
            self.bottom.set_filter(word)
            self.apply_filter(word)

    def crumb(self) -> str:
        return self.TITLE if self.root == "/" else f"{self.TITLE} {self.root}"

    def set_phase(self, phase: str, headline: str = "", text: str = "") -> None:
        if phase != "loading":
            self.call_after_refresh(self.call_later, self.fill_pane)
        if phase == "empty" and self.root != "/":
            headline, text = f"Nothing is below {self.root}.", "`:params` shows all, n makes a parameter."
        super().set_phase(phase, headline, text)

    async def raw(self) -> tuple[str, Any]:
        ref = self.current
        if ref is None:
            return "", None
        return ref.id, await self.parameters_of(ref).raw(ref.id)

    def refusal(self, action: str) -> str:
        if action in ("reveal", "diff", "yaml") and self.current is None:
            if self.phase == "loading":
                return "the parameters are still being loaded"
            return "there is no parameter under the cursor"
        if action == "diff" and len(self.versions) < 2:
            return "there are not two versions of it"
        return super().refusal(action)

    # actions

    def action_flat(self) -> None:
        self.show_flat(not self.is_flat)
