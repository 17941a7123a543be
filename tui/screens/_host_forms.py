"""The forms that make SSH hosts nodes: one by its address, several out of a client config."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tui.errors import SsmTuiError
from tui.screens._form_dialog import FormDialog
from tui.screens._tags import read_tags
from tui.services.ssh_nodes import Connection, SshHost, SshNodes
from tui.widgets.cells import own
from tui.widgets.form_field import FormField
from tui.widgets.top_bar import Word

LONGEST_NAME, LONGEST_ADDRESS = 256, 1024
BECOME = ("none", "sudo")
NAMED = 8
"""Hosts that are named where more are meant."""

_HOST = re.compile(r"(?:ssh://)?(?:[^@/]+@)?(\[[^\]]+\]|[^:/\[\]]+)(?::\d+)?/?")


def host_of(address: str) -> str:
    """Give the host in an address such as `ops@10.0.0.5:22` or `ssh://ops@[fd00::1]`; "" where there is none."""
    found = _HOST.fullmatch(address)
    return found[1].strip("[]") if found else ""


def from_the_root(file: str) -> str:
    """Write a file as the engine, which has a folder of its own, finds it; "" stays so."""
    return str(Path(file).expanduser().absolute()) if file else ""


def tags_and_become() -> list[FormField]:
    """Make the fields that each of these forms has."""
    become = FormField("become", "become", placeholder="none", about="none or sudo: as whom things run there")
    become.set_choices(BECOME)
    return [FormField("tags", "tags", placeholder="none", about="words key=value"), become]


def problems_of(values: Mapping[str, str]) -> dict[str, str]:
    """Say what is wrong with the tags and with `become`."""
    found: dict[str, str] = {}
    try:
        read_tags(values["tags"])
    except ValueError as error:
        found["tags"] = str(error)
    if values["become"] not in ("", *BECOME):
        found["become"] = "One of none and sudo."
    return found


class AddHost(FormDialog[Connection]):
    """Asks for a host and adds it; the address may be left out where the name is what `ssh` would take."""

    def __init__(self, service: SshNodes) -> None:
        self._service = service
        fields = [
            FormField("name", "name", placeholder="the host's own", about="what it is called here"),
            FormField("address", "address", placeholder="the name", about="as ssh takes it, or ssh://user@host:port"),
            *tags_and_become(),
            FormField("config", "ssh config file", placeholder="~/.ssh/config", about="read for this host"),
        ]
        text = "It is reached as ssh would reach it, and needs nothing but a POSIX shell."
        super().__init__("A node over SSH", fields, self._add, text, verb="add it")

    def problems(self, values: Mapping[str, str]) -> dict[str, str]:
        found: dict[str, str] = {}
        name, address = values["name"], values["address"]
        if not (name or address):
            found["name"] = "Give a name, an address, or both."
        if len(name) > LONGEST_NAME:
            found["name"] = f"At most {LONGEST_NAME} characters."
        if address and (not host_of(address) or len(address) > LONGEST_ADDRESS or " " in address):
            found["address"] = "No address: write host, user@host or ssh://user@host:port."
        elif not address and name and (" " in name or not host_of(name)):
            found["address"] = "The name is no host's: give the address."
        return found | problems_of(values)

    def preview(self, values: Mapping[str, str]) -> Sequence[Sequence[Word]]:
        if self.problems(values):
            return ()
        name, address = named(values)
        return [[("AddNode ", "dim"), (name, "accent"), (f"  ssh {address}", "text")]]

    async def _add(self, values: Mapping[str, str]) -> Connection:
        name, address = named(values)
        return await self._service.add(
            name,
            address,
            config_file=from_the_root(values["config"]),
            become=values["become"],
            tags=read_tags(values["tags"]),
        )

    def place_of(self, error: SsmTuiError) -> str:
        text = str(error).casefold()
        words = {"address": ("address", "port"), "config": ("config",), "tags": ("tag",), "name": ("name", "called")}
        return next((key for key, likely in words.items() if any(word in text for word in likely)), "")


def named(values: Mapping[str, str]) -> tuple[str, str]:
    """Give the name and the address that a filled form means."""
    name, address = values["name"], values["address"]
    return name or host_of(address), address or name


class Imported(NamedTuple):
    """How an import ended: the connections that were begun, and a sentence for each host that was refused."""

    made: list[Connection]
    failed: list[str]


class ImportHosts(FormDialog[Imported]):
    """Asks what the chosen hosts of a client config are to have in common, and adds them."""

    def __init__(self, service: SshNodes, hosts: Sequence[SshHost], config_file: str, hidden: Sequence[str]) -> None:
        self._service, self._hosts, self._config_file = service, hosts, config_file
        count = len(hosts)
        names = ", ".join(host.name for host in hosts[:NAMED])
        names += f" and {count - NAMED} more" if count > NAMED else ""
        title = f"Make {hosts[0].name} a node" if count == 1 else f"Make {count} hosts nodes"
        text = f"{names}.\nEach is connected to and looked at; nothing is changed on it."
        text += f"\nHidden by the filter, yet marked: {', '.join(hidden)}." if hidden else ""
        super().__init__(title, tags_and_become(), self._import, text, verb="add them" if count > 1 else "add it")

    def problems(self, values: Mapping[str, str]) -> dict[str, str]:
        return problems_of(values)

    async def _import(self, values: Mapping[str, str]) -> Imported:
        tags, done = read_tags(values["tags"]), Imported([], [])
        for number, host in enumerate(self._hosts, 1):
            if len(self._hosts) > 1:
                self.facts.show([[(own(f"adding {number} of {len(self._hosts)}: {host.name}…"), "dim")]])
            try:
                made = await self._service.add(
                    host.name,
                    host.address or host.name,
                    config_file=self._config_file,
                    become=values["become"],
                    tags=tags,
                )
            except SsmTuiError as error:
                done.failed.append(f"{host.name}: {error}")
            else:
                done.made.append(made)
        if not done.made and done.failed:
            raise SsmTuiError(done.failed[0])
        return done
