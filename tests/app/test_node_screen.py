"""Node in its four states at three sizes, its tabs and keys; and this machine on the real engine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.app._command_fake import ID, command, invocation
from tests.app._session_fake import SessionsFake, session
from tests.app.console import SIZES, at_each_size, console, hit, says, text_of, until
from tests.app.engine_console import engine, engine_console, type_line
from tests.app.fake_transport import NOW, FakeTransport, node
from tui.config import Config
from tui.errors import AccessDenied, ApiError

ONE = node(1)["InstanceId"]


def processes(*names: str) -> dict[str, Any]:
    """Make ListProcesses' answer; the later ones eat more."""
    return {
        "Processes": [
            {
                "Pid": 100 + at,
                "User": "ops",
                "CpuPercent": at * 10.0,
                "MemoryPercent": 1.0,
                "ResidentBytes": 2048,
                "StartedAt": NOW,
                "State": "running",
                "Command": name,
            }
            for at, name in enumerate(names)
        ]
    }


def machine(*sessions: dict[str, Any], tags: dict[str, str] | None = None) -> SessionsFake:
    """Make a node that tells everything of itself."""
    fake = SessionsFake(*sessions, tags={ONE: tags or {}})
    measured = {"MemoryPercent": 80, "DiskPercent": 95, "LoadAverage": 1}
    samples = [
        {"At": NOW + at, "CpuPercent": cpu, "NetworkInBytes": 9000 + at * 2048, "NetworkOutBytes": 0, **measured}
        for at, cpu in enumerate((5, 50, 42.5))
    ]
    details = {
        "InstanceId": ONE,
        "Kernel": "Linux 6.1",
        "Architecture": "x86_64",
        "BootTime": NOW,
        "Cpus": 2,
        "MemoryBytes": 8 << 30,
        "Become": "none",
        "EffectiveUser": "ops",
        "Addresses": ["10.0.0.1", "fd00::1"],
    }
    fake.transport.answers |= {
        "DescribeNodeDetails": details,
        "ListNodeSamples": {"Samples": samples},
        "ListProcesses": processes("idle [red]thing", "busy"),
        "ListCommandInvocations": {"CommandInvocations": [{**invocation(1, "Failed"), "Comment": "hm"}]},
        "ListCommands": {"Commands": [command(1)]},
        "UpdateNode": {},
        "SetBecomePassword": {},
    }
    return fake


@pytest.mark.parametrize("size", SIZES)
async def test_the_summary_tells_what_it_is_and_how_it_fares(size: tuple[int, int], tmp_path: Path) -> None:
    fake = machine(tags={"env": "prod"})
    async with console(fake.transport, tmp_path, words=f"node {ONE}", size=size) as (app, pilot):
        screen = await says(pilot, "42.5 %", "80.0 %", "95.0 %", "2 KiB/s", "2 CPUs, 8 GiB", "10.0.0.1, fd00::1", "▄")
        assert f"web-01 ({ONE})" in screen.splitlines()[1]
        assert "● Online" in screen
        assert "runs as      ops  become: none" in screen
        if size[1] > 30:
            assert "env          prod" in screen
        else:
            await pilot.press("G")
            await says(pilot, "env          prod")
        drawn = max(len(line) for line in text_of(app).splitlines() if line.startswith(" CPU"))
        assert drawn <= size[0]


async def test_loading_says_so(tmp_path: Path) -> None:
    never = asyncio.Event()
    fake = machine()
    answer = fake.transport.answers["DescribeInstanceInformation"]

    async def wait(request: dict[str, Any]) -> Any:
        await never.wait()
        return answer(request)

    fake.transport.answers["DescribeInstanceInformation"] = wait
    async with console(fake.transport, tmp_path, words=f"node {ONE}") as (_, pilot):
        await at_each_size(pilot, "Loading the node…")
        await pilot.press("2")
        await says(pilot, "the node is not known yet")
        never.set()
        await says(pilot, "42.5 %")


async def test_an_error_says_what_why_and_the_way_out(tmp_path: Path) -> None:
    denied = AccessDenied("AccessDenied", "no", action="ssm:DescribeInstanceInformation")
    transport = FakeTransport({"DescribeInstanceInformation": denied})
    async with console(transport, tmp_path, words=f"node {ONE}") as (_, pilot):
        await at_each_size(pilot, "Denied", "ssm:DescribeInstanceInformation", "R tries")


async def test_a_node_that_is_not_there_is_said_and_one_is_found_by_its_name(tmp_path: Path) -> None:
    async with console(machine().transport, tmp_path, words="node nobody") as (app, pilot):
        await says(pilot, "No node is named nobody.", "Esc goes back")
        app.go("node", "web-01")
        await says(pilot, f"web-01 ({ONE})", "42.5 %")


