"""The launcher: what will be run, on which nodes, as which request, before it is sent."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.events import Paste

from tests.app._command_fake import CommandsFake, command
from tests.app._group_fake import GroupsFake
from tests.app.console import SIZES, console, hit, says, text_of, until
from tests.app.fake_transport import FakeTransport, fleet, node
from tui.errors import ApiError, Unreachable


@pytest.mark.parametrize("size", SIZES)
async def test_one_types_and_enter_sends_to_the_nodes_that_are_shown(tmp_path: Path, size: tuple[int, int]) -> None:
    fake = CommandsFake()
    async with console(fake.transport, tmp_path, words="run web-01 web-02", size=size) as (app, pilot):
        await says(pilot, "runs on 2 nodes", "executionTimeout")
        await hit(pilot, *"uptime")
        screen = await says(pilot, "uptime", "web-01", "web-02", "aws ssm send-command")
        assert "web-03" not in screen
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.NOUN == "command")
    assert fake.sent("SendCommand") == [
        {
            "DocumentName": "AWS-RunShellScript",
            "InstanceIds": [f"mi-{1:017x}", f"mi-{2:017x}"],
            "Parameters": {"commands": ["uptime"]},
        }
    ]


async def test_every_printable_key_is_text_while_one_types(tmp_path: Path) -> None:
    fake = CommandsFake()
    async with console(fake.transport, tmp_path, words="run web-01") as (app, pilot):
        await says(pilot, "executionTimeout")
        await pilot.press(*"jq", "slash", "question_mark", "colon", "X", "left_square_bracket", "apostrophe", "at")
        assert app.screen.form.texts["commands"] == "jq/?:X['@"
        await hit(pilot, "ctrl+n", *"second")
        assert app.screen.form.texts["commands"] == "jq/?:X['@\nsecond"
        # With a second line Enter begins a third; Ctrl+S sends.
        await pilot.press("enter")
        assert app.screen.form.texts["commands"].endswith("second\n")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen.NOUN == "command")
    assert fake.sent("SendCommand")[0]["Parameters"] == {"commands": ["jq/?:X['@", "second"]}


async def test_targets_are_resolved_as_one_types_and_a_tag_goes_as_a_target(tmp_path: Path) -> None:
    fake = CommandsFake()
    fake.transport.answers |= fleet(
        node(1, "web-01"), node(2, "web-02", ping="ConnectionLost"), tags={f"mi-{2:017x}": {"env": "prod"}}
    ).answers
    fake.transport.answers |= {name: CommandsFake().transport.answers[name] for name in ("DescribeDocument",)}
    async with console(fake.transport, tmp_path, words="run") as (app, pilot):
        await says(pilot, "executionTimeout")
        app.screen.fields["targets"].focus()
        await hit(pilot, *"web-0")
        await says(pilot, "No node is called web-0", "There are web-01, web-02")
        await hit(pilot, *["backspace"] * 5, *"tag:env=prod")
        await says(pilot, "runs on 1 node", "1 offline", "ConnectionLost", "tag:env")
        app.screen.focus_body()
        await pilot.press(*"id", "enter")
        await until(pilot, lambda: fake.sent("SendCommand"))
    assert fake.sent("SendCommand")[0]["Targets"] == [{"Key": "tag:env", "Values": ["prod"]}]


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("at_once", "0", "A number from 1, or 1% to 100%."),
        ("at_once", "101%", "A number from 1, or 1% to 100%."),
        ("errors", "-1", "A number from 0, or 0% to 100%."),
        ("timeout", "29", "Seconds from 30 to 2592000."),
        ("timeout", "2592001", "Seconds from 30 to 2592000."),
        ("comment", "x" * 101, "at most 100 fit"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_sent(
    tmp_path: Path, field: str, text: str, said: str
) -> None:
    fake = CommandsFake()
    async with console(fake.transport, tmp_path, words="run web-01") as (app, pilot):
        await says(pilot, "executionTimeout")
        await pilot.press(*"id")
        app.screen.fields[field].focus()
        await pilot.pause()
        app.screen.fields[field].on_paste(Paste(text))
        await says(pilot, said)
        await pilot.press("ctrl+s")
        await says(pilot, "Not sent")
        assert app.screen.form.texts["commands"] == "id"
    assert fake.sent("SendCommand") == []


async def test_a_missing_parameter_is_named_and_gets_the_focus(tmp_path: Path) -> None:
    fake = CommandsFake()
    async with console(fake.transport, tmp_path, words="run web-01") as (app, pilot):
        await says(pilot, "executionTimeout")
        await pilot.press("escape", "ctrl+s")
        await says(pilot, "commands is required")
        assert app.focused is not None and getattr(app.focused, "key", "") == "p:commands"
    assert fake.sent("SendCommand") == []


async def test_another_document_is_found_by_a_few_letters_and_asks_for_its_own_parameters(tmp_path: Path) -> None:
    fake = CommandsFake()
    async with console(fake.transport, tmp_path, words="run web-01") as (app, pilot):
        await says(pilot, "executionTimeout")
        app.screen.fields["document"].focus()
        await hit(pilot, *["backspace"] * 30, *"cnfth")
        await says(pilot, "> AWS-ConfigureThing")
        await pilot.press("enter")
        await until(pilot, lambda: "executionTimeout" not in text_of(app) and "thing" in text_of(app))
        app.screen.focus_body()
        await pilot.pause()
        await pilot.press(*"lamp", "ctrl+s")
        await until(pilot, lambda: fake.sent("SendCommand"))
    request = fake.sent("SendCommand")[0]
    assert (request["DocumentName"], request["Parameters"]) == ("AWS-ConfigureThing", {"thing": ["lamp"]})


async def test_a_part_of_a_documents_name_sends_nothing(tmp_path: Path) -> None:
    fake = CommandsFake()
    async with console(fake.transport, tmp_path, words="run web-01") as (app, pilot):
        await says(pilot, "executionTimeout")
        await pilot.press(*"id")
        app.screen.fields["document"].focus()
        await pilot.press("backspace", "ctrl+s")
        await says(pilot, "Choose a document")
    assert fake.sent("SendCommand") == []


async def test_what_was_typed_is_there_when_one_comes_back(tmp_path: Path) -> None:
    fake = CommandsFake()
    async with console(fake.transport, tmp_path, words="run web-01") as (app, pilot):
        await says(pilot, "executionTimeout")
        await hit(pilot, *"uptime")
        await pilot.press("escape")
        state = app.screen.save_state()
        app.go("nodes")
        await until(pilot, lambda: app.screen.NOUN == "nodes")
        await pilot.press("left_square_bracket")
        await says(pilot, "uptime", "runs on 1 node")
    assert state["texts"] == {"commands": "uptime"}


async def test_more_than_50_nodes_go_as_several_commands_and_the_screen_says_so(tmp_path: Path) -> None:
    fake = CommandsFake(nodes=120)
    async with console(fake.transport, tmp_path, words="nodes") as (app, pilot):
        await says(pilot, "web-01")
        app.go("run", [f"mi-{index:017x}" for index in range(1, 121)])
        await says(pilot, "runs on 120 nodes", "sent as 3 commands")
        await pilot.press(*"id", "enter")
        await until(pilot, lambda: app.screen.NOUN == "command")
    assert [len(one["InstanceIds"]) for one in fake.sent("SendCommand")] == [50, 50, 20]


async def test_read_only_refuses_to_send_with_its_reason(tmp_path: Path) -> None:
    fake = CommandsFake()
    async with console(fake.transport, tmp_path, words="run web-01", read_only=True) as (_, pilot):
        await says(pilot, "executionTimeout")
        await pilot.press(*"id", "enter")
        await says(pilot, "Can't send the command to the nodes: this console is read-only")
    assert fake.sent("SendCommand") == []


async def test_a_refusal_of_the_engine_leaves_the_form_as_it_was(tmp_path: Path) -> None:
    fake = CommandsFake()
    fake.transport.answers["SendCommand"] = ApiError("InvalidInstanceId", "not in a valid state")
    async with console(fake.transport, tmp_path, words="run web-01") as (app, pilot):
        await says(pilot, "executionTimeout")
        await pilot.press(*"id", "enter")
        await says(pilot, "InvalidInstanceId", "not in a valid state")
        assert (app.screen.NOUN, app.screen.form.texts["commands"]) == ("run", "id")


async def test_the_difference_from_the_last_run_is_said(tmp_path: Path) -> None:
    fake = CommandsFake(command(1, "Success", nodes=1))
    async with console(fake.transport, tmp_path, words="run web-01 web-02", size=(160, 40)) as (_, pilot):
        await says(pilot, "executionTimeout")
        await hit(pilot, *"echo", "space", *"number-1")
        await says(pilot, "unlike the last run: +1 node (web-02)")


async def test_a_command_that_ends_in_the_background_is_told_and_opened(tmp_path: Path) -> None:
    fake = CommandsFake()
    async with console(fake.transport, tmp_path, words="run web-01 web-02") as (app, pilot):
        await says(pilot, "executionTimeout")
        await pilot.press(*"id", "enter")
        await until(pilot, lambda: app.screen.NOUN == "command")
        app.go("nodes")
        await until(pilot, lambda: app.screen.NOUN == "nodes")
        queue = fake.transport.events.setdefault("command", asyncio.Queue())
        over = {"type": "command", "Command": command(1, "Failed")}
        fake.commands[0] = over["Command"]
        # Both the open screen's watch and the follower listen to this fake's one queue.
        for _ in range(4):
            await queue.put(over)
        await says(pilot, "on 2 nodes: 1 Success, 1 Failed", "' to open")
        await pilot.press("apostrophe")
        await until(pilot, lambda: app.screen.NOUN == "command")


@pytest.mark.slow
@pytest.mark.parametrize("size", [*SIZES, (20, 5)])
async def test_its_four_states_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    hang: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def never(*_: object) -> None:
        await hang

    for answer, words in (
        (never, ("loading",)),
        ({"InstanceInformationList": []}, ("No nodes to run",)),
        (ApiError("InternalServerError", "it broke"), ("it broke",)),
    ):
        transport = FakeTransport({"DescribeInstanceInformation": answer})
        async with console(transport, tmp_path, words="run", size=size) as (app, pilot):
            if size[1] > 10:
                await says(pilot, *words)
                # Typing works in each of them.
                await pilot.press(*"id")
                assert app.screen.form.texts["commands"] == "id"
            else:
                await pilot.pause(0.1)
    async with console(Unreachable("No engine answers."), tmp_path, words="run", size=size) as (_, pilot):
        if size[1] > 10:
            await says(pilot, "No engine answers.")
        hang.cancel()


async def test_markup_in_names_stays_text(tmp_path: Path) -> None:
    fake = CommandsFake()
    fake.transport.answers |= fleet(node(1, "[red]web[/red]")).answers
    async with console(fake.transport, tmp_path, words="run [red]web[/red]") as (_, pilot):
        await says(pilot, "runs on 1 node", "[red]web[/red]")


async def test_a_command_that_was_sent_late_pulls_one_away_from_where_one_went(tmp_path: Path) -> None:
    fake, gate = CommandsFake(), asyncio.Event()
    send = fake.transport.answers["SendCommand"]

    async def slowly(request: dict[str, Any]) -> Any:
        await gate.wait()
        return send(request)

    fake.transport.answers["SendCommand"] = slowly
    async with console(fake.transport, tmp_path, words="run web-01 web-02") as (app, pilot):
        await says(pilot, "executionTimeout")
        await pilot.press(*"id", "enter")
        await says(pilot, "Sending…")
        await hit(pilot, "escape", "colon", *"overview", "enter")
        await until(pilot, lambda: app.screen.NOUN == "overview")
        gate.set()
        await says(pilot, "was sent; ' opens it.")
        assert app.screen.NOUN == "overview"  # type: ignore[attr-defined]
        await pilot.press("apostrophe")
        await until(pilot, lambda: app.screen.NOUN == "command")


async def test_keys_struck_on_the_way_back_from_a_command_became_part_of_the_next_one(tmp_path: Path) -> None:
    fake = CommandsFake()
    async with console(fake.transport, tmp_path, words="run web-01 web-02") as (app, pilot):
        await says(pilot, "executionTimeout")
        await pilot.press(*"id", "enter")
        await until(pilot, lambda: app.screen.NOUN == "command")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.NOUN == "run")
        await hit(pilot, "colon", *"nodes", "enter")
        await until(pilot, lambda: getattr(app.screen, "NOUN", "") == "nodes")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.NOUN == "run")
        await pilot.press("enter", *" -u", "enter")
        await until(pilot, lambda: len(fake.sent("SendCommand")) == 2)
    assert [one["Parameters"]["commands"] for one in fake.sent("SendCommand")] == [["id"], ["id -u"]]


async def test_a_group_is_a_target_whose_nodes_are_listed_before_it_is_sent(tmp_path: Path) -> None:
    ids = [f"mi-{number:017x}" for number in (1, 2, 3)]
    tags = {ids[0]: {"role": "web"}, ids[1]: {"role": "web"}}
    fake = CommandsFake()
    groups = GroupsFake(node(1), node(2, ping="ConnectionLost"), node(3), tags=tags, web="role=web", empty="role=none")
    fake.transport.answers = {**fake.transport.answers, **groups.transport.answers}
    async with console(fake.transport, tmp_path, words="run group:web") as (app, pilot):
        await says(pilot, "executionTimeout", "runs on 2 nodes", "1 offline", "web-01", "web-02")
        app.screen.fields["targets"].focus()
        for typed, said in (
            ("group:wrong", "There is no resource group wrong."),
            ("group:empty", "No node is in the group empty."),
            ("group:web web-03", "runs on 3 nodes"),
            ("group:web", "runs on 2 nodes"),
        ):
            await hit(pilot, "ctrl+e", "ctrl+u", *typed)
            await says(pilot, said)
        # Who joins the group is in it without another key.
        groups.tags[ids[2]] = {"role": "web"}
        await pilot.press("escape", "R")
        await says(pilot, "runs on 3 nodes")
        app.screen.focus_body()
        await hit(pilot, *"id", "enter")
        await until(pilot, lambda: fake.sent("SendCommand"))
    assert fake.sent("SendCommand")[0]["Targets"] == [{"Key": "resource-groups:Name", "Values": ["web"]}]
