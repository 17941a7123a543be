"""What KMS keys need of a running engine: their rotation, and a keyring that is asked before a value is."""

from __future__ import annotations

from tui.engine.context import Services, on_start
from tui.engine.kms_keys import KmsKeys
from tui.engine.master_key import KEYRING
from tui.engine.vault import Vault

HOUR = 3600.0


@on_start
async def watch_rotations(services: Services) -> None:
    """Rotate what is due now and every hour; that keeps nothing alive, as nobody can tell old material from new."""

    async def rotate() -> None:
        await services.part(KmsKeys).rotate_due()

    services.scheduler.at("key rotation at start", services.clock.now(), rotate)
    services.scheduler.every("key rotation", HOUR, rotate)


@on_start
async def unlock_keyring(services: Services) -> None:
    """Read a master key that is in a keyring beside the start: the keyring may ask its owner for a password."""
    if services.store.read_one("SELECT 1 FROM master_key WHERE place = ?", (KEYRING,)) is not None:

        async def unlock() -> None:
            await services.part(Vault).unlock()

        services.scheduler.at("unlock keyring", services.clock.now(), unlock)