@pytest.mark.parametrize("size", SIZES)
async def test_each_tab_shows_its_rows_and_empty_ones_name_the_key(size: tuple[int, int], tmp_path: Path) -> None:
    fake = machine(session(1), session(2, "Terminated", Details="bye"), session(3, target=2))
    async with console(fake.transport, tmp_path, words=f"node {ONE}", size=size) as (_, pilot):
        await says(pilot, "42.5 %")
        await pilot.press("2")
        screen = await says(pilot, "idle [red]thing", "2 KiB")
        # What eats the machine stands on top.
        assert screen.index("busy") < screen.index("idle")
        await pilot.press("3")
        await says(pilot, "✖ Failed", ID.format(1))
        await pilot.press("4")
        screen = await says(pilot, "● Connected", "Terminated")
        assert session(3)["SessionId"] not in screen
        await pilot.press("5")
        await says(pilot, "No tags. n makes the first one.")
        fake.sessions.clear()
        for name, gone in (("ListProcesses", "Processes"), ("ListCommandInvocations", "CommandInvocations")):
            fake.transport.answers[name] = {gone: []}
        for key, text in (("2", "says nothing"), ("3", "r runs a command"), ("4", "s opens one")):
            await hit(pilot, key, "R")
            await says(pilot, text)


async def test_a_denied_tab_says_so_and_looks_unlike_an_empty_one(tmp_path: Path) -> None:
    fake = machine()
    good = fake.transport.answers["ListProcesses"]
    fake.transport.answers["ListProcesses"] = AccessDenied("AccessDenied", "no", action="ssm-tui:ListProcesses")
    async with console(fake.transport, tmp_path, words=f"node {ONE}") as (_, pilot):
        await says(pilot, "42.5 %")
        await pilot.press("2")
        await says(pilot, "Denied: ssm-tui:ListProcesses is missing.", "AccessDenied: no. R tries again.")
        fake.transport.answers["ListProcesses"] = good
        await pilot.press("R")
        await says(pilot, "busy")


async def test_a_tab_keeps_its_filter_its_order_and_its_cursor(tmp_path: Path) -> None:
    fake = machine()
    fake.transport.answers["ListProcesses"] = processes("init", "sshd", "nginx: a", "nginx: b")
    async with console(fake.transport, tmp_path, words=f"node {ONE}") as (app, pilot):
        await says(pilot, "42.5 %")
        await pilot.press("2")
        await says(pilot, "sshd")
        await hit(pilot, "slash", *"nginx", "enter", "comma", "j")
        await says(pilot, "2 of 4")
        table = app.screen.table  # type: ignore[attr-defined]
        assert table.cursor_id == "103"
        await pilot.press("3")
        await says(pilot, ID.format(1))
        assert "nginx" not in text_of(app)
        await pilot.press("2")
        await says(pilot, "2 of 4", "/nginx")
        await until(pilot, lambda: table.cursor_id == "103")
        assert table.sort_column == "cpu"
        assert not table.sort_reversed
        # And on the way back, though the screen was let go meanwhile.
        for turn in range(8):
            app.go("nodes", f"other {turn}")
            await pilot.pause()
        app.go("node", ONE)
        await says(pilot, "2 of 4", "/nginx")
        await until(pilot, lambda: app.screen.table.cursor_id == "103")  # type: ignore[attr-defined]


async def test_a_refresh_leaves_the_cursor_of_tags_and_the_filter_that_is_being_typed_alone(tmp_path: Path) -> None:
    fake = machine(tags={"a": "1", "b": "2", "c": "3"})
    async with console(fake.transport, tmp_path, words=f"node {ONE}") as (app, pilot):
        await says(pilot, "42.5 %")
        await hit(pilot, "t", "j", "j", "slash")
        for _ in range(2):
            before = len(fake.sent("DescribeInstanceInformation"))
            app.screen.reload()  # type: ignore[attr-defined]
            await until(pilot, lambda before=before: len(fake.sent("DescribeInstanceInformation")) > before)
        await pilot.press("c")
        await says(pilot, "/c", "1 of 3")
        assert app.screen.table.cursor_id == "c"  # type: ignore[attr-defined]


async def test_tabs_follow_on_after_the_engine_was_lost_and_found(tmp_path: Path) -> None:
    fake = machine()
    async with console(fake.transport, tmp_path, words=f"node {ONE}") as (_, pilot):
        await says(pilot, "42.5 %")
        await pilot.press("2")
        await says(pilot, "busy")
        fake.transport.lose()
        await says(pilot, "reattached", "busy")
        fake.transport.answers["ListProcesses"] = processes("new one")
        await pilot.press("R")
        await says(pilot, "new one")


