"""Transports around a transport record, refuse and slow what goes through them."""

import asyncio

import pytest

from tui.errors import ApiError, ReadOnlyRefused, Unreachable
from tui.transport.wrappers import Limited, ReadOnly, Recorded, writes


class Answering:
    """A transport that answers each call with what it was asked, or raises what it was given."""

    context = "local"

    def __init__(self, error=None):
        self.asked = []
        self.error = error

    async def call(self, operation, params=None, *, service="ssm"):
        self.asked.append((service, operation, params))
        if self.error:
            raise self.error
        return {"Asked": operation}

    async def watch(self, kind, params=None):
        yield {"type": kind}

    async def open_channel(self, session_id, *, rows, columns, read_only=False):
        self.asked.append(("channel", session_id, read_only))
        return session_id

    async def aclose(self):
        self.asked.append("closed")


class Hand:
    """A clock that is moved by whoever sleeps on it."""

    def __init__(self):
        self.time = 1000.0

    def now(self):
        return self.time

    def monotonic(self):
        return self.time

    async def sleep(self, seconds):
        until = self.time + seconds
        await asyncio.sleep(0)
        self.time = max(self.time, until)


@pytest.mark.parametrize(
    ("operation", "service"),
    [
        ("SendCommand", "ssm"),
        ("CancelCommand", "ssm"),
        ("AddTagsToResource", "ssm"),
        ("StartSession", "ssm"),
        ("TerminateSession", "ssm"),
        ("StopEngine", "ssm-tui"),
        ("SetBecomePassword", "ssm-tui"),
        ("GetAccessToken", "ssm"),
        ("SomethingOfTomorrow", "ssm"),
    ],
)
async def test_read_only_never_sends_what_could_change_something(operation, service):
    inner = Answering()
    with pytest.raises(ReadOnlyRefused, match=operation):
        await ReadOnly(inner).call(operation, {}, service=service)
    assert inner.asked == []


async def test_read_only_hands_on_what_reads_and_opens_sessions_to_look_at_alone():
    inner = Answering()
    wrapped = ReadOnly(inner)
    assert await wrapped.call("GetOutput", {"Offset": 0}, service="ssm-tui") == {"Asked": "GetOutput"}
    assert await wrapped.call("DescribeInstanceInformation") == {"Asked": "DescribeInstanceInformation"}
    assert [event async for event in wrapped.watch("nodes", {})] == [{"type": "nodes"}]
    with pytest.raises(ReadOnlyRefused):
        await wrapped.open_channel("s-1", rows=24, columns=80)
    assert await wrapped.open_channel("s-1", rows=24, columns=80, read_only=True) == "s-1"
    assert inner.asked[-1] == ("channel", "s-1", True)
    await wrapped.aclose()
    assert inner.asked[-1] == "closed"


def test_every_read_of_the_api_is_known_as_one():
    assert not writes("ListNodeTags", "ssm-tui")
    assert not writes("DescribeSessions")
    assert writes("PutParameter")


async def test_the_record_keeps_the_last_calls_with_their_outcome_and_no_secret():
    clock = Hand()
    inner = Answering()
    recorded = Recorded(inner, keep=2, clock=clock)
    told = []
    recorded.on_call.append(told.append)
    await recorded.call("SetBecomePassword", {"InstanceId": "mi-1", "Password": "hunter2"}, service="ssm-tui")
    assert inner.asked[0][2]["Password"] == "hunter2"
    assert "hunter2" not in repr(recorded.calls)
    inner.error = ApiError("InvalidInstanceId", "no such node")
    with pytest.raises(ApiError):
        await recorded.call("SendCommand", {})
    inner.error = Unreachable("gone")
    with pytest.raises(Unreachable):
        await recorded.call("ListCommands")
    assert [(call.operation, call.outcome, call.ok) for call in recorded.calls] == [
        ("SendCommand", "InvalidInstanceId", False),
        ("ListCommands", "Unreachable", False),
    ]
    assert len(told) == 3 and told[0].ok and told[0].at == 1000.0


async def test_a_call_that_was_left_is_recorded_as_cancelled():
    class Hanging(Answering):
        async def call(self, operation, params=None, *, service="ssm"):
            self.asked.append(operation)
            await asyncio.Event().wait()

    recorded = Recorded(Hanging())
    task = asyncio.ensure_future(recorded.call("ListCommands"))
    while not recorded.inner.asked:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert recorded.calls[-1].outcome == "cancelled"


async def test_the_limit_lets_a_burst_through_and_then_so_many_a_second():
    clock = Hand()
    limited = Limited(Answering(), per_second=10, burst=5, clock=clock)
    for _ in range(5):
        await limited.call("ListCommands")
    assert clock.time == 1000.0
    for _ in range(10):
        await limited.call("ListCommands")
    assert clock.time == pytest.approx(1001.0)
    clock.time += 100
    for _ in range(5):
        await limited.call("ListCommands")
    assert clock.time == pytest.approx(1101.0)
    assert limited.waiting == 0
