"""Every test of the console works in a folder of its own: what it saves is not left in the tree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tui.widgets.cells import draw_ascii

TREE = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in the test's folder; engines that are started still find the package."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TREE), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep))


@pytest.fixture(autouse=True)
def _own_words_in_unicode() -> None:
    """Forget what an earlier console said of its terminal: a widget by itself draws as it comes."""
    draw_ascii(False)
