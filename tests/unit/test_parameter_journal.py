"""A process that is killed between the writes of a move leaves a journal, by which the next one says what is where."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from tests.engine.clock import ManualClock
from tests.unit.parameter_store import Store
from tui.services.parameter_applying import apply
from tui.services.parameter_changes import ChangeKind
from tui.services.parameter_journal import Journal, Phase, unfinished
from tui.services.parameter_plans import Wanted, move_plan, plan_of
from tui.services.parameter_reports import State
from tui.services.parameter_whereabouts import whereabouts
from tui.services.parameters import Parameters


async def below(store, path):
    return [value async for page in Parameters(store).below(path, decrypt=True) for value in page]


@pytest.fixture
def move(tmp_path):
    """Give what runs a move up to an operation, and then kills it: the store's file and the journals' folder."""
    file, folder = tmp_path / "store.json", tmp_path / "journals"
    running = []

    def start(operation, turn):
        store = Store("/a/x", "/a/y", file=file)
        store.put("/a/key", "HUSH", "SecureString")
        args = [sys.executable, "-m", "tests.unit.parameter_mover", str(file), str(folder), operation, str(turn)]
        child = subprocess.Popen(args, stdout=subprocess.PIPE, text=True)
        running.append(child)
        assert child.stdout.readline() == "there\n"
        return child, file, folder

    yield start
    for child in running:
        child.kill()
        child.wait()
        child.stdout.close()


async def test_a_move_that_was_killed_between_put_and_delete_says_what_is_where_and_goes_on(move):
    child, file, folder = move("DeleteParameters", 1)
    # Another console that starts now sees that somebody lives who does it.
    assert unfinished(folder) == []
    (journal,) = folder.iterdir()
    assert journal.stat().st_mode & 0o777 == 0o600 and folder.stat().st_mode & 0o077 == 0
    assert "HUSH" not in journal.read_text() and "value of" not in journal.read_text()
    child.send_signal(signal.SIGKILL)
    child.wait()
    (left,) = unfinished(folder)
    assert left.context == "local" and {one.phase for one in left.changes} == {Phase.WRITTEN, Phase.SENDING}
    store = Store(file=file)
    found = await whereabouts(left, Parameters(store))
    assert [(one.path, one.state) for one in found] == [
        ("/c/key", State.WRITTEN), ("/c/x", State.WRITTEN), ("/c/y", State.WRITTEN),
        ("/a/key", State.NOT_WRITTEN), ("/a/x", State.NOT_WRITTEN), ("/a/y", State.NOT_WRITTEN),
    ]  # fmt: skip
    assert found[3].text == "It is both at /a/key and at /c/key, with the same value."
    # The same move, planned anew, puts nothing twice.
    there = {value.id: value for value in await below(store, "/c")}
    report = await apply(move_plan(await below(store, "/a"), "/a", "/c", current=there), Parameters(store))
    assert report.clean and sorted(store.kept) == ["/c/key", "/c/x", "/c/y"]
    assert {len(versions) for versions in store.kept.values()} == {1}
    assert (await whereabouts(left, Parameters(store)))[3].text == "/a/key has been moved: it is at /c/key alone."
    left.discard()
    assert unfinished(folder) == []


async def test_a_move_that_was_killed_between_two_puts_says_which_were_done(move):
    child, file, folder = move("PutParameter", 2)
    child.send_signal(signal.SIGKILL)
    child.wait()
    (left,) = unfinished(folder)
    found = {one.path: one for one in await whereabouts(left, Parameters(Store(file=file)))}
    done = {path for path, one in found.items() if one.state is State.WRITTEN}
    assert len(done) == 1 and found["/a/y"].state is State.NOT_WRITTEN
    texts = [one.text for one in found.values() if one.kind is ChangeKind.DELETE]
    assert len([text for text in texts if "has not been moved: it is there as it was" in text]) == 2


async def test_a_copy_that_was_there_before_the_move_is_looked_at_too(tmp_path):
    store = Store("/a/x")
    store.put("/c/x", "value of /a/x")
    there = {value.id: value for value in await below(store, "/c")}
    journal = Journal(tmp_path)
    journal.begin(move_plan(await below(store, "/a"), "/a", "/c", current=there), "local")
    journal.end(keep=True)
    (left,) = unfinished(tmp_path)
    assert [one.text for one in await whereabouts(left, Parameters(store))] == [
        "It is both at /a/x and at /c/x, with the same value."
    ]


async def test_a_plan_that_is_done_leaves_no_journal(tmp_path):
    store = Store("/a/x")
    report = await apply(move_plan(await below(store, "/a"), "/a", "/c"), Parameters(store), journal=Journal(tmp_path))
    assert report.clean and [*tmp_path.iterdir()] == []


async def test_an_update_that_was_on_its_way_may_have_been_anybodys(tmp_path):
    store = Store("/app/a", "/app/b", "/app/c", "/app/d")
    current = {value.id: value for value in await below(store, "/app")}
    plan = plan_of(current, [Wanted(name=f"/app/{name}", value="mine") for name in "abcde"])
    journal = Journal(tmp_path, clock=ManualClock(0.0))
    journal.begin(plan, "local")
    for name in "abc":
        journal.note(f"/app/{name}", Phase.SENDING)
    journal.note("/app/c", Phase.WRITTEN, 2)
    journal.end(keep=True)
    for name in "bccd":
        store.put(f"/app/{name}", "x")
    with next(tmp_path.iterdir()).open("a") as file:
        file.write('{"path": "/app/d", "pha')
    (left,) = unfinished(tmp_path)
    assert left.begun == datetime(1970, 1, 1, tzinfo=UTC)
    texts = {one.path[-1]: (one.state, one.text) for one in await whereabouts(left, Parameters(store))}
    assert texts == {
        "a": (State.NOT_WRITTEN, "/app/a is at version 1, as it was: it was not written."),
        "b": (State.UNKNOWN, "/app/b is at version 2 and was at 1: this or somebody else wrote it."),
        "c": (State.WRITTEN, "/app/c was written, version 2. It has been written again since."),
        "d": (State.NOT_WRITTEN, "/app/d is at version 2, which somebody else wrote."),
        "e": (State.NOT_WRITTEN, "/app/e is not there."),
    }


def test_files_that_are_no_journals_or_are_gone_are_no_fault(tmp_path):
    assert unfinished(tmp_path / "none") == []
    (tmp_path / "torn.jsonl").write_bytes(b'\xff{]\n[1]\n{"begun": "x"}\n{"path": "/a"}\n{"path": "/b", "kind": "?"}\n')
    (tmp_path / "note.txt").write_text("x")
    (left,) = unfinished(tmp_path)
    assert left.changes == () and left.context == ""
    os.unlink(tmp_path / "torn.jsonl")
    left.discard()
