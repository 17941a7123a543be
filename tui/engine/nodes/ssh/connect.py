"""One attempt to connect to one host: its key is checked, keys and secrets are offered, every failure is a sentence.

Importing this module loads asyncssh: it is imported when a first connection is wanted.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import asyncssh
from asyncssh import encryption, kex, mac, public_key

from tui.engine.nodes.ssh.address import host_name
from tui.engine.nodes.ssh.base import SshFault
from tui.engine.nodes.ssh.corked import Way
from tui.engine.nodes.ssh.dial import open_socket
from tui.engine.nodes.ssh.faults import HostKeyFault, SecretFault
from tui.engine.nodes.ssh.host_config import HostConfig
from tui.engine.nodes.ssh.host_keys import HostKeys, ShownKey, Verdict
from tui.engine.nodes.ssh.keys import KeyRing, Offer
from tui.engine.nodes.ssh.proxy_command import ProxyCommand
from tui.engine.nodes.ssh.secrets import PASSPHRASE, PASSWORD, Secrets, Wanted

# What asyncssh says of each connection is more than a log can bear where there are hundreds.
logging.getLogger("asyncssh").setLevel(logging.WARNING)

LOST = ("Connection lost", "Connection closed")
"""What asyncssh says of a connection that ended."""

CLIENT_METHODS = ("publickey", "keyboard-interactive", "password")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a host may take, in seconds."""

    connect: float = 15.0
    """From the first packet until its key was seen; ConnectTimeout of the configuration comes before it."""
    login: float = 30.0
    """From then on until it took our key."""
    alive_interval: float = 15.0
    """Silence after which it is asked whether it is there; ServerAliveInterval comes before it."""
    alive_count: int = 3


class Attempt(asyncssh.SSHClient):
    """The client's side of one connection while it is made, and the one that hears of its end."""

    def __init__(
        self,
        config: HostConfig,
        host_keys: HostKeys,
        secrets: Secrets,
        timeout: asyncio.Timeout,
        patience: Patience,
        lost: Callable[[Exception | None], None],
    ) -> None:
        self.shown: ShownKey | None = None
        self.problem = ""
        self.phase = "connect"
        self.password_asked = ""
        self.password_given: str | None = None
        self.about = f"{config.user}@{host_name(config.host, config.port)}"
        self.config = config
        self._host_keys = host_keys
        self._password = secrets.get(PASSWORD, self.about)
        self._timeout = timeout
        self._patience = patience
        self._lost = lost

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self.phase = "handshake"

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost(exc)

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        try:
            self.shown = self._host_keys.judge(self.config, key.public_data, key.get_algorithm())
        except OSError as error:
            self.problem = f"{error.filename} can't be read: {error.strerror}."
            return False
        return self._checked(self.shown.verdict is Verdict.KNOWN)

    def validate_host_ca_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        return self._checked(self._host_keys.authority(self.config, key.public_data))

    def _checked(self, is_known: bool) -> bool:
        if is_known:
            self.phase = "login"
            self._timeout.reschedule(asyncio.get_running_loop().time() + self._patience.login)
        return is_known

    def password_auth_requested(self) -> str | None:
        return self._answer("password")

    def kbdint_auth_requested(self) -> str | None:
        if self._password is None or self.password_given is not None:
            self.password_asked = self.password_asked or "password"
            return None
        return ""

    def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> list[str] | None:
        if not prompts:
            return []
        if len(prompts) > 1 or prompts[0][1]:
            self.problem = f"It asks for more than a password: {', '.join(text.strip() for text, _ in prompts)}"
            return None
        answer = self._answer(prompts[0][0].strip().rstrip(":"))
        return None if answer is None else [answer]

    def password_change_requested(self, prompt: str, lang: str) -> Any:
        self.problem = "The password has expired: change it with ssh first."
        return NotImplemented

    def _answer(self, prompt: str) -> str | None:
        self.password_asked = self.password_asked or prompt
        if self._password is None or self.password_given is not None:
            return None
        self.password_given = self._password
        return self._password


