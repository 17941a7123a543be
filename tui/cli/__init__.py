"""The command `ssm-tui`: the console, or a verb without it; one file per verb, loaded when chosen."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from tui.errors import (
    ConfigError,
    NotFollowed,
    OutcomeUnknown,
    ReadOnlyRefused,
    ServerFailed,
    SsmTuiError,
    StateError,
    Unreachable,
    UsageError,
    VersionMismatch,
)

HELP = """\
usage: ssm-tui [--local] [--context NAME]… [--profile P] [--region R] [--state DIR] [--read-only] [SCREEN …]
       ssm-tui VERB …

The operations console for AWS Systems Manager. Without a verb it opens; a screen's name, its alias or a whole
go-to line opens it there: ssm-tui nodes, ssm-tui node web-14, ssm-tui run AWS-RunShellScript.

verbs (each has --help):
  nodes list              the managed nodes
  nodes add NAME ssh://…  a host that is reached over SSH becomes a node; nodes import takes those of ~/.ssh/config
  nodes remove NAME…      nodes are forgotten; nothing on them is touched
  run … -- COMMAND        run a command on nodes and print what they say as it comes
  params ls|get|put|…     parameters of Parameter Store; params exec /app/prod -- COMMAND runs with them as environment
  shell NODE [-- COMMAND] a shell on a node in this terminal, its exit status passed on
  serve                   the engine in the foreground for the aws CLI and boto3; says where in one line of JSON
  info                    paths, versions, the engine, disk used
  stop                    end the engine; refuses while shells or commands live
  demo --nodes N          the console on simulated nodes, in a state folder of their own

everywhere, before or after the verb:
  --local       the embedded engine on this machine
  --context C   a context: local, a name of the config file, an AWS profile, or PROFILE/REGION; again for more
                (also SSM_TUI_CONTEXT)
  --profile P   a profile of AWS, with --region R or its own region
  --state DIR   the folder of the engine's state (also SSM_TUI_STATE)
  --read-only   refuse every call that changes something
  --version     the version
  --help        this text

exit status: 0 done, 1 failed in part or whole, 2 usage, 3 nobody reached or not followed, 130 interrupted, 143 ended
"""

VERBS = {
    "nodes": ("tui.cli.nodes", "list"),
    "run": ("tui.cli.run", ""),
    "params": ("tui.cli.params", ""),
    "shell": ("tui.cli._shell_verb", ""),
    "serve": ("tui.cli.serve", ""),
    "info": ("tui.cli.info", ""),
    "stop": ("tui.cli.stop", ""),
    "demo": ("tui.cli.demo", ""),
}
"""Verb: the module whose `main(common, words) -> int` does it, and the word that must follow for it to be meant."""

UNWRITTEN = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What writing to stdout may fail with, besides that nobody reads it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the words say and give the exit status; every failure is a sentence on stderr, never a traceback."""
    _have_streams()
    try:
        status = _chosen(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
        return status
    except SsmTuiError as error:
        from tui.cli._context import talk  # deferred: --help and --version go without

        talk(str(error))
        return _status(error)
    except BrokenPipeError:
        return _reader_left()
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        if error.errno not in UNWRITTEN or error.filename is not None:
            return _unforeseen(error)
        print(f"ssm-tui: The output can't be written: {error.strerror}.", file=sys.stderr)
        _silence(sys.stdout.fileno())
        return 1
    except Exception as error:  # the last resort: what nobody foresaw is logged whole and said in short
        return _unforeseen(error)


def _unforeseen(error: Exception) -> int:
    print(f"ssm-tui: this failed in a way nobody foresaw: {error!r}.{_logged()}", file=sys.stderr)
    return 1


def _have_streams() -> None:
    """Open nothing where a standard stream was closed, so that no file or socket of ours gets its number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free is this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "r" if number == 0 else "w", closefd=False))  # noqa: SIM115 - it stays open


def _chosen(argv: list[str]) -> int:
    from tui.cli._args import split

    common, words = split(argv)
    first = words[0] if words else ""
    if first in ("--help", "-h", "help"):
        sys.stdout.write(HELP)
        return 0
    if "--version" in words[: words.index("--") if "--" in words else None]:
        from tui import __version__

        print(f"ssm-tui {__version__}")
        return 0
    if first in VERBS and _is_headless(first, words[1:]):
        module, _ = VERBS[first]
        status: int = import_module(module).main(common, words[1:])
        return status
    from tui.cli.open import open_console

    return open_console(common, words)


def _is_headless(verb: str, rest: list[str]) -> bool:
    """Tell a verb from a screen of the same name: `nodes` and `run AWS-…` are go-to lines."""
    if verb == "nodes":
        return bool(rest) and (rest[0] in ("list", "add", "import", "remove") or rest[0].startswith("-"))
    if verb == "params":
        # The screen's words are a path, or none.
        return bool(rest) and "/" not in rest[0]
    if verb == "run":
        return bool(rest) and not rest[0].startswith(("AWS-", "arn:"))
    return True


def _status(error: SsmTuiError) -> int:
    if isinstance(error, UsageError | ConfigError):
        return 2
    no_answer = Unreachable | OutcomeUnknown | NotFollowed | ServerFailed | StateError | VersionMismatch
    if isinstance(error, no_answer) and not isinstance(error, ReadOnlyRefused):
        return 3
    return 1


def _reader_left() -> int:
    _silence(sys.stdout.fileno())
    return 141


def _silence(stream: int) -> None:
    # Python flushes stdout once more when it leaves, and would print a traceback of its own.
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream)


def _logged() -> str:
    """Write the current exception to the log file; give the sentence that names it, or nothing where it can't be."""
    import time
    import traceback

    from tui.config import log_file

    try:
        path = log_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            log.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {traceback.format_exc()}\n")
    except OSError:
        return ""
    return f" The details are in {path}."
