"""Secrets and the clipboard: only where they can be taken back, and they are, unless somebody else copied meanwhile."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.app._parameter_fake import ParametersFake
from tests.app.console import console, says, text_of
from tui.errors import UsageError
from tui.screens import _secret_clipboard
from tui.screens._secret_clipboard import place_of, put_secret

SECRET = "hush-9f2c\nand more"

TOOL = """\
#!/bin/sh
case "$*" in
  *-out*) cat "$CLIPBOARD" ;;
  *) printf '%s\\n' "$*" >>"$CLIPBOARD.arguments"; cat >"$CLIPBOARD.new"; mv "$CLIPBOARD.new" "$CLIPBOARD" ;;
esac
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Give an environment with a clipboard tool that keeps what it is given in a file."""
    tool = tmp_path / "bin" / "xclip"
    tool.parent.mkdir()
    tool.write_text(TOOL)
    tool.chmod(0o755)
    return {
        "PATH": f"{tool.parent}{os.pathsep}{os.environ['PATH']}",
        "DISPLAY": ":0",
        "CLIPBOARD": str(tmp_path / "clipboard"),
    }


async def ended() -> None:
    """Wait until the guard has done its work."""
    async with asyncio.timeout(20):
        await _secret_clipboard._guards[-1].wait()


async def test_it_is_cleared_after_its_time_and_never_stood_on_a_command_line(environ: dict[str, str]) -> None:
    said = await put_secret(SECRET, seconds=0.05, environ=environ)
    assert said == "the clipboard for 0 s"
    await ended()
    assert Path(environ["CLIPBOARD"]).read_text() == ""
    assert "hush" not in Path(environ["CLIPBOARD"] + ".arguments").read_text()


async def test_what_somebody_else_copied_meanwhile_stays(environ: dict[str, str]) -> None:
    await put_secret(SECRET, seconds=60, environ=environ)
    assert Path(environ["CLIPBOARD"]).read_text() == SECRET
    Path(environ["CLIPBOARD"]).write_text("mine")
    guard: Any = _secret_clipboard._guards[-1]
    guard.stdin.close()  # as when the console is killed
    await ended()
    assert Path(environ["CLIPBOARD"]).read_text() == "mine"


async def test_a_console_that_is_gone_takes_its_secret_with_it(environ: dict[str, str]) -> None:
    await put_secret(SECRET, seconds=60, environ=environ)
    guard: Any = _secret_clipboard._guards[-1]
    guard.stdin.close()
    await ended()
    assert Path(environ["CLIPBOARD"]).read_text() == ""


async def test_a_second_secret_is_not_cleared_by_the_guard_of_the_first(environ: dict[str, str]) -> None:
    await put_secret(SECRET, seconds=60, environ=environ)
    first = _secret_clipboard._guards[-1]
    await put_secret("another", seconds=60, environ=environ)
    await first.wait()
    assert Path(environ["CLIPBOARD"]).read_text() == "another"
    guard: Any = _secret_clipboard._guards[-1]
    guard.stdin.close()
    await ended()


async def test_a_tool_that_fails_is_told_without_the_secret(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "bin" / "xclip").write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(UsageError, match="xclip ended with 3") as caught:
        await put_secret(SECRET, environ=environ)
    assert "hush" not in str(caught.value)


def test_a_place_is_one_that_can_be_read_again_or_a_buffer_of_our_own(tmp_path: Path) -> None:
    def where(platform: str = "linux", **environ: str) -> str:
        place = place_of({"PATH": str(tmp_path), **environ}, platform)
        return place.write[0] if place else ""

    def have(*tools: str) -> None:
        for tool in tools:
            (tmp_path / tool).touch(0o755)

    assert where(WAYLAND_DISPLAY="w", DISPLAY=":0", TMUX="/tmp/t,1,0") == ""
    have("tmux", "wl-copy")
    assert where(WAYLAND_DISPLAY="w", TMUX="t") == "tmux"
    have("wl-paste", "xsel", "pbcopy", "pbpaste")
    assert where(WAYLAND_DISPLAY="w", DISPLAY=":0") == "wl-copy"
    assert where(DISPLAY=":0") == "xsel"
    assert where("darwin") == "pbcopy" and where() == ""


@pytest.fixture
def tmux() -> Iterator[dict[str, str]]:
    """Give the environment of a pane in a tmux of our own."""
    if shutil.which("tmux") is None:
        pytest.skip("there is no tmux here")
    name = f"ssm-{uuid.uuid4().hex[:8]}"
    subprocess.run(["tmux", "-L", name, "-f", "/dev/null", "new-session", "-d", "sleep 60"], check=True)
    told = subprocess.run(
        ["tmux", "-L", name, "display-message", "-p", "#{socket_path},#{pid},0"], check=True, capture_output=True
    )
    yield {"PATH": os.environ["PATH"], "TMUX": told.stdout.decode().strip()}
    subprocess.run(["tmux", "-L", name, "kill-server"], check=False)


async def test_in_tmux_a_buffer_of_our_own_holds_it_and_is_deleted(tmux: dict[str, str]) -> None:
    def buffers() -> str:
        return subprocess.run(["tmux", "list-buffers"], env=tmux, capture_output=True, check=True).stdout.decode()

    said = await put_secret(SECRET, seconds=60, environ=tmux)
    assert "ssm-tui-" in buffers() and said.startswith("tmux's buffer ssm-tui-")
    name = said.split()[2].rstrip(",")
    shown = subprocess.run(["tmux", "show-buffer", "-b", name], env=tmux, capture_output=True, check=True).stdout
    assert shown.decode() == SECRET
    guard: Any = _secret_clipboard._guards[-1]
    guard.stdin.close()
    await ended()
    assert buffers() == ""


async def test_c_offers_what_there_is_and_says_where_a_secret_can_not_go(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    fake = ParametersFake({"/app/a": "plain value", "/app/b": "secret:hush"})
    async with console(fake.transport, tmp_path, words="params /app", size=(160, 40)) as (app, pilot):
        await says(pilot, "/app")
        screen: Any = app.screen
        screen.environ = {"PATH": environ["PATH"]}
        await pilot.press("j")
        await says(pilot, "value      plain value")
        await pilot.press("c")
        await says(pilot, "name  /app/a", "value  plain value", "aws ssm get-parameter --name /app/a --wit")
        await pilot.press("2")
        await says(pilot, "Copied value.")
        assert app.clipboard == "plain value"
        await pilot.press("j")
        await says(pilot, "SecureString · v1")
        await pilot.press("c")
        await says(pilot, "value (a secret: it is taken back after 30 s)")
        assert "hush" not in text_of(app)
        await pilot.press("2")
        said = await says(pilot, "can't be taken back", "ssm-tui params exec /app -- COMMAND hands it over")
        assert "tmux). ssm-tui" in " ".join(said.split()), "one sentence ends before the other begins"
        screen.environ = environ
        await pilot.press("c", "2")
        await says(pilot, "The value of /app/b is in the clipboard for 30 s.")
        assert Path(environ["CLIPBOARD"]).read_text() == "hush"
        assert app.clipboard == "plain value"
        guard: Any = _secret_clipboard._guards[-1]
        guard.stdin.close()
        await ended()
