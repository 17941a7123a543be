"""`ssm-tui demo --nodes N`: the console on simulated nodes, in a state folder of their own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tui.cli._args import Common, parser, state_folder
from tui.cli._context import talk
from tui.cli._daemon import holder
from tui.cli._demo import demo_of, make_demo
from tui.cli.open import go_to_line, open_console
from tui.engine.context import StatePaths
from tui.errors import StateError, UsageError

MOST = 100_000
"""Nodes that a demo may have."""


def main(common: Common, words: Sequence[str]) -> int:
    """Run the verb.

    Raises: UsageError for words that can't be meant or a folder that is no demo's, StateError where it can't be used.
    """
    parse = parser(
        "demo",
        "--nodes N [--seed S] [SCREEN …]",
        "The console on simulated nodes; they answer slowly, fail and vanish by the seed, and nothing real is touched.",
    )
    parse.add_argument("--nodes", metavar="N", type=int, required=True, help=f"how many nodes, 1 to {MOST}")
    parse.add_argument("--seed", metavar="S", type=int, default=1, help="what their behaviour follows from (1)")
    parse.add_argument("screen", metavar="SCREEN", nargs="*", help="where to open, as without the verb")
    args = parse.parse_args(words)
    if not 1 <= args.nodes <= MOST:
        raise UsageError(f"--nodes takes 1 to {MOST}.")
    go_to_line(args.screen)
    state = common.state if common.state_given else demo_folder()
    prepare(state, args.nodes, args.seed)
    return open_console(replace(common, state=state), args.screen)


def demo_folder() -> Path:
    """Give the demo's own state folder, beside the real one."""
    real = state_folder({name: value for name, value in os.environ.items() if name != "SSM_TUI_STATE"})
    return real.with_name(f"{real.name}-demo")


def prepare(state: Path, nodes: int, seed: int) -> None:
    """Make a folder a demo's with so many nodes.

    Raises: UsageError where it has a real engine's store, or an engine that simulates others now; StateError.
    """
    was = demo_of(state)
    if was is None and (state / "engine.db").exists():
        raise UsageError(f"{state} is a real engine's state folder.", hint="Name another with --state, or none.")
    if was != (nodes, seed) and holder(StatePaths(state)) is not None:
        raise UsageError(
            f"The demo in {state} runs with other nodes.", hint=f"End it with ssm-tui stop --state {state}."
        )
    try:
        make_demo(state, nodes, seed)
    except OSError as error:
        raise StateError(
            f"The state folder {state} can't be written: {error.strerror}.", hint="Choose another with --state."
        ) from error
    talk(f"{nodes} simulated nodes, seed {seed}, in {state}.")
