"""What is really imported, held in processes of their own; and that the README's key table is the bindings'."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def _loaded_by(code: str) -> set[str]:
    """Run code in a fresh interpreter and give the names of what it imported."""
    code += "\nimport json, sys\nprint('\\n' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return set(json.loads(done.stdout.strip().rpartition("\n")[2]))


def _among(loaded: set[str], *packages: str) -> set[str]:
    return {name for name in loaded for package in packages if name == package or name.startswith(f"{package}.")}


def test_help_loads_neither_textual_nor_boto() -> None:
    loaded = _loaded_by("from tui.cli import main\nassert main(['--help']) == 0")
    assert _among(loaded, "textual", "rich", "boto3", "botocore", "asyncio", "yaml", "tui.engine", "tui.app") == set()


@pytest.mark.parametrize("code", ["import tui.app", "import tui.screens.nodes"])
def test_the_console_loads_no_engine_and_nothing_that_is_slow(code: str) -> None:
    loaded = _loaded_by(code)
    slow = ("botocore", "boto3", "asyncssh", "aiohttp", "yaml", "pyte", "psutil", "regex", "sqlite3")
    assert _among(loaded, "tui.engine", *slow) == set()


def test_what_opens_on_a_key_is_not_loaded_before() -> None:
    loaded = _loaded_by("import tui.app, tui.screens.nodes")
    later = ("palette", "go_to", "drawer")
    assert (
        _among(loaded, "tui.screens._dialogs", "tui.screens.help", *(f"tui.widgets.{name}" for name in later)) == set()
    )


def test_every_screen_module_is_in_the_one_list() -> None:
    from tui.screens import SCREENS
    from tui.screens._base import ConsoleScreen

    listed = {entry.target for entry in SCREENS}
    for path in (ROOT / "tui" / "screens").glob("[a-z]*.py"):
        text = path.read_text("utf-8")
        for name in re.findall(r"^class (\w+)\(ConsoleScreen", text, flags=re.MULTILINE):
            assert f"tui.screens.{path.stem}:{name}" in listed
    for entry in SCREENS:
        if (ROOT / (entry.target.partition(":")[0].replace(".", "/") + ".py")).exists():
            kind = entry.load()
            assert issubclass(kind, ConsoleScreen)
            assert entry.noun == kind.NOUN


def test_the_readme_s_key_table_is_the_bindings() -> None:
    from tests.architecture.key_table import README, written

    readme = README.read_text("utf-8")
    assert readme == written(readme), "write it anew: python -m tests.architecture.key_table"