async def connect(
    config: HostConfig,
    *,
    tunnel: asyncssh.SSHClientConnection | None,
    keys: KeyRing,
    host_keys: HostKeys,
    secrets: Secrets,
    patience: Patience,
    lost: Callable[[Exception | None], None],
) -> asyncssh.SSHClientConnection:
    """Connect to a host; `lost` is called once when the connection that was made ends.

    Raises: SshFault, HostKeyFault, SecretFault.
    """
    seconds = config.connect_timeout or patience.connect
    attempt: Attempt | None = None
    proxy: ProxyCommand | None = None
    offer = Offer()
    where = host_name(config.host, config.port)
    try:
        async with asyncio.timeout(seconds) as timeout:
            attempt = Attempt(config, host_keys, secrets, timeout, patience, lost)
            offer = await keys.offer(config) if config.public_key else Offer()
            options = _options(config, offer, host_keys, patience, tunnel, functools.partial(_same, attempt))
            if tunnel is None and config.proxy_command:
                options["tunnel"] = proxy = ProxyCommand(config.proxy_command)
            elif tunnel is None:
                options["tunnel"] = Way(await open_socket(config))
            return await asyncssh.connect(**options)
    except TimeoutError:
        if proxy is not None and attempt is not None and attempt.phase != "login":
            raise SshFault(await proxy.fate(f"gave no SSH handshake within {seconds:g} seconds")) from None
        raise SshFault(_late(where, attempt, patience, seconds)) from None
    except asyncssh.PermissionDenied as error:
        assert attempt is not None
        raise _denied(config, attempt, offer, secrets, error) from None
    except asyncssh.HostKeyNotVerifiable as error:
        assert attempt is not None
        raise _mistrusted(where, attempt, host_keys, error) from None
    except asyncssh.ChannelOpenError as error:
        raise SshFault(f"The jump host can't reach {where}: {error.reason}.") from None
    except asyncssh.DisconnectError as error:
        if proxy is not None and _is_lost(error):
            raise SshFault(await proxy.fate("closed the connection")) from None
        raise _dropped(where, attempt, error) from None
    except socket.gaierror as error:
        raise SshFault(f"{config.host} is no name of a host: {error.strerror}.") from None
    except ConnectionRefusedError:
        raise SshFault(f"{where} refuses connections: nothing listens there.") from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise SshFault(f"{where} can't be reached: {reason}.") from None
    except (ValueError, asyncssh.Error) as error:
        raise SshFault(f"{where} can't be connected to: {error}.", "Misconfigured") from None
    finally:
        offer.close()


def _same(attempt: Attempt) -> Attempt:
    return attempt


def _options(
    config: HostConfig,
    offer: Offer,
    host_keys: HostKeys,
    patience: Patience,
    tunnel: asyncssh.SSHClientConnection | None,
    client: Callable[[], Attempt],
) -> dict[str, Any]:
    """Say everything to asyncssh, so that it looks into no file of its own choice."""
    interval = config.alive_interval or patience.alive_interval
    allowed = {"publickey": config.public_key, "keyboard-interactive": config.keyboard, "password": config.password}
    methods = [each for each in config.preferred or CLIENT_METHODS if allowed.get(each)]
    options: dict[str, Any] = {
        "host": config.host,
        "port": config.port,
        "username": config.user,
        "config": None,
        "tunnel": tunnel,
        "tcp_keepalive": config.tcp_keepalive,
        "client_factory": client,
        "known_hosts": lambda host, addr, port: ([], [], []),
        "host_key_alias": config.host_key_alias or None,
        "server_host_key_algs": _host_key_algorithms(config, host_keys),
        # An empty list would have asyncssh read the default files itself.
        "client_keys": offer.keys or None,
        "client_certs": offer.certificates,
        "agent_path": None,
        "gss_host": None,
        "x509_trusted_certs": None,
        "x509_trusted_cert_paths": [],
        "host_based_auth": False,
        "public_key_auth": config.public_key,
        "kbdint_auth": config.keyboard,
        "password_auth": config.password,
        "preferred_auth": methods,
        "login_timeout": 0,
        "keepalive_interval": interval,
        "keepalive_count_max": config.alive_count or patience.alive_count,
        "compression_algs": ["zlib@openssh.com", "none"] if config.compression else ["none", "zlib@openssh.com"],
        "env": dict(config.environment) or None,
        "encryption_algs": _texts(default_ciphers()),
    }
    possible = {
        "kexalgorithms": ("kex_algs", kex.get_kex_algs(), kex.get_default_kex_algs()),
        "ciphers": ("encryption_algs", encryption.get_encryption_algs(), default_ciphers()),
        "macs": ("mac_algs", mac.get_mac_algs(), mac.get_default_mac_algs()),
    }
    for keyword, (name, every, default) in possible.items():
        if keyword in config.algorithms:
            options[name] = _chosen(keyword, config.algorithms[keyword], _texts(every), _texts(default))
    return options


@functools.cache
def default_ciphers() -> list[bytes]:
    """Give asyncssh's own choice, AES-GCM first: a packet costs it a tenth of what it costs with ChaCha20 there."""
    return sorted(encryption.get_default_encryption_algs(), key=lambda name: b"-gcm@" not in name)


def _host_key_algorithms(config: HostConfig, host_keys: HostKeys) -> list[str]:
    """Ask for the kinds of keys by which the host is known first, and for certificates where they could be checked."""
    known, has_authority = host_keys.kinds(config)
    certificates = _texts(public_key.get_default_certificate_algs()) if has_authority else []
    default = certificates + _texts(public_key.get_default_public_key_algs())
    if "hostkeyalgorithms" in config.algorithms:
        every = _texts([*public_key.get_certificate_algs(), *public_key.get_public_key_algs()])
        default = _chosen("hostkeyalgorithms", config.algorithms["hostkeyalgorithms"], every, default)
    if "ssh-rsa" in known:
        known = ["rsa-sha2-512", "rsa-sha2-256", *known]
    first = [name for name in known if name in default]
    rest = [name for name in default if name not in first]
    found = [name for name in rest if "-cert-" in name] + first + [name for name in rest if "-cert-" not in name]
    return list(dict.fromkeys(found))


