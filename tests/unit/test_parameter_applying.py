"""Plans are applied without covering what somebody else wrote, and what became of each name is known after a fault."""

import asyncio
import contextlib

import pytest

from tests.engine.clock import ManualClock, settle
from tests.unit.parameter_store import Store, losing, meddling, throttling
from tui.errors import (
    AccessDenied,
    ApiError,
    CredentialsExpired,
    ReadOnlyRefused,
    ServerFailed,
    StateError,
    Throttled,
    Unreachable,
    UsageError,
)
from tui.services.parameter_applying import PAUSES, STOPPED, apply, roll_back
from tui.services.parameter_journal import Journal, unfinished
from tui.services.parameter_models import ParameterType
from tui.services.parameter_plans import Wanted, delete_plan, move_plan, plan_of
from tui.services.parameter_reports import State
from tui.services.parameters import Parameters


async def current(store, decrypt=True):
    pages = Parameters(store).below("/", decrypt=decrypt)
    return {value.id: value async for page in pages for value in page}


async def wanted(store, decrypt=True, **values):
    """Plan values for /app/NAME."""
    some = [Wanted(name=f"/app/{name}", value=value) for name, value in values.items()]
    return plan_of(await current(store, decrypt), some)


async def applied(store, plan, clock=None, **how):
    """Apply a plan while time passes."""
    clock = clock or ManualClock()
    task = asyncio.ensure_future(apply(plan, Parameters(store), clock=clock, **how))
    while not task.done():
        await settle()
        await clock.advance(1)
    return await task


def states(report):
    return {one.path.rpartition("/")[2]: one.state for one in report.outcomes}


async def test_a_plan_is_written_in_tens_and_each_ten_is_read_right_before():
    store = Store("/app/same", "/app/old")
    plan = await wanted(store, same="value of /app/same", old="new", **{f"n{number}": "x" for number in range(19)})
    store.sent.clear()
    report = await applied(store, plan)
    assert report.clean and report.words == "1 same, 20 written"
    assert store.operations() == (["GetParameters"] + ["PutParameter"] * 10) * 2
    assert store.values()["/app/old"] == "new" and report.outcomes[1].version == 2


async def test_a_plan_with_a_problem_writes_nothing_at_all():
    store = Store()
    with pytest.raises(UsageError, match=r"Nothing was written: /app/b: The value is empty.* And 1 more\."):
        await applied(store, await wanted(store, a="x", b="", c=""))
    assert store.operations("PutParameter") == []


async def test_a_name_that_somebody_wrote_or_deleted_since_is_a_conflict_and_the_others_are_written():
    store = Store("/app/a", "/app/b", "/app/c")
    plan = await wanted(store, a="mine", b="mine", c="mine", d="mine")
    store.put("/app/a", "theirs")
    store.delete("/app/b")
    store.put("/app/d", "theirs")
    report = await applied(store, plan)
    assert states(report) == {"a": State.CONFLICT, "b": State.CONFLICT, "c": State.WRITTEN, "d": State.CONFLICT}
    a, b, d = report.conflicts
    assert (a.base.value, a.theirs.value, a.yours.value) == ("value of /app/a", "theirs", "mine")
    assert b.theirs is None and d.base is None and d.theirs.value == "theirs"
    assert store.values() == {"/app/a": "theirs", "/app/c": "mine", "/app/d": "theirs"}
    assert "theirs'" not in repr(report) and "mine" not in repr(report)


async def test_a_name_that_was_deleted_and_made_anew_with_the_same_version_is_a_conflict():
    store = Store("/app/a")
    plan = await wanted(store, a="mine")
    store.delete("/app/a")
    store.now += 60
    store.put("/app/a", "theirs")
    report = await applied(store, plan)
    assert states(report) == {"a": State.CONFLICT} and store.values()["/app/a"] == "theirs"


async def test_a_new_name_that_appears_between_the_look_and_the_put_is_not_covered():
    store = Store()
    plan = await wanted(store, a="mine")
    store.before.append(meddling("PutParameter", lambda: store.put("/app/a", "theirs")))
    report = await applied(store, plan)
    assert states(report) == {"a": State.CONFLICT} and report.conflicts[0].theirs.value == "theirs"


