"""`ssm-tui params`: Parameter Store without the console; each verb is in a file of its own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from tui.cli._args import OK, Common, near
from tui.errors import UsageError

USAGE = """\
usage: ssm-tui params ls [PATH] [-r] [--type T] [--values [--decrypt]] [--json]
       ssm-tui params get NAME[:VERSION|:LABEL] [--decrypt] [--json]
       ssm-tui params put NAME [VALUE] [--type T] [--overwrite | --if-version N] …
       ssm-tui params history NAME [--values [--decrypt]] [--json]
       ssm-tui params exec PATH… [--pristine] [--prefix P] -- COMMAND

Each has --help. A name or path may say its context in front: CONTEXT:/app/prod. Values of SecureStrings are shown
with --decrypt alone, and are never taken from the command line unless a flag of its own says so.
"""

VERBS = {
    "ls": "tui.cli._params_ls",
    "get": "tui.cli._params_get",
    "put": "tui.cli._params_put",
    "history": "tui.cli._params_history",
    "exec": "tui.cli._params_exec",
}
"""Word: the module whose `main(common, words) -> int` does it, `words` being the word itself and what follows."""


def main(common: Common, words: Sequence[str]) -> int:
    """Do what the first word says. Raises: UsageError where there is no such verb."""
    verb = words[0] if words else ""
    if verb in ("--help", "-h"):
        sys.stdout.write(USAGE)
        return OK
    if verb not in VERBS:
        like = near(verb, [*VERBS])
        hint = f"Did you mean {' or '.join(like)}?" if like else "See ssm-tui params --help."
        raise UsageError(f"There is no verb params {verb}." if verb else "params needs a verb.", hint=hint)
    status: int = import_module(VERBS[verb]).main(common, words)
    return status
