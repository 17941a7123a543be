"""OpenSSH's client configuration, read as OpenSSH reads it: `ssh -G` is the judge wherever it has a word for it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tui.engine.nodes.ssh.address import Address, parse_address
from tui.engine.nodes.ssh.config import Resolver
from tui.engine.nodes.ssh.config_file import BadConfig


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    (folder / ".ssh").mkdir(mode=0o700, parents=True)
    return folder


def resolver(home: Path, **environ: str) -> Resolver:
    return Resolver(home, {"USER": os.environ.get("USER") or "root", **environ}, system=home / "none")


def write(home: Path, text: str, name: str = "config") -> Path:
    path = home / ".ssh" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def judged(path: Path, host: str) -> dict[str, list[str]]:
    """Give what `ssh -G` says of a host, by keyword."""
    if shutil.which("ssh") is None:
        pytest.skip("OpenSSH's client is not installed")
    done = subprocess.run(["ssh", "-G", "-F", str(path), host], capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        keyword, _, value = line.partition(" ")
        found.setdefault(keyword, []).append(value)
    return found


TEXT = """\
# The first value that is found holds.
IgnoreUnknown Fancy*
Host web-* !web-9
    HostName %h.example.net
    Port 2200
    IdentityFile "~/.ssh/id of %n"
    UserKnownHostsFile /tmp/known-%k /tmp/known2
FancyOption yes
Host=web-1 "db-[1]"
    User = ann
    Port 2201   # the first one holds
Host bastion
    HostName=10.0.0.1
    ProxyJump none
Match host *.example.net user ann
    IdentitiesOnly yes
    ServerAliveInterval 1m
Match originalhost db-?,!db-7 exec "test %n = db-1"
    User postgres
    ConnectTimeout 7
Match final host web-2.example.net
    User final
Match !all
    User never
Host db-*
    ProxyJump joe@bastion:2222,[fe80::1]:22
    HostKeyAlias %n-alias
    CertificateFile /certs/%r@%h
    StrictHostKeyChecking yes
Host piped
    ProxyCommand nc -X 5 %h %p
    ProxyJump later
Host [odd]
    User brackets
Host *
    User everybody
    IdentityFile /keys/last
    PreferredAuthentications publickey,password
    KbdInteractiveAuthentication no
    HostKeyAlgorithms +ssh-rsa
    SetEnv A=1 B="two words"
