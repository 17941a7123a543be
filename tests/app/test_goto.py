"""The go-to line."""

from __future__ import annotations

from pathlib import Path

from tests.app._command_fake import command
from tests.app.console import console, hit, says, text_of, until
from tests.app.fake_transport import fleet, node
from tests.app.test_help import everything
from tui.screens import SCREENS, find
from tui.widgets.line_edit import LineEdit


async def test_suggestions_cover_screens_aliases_and_seen_ids(tmp_path: Path) -> None:
    async with console(fleet(node(1, "db-primary")), tmp_path) as (_, pilot):
        await says(pilot, "db-primary")
        await pilot.press("colon")
        await says(pilot, "Fleet: every managed node", "Commands")
        await pilot.press(*"db-p")
        await says(pilot, f"node {node(1)['InstanceId']}")


async def test_suggestions_never_take_enter_away(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        await hit(pilot, "colon", *"nodes", "enter")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert app.history.current.noun == "nodes"
        await hit(pilot, "colon", *"zz-top", "enter")
        await says(pilot, "Nothing is named 'zz-top' here")


async def test_tab_takes_a_suggestion_into_the_line_and_esc_leaves(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        await pilot.press("colon", *"flee", "tab")
        await says(pilot, ":nodes")
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_the_theme_can_be_changed_from_the_line(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        await hit(pilot, "colon", *"theme light", "enter")
        await says(pilot, "Theme light.")
        assert app.current_theme.name == "light"
        await hit(pilot, "colon", *"theme nope", "enter")
        await says(pilot, "no theme is named nope")
        assert app.current_theme.name == "light"


async def test_a_name_seen_opens_its_resource(tmp_path: Path) -> None:
    async with console(fleet(node(1, "db-primary")), tmp_path) as (app, pilot):
        await says(pilot, "db-primary")
        went: list[tuple[str, object]] = []
        app.go = lambda noun, argument=None: went.append((noun, argument))  # type: ignore[method-assign]
        await hit(pilot, "colon", *"db-primary", "enter")
        await until(pilot, lambda: went)
        assert went == [("node", node(1)["InstanceId"])]


def test_a_screen_is_found_by_noun_alias_and_beginning() -> None:
    assert find("nodes") is find("fleet") is find("FLEET")
    assert find("ov") is find("overview")
    assert find("zzz") is None
    assert find("") is None
    words = [word for entry in SCREENS for word in (entry.noun, *entry.aliases)]
    assert len(words) == len(set(words))


async def test_the_line_never_covers_the_header(tmp_path: Path) -> None:
    async with console(fleet(*[node(i) for i in range(40)]), tmp_path, size=(80, 10)) as (app, pilot):
        await says(pilot, "web-01")
        await pilot.press("colon")
        await until(pilot, lambda: "overview" in text_of(app))
        assert "ssm-tui" in text_of(app).splitlines()[0]


async def test_a_line_opens_a_document_a_node_by_its_name_and_a_command_by_its_id(tmp_path: Path) -> None:
    async with console(everything(), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        await hit(pilot, "colon", *"run AWS-ConfigureThing", "enter")
        await says(pilot, "Run AWS-ConfigureThing", "Which thing.")
        app.run_line(":node web-02")
        await says(pilot, "web-02 (mi-")
        app.run_line(f"command {command(1)['CommandId']}")
        await until(pilot, lambda: app.history.current.noun == "command")
        app.run_line("node nobody")
        await says(pilot, "No node is named nobody.")


async def test_documents_and_commands_that_were_seen_complete_the_line(tmp_path: Path) -> None:
    async with console(everything(), tmp_path, words="run") as (app, pilot):
        await says(pilot, "Run a script.")
        app.go("commands")
        await says(pilot, "echo number-1")
        await hit(pilot, "colon", *"run conf", "tab")
        await says(pilot, ":run AWS-ConfigureThing")
        await hit(pilot, "escape", "colon", *"command number-1", "tab")
        await says(pilot, f":command {command(1)['CommandId']}")


async def test_a_screen_that_does_not_exist_is_a_sentence_with_its_name(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        await hit(pilot, "colon", *"orders /app/prod", "enter")
        await says(pilot, "There is no screen named 'orders'; `:` lists the screens.")
        assert app.history.current.noun == "nodes"


async def test_the_line_stays_fluid_when_many_ids_were_seen(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        app.see("node", {f"mi-{number:017x}": f"db-{number}" for number in range(100_000)})
        await hit(pilot, "colon", *"db-99999", "tab")
        await says(pilot, f":node mi-{99999:017x}")


async def test_a_second_enter_on_a_busy_machine_ended_the_console(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        await pilot.press("colon")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        window = app.screen
        for _ in range(2):
            window.on_line_edit_submitted(LineEdit.Submitted("commands"))  # type: ignore[attr-defined]
        await until(pilot, lambda: app.history.current.noun == "commands")
        assert len(app.screen_stack) == 1
