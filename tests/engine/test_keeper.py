"""The keeper as a real process: it starts shells, sees their ends, and goes when nobody needs it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tui.engine import keeper
from tui.engine.context import StatePaths
from tui.engine.keeper_client import KeeperClient, KeeperError

SH = {"file": "/bin/sh", "env": {"PATH": os.environ["PATH"], "TERM": "xterm"}, "cwd": "/", "rows": 24, "columns": 80}


class Daemon:
    """A client of the keeper that notes what it hears."""

    def __init__(self, paths: StatePaths) -> None:
        self.ends: asyncio.Queue[tuple[str, int | None, int | None]] = asyncio.Queue()
        self.lost = asyncio.Event()
        self.client = KeeperClient(paths, on_ended=lambda *end: self.ends.put_nowait(end), on_lost=self.lost.set)


@pytest.fixture
def paths(tmp_path: Path) -> StatePaths:
    return StatePaths(tmp_path)


async def keeper_process(client: KeeperClient) -> psutil.Process:
    answer, _ = await client._request("hello")
    return psutil.Process(answer["pid"])


def read_all(master: int) -> bytes:
    """Read a terminal to its end."""
    parts = []
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        parts.append(data)
    return b"".join(parts)


async def gone(process: psutil.Process) -> None:
    """Wait for a process to end (it may be our own child, which then is a zombie to be reaped)."""
    await asyncio.to_thread(psutil.wait_procs, [process], timeout=20)
    with suppress(psutil.NoSuchProcess):  # it may go between the two questions
        assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


async def test_exit_status_and_signal_are_seen_and_the_keeper_leaves(paths: StatePaths) -> None:
    daemon = Daemon(paths)
    _, _, first = await daemon.client.open("a", argv=["sh", "-c", "exit 7"], **SH)
    _, _, second = await daemon.client.open("b", argv=["sh", "-c", "kill -9 $$"], **SH)
    process = await keeper_process(daemon.client)
    ends = {await daemon.ends.get(), await daemon.ends.get()}
    assert ends == {("a", 7, None), ("b", None, 9)}
    assert paths.keeper_socket.stat().st_mode & 0o777 == 0o600
    for name, master in (("a", first), ("b", second)):
        await daemon.client.forget(name)
        os.close(master)
    await daemon.client.aclose()
    await gone(process)
    assert not paths.keeper_socket.exists()


async def test_the_size_is_right_at_the_first_byte_and_it_is_a_login_session_on_its_terminal(paths: StatePaths) -> None:
    daemon = Daemon(paths)
    script = "stty size; tty; ps -o pid=,sid=,tpgid= -p $$; trap"
    pid, _, master = await daemon.client.open("a", argv=["sh", "-c", script], **{**SH, "rows": 33, "columns": 111})
    await daemon.ends.get()
    size, terminal, ids = read_all(master).decode().splitlines()
    assert size == "33 111"
    assert terminal.startswith("/dev/")
    assert ids.split()[:2] == [str(pid), str(pid)]
    await daemon.client._request("leave")


async def test_nothing_of_the_keeper_leaks_into_a_shell(paths: StatePaths) -> None:
    daemon = Daemon(paths)
    _, _, held = await daemon.client.open("first", argv=["sh", "-c", "read x"], **SH)
    script = (
        "import os,signal\n"
        "def of(n): return os.path.realpath(f'/dev/fd/{n}')\n"
        "fds=[n for n in range(3,64) if os.path.exists(of(n)) and 'pt' in of(n)]\n"
        "ignored=[s.name for s in (signal.SIGHUP,signal.SIGINT,signal.SIGQUIT) "
        "if signal.getsignal(s)==signal.SIG_IGN]\n"
        "print(fds,ignored,sorted(signal.pthread_sigmask(signal.SIG_BLOCK,())),sorted(os.environ))\n"
    )
    env = {"PATH": os.environ["PATH"]}
    _, _, master = await daemon.client.open(
        "a", **{**SH, "file": sys.executable, "argv": ["py", "-I", "-S", "-c", script], "env": env}
    )
    await daemon.ends.get()
    out = read_all(master).decode()
    assert out.startswith("[] [] [] ["), out
    assert "'PATH'" in out
    assert "SSM" not in out
    os.close(held)
    await daemon.client._request("leave")


async def test_a_program_that_is_not_there_is_said_and_the_keeper_goes_on(paths: StatePaths) -> None:
    daemon = Daemon(paths)
    with pytest.raises(KeeperError, match="No such file"):
        await daemon.client.open("a", **{**SH, "file": "/no/such/shell", "argv": ["x"]})
    _, _, master = await daemon.client.open("a", argv=["sh", "-c", "echo here"], **{**SH, "cwd": "/no/such/folder"})
    assert b"here" in read_all(master)
    await daemon.client._request("leave")


async def test_an_end_that_no_daemon_saw_is_told_to_the_next_with_the_last_output(paths: StatePaths) -> None:
    daemon = Daemon(paths)
    pid, started, master = await daemon.client.open("a", argv=["sh", "-c", "read x; echo got $x; exit 5"], **SH)
    os.write(master, b"word\n")
    os.close(master)
    await daemon.client.aclose()
    with suppress(psutil.NoSuchProcess):  # it may be gone before one looks
        await gone(psutil.Process(pid))

    later = Daemon(paths)
    assert await later.client.connect(start=False)
    (shell,) = await later.client.shells()
    if "code" not in shell:
        await later.ends.get()
        (shell,) = await later.client.shells()
    assert shell == {"session": "a", "pid": pid, "started": started, "parent": True, "code": 5, "signal": None}
    master = await later.client.take("a")
    assert b"got word" in read_all(master)
    process = await keeper_process(later.client)
    await later.client.forget("a")
    await later.client.aclose()
    await gone(process)


async def test_a_killed_keeper_is_noticed_and_a_new_one_adopts_the_shell(paths: StatePaths) -> None:
    daemon = Daemon(paths)
    pid, started, master = await daemon.client.open("a", argv=["sh", "-c", "read x; echo got $x"], **SH)
    old = await keeper_process(daemon.client)
    old.kill()
    await daemon.lost.wait()
    assert psutil.pid_exists(pid)
    await daemon.client.connect(start=True)
    await daemon.client.adopt("a", pid=pid, started=started, master=master)
    os.close(master)
    assert await daemon.client.shells() == [{"session": "a", "pid": pid, "started": started, "parent": False}]
    master = await daemon.client.take("a")
    os.write(master, b"word\n")
    assert b"got word" in await asyncio.to_thread(read_all, master)
    await daemon.client._request("leave")


async def test_a_state_folder_with_a_long_path_works(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["long-name-of-a-folder"] * 8)
    folder.mkdir(parents=True)
    assert len(str(StatePaths(folder).keeper_socket)) > 150
    daemon = Daemon(StatePaths(folder))
    _, _, master = await daemon.client.open("a", argv=["sh", "-c", "read x"], **SH)
    await daemon.client.aclose()
    later = Daemon(StatePaths(folder))
    assert await later.client.connect(start=False)
    assert [shell["session"] for shell in await later.client.shells()] == ["a"]
    os.close(master)
    await later.client._request("leave")


async def test_a_socket_left_by_a_killed_keeper_is_replaced(paths: StatePaths) -> None:
    first = Daemon(paths)
    await first.client.connect(start=True)
    (await keeper_process(first.client)).kill()
    await first.lost.wait()
    assert paths.keeper_socket.exists()
    second = Daemon(paths)
    assert not await second.client.connect(start=False)
    assert await second.client.connect(start=True)
    await second.client._request("leave")


async def test_signals_reach_the_foreground_job_too(paths: StatePaths) -> None:
    daemon = Daemon(paths)
    script = "set -m; trap 'echo shell hup; exit 3' HUP; sh -c 'trap \"echo job hup; exit\" HUP; echo ready; read x'"
    _, _, master = await daemon.client.open("a", argv=["sh", "-c", script], **SH)
    seen = b""
    while b"ready" not in seen:
        seen += await asyncio.to_thread(os.read, master, 1024)
    await daemon.client.signal("a", signal.SIGHUP)
    assert await daemon.ends.get() == ("a", 3, None)
    out = read_all(master)
    assert b"job hup" in out
    assert b"shell hup" in out
    await daemon.client._request("leave")


def test_it_imports_only_the_standard_library_and_little_of_it() -> None:
    code = f"import sys, importlib.util as u; s = u.spec_from_file_location('keeper', {keeper.__file__!r})"
    code += "; m = u.module_from_spec(s); s.loader.exec_module(m); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"tui", "asyncio", "typing", "subprocess", "logging", "ssl", "psutil"}


async def test_an_adopted_shell_that_hung_up_does_not_hold_the_keeper_for_ever(paths: StatePaths) -> None:
    daemon = Daemon(paths)
    pid, started, master = await daemon.client.open("a", argv=["sh", "-c", "read x"], **SH)
    (await keeper_process(daemon.client)).kill()
    await daemon.lost.wait()
    await daemon.client.connect(start=True)
    await daemon.client.adopt("a", pid=pid, started=started, master=master)
    shell = keeper.Shell("a", pid, master, started, False)
    assert shell.lives
    os.write(master, b"\n")
    await asyncio.to_thread(read_all, master)
    assert not shell.lives
    os.close(master)
    await daemon.client._request("leave")