"""


@pytest.mark.parametrize("host", ["web-1", "web-2", "web-9", "db-1", "db-7", "bastion", "piped", "other", "o"])
def test_hosts_resolve_as_in_openssh(home: Path, host: str) -> None:
    path = write(home, TEXT)
    theirs = judged(path, host)
    ours = resolver(home).resolve(Address(host), str(path))
    assert ours.host == theirs["hostname"][0]
    assert [str(ours.port)] == theirs["port"]
    assert [ours.user] == theirs["user"]
    assert ["yes" if ours.identities_only else "no"] == theirs["identitiesonly"]
    assert ours.connect_timeout == (
        None if theirs["connecttimeout"] == ["none"] else float(theirs["connecttimeout"][0])
    )
    assert (ours.alive_interval or 0) == float(theirs["serveraliveinterval"][0])
    assert ours.strict == (theirs["stricthostkeychecking"] in (["true"], ["yes"]))
    assert ours.keyboard == (theirs["kbdinteractiveauthentication"] == ["yes"])
    assert ours.host_key_alias == theirs.get("hostkeyalias", [""])[0]
    assert ours.preferred == tuple(theirs["preferredauthentications"][0].split(","))
    jump = theirs.get("proxyjump", [""])[0]
    assert ",".join(str(each).removeprefix("ssh://") for each in ours.jumps) == jump
    if "proxycommand" in theirs:  # ssh -G leaves the tokens in it
        assert ours.proxy_command.split()[:3] == theirs["proxycommand"][0].split()[:3]
    else:
        assert ours.proxy_command == ""
    files = [each.replace("~", str(home)).replace("%n", host) for each in theirs["identityfile"]]
    assert list(ours.identities) == files


def test_included_files_are_read_where_they_are_named_and_in_order(home: Path) -> None:
    write(home, "User second\n", "config.d/b.conf")
    write(home, "Host web-1\n  User first\n", "config.d/a.conf")
    write(home, "Host web-2\n  User inner\n", "deep.conf")
    path = write(
        home, "Host web-2\n  Include deep.conf\nHost *\n  Include config.d/*.conf\n  Include missing\nUser last\n"
    )
    reader = resolver(home)
    assert reader.resolve(Address("web-1")).user == "first"
    assert reader.resolve(Address("web-2")).user == "inner"
    assert reader.resolve(Address("web-3")).user == "second"
    assert reader.files.names(path) == (["web-2", "web-1"], ["*"])
    write(home, "Include config\n")
    with pytest.raises(BadConfig, match="config:1: Include is nested too deeply"):
        reader.resolve(Address("web-1"))


def test_an_address_holds_before_the_configuration(home: Path) -> None:
    write(home, "Host web-1\n  HostName 10.0.0.1\n  User ann\n  Port 2200\n")
    found = resolver(home).resolve(parse_address("ssh://joe@web-1:22"))
    assert (found.host, found.user, found.port) == ("10.0.0.1", "joe", 22)


def test_what_nobody_said_is_openssh_s_default(home: Path) -> None:
    found = resolver(home, SSH_AUTH_SOCK="/agent").resolve(Address("web-1"))
    assert (found.host, found.port, found.agent) == ("web-1", 22, "/agent")
    assert found.identities[0] == str(home / ".ssh/id_rsa") and not found.identities_given
    assert found.user_known_hosts == (str(home / ".ssh/known_hosts"), str(home / ".ssh/known_hosts2"))


@pytest.mark.parametrize(
    ("word", "agent"),
    [("none", ""), ("SSH_AUTH_SOCK", "/agent"), ("$MINE", "/mine"), ("~/sock", "HOME/sock"), ("/x/%r", "/x/ann")],
)
def test_the_agent_may_be_another_one(home: Path, word: str, agent: str) -> None:
    write(home, f"User ann\nIdentityAgent {word}\n")
    found = resolver(home, SSH_AUTH_SOCK="/agent", MINE="/mine").resolve(Address("web-1"))
    assert found.agent == agent.replace("HOME", str(home))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Host a\n  HostNam b\n", ":2: Bad configuration option: HostNam."),
        ("\nPort ssh\n", ":2: port is ssh; expected a number from 1 to 65535."),
        ('IdentityFile "open\n', ":1: A quote of IdentityFile is not closed."),
        ("User\n", ":1: User has no value."),
        ("Match host\n", ":1: Match host says nothing to match."),
        ("Match colour red\n", ":1: Match has no colour."),
        ("IdentityFile %Z\n", ":1: There is no %Z in identityfile."),
        ("IdentityFile ${NO_SUCH}\n", ":1: identityfile needs the variable NO_SUCH, which is not set."),
        ("ConnectTimeout soon\n", ":1: connecttimeout is soon; expected a time like 30 or 5m."),
        ("ProxyJump host:port\n", ":1: ProxyJump: "),
        ("IdentitiesOnly maybe\n", ":1: identitiesonly is maybe; expected yes or no."),
    ],
)
def test_mistakes_are_told_with_file_and_line(home: Path, text: str, reason: str) -> None:
    path = write(home, text)
    with pytest.raises(BadConfig) as caught:
        resolver(home).resolve(Address("web-1"))
    assert str(caught.value).startswith(f"{path}{reason}")


def test_a_file_that_was_named_has_to_be_there(home: Path) -> None:
    with pytest.raises(BadConfig, match="There is no such file"):
        resolver(home).resolve(Address("web-1"), str(home / "nowhere"))


def test_a_file_that_never_ends_took_the_engine_s_memory_and_a_pipe_its_threads(home: Path) -> None:
    with pytest.raises(BadConfig, match="File too large"):
        resolver(home).resolve(Address("web-1"), "/dev/zero")
    os.mkfifo(home / "pipe")
    for nothing in (str(home / "pipe"), "/dev/null"):
        assert resolver(home).resolve(Address("web-1"), nothing).host == "web-1"


def test_a_file_that_changed_is_read_again(home: Path) -> None:
    reader = resolver(home)
    write(home, "User ann\n")
    assert reader.resolve(Address("web-1")).user == "ann"
    write(home, "User somebody\n")
    assert reader.resolve(Address("web-1")).user == "somebody"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ssh://ann@host:2222", Address("host", "ann", 2222)),
        ("ann@host:2222", Address("host", "ann", 2222)),
        ("host", Address("host")),
        ("SSH://Host/", Address("Host")),
        ("ssh://[::1]:22", Address("::1", "", 22)),
        ("fe80::1%eth0", Address("fe80::1%eth0")),
        ("ssh://a%40corp@host", Address("host", "a@corp")),
    ],
)
def test_addresses_are_read_and_written(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text", ["", "ssh://", "http://host", "host:0", "host:70000", "a b", "@host", "-oX@h", "h/x", "a\nb"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"address|port"):
        parse_address(text)


def test_a_folder_of_included_files_that_was_left_alone_for_long_is_still_seen_to_change(home: Path) -> None:
    one = write(home, "Host web\n  User one\n", "config.d/1.conf")
    write(home, "Include config.d/*.conf\nUser none\n")

    def age(seconds: int) -> None:
        stamp = one.parent.stat().st_mtime - seconds
        os.utime(one.parent, (stamp, stamp))

    age(60)
    found = resolver(home)
    assert [found.resolve(parse_address("web")).user for _ in range(2)] == ["one", "one"]
    one.unlink()
    assert found.resolve(parse_address("web")).user == "none"
    write(home, "Host web\n  User two\n", "config.d/2.conf")
    assert found.resolve(parse_address("web")).user == "two"
    (one.parent / "2.conf").unlink()
    elsewhere = write(home, "Host web\n  User three\n", "elsewhere")
    (one.parent / "3.conf").symlink_to(elsewhere)
    age(60)
    assert found.resolve(parse_address("web")).user == "three"
    elsewhere.unlink()
    assert found.resolve(parse_address("web")).user == "none"
