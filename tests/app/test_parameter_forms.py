"""Parameters are made, changed and copied in forms; what somebody else writes meanwhile is never covered unseen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.events import Paste
from textual.pilot import Pilot

from tests.app._parameter_engine import EngineTransport, engine_transport
from tests.app.console import console, hit, says, text_of, until
from tests.app.fake_transport import FakeTransport
from tui.app import SsmApp
from tui.errors import AccessDenied
from tui.ports import Ref
from tui.screens import _parameter_form as forms
from tui.services.parameters import Parameters
from tui.services.service_settings import DEFAULT_TIER, DefaultTier

HOST, SECRET = Ref("local", "/app/prod/host"), Ref("local", "/app/prod/password")
HUSH = "open sesame"


class Opened:
    """A console on an engine of its own, with a way to do what a key does."""

    def __init__(self, transport: EngineTransport, app: SsmApp, pilot: Pilot[Any]) -> None:
        self.transport, self.app, self.pilot = transport, app, pilot

    async def do(self, work: Callable[..., Any], *args: Any, **more: Any) -> None:
        """Do an action of a screen, and wait for its dialog."""
        screen: Any = self.app.screen
        screen.do(work(screen, *args, **more))
        await until(self.pilot, lambda: self.app.screen is not screen)
        await self.pilot.pause()

    async def fill(self, key: str, text: str) -> None:
        """Go to a field and paste into it, in place of what it has."""
        form: Any = self.app.screen
        form.fields[key].focus()
        await self.pilot.press("ctrl+u", "ctrl+k")
        if text:
            form.fields[key].post_message(Paste(text))
        await self.pilot.pause()

    def problem(self, key: str) -> str:
        form: Any = self.app.screen
        return str(form.fields[key].problem)


@asynccontextmanager
async def opened(folder: Path, *, size: tuple[int, int] = (120, 36)) -> AsyncIterator[Opened]:
    async with engine_transport(folder) as transport:
        await transport.put(HOST.id, "db-1", AllowedPattern="db-.*", Description="where it is")
        await transport.put(SECRET.id, HUSH, "SecureString")
        async with console(transport, folder, size=size) as (app, pilot):
            await until(pilot, lambda: app.services is not None and app.screen.phase != "loading")  # type: ignore[attr-defined]
            yield Opened(transport, app, pilot)


async def test_a_parameter_is_made_below_the_folder_that_one_looks_at(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        await at.do(forms.new_parameter, "local", "/app/prod")
        await says(at.pilot, "A new parameter", "/app/prod/")
        await hit(at.pilot, *"port", "tab", "tab", *"5432")
        await says(at.pilot, "makes version 1", "PutParameter", "Name=/app/prod/port", "Value=5432", "Type=String")
        await at.pilot.press("ctrl+s")
        await says(at.pilot, "/app/prod/port is made.")
        assert await at.transport.get("/app/prod/port") == "5432"


async def test_what_is_typed_takes_the_place_of_a_chosen_type_and_a_form_that_opens_blames_nobody(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as at:
        await at.do(forms.new_parameter, "local", "/app/prod")
        screen = await says(at.pilot, "A new parameter", "/app/prod/")
        assert "is no name" not in screen
        await hit(at.pilot, *"token", "tab", *"sec")
        await says(at.pilot, "> SecureString")
        await hit(at.pilot, "tab", *"5432")
        await says(at.pilot, "Type=SecureString", "Value=••••••")
        await hit(at.pilot, "shift+tab", "down")
        await says(at.pilot, "  StringList", "> SecureString")


@pytest.mark.slow
async def test_a_new_parameter_at_each_size(tmp_path: Path) -> None:
    async with opened(tmp_path, size=(80, 24)) as at:
        await at.do(forms.new_parameter, "local", "/app")
        await hit(at.pilot, *"x", "tab", "tab", *"y")
        for size in ((80, 24), (120, 36), (200, 50)):
            await at.pilot.resize_terminal(*size)
            screen = await says(at.pilot, "A new parameter", "allowed pattern", "data type", "PutParameter", "ctrl+s")
            assert "ctrl+g" in screen


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("name", "/app//x", "is no name"),
        ("name", "/" + "/".join("abcdefghijklmnop"), "has 16 levels"),
        ("name", "/aws/x", "begins with aws"),
        ("name", "/" + "x" * 1100, "shorten it"),
        ("value", "a {{b}} c", "a parameter can't refer to another one"),
        ("value", "x" * 4097, "4,097 characters, and the Standard tier takes 4,096"),
        ("type", "Strung", "One of String, StringList, SecureString."),
        ("tier", "Gold", "One of Standard, Advanced, Intelligent-Tiering."),
        ("key", "alias/mine", "Only a SecureString has a key."),
        ("data_type", "image", "One of text, aws:ec2:image"),
        ("pattern", r"\d+", "does not fit the pattern"),
    ],
)
def test_what_can_t_be_put_is_said_at_its_field(field: str, text: str, said: str) -> None:
    form = forms.ParameterForm(Parameters(FakeTransport()), forms.Start(name="/app/"))
    form._default = DefaultTier()
    values = {**form.values, "name": "/app/x", "value": "abc"}
    assert form.problems(values) == {}
    (problem,) = form.problems({**values, field: text}).items()
    assert problem[0] == ("value" if field == "pattern" else field) and said in problem[1]


@pytest.mark.slow
async def test_a_form_refused_a_long_value_where_the_account_s_default_tier_is_advanced(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        chosen = {"SettingId": DEFAULT_TIER, "SettingValue": "Advanced"}
        await at.transport.engine.call("UpdateServiceSetting", chosen)
        await at.do(forms.new_parameter, "local", "/app")
        await at.fill("name", "/app/long")
        await at.fill("value", "x" * 5000)
        await says(at.pilot, "makes version 1 · Advanced")
        await at.pilot.press("ctrl+s")
        await says(at.pilot, "/app/long is made.")


@pytest.mark.slow
async def test_a_form_says_that_the_default_tier_is_not_known(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        denied = AccessDenied("AccessDenied", "", operation="GetServiceSetting", action="ssm:GetServiceSetting")
        at.transport.answers["GetServiceSetting"] = denied
        await at.do(forms.new_parameter, "local", "/app")
        await at.fill("name", "/app/x")
        await at.fill("value", "y")
        await says(at.pilot, "makes version 1 · Standard", "ssm:GetServiceSetting is missing")
        await at.fill("tier", "Standard")
        await until(at.pilot, lambda: "is missing" not in text_of(at.app))


async def test_a_form_with_a_problem_is_not_sent(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        await at.do(forms.new_parameter, "local", "/app")
        await at.fill("name", "/app//x")
        await says(at.pilot, "is no name")
        await at.pilot.press("ctrl+s")
        await says(at.pilot, "The value is empty")
        assert at.transport.puts() == []


async def test_what_is_wrong_with_a_field_was_cut_at_80_columns(tmp_path: Path) -> None:
    async with opened(tmp_path, size=(80, 24)) as at:
        await at.do(forms.new_parameter, "local", "/app")
        await at.fill("name", "/app/a b")
        screen = await says(at.pilot, "is no name", "ctrl+s", "allowed pattern")
        told = " ".join(line.strip(" │┃▌") for line in screen.splitlines())
        assert " ".join(at.problem("name").split()) in " ".join(told.split())


@pytest.mark.slow
async def test_an_image_s_id_is_checked_and_no_size_is_too_much_for_intelligent_tiering(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        await at.do(forms.new_parameter, "local", "/app")
        await at.fill("name", "/app/image")
        await at.fill("value", "ubuntu")
        await at.fill("data_type", "aws:ec2:image")
        await until(at.pilot, lambda: "no id of an image" in at.problem("value"))
        await at.fill("data_type", "")
        await at.fill("value", "x" * 5000)
        await until(at.pilot, lambda: "5,000 characters" in at.problem("value"))
        await at.fill("tier", "Intelligent-Tiering")
        await until(at.pilot, lambda: not at.problem("value"))
        await says(at.pilot, "Advanced")


async def test_a_value_keeps_its_blanks_and_its_lines(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        await at.do(forms.new_parameter, "local", "/app")
        await at.fill("name", "/app/pem")
        await at.fill("value", " a\r\n\tb  \n")
        await says(at.pilot, "2 lines", "of 4,096")
        await at.pilot.press("ctrl+s")
        await says(at.pilot, "/app/pem is made.")
        assert await at.transport.get("/app/pem") == " a\n\tb  "


@pytest.mark.slow
async def test_a_url_is_put_as_it_stands(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        await at.do(forms.new_parameter, "local", "/app")
        await at.fill("name", "/app/url")
        await at.fill("value", "https://example.com/x?a=[red]")
        await at.pilot.press("ctrl+s")
        await says(at.pilot, "/app/url is made.")
        assert await at.transport.get("/app/url") == "https://example.com/x?a=[red]"


@pytest.mark.slow
async def test_what_is_typed_of_a_secret_never_shows_unless_it_is_revealed(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        await at.do(forms.new_parameter, "local", "/app")
        await at.fill("name", "/app/token")
        await at.fill("type", "SecureString")
        await at.fill("value", HUSH)
        screen = await says(at.pilot, "•" * len(HUSH), "Type=SecureString", "Value=••••••")
        assert HUSH not in screen
        await at.pilot.press("ctrl+r")
        await says(at.pilot, HUSH)
        await at.pilot.press("ctrl+r")
        await until(at.pilot, lambda: HUSH not in text_of(at.app))
        await at.pilot.press("ctrl+s")
        await says(at.pilot, "/app/token is made.")
        assert await at.transport.get("/app/token") == HUSH


async def test_only_what_was_changed_is_sent(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        await at.do(forms.edit_parameter, HOST)
        await says(at.pilot, "Nothing is changed: nothing will be sent.")
        await at.fill("value", "db-2")
        await says(at.pilot, "v1 becomes v2", "Overwrite=true")
        await at.pilot.press("ctrl+s")
        await says(at.pilot, "/app/prod/host is v2 now.")
        assert at.transport.puts() == [{"Name": HOST.id, "Value": "db-2", "Type": "String", "Overwrite": True}]


@pytest.mark.slow
async def test_who_may_not_describe_parameters_may_still_edit_one(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        denied = AccessDenied("AccessDeniedException", "no", action="ssm:DescribeParameters")
        at.transport.answers["DescribeParameters"] = denied
        await at.do(forms.edit_parameter, HOST)
        await at.fill("value", "db-7")
        await at.pilot.press("ctrl+s")
        await says(at.pilot, "/app/prod/host is v2 now.")
        assert at.transport.puts() == [{"Name": HOST.id, "Value": "db-7", "Type": "String", "Overwrite": True}]


@pytest.mark.slow
async def test_an_unchanged_form_sends_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        for ref in (HOST, SECRET):
            await at.do(forms.edit_parameter, ref)
            await at.pilot.press("ctrl+s")
            await says(at.pilot, f"{ref.id} is that already: nothing was sent.")
        assert at.transport.puts() == []
        assert all(not request.get("WithDecryption") for name, request in at.transport.sent if name == "GetParameter")


@pytest.mark.slow
async def test_a_secret_is_not_read_to_change_it_and_read_to_change_what_else_it_has(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        await at.do(forms.edit_parameter, SECRET)
        assert HUSH not in await says(at.pilot, "as it is")
        await at.fill("value", "new one")
        await at.pilot.press("ctrl+s")
        await says(at.pilot, "/app/prod/password is v2 now.")
        assert await at.transport.get(SECRET.id) == "new one"
        assert ("GetParameter", {"Name": SECRET.id, "WithDecryption": True}) not in at.transport.sent
        await at.do(forms.edit_parameter, SECRET)
        await at.fill("description", "of the gate")
        await says(at.pilot, "its secret is read when this is sent")
        await at.pilot.press("ctrl+s")
        await says(at.pilot, "/app/prod/password is v3 now.")
        assert await at.transport.get(SECRET.id) == "new one"
        assert at.transport.puts()[-1]["Description"] == "of the gate"


@pytest.mark.slow
async def test_an_advanced_parameter_can_t_become_standard_again_and_becoming_advanced_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        await at.do(forms.edit_parameter, HOST)
        await at.fill("tier", "Advanced")
        await says(at.pilot, "it becomes Advanced, for good")
        await at.pilot.press("ctrl+s")
        await says(at.pilot, "is v2 now, in the Advanced tier.")
        await at.do(forms.edit_parameter, HOST)
        await at.fill("tier", "Standard")
        await until(at.pilot, lambda: "can't be left" in at.problem("tier"))


@pytest.mark.slow
async def test_a_refusal_of_the_api_stays_in_the_form_at_its_field(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        await at.do(forms.new_parameter, "local", "/app")
        await at.fill("name", "/app/token")
        await at.fill("type", "SecureString")
        await at.fill("value", HUSH)
        await at.fill("key", "alias/nowhere")
        await at.pilot.press("ctrl+s")
        assert HUSH not in await says(at.pilot, "InvalidKeyId")
        await until(at.pilot, lambda: at.app.focused is at.app.screen.fields["key"])  # type: ignore[attr-defined]


@pytest.mark.slow
async def test_a_copy_takes_what_the_parameter_has_and_its_tags_along(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        tags = [{"Key": "env", "Value": "prod"}]
        tagged = {"ResourceType": "Parameter", "ResourceId": SECRET.id, "Tags": tags}
        await at.transport.engine.call("AddTagsToResource", tagged)
        await at.do(forms.copy_parameter, SECRET)
        await until(at.pilot, lambda: "That is the parameter itself" in at.problem("name"))
        assert HUSH not in await says(at.pilot, "that of /app/prod/password")
        await at.fill("name", "/app/staging/password")
        await at.pilot.press("ctrl+s")
        await says(at.pilot, "/app/staging/password is made.")
        assert await at.transport.get("/app/staging/password") == HUSH
        (put,) = at.transport.puts()
        assert put["Tags"] == tags and "Overwrite" not in put


# somebody else


@pytest.mark.slow
async def test_a_version_that_moved_is_refused_and_shown_three_ways(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        await at.do(forms.edit_parameter, HOST)
        await at.fill("value", "db-mine")
        await at.transport.put(HOST.id, "db-theirs", Overwrite=True)
        await at.pilot.press("ctrl+s")
        screen = await says(at.pilot, "was changed meanwhile: nothing was sent", "base    db-1", "theirs  db-theirs")
        assert "yours   db-mine" in screen and at.transport.puts() == []
        await at.pilot.press("escape")
        await says(at.pilot, "/app/prod/host was changed meanwhile: nothing was sent.", "db-mine")
        await at.pilot.press("ctrl+s")
        await says(at.pilot, "m put mine over it")
        await at.pilot.press("m")
        await says(at.pilot, "/app/prod/host is v3 now.")
        assert await at.transport.get(HOST.id) == "db-mine"


@pytest.mark.slow
async def test_theirs_is_taken(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        await at.do(forms.edit_parameter, HOST)
        await at.fill("description", "another")
        await at.transport.put(HOST.id, "db-theirs", Overwrite=True)
        await at.pilot.press("ctrl+s")
        await says(at.pilot, "only: description")
        await at.pilot.press("t")
        await says(at.pilot, "/app/prod/host stays as they wrote it.")
        assert at.transport.puts() == []


@pytest.mark.slow
async def test_a_description_put_over_theirs_keeps_their_value(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        await at.do(forms.edit_parameter, HOST)
        await at.fill("description", "another")
        await at.transport.put(HOST.id, "db-theirs", Overwrite=True)
        await at.pilot.press("ctrl+s")
        await says(at.pilot, "m put mine over it")
        await at.pilot.press("m")
        await says(at.pilot, "/app/prod/host is v3 now.")
        assert await at.transport.get(HOST.id) == "db-theirs"


@pytest.mark.slow
async def test_secrets_of_a_conflict_show_only_when_they_are_revealed(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        await at.do(forms.edit_parameter, SECRET)
        await at.fill("value", "my word")
        await at.transport.put(SECRET.id, "their word", "SecureString", Overwrite=True)
        await at.pilot.press("ctrl+s")
        screen = await says(at.pilot, "was changed meanwhile", "v reveals them")
        assert not any(text in screen for text in (HUSH, "my word", "their word"))
        await at.pilot.press("v")
        await says(at.pilot, f"base    {HUSH}", "theirs  their word", "yours   my word", "shows for")
        await at.pilot.press("v")
        await until(at.pilot, lambda: HUSH not in text_of(at.app) and "their word" not in text_of(at.app))


@pytest.mark.slow
async def test_a_deleted_one_is_made_anew_only_where_that_is_wanted(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        await at.do(forms.edit_parameter, HOST)
        await at.fill("value", "db-9")
        await at.transport.engine.call("DeleteParameter", {"Name": HOST.id})
        await at.pilot.press("ctrl+s")
        await says(at.pilot, "was deleted meanwhile: nothing was sent", "m make it anew")
        await at.pilot.press("m")
        await says(at.pilot, "/app/prod/host is made.")
        assert await at.transport.get(HOST.id) == "db-9"


@pytest.mark.slow
async def test_a_new_name_that_somebody_made_meanwhile_is_a_conflict(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        await at.do(forms.new_parameter, "local", "/app")
        await at.fill("name", HOST.id)
        await at.fill("value", "db-mine")
        await at.pilot.press("ctrl+s")
        await says(at.pilot, "it was not there", "theirs  db-1", "yours   db-mine")
        await at.pilot.press("escape", "escape")
        assert await at.transport.get(HOST.id) == "db-1"


@pytest.mark.slow
@pytest.mark.parametrize("key", ["b", "enter"])
async def test_who_wrote_in_between_is_told_and_put_back_with_one_key(tmp_path: Path, key: str) -> None:
    async with opened(tmp_path) as at:
        await at.do(forms.edit_parameter, HOST)
        await at.fill("value", "db-mine")
        at.transport.before["PutParameter"] = lambda: at.transport.put(HOST.id, "db-theirs", Overwrite=True)
        await at.pilot.press("ctrl+s")
        await says(at.pilot, "Somebody wrote /app/prod/host in between", "theirs  db-theirs", "yours   db-mine")
        await at.pilot.press(key)
        if key == "b":
            await says(at.pilot, "/app/prod/host is v4, as they wrote it.")
            assert await at.transport.get(HOST.id) == "db-theirs"
        else:
            await says(at.pilot, "is v3 now, over what somebody wrote in between.")
            assert await at.transport.get(HOST.id) == "db-mine"
