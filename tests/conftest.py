"""No test leaves an engine, a keeper, a shell or a command behind, however it ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """End what lives in the test's own folder once its fixtures have done so in good order."""
    folder: Path | None = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    if folder is not None:
        from tests.engine.daemons import end_all, states_below  # deferred: most tests start nothing

        for state in states_below(folder):
            end_all(state)
