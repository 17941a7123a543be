"""What `c` copies of a parameter: its name, value, ARN or `aws` line; a secret only where it can be taken back."""

from __future__ import annotations

import os
from collections.abc import Mapping

from tui.errors import UsageError
from tui.screens._parameter_rows import parent_of
from tui.screens._parameter_value import ParameterPane
from tui.screens._secret_clipboard import put_secret
from tui.services.api_calls import aws_cli_line
from tui.widgets.cells import clean, cut

VALUE = "value"
TAKEN_BACK = "value (a secret: it is taken back after 30 s)"
SHOWN = 60
"""Characters of a text that is shown where one chooses what to copy."""


class ParameterCopy(ParameterPane):
    """Copies; `ParametersScreen` has the rest."""

    environ: Mapping[str, str] = os.environ
    """Says what clipboards there are for a secret."""

    def copies(self) -> dict[str, str]:
        details = self.details
        if details is None:
            folder = self.folder
            return {"path": folder.id} if folder is not None else {}
        request = {"Name": details.name, "WithDecryption": True}
        line = aws_cli_line("ssm", "GetParameter", request, flags=self.shell.flags_of(details.ref.context))
        value = "" if details.is_secret or details.value is None else details.value.value
        found = details.parameter or details.value
        return {
            "name": details.name,
            VALUE: value,
            "ARN": found.arn if found else "",
            "the aws line that gets it": line,
        }

    async def _copy(self) -> None:
        from tui.screens._dialogs import Choose  # deferred: opened on a key

        found = {what: text for what, text in self.copies().items() if text}
        if not found:
            self.shell.notice("There is nothing under the cursor to copy.", "warn")
            return
        options = [(f"{what}  {cut(clean(text), SHOWN)}", what) for what, text in found.items()]
        if self.details is not None and self.details.is_secret:
            options.insert(1, (TAKEN_BACK, TAKEN_BACK))
        chosen = options[0][1] if len(options) == 1 else await self.ask(Choose("Copy", options))
        if chosen == TAKEN_BACK:
            await self._copy_secret()
        elif chosen is not None:
            self.shell.copy(found[chosen], chosen)

    async def _copy_secret(self) -> None:
        details = self.details
        if details is None:
            return
        value = await self.parameters_of(details.ref).value(details.ref.id, decrypt=True)
        try:
            where = await put_secret(value.value, environ=self.environ)
        except UsageError as error:
            path = parent_of(details.ref.id)
            message = error.message.removesuffix(":")
            raise UsageError(message, hint=f"ssm-tui params exec {path} -- COMMAND hands it over.") from None
        self.shell.notice(f"The value of {details.name} is in {where}.", "good")
