"""The services above Parameter Store against two that have one: our engine as a daemon, and moto behind boto3."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.engine.daemons import state_folder
from tui.ports import Transport
from tui.services.api_calls import command_line
from tui.services.parameter_applying import apply, roll_back
from tui.services.parameter_compare import DifferenceState, compare, promote, subtree, subtree_at
from tui.services.parameter_finding import Search, find
from tui.services.parameter_journal import Journal
from tui.services.parameter_models import ParameterType, PutRequest, Tier
from tui.services.parameter_plans import ChangeKind, Wanted, copy_plan, delete_plan, move_plan, plan_of
from tui.services.parameter_reports import State
from tui.services.parameter_texts import TextFormat, entry_of, read_text, write_text
from tui.services.parameter_uses import ParameterUses
from tui.services.parameters import MANY, Parameters
from tui.transport.aws import AwsTransport
from tui.transport.local import LocalTransport
from tui.transport.wrappers import ReadOnly, Recorded, Wrapper

TEXT = """\
db:
  .: main
  host: db.local
  port: 5432
  password: !secret "p'a$s #1"
hosts: [a, b, c]
motd: |
  Welcome,
    traveller.
"""


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    finally:
        server.stop()


@pytest.fixture(params=["engine", pytest.param("moto", marks=pytest.mark.slow)])
async def transport(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Transport]:
    if request.param == "engine":
        async with state_folder(tmp_path / "state"):
            local = await LocalTransport.connect(tmp_path / "state")
            yield local
            await local.aclose()
        return
    import boto3.session

    session = boto3.session.Session("moto", "moto", region_name="eu-west-1")
    aws = await AwsTransport.open(session=session, endpoint_url=request.getfixturevalue("moto"), context="moto")
    yield aws
    left = [value async for page in Parameters(aws).below("/") for value in page]
    await Parameters(aws).delete([value.name for value in left])
    await aws.aclose()


@pytest.fixture
def parameters(transport: Transport) -> Parameters:
    return Parameters(transport)


async def current(parameters: Parameters, path: str = "/app") -> dict[str, Any]:
    return {value.id: value for value in await subtree(parameters, path, decrypt=True)}


async def written(parameters: Parameters, text: str, under: str = "/app", **how: Any) -> Any:
    """Apply a text in YAML."""
    wanted = [Wanted.of(entry) for entry in read_text(text, TextFormat.YAML, under=under)]
    return await apply(plan_of(await current(parameters, under), wanted, **how), parameters)


async def test_a_subtree_is_imported_exported_edited_and_trimmed_as_text(parameters: Parameters) -> None:
    report = await written(parameters, TEXT)
    assert report.clean and report.words == "6 written"
    there = await current(parameters)
    assert {path: (value.value, value.type) for path, value in there.items()} == {
        "/app/db": ("main", ParameterType.STRING),
        "/app/db/host": ("db.local", ParameterType.STRING),
        "/app/db/password": ("p'a$s #1", ParameterType.SECURE_STRING),
        "/app/db/port": ("5432", ParameterType.STRING),
        "/app/hosts": ("a,b,c", ParameterType.STRING_LIST),
        "/app/motd": ("Welcome,\n  traveller.\n", ParameterType.STRING),
    }
    hidden = [entry_of(value) for value in await subtree(parameters, "/app")]
    for format in TextFormat:
        for entries in ([entry_of(value) for value in there.values()], hidden):
            text = write_text(entries, format, under="/app")
            wanted = [Wanted.of(entry) for entry in read_text(text, format, under="/app", known=there)]
            assert [change.kind for change in plan_of(there, wanted, delete_others=True).changes] == [
                ChangeKind.SAME
            ] * 6
    text = (
        write_text(hidden, TextFormat.YAML, under="/app").replace("db.local", "db2.local").replace("hosts:", "nodes:")
    )
    report = await written(parameters, text, delete_others=True)
    assert report.clean and report.words == "4 same, 2 written, 1 deleted"
    assert {value.id: value.version for value in (await current(parameters)).values()} == {
        "/app/db": 1, "/app/db/host": 2, "/app/db/password": 1, "/app/db/port": 1, "/app/motd": 1, "/app/nodes": 1,
    }  # fmt: skip


async def test_a_move_keeps_what_the_parameters_are(parameters: Parameters, tmp_path: Path) -> None:
    await parameters.put(
        PutRequest(
            name="/app/pass", value="s3cret", type=ParameterType.SECURE_STRING, tier=Tier.ADVANCED,
            description="d", allowed_pattern="[a-z0-9]+", tags={"team": "web"},
        )
    )  # fmt: skip
    about = {"/app/pass": await parameters.get("/app/pass")}
    tags = {"/app/pass": await parameters.tags("/app/pass")}
    plan = move_plan([*(await current(parameters)).values()], "/app", "/new", about=about, tags=tags)
    report = await apply(plan, parameters, journal=Journal(tmp_path / "journals"))
    assert report.clean and not [*(tmp_path / "journals").iterdir()]
    assert await current(parameters) == {}
    moved = await parameters.get("/new/pass")
    assert (moved.tier, moved.description, moved.allowed_pattern, moved.is_secret) == (
        Tier.ADVANCED, "d", "[a-z0-9]+", True,
    )  # fmt: skip
    assert (await parameters.value("/new/pass", decrypt=True)).value == "s3cret"
    assert await parameters.tags("/new/pass") == {"team": "web"}
    again = copy_plan([*(await current(parameters, "/new")).values()], "/new", "/app")
    assert (await apply(again, parameters)).clean
    assert (await apply(delete_plan((await current(parameters, "/new")).values()), parameters)).clean
    assert [*(await current(parameters))] == ["/app/pass"]


async def test_who_writes_meanwhile_is_told_and_can_be_put_back(parameters: Parameters, transport: Transport) -> None:
    await written(parameters, "a: base\nb: base\n")
    plan = plan_of(await current(parameters), [Wanted(name=f"/app/{name}", value="mine") for name in "abc"])
    other = Parameters(transport)
    await other.put(PutRequest(name="/app/a", value="theirs", overwrite=True))
    report = await apply(plan, _Meddled(transport, other))
    assert {one.path: one.state for one in report.outcomes} == {
        "/app/a": State.CONFLICT, "/app/b": State.WRITTEN, "/app/c": State.WRITTEN,
    }  # fmt: skip
    (overtaken,) = report.overtaken
    assert overtaken.theirs is not None and (overtaken.path, overtaken.theirs.value) == ("/app/b", "theirs")
    assert (await roll_back(parameters, overtaken)).clean
    assert (await parameters.value("/app/b")).value == "theirs"


class _Meddled(Parameters):
    """Writes /app/b through another, right before it is put."""

    def __init__(self, transport: Transport, other: Parameters) -> None:
        super().__init__(transport)
        self._other = other

    async def put(self, request: PutRequest) -> Any:
        if request.name == "/app/b":
            await self._other.put(PutRequest(name="/app/b", value="theirs", overwrite=True))
        return await super().put(request)


async def test_two_subtrees_are_compared_promoted_and_looked_at_as_they_were(parameters: Parameters) -> None:
    await written(parameters, "same: x\nother: new\nfresh: y\nsecret: !secret s\n", "/app/staging")
    await written(parameters, "same: x\nother: old\nsecret: !secret t\n", "/app/prod")
    left, right = await subtree(parameters, "/app/staging"), await subtree(parameters, "/app/prod")
    rows = compare(left, right, left_under="/app/staging", right_under="/app/prod")
    assert {row.relative: row.state for row in rows} == {
        "fresh": DifferenceState.ONLY_LEFT, "other": DifferenceState.DIFFERENT,
        "same": DifferenceState.SAME, "secret": DifferenceState.UNKNOWN,
    }  # fmt: skip
    before = datetime.now(UTC)
    wanted = promote(rows, ["fresh", "other"], "/app/prod")
    plan = plan_of(await current(parameters, "/app/prod"), wanted)
    assert (await apply(plan, parameters)).clean
    then = await subtree_at(parameters, "/app/prod", before)
    now = await subtree(parameters, "/app/prod")
    rows = compare(then.values, now, left_under="/app/prod", right_under="/app/prod")
    states = {row.relative: row.state for row in rows}
    assert states["fresh"] is DifferenceState.ONLY_RIGHT and states["other"] is DifferenceState.DIFFERENT


async def test_parameters_are_found_and_who_uses_them(parameters: Parameters, transport: Transport) -> None:
    await written(parameters, "db: {host: needle, pass: !secret needle2}\nweb: {host: x}\n")
    now = datetime.now(UTC)

    async def found(**search: Any) -> list[str]:
        pages = find(parameters, Search(**search), now=now)
        return sorted([one.id async for page in pages for one in page.parameters])

    assert await found(name="host", under="/app") == ["/app/db/host", "/app/web/host"]
    assert await found(value="NEEDLE", under="/app") == ["/app/db/host"]
    assert await found(value="needle", under="/app", secrets=True) == ["/app/db/host", "/app/db/pass"]
    assert await found(types=(ParameterType.SECURE_STRING,), under="/app") == ["/app/db/pass"]
    await parameters.add_tags("/app/web/host", {"team": "web"})
    assert await found(tags={"team": "web"}) == ["/app/web/host"] == await found(tags={"team": None}, value="x")
    assert await found(changed_within=timedelta(hours=1), under="/app/web") == ["/app/web/host"]
    assert await found(unchanged_for=timedelta(hours=1)) == []
    uses = await ParameterUses(transport).of(["/app/db/host"])
    assert uses.found == () and uses.gaps == ()


async def test_all_below_a_path_is_listed_in_lines_by_our_own_operation_and_by_aws_s(
    parameters: Parameters, transport: Transport
) -> None:
    expiry = '[{"Type":"Expiration","Version":"1.0","Attributes":{"Timestamp":"2099-01-01T00:00:00.000Z"}}]'
    await written(parameters, TEXT, "/app/x")
    await parameters.put(PutRequest(name="/app", value="the folder's own", type=ParameterType.STRING))
    await parameters.put(PutRequest(name="root", value="v", type=ParameterType.STRING))
    await parameters.put(
        PutRequest(name="/app/y", value="v", type=ParameterType.STRING, tier=Tier.ADVANCED, policies=expiry)
    )
    recorded = Recorded(ReadOnly(transport))
    reading = Parameters(recorded)
    for path in ("/", "/app", "/app/x/db"):
        filters = [{"Key": "Path", "Option": "Recursive", "Values": [path]}] if path != "/" else []
        wanted = [one.line async for page in parameters.describe(filters) for one in page]
        found = [one async for page in reading.lines(path) for one in page]
        assert sorted(found) == sorted(wanted) and len({*found}) == len(found) > 2
    assert [one async for page in reading.lines("/none") for one in page] == []
    below = {one.ref.id: one async for page in reading.lines("/") for one in page}
    assert {"/app", "/app/x/db", "/app/x/db/host", "/root"} <= below.keys() and below["/root"].name == "root"
    assert (below["/app/x/db/password"].type, below["/app/x/db/password"].expires) == (
        ParameterType.SECURE_STRING,
        None,
    )
    operations = {(call.service, call.operation) for call in recorded.calls}
    if parameters.on_aws:
        assert operations == {("ssm", "DescribeParameters")}
        return
    assert below["/app/y"].expires == datetime(2099, 1, 1, tzinfo=UTC) and below["/app/y"].tier is Tier.ADVANCED
    assert (
        operations == {("ssm-tui", "ListParametersByPath")}
        and [command_line(one) for one in recorded.calls] == [""] * 5
    )
    assert recorded.calls[1].params == {"Path": "/app", "Recursive": True, "MaxResults": MANY}


async def test_lines_are_read_page_after_page(parameters: Parameters, transport: Transport) -> None:
    if parameters.on_aws:
        return
    pages = Parameters(_Small(transport)).lines("/app")
    await written(parameters, TEXT)
    assert [[one.ref.id async for page in pages for one in page]] == [sorted(await current(parameters))]


class _Small(Wrapper):
    """Has the pages of lists be of two."""

    async def call(self, operation: str, params: Any = None, *, service: str = "ssm") -> Any:
        return await super().call(operation, {**params, "MaxResults": 2}, service=service)


TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Image: {Type: "AWS::SSM::Parameter::Value<String>", Default: /app/image}
Resources:
  Copy:
    Type: AWS::SSM::Parameter
    Properties: {Name: /app/copy, Type: String, Value: "{{resolve:ssm:/app/x:1}}"}
"""


@pytest.mark.slow
async def test_stacks_that_use_a_parameter_are_found_through_boto3(moto: str) -> None:
    import boto3.session

    session = boto3.session.Session("moto", "moto", region_name="eu-central-1")
    aws = await AwsTransport.open(session=session, endpoint_url=moto, context="moto")
    try:
        # moto tells a stack's parameter by the value that it led to, where AWS has the name that was given.
        await written(Parameters(aws), "image: /app/image\nx: y\n")
        await aws.call("CreateStack", {"StackName": "web", "TemplateBody": TEMPLATE}, service="cloudformation")
        uses = await ParameterUses(aws).of(["/app/x", "/app/image"])
        assert not uses.gaps
        assert sorted((use.name, use.where, use.path) for use in uses.found) == [
            ("web", "Image", "/app/image"), ("web", "template", "/app/x"),
        ]  # fmt: skip
    finally:
        await aws.aclose()
