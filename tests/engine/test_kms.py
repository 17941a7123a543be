"""KMS inside the engine: rotation on its clock, and that no plaintext is written anywhere."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.clock import ManualClock
from tui.engine.context import ApiFault, CallerIdentity, StatePaths
from tui.engine.dispatch import Engine
from tui.engine.kms_keys import DAY, KmsKeys
from tui.engine.model import KMS

MARKER = base64.b64encode(b"a marker that is secret").decode()
HOUR = 3600.0


@contextlib.asynccontextmanager
async def engine(folder: Path, clock: ManualClock) -> AsyncIterator[Engine]:
    made = await Engine.open(StatePaths(folder), clock=clock, settings={"master_key": "file"})
    scheduler = made.services.scheduler
    for name in scheduler.names():  # what else recurs would take most of an hour's time
        if not name.startswith("key rotation"):
            scheduler.cancel(name)
    try:
        yield made
    finally:
        await made.aclose()


async def call(engine: Engine, operation: str, **request: Any) -> dict[str, Any]:
    return await engine.call(operation, request, service=KMS)


async def new_key(engine: Engine) -> str:
    return str((await call(engine, "CreateKey"))["KeyMetadata"]["KeyId"])


async def encrypted(engine: Engine, key: str) -> str:
    return str((await call(engine, "Encrypt", KeyId=key, Plaintext=MARKER))["CiphertextBlob"])


async def opened(engine: Engine, blob: str) -> tuple[str, str]:
    """Decrypt; gives the plaintext and the name of the material."""
    answer = await call(engine, "Decrypt", CiphertextBlob=blob)
    return answer["Plaintext"], answer["KeyMaterialId"]


async def rotations(engine: Engine, key: str) -> list[float]:
    return [each["RotationDate"] for each in (await call(engine, "ListKeyRotations", KeyId=key))["Rotations"]]


async def until_rotated(engine: Engine, key: str, times: int) -> None:
    """Let the write that a rotation is come to its end, on the engine's own thread."""
    for _ in range(1000):
        if len(await rotations(engine, key)) == times:
            return
        await engine.services.store.write(lambda conn: None)
    raise AssertionError("the key was not rotated")


async def next_date(engine: Engine, key: str) -> float:
    return float((await call(engine, "GetKeyRotationStatus", KeyId=key))["NextRotationDate"])


async def test_a_key_gets_new_material_when_it_is_due_and_the_old_still_opens(tmp_path: Path) -> None:
    clock = ManualClock()
    async with engine(tmp_path, clock) as one:
        key = await new_key(one)
        await call(one, "EnableKeyRotation", KeyId=key, RotationPeriodInDays=90)
        start, old = clock.now(), await encrypted(one, key)
        clock.set_wall(start + 90 * DAY - 2 * HOUR)
        await clock.advance(HOUR)
        assert await rotations(one, key) == []
        await clock.advance(HOUR)
        await until_rotated(one, key, 1)
        new = await encrypted(one, key)
        (was, of_old), (now, of_new) = await opened(one, old), await opened(one, new)
        assert was == now == MARKER and of_old != of_new
        described = (await call(one, "DescribeKey", KeyId=key))["KeyMetadata"]
        assert described["CurrentKeyMaterialId"] == of_new
        assert await next_date(one, key) == start + 180 * DAY
    async with engine(tmp_path, clock) as one:
        assert await opened(one, old) == (MARKER, of_old) and await opened(one, new) == (MARKER, of_new)
        assert len(await rotations(one, key)) == 1


async def test_years_that_the_engine_was_away_make_one_rotation(tmp_path: Path) -> None:
    clock = ManualClock()
    async with engine(tmp_path, clock) as one:
        key = await new_key(one)
        await call(one, "EnableKeyRotation", KeyId=key)
        start, old = clock.now(), await encrypted(one, key)
    clock.set_wall(start + 3 * 365 * DAY + HOUR)
    async with engine(tmp_path, clock) as one:
        await clock.advance(0)
        await until_rotated(one, key, 1)
        assert await next_date(one, key) == start + 4 * 365 * DAY
        assert (await opened(one, old))[0] == MARKER


async def test_a_key_that_is_disabled_is_rotated_once_it_is_enabled_again(tmp_path: Path) -> None:
    clock = ManualClock()
    async with engine(tmp_path, clock) as one:
        key, other = await new_key(one), await new_key(one)
        for each in (key, other):
            await call(one, "EnableKeyRotation", KeyId=each, RotationPeriodInDays=90)
        await call(one, "DisableKey", KeyId=key)
        clock.set_wall(clock.now() + 91 * DAY)
        await clock.advance(HOUR)
        await until_rotated(one, other, 1)
        assert await rotations(one, key) == []
        await call(one, "EnableKey", KeyId=key)
        await clock.advance(HOUR)
        await until_rotated(one, key, 1)


