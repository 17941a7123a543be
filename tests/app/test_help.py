"""Help and footer come from the bindings; every binding is whole, and no key means two things."""

from __future__ import annotations

import inspect
import pkgutil
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding
from textual.screen import ModalScreen

import tui.screens
import tui.widgets
from tests.app._command_fake import CommandsFake, command, invocation
from tests.app._group_fake import GroupsFake
from tests.app._looking_windows import looking_windows
from tests.app._parameter_fake import ParametersFake
from tests.app._parameter_windows import parameter_windows
from tests.app._plans import plan_windows
from tests.app._session_fake import SessionsFake, session
from tests.app._ssh_fake import CHANGED, UNKNOWN, WANTS, connection, host
from tests.app.console import console, hit, says, text_of, until
from tests.app.fake_transport import FakeTransport, fleet, node
from tui.app import SsmApp
from tui.screens import SCREENS
from tui.screens._columns_dialog import ColumnsDialog
from tui.screens._command_actions import ConfirmCancel
from tui.screens._command_runs import NodeRun
from tui.screens._dialogs import Choose, Confirm, Notice, Prompt, Reader, TypeName
from tui.screens._group_form import GroupForm
from tui.screens._host_dialogs import HostKeyChangedDialog, HostKeyDialog, SecretPrompt
from tui.screens._host_forms import AddHost, ImportHosts
from tui.screens._link_dialog import LinkDialog
from tui.screens._node_tags import TagPrompt, ValuePrompt
from tui.screens._output_diff import OutputDiff, Side
from tui.screens._output_reader import OutputReader
from tui.screens._parameter_history import VersionDiff, VersionValue
from tui.screens._regions import AskRegion
from tui.screens._save_view import SavePrompt
from tui.screens._tags import TagsPrompt
from tui.screens.help import NOTES, HelpScreen, folded, help_text, with_one_line_for_digits
from tui.services.commands import Commands
from tui.services.parameter_models import ParameterVersion
from tui.services.parameters import Parameters
from tui.services.resource_groups import ResourceGroups
from tui.services.ssh_nodes import Connection, HostKey, SecretWanted, SshHost, SshNodes
from tui.theming import UNICODE
from tui.widgets.columns import Column
from tui.widgets.drawer import Drawer
from tui.widgets.go_to import GoTo
from tui.widgets.overlay import Overlay
from tui.widgets.palette import Palette
from tui.widgets.resource_table import ResourceTable

SHARED = {"screen.copy", "screen.yaml", "list.group", "list.fold_all", "list.unfold_all"}
"""Bindings that several screens take from one place."""
INNER = [
    {"table.open", "sessions.open"},
    {"panes.next", "screen.next"},
    {"panes.previous", "screen.previous"},
    {"text.submit", "run.enter"},
]
"""Bindings of one key where the widget does, within itself, what the screen does around it."""


def _classes() -> list[Any]:
    """Give every class of the console's screens and widgets."""
    found: list[Any] = [SsmApp]
    for package in (tui.screens, tui.widgets):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            members = vars(import_module(module.name)).values()
            found += [one for one in members if inspect.isclass(one) and one.__module__ == module.name]
    return found


CLASSES = _classes()
OWNERS = [one for one in CLASSES if one.__dict__.get("BINDINGS")]


def _opened() -> list[str]:
    """Give the go-to line of every screen there is."""
    about = {
        "node": " web-01",
        "group": " web",
        "command": f" {command(1)['CommandId']}",
        "compare": " /app /web",
        "find": " older=1s",
    }
    return [entry.noun + about.get(entry.noun, "") for entry in SCREENS]


