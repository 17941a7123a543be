"""The one list of screens. A screen's module is imported when it is first opened."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tui.screens._base import ConsoleScreen


class Entry(NamedTuple):
    """One screen: its noun is what `:` opens it by, `target` is "module:Class"."""

    noun: str
    title: str
    aliases: tuple[str, ...]
    target: str
    about: str

    def load(self) -> type[ConsoleScreen]:
        """Import the screen's class."""
        module, _, name = self.target.partition(":")
        found: Any = getattr(import_module(module), name)
        return found  # type: ignore[no-any-return]  # what the target names is a ConsoleScreen; a test says so


SCREENS = (
    Entry("overview", "Overview", ("ov", "home"), "tui.screens.overview:OverviewScreen", "the worst thing first"),
    Entry("nodes", "Fleet", ("fleet", "instances"), "tui.screens.nodes:NodesScreen", "every managed node"),
    Entry("node", "Node", (), "tui.screens.node:NodeScreen", "one node, by its name or id"),
    Entry("hosts", "SSH hosts", ("import",), "tui.screens.ssh_hosts:SshHostsScreen", "hosts of ~/.ssh/config, to add"),
    Entry(
        "groups",
        "Groups",
        ("rg",),
        "tui.screens.resource_groups:ResourceGroupsScreen",
        "resource groups: what has the same tags",
    ),
    Entry("group", "Group", (), "tui.screens.resource_group:ResourceGroupScreen", "one resource group, by its name"),
    Entry("run", "Run", ("send",), "tui.screens.run:RunScreen", "run a command on nodes"),
    Entry("commands", "Commands", ("cmds", "cmd"), "tui.screens.commands:CommandsScreen", "what ran, and what runs"),
    Entry("command", "Command", (), "tui.screens.command:CommandScreen", "one command live, by its id"),
    Entry(
        "parameters",
        "Parameters",
        ("params", "ps"),
        "tui.screens.parameters:ParametersScreen",
        "Parameter Store: a tree of paths, values and their history",
    ),
    Entry(
        "compare",
        "Compare",
        ("cmp",),
        "tui.screens.parameter_compare:CompareScreen",
        "two subtrees of parameters, [CONTEXT:]/path[@TIME] each",
    ),
    Entry("find", "Find", (), "tui.screens.parameter_find:FindScreen", "parameters, by what they are and have"),
    Entry("sessions", "Sessions", ("sess", "shells"), "tui.screens.sessions:SessionsScreen", "shells, live and past"),
    Entry(
        "contexts",
        "Contexts",
        ("ctx", "context"),
        "tui.screens.contexts:ContextsScreen",
        "local, and AWS by profile and region; `:ctx NAME` switches",
    ),
)

START = "nodes"
"""Where a start without words opens."""


def find(word: str) -> Entry | None:
    """Give the screen of a noun or an alias, or of the one noun that begins so."""
    word = word.lower()
    for entry in SCREENS:
        if word == entry.noun or word in entry.aliases:
            return entry
    begun = [entry for entry in SCREENS if entry.noun.startswith(word)] if word else []
    return begun[0] if len(begun) == 1 else None
