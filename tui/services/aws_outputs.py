"""What processes wrote as AWS keeps it: the beginning, once it is whole, and where the rest is."""

from __future__ import annotations

from tui.errors import ApiError
from tui.ports import Clock, Shape, SystemClock, Transport
from tui.services._base import Adapter
from tui.services._paging import pages
from tui.services.command_models import CommandStatus, OutputPart, RunDetails, RunStep, exit_code_of, run_ref

KEPT = {"stdout": 24_000, "stderr": 8_000}
"""Characters that GetCommandInvocation gives of each stream."""
MEMBERS = {
    "stdout": ("StandardOutputContent", "StandardOutputUrl"),
    "stderr": ("StandardErrorContent", "StandardErrorUrl"),
}
CUT = "--output truncated--"
"""What AWS writes at the end of a text that it cut."""
AGE = 1.0
"""Seconds for which the answer about what still runs is taken again: both streams stand in one."""
REMEMBERED = 512
"""Answers about what is over that are kept: nothing of them changes any more."""
SEVERAL = ("InvalidPluginName", "ValidationException")
"""AWS's answers where a command has several steps and none was named."""


class Outputs(Adapter):
    """The outputs of one context of AWS."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self.clock: Clock = SystemClock()
        self._answers: dict[tuple[str, str, str], tuple[float, Shape]] = {}

    async def part(
        self, command_id: str, node: str, stream: str, offset: int, length: int, plugin: str = ""
    ) -> OutputPart:
        """Give bytes of what AWS keeps of a stream, all steps one after the other where none is named."""
        try:
            answers = [await self._answer(command_id, node, plugin)]
        except ApiError as error:
            if error.code == "InvocationDoesNotExist":
                # It was sent, and is not there yet.
                return OutputPart(data=b"", offset=0, size=0, final=False)
            if plugin or error.code not in SEVERAL:
                raise
            answers = [await self._answer(command_id, node, name) for name, _ in await self._plugins(command_id, node)]
        content, url = MEMBERS[stream]
        data = b"".join(str(answer.get(content) or "").encode() for answer in answers)
        start = max(0, len(data) + offset) if offset < 0 else offset
        return OutputPart(
            data=data[start : start + length],
            offset=start,
            size=len(data),
            final=all(_is_over(answer) for answer in answers),
            cut=next((said for answer in answers if (said := _said(answer, stream, content, url))), ""),
        )

    async def details(self, command_id: str, node: str) -> RunDetails:
        """Give a command's steps on a node, with the sizes of what AWS keeps of their outputs."""
        steps: list[RunStep] = []
        for name, shape in await self._plugins(command_id, node):
            sizes = {}
            for stream in KEPT:
                sizes[stream] = (await self.part(command_id, node, stream, 0, 0, name)).size
            steps.append(
                RunStep(
                    name=name,
                    details=shape.get("StatusDetails") or "",
                    exit_code=exit_code_of(shape),
                    stdout_bytes=sizes["stdout"],
                    stderr_bytes=sizes["stderr"],
                )
            )
        ref = run_ref({"CommandId": command_id, "InstanceId": node}, self.context)
        return RunDetails(ref=ref, steps=tuple(steps))

    async def _plugins(self, command_id: str, node: str) -> list[tuple[str, Shape]]:
        params = {"CommandId": command_id, "InstanceId": node, "Details": True}
        listed = pages(self._transport, "ListCommandInvocations", "CommandInvocations", params)
        return [
            (str(plugin.get("Name") or ""), plugin)
            async for page in listed
            for invocation in page
            for plugin in invocation.get("CommandPlugins") or ()
        ]

    async def _answer(self, command_id: str, node: str, plugin: str) -> Shape:
        key = (command_id, node, plugin)
        at, known = self._answers.get(key, (0.0, {}))
        if known and (_is_over(known) or self.clock.monotonic() - at < AGE):
            return known
        params = {"CommandId": command_id, "InstanceId": node}
        if plugin:
            params["PluginName"] = plugin
        answer = await self._transport.call("GetCommandInvocation", params)
        self._answers.pop(key, None)
        self._answers[key] = (self.clock.monotonic(), answer)
        while len(self._answers) > REMEMBERED:
            del self._answers[next(iter(self._answers))]
        return answer


def _is_over(answer: Shape) -> bool:
    status = str(answer.get("Status") or "")
    return status in set(CommandStatus) and CommandStatus(status).over


def _said(answer: Shape, stream: str, content: str, url: str) -> str:
    text, where = str(answer.get(content) or ""), str(answer.get(url) or "")
    if len(text) < KEPT[stream] and not text.rstrip().endswith(CUT):
        return ""
    whole = f"the whole is {where}" if where else "the command named no S3 bucket for the whole"
    return f"Truncated by AWS at {KEPT[stream]:,} characters; {whole}"
