"""Policies of parameters, run when they are due; PutParameter takes them."""

from __future__ import annotations

from functools import partial

from tui.engine.context import Services, on_start
from tui.engine.parameter_policies import PolicyTimes
from tui.engine.policy_runs import run_due, schedule


@on_start
async def watch_policies(services: Services) -> None:
    """Make up for what fell due while no engine was there, before the first call, and schedule the rest."""
    services.part(PolicyTimes).load(partial(schedule, services))
    await run_due(services)
