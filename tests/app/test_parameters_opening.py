"""Where the Parameters screen opens: by a path, by what one pastes of a parameter, in a context."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.app._parameter_fake import ACCOUNT, ParametersFake
from tests.app.console import console, says, until
from tui.ports import Ref

ARN = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/app/web/key-b"


@pytest.mark.parametrize("word", [ARN, f"{ARN}:2", "/app/web/key-b:2", "/app/web/key-b", "local:/app/web/key-b:live"])
async def test_a_pasted_arn_or_a_name_with_a_version_opened_all_parameters_instead_of_that_one(
    tmp_path: Path, word: str
) -> None:
    fake = ParametersFake({f"/app/{group}/key-{key}": "v" for group in ("web", "db") for key in "abc"})
    async with console(fake.transport, tmp_path, words=f"params {word}") as (app, pilot):
        await says(pilot, "Parameters /app/web", "key-b")
        screen: Any = app.screen
        await until(pilot, lambda: screen.table.cursor_id == Ref("local", "/app/web/key-b"))
