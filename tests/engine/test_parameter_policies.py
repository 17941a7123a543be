"""Parameter policies: what they may say, and that they run at their time, whoever was away or came in between."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.engine.clock import ManualClock
from tui.engine.bus import Subscription
from tui.engine.context import ApiFault, StatePaths
from tui.engine.dispatch import Engine
from tui.engine.parameter_policies import EXPIRATION, EXPIRATION_NOTIFICATION, NO_CHANGE_NOTIFICATION, parse_policies

HOUR, DAY = 3600.0, 86400.0
NAME = "/app/key"


def policy(kind: str, **attributes: Any) -> dict[str, Any]:
    return {"Type": kind, "Version": "1.0", "Attributes": attributes}


def text(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def expiration(when: float) -> dict[str, Any]:
    return policy(EXPIRATION, Timestamp=text(when))


def before(count: int, unit: str = "Hours") -> dict[str, Any]:
    return policy(EXPIRATION_NOTIFICATION, Before=str(count), Unit=unit)


def after(count: int, unit: str = "Hours") -> dict[str, Any]:
    return policy(NO_CHANGE_NOTIFICATION, After=str(count), Unit=unit)


# what they may say


def test_policies_are_read_and_written_as_they_are_shown() -> None:
    given = [policy(EXPIRATION, Timestamp="2030-12-02T21:34:33.000Z"), before(15, "Days"), after(20, "Hours")]
    read = parse_policies(json.dumps(given))
    assert [json.loads(each.text) for each in read] == given
    assert [each.type for each in read] == [EXPIRATION, EXPIRATION_NOTIFICATION, NO_CHANGE_NOTIFICATION]
    assert read[0].moment == datetime(2030, 12, 2, 21, 34, 33, tzinfo=UTC).timestamp()
    assert [each.seconds for each in read[1:]] == [15 * DAY, 20 * HOUR]
    shape = {"PolicyText": read[0].text, "PolicyType": EXPIRATION, "PolicyStatus": "Pending"}
    assert read[0].shape() == shape


@pytest.mark.parametrize("given", ["[{}]", "[]", " [ {} ] "])
def test_an_empty_policy_is_none(given: str) -> None:
    assert parse_policies(given) == ()


@pytest.mark.parametrize("when", ["2030-12-02T21:34:33+02:00", "2030-12-02T21:34Z", "2030-12-02T21:34:33.123456Z"])
def test_times_with_a_zone_are_taken(when: str) -> None:
    assert parse_policies(json.dumps([policy(EXPIRATION, Timestamp=when)]))[0].moment > 0


SOON = policy(EXPIRATION, Timestamp="2030-12-02T21:34:33Z")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("no JSON", "ValidationException"),
        ("{}", "ValidationException"),
        ('["a"]', "ValidationException"),
        ("[" * 4000, "ValidationException"),
        ([policy("Renewal", Timestamp="a")], "InvalidPolicyTypeException"),
        ([{}, {"Type": ["Expiration"]}], "InvalidPolicyTypeException"),
        ([SOON, {}], "InvalidPolicyTypeException"),
        ([SOON | {"Version": "2.0"}], "InvalidPolicyAttributeException"),
        ([SOON | {"Extra": "a"}], "InvalidPolicyAttributeException"),
        ([SOON | {"Attributes": "a"}], "InvalidPolicyAttributeException"),
        ([policy(EXPIRATION)], "InvalidPolicyAttributeException"),
        ([policy(EXPIRATION, Timestamp="2030-12-02T21:34:33")], "InvalidPolicyAttributeException"),
        ([policy(EXPIRATION, Timestamp="2030-02-30T21:34:33Z")], "InvalidPolicyAttributeException"),
        ([policy(EXPIRATION, Timestamp="tomorrow")], "InvalidPolicyAttributeException"),
        ([policy(EXPIRATION, Timestamp=1)], "InvalidPolicyAttributeException"),
        ([policy(EXPIRATION, Timestamp="2030-12-02T21:34:33Z", Unit="Days")], "InvalidPolicyAttributeException"),
        ([SOON, policy(EXPIRATION_NOTIFICATION, Before="0", Unit="Days")], "InvalidPolicyAttributeException"),
        ([SOON, policy(EXPIRATION_NOTIFICATION, Before="-1", Unit="Days")], "InvalidPolicyAttributeException"),
        ([SOON, policy(EXPIRATION_NOTIFICATION, Before="1", Unit="Weeks")], "InvalidPolicyAttributeException"),
        ([SOON, policy(EXPIRATION_NOTIFICATION, Before=True, Unit="Days")], "InvalidPolicyAttributeException"),
        ([SOON, policy(EXPIRATION_NOTIFICATION, After="1", Unit="Days")], "InvalidPolicyAttributeException"),
        ([policy(NO_CHANGE_NOTIFICATION, After="1" * 50, Unit="Days")], "InvalidPolicyAttributeException"),
        ([SOON, SOON], "IncompatiblePolicyException"),
        ([before(1)], "IncompatiblePolicyException"),
        ([after(1)] * 11, "PoliciesLimitExceededException"),
    ],
    ids=str,
)
def test_what_policies_may_not_say(given: Any, code: str) -> None:
    with pytest.raises(ApiFault) as caught:
        parse_policies(given if isinstance(given, str) else json.dumps(given))
    assert caught.value.code == code and caught.value.message


def test_ten_policies_are_as_many_as_there_may_be() -> None:
    assert len(parse_policies(json.dumps([SOON, *[before(each) for each in range(1, 10)]]))) == 10


# what they do


class Bench:
    """An engine on a clock, and the events that were heard of it."""

    def __init__(self, engine: Engine, clock: ManualClock, heard: Subscription) -> None:
        self.engine = engine
        self.clock = clock
        self._heard = heard

    async def call(self, operation: str, **request: Any) -> dict[str, Any]:
        return await self.engine.call(operation, request)

    async def put(self, *policies: dict[str, Any], name: str = NAME, **more: Any) -> None:
        request: dict[str, Any] = {"Name": name, "Value": "a", "Overwrite": True} | more
        if policies:
            request |= {"Tier": "Advanced", "Type": "String", "Policies": json.dumps(policies)}
        await self.call("PutParameter", **request)

    async def exists(self, name: str = NAME) -> bool:
        try:
            await self.call("GetParameter", Name=name)
        except ApiFault as fault:
            assert fault.code == "ParameterNotFound"
            return False
        return True

    async def statuses(self, name: str = NAME) -> list[str]:
        filters = [{"Key": "Name", "Values": [name]}]
        (found,) = (await self.call("DescribeParameters", ParameterFilters=filters))["Parameters"]
        return [each["PolicyStatus"] for each in found["Policies"]]

    async def at(self, when: float) -> None:
        """Let the time come, without what else recurs until then, and what it brings be done."""
        self.clock.set_wall(when)
        self.engine.services.scheduler.at("look at the clock", when, lambda: None)
        await self.idle()

    async def idle(self) -> None:
        """Wait until the engine's thread has done all writes and what follows from them."""
        for _ in range(12):
            await self.engine.services.store.write(lambda conn: None)
            for _ in range(10):
                await asyncio.sleep(0)

    async def actions(self) -> list[tuple[str, str]]:
        """Give type and state of the policy actions that were told since the last time."""
        found = []
        self.engine.services.bus.publish("events", {"detail-type": "the last"})
        async for _, event in self._heard:
            if event["detail-type"] == "the last":
                return found
            if event["detail-type"] == "Parameter Store Policy Action":
                found.append((event["detail"]["policy-type"], event["detail"]["action-status"]))
        return found

    def audited(self) -> list[tuple[str, str]]:
        rows = self.engine.services.store.read("SELECT caller, detail FROM audit WHERE operation = 'DeleteParameter'")
        return [(row["caller"], row["detail"]) for row in rows]


