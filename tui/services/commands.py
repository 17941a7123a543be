"""Run Command: what was sent, how it goes on each node, and what it says."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from typing import Any

from tui.errors import ApiError, OutcomeUnknown, TransportError
from tui.ports import Clock, Shape, SystemClock, Transport
from tui.services._base import OWN, Adapter
from tui.services._paging import closing
from tui.services.aws_outputs import Outputs
from tui.services.command_models import (
    Command,
    CommandChanged,
    CommandStatus,
    Dropped,
    Event,
    Invocation,
    InvocationChanged,
    InvocationResult,
    Invocations,
    Output,
    OutputPart,
    RunDetails,
    RunStep,
    as_bytes,
    as_duration,
    decode_event,
)
from tui.services.command_request import CommandRequest, in_batches, is_sent_as
from tui.services.nodes import Node, NodeList, Nodes

__all__ = [
    "Command",
    "CommandChanged",
    "CommandRequest",
    "CommandStatus",
    "Commands",
    "Dropped",
    "Event",
    "Invocation",
    "InvocationChanged",
    "InvocationResult",
    "Invocations",
    "Output",
    "OutputPart",
    "RunDetails",
    "RunStep",
    "as_bytes",
    "as_duration",
    "decode_event",
    "in_batches",
]

CHUNK = 256 * 1024
"""Bytes of output asked for at once."""

APPEARS = (0.5, 1.5, 3.0)
"""Seconds after which a command whose answer was lost is looked for: AWS lists it a moment after it was sent."""
SKEW = 30.0
"""Seconds that AWS's clock may be behind ours."""


