"""The vault: what is sealed opens again for the same context alone, and the key that it rests on is never replaced."""

from __future__ import annotations

import base64
import contextlib
import gc
import os
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.clock import ManualClock
from tui.engine.context import ApiFault, Services, StatePaths
from tui.engine.dispatch import Engine
from tui.engine.kms_keys import DEFAULT_ALIAS, KmsKeys
from tui.engine.master_key import FILE, KEYRING, MasterKey, SystemKeyring
from tui.engine.vault import Vault

SECRET = b"a marker that is secret"
CONTEXT = {"PARAMETER_ARN": "arn:aws:ssm:us-east-1:111122223333:parameter/a"}


class HeldKeyring(SystemKeyring):
    """A keyring in memory; `open` is whether it answers, as one does whose owner has given the password."""

    def __init__(self) -> None:
        self.entries: dict[str, str] = {}
        self.open = threading.Event()
        self.open.set()
        self.priority = 5.0

    def usable(self) -> bool:
        return self.priority >= 1

    def get(self, entry: str) -> str | None:
        self.open.wait(20)
        return self.entries.get(entry)

    def set(self, entry: str, secret: str) -> None:
        self.entries[entry] = secret


@contextlib.asynccontextmanager
async def engine(
    folder: Path, *, keyring: SystemKeyring | None = None, clock: ManualClock | None = None, master_key: str = FILE
) -> AsyncIterator[Services]:
    folder.mkdir(exist_ok=True)
    settings = {"master_key": master_key} if master_key else {}
    made = await Engine.open(StatePaths(folder), clock=clock or ManualClock(), settings=settings)
    if keyring is not None:
        made.services.parts[SystemKeyring] = keyring
    try:
        yield made.services
    finally:
        await made.aclose()


async def sealed(services: Services, key_id: str = "", context: dict[str, str] = CONTEXT) -> bytes:
    return await services.part(Vault).seal(SECRET, key_id=key_id, context=context)


def code(caught: pytest.ExceptionInfo[ApiFault]) -> str:
    return caught.value.code


async def test_what_is_sealed_opens_and_is_another_blob_each_time(tmp_path: Path) -> None:
    async with engine(tmp_path) as services:
        one, two = await sealed(services), await sealed(services)
        vault = services.part(Vault)
        assert one != two and SECRET not in one
        assert vault.open(one, context=CONTEXT) == vault.open(two, context=CONTEXT) == SECRET
        empty = await vault.seal(b"", key_id="", context={})
        assert vault.open(empty, context={}) == b""
        big = os.urandom(8192)
        assert vault.open(await vault.seal(big, key_id="", context=CONTEXT), context=CONTEXT) == big
    async with engine(tmp_path) as services:
        assert services.part(Vault).open(one, context=CONTEXT) == SECRET


async def test_the_order_of_a_context_does_not_matter_and_everything_else_of_it_does(tmp_path: Path) -> None:
    async with engine(tmp_path) as services:
        blob = await sealed(services, context={"a": "1", "b": "2"})
        vault = services.part(Vault)
        assert vault.open(blob, context={"b": "2", "a": "1"}) == SECRET
        for other in ({}, {"a": "1"}, {"a": "2", "b": "1"}, {"a": "1", "b": "2", "c": ""}, {"a": '1","b":"2'}):
            with pytest.raises(ApiFault) as caught:
                vault.open(blob, context=other)
            assert code(caught) == "InvalidCiphertextException"


async def test_a_blob_that_was_changed_anywhere_does_not_open(tmp_path: Path) -> None:
    async with engine(tmp_path) as services:
        blob = await sealed(services)
        vault = services.part(Vault)
        others = [blob[:at] + bytes((blob[at] ^ 1,)) + blob[at + 1 :] for at in range(len(blob))]
        others += [blob[:at] for at in range(len(blob))] + [blob + b"\0", b"", b"ssv\x01\xff", os.urandom(200)]
        for other in others:
            with pytest.raises(ApiFault) as caught:
                vault.open(other, context=CONTEXT)
            assert code(caught) == "InvalidCiphertextException"
            assert SECRET.decode() not in str(caught.value)


async def test_a_value_can_t_be_moved_to_another_key_of_the_account(tmp_path: Path) -> None:
    async with engine(tmp_path) as services:
        keys = services.part(KmsKeys)
        one, two = await keys.make(), await keys.make()
        blob = await sealed(services, one.id)
        with pytest.raises(ApiFault) as caught:
            services.part(Vault).open(blob.replace(one.id.encode(), two.id.encode()), context=CONTEXT)
        assert code(caught) == "InvalidCiphertextException"


