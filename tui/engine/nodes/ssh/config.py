"""What OpenSSH's client would do for one host: its configuration resolved as `ssh -G` does, read without starting it.

Covered: Host, Match (all, final, canonical, host, originalhost, user, localuser, tagged, exec, localnetwork), Include,
tokens and variables, and what `HostConfig` has members for. Read and passed over: CanonicalizeHostname, GSSAPI,
host-based authentication, PKCS#11 and FIDO providers, PubkeyAcceptedAlgorithms, ControlMaster, VerifyHostKeyDNS,
KnownHostsCommand, and all about forwarding, terminals and local commands. StrictHostKeyChecking loosens nothing: an
unknown key is always asked about.
"""

from __future__ import annotations

import getpass
import hashlib
import ipaddress
import os
import re
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tui.engine.nodes.ssh.address import Address, parse_jumps
from tui.engine.nodes.ssh.config_file import DEEPEST, BadConfig, ConfigFiles, Line, expand, expand_home, matches
from tui.engine.nodes.ssh.host_config import HostConfig

SYSTEM_CONFIG = Path("/etc/ssh/ssh_config")
DEFAULT_IDENTITIES = ("id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk")
APPENDED = frozenset({"identityfile", "certificatefile", "sendenv", "setenv"})
EXEC_SECONDS = 10.0
"""How long a command of `Match exec` may take."""


class Resolver:
    """Resolves hosts by the operator's configuration; `environ` is the environment that the engine was started in."""

    def __init__(self, home: Path, environ: Mapping[str, str], *, system: Path = SYSTEM_CONFIG) -> None:
        self.home = home
        self.environ = environ
        self.files = ConfigFiles(home)
        self._system = system
        self.local_user = environ.get("USER") or _login_name()
        self.default_file = home / ".ssh" / "config"
        self.default_identities = tuple(str(home / ".ssh" / name) for name in DEFAULT_IDENTITIES)
        self._sent: dict[str, dict[str, str]] = {}

    def resolve(self, address: Address, config_file: str = "", *, jumps: Sequence[Address] | None = None) -> HostConfig:
        """Give what holds for a host; `jumps` replace those of the configuration.

        May run the operator's own commands (`Match exec`) and wait for them. Raises: BadConfig.
        """
        state = _State(self, address)
        if jumps is not None:
            state.values["proxyjump"] = ["none"]
        sources: list[tuple[Path, bool]] = [(self.default_file, False), (self._system, True)]
        if config_file:
            sources = [(Path(config_file), False)]
        for final in (False, True):
            state.final = final
            for path, system in sources:
                try:
                    state.read(path, system=system)
                except FileNotFoundError:
                    if config_file:
                        raise BadConfig("There is no such file.", path) from None
            if not state.wants_final:
                break
        return state.settled(jumps)

    def sent(self, pattern: str) -> dict[str, str]:
        """Give the variables of the environment that a pattern of SendEnv names."""
        if pattern not in self._sent:
            self._sent[pattern] = {name: value for name, value in self.environ.items() if matches(pattern, name)}
        return self._sent[pattern]

    def runs_commands(self, config_file: str = "") -> bool:
        """Say whether resolving may have to wait for commands of the operator's. Raises: BadConfig."""
        for path in [Path(config_file)] if config_file else [self.default_file, self._system]:
            try:
                if self.files.runs_commands(path, system=path == self._system):
                    return True
            except FileNotFoundError:
                continue
        return False


