"""What a shell on this machine is: the program, its arguments, its environment and its folder."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

KEPT = frozenset(
    {"PATH", "TZ", "TMPDIR", "SSH_AUTH_SOCK", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS"}
)
"""What a shell inherits from the engine; the rest, credentials among it, is the login scripts' to set."""

KEPT_PREFIXES = ("LC_", "LANG", "XDG_")
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
UTF8_LOCALE = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"


@dataclass(frozen=True, slots=True)
class LoginShell:
    """What is to be executed: `argv[0]` begins with a dash where it is a login shell."""

    file: str
    argv: list[str]
    env: dict[str, str]
    cwd: str
    effective_user: str


def login_shell(
    command: str = "", *, become: str = "none", inherited: Mapping[str, str], extra: Mapping[str, str] | None = None
) -> LoginShell:
    """Say how to start the user's login shell, or `sh -c COMMAND`, as this user or as root by sudo.

    sudo asks for its password in the shell's own terminal where it wants one.
    """
    try:
        entry = pwd.getpwuid(os.getuid())
        name, home, shell = entry.pw_name, entry.pw_dir, entry.pw_shell
    except KeyError:  # a container may run us as a number that has no entry
        name, home, shell = str(os.getuid()), inherited.get("HOME", "/"), ""
    if not shell or not os.access(shell, os.X_OK):
        shell = "/bin/sh"
    cwd = home if Path(home).is_dir() else "/"
    env = _environment(inherited)
    env |= {"HOME": home, "USER": name, "LOGNAME": name, "SHELL": shell, **(extra or {})}
    env |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    if become == "sudo":
        words = ["sudo", "-H", "--", "sh", "-c", command] if command else ["sudo", "-i"]
        return LoginShell(_find("sudo", env["PATH"]), words, env, cwd, "root")
    if command:
        return LoginShell("/bin/sh", ["sh", "-c", command], env, cwd, name)
    return LoginShell(shell, [f"-{Path(shell).name}"], env, cwd, name)


def _environment(inherited: Mapping[str, str]) -> dict[str, str]:
    env = {name: value for name, value in inherited.items() if name in KEPT or name.startswith(KEPT_PREFIXES)}
    env.setdefault("PATH", DEFAULT_PATH)
    spoken = env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG") or ""
    if "utf8" not in spoken.lower().replace("-", ""):
        env.pop("LC_ALL", None)
        env.pop("LC_CTYPE", None)
        env["LANG"] = UTF8_LOCALE
    return env


def _find(program: str, path: str) -> str:
    for folder in path.split(":"):
        if os.access(Path(folder) / program, os.X_OK):
            return str(Path(folder) / program)
    return f"/usr/bin/{program}"
