"""Services read pages, name what they read, and share their polls."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from tests.unit.test_wrappers import Hand
from tui.errors import ApiError, NotImplementedByEngine, Throttled, Unreachable, UsageError
from tui.ports import Ref
from tui.services import Services
from tui.services.commands import (
    Command,
    CommandChanged,
    CommandRequest,
    Commands,
    CommandStatus,
    Dropped,
    InvocationChanged,
    InvocationResult,
    Output,
    as_duration,
    in_batches,
)
from tui.services.engine import Engine, EngineInfo
from tui.services.feeds import Feeds, growing
from tui.services.nodes import Node, NodeChanged, Nodes, NodeSampled, PingStatus
from tui.services.sessions import Session, Sessions, SessionStatus
from tui.services.tags import Tags


class Scripted:
    """A transport whose answers are given as functions of the request, and which remembers the requests."""

    def __init__(self, context="local", **answers):
        self.context = context
        self.answers = answers
        self.asked = []
        self.events = {}

    async def call(self, operation, params=None, *, service="ssm"):
        self.asked.append((operation, dict(params or {})))
        answer = self.answers[operation]
        if callable(answer):
            answer = answer(dict(params or {}))
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def watch(self, kind, params=None):
        for event in self.events[kind]:
            yield event

    async def aclose(self):
        self.asked.append(("aclose", {}))


def info(id, **more):
    return {"InstanceId": id, "PingStatus": "Online", "ComputerName": f"host-{id}", **more}


async def collect(pages):
    return [page async for page in pages]


async def test_an_empty_page_with_a_token_is_not_the_end_of_the_nodes():
    pages = {
        None: {"InstanceInformationList": [], "NextToken": "a"},
        "a": {"InstanceInformationList": [info("mi-1")], "NextToken": "b"},
        "b": {"InstanceInformationList": [info("mi-2")]},
    }
    tags = {"Nodes": [{"InstanceId": "mi-2", "Tags": [{"Key": "Name", "Value": "web [red]"}]}]}
    transport = Scripted(DescribeInstanceInformation=lambda request: pages[request.get("NextToken")], ListNodeTags=tags)
    found = await collect(Nodes(transport).list())
    assert [[node.name for node in page] for page in found] == [["host-mi-1"], ["web [red]"]]
    assert found[1][0].ref == Ref("local", "mi-2")
    assert found[1][0].tags == {"Name": "web [red]"}


async def test_a_list_of_nothing_is_one_empty_page():
    transport = Scripted(DescribeInstanceInformation={"InstanceInformationList": []})
    assert await collect(Nodes(transport).list()) == [[]]


async def test_nodes_are_listed_where_the_api_has_no_tags_of_many_nodes():
    transport = Scripted(
        DescribeInstanceInformation={"InstanceInformationList": [info("mi-1")]},
        ListNodeTags=NotImplementedByEngine("NotImplemented", ""),
    )
    nodes = Nodes(transport)
    assert [node.name for node in await nodes.all()] == ["host-mi-1"]
    await nodes.all()
    assert [operation for operation, _ in transport.asked].count("ListNodeTags") == 1


async def test_a_node_that_is_not_there_is_named_in_the_error():
    transport = Scripted(DescribeInstanceInformation={"InstanceInformationList": []})
    with pytest.raises(ApiError, match="mi-9"):
        await Nodes(transport).get("mi-9")


def test_a_word_that_aws_adds_tomorrow_is_unknown_and_times_know_their_zone():
    node = Node.from_api(info("mi-1", PingStatus="Dreaming", LastPingDateTime=0.0), "local")
    assert node.ping is PingStatus.UNKNOWN
    assert node.last_ping == datetime(1970, 1, 1, tzinfo=UTC)
    command = Command.from_api({"CommandId": "c", "Status": "Pondering", "RequestedDateTime": 1.5}, "local")
    assert command.status is CommandStatus.UNKNOWN and not command.status.over
    assert command.requested.tzinfo is not None
    assert Session.from_api({"SessionId": "s", "Status": "Zzz"}, "local").status is SessionStatus.UNKNOWN


def test_no_exit_code_is_told_from_exit_code_zero():
    result = InvocationResult.from_api(
        {"CommandId": "c", "InstanceId": "mi-1", "Status": "Pending", "ResponseCode": -1, "ExecutionStartDateTime": ""},
        "local",
    )
    assert result.exit_code is None and result.started is None
    done = InvocationResult.from_api(
        {"CommandId": "c", "InstanceId": "mi-1", "ResponseCode": 0, "ExecutionElapsedTime": "PT1M0.5S"}, "local"
    )
    assert done.exit_code == 0 and done.elapsed == timedelta(seconds=60.5)


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT0.091S", 0.091), ("PT2H3M", 7380), ("P1DT1S", 86401), ("", None), ("soon", None)]
)
def test_durations_are_read_as_iso_8601(text, seconds):
    assert as_duration(text) == (None if seconds is None else timedelta(seconds=seconds))


async def test_a_watch_gives_typed_events_with_bytes_that_are_not_utf_8():
    transport = Scripted()
    transport.events["command"] = [
        {"type": "command", "Command": {"CommandId": "c", "Status": "InProgress"}},
        {"type": "invocation", "Invocation": {"CommandId": "c", "InstanceId": "mi-1", "Status": "InProgress"}},
        {
            "type": "output",
            "InstanceId": "mi-1",
            "PluginName": "p",
            "Stream": "stderr",
            "Offset": 7,
            "Data": base64.b64encode(b"\xff\xfe").decode(),
        },
        {"type": "dropped", "InstanceId": "mi-1", "Stream": "stdout", "Bytes": 9},
        {"type": "of tomorrow"},
        {"type": "command", "Command": {"CommandId": "c", "Status": "Success"}},
    ]
    commands = Commands(transport)
    events = [event async for event in commands.watch("c")]
    assert [type(event) for event in events] == [CommandChanged, InvocationChanged, Output, Dropped, CommandChanged]
    assert events[2].data == b"\xff\xfe" and events[2].offset == 7 and events[2].stream == "stderr"
    assert events[3].bytes == 9
    assert (await commands.follow("c")).status is CommandStatus.SUCCESS


async def test_the_whole_output_is_read_in_parts_until_its_size():
    whole = bytes(range(256)) * 3000

    def part(request):
        data = whole[request["Offset"] : request["Offset"] + request["Length"]]
        return {
            "Data": base64.b64encode(data).decode(),
            "Offset": request["Offset"],
            "Size": len(whole),
            "Final": True,
        }

    transport = Scripted(GetOutput=part)
    parts = await collect(Commands(transport).whole_output("c", "mi-1", "stdout"))
    assert b"".join(parts) == whole and len(parts) == 3


async def test_the_blast_radius_is_and_between_targets_and_asks_for_tags_apart_from_ids():
    def answer(request):
        filters = {item["Key"]: item["Values"] for item in request["Filters"]}
        if "InstanceIds" in filters:
            assert list(filters) == ["InstanceIds"]
            return {"InstanceInformationList": [info(id) for id in filters["InstanceIds"]]}
        return {"InstanceInformationList": [info("mi-2"), info("mi-3")]}

    transport = Scripted(DescribeInstanceInformation=answer, ListNodeTags={"Nodes": []})
    found = await Commands(transport).resolve(
        [{"Key": "InstanceIds", "Values": ["mi-1", "mi-2"]}, {"Key": "tag:env", "Values": ["prod"]}]
    )
    assert [node.id for node in found] == ["mi-2"]
    assert await Commands(transport).resolve([]) == []


async def test_a_command_sends_only_what_was_asked_for():
    transport = Scripted(SendCommand={"Command": {"CommandId": "c", "Status": "Pending"}})
    commands = Commands(transport)
    shell = {"document": "AWS-RunShellScript", "parameters": {"commands": ("id",)}}
    await commands.send(CommandRequest(**shell, instance_ids=["mi-1"], timeout=30))
    assert transport.asked[-1] == (
        "SendCommand",
        {
            "DocumentName": "AWS-RunShellScript",
            "InstanceIds": ["mi-1"],
            "Parameters": {"commands": ["id"]},
            "TimeoutSeconds": 30,
        },
    )
    ids = [f"mi-{number}" for number in range(120)]
    with pytest.raises(UsageError, match="120"):
        await commands.send(CommandRequest(document="D", instance_ids=ids))
    assert [len(batch) for batch in in_batches(ids)] == [50, 50, 20]


async def test_sessions_start_a_shell_or_one_command_and_are_found_live_or_past():
    def described(request):
        ended = {"SessionId": "s-1", "Target": "mi-1", "Status": "Terminated"}
        return {"Sessions": [ended] if request["State"] == "History" else []}

    transport = Scripted(StartSession={"SessionId": "s-1"}, DescribeSessions=described)
    sessions = Sessions(transport)
    assert (await sessions.start("mi-1")).ref == Ref("local", "s-1")
    assert transport.asked[-1] == ("StartSession", {"Target": "mi-1"})
    await sessions.start("mi-1", "top")
    assert transport.asked[-1][1]["Parameters"] == {"command": ["top"]}
    assert (await sessions.get("s-1")).status.over
    with pytest.raises(ApiError, match="s-2"):
        await sessions.get("s-2")


async def test_watches_of_nodes_say_what_changed():
    transport = Scripted()
    transport.events["nodes"] = [
        {"type": "node", "InstanceId": "mi-1", "PingStatus": "ConnectionLost"},
        {"type": "node", "InstanceId": "mi-1"},
        {"type": "metrics", "InstanceId": "mi-1", "At": 1.0, "CpuPercent": 12.5},
    ]
    lost, tagged, sampled = [event async for event in Nodes(transport).watch()]
    assert lost == NodeChanged(ref=Ref("local", "mi-1"), ping=PingStatus.CONNECTION_LOST)
    assert tagged.ping is None
    assert isinstance(sampled, NodeSampled) and sampled.sample.cpu == 12.5


async def test_tags_and_the_engine_speak_in_plain_values():
    transport = Scripted(
        ListTagsForResource={"TagList": [{"Key": "env", "Value": "prod"}]},
        AddTagsToResource={},
        RemoveTagsFromResource={},
        DescribeEngine={"Version": "1", "Pid": 7, "StartedAt": 0, "Live": ["a shell"], "DiskUsage": [{"Name": "runs"}]},
    )
    assert await Tags(transport).list("mi-1") == {"env": "prod"}
    await Tags(transport).add("mi-1", {"a": "b"})
    assert transport.asked[-1][1]["Tags"] == [{"Key": "a", "Value": "b"}]
    await Tags(transport).remove("mi-1", ["a"])
    engine: EngineInfo = await Engine(transport).describe()
    assert engine.live == ("a shell",) and engine.disk == (("runs", 0),)


async def test_services_are_made_once_per_context():
    here, there = Scripted("here"), Scripted("there")
    services = Services([here, there])
    assert services.of(Nodes) is services.of(Nodes, "here")
    assert services.of(Nodes, "there").context == "there"
    assert [nodes.context for nodes in services.each(Nodes)] == ["here", "there"]
    await services.aclose()
    assert here.asked == there.asked == [("aclose", {})]


class Stepped:
    """A clock on which time passes only when the test says so."""

    def __init__(self):
        self.time = 0.0
        self.sleepers = []
        self.slept = asyncio.Event()

    def now(self):
        return self.time

    def monotonic(self):
        return self.time

    async def sleep(self, seconds):
        woken = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.time + seconds, woken))
        self.slept.set()
        await woken

    async def pass_by(self, seconds):
        self.time += seconds
        for due, woken in list(self.sleepers):
            if due <= self.time and not woken.done():
                woken.set_result(None)
        await settle()


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
async def feeds():
    made = Feeds(Stepped())
    yield made
    await made.aclose()


async def test_two_who_look_at_one_thing_are_one_poll(feeds):
    asked = []

    async def fetch():
        asked.append(1)
        return len(asked)

    seen = []
    feed = feeds.feed("local", "ListCommands", {"a": 1}, fetch, every=5)
    assert feeds.feed("local", "ListCommands", {"a": 1}, fetch, every=5) is feed
    assert feeds.feed("other", "ListCommands", {"a": 1}, fetch, every=5) is not feed
    first = feed.look(lambda feed: seen.append(feed.value))
    second = feed.look(lambda feed: seen.append(feed.value))
    await settle()
    assert len(asked) == 1 and set(seen) == {1}
    await feeds._clock.pass_by(5)
    assert len(asked) == 2 and feed.age == 0
    await feeds._clock.pass_by(3)
    assert feed.age == 3 and feeds.oldest == 3
    first.close()
    second.close()
    await feeds._clock.pass_by(60)
    assert len(asked) == 2


async def test_a_hidden_screen_does_not_poll_and_looks_again_when_it_is_shown(feeds):
    asked = []

    async def fetch():
        asked.append(1)
        return len(asked)

    feed = feeds.feed("local", "X", None, fetch, every=5)
    looker = feed.look(lambda feed: None, visible=False)
    await settle()
    assert asked == []
    looker.visible = True
    await settle()
    assert len(asked) == 1
    looker.visible = False
    await feeds._clock.pass_by(100)
    assert len(asked) == 1
    looker.visible = True
    await settle()
    assert len(asked) == 2


async def test_a_throttled_feed_backs_off_and_keeps_what_it_knew(feeds):
    answers = [1, Throttled("ThrottlingException", "slow down"), Throttled("ThrottlingException", "slow down"), 4]

    async def fetch():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    feed = feeds.feed("local", "X", None, fetch, every=5)
    feed.look(lambda feed: None)
    await settle()
    await feeds._clock.pass_by(5)
    assert feed.value == 1 and isinstance(feed.error, Throttled) and feeds.throttled == 1
    assert feed.interval == 10
    feeds.hint("local", "X")
    await feeds._clock.pass_by(9)
    assert len(answers) == 2
    await feeds._clock.pass_by(1)
    assert feed.interval == 20 and len(answers) == 1
    await feeds._clock.pass_by(20)
    assert feed.value == 4 and feed.error is None and feeds.throttled == 0


async def test_an_event_makes_a_feed_look_sooner_and_a_burst_of_them_once(feeds):
    asked = []

    async def fetch():
        asked.append(1)
        return len(asked)

    feed = feeds.feed("local", "X", None, fetch, every=60)
    feed.look(lambda feed: None)
    await settle()
    for _ in range(10):
        feeds.hint("local", "X")
    await feeds._clock.pass_by(0)
    await feeds._clock.pass_by(0.25)
    assert len(asked) == 2


async def test_a_failed_poll_is_said_and_one_lookers_mistake_does_not_stop_the_others(feeds):
    async def fetch():
        raise Unreachable("nobody answers")

    def bad(feed):
        raise RuntimeError("a screen's own mistake")

    seen = []
    feed = feeds.feed("local", "X", None, fetch, every=5)
    feed.look(bad)
    feed.look(lambda feed: seen.append(feed.error))
    await settle()
    assert isinstance(seen[0], Unreachable) and feed.value is None


async def test_pages_reach_lookers_as_they_come(feeds):
    more = asyncio.Event()

    async def fetch():
        yield [1]
        await more.wait()
        yield [1, 2]

    seen = []
    feed = feeds.feed("local", "X", None, fetch, every=5)
    feed.look(lambda feed: seen.append((feed.value, feed.fetching)))
    await settle()
    assert seen == [([1], True)]
    more.set()
    await settle()
    assert seen[-1] == ([1, 2], False)


async def test_each_page_of_a_long_list_drew_all_of_it_anew():
    async def pages():
        for start in range(0, 5000, 50):
            yield [SimpleNamespace(ref=Ref("local", str(number))) for number in range(start, start + 50)]

    fetch = growing(pages, Hand())
    shown = [len(value) async for value in fetch()]
    assert shown == [50, 100, 200, 400, 800, 1600, 3200, 5000]
    assert [len(value) async for value in fetch()] == [5000]


async def test_a_slow_list_shows_what_has_come_after_a_second():
    clock = Hand()

    async def pages():
        for number in range(6):
            clock.time += 2.0
            yield [SimpleNamespace(ref=Ref("local", str(number)))]

    assert [len(value) async for value in growing(pages, clock)()] == [1, 2, 3, 4, 5, 6]


async def test_a_node_that_came_again_with_its_tags_stood_twice_in_the_list():
    bare = [Node.from_api(info(id), "local") for id in ("mi-1", "mi-2")]
    named = [Node.from_api(info("mi-1", Tags=[{"Key": "Name", "Value": "web"}]), "local")]

    async def pages():
        yield bare
        yield named

    shown = [[node.name for node in value] async for value in growing(pages, Hand())()]
    assert shown == [["host-mi-1", "host-mi-2"], ["web", "host-mi-2"]]


async def test_the_pages_before_one_that_failed_were_not_shown():
    async def pages():
        for number in range(3):
            yield [Node.from_api(info(f"mi-{number}"), "local")]
        raise Unreachable("gone")

    shown = []
    with pytest.raises(Unreachable):
        async for value in growing(pages, Hand())():
            shown.append(len(value))
    assert shown[-1] == 3


async def test_a_list_that_took_long_is_not_asked_for_all_the_time(feeds):
    asked = []

    async def fetch():
        asked.append(1)
        await feeds._clock.sleep(10)
        return 1

    feed = feeds.feed("local", "X", None, fetch, every=5)
    feed.look(lambda feed: None)
    await settle()
    await feeds._clock.pass_by(10)
    assert feed.interval == 30
    await feeds._clock.pass_by(20)
    assert asked == [1]
