"""The console itself: its engine is started first, then everything heavy is imported while that one loads."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli._args import Common, near
from tui.cli._connect import connect_aws, contexts_at_start
from tui.cli._demo import daemon_options, demo_of
from tui.cli._early import start_early
from tui.config import load_config, log_file
from tui.contexts import ContextSpec, write_choice
from tui.errors import UsageError

if TYPE_CHECKING:
    from tui.ports import Transport

LOG_LIMIT = 2_000_000
"""Bytes of the console's log after which the next start puts it aside."""


def open_console(common: Common, words: Sequence[str]) -> int:
    """Open the console, at a go-to line where words name one; gives the exit status.

    Raises: UsageError for a screen that does not exist or a stdout that is no terminal, ConfigError.
    """
    line = go_to_line(words)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("The console needs a terminal.", hint="ssm-tui --help lists the verbs that need none.")
    for name in ("COLUMNS", "LINES"):
        # Some shells export them: Python takes them for the terminal's size, for ever.
        os.environ.pop(name, None)
    config = load_config()
    demo = demo_of(common.state)
    contexts = contexts_at_start(replace(common, local=True) if demo else common, config.contexts)
    options = daemon_options(config.idle, demo, config.engine_settings)
    early = start_early(common.state, options) if any(spec.is_local for spec in contexts) else None

    # Nothing becomes garbage while the modules load; the collector would look through them again and again. The app
    # turns it on at its first tick.
    gc.disable()

    import asyncio

    from tui.app import Launch, SsmApp
    from tui.screens._frame_loop import WatchedLoop

    _start_logging()

    async def connect(spec: ContextSpec) -> Transport:
        if not spec.is_local:
            return await connect_aws(spec)
        from tui.transport.local import LocalTransport

        if early is not None:
            await early.ready()
        nodes, seed = demo or (0, 1)
        return await LocalTransport.connect(
            common.state,
            client="console",
            read_only=read_only,
            idle=config.idle,
            demo=nodes,
            seed=seed,
            settings=config.engine_settings,
        )

    read_only = common.read_only or config.read_only
    app = SsmApp(
        Launch(
            connect=connect,
            contexts=contexts,
            remember=partial(write_choice, common.state),
            config=config,
            log_file=log_file(),
            plans=common.state / "plans",
            words=line,
            read_only=read_only,
        )
    )
    with asyncio.Runner(loop_factory=WatchedLoop) as runner:
        status = runner.run(app.run_async(mouse=config.mouse))
    return int(status or app.return_code or 0)


def go_to_line(words: Sequence[str]) -> str:
    """Give the go-to line that words make; a `:` in front is taken off.

    Raises: UsageError for a flag, or where the first word is no screen's name or alias.
    """
    if not words:
        return ""
    from tui import screens

    line = " ".join(words).removeprefix(":").strip()
    first = line.partition(" ")[0]
    if words[0].startswith("-"):
        raise UsageError(f"Unknown flag {words[0]}.", hint="See ssm-tui --help.")
    if first and screens.find(first) is None:
        from tui.cli import VERBS

        known = [*VERBS, *(name for entry in screens.SCREENS for name in (entry.noun, *entry.aliases))]
        like = near(first, known)
        hint = f"Did you mean {' or '.join(like)}?" if like else "See ssm-tui --help."
        raise UsageError(f"There is no screen or verb {first!r}.", hint=hint)
    return line


def _start_logging() -> None:
    """Send the console's log to its file; a home that can't be written costs the log and nothing else."""
    import logging

    path: Path = log_file()
    # A handler that fails would print a traceback over the screen.
    logging.raiseExceptions = False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace", delay=True)
    except OSError:
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