async def test_a_rotation_without_a_master_key_is_made_up_for(tmp_path: Path) -> None:
    clock = ManualClock()
    path = tmp_path / "master.key"
    async with engine(tmp_path, clock) as one:
        key = await new_key(one)
        await call(one, "EnableKeyRotation", KeyId=key, RotationPeriodInDays=90)
    kept = path.read_bytes()
    path.unlink()
    clock.set_wall(clock.now() + 91 * DAY)
    async with engine(tmp_path, clock) as one:
        await clock.advance(HOUR)
        assert await rotations(one, key) == []
        path.write_bytes(kept)
        path.chmod(0o600)
        await clock.advance(HOUR)
        await until_rotated(one, key, 1)


async def test_keys_and_their_rotation_keep_no_engine_alive(tmp_path: Path) -> None:
    async with engine(tmp_path, ManualClock()) as one:
        key = await new_key(one)
        await call(one, "EnableKeyRotation", KeyId=key)
        assert one.services.scheduler.operators_count() == 0
        assert one.live() == []


async def test_the_account_s_own_key_is_rotated_every_year(tmp_path: Path) -> None:
    clock = ManualClock()
    async with engine(tmp_path, clock) as one:
        blob = await encrypted(one, "alias/aws/ssm")
        (key,) = one.services.part(KmsKeys).all()
        clock.set_wall(clock.now() + 365 * DAY)
        await clock.advance(HOUR)
        await until_rotated(one, key.id, 1)
        assert (await opened(one, blob))[0] == MARKER


def audit(engine: Engine) -> list[tuple[str, str, str]]:
    rows = engine.services.store.read("SELECT operation, outcome, detail FROM audit WHERE service = 'kms' ORDER BY id")
    return [tuple(row) for row in rows]


async def test_who_was_shown_a_plaintext_is_in_the_audit_and_the_plaintext_is_not(tmp_path: Path) -> None:
    async with engine(tmp_path, ManualClock()) as one:
        key = await new_key(one)
        blob = await encrypted(one, key)
        await opened(one, blob)
        made = await call(one, "GenerateDataKey", KeyId=key, KeySpec="AES_256")
        await call(one, "GenerateDataKeyWithoutPlaintext", KeyId=key, KeySpec="AES_256")
        with pytest.raises(ApiFault):
            await call(one, "Encrypt", KeyId=key, Plaintext=MARKER, EncryptionAlgorithm="SM2PKE")
        rows = audit(one)
        assert [row[:2] for row in rows] == [
            ("CreateKey", "Succeeded"),
            ("Decrypt", "Revealed"),
            ("GenerateDataKey", "Revealed"),
        ]
        text = str(one.services.store.read("SELECT * FROM audit")) + str(rows)
        assert MARKER not in text and made["Plaintext"] not in text


@pytest.mark.parametrize("wrong", [{"Plaintext": 1}, {"Plaintext": MARKER + "!"}, {"EncryptionContext": "a"}], ids=str)
async def test_another_type_than_the_model_s_is_refused_without_a_word_of_the_plaintext(
    tmp_path: Path, wrong: dict[str, Any]
) -> None:
    async with engine(tmp_path, ManualClock()) as one:
        with pytest.raises(ApiFault) as caught:
            await call(one, "Encrypt", **{"KeyId": "alias/aws/ssm", "Plaintext": MARKER} | wrong)
        assert caught.value.code == "SerializationException"
        assert MARKER not in str(caught.value)


async def test_a_plaintext_that_is_too_long_is_not_repeated(tmp_path: Path) -> None:
    async with engine(tmp_path, ManualClock()) as one:
        with pytest.raises(ApiFault) as caught:
            await call(one, "Encrypt", KeyId="alias/aws/ssm", Plaintext=MARKER.rstrip("=") * 300)
        assert caught.value.code == "ValidationException"
        assert MARKER not in str(caught.value) and "4096" in str(caught.value)


async def test_a_console_that_only_reads_makes_no_keys_and_may_decrypt(tmp_path: Path) -> None:
    async with engine(tmp_path, ManualClock()) as one:
        blob = await encrypted(one, await new_key(one))
        reader = CallerIdentity(one.services.account, "reader", read_only=True)
        answer = await one.call("Decrypt", {"CiphertextBlob": blob}, service=KMS, caller=reader)
        assert answer["Plaintext"] == MARKER
        with pytest.raises(ApiFault) as caught:
            await one.call("CreateKey", {}, service=KMS, caller=reader)
        assert caught.value.code == "AccessDeniedException" and "kms:CreateKey" in caught.value.message