class Commands(Adapter):
    """The commands of one context."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self.clock: Clock = SystemClock()
        self._outputs = Outputs(transport)

    async def send(self, request: CommandRequest) -> Command:
        """Send a command; where its answer is lost it is looked for, and never sent again.

        Raises: UsageError with more than 50 ids, ApiError with AWS's codes, OutcomeUnknown where it is not found.
        """
        params, begun = request.params(), self.clock.now()
        try:
            sent = await self._transport.call("SendCommand", params)
        except OutcomeUnknown as error:
            return await self._find(params, begun, error)
        return Command.from_api(sent["Command"], self.context)

    async def _find(self, params: Shape, begun: float, lost: OutcomeUnknown) -> Command:
        """Find the one command that was sent since with just this request."""
        for pause in APPEARS:
            await self.clock.sleep(pause)
            try:
                listed = (await self._transport.call("ListCommands", {"MaxResults": 50})).get("Commands") or []
            except TransportError:
                raise lost from None
            found = [shape for shape in listed if is_sent_as(shape, params, begun - SKEW)]
            if len(found) == 1:
                return Command.from_api(found[0], self.context)
            if found:
                break
        raise OutcomeUnknown(
            f"{lost.message} It was looked for, and {'more than one is like it' if found else 'is not there'}.",
            hint=":commands shows what was sent.",
        ) from lost

    def list(
        self, filters: Iterable[Shape] = (), limit: int | None = None, *, node: str = ""
    ) -> AsyncIterator[list[Command]]:
        """Give the commands page by page, newest first: all, or those of a node.

        `filters` have AWS's lower-case `key` and `value`.
        """
        params: Shape = {"MaxResults": 50}
        if node:
            params["InstanceId"] = node
        if filters := [*filters]:
            params["Filters"] = filters
        return self._pages(Command, "ListCommands", "Commands", params, limit=limit)

    async def get(self, command_id: str) -> Command:
        """Give one command.

        Raises: ApiError with InvalidCommandId where there is none of that id.
        """
        return Command.from_api(await self.raw(command_id), self.context)

    async def raw(self, command_id: str) -> Shape:
        """Give the API's own answer about one command, for `y`."""
        answer = await self._transport.call("ListCommands", {"CommandId": command_id})
        for shape in answer.get("Commands") or []:
            found: Shape = shape
            return found
        raise ApiError("InvalidCommandId", f"no command {command_id}", operation="ListCommands")

    def invocations(self, command_id: str = "", *, node: str = "") -> AsyncIterator[Invocations]:
        """Give invocations page by page: those of a command, those of a node, or all."""
        params: Shape = {"MaxResults": 50}
        if command_id:
            params["CommandId"] = command_id
        if node:
            params["InstanceId"] = node
        return self._pages(Invocation, "ListCommandInvocations", "CommandInvocations", params)

    async def invocation(self, command_id: str, node: str, plugin: str = "") -> InvocationResult:
        return InvocationResult.from_api(await self.raw_invocation(command_id, node, plugin), self.context)

    async def raw_invocation(self, command_id: str, node: str, plugin: str = "") -> Shape:
        params = {"CommandId": command_id, "InstanceId": node}
        if plugin:
            params["PluginName"] = plugin
        return await self._transport.call("GetCommandInvocation", params)

    async def run_details(self, command_id: str, node: str) -> RunDetails:
        """Give what is known of a command on a node step by step; our own engine knows as whom it ran as well."""
        if self.on_aws:
            return await self._outputs.details(command_id, node)
        params = {"CommandId": command_id, "InstanceId": node}
        return RunDetails.from_api(await self._transport.call("DescribeRun", params, service=OWN), self.context)

    async def effective_user(self, command_id: str, node: str) -> str:
        """Give as whom a command runs on a node, as only our own engine knows it; "" before it has begun."""
        params = {"CommandId": command_id, "InstanceId": node}
        return str((await self._transport.call("DescribeRun", params, service=OWN)).get("EffectiveUser") or "")

    async def cancel(self, command_id: str, ids: Iterable[str] | None = None) -> None:
        """Cancel a command, or only what it runs on some nodes."""
        params: Shape = {"CommandId": command_id}
        if ids is not None:
            params["InstanceIds"] = [*ids]
        await self._transport.call("CancelCommand", params)

    async def watch(self, command_id: str) -> AsyncGenerator[Event, None]:
        """Yield what happens to a command: first as it stands, then live; ends after its last state."""
        async with closing(self._transport.watch("command", {"CommandId": command_id})) as events:
            async for event in events:
                decoded = decode_event(event, self.context)
                if decoded is not None:
                    yield decoded

    async def watch_all(self) -> AsyncGenerator[Shape, None]:
        """Yield the id and state of each command that changes, as the API's words; a hint to look again."""
        async with closing(self._transport.watch("commands", {})) as events:
            async for event in events:
                yield event

    async def output(
        self, command_id: str, node: str, stream: str, offset: int = 0, length: int = CHUNK, plugin: str = ""
    ) -> OutputPart:
        """Give a part of what a node's process wrote; a negative offset counts from the end.

        AWS shows an output when it is whole, and keeps the beginning of a long one.
        """
        if self.on_aws:
            return await self._outputs.part(command_id, node, stream, offset, length, plugin)
        params: Shape = {
            "CommandId": command_id,
            "InstanceId": node,
            "Stream": stream,
            "Offset": offset,
            "Length": length,
        }
        if plugin:
            params["PluginName"] = plugin
        return OutputPart.from_api(await self._transport.call("GetOutput", params, service=OWN), self.context)

    async def whole_output(self, command_id: str, node: str, stream: str, plugin: str = "") -> AsyncIterator[bytes]:
        """Yield all that a stream has so far, in parts, whatever its size."""
        offset = 0
        while True:
            part = await self.output(command_id, node, stream, offset, CHUNK, plugin)
            if part.data:
                yield part.data
            offset += len(part.data)
            if not part.data or offset >= part.size:
                return

    async def resolve(self, targets: Iterable[Shape]) -> NodeList:
        """Give the nodes that Targets mean now: the blast radius, AND between entries and OR within one's values."""
        nodes = Nodes(self._transport)
        chosen: dict[str, Node] | None = None
        # One call per kind of key: DescribeInstanceInformation refuses tags beside other filters.
        by_kind: dict[bool, Any] = {}
        for target in targets:
            key = "InstanceIds" if target["Key"].lower() == "instanceids" else target["Key"]
            by_kind.setdefault(key.startswith("tag"), []).append({"Key": key, "Values": [*target["Values"]]})
        for filters in by_kind.values():
            found = {node.id: node for node in await nodes.all(filters)}
            chosen = found if chosen is None else {id: node for id, node in chosen.items() if id in found}
        return [*(chosen or {}).values()]

    async def follow(self, command_id: str) -> Command:
        """Wait for a command's last state."""
        async with closing(self.watch(command_id)) as events:
            async for event in events:
                if isinstance(event, CommandChanged) and event.command.status.over:
                    return event.command
        return await self.get(command_id)
