"""The two sides of a comparison, asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from tui.errors import UsageError
from tui.screens._compare_sides import FORM, side_of, sides_of
from tui.screens._form_dialog import FormDialog
from tui.services import Services
from tui.widgets.form_field import FormField


class SidesForm(FormDialog[str]):
    """Asks for both sides; gives them as `:compare` takes them."""

    def __init__(self, services: Services, left: str = "", right: str = "") -> None:
        self._services = services
        fields = [FormField("left", "left", left, about=FORM), FormField("right", "right", right, about=FORM)]
        text = "A path of each side, now or at a time: /app/prod@2d, /app/prod@2026-11-01T10:00Z."
        if len(services.contexts) > 1:
            text += f"\nContexts: {', '.join(services.contexts)}."
        super().__init__("Compare", fields, self._give, text, verb="compare")

    def on_mount(self) -> None:
        super().on_mount()
        empty = next((field for field in self.fields.values() if not field.text), None)
        if empty is not None:
            empty.focus()

    def problems(self, values: Mapping[str, str]) -> dict[str, str]:
        found: dict[str, str] = {}
        now = datetime.now(UTC)
        for key, word in values.items():
            try:
                if word:
                    side_of(word, self._services, now)
                else:
                    found[key] = "A path is needed, such as /app/prod."
            except UsageError as error:
                found[key] = str(error)
        if not found:
            try:
                sides_of(" ".join(values.values()), self._services, now)
            except UsageError as error:
                found["right"] = error.message
        return found

    async def _give(self, values: Mapping[str, str]) -> str:
        return " ".join(values.values())
