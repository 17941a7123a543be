"""python -m tests.bench NAME [--json]: measure one thing against its peer; NAME is a module beside this one."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
from collections.abc import Sequence
from pathlib import Path

from tests.bench._rows import table


def names() -> list[str]:
    """List what can be measured."""
    found = pkgutil.iter_modules([str(Path(__file__).parent)])
    return sorted(module.name for module in found if not module.name.startswith("_"))


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and give 0 whether or not the goals were met: a benchmark is a measure, not a test."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", choices=names())
    parser.add_argument("--json", action="store_true", help="print one array with a row per figure")
    options = parser.parse_args(argv)
    rows = importlib.import_module(f"tests.bench.{options.name}").figures()
    print(json.dumps([row.as_json() for row in rows], indent=2) if options.json else table(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
