"""Shells with consoles attached: sizes, replay, several consoles, slow consoles, big input, and ends."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from tests.engine.shell_bench import NODE, PATIENCE, Bench, bench
from tui.engine.context import ApiFault
from tui.engine.login_shell import login_shell
from tui.engine.nodes.this_machine import ThisMachine
from tui.ports import SystemClock


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as made:
        yield made


@pytest.fixture
async def hasty(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path, hasty=True) as made:
        yield made


async def test_a_login_shell_has_its_size_terminal_and_locale_from_the_first_byte(local: Bench) -> None:
    console = await local.open(rows=31, columns=101)
    await console.type(
        b"echo $(stty size) $TERM $COLORTERM [$0] $(pwd); locale 2>/dev/null | head -1; echo end$((1+1))\n"
    )
    out = await console.until(b"end2")
    assert b"31 101 xterm-256color truecolor [-" in out
    assert str(Path.home()).encode() in out
    assert b"UTF-8" in out.upper() or b"UTF8" in out.upper()


async def test_resize_reaches_the_program(local: Bench) -> None:
    console = await local.open("trap 'stty size' WINCH; echo ready; while :; do read x; done")
    await console.until(b"ready")
    await console.attachment.resize(40, 132)
    await console.until(b"40 132")


async def test_a_second_console_gets_the_old_output_and_both_get_the_new(local: Bench) -> None:
    first = await local.open("echo early; while read x; do echo got $x; done")
    await first.until(b"early")
    second = await local.console(first.attachment.session_id)
    assert second.attachment.replay.startswith(b"early")
    await second.type(b"one\n")
    await first.until(b"got one")
    await second.until(b"got one")
    described = await local.describe(first.attachment.session_id)
    assert described["Attached"] == 2
    await first.leave()
    await second.type(b"two\n")
    await second.until(b"got two")


async def test_a_console_that_only_looks_on_neither_types_nor_resizes(local: Bench) -> None:
    first = await local.open("echo ready; while read x; do echo got $x $(stty size); done")
    await first.until(b"ready")
    looking = await local.console(first.attachment.session_id, 50, 150, read_only=True)
    await looking.type(b"never\n")
    await looking.attachment.resize(10, 10)
    await first.type(b"mine\n")
    out = await looking.until(b"got mine 24 80")
    assert b"never" not in out


async def test_detach_and_come_back_finds_the_same_shell_and_what_it_said_meanwhile(local: Bench) -> None:
    console = await local.open("echo pid $$; read x; echo alone; read y; echo back")
    first = await console.until(b"pid ")
    session_id = console.attachment.session_id
    await console.type(b"\n")
    await console.leave()
    described = await local.status(session_id, "Disconnected")
    assert described["Attached"] == 0
    assert local.engine.live() == [f"shell on mi-0123456789abcdef0 (session {session_id})"]
    again = await local.console(session_id)
    assert first in bytes(again.seen)
    await again.until(b"alone")
    assert (await local.describe(session_id))["Status"] == "Connected"
    await again.type(b"\n")
    await again.until(b"back")


async def test_a_full_screen_program_is_made_to_redraw_at_the_same_size(local: Bench) -> None:
    program = "trap 'echo drawn at $(stty size)' WINCH; echo ready; while :; do read x; done"
    console = await local.open(program)
    await console.until(b"ready")
    await console.leave()
    again = await local.console(console.attachment.session_id)
    await again.until(b"drawn at 24 80")


async def test_input_typed_right_after_coming_back_sees_the_right_size(local: Bench) -> None:
    console = await local.open("while read x; do stty size; done")
    await console.type(b"\n")
    await console.until(b"24 80")
    await console.leave()
    again = await local.console(console.attachment.session_id)
    again.seen.clear()
    await again.type(b"\n")
    assert b"23 80" not in await again.until(b"24 80")


@pytest.mark.parametrize(
    ("command", "status", "sentence"),
    [
        ("echo last words; exit 3", 3, "exited with status 3"),
        ("echo last words; kill -TERM $$", 143, "killed by signal 15 (SIGTERM)"),
        ("echo last words", 0, "exited with status 0"),
    ],
)
async def test_the_last_output_comes_before_the_exit_status(
    local: Bench, command: str, status: int, sentence: str
) -> None:
    console = await local.open(command)
    assert b"last words" in await console.end()
    assert console.attachment.exit_status == status
    assert sentence in console.attachment.close_reason
    session_id = console.attachment.session_id
    answer = await local.engine.call("DescribeSessions", {"State": "History"})
    (row,) = [row for row in answer["Sessions"] if row["SessionId"] == session_id]
    assert row["Status"] == "Terminated"
    assert sentence in row["Details"]
    assert row["EndDate"] >= row["StartDate"]
    assert local.engine.live() == []
    with pytest.raises(ApiFault, match="is over"):
        await local.shells.attach(session_id, 24, 80)


async def test_a_megabyte_of_output_at_the_end_arrives_whole(local: Bench) -> None:
    console = await local.open("head -c 3000000 /dev/zero | tr '\\0' x; exit 9")
    out = await console.end()
    assert out.count(b"x") == 3_000_000
    assert console.attachment.exit_status == 9


async def test_a_paste_of_a_megabyte_arrives_whole_while_others_are_served(local: Bench) -> None:
    other = await local.open("while read x; do echo got $x; done")
    console = await local.open("stty raw -echo; echo ready; head -c 1048576 | cksum; stty sane")
    await console.until(b"ready")
    pasted = bytes(range(256)) * 4096
    await console.type(pasted)
    await other.type(b"meanwhile\n")
    await other.until(b"got meanwhile")
    out = await console.until(b" 1048576")
    process = await asyncio.create_subprocess_exec("cksum", stdin=-1, stdout=-1)
    expected, _ = await process.communicate(pasted)
    assert expected.split()[0] in out


async def test_a_console_that_takes_nothing_is_detached_and_the_shell_goes_on(hasty: Bench) -> None:
    hung = await hasty.shells.attach(
        await hasty.start("head -c 2000000 /dev/zero | tr '\\0' x; echo; echo done; read x"), 24, 80
    )
    watching = await hasty.console(hung.session_id)
    await watching.until(b"done")
    taken = b"".join([data async for data in hung])
    assert len(taken) < 2_000_000
    assert "took no output" in hung.close_reason
    assert hung.exit_status is None
    assert (await hasty.describe(hung.session_id))["Attached"] == 1


async def test_output_is_kept_with_nobody_there_and_the_log_stays_small(local: Bench) -> None:
    console = await local.open("echo ready; read x; seq 1 600000; echo finished; read y")
    await console.until(b"ready")
    await console.type(b"\n")
    await console.leave()
    session_id = console.attachment.session_id
    while not (again := await local.console(session_id, 24, 80, read_only=True)).seen.endswith(b"finished\r\n"):
        await again.leave()
        await asyncio.sleep(0)
    described = await local.describe(session_id)
    assert 400_000 < described["LogBytes"] < 1_200_000
    assert bytes(again.seen).split(b"\r\n")[1].isdigit()


async def test_terminate_hangs_up_and_is_idempotent(local: Bench) -> None:
    console = await local.open("trap 'echo hung up; exit 4' HUP; echo ready; while :; do read x; done")
    await console.until(b"ready")
    session_id = console.attachment.session_id
    for _ in range(2):
        answer = await local.engine.call("TerminateSession", {"SessionId": session_id})
        assert answer == {"SessionId": session_id}
    assert b"hung up" in await console.end()
    assert "Terminated by arn:" in console.attachment.close_reason
    await local.engine.call("TerminateSession", {"SessionId": session_id})
    assert (await local.describe(session_id))["ExitStatus"] == 4


async def test_a_shell_that_ignores_the_hang_up_is_killed(hasty: Bench) -> None:
    console = await hasty.open("trap '' HUP TERM; echo pid $$.; while :; do sleep 1; done")
    pid = int((await console.until(b".")).split()[-1].rstrip(b"."))
    await hasty.engine.call("TerminateSession", {"SessionId": console.attachment.session_id})
    await console.end()
    assert console.attachment.exit_status == 137
    assert not psutil.pid_exists(pid)


def test_nothing_of_the_engines_credentials_reaches_a_shell_and_its_locale_is_utf8() -> None:
    inherited = {"AWS_SECRET_ACCESS_KEY": "secret", "LC_ALL": "POSIX", "PATH": "/bin", "LC_TIME": "ko_KR.UTF-8"}
    shell = login_shell(inherited=inherited)
    assert "secret" not in str(shell.env)
    assert "LC_ALL" not in shell.env
    assert shell.env["LANG"].endswith("UTF-8")
    assert shell.env["LC_TIME"] == "ko_KR.UTF-8"
    assert shell.argv[0].startswith("-")
    assert login_shell(inherited={"LANG": "de_DE.utf8"}).env["LANG"] == "de_DE.utf8"


def test_become_sudo_asks_in_the_shells_own_terminal() -> None:
    assert login_shell(become="sudo", inherited={}).argv == ["sudo", "-i"]
    assert login_shell("id -u", become="sudo", inherited={}).argv == ["sudo", "-H", "--", "sh", "-c", "id -u"]
    assert login_shell(become="sudo", inherited={}).effective_user == "root"


async def test_two_consoles_that_open_one_session_at_once_share_one_shell(local: Bench) -> None:
    session_id = await local.start("echo pid $$; read x")
    async with asyncio.timeout(PATIENCE):
        first, second = await asyncio.gather(local.console(session_id), local.console(session_id))
    await first.type(b"\n")
    assert (await first.end()).count(b"pid") == (await second.end()).count(b"pid") == 1


async def test_a_shell_that_ends_at_once_never_leaves_its_console_waiting(local: Bench) -> None:
    async def once(number: int) -> tuple[bytes, int | None]:
        console = await local.open(f"echo {number}; exit {number}")
        return await console.end(), console.attachment.exit_status

    found = await asyncio.gather(*(once(number) for number in range(30)))
    assert found == [(b"%d\r\n" % number, number) for number in range(30)]


async def test_become_sudo_gives_a_root_shell_and_says_so(local: Bench) -> None:
    if shutil.which("sudo") is None or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode:
        pytest.skip("sudo is not there, or asks for a password")
    local.engine.services.nodes.add(ThisMachine(NODE, SystemClock(), become="sudo"))
    console = await local.open("id -un; stty size")
    assert (await console.end()).split() == [b"root", b"24", b"80"]
    assert (await local.describe(console.attachment.session_id))["EffectiveUser"] == "root"
    login = await local.open()
    await login.type(b"id -un; exit 3\n")
    assert b"root" in await login.end()
    assert login.attachment.exit_status == 3