async def test_a_gap_in_the_versions_shows_what_was_covered_and_one_call_puts_it_back():
    store = Store("/app/a")
    plan = await wanted(store, a="mine")
    store.before.append(meddling("PutParameter", lambda: store.put("/app/a", "theirs")))
    report = await applied(store, plan)
    assert not report.clean and report.outcomes[0].version == 3
    (overtaken,) = report.overtaken
    assert (overtaken.base.value, overtaken.theirs.value, overtaken.yours.value) == (
        "value of /app/a", "theirs", "mine",
    )  # fmt: skip
    back = await roll_back(Parameters(store), overtaken)
    assert back.clean and store.values()["/app/a"] == "theirs"
    assert [one["Value"] for one in store.kept["/app/a"]] == ["value of /app/a", "theirs", "mine", "theirs"]


async def test_what_was_written_again_since_is_not_rolled_back():
    store = Store("/app/a")
    plan = await wanted(store, a="mine")
    store.before.append(meddling("PutParameter", lambda: store.put("/app/a", "theirs")))
    (overtaken,) = (await applied(store, plan)).overtaken
    store.put("/app/a", "third")
    back = await roll_back(Parameters(store), overtaken)
    assert states(back) == {"a": State.CONFLICT} and store.values()["/app/a"] == "third"
    assert back.conflicts[0].theirs.value == "third"


async def test_a_put_that_brought_back_what_somebody_deleted_can_be_taken_back():
    store = Store("/app/a")
    plan = await wanted(store, a="mine")
    store.before.append(meddling("PutParameter", lambda: store.delete("/app/a")))
    (overtaken,) = (await applied(store, plan)).overtaken
    assert overtaken.was_deleted and overtaken.theirs is None
    assert (await roll_back(Parameters(store), overtaken)).clean and store.values() == {}


async def test_a_secret_is_read_only_as_far_as_it_was_shown_before():
    for decrypt, theirs in ((True, "theirs"), (False, "CIPHER")):
        store = Store()
        store.put("/app/a", "old", "SecureString")
        plan = await wanted(store, decrypt, a="mine")
        store.before.append(meddling("PutParameter", lambda store=store: store.put("/app/a", "theirs")))
        (overtaken,) = (await applied(store, plan)).overtaken
        assert overtaken.theirs.value == theirs and overtaken.theirs.plain is decrypt
        await roll_back(Parameters(store), overtaken)
        assert store.values()["/app/a"] == "theirs"


async def test_a_500_key_import_that_is_throttled_half_way_goes_on_and_writes_nothing_twice():
    store = Store()
    plan = await wanted(store, **{f"key{number}": str(number) for number in range(500)})
    store.before += [throttling(*range(250, 260), *range(400, 409)), throttling(28, 29, operation="GetParameters")]
    told = []
    report = await applied(store, plan, progress=told.append)
    assert report.clean and report.words == "500 written"
    assert {len(versions) for versions in store.kept.values()} == {1} and len(store.kept) == 500
    assert any(one.waiting.startswith("Throttled: it goes on in") for one in told)
    done = [len(one.done) for one in told]
    assert done == sorted(done) and done[-1] == 500


async def test_what_is_throttled_for_ever_is_given_up_and_said():
    store = Store()
    plan = await wanted(store, a="x", b="x")
    store.before.append(throttling(*range(2, 100)))
    report = await applied(store, plan)
    assert states(report) == {"a": State.WRITTEN, "b": State.NOT_WRITTEN}
    assert "too many calls" in report.stopped == report.not_written[0].reason
    assert len(store.operations("PutParameter")) == 2 + len(PAUSES)


async def test_who_writes_during_a_pause_for_throttles_is_not_covered():
    store = Store("/app/a")
    plan = await wanted(store, a="mine")
    throttle = throttling(1)

    def hook(operation, request):
        try:
            throttle(operation, request)
        except Throttled:
            store.put("/app/a", "theirs")
            raise

    store.before.append(hook)
    report = await applied(store, plan)
    assert states(report) == {"a": State.CONFLICT} and store.values()["/app/a"] == "theirs"


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_put_whose_answer_was_lost_is_looked_for(arrives):
    store = Store("/app/a")
    plan = await wanted(store, a="mine", b="mine")
    (store.after if arrives else store.before).append(losing(name="/app/a"))
    report = await applied(store, plan)
    assert states(report) == {"a": State.WRITTEN if arrives else State.UNKNOWN, "b": State.WRITTEN}
    assert store.operations("PutParameter") == ["PutParameter"] * 2
    if not arrives:
        assert "not there when it was looked for" in report.unknown[0].reason


