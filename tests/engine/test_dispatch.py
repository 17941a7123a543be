"""Dispatch, from the operation's name to the answer, with handlers of our own choosing."""

import logging

import pytest

from tests.engine.clock import ManualClock
from tui.engine.context import ApiFault, CallerIdentity, StatePaths
from tui.engine.dispatch import NOT_IMPLEMENTED, Engine, find_marks
from tui.engine.model import OWN, SSM, load_models

SAMPLE = "tests.engine.sample_domains"


class CountingIds:
    def __init__(self):
        self.count = 0

    def uuid(self):
        self.count += 1
        return f"00000000-0000-4000-8000-{self.count:012}"

    def hex17(self):
        self.count += 1
        return f"{self.count:017x}"


@pytest.fixture
async def engine(tmp_path):
    settings = {"seen": [], "alive": []}
    engine = await Engine.open(
        StatePaths(tmp_path), clock=ManualClock(), ids=CountingIds(), settings=settings, domains=SAMPLE
    )
    yield engine
    await engine.aclose()


async def failing(engine, operation, params=None, **options):
    with pytest.raises(ApiFault) as caught:
        await engine.call(operation, params, **options)
    return caught.value


def audit(engine):
    rows = engine.services.store.read("SELECT operation, outcome, caller, detail FROM audit ORDER BY id")
    return [tuple(row) for row in rows]


async def test_a_handled_call_is_answered(engine):
    assert await engine.call("PutParameter", {"Name": "a", "Value": "b", "Type": "String"}) == {"Version": 1}
    assert await engine.call("GetParameter", {"Name": "a"}) == {"Parameter": {"Name": "a", "Value": "b"}}


async def test_an_operation_that_nobody_has_is_unknown(engine):
    assert (await failing(engine, "MakeCoffee")).code == "UnknownOperationException"
    assert (await failing(engine, "GetParameter", service="s3")).code == "UnknownOperationException"


async def test_an_operation_without_a_handler_answers_so_by_its_name(engine):
    fault = await failing(engine, "CreateActivation", {})
    assert fault.code == NOT_IMPLEMENTED
    assert fault.message == "The embedded engine has no handler for CreateActivation."


async def test_a_bad_request_never_reaches_the_handler(engine):
    assert (await failing(engine, "DeleteParameter", {})).code == "ValidationException"
    assert (await failing(engine, "DeleteParameter", {"Name": 1})).code == "SerializationException"
    assert audit(engine) == []


async def test_a_fault_of_the_handler_is_the_answer(engine):
    assert (await failing(engine, "GetParameter", {"Name": "none"})).code == "ParameterNotFound"


async def test_a_crash_is_an_internal_error_whose_reason_is_in_the_log_alone(engine, caplog):
    with caplog.at_level(logging.ERROR):
        fault = await failing(engine, "DeleteParameter", {"Name": "me"})
    assert fault.code == "InternalServerError"
    assert "no luck" not in fault.message
    reference = fault.message.rstrip(".").rpartition(" ")[2]
    assert reference in caplog.text
    assert "RuntimeError: no luck with me" in caplog.text


async def test_a_response_that_does_not_fit_the_model_is_an_internal_error(engine, caplog):
    assert (await failing(engine, "GetDocument", {"Name": "doc"})).code == "InternalServerError"
    assert "NUMBER_VALUE can not be converted to a String (at 'name')" in caplog.text
    assert (await failing(engine, "DescribeDocument", {"Name": "doc"})).code == "InternalServerError"
    assert "has no member Documents" in caplog.text


async def test_writes_are_audited_with_their_outcome_and_without_secrets(engine):
    await engine.call("PutParameter", {"Name": "a", "Value": "hunter2", "Type": "SecureString"})
    await failing(engine, "PutParameter", {"Name": "b", "Value": "late fault", "Type": "String"})
    await failing(engine, "DeleteParameter", {"Name": "c"})
    await engine.call("GetParameter", {"Name": "a"})
    assert [(row[0], row[1]) for row in audit(engine)] == [
        ("PutParameter", "Succeeded"),
        ("PutParameter", "ParameterLimitExceeded"),
        ("DeleteParameter", "InternalServerError"),
    ]
    assert "hunter2" not in str(audit(engine))
    assert audit(engine)[0][3] == '{"Name":"a","Value":"***","Type":"SecureString"}'


async def test_a_writes_audit_row_is_in_the_commit_of_the_write(engine):
    commits = []
    engine.services.store._writer.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
    await engine.call("PutParameter", {"Name": "a", "Value": "b", "Type": "String"})
    assert len(commits) == 1
    assert len(audit(engine)) == 1


