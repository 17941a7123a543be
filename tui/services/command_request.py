"""The request that sends a command, made before it is sent, so that it can be shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tui.errors import UsageError
from tui.ports import Shape
from tui.services.command_models import Command

IDS_AT_ONCE = 50
"""The most node ids that one SendCommand takes."""


def send_params(
    document: str,
    parameters: Mapping[str, Sequence[str]] | None = None,
    *,
    instance_ids: Iterable[str] = (),
    targets: Iterable[Shape] = (),
    max_concurrency: str = "",
    max_errors: str = "",
    timeout: int | None = None,
    comment: str = "",
) -> Shape:
    """Make SendCommand's request: what the launcher shows before it is sent, and what is sent.

    Raises: UsageError with more than 50 ids.
    """
    ids, targets = [*instance_ids], [*targets]
    if len(ids) > IDS_AT_ONCE:
        raise UsageError(f"{len(ids)} nodes by id; one command takes {IDS_AT_ONCE}.", hint="Send it in batches.")
    params: Shape = {"DocumentName": document}
    if ids:
        params["InstanceIds"] = ids
    if targets:
        params["Targets"] = targets
    if parameters:
        params["Parameters"] = {name: list(values) for name, values in parameters.items()}
    if max_concurrency:
        params["MaxConcurrency"] = max_concurrency
    if max_errors:
        params["MaxErrors"] = max_errors
    if timeout is not None:
        params["TimeoutSeconds"] = timeout
    if comment:
        params["Comment"] = comment
    return params


def in_batches(ids: Sequence[str]) -> list[list[str]]:
    """Split node ids into as many commands as AWS's limit of 50 asks for."""
    return [list(ids[start : start + IDS_AT_ONCE]) for start in range(0, len(ids), IDS_AT_ONCE)]


def send_again_params(command: Command) -> Shape:
    """Make the request that sends a command once more, to what it was sent to.

    Raises: UsageError with more than 50 ids.
    """
    return send_params(
        command.document,
        command.parameters,
        instance_ids=command.instance_ids,
        targets=[{"Key": key, "Values": [*values]} for key, values in command.targets],
        max_concurrency=command.max_concurrency,
        max_errors=command.max_errors,
        comment=command.comment,
    )