async def test_tags_are_added_changed_and_removed_once_their_name_is_typed(tmp_path: Path) -> None:
    fake = machine(tags={"env": "prod", "team": "storage"})
    async with console(fake.transport, tmp_path, words=f"node {ONE}") as (app, pilot):
        await says(pilot, "42.5 %")
        await pilot.press("D")
        await says(pilot, "the cursor is on no tag")
        await pilot.press("t")
        await says(pilot, "storage")
        await hit(pilot, "n", *"nothing", "enter")
        await says(pilot, "Add a tag to web-01", "Expected key=value")
        await hit(pilot, "ctrl+u", *"rack=12 b", "enter")
        await says(pilot, "12 b")
        await pilot.press("enter")
        await says(pilot, f"The value of env on web-01 ({ONE})", "prod")
        await hit(pilot, "ctrl+u", *"test", "enter")
        await until(pilot, lambda: "prod" not in text_of(app))
        await pilot.press("D")
        await says(pilot, "Remove the tag env from web-01")
        await hit(pilot, *"team", "enter")
        await says(pilot, "That is not env")
        await hit(pilot, "ctrl+u", *"env", "enter")
        await until(pilot, lambda: "test" not in text_of(app))
        await hit(pilot, "M", "D")
        await says(pilot, "Remove 2 tags", "rack, team")
        await hit(pilot, "2", "enter")
        await says(pilot, "No tags.")
        added = [tag for request in fake.sent("AddTagsToResource") for tag in request["Tags"]]
        assert added == [{"Key": "rack", "Value": "12 b"}, {"Key": "env", "Value": "test"}]
        assert [one["TagKeys"] for one in fake.sent("RemoveTagsFromResource")] == [["env"], ["rack", "team"]]


async def test_become_shows_the_request_asks_for_the_password_and_is_taken_back(tmp_path: Path) -> None:
    fake = machine()
    async with console(fake.transport, tmp_path, words=f"node {ONE}") as (app, pilot):
        await says(pilot, "become: none")
        await pilot.press("b")
        await says(pilot, f"Run on web-01 ({ONE}) as root, by sudo?", f"UpdateNode {ONE} Become=sudo")
        await pilot.press("enter")
        await says(pilot, "The password that sudo asks for")
        await hit(pilot, *"hunter2")
        assert "hunter2" not in text_of(app)
        fake.transport.answers["DescribeNodeDetails"] |= {"Become": "sudo", "EffectiveUser": "root"}
        await pilot.press("enter")
        await says(pilot, "run as root, by sudo from now on", "runs as      root  become: sudo")
        # On any tab: what it is now is asked, not remembered.
        await hit(pilot, "2", "b")
        await says(pilot, "as the engine's own user?", "Become=none")
        await pilot.press("enter")
        await until(pilot, lambda: len(fake.sent("UpdateNode")) == 2)
        assert [one["Become"] for one in fake.sent("UpdateNode")] == ["sudo", "none"]
        assert fake.sent("SetBecomePassword") == [{"InstanceId": ONE, "Password": "hunter2"}]


async def test_enter_opens_what_the_row_is_and_s_and_r_go_to_this_node(tmp_path: Path) -> None:
    fake = machine(session(1))
    async with console(fake.transport, tmp_path, words=f"node {ONE}") as (app, pilot):
        await says(pilot, "42.5 %")
        await pilot.press("2")
        await says(pilot, "busy")
        await pilot.press("enter")
        await says(pilot, "Process 101 of web-01", "memory    1.0 %, 2 KiB resident", "busy")
        await hit(pilot, "escape", "3")
        await says(pilot, ID.format(1))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.NOUN == "command")  # type: ignore[attr-defined]
        await hit(pilot, "left_square_bracket", "4")
        await says(pilot, "● Connected")
        await pilot.press("enter")
        await says(pilot, "2 ● web-01")
        app.go("node", ONE)
        await says(pilot, "4 Sessions")
        await pilot.press("s")
        await says(pilot, "3 ● web-01", "attached")
        assert fake.sent("StartSession") == [{"Target": ONE}]
        app.go("node", ONE)
        await says(pilot, "4 Sessions")
        await pilot.press("r")
        await until(pilot, lambda: app.screen.NOUN == "run")  # type: ignore[attr-defined]