@contextlib.asynccontextmanager
async def bench(folder: Path, clock: ManualClock) -> AsyncIterator[Bench]:
    engine = await Engine.open(StatePaths(folder), clock=clock, settings={"master_key": "file"})
    heard = engine.services.bus.subscribe({"events"})
    try:
        yield Bench(engine, clock, heard)
    finally:
        await heard.aclose()
        await engine.aclose()


async def test_a_parameter_is_gone_when_it_has_expired(tmp_path: Path) -> None:
    clock = ManualClock()
    start = clock.now()
    async with bench(tmp_path, clock) as one:
        await one.put(expiration(start + DAY))
        await one.put(name="/app/other", Type="String")
        await one.at(start + DAY - 1)
        assert await one.exists() and await one.actions() == []
        await one.at(start + DAY)
        assert not await one.exists() and await one.exists("/app/other")
        assert await one.actions() == [(EXPIRATION, "Success")]
        assert one.audited() == [("ssm.amazonaws.com", f'{{"Name":"{NAME}"}}')]
        await one.put(Type="String")
        await one.at(start + 3 * DAY)
        assert await one.exists()


async def test_the_tree_of_names_and_the_counts_are_right_after_an_expiration(tmp_path: Path) -> None:
    clock = ManualClock()
    async with bench(tmp_path, clock) as one:
        await one.put(expiration(clock.now() + 10))
        await one.at(clock.now() + 10)
        store = one.engine.services.store
        assert store.read("SELECT * FROM parameter_folders") == []
        assert {row["number"] for row in store.read("SELECT number FROM parameter_counts")} == {0}


