"""A state folder whose engine is stopped after the test, with what still runs in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.console_driver import verb


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "state").mkdir(mode=0o700)
    yield tmp_path
    verb(tmp_path, "stop", "--force")
