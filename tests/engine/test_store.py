"""The store: what is acknowledged is on disk, whatever happens then."""

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading

import pytest

from tui.engine.context import ApiFault, StatePaths
from tui.engine.dispatch import Engine
from tui.engine.store import Store, statements
from tui.errors import StateError


def put(key, value="v"):
    return lambda conn: conn.execute("INSERT INTO meta VALUES (?, ?)", (key, value)).rowcount


def keys(store):
    return [row["key"] for row in store.read("SELECT key FROM meta ORDER BY key")]


async def opened(tmp_path):
    return await Store.open(tmp_path / "engine.db")


async def test_an_awaited_write_is_seen_by_the_next_read(tmp_path):
    store = await opened(tmp_path)
    for number in range(20):
        assert await store.write(put(f"{number:02}")) == 1
        assert store.read_one("SELECT count(*) FROM meta")[0] == number + 1
    await store.aclose()


async def test_a_write_that_fails_leaves_nothing_and_its_neighbours_whole(tmp_path):
    store = await opened(tmp_path)

    def half(conn):
        put("half")(conn)
        raise ApiFault("ParameterNotFound")

    results = await asyncio.gather(
        store.write(put("a")), store.write(half), store.write(put("b")), store.write(put("a")), return_exceptions=True
    )
    assert keys(store) == ["a", "b"]
    assert isinstance(results[1], ApiFault)
    assert isinstance(results[3], sqlite3.IntegrityError)
    await store.aclose()


async def test_a_write_that_fails_alone_leaves_nothing_and_the_store_open(tmp_path):
    store = await opened(tmp_path)

    def half(conn):
        put("half")(conn)
        raise ApiFault("ParameterNotFound")

    with pytest.raises(ApiFault, match="ParameterNotFound"):
        await store.write(half)
    assert keys(store) == []
    await store.write(put("a"))
    with pytest.raises(sqlite3.IntegrityError):
        await store.write(put("a"))
    assert keys(store) == ["a"]
    await store.aclose()


async def test_writes_that_wait_together_share_a_commit(tmp_path):
    store = await opened(tmp_path)
    hold, held = threading.Event(), threading.Event()

    def block(conn):
        held.set()
        hold.wait(10)

    first = asyncio.ensure_future(store.write(block))
    await asyncio.to_thread(held.wait)
    rest = [asyncio.ensure_future(store.write(lambda conn: threading.get_ident())) for _ in range(50)]
    commits = []
    store._writer.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
    await asyncio.sleep(0)
    hold.set()
    await asyncio.gather(first, *rest)
    assert len(commits) == 2
    assert len({task.result() for task in rest}) == 1
    await store.aclose()


async def test_a_cancelled_wait_does_not_undo_the_write(tmp_path):
    store = await opened(tmp_path)
    task = asyncio.ensure_future(store.write(put("a")))
    await asyncio.sleep(0)
    task.cancel()
    await store.write(put("b"))
    assert keys(store) == ["a", "b"]
    await store.aclose()
    with pytest.raises(ApiFault, match="leaving"):
        await store.write(put("c"))


async def test_the_files_are_their_owners_alone(tmp_path):
    before = os.umask(0)
    try:
        store = await opened(tmp_path)
        await store.write(put("a"))
        for file in tmp_path.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        await store.aclose()
    finally:
        os.umask(before)


async def test_a_full_disk_is_said_and_nothing_is_half_done(tmp_path):
    store = await opened(tmp_path)
    await store.write(
        lambda conn: conn.execute(f"PRAGMA max_page_count = {2 + conn.execute('PRAGMA page_count').fetchone()[0]}")
    )

    def fill(conn):
        put("small")(conn)
        put("big", "x" * 1_000_000)(conn)

    with pytest.raises(ApiFault) as caught:
        await store.write(fill)
    assert caught.value.code == "InternalServerError"
    assert "full" in caught.value.message
    assert str(tmp_path) in caught.value.message
    assert keys(store) == []
    await store.write(put("after"))
    assert keys(store) == ["after"]
    await store.aclose()


