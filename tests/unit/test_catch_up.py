"""What a pane fetches itself while the watch leaves output out."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any, cast

from tui.errors import ApiError
from tui.ports import Ref
from tui.screens._catch_up import CatchUp
from tui.screens._command_runs import NodeRun
from tui.services.commands import Commands, CommandStatus, Invocation, InvocationResult, OutputPart, RunDetails

LINE = b"hello\n"


class Flood:
    """An output that grows by more than a pane keeps each time that one looks, so often."""

    def __init__(self, looks: int) -> None:
        self.size, self.looks = 0, looks

    async def output(self, command: str, node: str, stream: str, offset: int, length: int) -> OutputPart:
        if stream == "stderr":
            return OutputPart(data=b"", offset=0, size=0, final=False)
        if self.looks:
            self.looks -= 1
            self.size += 4_000_002
        data = (LINE * (length // len(LINE) + 2))[offset % len(LINE) :][: min(length, self.size - offset)]
        return OutputPart(data=data, offset=offset, size=self.size, final=False)

    async def invocation(self, command: str, node: str) -> Any:
        raise AssertionError("it runs on")


async def test_a_flood_showed_only_how_much_was_left_out_and_nothing_of_itself() -> None:
    run = NodeRun("c", "mi-1", "web-1")
    run.behind, run.asked = True, run.status
    flood = cast(Commands, Flood(20))
    await CatchUp(lambda _: flood, lambda: None).all_of([run])
    kinds = [line.stream for line in run.tail.lines]
    assert "stdout" in kinds
    assert ("note", "note") not in set(pairwise(kinds))
    assert run.tail.at("stdout") == 20 * 4_000_002


class Behind:
    """Answers that are behind what the watch told, or refused; the last one is given for ever."""

    def __init__(self, *answers: CommandStatus | ApiError) -> None:
        self.answers, self.asked = [*answers], 0

    async def output(self, command: str, node: str, stream: str, offset: int, length: int) -> OutputPart:
        return OutputPart(data=b"", offset=0, size=0, final=True)

    async def run_details(self, command: str, node: str) -> RunDetails:
        return RunDetails(ref=Ref("local", f"{command}/{node}"))

    async def invocation(self, command: str, node: str) -> InvocationResult:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if isinstance(answer, ApiError):
            raise answer
        return InvocationResult.from_api(
            {"CommandId": command, "InstanceId": node, "Status": answer.value, "ResponseCode": 3}, "local"
        )


async def drawn(commands: Behind, *, until: int) -> tuple[CatchUp, NodeRun]:
    """Let a screen that draws at each change look at a node that failed, until so much was asked."""
    run = NodeRun("c", "mi-1", "web-1", CommandStatus.FAILED)
    catch_up = CatchUp(lambda _: cast(Commands, commands), lambda: catch_up.need(run))
    catch_up.need(run)
    async with asyncio.timeout(20):
        while commands.asked < until or run.catching:
            await asyncio.sleep(0)
    return catch_up, run


async def test_an_answer_that_is_behind_was_asked_for_sixty_times_a_second() -> None:
    commands = Behind(CommandStatus.IN_PROGRESS)
    catch_up, run = await drawn(commands, until=1)
    for _ in range(1000):
        await asyncio.sleep(0)
    assert (commands.asked, run.asks) == (1, 1)
    catch_up.close()


async def test_an_answer_that_is_behind_is_asked_for_again_after_a_while() -> None:
    commands = Behind(CommandStatus.IN_PROGRESS, CommandStatus.FAILED)
    catch_up, run = await drawn(commands, until=2)
    assert (run.exit_code, run.asks) == (3, 1)
    catch_up.close()


async def test_a_refused_answer_was_asked_for_sixty_times_a_second() -> None:
    commands = Behind(ApiError("AccessDeniedException", "no"))
    catch_up, _ = await drawn(commands, until=1)
    for _ in range(1000):
        await asyncio.sleep(0)
    assert commands.asked == 1
    catch_up.close()


class Slow:
    """AWS's answers about an output: those from before its end first, as if they came from a moment ago."""

    def __init__(self, early: int) -> None:
        self.early, self.asked = early, 0

    async def output(self, command: str, node: str, stream: str, offset: int, length: int) -> OutputPart:
        self.asked += 1
        if self.asked <= self.early:
            return OutputPart(data=b"", offset=0, size=0, final=False)
        data = LINE if stream == "stdout" else b""
        return OutputPart(data=data[offset:], offset=offset, size=len(data), final=True)

    async def invocation(self, command: str, node: str) -> InvocationResult:
        shape = {"CommandId": command, "InstanceId": node, "Status": "Success", "ResponseCode": 0}
        return InvocationResult.from_api(shape, "prod")


async def test_a_node_that_succeeded_said_no_output_where_the_answer_was_from_before_its_end() -> None:
    run = NodeRun("c", "mi-1", "web-1", CommandStatus.SUCCESS)
    there, slow = asyncio.Event(), cast(Commands, Slow(2))

    def look() -> None:
        if run.tail.at("stdout"):
            there.set()
        catch_up.need(run)

    catch_up = CatchUp(lambda _: slow, look)
    catch_up.need(run)
    async with asyncio.timeout(20):
        await there.wait()
    assert [line.text for line in run.tail.lines] == ["hello"]
    catch_up.close()


class Broken(Slow):
    """An API that fails so often, and then is well."""

    async def output(self, command: str, node: str, stream: str, offset: int, length: int) -> OutputPart:
        if self.asked < self.early:
            self.asked += 1
            raise ApiError("InternalServerError", "We could not.")
        return await super().output(command, node, stream, offset, length)


async def test_an_output_that_could_not_be_fetched_was_called_no_output_and_never_asked_for_again() -> None:
    run = NodeRun("c", "mi-1", "web-1", CommandStatus.SUCCESS)
    faults: list[str] = []
    broken = cast(Commands, Broken(1))
    catch_up = CatchUp(lambda _: broken, lambda: faults.append(run.hint()))
    catch_up.need(run)
    async with asyncio.timeout(20):
        while not run.tail.at("stdout"):
            await asyncio.sleep(0.01)
    assert "output not known: InternalServerError: We could not." in faults[0]
    assert not run.fault
    catch_up.close()


async def test_when_a_command_began_was_asked_sixty_times_a_second_where_the_api_had_not_heard_of_it() -> None:
    commands = Behind(ApiError("InvocationDoesNotExist", "not yet"))
    run = NodeRun("c", "mi-1", "web-1", CommandStatus.IN_PROGRESS, late=True)
    catch_up = CatchUp(lambda _: cast(Commands, commands), lambda: catch_up.need(run))
    catch_up.need(run)
    async with asyncio.timeout(20):
        while not commands.asked or run.catching:
            await asyncio.sleep(0)
    for _ in range(1000):
        await asyncio.sleep(0)
    assert commands.asked == 1
    catch_up.close()


async def test_an_output_that_failed_for_long_while_it_ran_was_not_asked_for_at_its_end() -> None:
    run = NodeRun("c", "mi-1", "web-1", CommandStatus.IN_PROGRESS, resting=True, asks=9)
    commands = Behind(CommandStatus.SUCCESS)
    shape = {"CommandId": "c", "InstanceId": "mi-1", "Status": "Success"}
    run.take(Invocation.from_api(shape, "local"))
    catch_up = CatchUp(lambda _: cast(Commands, commands), lambda: None)
    await catch_up.all_of([run])
    assert commands.asked == 1
    catch_up.close()
