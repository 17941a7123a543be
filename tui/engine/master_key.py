"""The master key of a state folder: it wraps what the KMS keys are made of, and is never in the store itself.

It lives in the operating system's keyring, or in a file that its owner alone may read. The setting `master_key`
("keyring" or "file"; by default the keyring where there is one) says where a folder's first key is made; the store
remembers the place and the key's fingerprint. A key that is not found again is never replaced by a new one.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import importlib
import os
import re
import stat
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tui.engine.context import ApiFault, Services

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FILE, KEYRING = "file", "keyring"
UNAVAILABLE = "KeyUnavailableException"
"""KMS's code where a key is there and its material can't be had."""

PATIENCE = 30.0
"""Seconds that the keyring may take: it may ask its owner for a password."""

PATIENCE_NOW = 2.0
"""Seconds that it may take where the engine's loop waits for it."""

_SERVICE = "ssm-tui"
_SIZE = 32
_FORMAT = re.compile(rb"ssm-tui master key 1\n([A-Za-z0-9+/]{43}=)\n")
_LOST = "Without it no SecureString value of this folder can be read; a new one is not made."

T = TypeVar("T")


class SystemKeyring:
    """The operating system's keyring, through the package `keyring` where that is installed; every call may block."""

    def __init__(self, services: Services | None = None) -> None:
        pass

    def usable(self) -> bool:
        """Say whether there is a keyring that keeps secrets; one that writes them as plain text does not count."""
        try:
            return float(_keyring().get_keyring().priority) >= 1
        except Exception:  # none is installed, or a backend's own error: there is none to be used
            return False

    def get(self, entry: str) -> str | None:
        """Give the secret of an entry. Raises: whatever the backend raises."""
        found: str | None = _keyring().get_password(_SERVICE, entry)
        return found

    def set(self, entry: str, secret: str) -> None:
        """Keep a secret. Raises: whatever the backend raises."""
        _keyring().set_password(_SERVICE, entry, secret)


class MasterKey:
    """The one master key of the engine, found or made on first use."""

    def __init__(self, services: Services) -> None:
        self.patience, self.patience_now = PATIENCE, PATIENCE_NOW
        self._services = services
        self._keyring = services.part(SystemKeyring)
        self._path = services.paths.master_key
        self._lock = asyncio.Lock()
        self._reading: Future[str | None] | None = None
        self._cipher: AESGCM | None = None

    async def cipher(self) -> AESGCM:
        """Give the cipher of the key, which is made where the store knows of none.

        Raises: ApiFault KeyUnavailableException where the key is missing, is another one, or can't be had.
        """
        if self._cipher is None:
            async with self._lock:
                if self._cipher is None:
                    self._cipher = await self._find() if self._row() is not None else await self._make()
        return self._cipher

    def cipher_now(self) -> AESGCM:
        """Give the cipher of a key that the store knows of, without leaving the loop; see `cipher`."""
        if self._cipher is None:
            row = self._row()
            if row is None:
                raise ApiFault(UNAVAILABLE, "This state folder has no master key.")
            if row["place"] == FILE:
                key = read_key_file(self._path)
            else:
                key = self._of_keyring(row["entry"], lambda asked: asked.result(self.patience_now))
            self._cipher = _cipher(self._known(key, row))
        return self._cipher

    async def unlock(self) -> None:
        """Have the key read in good time where it is in a keyring, so that nothing has to wait for it later."""
        row = self._row()
        if row is not None and row["place"] == KEYRING:
            await self.cipher()

    def _row(self) -> Any:
        return self._services.store.read_one("SELECT place, entry, fingerprint FROM master_key")

    async def _find(self) -> AESGCM:
        row = self._row()
        if row["place"] == FILE:
            return _cipher(self._known(read_key_file(self._path), row))
        asked = asyncio.wrap_future(self._asked(row["entry"]))
        # What a backend raises is looked at below; asyncio would log its words, which may hold the secret.
        asked.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.wait((asked,), timeout=self.patience)
        key = self._of_keyring(row["entry"], lambda known: known.result(0))
        return _cipher(self._known(key, row))

    async def _make(self) -> AESGCM:
        place, entry = await self._place(), ""
        if place == FILE:
            key = make_key_file(self._path)
        else:
            key, entry = os.urandom(_SIZE), f"master-key-{self._services.ids.uuid()}"
            text = base64.b64encode(key).decode()
            kept = asyncio.wrap_future(_in_thread(lambda: self._kept(entry, text)))
            try:
                async with asyncio.timeout(self.patience):
                    same = await kept == text
            except Exception as error:
                raise _no_keyring(error) from None
            if not same:
                raise ApiFault(UNAVAILABLE, "The keyring does not give back what it was given.")
        values = (place, entry, _fingerprint(key))
        await self._services.store.write(
            lambda conn: conn.execute("INSERT INTO master_key VALUES (1, ?, ?, ?)", values)
        )
        return _cipher(key)

    def _kept(self, entry: str, text: str) -> str | None:
        self._keyring.set(entry, text)
        return self._keyring.get(entry)

    async def _place(self) -> str:
        wanted = self._services.settings.get("master_key", "")
        if wanted not in ("", FILE, KEYRING):
            raise ApiFault(UNAVAILABLE, f"The setting master_key is {KEYRING} or {FILE}, not {wanted!r}.")
        if wanted == FILE or (not wanted and self._path.exists()):
            return FILE
        asked = asyncio.wrap_future(_in_thread(self._keyring.usable))
        done, _ = await asyncio.wait((asked,), timeout=self.patience)
        usable = bool(done) and asked.result()
        if wanted == KEYRING and not usable:
            raise ApiFault(
                UNAVAILABLE,
                "The setting master_key asks for the keyring, and there is none that can be used: install the package "
                f"keyring and one of its backends, unlock it, or set master_key to {FILE}.",
            )
        return KEYRING if usable else FILE

    def _asked(self, entry: str) -> Future[str | None]:
        """Ask the keyring, or wait for the answer to what was asked before."""
        if self._reading is None:
            self._reading = _in_thread(lambda: self._keyring.get(entry))
        return self._reading

    def _of_keyring(self, entry: str, answer: Callable[[Future[str | None]], str | None]) -> bytes:
        asked = self._asked(entry)
        try:
            found = answer(asked)
        except Exception as error:
            raise _no_keyring(error) from None
        finally:
            if asked.done():
                self._reading = None
        if found is None:
            raise ApiFault(UNAVAILABLE, f"The keyring has no entry {entry} of {_SERVICE}, the master key. {_LOST}")
        try:
            return base64.b64decode(found, validate=True)
        except ValueError:
            return b""  # whose fingerprint is another one

    def _known(self, key: bytes, row: Any) -> bytes:
        if not hmac.compare_digest(_fingerprint(key), row["fingerprint"]):
            where = self._path if row["place"] == FILE else f"the keyring's entry {row['entry']}"
            raise ApiFault(UNAVAILABLE, f"The master key in {where} is not the one of this state folder. {_LOST}")
        return key


