"""The API's own answers as one reads them: YAML, with times as ISO 8601."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tui.transport.wrappers import masked_answer

_TIMES = """
    ActualEndTime ActualStartTime ApprovalDate At BootTime CaptureTime CreateTime CreatedAt CreatedDate
    CreatedTime CreationDate Date DeletionStartTime EndDate EndTime EndedAt ExecutionDate ExecutionEndTime
    ExecutionStartTime ExecutionTime ExpirationDate ExpirationTime ExpiresAfter InstalledTime
    LastAssociationExecutionDate LastExecutionDate LastModifiedDate LastModifiedTime
    LastNoRebootInstallOperationTime LastPingDateTime LastStatusUpdateTime
    LastSuccessfulAssociationExecutionDate LastSuccessfulExecutionDate LastSuccessfulSyncTime LastSyncTime
    LastUpdateAssociationDate LaunchTime ModifiedDate OperationEndTime OperationStartTime PlannedEndTime
    PlannedStartTime RegistrationDate ReleaseDate RequestedDateTime ResponseFinishDateTime ResponseStartDateTime
    ReviewedTime ScheduledEndTime ScheduledTime Since StartDate StartTime StartedAt SyncCreatedTime
    SyncLastModifiedTime UpdatedAt UpdatedTime
"""
TIMES = frozenset(_TIMES.split())
"""The members that the service models type as timestamps; none of them is a number anywhere. A test compares."""


def as_yaml(answer: Any) -> str:
    """Write an answer as YAML: epoch seconds as times with their offset, text of several lines as a block.

    What is plain of secrets is masked; the ciphertext of a SecureString is not.
    """
    import yaml  # deferred: it is read on a key

    class Dumper(yaml.SafeDumper):
        """Writes times plainly, with the T between day and hour, and lines as lines."""

    def time(dumper: Any, when: datetime) -> Any:
        text = when.isoformat(timespec="milliseconds" if when.microsecond else "seconds")
        return dumper.represent_scalar("tag:yaml.org,2002:timestamp", text)

    def text(dumper: Any, words: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", words, style="|" if "\n" in words else None)

    Dumper.add_representer(datetime, time)
    Dumper.add_representer(str, text)
    return yaml.dump(with_times(masked_answer(answer)), Dumper=Dumper, sort_keys=False, allow_unicode=True)


def with_times(answer: Any, name: str = "") -> Any:
    """Give an answer with its timestamps as datetimes in UTC."""
    if isinstance(answer, Mapping):
        return {key: with_times(value, key) for key, value in answer.items()}
    if isinstance(answer, (list, tuple)):
        return [with_times(item, name) for item in answer]
    if name in TIMES and isinstance(answer, (int, float)) and not isinstance(answer, bool):
        try:
            return datetime.fromtimestamp(answer, UTC)
        except (OverflowError, OSError, ValueError):
            return answer  # beyond the year 9999
    return answer