async def test_keys_are_named_by_id_alias_and_arn_and_the_account_s_own_is_made_once(tmp_path: Path) -> None:
    async with engine(tmp_path) as services:
        vault, keys = services.part(Vault), services.part(KmsKeys)
        default = await vault.key_of("")
        for name in (default, DEFAULT_ALIAS, keys.arn(f"key/{default}"), keys.arn(DEFAULT_ALIAS, "eu-west-1")):
            assert await vault.key_of(name) == default
        assert [key.id for key in keys.all()] == [default]
        assert keys.find(default).manager == "AWS"
        unknown = (
            "alias/none",
            "0" * 8 + "-0000-0000-0000-" + "0" * 12,
            "word",
            "arn:aws:kms:us-east-1:000000000000:key/" + default,
            "arn:aws:ssm:us-east-1:1:parameter/a",
        )
        for name in unknown:
            with pytest.raises(ApiFault) as caught:
                await vault.key_of(name)
            assert code(caught) == "NotFoundException"


async def test_two_first_values_at_once_made_two_keys_of_the_account_s_own(tmp_path: Path) -> None:
    import asyncio

    async with engine(tmp_path) as services:
        blobs = await asyncio.gather(*(sealed(services) for _ in range(8)))
        assert len(services.part(KmsKeys).all()) == 1
        assert {services.part(Vault).open(blob, context=CONTEXT) for blob in blobs} == {SECRET}


async def test_a_key_that_is_disabled_neither_seals_nor_opens(tmp_path: Path) -> None:
    async with engine(tmp_path) as services:
        vault, key = services.part(Vault), await services.part(KmsKeys).make()
        blob = await sealed(services, key.id)
        await services.store.write(lambda conn: conn.execute("UPDATE kms_keys SET enabled = 0"))
        for attempt in (vault.key_of(key.id), sealed(services, key.id)):
            with pytest.raises(ApiFault) as caught:
                await attempt
            assert code(caught) == "DisabledException"
        with pytest.raises(ApiFault) as caught:
            vault.open(blob, context=CONTEXT)
        assert code(caught) == "DisabledException"


# the master key in a file


async def key_file(folder: Path) -> tuple[Path, bytes]:
    """Seal something in a new state folder; give its master key and what was sealed."""
    async with engine(folder) as services:
        return services.paths.master_key, await sealed(services)


async def refused(folder: Path, blob: bytes, *, master_key: str = FILE) -> str:
    """Give what is said where the master key can't be used: of reading and of writing the same."""
    async with engine(folder, master_key=master_key) as services:
        with pytest.raises(ApiFault) as opening:
            services.part(Vault).open(blob, context=CONTEXT)
        with pytest.raises(ApiFault) as sealing:
            await sealed(services)
        assert code(opening) == code(sealing) == "KeyUnavailableException"
        assert opening.value.message == sealing.value.message
        return opening.value.message


async def test_the_key_file_is_its_owner_s_alone_and_nothing_else_is_left_of_its_making(tmp_path: Path) -> None:
    (tmp_path / "master.key.new").write_text("of an engine that was killed")
    path, _ = await key_file(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("master.key.*"))


async def test_a_master_key_that_is_missing_is_not_made_anew(tmp_path: Path) -> None:
    path, blob = await key_file(tmp_path)
    kept = path.read_bytes()
    path.unlink()
    for setting in (FILE, ""):
        assert "missing" in await refused(tmp_path, blob, master_key=setting)
    assert not path.exists()
    path.write_bytes(kept)
    path.chmod(0o600)
    async with engine(tmp_path) as services:
        assert services.part(Vault).open(blob, context=CONTEXT) == SECRET


@pytest.mark.parametrize("kept", [0, 10, 40, 64])
async def test_a_master_key_that_is_cut_short_is_refused(tmp_path: Path, kept: int) -> None:
    path, blob = await key_file(tmp_path)
    path.write_bytes(path.read_bytes()[:kept])
    assert "cut short" in await refused(tmp_path, blob)
    assert len(path.read_bytes()) == kept


async def test_the_master_key_of_another_folder_is_refused(tmp_path: Path) -> None:
    path, blob = await key_file(tmp_path / "one")
    other, _ = await key_file(tmp_path / "other")
    path.write_bytes(other.read_bytes())
    assert "not the one of this state folder" in await refused(tmp_path / "one", blob)