def read_key_file(path: Path) -> bytes:
    """Read a master key.

    Raises: ApiFault KeyUnavailableException where the file is missing, open to others or broken.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise ApiFault(UNAVAILABLE, f"The master key {path} is missing: put it back. {_LOST}") from None
    except OSError as error:
        raise ApiFault(UNAVAILABLE, f"The master key {path} can't be read: {error.strerror}. {_LOST}") from None
    try:
        found = os.fstat(descriptor)
        mode = stat.S_IMODE(found.st_mode)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise ApiFault(UNAVAILABLE, f"The master key {path} must be a file of the user who runs the engine.")
        if mode not in (0o600, 0o400):
            text = f"The master key {path} has mode {mode:04o}: others may have read it. Make it 0600 with `chmod 600`."
            raise ApiFault(UNAVAILABLE, text)
        match = _FORMAT.fullmatch(os.read(descriptor, 4096))
    except OSError as error:
        raise ApiFault(UNAVAILABLE, f"The master key {path} can't be read: {error.strerror}. {_LOST}") from None
    finally:
        os.close(descriptor)
    if match is None:
        text = f"The master key {path} is cut short or was changed: put a copy of it back. {_LOST}"
        raise ApiFault(UNAVAILABLE, text)
    return base64.b64decode(match[1])


def make_key_file(path: Path) -> bytes:
    """Make a master key that is on disk when it is given; one that is there already is taken.

    Raises: ApiFault, see `read_key_file`.
    """
    made = path.with_name(f"{path.name}.new")
    line = b"ssm-tui master key 1\n" + base64.b64encode(os.urandom(_SIZE)) + b"\n"
    try:
        made.unlink(missing_ok=True)  # of an engine that was ended while it made one
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(line)
            file.flush()
            os.fsync(descriptor)
        with contextlib.suppress(FileExistsError):
            os.link(made, path)  # which never replaces a key that is there
        made.unlink()
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise ApiFault(UNAVAILABLE, f"The master key {path} can't be made: {error.strerror}.") from None
    return read_key_file(path)


def _keyring() -> Any:
    """Load the optional package, which looks for its backends when it is first asked. Raises: ImportError."""
    return importlib.import_module("keyring")


def _cipher(key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # deferred: most starts never encrypt

    return AESGCM(key)


def _fingerprint(key: bytes) -> str:
    return hmac.digest(key, b"ssm-tui master key", "sha256").hex()[:32]


def _no_keyring(error: BaseException) -> ApiFault:
    # A backend's own words may hold the secret: its class is enough.
    if isinstance(error, ImportError):
        text = "The master key is in the keyring, and the package keyring is not installed: install ssm-tui[keyring]."
        return ApiFault(UNAVAILABLE, f"{text} {_LOST}")
    reason = "has not answered in time" if isinstance(error, TimeoutError) else f"failed with {type(error).__name__}"
    return ApiFault(UNAVAILABLE, f"The keyring {reason}: unlock it, and call again. {_LOST}")


def _in_thread(function: Callable[[], T]) -> Future[T]:
    """Run what may block for ever in a thread that no exit waits for."""
    future: Future[T] = Future()

    future.set_running_or_notify_cancel()  # who gives up waiting does not take the answer from the next one

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="keyring", daemon=True).start()
    return future
