"""The bus: bounded memory, nothing lost unsaid."""

import asyncio
import base64

from tui.engine.bus import Bus


def output(text, node="mi-1", stream="stdout"):
    return {"type": "output", "InstanceId": node, "Stream": stream, "Data": base64.b64encode(text).decode()}


async def drain(subscription):
    subscription.finish()
    return [event async for _, event in subscription]


async def test_a_subscriber_gets_its_kinds_that_match_from_then_on():
    bus = Bus()
    bus.publish("commands", {"type": "command", "CommandId": "early"})
    subscription = bus.subscribe({"commands", "nodes"}, lambda kind, event: event.get("CommandId") != "other")
    bus.publish("commands", {"type": "command", "CommandId": "other"})
    bus.publish("sessions", {"type": "session"})
    bus.publish("commands", {"type": "command", "CommandId": "mine"})
    bus.publish("nodes", {"type": "node"})
    assert await anext(subscription) == ("commands", {"type": "command", "CommandId": "mine"})
    assert (await anext(subscription))[0] == "nodes"
    waiting = asyncio.ensure_future(anext(subscription))
    await asyncio.sleep(0)
    bus.publish("nodes", {"type": "node", "InstanceId": "late"})
    assert (await waiting)[1]["InstanceId"] == "late"
    await subscription.aclose()
    assert not bus.has_subscribers("nodes")


async def test_output_beyond_the_bound_is_counted_and_said_in_its_place():
    bus = Bus()
    subscription = bus.subscribe({"command"}, max_bytes=80)
    bus.publish("command", output(b"a" * 30))
    bus.publish("command", output(b"b" * 30))
    bus.publish("command", output(b"c" * 31))
    bus.publish("command", {"type": "invocation", "Status": "InProgress"})
    bus.publish("command", output(b"d" * 5))
    found = [(await anext(subscription))[1] for _ in range(4)]
    assert [event["type"] for event in found] == ["output", "output", "dropped", "invocation"]
    assert found[2] == {"type": "dropped", "Bytes": 36, "InstanceId": "mi-1", "Stream": "stdout"}
    bus.publish("command", output(b"e" * 30))
    assert (await drain(subscription))[0]["type"] == "output"


async def test_each_stream_has_a_gap_of_its_own():
    bus = Bus()
    subscription = bus.subscribe({"command"}, max_bytes=10)
    for node in ("mi-1", "mi-2"):
        for _ in range(100):
            bus.publish("command", output(b"x" * 3, node))
    events = await drain(subscription)
    dropped = {event["InstanceId"]: event["Bytes"] for event in events if event["type"] == "dropped"}
    kept = sum(event["type"] == "output" for event in events)
    assert sum(dropped.values()) == (200 - kept) * 3
    assert dropped.keys() == {"mi-1", "mi-2"}


async def test_one_line_of_output_that_is_bigger_than_the_bound_is_still_delivered_when_nothing_waits():
    bus = Bus()
    subscription = bus.subscribe({"command"}, max_bytes=10)
    bus.publish("command", output(b"x" * 1000))
    assert [event["type"] for event in await drain(subscription)] == ["output"]


async def test_state_events_are_never_dropped():
    bus = Bus()
    subscription = bus.subscribe({"command"}, max_bytes=1)
    for number in range(10_000):
        bus.publish("command", {"type": "invocation", "Number": number})
    assert [event["Number"] for event in await drain(subscription)] == list(range(10_000))


async def test_closing_the_bus_ends_every_subscription_after_what_waits():
    bus = Bus()
    subscription = bus.subscribe({"nodes"})
    bus.publish("nodes", {"type": "node"})
    bus.close()
    assert [event async for event in subscription] == [("nodes", {"type": "node"})]


async def test_events_are_waited_for_with_a_limit_and_taken_together():
    bus = Bus()
    subscription = bus.subscribe({"command"})
    await subscription.wait(0.001)
    assert subscription.take() == []
    waiting = asyncio.create_task(subscription.wait(60))
    await asyncio.sleep(0)
    bus.publish("command", {"type": "command", "n": 1})
    bus.publish("command", {"type": "output", "n": 2, "Data": "eHg="})
    await waiting
    await subscription.wait(60)
    assert [event["n"] for event in subscription.take()] == [1, 2]
    bus.close()
    await subscription.wait(0.001)
    assert subscription.take() == []
