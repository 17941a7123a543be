"""Statuses of Run Command: which Status goes with which StatusDetails, and how they add up (semantics 4.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

FINAL = frozenset(
    {
        "Success",
        "DeliveryTimedOut",
        "ExecutionTimedOut",
        "Failed",
        "Cancelled",
        "Undeliverable",
        "Terminated",
        "InvalidPlatform",
        "AccessDenied",
    }
)
"""StatusDetails after which an invocation does not change any more."""

ERRORS = frozenset({"Failed", "ExecutionTimedOut"})
"""StatusDetails that MaxErrors counts."""

UNREACHED = frozenset({"Undeliverable", "InvalidPlatform", "AccessDenied"})

_STATUS = {
    "DeliveryTimedOut": "TimedOut",
    "ExecutionTimedOut": "TimedOut",
    "Incomplete": "Failed",
    "Undeliverable": "Failed",
    "InvalidPlatform": "Failed",
    "AccessDenied": "Failed",
    "RateExceeded": "Failed",
    "LimitExceeded": "Failed",
    "Terminated": "Failed",
    "NoInstancesInTag": "Success",
}


def status_of(details: str) -> str:
    """Give the Status that goes with a StatusDetails."""
    return _STATUS.get(details, details)


def plugin_status(details: str) -> str:
    """Give a plugin's Status, which has fewer words than an invocation's."""
    status = status_of(details)
    return {"Delayed": "Pending", "Cancelling": "InProgress"}.get(status, status)


def invocation_details(steps: Iterable[str]) -> str:
    """Add up the StatusDetails of an invocation's steps, the worst first; Skipped counts as Success."""
    found = set(steps)
    for worst in ("Failed", "ExecutionTimedOut", "Cancelled"):
        if worst in found:
            return worst
    return "Success" if found <= {"Success", "Skipped"} else "InProgress"


def command_details(counts: Mapping[str, int], threshold: int, *, cancelled: bool) -> str:
    """Add up how many invocations have each StatusDetails into the command's."""
    counts = {details: count for details, count in counts.items() if count}
    open_ones = counts.keys() - FINAL
    if cancelled:
        return "Cancelling" if open_ones else "Cancelled"
    if not counts:
        return "NoInstancesInTag"
    if open_ones == counts.keys() == {"Pending"}:
        return "Pending"
    if open_ones and open_ones == counts.keys() and open_ones <= {"Pending", "Delayed"}:
        return "Delayed"
    if open_ones:
        return "InProgress"
    if sum(counts.get(error, 0) for error in ERRORS) > threshold:
        return "Failed" if counts.get("Failed") else "ExecutionTimedOut"
    if counts.get("DeliveryTimedOut", 0) > threshold:
        return "DeliveryTimedOut"
    if counts.keys() == {"Cancelled"}:
        return "Cancelled"
    if counts.keys() <= {"Success"} | UNREACHED:
        return "Success" if counts.get("Success") else "Failed"
    return "Incomplete"


def command_status(details: str) -> str:
    """Give a command's Status; a command is never Delayed, only its details are."""
    return "Pending" if details == "Delayed" else status_of(details)
