"""The services on AWS, where our own operations don't exist: names, tags, outputs, and what was sent and lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.fake_aws import EXPIRED, THROTTLED, Call, FakeAws, Fault, Raw, denied, fake_aws, nodes, paged
from tests.unit.test_aws_transport import QuickClock, session
from tui.errors import AccessDenied, CredentialsExpired, NotOnAws, OutcomeUnknown, SsmTuiError
from tui.ports import Shape
from tui.services.commands import (
    Command,
    CommandChanged,
    CommandRequest,
    Commands,
    CommandStatus,
    Dropped,
    InvocationChanged,
)
from tui.services.documents import Documents
from tui.services.engine import Engine
from tui.services.nodes import Node, Nodes
from tui.services.sessions import Sessions
from tui.services.tags import Tags
from tui.transport.aws import AwsTransport
from tui.transport.wrappers import Recorded

NODE = "mi-0123456789abcdef0"
ID = "11111111-2222-4333-8444-555555555555"
REQUEST = CommandRequest(document="AWS-RunShellScript", parameters={"commands": ["uptime"]}, instance_ids=[NODE])


@pytest.fixture
async def aws() -> AsyncIterator[FakeAws]:
    async with fake_aws() as fake:
        yield fake


@pytest.fixture
async def transport(aws: FakeAws) -> AsyncIterator[AwsTransport]:
    made = await AwsTransport.open(session=session(), endpoint_url=aws.url, context="prod", clock=QuickClock())
    yield made
    await made.aclose()


def instances(tags: dict[str, dict[str, str]]) -> Any:
    """Answer ec2:DescribeInstances as AWS does."""

    def handle(call: Call) -> str:
        asked = {value for name, value in call.params.items() if name.startswith("Filter.1.Value")}
        items = "".join(
            f"<item><instancesSet><item><instanceId>{id}</instanceId><tagSet>"
            + "".join(f"<item><key>{key}</key><value>{value}</value></item>" for key, value in tags[id].items())
            + "</tagSet></item></instancesSet></item>"
            for id in sorted(asked & set(tags))
        )
        return (
            '<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
            f"<reservationSet>{items}</reservationSet></DescribeInstancesResponse>"
        )

    return handle


def resources(tags: dict[str, dict[str, str]], at_once: int = 30) -> Any:
    """Answer tag:GetResources as AWS does, in pages with its own word for their token."""

    def handle(call: Call) -> Shape:
        start = int(call.params.get("PaginationToken") or 0)
        arns = call.params["ResourceARNList"]
        assert len(arns) <= 100
        listed = [
            {
                "ResourceARN": arn,
                "Tags": [{"Key": key, "Value": value} for key, value in tags[arn.rpartition("/")[2]].items()],
            }
            for arn in arns
            if arn.rpartition("/")[2] in tags
        ]
        more = start + at_once < len(listed)
        return {
            "ResourceTagMappingList": listed[start : start + at_once],
            "PaginationToken": str(start + at_once) if more else "",
        }

    return handle


def fleet(aws: FakeAws, managed: int = 120, ec2: int = 60) -> list[Shape]:
    """Have a fleet of both kinds, each node with a Name."""
    listed = nodes(managed) + nodes(ec2, prefix="i-")
    names = {one["InstanceId"]: {"Name": f"name of {one['ComputerName']}", "env": "prod"} for one in listed}
    aws.answers["DescribeInstanceInformation"] = paged(listed, "InstanceInformationList")
    aws.answers["DescribeInstances"] = instances({id: one for id, one in names.items() if id.startswith("i-")})
    aws.answers["GetResources"] = resources({id: one for id, one in names.items() if id.startswith("mi-")})
    return listed


async def test_every_page_of_nodes_comes_with_the_names_and_tags_of_both_kinds(
    aws: FakeAws, transport: AwsTransport
) -> None:
    listed = fleet(aws)
    found = await Nodes(transport).all()
    assert {node.id for node in found} == {one["InstanceId"] for one in listed}
    assert all(node.name == f"name of {node.computer_name}" and node.tags["env"] == "prod" for node in found)
    # In bulk: never a call for a single node.
    assert len(aws.operations(service="ec2")) == 2
    assert len(aws.operations(service="resourcegroupstaggingapi")) <= 6


async def test_the_first_page_of_nodes_does_not_wait_for_its_tags(aws: FakeAws, transport: AwsTransport) -> None:
    fleet(aws, 50, 0)
    pages = [page async for page in Nodes(transport).list()]
    assert [len(page) for page in pages] == [50, 50]
    assert pages[0][0].name == "host-00000"
    assert pages[1][0].name == "name of host-00000"


async def test_several_screens_that_want_the_whole_fleet_fetch_it_once(aws: FakeAws, transport: AwsTransport) -> None:
    fleet(aws)
    service = Nodes(transport)

    async def listed() -> list[Node]:
        return [node async for page in service.list() for node in page]

    _, first, second = await asyncio.gather(listed(), service.all(), service.all())
    assert len(first) == len(second) == 180
    assert len(await service.all()) == 180
    assert aws.operations().count("DescribeInstanceInformation") == 4
    # A question of its own is asked, and who only began to list leaves nobody waiting.
    await service.all([{"Key": "PingStatus", "Values": ["Online"]}])
    async for _ in service.list():
        break
    assert len(await service.all()) == 180


async def test_tags_that_are_denied_leave_the_nodes_and_name_what_is_missing_once(
    aws: FakeAws, transport: AwsTransport
) -> None:
    fleet(aws)
    aws.first = lambda call: None if call.service in ("ssm", "sts") else denied(call)
    service = Nodes(transport)
    assert len(await service.all()) == 180
    assert service.missing == ["ec2:DescribeInstances", "tag:GetResources"]
    asked = len(aws.operations(service="ec2"))
    async for _ in service.list():
        pass
    assert len(aws.operations(service="ec2")) == asked


async def test_a_page_of_nodes_that_fails_in_the_middle_keeps_those_before(
    aws: FakeAws, transport: AwsTransport
) -> None:
    fleet(aws)
    aws.first = lambda call: (
        Fault("InternalServerError", "ouch", 500) if call.params.get("NextToken") == "100" else None
    )
    seen: set[str] = set()
    with pytest.raises(SsmTuiError, match="InternalServerError"):
        async for page in Nodes(transport).list():
            seen |= {node.id for node in page}
    assert len(seen) == 100


async def test_throttling_on_every_second_call_loses_no_page(aws: FakeAws, transport: AwsTransport) -> None:
    fleet(aws)
    aws.first = lambda call: THROTTLED if call.service == "ssm" and len(aws.operations()) % 2 else None
    assert len(await Nodes(transport).all()) == 180
    assert transport.throttles >= 4


async def test_credentials_that_expire_between_pages_are_read_again_after_the_login(
    aws: FakeAws, tmp_path: Path
) -> None:
    config, keys = tmp_path / "config", tmp_path / "credentials"
    config.write_text("[profile oncall]\nregion = eu-west-1\n")

    def log_in(key: str) -> None:
        keys.write_text(f"[oncall]\naws_access_key_id = {key}\naws_secret_access_key = s\naws_session_token = t\n")

    log_in("AKIAOLD")
    transport = await AwsTransport.open(
        "oncall", endpoint_url=aws.url, config_file=config, credentials_file=keys, context="prod"
    )
    fleet(aws)
    aws.first = lambda call: EXPIRED if call.key == "AKIAOLD" and call.params.get("NextToken") else None
    seen: set[str] = set()
    with pytest.raises(CredentialsExpired) as caught:
        async for page in Nodes(transport).list():
            seen |= {node.id for node in page}
    assert len(seen) == 50
    assert "profile oncall" in caught.value.message
    log_in("AKIANEW")
    assert len(await Nodes(transport).all()) == 180
    await transport.aclose()


async def test_where_every_call_is_denied_each_service_names_the_action(aws: FakeAws, transport: AwsTransport) -> None:
    aws.first = lambda call: None if call.service == "sts" else denied(call)

    async def drained(pages: AsyncIterator[Any]) -> None:
        async for _ in pages:
            pass

    asked = {
        "ssm:DescribeInstanceInformation": lambda: Nodes(transport).get(NODE),
        "ssm:ListCommands": lambda: drained(Commands(transport).list()),
        "ssm:ListCommandInvocations": lambda: drained(Commands(transport).invocations(ID)),
        "ssm:GetCommandInvocation": lambda: Commands(transport).output(ID, NODE, "stdout"),
        "ssm:SendCommand": lambda: Commands(transport).send(REQUEST),
        "ssm:CancelCommand": lambda: Commands(transport).cancel(ID),
        "ssm:ListDocuments": lambda: drained(Documents(transport).list()),
        "ssm:DescribeDocument": lambda: Documents(transport).describe("AWS-RunShellScript"),
        "ssm:DescribeSessions": lambda: Sessions(transport).live_and_past(),
        "ssm:TerminateSession": lambda: Sessions(transport).terminate("s-1"),
        "ssm:AddTagsToResource": lambda: Tags(transport).add(NODE, {"env": "prod"}),
        "ssm:ListTagsForResource": lambda: Tags(transport).list(NODE),
        "ec2:CreateTags": lambda: Tags(transport).add("i-0123456789abcdef0", {"env": "prod"}),
        "ec2:DeleteTags": lambda: Tags(transport).remove("i-0123456789abcdef0", ["env"]),
        "ec2:DescribeTags": lambda: Tags(transport).list("i-0123456789abcdef0"),
    }
    for action, ask in asked.items():
        with pytest.raises(AccessDenied) as caught:
            await ask()
        assert caught.value.action == action


async def test_what_only_our_engine_knows_says_why_it_is_not_there(transport: AwsTransport, aws: FakeAws) -> None:
    service = Nodes(transport)
    for ask in (
        lambda: service.details(NODE),
        lambda: service.samples(NODE),
        lambda: service.processes(NODE),
        lambda: service.set_become(NODE, "sudo"),
        lambda: Engine(transport).describe(),
        lambda: Commands(transport).effective_user(ID, NODE),
        lambda: Sessions(transport).start(NODE),
        lambda: Sessions(transport).details("s-1"),
    ):
        with pytest.raises(NotOnAws) as caught:
            await ask()
        assert caught.value.message.endswith(".")
    assert service.lacks("ListProcesses")
    assert not service.lacks("DescribeInstanceInformation")
    assert aws.calls == []


# commands


class Run:
    """A command on AWS as its lists and answers show it, moved on by the test."""

    def __init__(self, aws: FakeAws, *ids: str, stdout: str = "up 3 days\n", url: str = "") -> None:
        self.status, self.stdout, self.url = dict.fromkeys(ids, "InProgress"), stdout, url
        self.plugins = ["aws:runShellScript"]
        aws.answers |= {
            "ListCommands": lambda call: {"Commands": [self.command()]},
            "ListCommandInvocations": self.listed,
            "GetCommandInvocation": self.invocation,
        }

    def end(self, status: str = "Success") -> None:
        self.status = dict.fromkeys(self.status, status)

    def command(self) -> Shape:
        over = all(status != "InProgress" for status in self.status.values())
        worst = "Failed" if "Failed" in self.status.values() else "Success"
        done = sum(status != "InProgress" for status in self.status.values())
        return {
            "CommandId": ID,
            "DocumentName": "AWS-RunShellScript",
            "Parameters": {"commands": ["uptime"], "executionTimeout": ["3600"]},
            "InstanceIds": [*self.status],
            "Status": worst if over else "InProgress",
            "StatusDetails": worst if over else "InProgress",
            "TargetCount": len(self.status),
            "CompletedCount": done,
            "RequestedDateTime": 1_795_000_000.0,
        }

    def listed(self, call: Call) -> Shape:
        wanted = [node for node in self.status if call.params.get("InstanceId") in (None, node)]
        plugins = [
            {"Name": name, "Status": "Success", "StatusDetails": "Success", "ResponseCode": 0} for name in self.plugins
        ]
        return {
            "CommandInvocations": [
                {
                    "CommandId": ID,
                    "InstanceId": node,
                    "DocumentName": "AWS-RunShellScript",
                    "Status": self.status[node],
                    "StatusDetails": self.status[node],
                    "CommandPlugins": plugins if call.params.get("Details") else [],
                }
                for node in wanted
            ]
        }

    def invocation(self, call: Call) -> Any:
        node, plugin = call.params["InstanceId"], call.params.get("PluginName")
        if not plugin and len(self.plugins) > 1:
            return Fault("InvalidPluginName")
        over = self.status[node] != "InProgress"
        text = self.stdout if not plugin or len(self.plugins) == 1 else f"{plugin} {self.stdout}"
        return {
            "CommandId": ID,
            "InstanceId": node,
            "Status": self.status[node],
            "StatusDetails": self.status[node],
            "ResponseCode": 0 if over else -1,
            "StandardOutputContent": text if over else "",
            "StandardOutputUrl": self.url,
            "StandardErrorContent": "",
        }


async def test_a_watch_on_aws_tells_of_each_state_once_and_that_there_is_output_before_the_last(
    aws: FakeAws, transport: AwsTransport
) -> None:
    run = Run(aws, "mi-1", "mi-2")
    events: list[Any] = []
    async for event in Commands(transport).watch(ID):
        events.append(event)
        if len(events) == 3:
            run.end()
    kinds = [type(event).__name__ for event in events]
    assert kinds[:3] == ["CommandChanged", "InvocationChanged", "InvocationChanged"]
    assert kinds[3:] == ["Dropped", "Dropped", "InvocationChanged"] * 2 + ["CommandChanged"]
    assert isinstance(events[-1], CommandChanged)
    assert events[-1].command.status is CommandStatus.SUCCESS
    assert all(event.bytes == 0 for event in events if isinstance(event, Dropped))
    assert {event.invocation.node_id for event in events if isinstance(event, InvocationChanged)} == {"mi-1", "mi-2"}


async def test_a_command_that_aws_does_not_list_yet_is_waited_for(aws: FakeAws, transport: AwsTransport) -> None:
    run = Run(aws, "mi-1")
    run.end()
    looks = []

    def late(call: Call) -> Any:
        looks.append(call)
        return {"Commands": []} if len(looks) < 3 else {"Commands": [run.command()]}

    aws.answers["ListCommands"] = late
    assert (await Commands(transport).follow(ID)).status is CommandStatus.SUCCESS


async def test_an_output_that_aws_cut_says_so_and_where_the_whole_is(aws: FakeAws, transport: AwsTransport) -> None:
    url = "https://s3.eu-west-1.amazonaws.com/logs/c/mi-1/awsrunShellScript/0.awsrunShellScript/stdout"
    text = "x" * (24_000 - 20) + "\n--output truncated--"
    run = Run(aws, "mi-1", stdout=text, url=url)
    run.end()
    part = await Commands(transport).output(ID, "mi-1", "stdout")
    assert part.data == text.encode()
    assert "Truncated by AWS" in part.cut
    assert url in part.cut
    assert (await Commands(transport).output(ID, "mi-1", "stderr")).cut == ""


async def test_both_streams_and_the_result_of_a_node_are_one_call(aws: FakeAws, transport: AwsTransport) -> None:
    Run(aws, "mi-1").end()
    commands = Commands(transport)
    for stream in ("stdout", "stderr"):
        await commands.output(ID, "mi-1", stream)
    assert (await commands.output(ID, "mi-1", "stdout", -5)).data == b"days\n"
    assert aws.operations().count("GetCommandInvocation") == 1


async def test_the_output_of_several_steps_is_read_step_by_step(aws: FakeAws, transport: AwsTransport) -> None:
    run = Run(aws, "mi-1", stdout="done\n")
    run.plugins = ["prepare", "restart"]
    run.end()
    commands = Commands(transport)
    assert (await commands.output(ID, "mi-1", "stdout")).data == b"prepare done\nrestart done\n"
    details = await commands.run_details(ID, "mi-1")
    assert [(step.name, step.exit_code, step.stdout_bytes) for step in details.steps] == [
        ("prepare", 0, 13),
        ("restart", 0, 13),
    ]


async def test_an_invocation_that_is_not_there_yet_has_no_output_yet(aws: FakeAws, transport: AwsTransport) -> None:
    aws.answers["GetCommandInvocation"] = Fault("InvocationDoesNotExist")
    part = await Commands(transport).output(ID, "mi-1", "stdout")
    assert (part.data, part.final) == (b"", False)


def lost_once(aws: FakeAws, listed: list[Shape]) -> None:
    """Lose the answer of SendCommand, and list these commands."""
    aws.answers["SendCommand"] = Raw(b"gone", 504, "text/plain")
    aws.answers["ListCommands"] = {"Commands": listed}


def sent(**more: Any) -> Shape:
    return {
        "CommandId": ID,
        "DocumentName": "AWS-RunShellScript",
        "Parameters": {"commands": ["uptime"], "workingDirectory": [""]},
        "InstanceIds": [NODE],
        "Status": "Pending",
        "RequestedDateTime": 1_795_000_001.0,
        **more,
    }


async def send(transport: AwsTransport) -> Command:
    commands = Commands(transport)
    commands.clock = QuickClock()
    return await commands.send(REQUEST)


async def test_a_command_whose_answer_was_lost_is_found_and_not_sent_twice(
    aws: FakeAws, transport: AwsTransport
) -> None:
    lost_once(aws, [sent(CommandId="0" * 36, Comment="another", Parameters={"commands": ["reboot"]}), sent()])
    assert (await send(transport)).id == ID
    assert aws.operations().count("SendCommand") == 1


@pytest.mark.parametrize(
    "listed",
    [
        [],
        [sent(), sent(CommandId="0" * 36)],
        [sent(RequestedDateTime=1_794_990_000.0)],
        [sent(InstanceIds=["mi-00000000000000000"])],
        [sent(Targets=[{"Key": "tag:env", "Values": ["prod"]}])],
    ],
)
async def test_a_lost_command_that_is_not_found_for_certain_is_said_to_be_unknown(
    aws: FakeAws, transport: AwsTransport, listed: list[Shape]
) -> None:
    lost_once(aws, listed)
    with pytest.raises(OutcomeUnknown, match="looked for"):
        await send(transport)
    assert aws.operations().count("SendCommand") == 1


def test_names_come_from_the_name_tag() -> None:
    node = Node.from_api({**nodes(1)[0], "Tags": [{"Key": "Name", "Value": "web-1"}]}, "prod")
    assert (node.name, node.computer_name) == ("web-1", "host-00000")


async def test_several_who_watch_one_command_are_one_poller_and_it_keeps_to_its_budget(
    aws: FakeAws, transport: AwsTransport
) -> None:
    run = Run(aws, "mi-1")
    clock = transport._clock
    assert isinstance(clock, QuickClock)
    commands = Commands(transport)

    aws.first = lambda call: run.end() if len(aws.calls) > 30 else None
    begun = clock.monotonic()
    lasts = await asyncio.gather(*(commands.follow(ID) for _ in range(5)))
    assert {last.status for last in lasts} == {CommandStatus.SUCCESS}
    assert len(aws.operations()) <= 4 * (clock.monotonic() - begun) + 8


async def test_a_retry_stands_in_the_record_of_calls(aws: FakeAws, transport: AwsTransport) -> None:
    aws.answers["ListCommands"] = {"Commands": []}
    aws.first = lambda call: THROTTLED if len(aws.calls) == 1 else None
    recorded = Recorded(transport, clock=QuickClock())
    await recorded.call("ListCommands")
    assert [call.ok for call in recorded.calls] == [False, True]
    assert "ThrottlingException, sent again in" in recorded.calls[0].outcome