async def test_what_is_about_to_expire_is_told_and_then_gone(tmp_path: Path) -> None:
    clock = ManualClock()
    start = clock.now()
    async with bench(tmp_path, clock) as one:
        await one.put(expiration(start + 10 * HOUR), before(2), before(6))
        assert await one.statuses() == ["Pending"] * 3
        await one.at(start + 4 * HOUR)
        assert await one.actions() == [(EXPIRATION_NOTIFICATION, "Success")]
        assert await one.statuses() == ["Pending", "Pending", "Finished"]
        await one.at(start + 8 * HOUR)
        assert await one.actions() == [(EXPIRATION_NOTIFICATION, "Success")]
        assert await one.statuses() == ["Pending", "Finished", "Finished"]
        await one.at(start + 20 * HOUR)
        assert await one.actions() == [(EXPIRATION, "Success")] and not await one.exists()


async def test_a_put_begins_the_time_without_a_change_anew(tmp_path: Path) -> None:
    clock = ManualClock()
    start = clock.now()
    async with bench(tmp_path, clock) as one:
        await one.put(after(5))
        await one.at(start + 4 * HOUR)
        await one.put(Value="b")
        await one.at(start + 8 * HOUR)
        assert await one.actions() == [] and await one.statuses() == ["Pending"]
        await one.at(start + 9 * HOUR)
        assert await one.actions() == [(NO_CHANGE_NOTIFICATION, "Success")] and await one.statuses() == ["Finished"]
        await one.at(start + 30 * HOUR)
        assert await one.actions() == []
        await one.put(Value="c")
        assert await one.statuses() == ["Pending"]
        await one.at(start + 35 * HOUR)
        assert await one.actions() == [(NO_CHANGE_NOTIFICATION, "Success")]


async def test_a_put_does_not_tell_again_what_was_told_of_the_same_expiration(tmp_path: Path) -> None:
    clock = ManualClock()
    start = clock.now()
    async with bench(tmp_path, clock) as one:
        await one.put(expiration(start + 10 * HOUR), before(5))
        await one.at(start + 6 * HOUR)
        assert await one.actions() == [(EXPIRATION_NOTIFICATION, "Success")]
        await one.put(Value="b")
        await one.at(start + 9 * HOUR)
        assert await one.actions() == [] and await one.statuses() == ["Pending", "Finished"]


async def test_new_policies_take_the_place_of_all_and_an_empty_one_of_none(tmp_path: Path) -> None:
    clock = ManualClock()
    start = clock.now()
    async with bench(tmp_path, clock) as one:
        await one.put(expiration(start + 2 * HOUR), before(1))
        await one.put(expiration(start + 5 * HOUR))
        await one.at(start + 3 * HOUR)
        assert await one.exists()
        await one.put({})
        assert await one.statuses() == []
        await one.at(start + 6 * HOUR)
        assert await one.exists() and await one.actions() == []


async def test_a_parameter_that_was_deleted_has_no_policies_left(tmp_path: Path) -> None:
    clock = ManualClock()
    start = clock.now()
    async with bench(tmp_path, clock) as one:
        await one.put(expiration(start + HOUR), after(1))
        await one.call("DeleteParameter", Name=NAME)
        await one.put(Type="String")
        await one.at(start + 2 * HOUR)
        assert await one.exists() and await one.actions() == []


async def test_a_clock_that_is_set_on_brings_what_is_due_within_a_minute(tmp_path: Path) -> None:
    clock = ManualClock()
    start = clock.now()
    async with bench(tmp_path, clock) as one:
        await one.put(expiration(start + DAY), before(1))
        clock.set_wall(start + 2 * DAY)
        await clock.advance(60)
        await one.idle()
        assert not await one.exists()
        assert await one.actions() == [(EXPIRATION_NOTIFICATION, "Success"), (EXPIRATION, "Success")]


async def test_a_clock_that_is_set_back_runs_nothing_twice_and_nothing_early(tmp_path: Path) -> None:
    clock = ManualClock()
    start = clock.now()
    async with bench(tmp_path, clock) as one:
        await one.put(expiration(start + 10 * HOUR), before(5), after(2))
        await one.at(start + 6 * HOUR)
        assert len(await one.actions()) == 2
        await one.at(start)
        await one.at(start + 9 * HOUR)
        assert await one.exists() and await one.actions() == []
    async with bench(tmp_path, clock) as one:
        assert await one.statuses() == ["Pending", "Finished", "Finished"]
        await one.at(start + 10 * HOUR)
        assert not await one.exists()


