"""The stock command line, many commands in one process of its own: its start costs more than a command.

said = run(served.environment(home), [["ssm", "describe-activations"], ...])
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_PROGRAM = """
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver

driver = create_clidriver()
for words in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = driver.main(words)
        except SystemExit as ended:
            status = ended.code
    print(json.dumps([status, out.getvalue(), err.getvalue()]), flush=True)
"""


@dataclass(frozen=True)
class Said:
    """What one command ended with."""

    status: int
    out: str
    error: str

    @property
    def answer(self) -> Any:
        """Give what it printed, read; None where it printed nothing."""
        assert self.status == 0, self.error
        return json.loads(self.out) if self.out else None


def run(environment: Mapping[str, str], commands: Sequence[Sequence[str]], *, timeout: float = 60) -> list[Said]:
    """Run commands one after the other, without the word `aws`."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        input=json.dumps(list(map(list, commands))),
        capture_output=True,
        text=True,
        env=dict(environment),
        timeout=timeout,
        check=True,
    )
    return [Said(*json.loads(line)) for line in done.stdout.splitlines()]