def _chosen(keyword: str, spec: str, every: list[str], default: list[str]) -> list[str]:
    """Read a list of algorithms as OpenSSH writes it; those that only OpenSSH has are passed over."""
    sign, names = (spec[0], spec[1:]) if spec[:1] in ("+", "-", "^") else ("", spec)
    named = [each for pattern in names.split(",") for each in every if fnmatchcase(each, pattern.strip())]
    if sign == "-":
        found = [each for each in default if each not in named]
    else:
        found = {"+": default + named, "^": named + default, "": named}[sign]
    if not found:
        raise ValueError(f"{keyword} names nothing that can be used here: {spec}")
    return list(dict.fromkeys(found))


def _texts(names: Sequence[bytes]) -> list[str]:
    return [name.decode() for name in names]


# what went wrong


def _late(where: str, attempt: Attempt | None, patience: Patience, seconds: float) -> str:
    phase = attempt.phase if attempt is not None else "connect"
    if phase == "login":
        return f"{where} did not finish the login within {patience.login:g} seconds."
    if phase == "handshake":
        return f"{where} took the connection and did not finish the SSH handshake within {seconds:g} seconds."
    return f"{where} did not answer within {seconds:g} seconds."


def _is_lost(error: asyncssh.DisconnectError) -> bool:
    """Say whether a connection only ended, without a word from the other end."""
    return isinstance(error, asyncssh.ConnectionLost) or error.reason.rstrip(".") in LOST


def _dropped(where: str, attempt: Attempt | None, error: asyncssh.DisconnectError) -> SshFault:
    reason = " ".join(error.reason.split()).rstrip(".")
    if "too many authentication failures" in reason.lower():
        hint = "Fewer keys are offered with IdentitiesOnly and IdentityFile in the SSH configuration."
        return SshFault(f"{where} ended the login: too many keys were offered. {hint}", "AuthenticationFailed")
    if isinstance(error, asyncssh.KeyExchangeFailed):
        return SshFault(f"{where} and this engine have no common algorithm: {reason}.", "Misconfigured")
    if _is_lost(error):
        phase = attempt.phase if attempt is not None else "connect"
        during = {"login": "during the login", "handshake": "during the SSH handshake"}.get(phase, "at once")
        return SshFault(f"{where} closed the connection {during}.")
    return SshFault(f"{where} ended the connection: {reason}.")


def _mistrusted(
    where: str, attempt: Attempt, host_keys: HostKeys, error: asyncssh.HostKeyNotVerifiable
) -> HostKeyFault | SshFault:
    shown = attempt.shown
    if attempt.problem:
        return SshFault(attempt.problem, "Misconfigured")
    if shown is None:
        reason = error.reason.partition(" for host ")[0].rstrip(".")
        return SshFault(f"The certificate that {where} showed is refused: {reason}.", "HostKeyChanged")
    if shown.verdict is Verdict.KNOWN:
        return SshFault(f"{where} showed a key that is not its own.", "HostKeyChanged")
    return HostKeyFault(shown, str(host_keys.own))


def _denied(
    config: HostConfig, attempt: Attempt, offer: Offer, secrets: Secrets, error: asyncssh.PermissionDenied
) -> SshFault:
    where = host_name(config.host, config.port)
    path = next(iter([*offer.wanted, *offer.closed]), None)
    if path is not None and not config.batch:
        wrong = f"The passphrase for {path} was wrong. " if secrets.was_refused(PASSPHRASE, path) else ""
        prompt = f"Passphrase for {path}"
        return SecretFault(Wanted(kind=PASSPHRASE, about=path, prompt=prompt), f"{wrong}{path} needs its passphrase.")
    if attempt.password_asked and not attempt.problem and not config.batch:
        refused = ""
        if attempt.password_given is not None:
            secrets.refuse(PASSWORD, attempt.about, attempt.password_given)
        if secrets.was_refused(PASSWORD, attempt.about):
            refused = f"{attempt.about} refused the password. "
        prompt = f"Password for {attempt.about}"
        return SecretFault(
            Wanted(kind=PASSWORD, about=attempt.about, prompt=prompt), f"{refused}{attempt.about} asks for a password."
        )
    tried = f"It took none of these keys: {', '.join(offer.names)}." if offer.names else "There was no key to offer."
    notes = " ".join([attempt.problem, *offer.notes]).strip()
    return SshFault(f"{where} refuses the user {config.user}. {tried} {notes}".rstrip(), "AuthenticationFailed")
