"""The daemon as a process, and the client that starts it."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys

import pytest

from tests.engine.daemons import kill, state_folder
from tui import __version__
from tui.errors import ApiError, EngineStopped, OutcomeUnknown, StateError, Unreachable
from tui.transport.local import LocalTransport
from tui.transport.starting import lock_owner, reach, start_daemon, wait_until_gone

HELLO = {"version": __version__, "pid": os.getpid(), "client": "test"}


@pytest.fixture
async def state(tmp_path):
    async with state_folder(tmp_path / "state") as folder:
        yield folder


async def lost(transport):
    """Wait until a transport has heard that its connection is lost."""
    told = asyncio.get_running_loop().create_future()
    transport.on_lost.append(lambda error: told.done() or told.set_result(error))
    return await asyncio.wait_for(told, 10) if transport.connected else None


async def test_the_daemon_is_started_when_nobody_listens_and_shared_by_all(state):
    first, second, third = await asyncio.gather(*(LocalTransport.connect(state) for _ in range(3)))
    assert first.peer["pid"] == second.peer["pid"] == third.peer["pid"] == lock_owner(state)
    assert first.peer["version"] == __version__
    assert first.version_mismatch is None
    described = await first.call("DescribeEngine", service="ssm-tui")
    assert described["Consoles"] == 3
    assert described["StateDirectory"] == str(state)
    assert described["Pid"] == first.peer["pid"]
    assert {use["Name"] for use in described["DiskUsage"]} >= {"store", "runs", "sessions", "logs"}
    for transport in (second, third):
        await transport.aclose()
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    for name in ("engine.sock", "engine.db", "engine.log", "engine.lock"):
        assert stat.S_IMODE((state / name).stat().st_mode) == 0o600, name
    await first.aclose()


async def test_without_start_nobody_is_started(state):
    with pytest.raises(Unreachable, match="No engine runs"):
        await LocalTransport.connect(state, start=False)
    assert not state.exists()


async def test_the_daemon_outlives_its_starter_and_holds_no_terminal(state):
    code = (
        "import asyncio, sys; from pathlib import Path; from tui.transport.local import LocalTransport;"
        "print(asyncio.run(LocalTransport.connect(Path(sys.argv[1]))).peer['pid'])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(state)], capture_output=True, text=True, check=True)
    pid = int(done.stdout)
    transport = await LocalTransport.connect(state, start=False)
    assert transport.peer["pid"] == pid
    assert os.getsid(pid) == pid != os.getsid(0)
    await transport.aclose()


async def test_a_state_folder_with_a_long_path_works(tmp_path):
    async with state_folder(tmp_path / ("long-" * 30)) as state:
        transport = await LocalTransport.connect(state)
        assert len(str(state / "engine.sock")) > 108
        assert (await transport.call("DescribeEngine", service="ssm-tui"))["Pid"] == transport.peer["pid"]
        await transport.aclose()


async def test_a_socket_that_a_dead_daemon_left_is_replaced(state):
    first = await LocalTransport.connect(state)
    kill(first.peer["pid"])
    await lost(first)
    assert (state / "engine.sock").exists()
    second = await LocalTransport.connect(state)
    assert second.peer["pid"] != first.peer["pid"]
    assert second.peer["account"] == first.peer["account"]
    await second.aclose()


async def test_a_killed_daemon_is_noticed_restarted_and_reconnected(state):
    transport = await LocalTransport.connect(state)
    pid = transport.peer["pid"]
    os.kill(pid, signal.SIGSTOP)  # so that the calls are under way when it dies
    reading = asyncio.ensure_future(transport.call("DescribeEngine", service="ssm-tui"))
    writing = asyncio.ensure_future(transport.call("StopEngine", service="ssm-tui"))
    watching = asyncio.ensure_future(anext(aiter(transport.watch("nodes"))))
    await asyncio.sleep(0)
    heard = asyncio.ensure_future(lost(transport))
    await asyncio.sleep(0)
    kill(pid)
    assert isinstance(await heard, Unreachable)
    results = await asyncio.gather(reading, writing, watching, return_exceptions=True)
    assert [type(each) for each in results] == [Unreachable, OutcomeUnknown, Unreachable]
    assert "StopEngine" in results[1].message
    with pytest.raises(Unreachable):
        await transport.call("DescribeEngine", service="ssm-tui")
    await asyncio.gather(transport.reconnect(), transport.reconnect())
    assert transport.peer["pid"] != pid
    assert (await transport.call("DescribeEngine", service="ssm-tui"))["Pid"] == transport.peer["pid"]
    await transport.aclose()


async def test_an_owner_that_hangs_is_named_with_what_to_do(state):
    transport = await LocalTransport.connect(state)
    pid = transport.peer["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(StateError) as caught:
            await reach(state, HELLO, lambda error: None, deadline=0.3)
        assert f"process {pid}" in caught.value.message
        assert "ssm-tui stop --force" in caught.value.hint
    finally:
        os.kill(pid, signal.SIGCONT)
    await transport.aclose()


async def test_an_owner_without_a_socket_is_named_too(state):
    transport = await LocalTransport.connect(state)
    pid = transport.peer["pid"]
    (state / "engine.sock").unlink()
    with pytest.raises(StateError, match=f"process {pid}"):
        await reach(state, HELLO, lambda error: None, deadline=0.5)
    await transport.call("StopEngine", service="ssm-tui")
    await wait_until_gone(state, pid)


async def test_sigterm_stops_it_cleanly(state):
    transport = await LocalTransport.connect(state)
    heard = asyncio.ensure_future(lost(transport))
    await asyncio.sleep(0)
    os.kill(transport.peer["pid"], signal.SIGTERM)
    await heard
    await wait_until_gone(state, transport.peer["pid"])
    assert not (state / "engine.sock").exists()
    assert not (state / "engine.db-wal").exists()
    assert not (state / "engine.crash").exists()


async def test_stop_answers_and_restart_gives_a_new_one(state):
    transport = await LocalTransport.connect(state)
    pid = transport.peer["pid"]
    await transport.restart_when_idle()
    assert transport.peer["pid"] != pid
    audit = await transport.call("ListAuditEvents", service="ssm-tui")
    assert [event["Operation"] for event in audit["Events"]] == ["StopEngine"]
    assert await transport.call("StopEngine", service="ssm-tui") == {}


async def test_another_version_is_said(state):
    transport = await LocalTransport.connect(state)
    transport.peer = transport.peer | {"version": "0.0.1"}
    assert transport.version_mismatch is not None
    assert transport.version_mismatch.theirs == "0.0.1"
    assert transport.version_mismatch.ours == __version__
    await transport.aclose()


async def test_it_leaves_when_idle_and_not_while_somebody_looks(state):
    transport = await LocalTransport.connect(state, idle=0.2)
    pid = transport.peer["pid"]
    await asyncio.sleep(1.0)  # five times its patience, with us looking
    assert (await transport.call("DescribeEngine", service="ssm-tui"))["Pid"] == pid
    await transport.aclose()
    await wait_until_gone(state, pid)
    assert "nobody looked" in (state / "engine.log").read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
async def test_a_folder_that_can_not_be_written_is_said(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StateError, match="can't be used: Permission denied"):
            await LocalTransport.connect(tmp_path / "state")
    finally:
        tmp_path.chmod(0o700)


async def test_a_folder_that_is_a_file_is_said(tmp_path):
    (tmp_path / "state").write_text("")
    with pytest.raises(StateError, match="can't be used"):
        await LocalTransport.connect(tmp_path / "state")


async def test_a_folder_where_the_socket_goes_is_said(tmp_path):
    (tmp_path / "engine.sock").mkdir()
    with pytest.raises(StateError, match=r"engine\.sock is a folder") as caught:
        await LocalTransport.connect(tmp_path)
    assert "Move it away" in caught.value.hint


async def test_a_daemon_whose_folder_was_deleted_leaves_the_socket_of_the_next_one_alone(state):
    first = await LocalTransport.connect(state)
    shutil.rmtree(state)
    second = await LocalTransport.connect(state)
    assert second.peer["pid"] != first.peer["pid"]
    await first.call("StopEngine", {"Force": True}, service="ssm-tui")
    await lost(first)
    third = await LocalTransport.connect(state)
    assert third.peer["pid"] == second.peer["pid"]
    for transport in (second, third):
        await transport.aclose()


async def test_a_store_from_a_newer_version_is_said_to_who_started_it(state):
    transport = await LocalTransport.connect(state)
    await transport.call("StopEngine", service="ssm-tui")
    await wait_until_gone(state, transport.peer["pid"])
    store = sqlite3.connect(state / "engine.db")
    store.execute("PRAGMA user_version = 999")
    store.close()
    before = (state / "engine.db").read_bytes()
    with pytest.raises(StateError, match="format 999"):
        await LocalTransport.connect(state)
    assert (state / "engine.db").read_bytes() == before


async def test_a_crash_is_kept_and_shown(state):
    state.mkdir(0o700)
    (state / "engine.crash").write_text("1800000000.5\nTraceback\nValueError: no luck\n")
    transport = await LocalTransport.connect(state)
    described = await transport.call("DescribeEngine", service="ssm-tui")
    assert described["LastCrash"] == {"At": 1800000000.5, "Text": "Traceback\nValueError: no luck"}
    await transport.aclose()


async def test_a_start_that_crashes_says_why_and_leaves_the_traceback(state):
    said = await start_daemon(state, ["--settings", "5"], asyncio.get_running_loop().time() + 20)
    assert "could not start" in said["error"]
    assert "Traceback" in (state / "engine.crash").read_text()


async def test_what_python_says_before_the_daemon_can_is_passed_on(tmp_path):
    import time

    said = await start_daemon(tmp_path, ["--no-such-option"], time.monotonic() + 10)
    assert "--no-such-option" in said["error"]


async def test_in_the_foreground_it_serves_until_it_is_told_to_stop(state):
    process = subprocess.Popen([sys.executable, "-m", "tui.engine.daemon", "--state", str(state)])
    try:
        while not (state / "engine.sock").exists():
            assert process.poll() is None
            await asyncio.sleep(0.02)
        transport = await LocalTransport.connect(state, start=False)
        assert transport.peer["pid"] == process.pid
        second = subprocess.run(
            [sys.executable, "-m", "tui.engine.daemon", "--state", str(state)], capture_output=True, text=True
        )
        assert second.returncode == 1
        assert f"process {process.pid}" in second.stderr
    finally:
        process.terminate()
    assert await asyncio.to_thread(process.wait, 10) == 0


async def test_the_start_imports_nothing_heavy(state):
    code = (
        "import sys, json; import tui.engine.daemon; from tui.engine.dispatch import find_marks;"
        "find_marks('tui.engine.domains'); print(json.dumps(sorted(sys.modules)))"
    )
    loaded = set(json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout))
    assert not loaded & {"botocore", "boto3", "aiohttp", "asyncssh", "textual", "rich", "urllib3"}


async def test_errors_of_the_api_come_as_ours(state):
    transport = await LocalTransport.connect(state, read_only=True)
    with pytest.raises(ApiError) as caught:
        await transport.call("StopEngine", service="ssm-tui")
    assert (caught.value.code, caught.value.action) == ("AccessDeniedException", "ssm-tui:StopEngine")
    with pytest.raises(ApiError) as caught:
        await transport.call("DescribeOpsItems", {})
    assert type(caught.value).__name__ == "NotImplementedByEngine"
    assert caught.value.operation == "DescribeOpsItems"
    await transport.aclose()


async def test_consoles_were_not_told_that_the_engine_was_stopped_on_purpose(state):
    console, stopper = await LocalTransport.connect(state), await LocalTransport.connect(state, client="cli")
    hearing = asyncio.create_task(lost(console))
    await asyncio.sleep(0)
    await stopper.call("StopEngine", {"Force": True}, service="ssm-tui")
    assert isinstance(await hearing, EngineStopped)
    assert console.stopped
    with pytest.raises(EngineStopped):
        await console.call("DescribeEngine", service="ssm-tui")
    await console.reconnect()
    assert not console.stopped
    await console.call("DescribeEngine", service="ssm-tui")
    await console.aclose()
    await stopper.aclose()


async def test_consoles_come_back_by_themselves_where_one_of_them_restarts_the_engine(state):
    console, other = await LocalTransport.connect(state), await LocalTransport.connect(state)
    hearing = asyncio.create_task(lost(console))
    await asyncio.sleep(0)
    await other.restart_when_idle()
    assert not isinstance(await hearing, EngineStopped)
    await console.reconnect()
    assert console.peer["pid"] == other.peer["pid"]
    await console.aclose()
    await other.aclose()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_an_engine_that_a_signal_ended_is_lost_and_not_stopped(state, number):
    console = await LocalTransport.connect(state)
    hearing = asyncio.create_task(lost(console))
    await asyncio.sleep(0)
    os.kill(console.peer["pid"], number)
    assert not isinstance(await hearing, EngineStopped)
    await console.aclose()


async def test_typing_into_a_shell_of_a_hung_engine_was_not_noticed(state):
    console = await LocalTransport.connect(state)
    (node,) = (await console.call("DescribeInstanceInformation"))["InstanceInformationList"]
    request = {
        "Target": node["InstanceId"],
        "DocumentName": "AWS-StartInteractiveCommand",
        "Parameters": {"command": ["stty raw -echo; echo ready; sleep 1000"]},
    }
    session = (await console.call("StartSession", request))["SessionId"]
    channel = await console.open_channel(session, rows=24, columns=80)
    seen = b""
    async for data in channel:
        seen += data
        if b"ready" in seen:
            break
    os.kill(console.peer["pid"], signal.SIGSTOP)
    try:
        await channel.send(b"x")
        while console.unanswered == 0.0:
            await asyncio.sleep(0.05)
    finally:
        os.kill(console.peer["pid"], signal.SIGCONT)
    while console.unanswered:
        await asyncio.sleep(0.05)
    await console.call("TerminateSession", {"SessionId": session})
    async for _ in channel:
        pass
    await console.aclose()
