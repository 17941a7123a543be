"""Several contexts in one console: merged lists, one that fails or is slow, `:ctx`, the question at the first start."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.app._command_fake import ID, CommandsFake, command
from tests.app._session_fake import SessionsFake, session
from tests.app._ssh_fake import SshFake, connection
from tests.app.console import at_each_size, console, hit, says, text_of, until
from tests.app.fake_transport import FakeTransport, fleet, node
from tui.contexts import ContextSpec
from tui.errors import AccessDenied, ApiError, CredentialsExpired, Unreachable

PROD, STAGING = "prod/eu-west-1", "staging/us-east-1"


def at(transport: FakeTransport, context: str) -> FakeTransport:
    """Have a transport be one of AWS, by its name."""
    transport.context = context
    transport.peer = {"region": context.rpartition("/")[2], "account": "2" * 12 if "prod" in context else "3" * 12}
    return transport


def two() -> dict[str, FakeTransport]:
    """Make the local engine with one node, and an account of AWS with two."""
    here, there = fleet(node(1, "laptop")), fleet(node(2, "web-2"), node(3, "web-3", "ConnectionLost"))
    return {"local": here, PROD: at(there, PROD)}


def head(app: Any) -> str:
    return text_of(app).splitlines()[0]


async def test_two_contexts_merge_into_one_table_with_columns_for_them(tmp_path: Path) -> None:
    async with console(two(), tmp_path, size=(200, 50)) as (app, pilot):
        await says(pilot, "laptop", "web-2", "web-3", "Context", "Region", "Account", PROD, "222222222222")
        await until(pilot, lambda: f"local + {PROD}" in head(app) and "3 nodes" in head(app))
        await at_each_size(pilot, "laptop", "web-2", "Context")


async def test_eighty_columns_cut_ids_before_the_region_in_a_context_s_name(tmp_path: Path) -> None:
    async with console(two(), tmp_path, size=(80, 24)) as (_, pilot):
        shown = await says(pilot, "web-3", f" {PROD} ", "✖ ConnectionLost")
        assert "mi-00000" in shown


async def test_one_context_has_no_column_for_it(tmp_path: Path) -> None:
    async with console({"local": fleet(node(1, "laptop"))}, tmp_path, size=(200, 50)) as (app, pilot):
        await says(pilot, "laptop")
        assert "Context" not in text_of(app) and "local" in head(app)


async def test_filters_know_contexts_and_regions_whether_their_columns_show_or_not(tmp_path: Path) -> None:
    async with console(two(), tmp_path) as (app, pilot):
        await says(pilot, "laptop", "web-2")
        for text, there in (
            ("ctx=prod", True),
            (f"ctx={PROD}", True),
            ("region=eu-west-1", True),
            ("ctx=local", False),
        ):
            await hit(pilot, "slash", *text, "enter")
            await until(pilot, lambda there=there: ("web-2" in text_of(app)) is there)
            assert ("laptop" in text_of(app)) is not there, text
            await hit(pilot, "escape")
            await says(pilot, "laptop", "web-2")


async def test_a_context_that_is_slow_keeps_no_other_from_showing(tmp_path: Path) -> None:
    transports, answered = two(), asyncio.Event()

    async def slow(request: dict[str, Any]) -> dict[str, Any]:
        await answered.wait()
        return {"InstanceInformationList": [node(2, "web-2")]}

    transports[PROD].answers["DescribeInstanceInformation"] = slow
    async with console(transports, tmp_path) as (app, pilot):
        await says(pilot, "laptop")
        assert "web-2" not in text_of(app)
        answered.set()
        await says(pilot, "laptop", "web-2")


async def test_a_context_that_connects_late_joins_the_table_and_the_cursor_stays(tmp_path: Path) -> None:
    opened: asyncio.Future[FakeTransport] = asyncio.get_running_loop().create_future()
    transports = two()
    async with console({"local": transports["local"], PROD: opened}, tmp_path) as (app, pilot):
        await says(pilot, "laptop")
        await until(pilot, lambda: f"{PROD} connecting" in head(app))
        opened.set_result(transports[PROD])
        await says(pilot, "laptop", "web-2")
        screen: Any = app.screen
        assert screen.current.name == "laptop"


async def test_a_context_that_fails_is_named_while_others_show_and_its_rows_are_marked_old(tmp_path: Path) -> None:
    transports = two()
    async with console(transports, tmp_path, size=(160, 40)) as (app, pilot):
        await says(pilot, "laptop", "web-2")
        transports[PROD].answers["DescribeInstanceInformation"] = Unreachable("Nobody answers.")
        await pilot.press("R")
        await says(pilot, f"{PROD} stale", "Nobody answers. R tries again.", "laptop", "web-2")
        await until(pilot, lambda: f"{PROD} offline" in head(app))
        assert f"✖ {PROD}" in text_of(app) or f"! {PROD}" in text_of(app)
        assert not app.screen.has_class("-stale")
        del transports[PROD].answers["DescribeInstanceInformation"]
        transports[PROD].answers["DescribeInstanceInformation"] = {"InstanceInformationList": [node(2, "web-2")]}
        await pilot.press("R")
        await until(pilot, lambda: "stale" not in text_of(app) and "web-3" not in text_of(app))


async def test_a_context_that_never_opened_is_named_while_others_show(tmp_path: Path) -> None:
    transports: dict[str, Any] = {**two(), PROD: Unreachable("The region can't be reached.", hint="R tries again.")}
    async with console(transports, tmp_path, size=(160, 40)) as (app, pilot):
        await says(pilot, "laptop", f"{PROD}: The region can't be reached. R tries again.")
        transports[PROD] = two()[PROD]
        await pilot.press("R")
        await says(pilot, "laptop", "web-2")
        await until(pilot, lambda: "can't be reached" not in text_of(app))


async def test_a_denied_context_hid_who_waits_and_what_an_empty_list_says(tmp_path: Path) -> None:
    transports = two()
    for operation in ("DescribeInstanceInformation", "ListGroups"):
        transports[PROD].answers[operation] = AccessDenied("AccessDenied", "a" * 300, action=f"x:{operation}")
    transports["local"].answers |= {
        "ListNodeConnections": {"Connections": [connection(1, "HostKeyUnknown")]},
        "ListGroups": {"GroupIdentifiers": []},
    }
    async with console(transports, tmp_path, size=(80, 24)) as (_, pilot):
        await says(pilot, f"{PROD}: Denied: x:DescribeInstanceInformation is missing.", "unknown host key. A")
        await hit(pilot, "colon", *"groups", "enter")
        await says(pilot, "No resource groups.", f"{PROD}: Denied: x:ListGroups is missing.")


async def test_an_expired_login_names_the_key_that_logs_in_and_stays_in_that_context(tmp_path: Path) -> None:
    expired = CredentialsExpired("ExpiredTokenException", "the token is old", login="aws sso login --profile prod")
    transports = {PROD: at(FakeTransport({"DescribeInstanceInformation": expired}), PROD)}
    async with console(transports, tmp_path) as (app, pilot):
        await says(pilot, "The login has expired", "ctrl+l runs aws sso login --profile prod.")
        await until(pilot, lambda: "login expired" in head(app))
        assert app.contexts == [PROD]
        await hit(pilot, "colon", *"ctx", "enter")
        await says(pilot, "✖ login expired")
        await hit(pilot, "escape")
        await says(pilot, "The login has expired")
        transports[PROD].answers["DescribeInstanceInformation"] = {"InstanceInformationList": [node(2, "web-2")]}
        await pilot.press("ctrl+l")
        # Where the terminal can't be handed over, the command is shown; then it is looked again.
        await says(pilot, "aws sso login --profile prod")
        await pilot.press("escape")
        await says(pilot, "web-2")


async def test_ctx_switches_without_leaving_the_place_and_keeps_the_filter(tmp_path: Path) -> None:
    remembered: list[Sequence[ContextSpec]] = []
    transports = {**two(), STAGING: at(fleet(node(7, "web-7")), STAGING)}
    async with console(transports, tmp_path, chosen=["local"], remember=remembered.append) as (app, pilot):
        app.named_contexts = {name: ContextSpec(name=name, profile="p", region="r") for name in (PROD, STAGING)}
        await says(pilot, "laptop")
        await hit(pilot, "slash", *"web", "enter")
        await hit(pilot, "colon", *f"ctx {STAGING}", "enter")
        await says(pilot, "web-7", "/web")
        await until(pilot, lambda: "laptop" not in text_of(app) and STAGING in head(app))
        await until(pilot, lambda: transports["local"].closed)
        await hit(pilot, "colon", *f"ctx +{PROD}", "enter")
        await says(pilot, "web-7", "web-2", "/web")
        await hit(pilot, "colon", *f"ctx -{STAGING}", "enter")
        await until(pilot, lambda: "web-7" not in text_of(app) and "web-2" in text_of(app))
        await hit(pilot, "colon", *"ctx nowhere", "enter")
        await says(pilot, "There is no context nowhere")
        await until(pilot, lambda: len(remembered) == 3)
        assert [[spec.name for spec in specs] for specs in remembered] == [[STAGING], [STAGING, PROD], [PROD]]


async def test_an_id_that_another_context_does_not_have_says_so(tmp_path: Path) -> None:
    transports = two()
    async with console(transports, tmp_path, chosen=["local"], words="node laptop") as (app, pilot):
        app.named_contexts = {PROD: ContextSpec(name=PROD, profile="p", region="r")}
        await says(pilot, "host name", "laptop")
        await hit(pilot, "colon", *f"ctx {PROD}", "enter")
        await says(pilot, f"No node is named laptop in {PROD}.")
        await hit(pilot, "colon", *"ctx local", "enter")
        await says(pilot, "host name", "laptop")


async def test_a_name_that_no_node_has_is_no_failing_context_and_is_missed_where_it_was_looked_for(
    tmp_path: Path,
) -> None:
    async with console(two(), tmp_path, words=f"node {PROD}:nosuch") as (app, pilot):
        await says(pilot, f"No node is named nosuch in {PROD}.")
        assert "failing" not in head(app)


async def test_a_node_is_found_in_whatever_context_it_is(tmp_path: Path) -> None:
    async with console(two(), tmp_path, words="node web-2") as (app, pilot):
        await says(pilot, "host name", "web-2")
        screen: Any = app.screen
        assert screen.node.context == PROD
        await hit(pilot, "colon", *"node local:web-2", "enter")
        await says(pilot, "No node is named web-2")


async def test_rows_that_are_marked_in_two_contexts_are_run_on_by_a_command_in_each(tmp_path: Path) -> None:
    here, there = CommandsFake(nodes=1), CommandsFake(nodes=2)
    there.transport.answers["DescribeInstanceInformation"] = fleet(node(8, "db-8"), node(9, "db-9")).answers[
        "DescribeInstanceInformation"
    ]
    transports = {"local": here.transport, PROD: at(there.transport, PROD)}
    async with console(transports, tmp_path, size=(160, 44)) as (app, pilot):
        await says(pilot, "web-01", "db-8", "db-9")
        await hit(pilot, "M", "r")
        await says(
            pilot, "runs on 3 nodes in ", "db-8 db-9 web-01", "sent as 2 commands, to", "local (1)", f"{PROD} (2)"
        )
        await hit(pilot, *"uptime", "ctrl+s")
        await until(pilot, lambda: here.sent("SendCommand") and there.sent("SendCommand"))
        assert here.sent("SendCommand")[0]["InstanceIds"] == [f"mi-{1:017x}"]
        assert sorted(there.sent("SendCommand")[0]["InstanceIds"]) == [f"mi-{8:017x}", f"mi-{9:017x}"]
        await until(pilot, lambda: getattr(app.screen, "NOUN", "") == "command")
        screen: Any = app.screen
        assert {word.split(":")[0] for word in screen.places.words} == {"local", PROD}


async def test_a_context_that_is_read_only_refuses_and_says_so_while_others_change(tmp_path: Path) -> None:
    here, there = CommandsFake(nodes=1), CommandsFake(nodes=1)
    there.transport.answers["DescribeInstanceInformation"] = {"InstanceInformationList": [node(8, "db-8")]}
    transports = {"local": here.transport, PROD: at(there.transport, PROD)}
    async with console(transports, tmp_path, size=(200, 44), chosen=["local"]) as (app, pilot):
        spec = ContextSpec(name=PROD, profile="prod", region="eu-west-1", read_only=True)
        app.use_contexts([ContextSpec(), spec])
        await says(pilot, "web-01", "db-8")
        await hit(pilot, "M", "r")
        await says(pilot, "runs on 2 nodes")
        await hit(pilot, *"uptime", "ctrl+s")
        await says(pilot, f"1 of 2 commands were sent. It failed in {PROD}", f"the context {PROD} is read-only")
        assert len(here.sent("SendCommand")) == 1 and not there.sent("SendCommand")


async def test_one_context_that_refuses_a_command_is_named_and_the_other_runs_it(tmp_path: Path) -> None:
    here, there = CommandsFake(nodes=1), CommandsFake(nodes=1)
    there.transport.answers["DescribeInstanceInformation"] = {"InstanceInformationList": [node(8, "db-8")]}
    there.transport.answers["SendCommand"] = ApiError("InvalidDocument", "no such document")
    transports = {"local": here.transport, PROD: at(there.transport, PROD)}
    async with console(transports, tmp_path, size=(160, 44)) as (_, pilot):
        await says(pilot, "web-01", "db-8")
        await hit(pilot, "M", "r")
        await says(pilot, "runs on 2 nodes")
        await hit(pilot, *"uptime", "ctrl+s")
        await says(pilot, f"1 of 2 commands were sent. It failed in {PROD}: InvalidDocument")
        assert len(here.sent("SendCommand")) == 1


async def test_commands_of_two_contexts_are_one_list_and_each_opens_where_it_is(tmp_path: Path) -> None:
    here, there = CommandsFake(command(1, "Success")), CommandsFake(command(2, "Failed"))
    transports = {"local": here.transport, PROD: at(there.transport, PROD)}
    async with console(transports, tmp_path, words="commands", size=(160, 40)) as (app, pilot):
        await says(pilot, "echo number-1", "echo number-2", "Context", PROD)
        await hit(pilot, "slash", *"ctx=prod", "enter", "enter")
        await until(pilot, lambda: getattr(app.screen, "NOUN", "") == "command")
        assert app.history.current.argument == f"{PROD}:{ID.format(2)}"


async def test_sessions_of_two_contexts_are_one_list_and_end_where_they_are(tmp_path: Path) -> None:
    here, there = SessionsFake(session(1)), SessionsFake(session(2))
    transports = {"local": here.transport, PROD: at(there.transport, PROD)}
    async with console(transports, tmp_path, words="sessions", size=(200, 40)) as (_, pilot):
        await says(pilot, f"ops-{1:017x}", f"ops-{2:017x}", PROD)
        await hit(pilot, "slash", *"ctx=prod", "enter", "X")
        await says(pilot, "End the shell on")
        await hit(pilot, "enter")
        await until(pilot, lambda: there.sent("TerminateSession"))
        assert not here.sent("TerminateSession")


async def test_the_overview_counts_over_all_contexts_and_says_how_each_is(tmp_path: Path) -> None:
    here, there = SessionsFake(session(1), nodes=1), SessionsFake(nodes=2)
    transports = {"local": here.transport, PROD: at(there.transport, PROD)}
    async with console(transports, tmp_path, words="overview", size=(160, 50)) as (_, pilot):
        await says(pilot, "Nodes · 3", "Contexts · 2", f"{PROD}  open", "Sessions · 1")
        there.transport.answers["ListCommands"] = Unreachable("Nobody answers.")
        await pilot.press("R")
        await says(pilot, f"{PROD}  offline", "Nodes · 3")


async def test_the_first_start_asks_and_opens_what_is_marked(tmp_path: Path, monkeypatch: Any) -> None:
    files = tmp_path / "aws"
    files.mkdir()
    (files / "config").write_text(
        "[default]\nregion = eu-west-1\n[profile prod]\nregion = eu-west-1\nsso_session = corp\nsso_account_id = 222\n"
        "[profile bare]\nrole_arn = arn:aws:iam::444:role/x\n[sso-session corp]\nsso_region = eu-west-1\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(files / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(files / "none"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    remembered: list[Sequence[ContextSpec]] = []
    async with console(two(), tmp_path, chosen=[], remember=remembered.append) as (_, pilot):
        await says(pilot, "local", "default/eu-west-1", PROD, "SSO", "bare", "role", "no context")
        await at_each_size(pilot, "local", PROD, "SSO")
        await hit(pilot, "space", "slash", *"prod", "enter", "space", "escape", "enter")
        await says(pilot, "laptop", "web-2")
        assert [spec.name for spec in remembered[0]] == ["local", PROD]
        assert remembered[0][1].profile == "prod" and remembered[0][1].region == "eu-west-1"
        await hit(pilot, "escape")
        await says(pilot, "This is the outermost place.")


async def test_a_profile_without_a_region_asks_for_one_before_it_is_opened(tmp_path: Path, monkeypatch: Any) -> None:
    config = tmp_path / "config"
    config.write_text("[profile bare]\naws_access_key_id = x\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.delenv("AWS_REGION", raising=False)
    transports = {"local": fleet(node(1, "laptop")), "bare/eu-west-1": at(fleet(node(2, "web-2")), "bare/eu-west-1")}
    async with console(transports, tmp_path, chosen=["local"], words="contexts") as (app, pilot):
        await says(pilot, "bare", "keys")
        await hit(pilot, "slash", *"bare", "enter", "enter")
        await says(pilot, "region of bare:", "ap-northeast-1")
        await hit(pilot, *"eu-west-1", "enter")
        await until(pilot, lambda: app.contexts == ["bare/eu-west-1"])


async def test_shells_of_a_context_that_is_closed_run_on_and_their_tabs_go(tmp_path: Path) -> None:
    here, there = SessionsFake(session(1)), SessionsFake(session(2))
    transports = {"local": here.transport, PROD: at(there.transport, PROD)}
    async with console(transports, tmp_path, words=f"sessions {PROD}:ops-{2:017x}") as (app, pilot):
        await until(pilot, lambda: there.channels)
        screen: Any = app.screen
        app.switch_contexts(["local"])
        await says(pilot, f"1 shell runs on in {PROD}.")
        await until(pilot, lambda: not screen.shells.panes and there.channels[0].is_closed)
        assert not there.sent("TerminateSession")


async def test_fleet_below_another_screen_forgets_nodes_of_closed_contexts_and_does_not_end_the_console(
    tmp_path: Path,
) -> None:
    expired = CredentialsExpired("ExpiredTokenException", "the token is old")
    cold = at(FakeTransport({"DescribeInstanceInformation": expired}), STAGING)
    transports = {"local": SshFake(connection(1)).transport, PROD: two()[PROD], STAGING: cold}
    async with console(transports, tmp_path, chosen=[PROD, "local"]) as (app, pilot):
        app.named_contexts = {name: ContextSpec(name=name, profile="p", region="r") for name in (PROD, STAGING)}
        await says(pilot, "web-3", "web-01")
        await hit(pilot, "G", "colon", *"node web-01", "enter")
        await says(pilot, "host name")
        await hit(pilot, "colon", *"ctx -local", "enter")
        await says(pilot, "No node is named web-01")
        await hit(pilot, "colon", *f"ctx {STAGING}", "enter")
        await says(pilot, "ctrl+l")
        await hit(pilot, "colon", *"ctx local", "enter")
        await says(pilot, "host name", "Connected.")
        await hit(pilot, "escape")
        await says(pilot, "Fleet", "web-01", "● Online")
        assert "web-3" not in text_of(app)