async def test_a_master_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path, blob = await key_file(tmp_path)
    for mode in (0o640, 0o604, 0o666):
        path.chmod(mode)
        assert f"{mode:04o}" in await refused(tmp_path, blob)
        assert stat.S_IMODE(path.stat().st_mode) == mode


async def test_a_master_key_behind_a_link_or_that_is_no_file_is_refused(tmp_path: Path) -> None:
    path, blob = await key_file(tmp_path)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert "can't be read" in await refused(tmp_path, blob)
    path.unlink()
    os.mkfifo(path, 0o600)
    assert "must be a file of the user" in await refused(tmp_path, blob)


async def test_a_key_file_that_was_made_before_the_engine_was_killed_is_taken(tmp_path: Path) -> None:
    path, _ = await key_file(tmp_path / "killed")
    text = path.read_bytes()
    (tmp_path / "master.key").write_bytes(text)
    (tmp_path / "master.key").chmod(0o600)
    for setting in (FILE, ""):
        async with engine(tmp_path, master_key=setting) as services:
            assert services.part(Vault).open(await sealed(services), context=CONTEXT) == SECRET
    assert (tmp_path / "master.key").read_bytes() == text


# the master key in a keyring


async def test_with_a_keyring_nothing_is_in_the_folder_but_where_the_key_is(tmp_path: Path) -> None:
    keyring = HeldKeyring()
    async with engine(tmp_path, keyring=keyring, master_key="") as services:
        blob = await sealed(services)
        ((entry, text),) = keyring.entries.items()
        row = services.store.read_one("SELECT * FROM master_key")
        assert row is not None and (row["place"], row["entry"]) == (KEYRING, entry)
        assert not services.paths.master_key.exists()
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert text.encode() not in stored and base64.b64decode(text) not in stored
    async with engine(tmp_path, keyring=keyring, master_key="") as services:
        assert services.part(Vault).open(blob, context=CONTEXT) == SECRET
    async with engine(tmp_path, keyring=keyring, master_key="") as services:
        assert services.part(Vault).open(await sealed(services), context=CONTEXT) == SECRET
    assert len(keyring.entries) == 1


async def test_without_a_real_keyring_the_key_is_in_a_file_unless_the_keyring_was_asked_for(tmp_path: Path) -> None:
    keyring = HeldKeyring()
    keyring.priority = 0.5
    async with engine(tmp_path / "a", keyring=keyring, master_key=KEYRING) as services:
        with pytest.raises(ApiFault, match="asks for the keyring") as caught:
            await sealed(services)
        assert code(caught) == "KeyUnavailableException"
        assert not services.paths.master_key.exists()
    async with engine(tmp_path / "b", keyring=keyring, master_key="") as services:
        await sealed(services)
        assert services.paths.master_key.exists()
    assert keyring.entries == {}
    async with engine(tmp_path / "c", master_key="drawer") as services:
        with pytest.raises(ApiFault, match="keyring or file, not 'drawer'"):
            await sealed(services)


async def test_a_keyring_that_lost_the_key_gets_no_new_one(tmp_path: Path) -> None:
    keyring = HeldKeyring()
    async with engine(tmp_path, keyring=keyring, master_key=KEYRING) as services:
        blob = await sealed(services)
    ((entry, text),) = keyring.entries.items()
    for left in ({}, {entry: "!"}, {entry: base64.b64encode(bytes(32)).decode()}):
        keyring.entries = dict(left)
        async with engine(tmp_path, keyring=keyring, master_key=KEYRING) as services:
            for _ in range(2):
                with pytest.raises(ApiFault, match="keyring") as caught:
                    services.part(Vault).open(blob, context=CONTEXT)
                assert code(caught) == "KeyUnavailableException"
                with pytest.raises(ApiFault, match="keyring"):
                    await sealed(services)
            keyring.entries = {entry: text}
            assert services.part(Vault).open(blob, context=CONTEXT) == SECRET


async def test_a_keyring_that_fails_is_named_and_its_words_were_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keyring = HeldKeyring()
    async with engine(tmp_path, keyring=keyring, master_key=KEYRING) as services:
        blob = await sealed(services)
    for error, said in ((ModuleNotFoundError("keyring"), "is not installed"), (OSError("secret words"), "OSError")):

        class Failing(HeldKeyring):
            def get(self, entry: str, error: Exception = error) -> str | None:
                raise error

        async with engine(tmp_path, keyring=Failing(), master_key=KEYRING) as services:
            with pytest.raises(ApiFault, match=said) as caught:
                services.part(Vault).open(blob, context=CONTEXT)
            assert "secret words" not in caught.value.message
            with pytest.raises(ApiFault, match=said):
                await sealed(services)
    gc.collect()
    assert "secret words" not in caplog.text and "never retrieved" not in caplog.text