async def test_a_put_whose_answer_was_lost_is_told_from_somebody_elses():
    store = Store("/app/a")
    plan = await wanted(store, a="mine")
    store.before.append(losing())
    store.before.insert(0, meddling("PutParameter", lambda: store.put("/app/a", "theirs")))
    report = await applied(store, plan)
    assert states(report) == {"a": State.UNKNOWN} and "somebody else wrote meanwhile" in report.unknown[0].reason
    store = Store("/app/a")
    plan = await wanted(store, a="mine")
    store.before.append(meddling("PutParameter", lambda: store.put("/app/a", "theirs")))
    store.after.append(losing())
    report = await applied(store, plan)
    assert states(report) == {"a": State.WRITTEN} and report.overtaken[0].theirs.value == "theirs"


def raising(error, *turns, operation="PutParameter"):
    seen = 0

    def hook(called, request):
        nonlocal seen
        if called == operation:
            seen += 1
            if not turns or seen in turns:
                raise error

    return hook


async def test_a_failure_of_the_service_may_have_written():
    store = Store()
    plan = await wanted(store, a="mine")
    store.after.append(raising(ServerFailed("InternalServerError", "")))
    assert states(await applied(store, plan)) == {"a": State.WRITTEN}


async def test_a_refusal_is_of_one_name_and_does_not_say_the_secret():
    store = Store()
    some = [Wanted(name=f"/app/{name}", value="HUSH", type=ParameterType.SECURE_STRING) for name in "ab"]
    store.before.append(raising(ApiError("ValidationException", "Value 'HUSH' at 'value' is wrong"), 1))
    report = await applied(store, plan_of({}, some))
    assert states(report) == {"a": State.NOT_WRITTEN, "b": State.WRITTEN}
    assert "ValidationException" in report.not_written[0].reason and "HUSH" not in repr(report)


@pytest.mark.parametrize(
    "error",
    [Unreachable("Nobody answers."), ReadOnlyRefused("It is read-only."), CredentialsExpired("ExpiredToken", "")],
)
async def test_what_every_call_would_meet_stops_the_plan_and_the_rest_is_not_written(error):
    store = Store()
    plan = await wanted(store, **{f"k{number:02d}": "x" for number in range(30)})
    store.before.append(raising(error, *range(15, 100)))
    report = await applied(store, plan)
    assert len(report.done) == 14 and len(report.not_written) == 16 and report.stopped == str(error)
    assert len(store.operations("PutParameter")) == 20


async def test_a_permission_that_is_missing_is_not_asked_for_five_thousand_times():
    store = Store()
    plan = await wanted(store, **{f"k{number:02d}": "x" for number in range(50)})
    store.before.append(raising(AccessDenied("AccessDeniedException", "no", action="ssm:PutParameter")))
    report = await applied(store, plan)
    assert len(store.operations("PutParameter")) == 10 and len(report.not_written) == 50


async def test_a_move_deletes_only_what_was_copied_and_looked_at():
    store = Store("/a/w", "/a/x", "/a/y", "/a/z")
    values = [*(await current(store)).values()]
    plan = move_plan(values, "/a", "/c")
    store.before.append(raising(ApiError("ParameterLimitExceeded", ""), 1))
    store.before.append(meddling("GetParameters", lambda: store.put("/c/x", "theirs"), turn=2))
    store.before.append(meddling("GetParameters", lambda: store.put("/a/y", "newer"), turn=3))
    report = await applied(store, plan)
    assert [one.state for one in report.outcomes[4:]] == [
        State.NOT_WRITTEN, State.NOT_WRITTEN, State.CONFLICT, State.DELETED,
    ]  # fmt: skip
    assert "its copy /c/w was not written: ParameterLimitExceeded" in report.outcomes[4].reason
    assert "its copy /c/x is not what was put there" in report.outcomes[5].reason
    assert sorted(store.kept) == ["/a/w", "/a/x", "/a/y", "/c/x", "/c/y", "/c/z"]


async def test_a_move_of_a_secret_compares_what_is_plain():
    store = Store()
    store.put("/a/x", "HUSH", "SecureString")
    report = await applied(store, move_plan([*(await current(store)).values()], "/a", "/c"))
    assert report.clean and store.values() == {"/c/x": "HUSH"}


