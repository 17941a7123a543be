"""What a pane fetches itself while the watch leaves output out."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, cast

from tui.screens._catch_up import CatchUp
from tui.screens._command_runs import NodeRun
from tui.services.commands import Commands, OutputPart

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
    run.behind, run.known = True, run.status
    await CatchUp(cast(Commands, Flood(20)), lambda: None).all_of([run])
    kinds = [line.stream for line in run.tail.lines]
    assert "stdout" in kinds
    assert ("note", "note") not in set(pairwise(kinds))
    assert run.tail.at("stdout") == 20 * 4_000_002