async def test_a_keyring_that_waits_for_its_owner_held_the_engine_up(tmp_path: Path) -> None:
    keyring = HeldKeyring()
    async with engine(tmp_path, keyring=keyring, master_key=KEYRING) as services:
        blob = await sealed(services)
    async with engine(tmp_path, keyring=keyring, master_key=KEYRING) as services:
        master, vault = services.part(MasterKey), services.part(Vault)
        master.patience = master.patience_now = 0.01
        keyring.open.clear()
        for _ in range(2):
            with pytest.raises(ApiFault, match="unlock it") as caught:
                vault.open(blob, context=CONTEXT)
            assert code(caught) == "KeyUnavailableException"
            with pytest.raises(ApiFault, match="unlock it"):
                await sealed(services)
        keyring.open.set()
        master.patience = 20
        await vault.unlock()
        assert vault.open(blob, context=CONTEXT) == SECRET


@pytest.mark.parametrize(("priority", "place"), [(5, KEYRING), (0.5, FILE), (0, FILE)])
def test_the_package_keyring_is_asked_as_it_wants_to_be(tmp_path: Path, priority: float, place: str) -> None:
    pytest.importorskip("keyring", reason="an optional package")
    (tmp_path / "held_keyring.py").write_text(
        "import json, pathlib\nfrom keyring.backend import KeyringBackend\n"
        f"FILE = pathlib.Path({str(tmp_path / 'held.json')!r})\n"
        "class Held(KeyringBackend):\n"
        f"    priority = {priority}\n"
        "    def _all(self): return json.loads(FILE.read_text()) if FILE.exists() else {}\n"
        "    def get_password(self, service, username): return self._all().get(f'{service} {username}')\n"
        "    def set_password(self, service, username, password):\n"
        "        FILE.write_text(json.dumps(self._all() | {f'{service} {username}': password}))\n"
    )
    script = (
        "import asyncio, sys\nfrom pathlib import Path\n"
        "from tui.engine.context import StatePaths\nfrom tui.engine.dispatch import Engine\n"
        "from tui.engine.vault import Vault\n"
        "async def main():\n"
        "    blob = b''\n"
        "    for _ in range(2):\n"
        "        engine = await Engine.open(StatePaths(Path(sys.argv[1])))\n"
        "        vault = engine.services.part(Vault)\n"
        "        await vault.unlock()\n"
        "        blob = blob or await vault.seal(b'secret', key_id='', context={})\n"
        "        assert vault.open(blob, context={}) == b'secret'\n"
        "        print(engine.services.store.read_one('SELECT place FROM master_key')[0])\n"
        "        await engine.aclose()\n"
        "asyncio.run(main())\n"
    )
    path = os.pathsep.join([str(tmp_path), *(each for each in sys.path if each)])
    environment = os.environ | {"PYTHON_KEYRING_BACKEND": "held_keyring.Held", "PYTHONPATH": path}
    state = tmp_path / "state"
    state.mkdir()
    words = [sys.executable, "-c", script, str(state)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == [place] * 2, done.stderr
    assert (tmp_path / "held.json").exists() == (place == KEYRING)


# cost


def test_an_engine_that_encrypts_nothing_does_not_load_what_encrypts(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys\nfrom pathlib import Path\n"
        "from tui.engine.context import StatePaths\nfrom tui.engine.dispatch import Engine\n"
        "async def main():\n"
        "    engine = await Engine.open(StatePaths(Path(sys.argv[1])))\n    await engine.aclose()\n"
        "asyncio.run(main())\n"
        "assert not {'cryptography', 'keyring', 'boto3'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, timeout=60)


def test_a_vault_s_parts_say_nothing_of_what_they_hold(tmp_path: Path) -> None:
    import asyncio

    async def check() -> list[Any]:
        async with engine(tmp_path) as services:
            await sealed(services)
            kinds: tuple[type, ...] = (Vault, KmsKeys, MasterKey)
            return [repr(services.part(kind)) for kind in kinds]

    text = "".join(asyncio.run(check()))
    held = (tmp_path / "master.key").read_bytes().split(b"\n")[1]
    assert held.decode() not in text
