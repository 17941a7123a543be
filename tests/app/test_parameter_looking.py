"""What looks further than the tree of parameters: finding them, and who uses one; and the keys that lead there."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.app._compared import fake_of, sides
from tests.app.console import SIZES, console, hit, says, text_of, until
from tests.app.engine_console import engine, engine_console
from tui.errors import AccessDenied, UsageError
from tui.ports import Ref
from tui.screens._find_words import FieldsError, read_line, said_of, search_of
from tui.screens._parameter_looking import two_folders
from tui.services.parameter_models import ParameterType, PutRequest, Tier
from tui.services.parameters import Parameters

DOCUMENT = {
    "Name": "Deploy",
    "Content": '{"schemaVersion": "2.2", "mainSteps": [{"inputs": {"run": ["echo {{ssm:/app/prod/db/host:3}}"]}}]}',
    "DocumentFormat": "JSON",
    "DocumentVersion": "2",
    "DocumentType": "Command",
}


def with_documents(fake: Any) -> Any:
    """Have two documents: one that can be read, and one that is denied."""

    def get(request: dict[str, Any]) -> Any:
        if request["Name"] == "Deploy":
            return DOCUMENT
        return AccessDenied("AccessDeniedException", "not yours", operation="GetDocument", action="ssm:GetDocument")

    names = [{"Name": "Deploy"}, {"Name": "Hidden"}]
    fake.transport.answers |= {"ListDocuments": {"DocumentIdentifiers": names}, "GetDocument": get}
    return fake


async def to_node(app: Any, pilot: Any, path: str) -> None:
    """Put the tree's cursor on a path, and wait until it is there."""
    await until(pilot, lambda: app.screen.table.move_to(Ref("local", path)))
    await until(pilot, lambda: app.screen.table.cursor_id == Ref("local", path))


# the keys of the tree


async def test_two_marked_folders_are_compared(tmp_path: Path) -> None:
    async with console(fake_of(sides()).transport, tmp_path, words="parameters /app") as (app, pilot):
        for name in ("prod", "staging"):
            await to_node(app, pilot, f"/app/{name}")
            await pilot.press("space")
        await pilot.press("equals_sign")
        await says(pilot, "- /app/prod", "+ /app/staging", "~ different")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.NOUN == "parameters")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("marked", "others", "found"),
    [
        (["/a/p/x", "/a/p/y/z", "/a/s/x"], [], ["/a/p", "/a/s"]),
        (["/a/p", "/a/s"], ["/a/t/x"], ["/a/p", "/a/s"]),
        (["/a/p/db/x", "/a/p/db/y", "/b/s/db/x"], ["/a/q", "/b/q"], ["/a/p", "/b/s"]),
        (["/a/p/db/x", "/a/s/db/x"], ["/a/p/y"], ["/a/p/db", "/a/s"]),
        (["/a/p/x", "/a/s/x", "/a/t/x"], [], []),
        (["/a/p"], [], []),
        (["local:/a/x", "prod:/a/x", "prod:/a/y"], ["local:/b", "prod:/b"], ["local:/a", "prod:/a"]),
    ],
)
def test_two_folders_are_told_by_what_is_marked(marked: list[str], others: list[str], found: list[str]) -> None:
    def refs(words: list[str]) -> list[Ref]:
        return [Ref(*word.split(":")) if ":" in word else Ref("local", word) for word in words]

    assert two_folders(refs(marked), refs(others)) == refs(found)


async def test_a_folder_is_compared_with_one_that_is_typed(tmp_path: Path) -> None:
    async with console(fake_of(sides()).transport, tmp_path, words="parameters /app/staging") as (_, pilot):
        await says(pilot, "settings")
        await pilot.press("equals_sign")
        await says(pilot, "left   /app/staging")
        await hit(pilot, *"/app/prod", "ctrl+s")
        await says(pilot, "- /app/staging", "+ /app/prod", "~ different")


# finding


def test_a_line_is_read_as_what_is_looked_for() -> None:
    search = search_of(read_line("db /app type=securestring tag=env=prod tag=team expires=14d older=4w"))
    assert (search.name, search.under, search.types) == ("db", "/app", (ParameterType.SECURE_STRING,))
    assert search.tags == {"env": "prod", "team": None}
    assert (search.expires_within, search.unchanged_for) == (timedelta(days=14), timedelta(weeks=4))
    assert said_of(search)[-1] == "expires within 2w"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("value=x", "Parameters are not found by 'value'."),
        ("name=a name=b", "name is given twice."),
        ("type=Blob", "'Blob' is no type"),
        ("expires=soon", "'soon' is no span of time."),
        ("under=app", "A path begins with a slash"),
        ("tag==x", "'=x' names no tag"),
    ],
)
def test_a_line_that_can_not_be_meant_is_told(line: str, said: str) -> None:
    with pytest.raises(UsageError) as told:
        search_of(read_line(line))
    assert said in told.value.message


def test_secrets_are_looked_into_for_a_value_alone() -> None:
    with pytest.raises(FieldsError) as told:
        search_of({"secrets": "yes"})
    assert told.value.problems["secrets"] == "Secrets are only looked into for a value."
    assert "hunter2" not in repr(search_of({"value": "hunter2", "secrets": "yes"}))
    assert "hunter2" not in " ".join(said_of(search_of({"value": "hunter2", "secrets": "yes"})))


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_found_is_a_door_to_the_tree(tmp_path: Path, size: tuple[int, int]) -> None:
    fake = fake_of(sides())
    fake.transport.answers["DescribeParameters"] = lambda request: fake.answers["DescribeParameters"](
        {"ParameterFilters": [one for one in request.get("ParameterFilters") or [] if one["Option"] == "Equals"]}
    )
    async with console(fake.transport, tmp_path, words="find prod/db", size=size) as (app, pilot):
        await says(pilot, "name has prod/db", "3 found", "/app/prod/db/host")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.NOUN == "parameters")  # type: ignore[attr-defined]
        await until(pilot, lambda: app.screen.table.cursor_id.id == "/app/prod/db/host")  # type: ignore[attr-defined]


