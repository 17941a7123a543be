"""OpenSSH's client configuration as a file: lines, blocks and inclusions, and the hosts that it names."""

from __future__ import annotations

import glob
import re
import shlex
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from tui.engine.nodes.ssh.files import read_file

DEEPEST = 16
"""How deep inclusions may be nested, as in OpenSSH."""

SETTLED = 2.0
"""Seconds for which a folder has not changed before its list of files is taken to be that of its present time."""

_KEYWORDS = """
    addkeystoagent addressfamily batchmode bindaddress bindinterface canonicaldomains canonicalizefallbacklocal
    canonicalizehostname canonicalizemaxdots canonicalizepermittedcnames casignaturealgorithms certificatefile
    channeltimeout checkhostip ciphers clearallforwardings compression connectionattempts connecttimeout controlmaster
    controlpath controlpersist dynamicforward enableescapecommandline enablesshkeysign escapechar exitonforwardfailure
    fingerprinthash forkafterauthentication forwardagent forwardx11 forwardx11timeout forwardx11trusted gatewayports
    globalknownhostsfile gssapiauthentication gssapidelegatecredentials hashknownhosts host hostbasedacceptedalgorithms
    hostbasedauthentication hostkeyalgorithms hostkeyalias hostname identitiesonly identityagent identityfile
    ignoreunknown include ipqos kbdinteractiveauthentication kbdinteractivedevices kexalgorithms knownhostscommand
    localcommand localforward loglevel logverbose macs match nohostauthenticationforlocalhost numberofpasswordprompts
    obscurekeystroketiming passwordauthentication permitlocalcommand permitremoteopen pkcs11provider port
    preferredauthentications proxycommand proxyjump proxyusefdpass pubkeyacceptedalgorithms pubkeyauthentication
    refuseconnection rekeylimit remotecommand remoteforward requesttty requiredrsasize revokedhostkeys
    securitykeyprovider sendenv serveralivecountmax serveraliveinterval sessiontype setenv stdinnull
    streamlocalbindmask streamlocalbindunlink stricthostkeychecking syslogfacility tag tcpkeepalive tunnel tunneldevice
    updatehostkeys user userknownhostsfile usekeychain verifyhostkeydns versionaddendum visualhostkey warnweakcrypto
    xauthlocation
    challengeresponseauthentication cipher compressionlevel dsaauthentication fallbacktorsh globalknownhostsfile2
    gssapiclientidentity gssapikeyexchange gssapirenewalforcesrekey gssapiserveridentity gssapitrustdns
    hostbasedkeytypes keepalive protocol pubkeyacceptedkeytypes rhostsauthentication rhostsrsaauthentication
    rsaauthentication skeyauthentication smartcarddevice tisauthentication useprivilegedport useroaming usersh
    userknownhostsfile2
"""
KNOWN = frozenset(_KEYWORDS.split())
"""Every keyword of OpenSSH's clients, those of long ago included: any other is a mistake, as for `ssh` itself."""

ALIASES = {
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
    "skeyauthentication": "kbdinteractiveauthentication",
    "tisauthentication": "kbdinteractiveauthentication",
    "keepalive": "tcpkeepalive",
}

WHOLE_LINE = frozenset({"proxycommand", "localcommand", "remotecommand", "knownhostscommand"})


class BadConfig(Exception):  # noqa: N818 - it is told to the operator as a state of a node
    """A configuration can't be used; the message begins with the file and, where there is one, the line."""

    def __init__(self, message: str, file: Path, line: int = 0) -> None:
        super().__init__(f"{file}:{line}: {message}" if line else f"{file}: {message}")


@dataclass(frozen=True, slots=True)
class Line:
    """One line that says something; `keyword` is in lower case, `number` from 1."""

    file: Path
    number: int
    keyword: str
    words: tuple[str, ...]

    @property
    def value(self) -> str:
        return self.words[0]


@dataclass(slots=True)
class _Read:
    stamp: tuple[int, int, int]
    lines: list[Line] = field(default_factory=list)
    runs_commands: bool = False
    includes: list[Line] = field(default_factory=list)


