"""Commands: what ran and what runs, the newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding

from tui.ports import Ref
from tui.screens._base import COPY, YAML, changing
from tui.screens._command_actions import cancel_commands, prefill, still_on
from tui.screens._context_cells import PLACE, context_cells, context_fields, fit_columns
from tui.screens._group_by_column import GROUP_KEYS, GroupByColumn
from tui.screens._rows import meant, under_cursor
from tui.screens._words import age, status_word
from tui.services.api_calls import aws_cli_line
from tui.services.commands import Command, CommandRequest, Commands
from tui.services.feeds import growing
from tui.services.nodes import Node, Nodes
from tui.widgets.cells import own
from tui.widgets.columns import Column
from tui.widgets.resource_table import ResourceTable

MOST = 2000
"""Commands that the list goes back through."""
TABLE_STYLES = {"good": "ok", "warn": "warn", "bad": "error", "dim": "muted", "accent": "accent"}
COLUMNS = [
    Column("status", "Status", kind="status", max_width=20, priority=95),
    Column("age", "Age", kind="age", max_width=6, priority=90),
    Column("command", "Command", min_width=12, max_width=70, priority=60, head=True),
    Column("targets", "Targets", min_width=8, max_width=36, priority=50),
    Column("done", "Done", kind="number", max_width=11, priority=85),
    Column("errors", "Errors", kind="number", max_width=7, priority=70),
    Column("document", "Document", max_width=30, wide=True, priority=30),
    Column("comment", "Comment", max_width=40, wide=True, priority=20),
    Column("id", "Id", min_width=9, max_width=36, wide=True, priority=40),
]


class CommandsScreen(GroupByColumn):
    """The list of commands; its argument is a filter."""

    NOUN, TITLE = "commands", "Commands"
    EMPTY = (
        "Nothing has been run yet.",
        "A command runs a script on any number of nodes and shows what they say, live.\n"
        "r runs the first one; r on Fleet runs it on the nodes that are marked there.",
    )
    LOADING = "Loading the commands…"
    GROUPS_BY = ("status", "command", "context", "region", "account", "targets", "document", "comment")
    STATES_IN_TABLE = True
    BINDINGS = [
        Binding("r", "run", "run", tooltip="Run a command", id="commands.run"),
        Binding("a", "again", "again", tooltip="Launch the same again, on the same targets", id="commands.again"),
        Binding("C", "again", "duplicate", tooltip="Fill in a new one like it", show=False, id="commands.duplicate"),
        Binding("X", "cancel", "cancel", tooltip="Stop what runs", id="commands.cancel"),
        *GROUP_KEYS,
        COPY,
        YAML,
    ]

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self.commands: dict[Ref, Command] = {}
        self.grid = ResourceTable(COLUMNS, fields=self._fields)
        self._names: dict[str, str] = {}

    def compose_body(self) -> ComposeResult:
        self.grid.glyphs = self.shell.glyphs
        yield self.grid

    def on_mount(self) -> None:
        if isinstance(self.argument, str) and not self._state:
            self.bottom.set_filter(self.argument)
            self.apply_filter(self.argument)

    def begin(self) -> None:
        services = self.shell.services
        fit_columns(self.grid, COLUMNS, self.shell)
        feeds = {}
        for commands in services.each(Commands):
            feeds[commands.context] = services.feeds.feed(
                commands.context,
                "ListCommands",
                {"looker": self.NOUN},
                growing(partial(commands.list, limit=MOST)),
                every=5.0,
            )
            nodes = services.of(Nodes, commands.context)
            named = services.feeds.feed(
                nodes.context, "DescribeInstanceInformation", {"looker": "run"}, nodes.all, every=30.0
            )
            self.follow(named, self.show_names, main=False)
            services.feeds.drive(commands.context, "commands", commands.watch_all, "ListCommands")
        self.follow_each(feeds, self.show)

    def show(self, commands: Sequence[Command]) -> int:
        """Take the commands that are known now."""
        self.commands = {command.ref: command for command in newest_first(commands)}
        now = datetime.now(UTC)
        self.grid.set_rows([(ref, self._cells(command, now)) for ref, command in self.commands.items()])
        self.shell.see("command", {command.id: command.summary for command in commands[:200]})
        self.update_hints()
        return len(commands)

    def show_names(self, nodes: Sequence[Node]) -> int:
        """Take what the nodes are called."""
        names = self._names | {node.id: node.name for node in nodes}
        if names != self._names:
            self._names = names
            if self.commands:
                self.show([*self.commands.values()])
        return len(nodes)

    def _cells(self, command: Command, now: datetime) -> Sequence[Any]:
        word, style = status_word(command.status, self.shell.glyphs, command.details)
        asked = command.requested.timestamp() if command.requested else 0.0
        errors = command.errors + command.delivery_timed_out
        cells = (
            (word, TABLE_STYLES.get(style, "")),
            (age(command.requested, now), "", -asked),
            command.summary,
            (targets_in_words(command, self._names), "muted"),
            f"{command.completed}/{command.target_count}",
            (str(errors), "error" if errors else "muted", errors),
            (command.document, "muted"),
            command.comment,
            (command.id, "muted"),
        )
        return (*cells[:PLACE], *context_cells(self, command.context), *cells[PLACE:])

    def _fields(self, ref: Any) -> dict[str, str]:
        command = self.commands.get(ref)
        if command is None:
            return {}
        script = "\n".join(command.parameters.get("commands", ()))
        where = context_fields(self.shell, command.context)
        return {**where, "script": script, "nodes": " ".join(command.instance_ids)}

    @property
    def current(self) -> Command | None:
        """The command under the cursor."""
        return under_cursor(self.grid, self.commands)

    @property
    def chosen(self) -> list[Command]:
        """The marked commands, else the one under the cursor."""
        return meant(self.grid, self.commands)

    def copies(self) -> dict[str, str]:
        command = self.current
        if command is None:
            return {}
        request = CommandRequest.again(command).params()
        return {
            "id": command.id,
            "the aws line that sends it": aws_cli_line(
                "ssm", "SendCommand", request, flags=self.shell.flags_of(command.context)
            ),
            "the script": "\n".join(command.parameters.get("commands", ())),
        }

    async def raw(self) -> tuple[str, Any]:
        command = self.current
        if command is None:
            return "", None
        return command.id, await self.shell.services.of(Commands, command.context).raw(command.id)

    def refusal(self, action: str) -> str:
        if action in ("again", "copy", "yaml") and self.on_header:
            return "this is a group; it works on one command"
        if action in ("again", "copy", "yaml") and self.current is None:
            return "there is no command"
        if action == "cancel" and not self.chosen:
            return "there is no command"
        if action == "cancel" and all(one.status.over for one in self.chosen):
            return "none of them runs any more" if len(self.chosen) > 1 else "it does not run any more"
        return super().refusal(action)

    def on_resource_table_row_highlighted(self) -> None:
        self.update_hints()

    def on_resource_table_row_selected(self, event: ResourceTable.RowSelected) -> None:
        if isinstance(event.row, Ref):
            self.shell.go("command", self.shell.services.word(event.row))

    # actions

    @changing
    def action_run(self) -> None:
        self.shell.go("run")

    @changing
    def action_again(self) -> None:
        command = self.current
        if command is not None:
            self.shell.go("run", prefill(command, self.shell.services.word))

    @changing
    def action_cancel(self) -> None:
        running = [command for command in self.chosen if not command.status.over]
        self.do(cancel_commands(self, [command.ref for command in running], still_on(running)))


def newest_first(commands: Sequence[Command]) -> Sequence[Command]:
    """Give the commands of several contexts as one list: each context's stand newest first already."""
    if len({command.context for command in commands}) < 2:
        return commands
    return sorted(commands, key=lambda one: one.requested.timestamp() if one.requested else 0.0, reverse=True)


def targets_in_words(command: Command, names: Mapping[str, str]) -> str:
    """Say what a command was sent to: the tags, else the node, else how many nodes with the first of their names."""
    if command.targets:
        return " ".join(f"{key}={','.join(values)}" for key, values in command.targets)
    if len(command.instance_ids) == 1:
        return names.get(command.instance_ids[0], command.instance_ids[0])
    shown = ", ".join(names.get(id, id) for id in command.instance_ids[:4])
    return f"{len(command.instance_ids)}: {shown}{own(', …') if len(command.instance_ids) > 4 else ''}"