def _windows(transport: FakeTransport) -> list[ModalScreen[Any]]:
    """Make one of every window there is."""
    run = NodeRun(command(1)["CommandId"], node(1)["InstanceId"], "web-01")
    made: list[ModalScreen[Any]] = [
        Confirm("?"),
        ConfirmCancel("?"),
        TypeName("?", expected="web-01"),
        Prompt("?"),
        SavePrompt("?"),
        TagsPrompt(1, "On web-01.", {}),
        Choose("?", [("one", 1), ("two", 2)]),
        Notice("!"),
        ColumnsDialog(ResourceTable([Column("name")])),
        Reader("text", "text"),
        LinkDialog("https://example.com/", opens=True),
        HelpScreen("Keys", "text"),
        OutputReader(Commands(transport), command(1)["CommandId"], node(1)["InstanceId"], "web-01"),
        OutputDiff(lambda _: Commands(transport), Side("web-01", run), Side("web-02", run), UNICODE),
        Drawer([("03:12:44Z", "ssm ListCommands", "3 ms", "aws ssm list-commands")]),
        GoTo([("nodes", "Fleet")]),
        AskRegion("prod", ["eu-west-1"]),
        Palette([("Copy", "c", "")]),
    ]
    made += [kind("?") for kind in (TagPrompt, ValuePrompt)]
    link, hosts = Connection.from_api(connection(1), "local"), SshNodes(transport)
    made += [
        HostKeyDialog(link, HostKey.from_api(UNKNOWN)),
        HostKeyChangedDialog(link, HostKey.from_api(CHANGED)),
        SecretPrompt(link, SecretWanted.from_api(WANTS)),
        AddHost(hosts),
        GroupForm(ResourceGroups(transport), (), UNICODE),
        ImportHosts(hosts, [SshHost.from_api(host("web-9"), "local")], "", ()),
    ]
    version = ParameterVersion.from_api({"Name": "/app", "Type": "SecureString", "Version": 1}, "local")
    made += [
        VersionValue(Parameters(transport), version),
        VersionDiff(Parameters(transport), version, version, UNICODE),
        *parameter_windows(transport),
        *plan_windows(transport),
        *looking_windows(transport),
    ]
    return made


def everything() -> FakeTransport:
    """Make a transport that answers every screen with rows."""
    sessions, commands = SessionsFake(session(1)), CommandsFake(command(1, "Success"))
    answers = commands.transport.answers | sessions.transport.answers
    sessions.transport.answers = answers | {
        "ListCommands": commands.transport.answers["ListCommands"],
        "ListCommandInvocations": commands.transport.answers["ListCommandInvocations"],
        "DescribeNodeDetails": {"InstanceId": node(1)["InstanceId"], "Become": "none", "EffectiveUser": "ops"},
        "ListNodeSamples": {"Samples": []},
        "ListProcesses": {"Processes": []},
        "ListNodeConnections": {"Connections": [connection(1)]},
        "ListSshHosts": {"Hosts": [host("web-9")], "ConfigFile": "~/.ssh/config"},
    }
    parameters = ParametersFake({"/app/prod/db/host": "db-1", "/single": "1", "/token": "secret:hush"})
    sessions.transport.answers |= {
        name: answer for name, answer in parameters.answers.items() if name != "ListTagsForResource"
    }
    sessions.transport.answers |= GroupsFake(tags={node(1)["InstanceId"]: {"env": "prod"}}, web="env=prod").answers
    return sessions.transport


@pytest.mark.parametrize("owner", OWNERS)
def test_every_binding_has_an_id_a_verb_and_a_tooltip(owner: Any) -> None:
    for binding in owner.__dict__["BINDINGS"]:
        assert isinstance(binding, Binding)
        assert binding.id, binding
        assert binding.description, binding
        assert binding.tooltip, binding
        assert not binding.priority, binding


def test_no_two_bindings_have_one_id() -> None:
    seen: dict[str, list[str]] = defaultdict(list)
    for owner in OWNERS:
        for binding in owner.__dict__["BINDINGS"]:
            seen[binding.id].append(owner.__name__)
    assert {id: owners for id, owners in seen.items() if len(owners) > 1 and id not in SHARED} == {}


@pytest.mark.parametrize("owner", OWNERS)
def test_no_key_is_bound_that_a_plain_terminal_cannot_send(owner: Any) -> None:
    for binding in owner.__dict__["BINDINGS"]:
        for key in binding.key.split(","):
            assert key not in ("ctrl+i", "ctrl+m", "ctrl+h", "ctrl+left_square_bracket"), binding
            assert not (key.startswith("ctrl+") and key[5:].isdigit()), binding
            assert not key.startswith(("ctrl+shift+", "super+", "meta+")), binding


def _doubled(app: SsmApp) -> dict[str, set[str]]:
    """Give the keys that mean more than one thing where the focus is; a text field's own editing keys are its own."""
    meanings: dict[str, set[str]] = defaultdict(set)
    for owner, bindings in app.screen._modal_binding_chain:
        for key, binding in bindings:
            action = binding.action.partition("(")[0].rpartition(".")[2]
            if binding.id and owner.check_action(action, ()) is not False:
                meanings[key].add(binding.id)
    return {key: ids for key, ids in meanings.items() if len(ids) > 1 and ids not in INNER}