class _State:
    """One host's resolution: the first value of a keyword holds."""

    def __init__(self, resolver: Resolver, address: Address) -> None:
        self._resolver = resolver
        self._address = address
        self.values: dict[str, list[str]] = {}
        self.lines: dict[str, Line] = {}
        self.final = False
        self.wants_final = False
        if address.user:
            self.values["user"] = [address.user]
        if address.port:
            self.values["port"] = [str(address.port)]

    def read(self, path: Path, *, system: bool, depth: int = 0) -> None:
        active = True
        for line in self._resolver.files.lines(path):
            if line.keyword == "host":
                active = matches(",".join(line.words), self._address.host)
            elif line.keyword == "match":
                active = self._matched(line)
            elif not active:
                continue
            elif line.keyword == "include":
                if depth >= DEEPEST:
                    raise BadConfig("Include is nested too deeply.", line.file, line.number)
                for each in self._resolver.files.included(line, system=system):
                    self.read(each, system=system, depth=depth + 1)
            else:
                self._take(line)

    def _take(self, line: Line) -> None:
        keyword, words = line.keyword, list(line.words)
        if keyword in ("proxyjump", "proxycommand") and self.values.keys() & {"proxyjump", "proxycommand"}:
            return
        if keyword in APPENDED:
            known = self.values.setdefault(keyword, [])
            known += [word for word in words if word not in known]
            self.lines.setdefault(keyword, line)
        elif keyword not in self.values:
            self.values[keyword] = words
            self.lines[keyword] = line

    def _matched(self, line: Line) -> bool:
        words = list(line.words)
        result = True
        while words:
            word = words.pop(0)
            negated, name = word.startswith("!"), word.lstrip("!").lower()
            argument = ""
            if "=" in name:
                name, _, argument = word.lstrip("!").partition("=")
                name = name.lower()
            if name in ("all", "canonical", "final"):
                self.wants_final |= name == "final"
                found = name == "all" or (self.final and name == "final")
            else:
                if not argument:
                    if not words:
                        raise BadConfig(f"Match {name} says nothing to match.", line.file, line.number)
                    argument = words.pop(0)
                found = result and self._fits(name, argument, line)
            if found == negated:
                result = False
        return result

    def _fits(self, name: str, argument: str, line: Line) -> bool:
        if name == "host":
            return matches(argument, self._host(), fold=True)
        if name == "originalhost":
            return matches(argument, self._address.host, fold=True)
        if name == "user":
            return matches(argument, self._user())
        if name == "localuser":
            return matches(argument, self._resolver.local_user)
        if name == "tagged":
            return matches(argument, self.values.get("tag", [""])[0])
        if name == "localnetwork":
            return _is_local_network(argument, line)
        if name == "exec":
            return _succeeds(expand(argument, self._tokens(), self._resolver.environ, line))
        if name in ("sessiontype", "command", "version"):
            return matches(argument, {"sessiontype": "shell"}.get(name, ""))
        raise BadConfig(f"Match has no {name}.", line.file, line.number)

    def _host(self) -> str:
        given = self._address.host
        if "hostname" not in self.values:
            return given
        return expand(self.values["hostname"][0], {"h": given, "n": given}, {}, self.lines["hostname"])

    def _user(self) -> str:
        return self.values.get("user", [self._resolver.local_user])[0]

    def _tokens(self) -> dict[str, str]:
        host, port, user = self._host(), self.values.get("port", ["22"])[0], self._user()
        name = socket.gethostname()
        jump = self.values.get("proxyjump", [""])[0]
        return {
            "C": hashlib.sha1(f"{name}{host}{port}{user}{jump}".encode(), usedforsecurity=False).hexdigest(),
            "d": str(self._resolver.home),
            "h": host,
            "i": str(os.getuid()),
            "j": jump,
            "k": self.values.get("hostkeyalias", [host])[0],
            "L": name.partition(".")[0],
            "l": name,
            "n": self._address.host,
            "p": port,
            "r": user,
            "u": self._resolver.local_user,
        }

    # what comes of it

    def settled(self, jumps: Sequence[Address] | None) -> HostConfig:
        """Give the configuration that was gathered. Raises: BadConfig."""
        resolver, tokens = self._resolver, self._tokens()
        host = tokens["h"]
        identities = self._paths("identityfile", tokens)
        given = "identityfile" in self.values
        if not given:
            identities = resolver.default_identities
        proxy = self._text("proxycommand")
        if proxy.lower() == "none":
            proxy = ""
        return HostConfig(
            alias=self._address.host,
            host=host,
            port=self._number("port", 1, 65535) or 22,
            user=tokens["r"],
            identities=identities,
            identities_given=given,
            certificates=self._paths("certificatefile", tokens),
            identities_only=self._flag("identitiesonly", default=False),
            agent=self._agent(tokens),
            agent_given=self._text("identityagent") not in ("", "SSH_AUTH_SOCK"),
            jumps=tuple(jumps) if jumps is not None else self._jumps(),
            proxy_command=self._expanded("proxycommand", proxy, tokens) if proxy else "",
            user_known_hosts=self._paths("userknownhostsfile", tokens, ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")),
            global_known_hosts=self._paths(
                "globalknownhostsfile", tokens, ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
            ),
            strict=self._text("stricthostkeychecking").lower() in ("yes", "true"),
            host_key_alias=self._text("hostkeyalias"),
            connect_timeout=self._seconds("connecttimeout"),
            alive_interval=self._seconds("serveraliveinterval"),
            alive_count=self._number("serveralivecountmax", 1, 10**6),
            batch=self._flag("batchmode", default=False),
            public_key=self._flag("pubkeyauthentication", default=True),
            password=self._flag("passwordauthentication", default=True),
            keyboard=self._flag("kbdinteractiveauthentication", default=True),
            preferred=tuple(each.strip() for each in self._text("preferredauthentications").split(",") if each),
            algorithms={name: self.values[name][0] for name in ALGORITHMS if name in self.values},
            compression=self._flag("compression", default=False),
            family=self._family(),
            bind_address=self._text("bindaddress"),
            tcp_keepalive=self._flag("tcpkeepalive", default=True),
            environment=self._environment(),
        )

    def _text(self, keyword: str) -> str:
        return self.values.get(keyword, [""])[0]

    def _bad(self, keyword: str, message: str) -> BadConfig:
        line = self.lines.get(keyword)
        return BadConfig(message, line.file if line else Path("(address)"), line.number if line else 0)

    def _expanded(self, keyword: str, text: str, tokens: Mapping[str, str]) -> str:
        line = self.lines.get(keyword)
        return expand(text, tokens, self._resolver.environ, line) if line else text

    def _paths(self, keyword: str, tokens: Mapping[str, str], default: Sequence[str] = ()) -> tuple[str, ...]:
        found = []
        for word in self.values.get(keyword, default):
            if word.lower() == "none":
                continue
            path = expand_home(self._expanded(keyword, word, tokens), self._resolver.home)
            found.append(path if path.startswith("/") else str(self._resolver.home / path))
        return tuple(dict.fromkeys(found))

    def _flag(self, keyword: str, *, default: bool) -> bool:
        if keyword not in self.values:
            return default
        word = self._text(keyword).lower()
        if word in ("yes", "true"):
            return True
        if word in ("no", "false"):
            return False
        if keyword == "pubkeyauthentication" and word in ("unbound", "host-bound"):
            return True
        raise self._bad(keyword, f"{keyword} is {word}; expected yes or no.")

    def _number(self, keyword: str, low: int, high: int) -> int | None:
        if keyword not in self.values:
            return None
        word = self._text(keyword)
        if not word.isdecimal() or not low <= int(word) <= high:
            raise self._bad(keyword, f"{keyword} is {word}; expected a number from {low} to {high}.")
        return int(word)

    def _seconds(self, keyword: str) -> float | None:
        word = self._text(keyword).lower()
        if not word or word == "none":
            return None
        parts = re.findall(r"(\d+)([smhdw]?)", word)
        if "".join(number + unit for number, unit in parts) != word:
            raise self._bad(keyword, f"{keyword} is {word}; expected a time like 30 or 5m.")
        units = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
        return float(sum(int(number) * units[unit] for number, unit in parts))

    def _family(self) -> int:
        word = self._text("addressfamily").lower() or "any"
        families = {"any": socket.AF_UNSPEC, "inet": socket.AF_INET, "inet6": socket.AF_INET6}
        if word not in families:
            raise self._bad("addressfamily", f"addressfamily is {word}; expected any, inet or inet6.")
        return families[word]

    def _agent(self, tokens: Mapping[str, str]) -> str:
        word, environ = self._text("identityagent"), self._resolver.environ
        if word.lower() == "none":
            return ""
        if not word or word == "SSH_AUTH_SOCK":
            return environ.get("SSH_AUTH_SOCK", "")
        if word.startswith("$") and not word.startswith("${"):
            return environ.get(word[1:], "")
        return expand_home(self._expanded("identityagent", word, tokens), self._resolver.home)

    def _jumps(self) -> tuple[Address, ...]:
        word = self._text("proxyjump")
        if not word or word.lower() == "none":
            return ()
        try:
            return parse_jumps(word)
        except ValueError as error:
            raise self._bad("proxyjump", f"ProxyJump: {error}") from None

    def _environment(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for pattern in self.values.get("sendenv", ()):
            if not pattern.startswith("-"):
                found |= self._resolver.sent(pattern)
        for word in self.values.get("setenv", ()):
            name, equals, value = word.partition("=")
            if equals:
                found.setdefault(name, value)
        return found


ALGORITHMS = ("kexalgorithms", "ciphers", "macs", "hostkeyalgorithms")


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _succeeds(command: str) -> bool:
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=EXEC_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _is_local_network(argument: str, line: Line) -> bool:
    import psutil  # deferred: only who matches on it pays for it

    own = [
        ipaddress.ip_address(entry.address.partition("%")[0])
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family in (socket.AF_INET, socket.AF_INET6)
    ]
    try:
        networks = [ipaddress.ip_network(each, strict=False) for each in argument.split(",")]
    except ValueError as error:
        raise BadConfig(f"Match localnetwork: {error}.", line.file, line.number) from None
    return any(address in network for address in own if not address.is_loopback for network in networks)
