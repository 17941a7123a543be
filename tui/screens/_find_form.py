"""What parameters are looked for by, asked for in a form."""

from __future__ import annotations

from collections.abc import Mapping

from tui.screens._find_words import TYPES, FieldsError, search_of
from tui.screens._form_dialog import FormDialog
from tui.screens._time_words import SPANS
from tui.services.parameter_finding import Search
from tui.widgets.form_field import FormField


class FindForm(FormDialog[tuple[Search, dict[str, str]]]):
    """Asks what is looked for; gives the search, and what was typed, so that the form can be opened with it again."""

    def __init__(self, typed: Mapping[str, str]) -> None:
        secrets = FormField("secrets", "look into secrets", typed.get("secrets", ""), placeholder="no")
        secrets.set_choices(["no", "yes"])
        type = FormField("type", "type", typed.get("type", ""), placeholder="any")
        type.set_choices(TYPES)
        fields = [
            FormField("under", "below", typed.get("under", ""), placeholder="/"),
            FormField("name", "name has", typed.get("name", ""), about="part of it, as it is written"),
            FormField("value", "value has", typed.get("value", ""), about="reads every value", exact=True),
            secrets,
            type,
            FormField("tag", "tag", typed.get("tag", ""), about="key=value, or a key; several with commas"),
            FormField("changed", "changed within", typed.get("changed", ""), about=SPANS),
            FormField("older", "not changed for", typed.get("older", ""), about=SPANS),
            FormField("expires", "expires within", typed.get("expires", ""), about=SPANS),
        ]
        super().__init__("Find parameters", fields, self._give, "All that is given has to be so.", verb="find")

    def problems(self, values: Mapping[str, str]) -> dict[str, str]:
        try:
            search_of(values)
        except FieldsError as error:
            return error.problems
        return {}

    async def _give(self, values: Mapping[str, str]) -> tuple[Search, dict[str, str]]:
        return search_of(values), dict(values)
