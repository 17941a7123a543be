"""The request that sends a command, made before it is sent, so that it can be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tui.errors import UsageError
from tui.ports import Shape, as_time
from tui.services.command_models import Command

IDS_AT_ONCE = 50
"""The most node ids that one SendCommand takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRequest:
    """What is run, and on what: ids (at most 50) or Targets, not both.

    `timeout` is seconds for the delivery; what is empty is left to AWS.
    """

    document: str
    parameters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    instance_ids: Sequence[str] = ()
    targets: Sequence[Shape] = ()
    max_concurrency: str = ""
    max_errors: str = ""
    timeout: int | None = None
    comment: str = ""

    @classmethod
    def again(cls, command: Command) -> CommandRequest:
        """Ask for a command once more, on what it was sent to."""
        return cls(
            document=command.document,
            parameters=command.parameters,
            instance_ids=command.instance_ids,
            targets=[{"Key": key, "Values": [*values]} for key, values in command.targets],
            max_concurrency=command.max_concurrency,
            max_errors=command.max_errors,
            comment=command.comment,
        )

    def params(self) -> Shape:
        """Give it in SendCommand's words: what the launcher shows before it is sent, and what is sent.

        Raises: UsageError with more than 50 ids (`in_batches` splits them).
        """
        if len(self.instance_ids) > IDS_AT_ONCE:
            said = f"{len(self.instance_ids)} nodes by id; one command takes {IDS_AT_ONCE}."
            raise UsageError(said, hint="Send it in batches.")
        params: Shape = {"DocumentName": self.document}
        if self.instance_ids:
            params["InstanceIds"] = [*self.instance_ids]
        if self.targets:
            params["Targets"] = [*self.targets]
        if self.parameters:
            params["Parameters"] = {name: [*values] for name, values in self.parameters.items()}
        if self.max_concurrency:
            params["MaxConcurrency"] = self.max_concurrency
        if self.max_errors:
            params["MaxErrors"] = self.max_errors
        if self.timeout is not None:
            params["TimeoutSeconds"] = self.timeout
        if self.comment:
            params["Comment"] = self.comment
        return params


def in_batches(ids: Sequence[str]) -> list[list[str]]:
    """Split node ids into as many commands as AWS's limit of 50 asks for."""
    return [list(ids[start : start + IDS_AT_ONCE]) for start in range(0, len(ids), IDS_AT_ONCE)]


def is_sent_as(listed: Shape, params: Shape, since: float) -> bool:
    """Whether a command that is listed may be the one of a request that was sent after `since` (epoch seconds).

    AWS lists parameters with the defaults of those that were not given.
    """
    requested = as_time(listed.get("RequestedDateTime"))
    if requested is None or requested.timestamp() < since:
        return False
    given: Mapping[str, Sequence[str]] = params.get("Parameters") or {}
    theirs: Mapping[str, Sequence[str]] = listed.get("Parameters") or {}
    same = ("DocumentName", "Comment", "MaxConcurrency", "MaxErrors")
    return (
        all([*theirs.get(name, ())] == [*values] for name, values in given.items())
        and sorted(listed.get("InstanceIds") or ()) == sorted(params.get("InstanceIds") or ())
        and _targets(listed) == _targets(params)
        and all(name not in params or listed.get(name) == params[name] for name in same)
    )


def _targets(shape: Shape) -> list[tuple[str, list[str]]]:
    return sorted((one.get("Key", ""), sorted(one.get("Values") or ())) for one in shape.get("Targets") or ())
