"""`ssm-tui shell NODE [-- COMMAND]`: the words of the verb; what it does is in `shell.py`."""

from __future__ import annotations

from collections.abc import Sequence

from tui.cli._args import Common, parser
from tui.cli._context import one, opened_contexts, printable, run_async
from tui.errors import ReadOnlyRefused, UsageError
from tui.services.nodes import Nodes


def main(common: Common, words: Sequence[str]) -> int:
    """Run the verb; the exit status is the far end's.

    Raises: UsageError for words that can't be meant, SsmTuiError where the node does not answer.
    """
    words = list(words)
    before, command = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, None)
    parse = parser(
        "shell",
        "NODE [-- COMMAND]",
        "A shell on a node in this terminal, or one command; its exit status is passed on.",
    )
    parse.add_argument("node", metavar="NODE", help="a node's id or name")
    args, extra = parse.parse_known_args(before)
    if extra:
        word = printable(extra[0])
        if word.startswith("-"):
            raise UsageError(f"Unknown flag {word}.", hint="See ssm-tui shell --help.")
        raise UsageError(f"The command stands after two dashes: ssm-tui shell {printable(args.node)} -- {word}.")
    if command == []:
        raise UsageError("There is no command after the two dashes.")
    if common.read_only:
        raise ReadOnlyRefused("A shell was not opened: --read-only was given.", hint="Leave it out.")
    return run_async(_shell(common, args.node, " ".join(command) if command else None))


async def _shell(common: Common, word: str, command: str | None) -> int:
    from tui.cli.shell import shell

    async with opened_contexts(common) as contexts:
        found = await contexts.ask(lambda transport: Nodes(transport).all())
        node = one([node for _, nodes in found for node in nodes], word)
        transport = next(transport for transport, _ in found if transport.context == node.context)
        contexts.tell()
        return await shell(transport, node.id, command)