async def test_what_shows_a_secret_is_audited(engine):
    await engine.call("PutParameter", {"Name": "a", "Value": "b", "Type": "SecureString"})
    await engine.call("GetParameter", {"Name": "a"})
    await engine.call("GetParameter", {"Name": "a", "WithDecryption": True})
    assert audit(engine)[1:] == [("GetParameter", "Revealed", engine.caller.arn, '{"Name":"a","WithDecryption":true}')]


async def test_a_read_only_caller_is_denied_writes_and_the_denial_is_audited(engine):
    caller = CallerIdentity(engine.services.account, "eve", read_only=True)
    fault = await failing(engine, "PutParameter", {"Name": "a", "Value": "b", "Type": "String"}, caller=caller)
    assert fault.code == "AccessDeniedException"
    assert fault.message.startswith(
        f"User: {caller.arn} is not authorized to perform: ssm:PutParameter on resource: arn:"
    )
    assert audit(engine)[0][:3] == ("PutParameter", "Denied", caller.arn)
    assert (await failing(engine, "GetParameter", {"Name": "a"}, caller=caller)).code == "ParameterNotFound"
    # A read that would write by way of another operation is held to the same.
    assert (await failing(engine, "ListDocuments", {}, caller=caller)).code == "AccessDeniedException"


async def test_on_a_full_disk_a_call_that_stores_nothing_is_not_answered_as_if_it_had_failed(engine, caplog):
    store = engine.services.store
    await store.write(
        lambda conn: conn.execute("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")
    )
    big = "x" * 1900
    fault = await failing(engine, "DeleteParameter", {"Name": big})
    assert fault.message.startswith("DeleteParameter failed inside")
    denied = CallerIdentity(engine.services.account, "guest", read_only=True)
    fault = await failing(engine, "PutParameter", {"Name": big, "Value": "v", "Type": "String"}, caller=denied)
    assert fault.code == "AccessDeniedException"
    assert "not in the audit: DeleteParameter" in caplog.text


async def test_text_that_is_not_unicode_can_be_audited(engine):
    await failing(engine, "DeleteParameter", {"Name": "caf\udce9"})
    assert [row[0] for row in audit(engine)] == ["DeleteParameter"]


async def test_domains_call_each_other_as_the_same_caller(engine):
    with pytest.raises(ApiFault):  # the list itself is missing from the answer's point of view: nothing is required
        await engine.call("GetParameter", {"Name": "inner"})
    caller = CallerIdentity(engine.services.account, "eve")
    await engine.call("ListDocuments", {}, caller=caller)
    assert (await engine.call("GetParameter", {"Name": "inner"}))["Parameter"]["Value"] == "eve"
    assert audit(engine)[0][2] == caller.arn


async def test_a_watch_yields_ends_and_fails_as_its_generator_does(engine):
    assert [event["Number"] async for event in engine.watch("count", {"to": 3})] == [0, 1, 2]
    with pytest.raises(ApiFault, match="InvalidCommandId"):
        async for _ in engine.watch("count", {"to": 0, "fail": True}):
            pass


async def test_a_kind_without_a_generator_is_served_by_the_bus(engine):
    events = engine.watch("nodes", {})
    first = anext(events)
    import asyncio

    waiting = asyncio.ensure_future(first)
    await asyncio.sleep(0)
    engine.services.bus.publish("nodes", {"type": "node", "InstanceId": "mi-1"})
    assert (await waiting)["InstanceId"] == "mi-1"
    await events.aclose()
    assert not engine.services.bus.has_subscribers("nodes")


async def test_the_hooks_run_once_each_and_liveness_is_asked(engine):
    assert engine.services.settings["seen"] == ["start"]
    assert engine.live() == []
    engine.services.settings["alive"].append("shell 1")
    assert engine.live() == ["shell 1"]
    await engine.aclose()
    assert engine.services.settings["seen"] == ["start", "stop"]


async def test_the_account_is_12_digits_made_once(tmp_path):
    accounts = set()
    for _ in range(2):
        engine = await Engine.open(StatePaths(tmp_path), domains=SAMPLE)
        accounts.add(engine.services.account)
        await engine.aclose()
    (account,) = accounts
    assert len(account) == 12
    assert account.isdigit()


async def test_the_coverage_names_every_operation_of_the_model(engine):
    covered = engine.coverage()
    assert covered.keys() == load_models()[SSM].operations.keys()
    assert covered["GetParameter"]
    assert not covered["StartAccessRequest"]


def test_every_operation_of_ours_has_a_handler():
    handled = find_marks("tui.engine.domains").handlers
    assert {name for service, name in handled if service == OWN} == load_models()[OWN].operations.keys()
