"""No test leaves an engine, a keeper, a shell or a command behind, however it ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# No test puts a master key into the keyring of the desktop that it runs on.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """End what lives in the test's own folder once its fixtures have done so in good order."""
    folder: Path | None = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    if folder is not None:
        from tests.engine.daemons import end_all, states_below  # deferred: most tests start nothing

        for state in states_below(folder):
            end_all(state)
