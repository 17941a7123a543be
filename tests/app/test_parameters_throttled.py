"""A list of AWS's parameters that breaks off goes on where it was, and is not read from its start again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.app._parameter_fake import ParametersFake
from tests.app.console import console, says, until
from tests.app.fake_transport import FakeTransport
from tui.errors import ApiError, Throttled
from tui.services.parameter_pages import Bookmark, ParameterPages

PATHS = {f"/app/key-{number:02}": "v" for number in range(60)}
THROTTLED = Throttled("ThrottlingException", "Rate exceeded", operation="GetParametersByPath")


class Breaking:
    """Answers one page with an error, for as long as `breaks`."""

    def __init__(self, fake: ParametersFake, token: str, error: ApiError) -> None:
        self.breaks = True
        self._quick, self._token, self._error = fake.answers["GetParametersByPath"], token, error
        fake.transport.answers["GetParametersByPath"] = self._answer

    def _answer(self, request: dict[str, Any]) -> Any:
        return self._error if self.breaks and request.get("NextToken") == self._token else self._quick(request)


def tokens(fake: ParametersFake) -> list[int]:
    return [int(request.get("NextToken") or 0) for request in fake.sent("GetParametersByPath")]


async def test_a_list_that_was_throttled_in_the_middle_was_read_from_its_start_again(tmp_path: Path) -> None:
    fake = ParametersFake(PATHS, on_aws=True)
    breaking = Breaking(fake, "40", THROTTLED)
    async with console(fake.transport, tmp_path, words="params") as (app, pilot):
        screen: Any = app.screen
        await until(pilot, lambda: screen._mains["local"].error is THROTTLED)
        await says(pilot, "app")
        assert tokens(fake)[:5] == [0, 10, 20, 30, 40]
        breaking.breaks = False
        await pilot.press("R")
        await until(pilot, lambda: "local" in screen._complete)
        assert tokens(fake).count(0) == 1 and tokens(fake)[-2:] == [40, 50]
        assert screen.counts()[1] == len(PATHS)
        await pilot.press("R")  # a list that is whole is read anew
        await until(pilot, lambda: tokens(fake).count(0) == 2)


async def test_a_bookmark_that_holds_no_more_begins_the_list_anew() -> None:
    fake = ParametersFake(PATHS)
    breaking = Breaking(fake, "30", ApiError("InvalidNextToken", "", operation="GetParametersByPath"))
    mark = Bookmark("30")
    found = []
    async for page in ParameterPages(fake.transport).below("/", mark):
        breaking.breaks = False
        found += [value.id for value in page]
    assert found == [*PATHS] and mark == Bookmark()
    assert tokens(fake) == [30, 0, 10, 20, 30, 40, 50]


async def test_pages_without_items_are_not_the_end_and_the_same_token_twice_is() -> None:
    def answer(request: dict[str, Any]) -> dict[str, Any]:
        return {"Parameters": [], "NextToken": {"": "a", "a": "b"}.get(request.get("NextToken", ""), "b")}

    transport = FakeTransport({"GetParametersByPath": answer})
    assert [page async for page in ParameterPages(transport).below("/", Bookmark())] == []
    assert [request.get("NextToken") for _, request in transport.sent] == [None, "a", "b"]