async def test_what_fell_due_while_no_engine_was_there_is_done_before_the_first_call(tmp_path: Path) -> None:
    clock = ManualClock()
    start = clock.now()
    async with bench(tmp_path, clock) as one:
        await one.put(expiration(start + HOUR), before(1))
        await one.put(after(2), name="/app/unchanged")
        await one.put(expiration(start + 10 * HOUR), name="/app/later")
    clock.set_wall(start + 5 * HOUR)
    async with bench(tmp_path, clock) as one:
        assert not await one.exists()
        assert await one.statuses("/app/unchanged") == ["Finished"]
        await one.at(start + 10 * HOUR)
        assert not await one.exists("/app/later")


async def test_many_that_fell_due_together_are_all_gone(tmp_path: Path) -> None:
    clock = ManualClock()
    start = clock.now()
    async with bench(tmp_path, clock) as one:
        names = [f"/many/{number}" for number in range(60)]
        await asyncio.gather(*(one.put(expiration(start + HOUR), name=name) for name in names))
    clock.set_wall(start + HOUR)
    async with bench(tmp_path, clock) as one:
        assert (await one.call("GetParametersByPath", Path="/many"))["Parameters"] == []


async def test_what_an_engine_left_in_progress_is_done_by_the_next(tmp_path: Path) -> None:
    clock = ManualClock()
    start = clock.now()
    async with bench(tmp_path, clock) as one:
        await one.put(after(1))
        change = "UPDATE parameters SET policies = replace(policies, 'Pending', 'InProgress')"
        await one.engine.services.store.write(lambda conn: conn.execute(change))
        assert await one.statuses() == ["InProgress"]
    clock.set_wall(start + 2 * HOUR)
    async with bench(tmp_path, clock) as one:
        assert await one.statuses() == ["Finished"]


async def test_a_put_of_a_new_expiration_just_as_the_old_one_runs_is_not_lost(tmp_path: Path) -> None:
    clock = ManualClock()
    start = clock.now()
    async with bench(tmp_path, clock) as one:
        for number in range(10):
            name = f"/app/{number}"
            await one.put(expiration(start + HOUR), name=name)
        clock.set_wall(start + HOUR)
        one.engine.services.scheduler.at("look at the clock", start, lambda: None)
        puts = [one.put(expiration(start + DAY), name=f"/app/{number}") for number in range(10)]
        await asyncio.gather(*puts)
        await one.idle()
        for number in range(10):
            assert await one.exists(f"/app/{number}") and await one.statuses(f"/app/{number}") == ["Pending"]
        await one.at(start + DAY)
        assert not await one.exists("/app/0")


async def test_a_parameter_that_can_t_be_deleted_keeps_no_other_from_expiring_and_is_failed(tmp_path: Path) -> None:
    clock = ManualClock()
    start = clock.now()
    async with bench(tmp_path, clock) as one:
        await one.put(expiration(start + HOUR))
        await one.put(expiration(start + HOUR), name="/app/other")
        held = "BEFORE DELETE ON parameters WHEN old.name = '/app/key' BEGIN SELECT RAISE(ABORT, ''); END"
        await one.engine.services.store.write(lambda conn: conn.execute(f"CREATE TRIGGER held {held}"))
        await one.at(start + HOUR)
        assert await one.exists() and not await one.exists("/app/other")
        assert await one.statuses() == ["Failed"]
        assert sorted(await one.actions()) == [(EXPIRATION, "Failed"), (EXPIRATION, "Success")]
        await one.at(start + DAY)
        assert await one.actions() == []


async def test_policies_keep_no_engine_alive(tmp_path: Path) -> None:
    clock = ManualClock()
    async with bench(tmp_path, clock) as one:
        await one.put(expiration(clock.now() + DAY), before(1), after(1))
        assert one.engine.services.scheduler.operators_count() == 0
        assert one.engine.live() == []


async def test_puts_without_end_made_the_table_of_times_grow(tmp_path: Path) -> None:
    clock = ManualClock()
    async with bench(tmp_path, clock) as one:
        from tui.engine.parameter_policies import PolicyTimes, policies_changed

        await one.put(after(1, "Days"))
        services = one.engine.services
        change = "UPDATE parameters SET modified_at = modified_at + 1"
        for _ in range(300):
            await services.store.write(lambda conn: conn.execute(change))
            policies_changed(services, NAME)
        times = services.part(PolicyTimes)
        assert times.next() == clock.now() + 300 + DAY
        assert len(times._heap) < 100