async def test_reads_can_not_write(tmp_path):
    store = await opened(tmp_path)
    with pytest.raises(sqlite3.OperationalError):
        store.read("INSERT INTO meta VALUES ('a', 'b')")
    await store.aclose()


async def test_a_store_from_a_newer_version_is_refused_and_left_untouched(tmp_path):
    store = await opened(tmp_path)
    await store.write(lambda conn: conn.execute("PRAGMA user_version = 999"))
    await store.aclose()
    path = tmp_path / "engine.db"
    before = path.read_bytes()
    with pytest.raises(StateError, match="format 999"):
        await Store.open(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["engine.db"]


async def test_a_newer_store_whose_engine_was_killed_is_refused_too(tmp_path):
    path = tmp_path / "engine.db"
    await (await Store.open(path)).aclose()
    code = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('PRAGMA user_version = 999'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    before = path.read_bytes()
    assert (tmp_path / "engine.db-wal").exists()
    with pytest.raises(StateError, match="format 999"):
        await Store.open(path)
    assert path.read_bytes() == before


async def test_a_file_that_is_no_store_is_refused(tmp_path):
    path = tmp_path / "engine.db"
    path.write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(StateError, match=r"engine\.db is no store"):
        await Store.open(path)


async def test_a_damaged_store_is_said_to_be_damaged_and_not_to_have_crashed_the_engine(tmp_path):
    await (await Engine.open(StatePaths(tmp_path))).aclose()
    path = tmp_path / "engine.db"
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(os.urandom(path.stat().st_size - 3 * 4096))
    before = path.read_bytes()
    with pytest.raises(StateError, match="is damaged"):
        await Engine.open(StatePaths(tmp_path))
    assert path.read_bytes() == before


async def test_migrations_are_applied_once_in_order_and_all_or_none(tmp_path):
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "001_a.sql").write_text(
        "CREATE TABLE meta (key TEXT, value TEXT);\nINSERT INTO meta VALUES ('1', ';');\n"
    )
    path = tmp_path / "engine.db"
    await (await Store.open(path, migrations=folder)).aclose()
    (folder / "010_c.sql").write_text(
        "CREATE TRIGGER t AFTER INSERT ON meta BEGIN\n  DELETE FROM meta;\n  SELECT 1;\nEND;\n"
    )
    (folder / "002_b.sql").write_text("INSERT INTO meta VALUES ('2', '');\nINSERT INTO nowhere VALUES (1);")
    with pytest.raises(StateError, match="nowhere"):
        await Store.open(path, migrations=folder)
    (folder / "002_b.sql").write_text("INSERT INTO meta VALUES ('2', '');")
    store = await Store.open(path, migrations=folder)
    assert keys(store) == ["1", "2"]
    assert store.read_one("PRAGMA user_version")[0] == 10
    await store.aclose()
    store = await Store.open(path, migrations=folder)
    assert keys(store) == ["1", "2"]
    await store.aclose()


def test_a_migration_is_split_at_the_ends_of_statements():
    assert [part.strip() for part in statements("A ';' b;\n-- c;\nD\n;\n")] == ["A ';' b;", "-- c;\nD\n;"]


WRITER = """
import asyncio, sys
from pathlib import Path
from tui.engine.store import Store

async def main():
    store = await Store.open(Path(sys.argv[1]))
    async def work(name):
        for number in range(100000):
            key = f"{name}-{number}"
            await store.write(lambda conn: conn.execute("INSERT INTO meta VALUES (?, '')", (key,)))
            sys.stdout.write(key + "\\n")
            sys.stdout.flush()
    await asyncio.gather(*(work(name) for name in range(8)))

asyncio.run(main())
"""


async def test_every_acknowledged_write_survives_kill_9(tmp_path):
    path = tmp_path / "engine.db"
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    acknowledged = [process.stdout.readline().strip() for _ in range(300)]
    process.send_signal(signal.SIGKILL)
    acknowledged += [line.strip() for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    process.wait()
    process.stdout.close()
    store = await Store.open(path)
    assert set(acknowledged) <= set(keys(store))
    assert store.read_one("PRAGMA integrity_check")[0] == "ok"
    await store.aclose()