@pytest.mark.parametrize("words", _opened())
async def test_no_key_has_two_meanings_at_one_focus(tmp_path: Path, words: str) -> None:
    transport = everything()
    async with console(transport, tmp_path, words=words) as (app, pilot):
        await until(pilot, lambda: app.services is not None)
        if words.startswith("command "):
            await until(pilot, lambda: "command" in transport.events)
            await transport.events["command"].put({"type": "command", "Command": command(1, "Success")})
            await transport.events["command"].put({"type": "invocation", "Invocation": invocation(1, "Success")})
        await until(pilot, lambda: app.screen.phase == "rows")  # type: ignore[attr-defined]
        for tab in range(1, 6) if words.startswith("node ") else [0]:
            if tab:
                await pilot.press(str(tab))
            for widget in [*app.screen.focus_chain]:
                app.screen.set_focus(widget)
                await pilot.pause()
                assert _doubled(app) == {}, (words, widget)


@pytest.mark.slow
async def test_no_key_has_two_meanings_in_a_window(tmp_path: Path) -> None:
    transport = everything()
    async with console(transport, tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        windows = _windows(transport)
        kinds = {type(window) for window in windows}
        bases = {kind for made in kinds for kind in made.__mro__}
        known = {one for one in CLASSES if issubclass(one, Overlay)}
        assert known - bases == set(), "a window that this test does not open"
        for window in windows:
            app.push_screen(window)
            await until(pilot, lambda window=window: app.screen is window)
            assert _doubled(app) == {}, window
            for key in ("escape", "ctrl+q", "ctrl+c"):
                assert key in window.active_bindings, window
            window.dismiss(None)
            await until(pilot, lambda window=window: app.screen is not window)


@pytest.mark.parametrize("words", _opened())
async def test_help_puts_the_screens_own_keys_first_and_those_of_everywhere_last(tmp_path: Path, words: str) -> None:
    async with console(everything(), tmp_path, words=words) as (app, pilot):
        await until(pilot, lambda: app.services is not None)
        text = help_text(app.screen, app.glyphs)
        assert text.splitlines()[0] == app.screen.TITLE
        titles = [line for line in text.split("\n\nMarks: ")[0].splitlines() if line and not line.startswith(" ")]
        assert titles[-1] == "Everywhere"
        assert len(titles) == len(set(titles))


def test_the_keys_of_tabs_are_one_line_of_help() -> None:
    tabs = [(str(n), f"Go to tab {n}") for n in range(1, 10)]
    assert with_one_line_for_digits([("s", "Shell"), *tabs, ("c", "Copy")], "…") == [
        ("s", "Shell"),
        ("1…9", "Go to a tab"),
        ("c", "Copy"),
    ]
    assert with_one_line_for_digits(tabs[:2], "…") == tabs[:2]


async def test_help_names_every_key_that_works(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        text = help_text(app.screen, app.glyphs)
        for active in app.screen.active_bindings.values():
            assert active.binding.tooltip in text
        assert text.index("Open a shell on the node") < text.index("Fetch again now") < text.index("One row down")
        await pilot.press("question_mark")
        await says(pilot, "Keys: Fleet", "One row down")
        await hit(pilot, "slash", *"find an action", "enter")
        await until(pilot, lambda: "Find an action by name" in text_of(app))
        await pilot.press("escape")
        await says(pilot, "web-01")


async def test_why_a_key_is_refused_was_cut_off_at_80_columns(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path, read_only=True, size=(80, 24)) as (app, pilot):
        await says(pilot, "web-01")
        await pilot.press("question_mark")
        lines = (await says(pilot, "Keys: Fleet")).splitlines()
        at = next(number for number, line in enumerate(lines) if "(refused: this" in line)
        assert " ".join(" ".join(lines[at : at + 3]).split("(refused: ")[1].split()).startswith(
            "this console is read-only"
        )
        assert all(len(line) <= 80 for line in lines)
        await pilot.resize_terminal(200, 50)
        await until(
            pilot, lambda: any("(refused: this console is read-only" in line for line in text_of(app).split("\n"))
        )


def test_what_a_key_does_goes_on_below_where_it_begins() -> None:
    text = "Fleet\n  ctrl+g  one two three four five six\n  s       Shell\n"
    assert folded(text, 34) == ["Fleet", "  ctrl+g  one two three four five", "          six", "  s       Shell", ""]
    assert folded(text, 20) == text.split("\n")


def test_the_notes_under_the_keys_were_cut_off_at_80_columns() -> None:
    assert max(len(line) for line in NOTES.splitlines()) <= 78


async def test_footer_keys_come_from_the_bindings_and_can_be_clicked(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        screen = await says(pilot, "web-01")
        footer = screen.splitlines()[-1]
        shown = [b for b in app.screen.active_bindings.values() if b.binding.show and b.binding.description]
        assert all(one.binding.description in footer for one in shown)
        await pilot.click(app.screen.bottom, offset=(footer.index("? help"), 1))  # type: ignore[attr-defined]
        await says(pilot, "Keys: Fleet")