class ConfigFiles:
    """Reads configuration files, each again only where it changed. `home` is what `~` stands for."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._read: dict[Path, _Read] = {}
        self._listed: dict[str, tuple[tuple[int, int, int] | None, list[Path]]] = {}

    def lines(self, path: Path) -> list[Line]:
        """Give the lines of one file, without following its inclusions. Raises: BadConfig, FileNotFoundError."""
        try:
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            found = self._read.get(path)
            if found is None or found.stamp != stamp:
                text = read_file(path).decode("utf-8", "surrogateescape")
                found = self._read[path] = _read(stamp, list(_parse(text, path)))
        except FileNotFoundError:
            raise
        except OSError as error:
            raise BadConfig(f"It can't be read: {error.strerror}.", path) from error
        return found.lines

    def included(self, line: Line, *, system: bool) -> list[Path]:
        """Give the files that an Include names, in the order in which OpenSSH reads them."""
        found: list[Path] = []
        for word in line.words:
            pattern = expand_home(word, self.home)
            if not Path(pattern).is_absolute():
                base = Path("/etc/ssh") if system else self.home / ".ssh"
                pattern = str(base / pattern)
            found += self._named(pattern)
        return found

    def _named(self, pattern: str) -> list[Path]:
        """Give the files that a pattern names; of one folder's they are listed again only where the folder changed."""
        folder = pattern.rpartition("/")[0] or "/"
        try:
            info = None if glob.has_magic(folder) else Path(folder).stat()
        except OSError:
            return []
        known = self._listed.get(pattern)
        stamp = (info.st_mtime_ns, info.st_dev, info.st_ino) if info is not None else None
        if known is not None and known[0] == stamp:
            return known[1]
        # Path.glob knows no pattern that is absolute.
        found = [Path(each) for each in sorted(glob.glob(pattern)) if Path(each).is_file()]  # noqa: PTH207
        # A folder may change twice within one tick of its file system's clock, and what a link leads to at any time.
        if info is not None and time.time() - info.st_mtime > SETTLED and not any(each.is_symlink() for each in found):
            self._listed[pattern] = stamp, found
        else:
            self._listed.pop(pattern, None)
        return found

    def runs_commands(self, path: Path, *, system: bool = False, depth: int = 0) -> bool:
        """Say whether a file, or one that it includes, matches by what commands say. Raises: BadConfig."""
        self.lines(path)
        found = self._read[path]
        return found.runs_commands or any(
            self.runs_commands(each, system=system, depth=depth + 1)
            for line in found.includes
            if depth < DEEPEST
            for each in self.included(line, system=system)
        )

    def everything(self, path: Path, *, system: bool = False, depth: int = 0) -> Iterator[Line]:
        """Give the lines of a file and of all that it includes, whatever their blocks. Raises: BadConfig."""
        for line in self.lines(path):
            if line.keyword != "include":
                yield line
                continue
            if depth >= DEEPEST:
                raise BadConfig("Include is nested too deeply.", line.file, line.number)
            for each in self.included(line, system=system):
                yield from self.everything(each, system=system, depth=depth + 1)

    def names(self, path: Path) -> tuple[list[str], list[str]]:
        """Give the hosts that a file names, in its order, and the patterns that name no single host."""
        names: dict[str, None] = {}
        patterns: dict[str, None] = {}
        for line in self.everything(path):
            if line.keyword == "host":
                for word in line.words:
                    if word.startswith("!"):
                        continue
                    (patterns if any(char in word for char in "*?") else names)[word] = None
        return list(names), list(patterns)


def _read(stamp: tuple[int, int, int], lines: list[Line]) -> _Read:
    return _Read(
        stamp,
        lines,
        any(line.keyword == "match" and any("exec" in word.lower() for word in line.words) for line in lines),
        [line for line in lines if line.keyword == "include"],
    )


def _parse(text: str, path: Path) -> Iterator[Line]:
    ignored: list[str] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = re.match(r'("?)([A-Za-z0-9_-]+)\1(?:\s*=\s*|\s+|$)(.*)', line)
        if match is None:
            raise BadConfig(f"This is no line of a configuration: {line[:60]}", path, number)
        keyword, rest = match[2].lower(), match[3].strip()
        if keyword not in KNOWN:
            if any(fnmatchcase(keyword, each) for each in ignored):
                continue
            raise BadConfig(f"Bad configuration option: {match[2]}.", path, number)
        if keyword in WHOLE_LINE:
            words = [rest] if rest else []
        else:
            try:
                words = _words(rest)
            except ValueError:
                raise BadConfig(f"A quote of {match[2]} is not closed.", path, number) from None
        if not words or (not words[0] and keyword != "setenv"):
            raise BadConfig(f"{match[2]} has no value.", path, number)
        if keyword == "ignoreunknown":
            ignored = [each.strip().lower() for word in words for each in word.split(",")]
        yield Line(path, number, ALIASES.get(keyword, keyword), tuple(words))


def _words(text: str) -> list[str]:
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    for word in lexer:
        if word.startswith("#"):
            break
        words.append(word)
    return words


def expand_home(path: str, home: Path) -> str:
    """Put the home folder where a path begins with `~/`; `~user` is looked up."""
    if path == "~" or path.startswith("~/"):
        return str(home) + path[1:]
    return str(Path(path).expanduser()) if path.startswith("~") else path


def expand(text: str, tokens: Mapping[str, str], environ: Mapping[str, str], line: Line) -> str:
    """Replace `%h` and its kin, and `${NAME}`. Raises: BadConfig for a token or a variable that there is not."""

    def token(match: re.Match[str]) -> str:
        if match[1] == "%":
            return "%"
        if match[1] not in tokens:
            raise BadConfig(f"There is no %{match[1]} in {line.keyword}.", line.file, line.number)
        return tokens[match[1]]

    def variable(match: re.Match[str]) -> str:
        if match[1] not in environ:
            raise BadConfig(f"{line.keyword} needs the variable {match[1]}, which is not set.", line.file, line.number)
        return environ[match[1]]

    return re.sub(r"%(.)", token, re.sub(r"\$\{([^}]*)\}", variable, text))


def matches(patterns: str, value: str, *, fold: bool = False) -> bool:
    """Say whether a comma-separated list of patterns matches: one that begins with `!` and does rules it out."""
    if fold:
        patterns, value = patterns.lower(), value.lower()
    found = False
    for word in patterns.split(","):
        pattern = word.lstrip("!")
        is_plain = "*" not in pattern and "?" not in pattern
        # OpenSSH knows * and ? only: what fnmatch takes for a set of characters is itself here.
        fits = pattern == value if is_plain else fnmatchcase(value, pattern.replace("[", "[[]"))
        if fits and word.startswith("!"):
            return False
        found = found or fits
    return found
