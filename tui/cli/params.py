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
       ssm-tui params rm NAME… [-r] [--yes]
       ssm-tui params cp SRC DST [-r] [--overwrite] [--to-context NAME] [--yes]
       ssm-tui params mv SRC DST [-r] [--overwrite] [--to-context NAME] [--yes]
       ssm-tui params mv --finish | --take-back | --forget [--yes]
       ssm-tui params diff A B [--values [--decrypt]] [--at TIME] [--json]
       ssm-tui params history NAME [--values [--decrypt]] [--json]
       ssm-tui params export PATH [--format F] [--decrypt] [-o FILE]
       ssm-tui params import FILE PATH [--format F] [--overwrite] [--delete-others] [--dry-run] [--yes]
       ssm-tui params exec PATH… [--pristine] [--prefix P] -- COMMAND

Each has --help. A name or path may say its context in front: CONTEXT:/app/prod. Values of SecureStrings are shown
with --decrypt alone, and are never taken from the command line unless a flag of its own says so.
"""

VERBS = {
    "ls": "tui.cli._params_ls",
    "get": "tui.cli._params_get",
    "put": "tui.cli._params_put",
    "rm": "tui.cli._params_rm",
    "cp": "tui.cli._params_copy",
    "mv": "tui.cli._params_copy",
    "diff": "tui.cli._params_diff",
    "history": "tui.cli._params_history",
    "export": "tui.cli._params_export",
    "import": "tui.cli._params_import",
    "exec": "tui.cli._params_exec",
}
"""Word: the module whose `main(common, words) -> int` does it, `words` being the word itself and what follows."""

QUIET = ("--help", "-h", "--finish", "--take-back", "--forget")
"""Words with which nobody has to be told of moves that were broken off."""


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
    own = words[: words.index("--")] if "--" in words else words
    if not any(word in QUIET for word in own):
        from tui.cli._params_unfinished import tell_unfinished  # deferred: --help goes without

        tell_unfinished(common)
    status: int = import_module(VERBS[verb]).main(common, words)
    return status