async def test_values_are_looked_into_when_asked_and_secrets_when_the_box_says_so(tmp_path: Path) -> None:
    fake = fake_of(sides())
    async with console(fake.transport, tmp_path, words="find") as (app, pilot):
        await says(pilot, "Find parameters", "look into secrets")
        await hit(pilot, "tab", "tab", *"pw-of", "ctrl+s")
        await says(pilot, "Nothing of that was found among 14 parameters.", "secrets not looked into")
        assert not any(request["WithDecryption"] for request in fake.sent("GetParametersByPath"))
        await pilot.press("e")
        await says(pilot, "Find parameters", "pw-of")
        await hit(pilot, "tab", "tab", "tab", *"yes", "ctrl+s")
        await says(pilot, "2 found", "/app/prod/db/password", "/app/staging/db/password")
        assert "pw-of" not in text_of(app)


async def test_looking_stops_with_escape_and_what_was_found_stays(tmp_path: Path) -> None:
    fake, never = fake_of({f"/app/key-{number:02}": "x" for number in range(30)}), asyncio.Event()

    async def slow(request: dict[str, Any]) -> Any:
        if request.get("NextToken"):
            await never.wait()
        return {**fake.answers["DescribeParameters"]({}), "NextToken": "more"}

    fake.transport.answers["DescribeParameters"] = slow
    async with console(fake.transport, tmp_path, words="find key") as (app, pilot):
        await says(pilot, "30 found", "so far")
        await pilot.press("escape")
        await says(pilot, "Stopped after 30 parameters", "30 found")
        assert app.screen.NOUN == "find"  # type: ignore[attr-defined]
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.NOUN != "find" or "outermost" in text_of(app))  # type: ignore[attr-defined]


async def test_a_search_that_is_denied_says_so(tmp_path: Path) -> None:
    fake = fake_of(sides())
    fake.transport.answers["DescribeParameters"] = AccessDenied(
        "AccessDeniedException", "no", operation="DescribeParameters", action="ssm:DescribeParameters"
    )
    async with console(fake.transport, tmp_path, words="find db", size=(80, 24)) as (_, pilot):
        await says(pilot, "Denied: ssm:DescribeParameters is missing.")


@pytest.mark.slow  # an engine of its own
async def test_parameters_are_found_on_the_real_engine(tmp_path: Path) -> None:
    async with engine(tmp_path), engine_console(tmp_path, words="overview") as (app, pilot):
        await until(pilot, lambda: app.is_connected)
        parameters = app.services.of(Parameters)
        text = '[{"Type":"Expiration","Version":"1.0","Attributes":{"Timestamp":"2126-01-01T00:00:00Z"}}]'
        for name, type, more in (
            ("/app/db/host", ParameterType.STRING, {"tags": {"env": "prod"}}),
            ("/app/db/key", ParameterType.SECURE_STRING, {}),
            ("/app/soon", ParameterType.STRING, {"tier": Tier.ADVANCED, "policies": text}),
        ):
            await parameters.put(PutRequest(name=name, value=f"value of {name}", type=type, **more))  # type: ignore[arg-type]  # as named
        for words, found in (
            ("tag=env=prod", {"/app/db/host"}),
            ("type=SecureString", {"/app/db/key"}),
            ("expires=6000w", {"/app/soon"}),
            ("/app/db changed=1h", {"/app/db/host", "/app/db/key"}),
        ):
            app.run_line(f"find {words}")
            await until(
                pilot,
                lambda found=found: app.screen.NOUN == "find" and {ref.id for ref in app.screen.found} == found,  # type: ignore[attr-defined, misc]
            )


# who uses it


@pytest.mark.parametrize("size", SIZES)
async def test_documents_that_refer_to_a_parameter_are_listed(tmp_path: Path, size: tuple[int, int]) -> None:
    fake = with_documents(fake_of(sides()))
    async with console(fake.transport, tmp_path, words="parameters /app/prod/db", size=size) as (app, pilot):
        await to_node(app, pilot, "/app/prod/db/host")
        await pilot.press("u")
        await says(pilot, "Who uses /app/prod/db/host", "1 reference", "Deploy", "{{ssm:/app/prod/db/host:3}}")
        await says(pilot, "The document Hidden could not be read")
        await pilot.press("enter")
        await says(pilot, "Deploy version 2", "schemaVersion")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.screen.NOUN == "parameters")  # type: ignore[attr-defined]


async def test_a_folder_is_asked_about_with_all_below_it(tmp_path: Path) -> None:
    fake = with_documents(fake_of(sides()))
    async with console(fake.transport, tmp_path, words="parameters /app") as (app, pilot):
        await to_node(app, pilot, "/app/staging")
        await pilot.press("u")
        await says(pilot, "what is below /app/staging", "Nothing refers to it", "Not all could be read")
        await pilot.press("escape")
        await to_node(app, pilot, "/app/prod")
        await pilot.press("u")
        await says(pilot, "what is below /app/prod", "1 reference", "Deploy")
