"""What is typed into a shell arrives once, whatever becomes of the engine meanwhile."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.engine.shell_daemon import daemon
from tests.engine.test_session_recovery import View, start
from tui.engine.typing_record import SLOTS, TypingRecord, Typist
from tui.transport.local import LocalTransport

LINES = b"".join(b"%07d\n" % number for number in range(40_000))


def reads_late(folder: Path) -> tuple[Path, Path, str]:
    """Give a gate, where the input goes, and a program that reads it only once the gate was written to."""
    gate, out = folder / "gate", folder / "out"
    os.mkfifo(gate)
    command = f"stty raw -echo; echo pid $$.; read go < {gate}; head -c {len(LINES)} > {out}; stty sane; echo whole"
    return gate, out, command


async def test_keys_typed_as_the_engine_is_killed_were_lost(tmp_path: Path) -> None:
    """A program that reads only later: nearly all of the input is still in the engine when it is killed."""
    gate, out, command = reads_late(tmp_path)
    (state := tmp_path / "state").mkdir()
    async with daemon(state) as first:
        transport = await LocalTransport.connect(state, start=False, client="console")
        session_id, _, _ = await start(first, command)
        channel = await transport.open_channel(session_id, rows=24, columns=80)
        typed = View(channel)
        await typed.until(b"pid")
        for at in range(0, len(LINES), 1000):
            await channel.send(LINES[at : at + 1000])
        await first.kill()
    assert 0 < len(channel.outbox) <= len(LINES)
    async with daemon(state):
        await transport.reconnect()
        again = View(await transport.open_channel(session_id, rows=24, columns=80))
        gate.write_bytes(b"go\n")
        await again.until(b"whole")
        assert out.read_bytes() == LINES
        assert await again.end() == 0
    await transport.aclose()


@pytest.mark.slow
async def test_nothing_is_typed_twice_when_the_engine_is_killed_again_and_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = f"stty raw -echo; echo pid $$.; sed -u /end/q > {out}; stty sane; echo whole"
    (state := tmp_path / "state").mkdir()
    transport: LocalTransport | None = None
    session_id, sent = "", 0
    for _ in range(4):
        async with daemon(state) as engine:
            if transport is None:
                transport = await LocalTransport.connect(state, start=False, client="console")
                session_id, _, _ = await start(engine, command)
            else:
                await transport.reconnect()
            channel = await transport.open_channel(session_id, rows=24, columns=80)
            for at in range(sent, sent + 80_000, 80):
                await channel.send(LINES[at : at + 80])
            sent += 80_000
            await engine.kill()
    async with daemon(state):
        assert transport is not None
        await transport.reconnect()
        view = View(await transport.open_channel(session_id, rows=24, columns=80))
        await view.channel.send(b"\nend\n")
        await view.until(b"whole")
        await view.end()
    await transport.aclose()
    numbers = [int(line) for line in out.read_bytes().split() if len(line) == 7]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == sent // 8 - 1


async def test_a_connection_that_broke_alone_does_not_type_what_it_still_held(tmp_path: Path) -> None:
    """The engine lives on with the old connection's input waiting: the new one brings it again, once."""
    gate, out, command = reads_late(tmp_path)
    (state := tmp_path / "state").mkdir()
    async with daemon(state) as engine:
        session_id, view, _ = await start(engine, command)
        transport = engine.transport
        await view.channel.send(LINES)
        link = transport._link
        assert link is not None
        lost = asyncio.Event()
        transport.on_lost.append(lambda _: lost.set())
        link.abort()
        await lost.wait()
        await transport.reconnect()
        again = View(await transport.open_channel(session_id, rows=24, columns=80))
        gate.write_bytes(b"go\n")
        await again.until(b"whole")
        assert out.read_bytes() == LINES
        assert await again.end() == 0


def test_a_typing_record_that_an_engine_left_is_found_again(tmp_path: Path) -> None:
    typist = Typist(TypingRecord(tmp_path), 7, 0)
    typist.begin(10)
    typist.end(10, 4)
    assert TypingRecord(tmp_path).place(7, 10) == 4
    typist.begin(6)  # killed before it knew how much was taken: all of it counts as typed
    assert TypingRecord(tmp_path).place(7, 10) == 10
    assert TypingRecord(tmp_path).place(8, 5) == 5


def test_a_typing_record_forgets_the_first_of_too_many_consoles(tmp_path: Path) -> None:
    record = TypingRecord(tmp_path)
    for number in range(1, SLOTS + 2):
        assert record.place(number, 0) == 0
        record.note(number, number)
    assert record.place(2, 100) == 2
    assert record.place(1, 100) == 100


def test_a_typing_record_without_a_folder_types_nothing_twice(tmp_path: Path) -> None:
    record = TypingRecord(tmp_path / "missing")
    assert record.place(1, 0) == 0
    record.note(1, 5)
    assert record.place(1, 9) == 5
    assert TypingRecord(tmp_path / "missing").place(1, 9) == 9