async def test_every_other_key_works(tmp_path: Path) -> None:
    fake = machine(tags={"env": "prod"})
    async with console(fake.transport, tmp_path, words=f"node {ONE}", size=(80, 24)) as (app, pilot):
        await says(pilot, "42.5 %")
        await pilot.press("slash")
        await says(pilot, "no rows to filter")
        await hit(pilot, "j", "k", "G", "g", "pagedown", "pageup", "w", "w", "R", "e", "tab", "shift+tab", "y")
        await says(pilot, f"InstanceId: {ONE}", "Tags:")
        await hit(pilot, "escape", "5")
        await says(pilot, "prod")
        await pilot.press("e")
        await says(pilot, "The value of env")
        await hit(pilot, "escape", "c")
        await says(pilot, "tag  env", "value  prod", f"node id  {ONE}", "node name  web-01", "address  10.0.0.1")
        await pilot.press("3")
        await until(pilot, lambda: app.clipboard == ONE)
        await pilot.click(app.screen._tabs, offset=(16, 0))  # type: ignore[attr-defined]
        await says(pilot, "busy")
        await pilot.press("c")
        await says(pilot, "pid  101", "command line  busy")
        await hit(pilot, "escape", "escape")
        await says(pilot, "This is the outermost place.")


async def test_read_only_refuses_what_changes_with_the_reason(tmp_path: Path) -> None:
    fake = machine(tags={"env": "prod"})
    async with console(fake.transport, tmp_path, words=f"node {ONE}", read_only=True) as (app, pilot):
        await says(pilot, "42.5 %")
        await pilot.press("5")
        await says(pilot, "prod")
        for key in ("s", "r", "n", "e", "D", "b", "enter"):
            app.notices.clear()
            await pilot.press(key)
            await says(pilot, "this console is read-only")
        asked = {name for name, _ in fake.transport.sent}
        assert not asked & {"StartSession", "AddTagsToResource", "RemoveTagsFromResource", "UpdateNode"}


async def test_a_shell_on_a_node_that_does_not_answer_is_refused(tmp_path: Path) -> None:
    fake = machine()
    lost = node(1, ping="ConnectionLost")
    fake.transport.answers["DescribeInstanceInformation"] = {"InstanceInformationList": [lost]}
    fake.transport.answers["ListNodeSamples"] = ApiError("TargetNotConnected", "gone")
    async with console(fake.transport, tmp_path, words=f"node {ONE}") as (_, pilot):
        await says(pilot, "✖ ConnectionLost", "2 CPUs")
        await pilot.press("s")
        await says(pilot, "web-01 does not answer")


@pytest.mark.parametrize("size", [(20, 5), (1, 1)])
async def test_no_size_of_terminal_crashes(size: tuple[int, int], tmp_path: Path) -> None:
    fake = machine(session(1), tags={"env": "prod"})
    async with console(fake.transport, tmp_path, words=f"node {ONE}", size=size) as (app, pilot):
        await until(pilot, lambda: app.screen.node)  # type: ignore[attr-defined]
        await hit(pilot, "G", "2", "3", "4", "5", "e", "escape", "b", "escape", "c", "escape", "1")
        await pilot.resize_terminal(*reversed(size))
        await pilot.pause()


async def test_ascii_glyphs_draw_nothing_else(tmp_path: Path) -> None:
    fake = machine(session(1), tags={"env": "prod"})
    ascii_only = Config(theme="dark", glyphs="ascii")
    async with console(fake.transport, tmp_path, words=f"node {ONE}", config=ascii_only) as (_, pilot):
        for key, text in (("1", "42.5 %"), ("2", "busy"), ("3", "Failed"), ("4", "Connected"), ("5", "prod")):
            if key != "1":
                await pilot.press(key)
            screen = await says(pilot, text)
            assert [character for character in screen if not character.isascii()] == []


async def test_this_machine_tells_of_itself_and_gives_a_shell(tmp_path: Path) -> None:
    async with engine(tmp_path), engine_console(tmp_path, words="nodes", size=(120, 36)) as (app, pilot):
        await says(pilot, "Online")
        await pilot.press("enter")
        await says(pilot, "CPU", "memory", "load", "runs as")
        await pilot.press("2")
        await says(pilot, "Resident")
        await hit(pilot, "slash", *"engine.daemon", "enter")
        await says(pilot, "tui.engine.daemon")
        await pilot.press("escape")
        await hit(pilot, "n", *"env=test", "enter")
        await pilot.press("5")
        await says(pilot, "env", "test")
        await pilot.press("s")
        await type_line(pilot, "echo from the no''de")
        await says(pilot, "from the node")
        app.go("node", app.history.current.path[-1].argument)
        await pilot.press("4")
        await says(pilot, "● Connected")
