"""The words of `ssm-tui run`: its flags, the document's parameters, and the command after two dashes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.cli._args import parser
from tui.cli._context import printable
from tui.errors import UsageError

if TYPE_CHECKING:
    from argparse import Namespace

SHELL_DOCUMENT = "AWS-RunShellScript"


def parse(words: Sequence[str]) -> Namespace:
    """Read the words. Raises: UsageError for what can't be meant."""
    read = parser(
        "run",
        "[--document D] [--target NAME|ID|tag:K=V]… [--max-concurrency N] [--max-errors N] [--timeout S] [--json]"
        " -- COMMAND",
        "Run a command on nodes; each line is printed with its node's name as it comes, stderr's to stderr.",
    )
    read.add_argument("--document", metavar="D", default=SHELL_DOCUMENT, help=f"what to run ({SHELL_DOCUMENT})")
    read.add_argument(
        "--target",
        metavar="T",
        action="append",
        default=[],
        help="a node's id or name, tag:KEY=VALUE or group:NAME; several mean their union, none means this machine",
    )
    read.add_argument(
        "--parameter",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a parameter of the document; again for more values",
    )
    read.add_argument("--max-concurrency", metavar="N", default="", help="nodes at once, 10 or 10%%")
    read.add_argument(
        "--max-errors", metavar="N", default="", help="stop sending after more errors than this, 0 or 5%%"
    )
    read.add_argument("--timeout", metavar="S", type=int, help="seconds after which the command is ended")
    read.add_argument("--comment", metavar="TEXT", default="", help="a note kept with the command")
    read.add_argument("--json", action="store_true", help="one JSON object per node, on a line each, as they end")
    words = list(words)
    before, command = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    args, extra = read.parse_known_args(before)
    if unknown := [word for word in extra if word.startswith("-")]:
        raise UsageError(f"Unknown flag {printable(unknown[0])}.", hint="See ssm-tui run --help.")
    if extra:
        raise UsageError(
            f"The command stands after two dashes: ssm-tui run -- {printable(' '.join(extra))}.",
            hint="See ssm-tui run --help.",
        )
    if not command and args.document == SHELL_DOCUMENT and not args.parameter:
        raise UsageError("There is no command.", hint="It stands after two dashes: ssm-tui run -- uptime.")
    rate = re.compile(r"[1-9][0-9]*|[1-9][0-9]?%|100%")
    if args.max_concurrency and not rate.fullmatch(args.max_concurrency):
        raise UsageError(f"--max-concurrency {args.max_concurrency} is no number from 1, and no percent from 1 to 100.")
    if args.max_errors and args.max_errors not in ("0", "0%") and not rate.fullmatch(args.max_errors):
        raise UsageError(f"--max-errors {args.max_errors} is no number, and no percent up to 100.")
    # Outside of this AWS's agent, and ours, quietly take an hour.
    if args.timeout is not None and not 5 <= args.timeout <= 172_800:
        raise UsageError("--timeout takes 5 to 172800 seconds.")
    args.parameters = _parameters(args, command)
    return args


def _parameters(args: Namespace, command: Sequence[str]) -> dict[str, list[str]]:
    parameters: dict[str, list[str]] = {}
    for text in args.parameter:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"--parameter {printable(text)} is not NAME=VALUE.")
        parameters.setdefault(name, []).append(value)
    if command:
        if "commands" in parameters:
            raise UsageError("The command is given twice: by --parameter commands=… and after two dashes.")
        parameters["commands"] = [" ".join(command)]
    if args.timeout is not None and args.document == SHELL_DOCUMENT:
        parameters.setdefault("executionTimeout", [str(args.timeout)])
    return parameters
