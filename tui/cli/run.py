"""`ssm-tui run`: a command on nodes, what they say as it comes, and how it ended."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.cli._args import UNREACHED, Common
from tui.cli._context import choose_in, opened_contexts, printable, run_async, talk
from tui.cli._context_run import Run
from tui.cli._lines import Lines
from tui.cli._run_words import parse
from tui.cli._together import all_of, interrupt

if TYPE_CHECKING:
    from argparse import Namespace

ENDING = (signal.SIGINT, signal.SIGTERM)
"""Signals that cancel the command; the exit status is 128 and their number."""
READER_LEFT = 141
"""Exit status where stdout was closed: what the signal of a closed pipe would give."""


def main(common: Common, words: Sequence[str]) -> int:
    """Run the verb.

    Raises: UsageError for words that can't be meant, SsmTuiError where the engine refuses.
    """
    args = parse(words)
    return run_async(_run(common, args))


async def _run(common: Common, args: Namespace) -> int:
    async with opened_contexts(common) as contexts:
        chosen = await choose_in(contexts, args.target)
        if not chosen.nodes:
            talk(f"{', '.join(map(printable, args.target))}: no node is meant by that; nothing was sent.")
            return UNREACHED
        lines = Lines(sys.stdout.buffer, sys.stderr.buffer, visible=sys.stdout.isatty())
        runs = [
            Run(transport, args, [node for node in chosen.nodes if node.context == transport.context], lines)
            for transport in contexts.open
            if transport.context in chosen.contexts
        ]
        taken = [name for run in runs for name in run.names.values()]
        for run in runs:
            run.tell_apart(taken)
        loop = asyncio.get_running_loop()
        for number in ENDING:
            loop.add_signal_handler(number, interrupt, runs, number)
        try:
            return await all_of(runs, [*chosen.targets])
        except BrokenPipeError:
            # As over ssh: who reads no longer ends what writes.
            await asyncio.gather(*(run.cancel() for run in runs))
            return READER_LEFT
        except OSError:
            # What it says can't be kept, on a full disk for one: nor does it go on unheard.
            await asyncio.gather(*(run.cancel() for run in runs))
            raise
        finally:
            for number in ENDING:
                loop.remove_signal_handler(number)