async def test_deletions_are_checked_and_looked_for_too():
    store = Store("/app/a", "/app/b", "/app/c", "/app/d")
    plan = delete_plan((await current(store)).values())
    store.put("/app/a", "newer")
    store.delete("/app/b")
    store.before.append(throttling(1, operation="DeleteParameters"))
    store.after.append(losing("DeleteParameters"))
    report = await applied(store, plan)
    assert states(report) == {"a": State.CONFLICT, "b": State.DELETED, "c": State.DELETED, "d": State.DELETED}
    assert store.values() == {"/app/a": "newer"}
    store = Store("/app/a")
    plan = delete_plan((await current(store)).values())
    store.before.append(losing("DeleteParameters"))
    assert states(await applied(store, plan)) == {"a": State.UNKNOWN}


async def test_a_plan_that_is_cancelled_says_what_was_on_its_way_and_keeps_its_journal(tmp_path):
    store = Store()
    plan = await wanted(store, **{f"k{number:02d}": "x" for number in range(15)})
    reached, told = asyncio.Event(), []
    call = store.call

    async def hanging(operation, params=None, **how):
        if params and params.get("Name") == "/app/k12":
            reached.set()
            await asyncio.Event().wait()
        return await call(operation, params, **how)

    store.call = hanging
    task = asyncio.ensure_future(apply(plan, Parameters(store), journal=Journal(tmp_path), progress=told.append))
    await reached.wait()
    await settle()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert [one.path for one in told[-1].unknown] == ["/app/k12"] and len(told[-1].done) == 14
    assert len([*tmp_path.iterdir()]) == 1


async def test_a_journal_that_can_not_be_written_lets_nothing_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    store = Store()
    with pytest.raises(StateError, match="can't keep what is being written"):
        await applied(store, await wanted(store, a="x"), journal=Journal(tmp_path / "file"))
    assert store.operations("PutParameter") == []


async def test_a_move_whose_connection_was_lost_left_no_journal_and_nobody_was_told(tmp_path):
    store = Store("/a/x", "/a/y")
    values = [value async for page in Parameters(store).below("/a", decrypt=True) for value in page]

    def lost(operation, request):
        if operation == "DeleteParameters":
            raise Unreachable("The connection to the engine was lost.")

    store.before.append(lost)
    report = await applied(store, move_plan(values, "/a", "/c"), journal=Journal(tmp_path))
    assert report.stopped == "The connection to the engine was lost."
    assert {one.state for one in report.outcomes[2:]} == {State.NOT_WRITTEN}
    (left,) = unfinished(tmp_path)
    assert [one.path for one in left.changes] == ["/c/x", "/c/y", "/a/x", "/a/y"]


async def test_a_plan_is_stopped_between_two_batches_and_a_stop_after_the_last_is_none():
    store, stop = Store(), asyncio.Event()
    plan = await wanted(store, **{f"k{number:02d}": "x" for number in range(15)})
    store.before.append(meddling("PutParameter", stop.set, turn=3))
    report = await applied(store, plan, stop=stop)
    assert report.words == "10 written, 5 not written" and report.stopped == STOPPED
    assert report.not_written[0].reason == STOPPED
    stop.clear()
    store.before.append(meddling("PutParameter", stop.set, turn=5))
    report = await applied(store, await wanted(store, **{f"n{number}": "x" for number in range(5)}), stop=stop)
    assert stop.is_set() and report.clean and not report.stopped


async def test_a_stop_ends_a_pause_for_throttles_at_once():
    store, stop, clock = Store(), asyncio.Event(), ManualClock()
    plan = await wanted(store, a="x")
    store.before.append(throttling(1))
    told = []
    task = asyncio.ensure_future(apply(plan, Parameters(store), clock=clock, progress=told.append, stop=stop))
    while not (told and told[-1].waiting):
        await settle()
    stop.set()
    assert (await task).stopped == STOPPED and store.values() == {}


async def test_what_was_stopped_and_done_after_all_is_one_report_of_both():
    store, stop = Store(), asyncio.Event()
    plan = await wanted(store, **{f"k{number:02d}": "x" for number in range(12)})
    store.before.append(meddling("PutParameter", stop.set))
    first = await applied(store, plan, stop=stop)
    store.put("/app/k11", "theirs")
    second = await applied(store, plan_of({}, [change.after for change in plan.changes[10:]]))
    both = first.then(second)
    assert both.words == "11 written, 1 conflict" and [one.path for one in both.conflicts] == ["/app/k11"]
    assert not both.stopped and not both.clean and len(both.outcomes) == len(plan.changes)
