"""The Command screen on what was sent to two contexts as one: one refuses, one fails, one is closed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.app._command_fake import ID, CommandsFake, command, invocation
from tests.app.console import console, hit, says, text_of, until
from tui.app import SsmApp
from tui.contexts import ContextSpec
from tui.errors import AccessDenied, ApiError

PROD = "prod/eu-west-1"


def two(status: str = "InProgress") -> tuple[CommandsFake, CommandsFake]:
    """Make a command on one node here, and another on one node in an account of AWS."""
    here, there = CommandsFake(command(1, status, 1)), CommandsFake(command(2, status, 1))
    there.transport.context = PROD
    return here, there


@asynccontextmanager
async def opened(here: CommandsFake, there: CommandsFake, folder: Path) -> AsyncIterator[tuple[SsmApp, Pilot[Any]]]:
    """Open both commands as one."""
    transports = {"local": here.transport, PROD: there.transport}
    words = f"command {PROD}:{ID.format(2)} local:{ID.format(1)}"
    async with console(transports, folder, words=words, size=(160, 40)) as (app, pilot):
        for fake, number in ((here, 1), (there, 2)):
            await fake.happen(
                {"type": "command", "Command": fake.commands[0]},
                {"type": "invocation", "Invocation": invocation(number, fake.commands[0]["Status"], number)},
            )
        await says(pilot, "web-01", "web-02")
        yield app, pilot


async def test_a_context_that_refused_a_cancel_left_the_others_running(tmp_path: Path) -> None:
    here, there = two()
    there.transport.answers["CancelCommand"] = AccessDenied("AccessDenied", "no", action="ssm:CancelCommand")
    async with opened(here, there, tmp_path) as (_, pilot):
        await pilot.press("X")
        await says(pilot, "on 2 nodes?")
        await pilot.press("enter")
        await says(pilot, "1 of 2 commands were not cancelled", PROD, "ssm:CancelCommand is missing")
        assert len(here.sent("CancelCommand")) == 1


async def test_of_two_commands_of_which_one_failed_the_other_s_success_was_said(tmp_path: Path) -> None:
    here, there = two("Success")
    here.commands[0] |= {"Status": "Failed", "StatusDetails": "Failed"}
    async with opened(here, there, tmp_path) as (app, pilot):
        await until(pilot, lambda: "2/2" in text_of(app))
        head = next(line for line in text_of(app).splitlines() if "2/2" in line)
        assert head.endswith("✖ Failed")


async def test_a_context_closed_under_a_command_was_asked_for_its_output_without_end(tmp_path: Path) -> None:
    here, there = two()
    async with opened(here, there, tmp_path) as (app, pilot):
        app.use_contexts([ContextSpec()])
        await says(pilot, f"{PROD} is closed: not followed", "web-01")
        screen: Any = app.screen
        refs = {(ref.context, ref.id) for ref in screen.places.refs()}
        assert refs == {(PROD, ID.format(2)), ("local", ID.format(1))}
        assert not any(run.catching for run in screen.state.runs.values() if run.closed)
        await pilot.press("X")
        await says(pilot, "on 2 nodes?")
        await pilot.press("enter")
        await says(pilot, "1 of 2 commands were not cancelled", f"The context {PROD} is not open")
        assert [request["CommandId"] for request in here.sent("CancelCommand")] == [ID.format(1)]


async def test_outputs_that_could_not_be_read_were_saved_as_no_files_without_a_word(tmp_path: Path) -> None:
    here, there = two("Success")
    for fake in (here, there):
        fake.transport.answers["GetOutput"] = ApiError("InternalServerError", "We could not.")
    async with opened(here, there, tmp_path) as (_, pilot):
        await says(pilot, "output not known: InternalServerError: We could not.")
        await hit(pilot, "ctrl+s")
        await says(pilot, "Save the output of 2 nodes")
        await hit(pilot, "ctrl+u", *str(tmp_path / "saved"), "enter")
        await says(pilot, "Saved 0 files", "Of 2 of 2 nodes not all was read", "InternalServerError")
        for fake in (here, there):
            fake.transport.answers["GetOutput"] = fake._output
            fake.said = {(1, "stdout"): b"here it is", (2, "stdout"): b"here it is"}
        await hit(pilot, "R")
        await says(pilot, "here it is")
