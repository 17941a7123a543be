"""SSH hosts: what a client config names, to be chosen as nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding

from tui.errors import SsmTuiError
from tui.ports import Ref
from tui.screens._base import COPY, ConsoleScreen, changing
from tui.screens._host_forms import ImportHosts, from_the_root
from tui.screens._rows import meant, under_cursor
from tui.screens._ssh_offer import remember, ssh_context
from tui.services.ssh_nodes import HostList, SshHost, SshNodes
from tui.widgets.cells import own
from tui.widgets.columns import Column
from tui.widgets.resource_table import ResourceTable

COLUMNS = [
    Column("status", "Status", kind="status", max_width=10, priority=80),
    Column("name", "Host", min_width=8, max_width=40, priority=95, head=True),
    Column("where", "Reached at", min_width=12, max_width=48, priority=90),
    Column("jump", "Through", max_width=40, priority=60),
    Column("node", "Node", max_width=20, wide=True, priority=30),
]


class SshHostsScreen(ConsoleScreen):
    """The hosts of ~/.ssh/config, or of the file that is its argument; those that are nodes already say so."""

    NOUN, TITLE = "hosts", "SSH hosts"
    EMPTY = (
        "This client config names no host.",
        "Hosts without wildcards in ~/.ssh/config are listed here; `:hosts FILE` reads another file.\n"
        "n on Fleet adds a host by its address.",
    )
    LOADING = "Reading the hosts…"
    STATES_IN_TABLE = True
    BINDINGS = [
        Binding("I", "import_hosts", "import", tooltip="Make the marked hosts nodes, else this one", id="hosts.import"),
        COPY,
    ]

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self.hosts: dict[Ref, SshHost] = {}
        self.hosts_context: str | None = None
        self._told: tuple[str, ...] = ()
        self.grid = ResourceTable(COLUMNS, fields=self._fields)
        self.grid.sort_by("name")

    def compose_body(self) -> ComposeResult:
        self.grid.glyphs = self.shell.glyphs
        yield self.grid

    @property
    def config_file(self) -> str:
        """The file that is its argument, from the root; "" for the user's own."""
        return from_the_root(str(self.argument or "").strip())

    def begin(self) -> None:
        services, file = self.shell.services, self.config_file
        context = ssh_context(self)
        if context is None:
            raise SsmTuiError("No engine of ours is open: an AWS account has no SSH hosts.", hint=":ctx opens one.")
        self.hosts_context, hosts = context, services.of(SshNodes, context)
        remember(self)

        async def fetch() -> HostList:
            return await hosts.hosts(file)

        # The file changes when somebody edits it: R reads it again.
        feed = services.feeds.feed(hosts.context, "ListSshHosts", {"file": file}, fetch, every=30.0)
        self.follow(feed, self.show)

    def show(self, found: HostList) -> int:
        """Take the hosts that the file names now."""
        self.hosts = {host.ref: host for host in found.hosts}
        self.grid.set_rows([(host.ref, self._cells(host)) for host in found.hosts])
        if found.warnings and found.warnings != self._told:
            more = f" {len(found.warnings) - 1} more warnings." if len(found.warnings) > 1 else ""
            self.shell.notice(f"{found.warnings[0]}{more}", "warn")
        self._told = found.warnings
        self.update_hints()
        return len(found.hosts)

    def _cells(self, host: SshHost) -> Sequence[Any]:
        glyphs = self.shell.glyphs
        status = (f"{glyphs.done} node", "ok") if host.node_id else (f"{glyphs.idle} new", "")
        shade = "muted" if host.node_id else ""
        return (status, (host.name, shade), (host.where, shade), (host.jump, "muted"), (host.node_id, "muted"))

    def _fields(self, ref: Any) -> Mapping[str, str]:
        host = self.hosts.get(ref)
        return {} if host is None else {"user": host.user, "port": str(host.port), "address": host.host_name}

    def crumb(self) -> str:
        return f"{self.TITLE} of {self.config_file}" if self.config_file else self.TITLE

    def copies(self) -> dict[str, str]:
        host = under_cursor(self.grid, self.hosts)
        return {} if host is None else {"host": host.name, "address": host.where, "node id": host.node_id}

    @property
    def chosen(self) -> list[SshHost]:
        """The marked hosts, else the one under the cursor; without those that are nodes already."""
        return [host for host in meant(self.grid, self.hosts) if not host.node_id]

    def refusal(self, action: str) -> str:
        if action in ("import_hosts", "copy") and not self.hosts:
            return "there is no host"
        if action == "import_hosts" and not self.chosen:
            return "it is a node already"
        return ""

    def on_resource_table_row_highlighted(self) -> None:
        self.update_hints()

    def on_resource_table_row_selected(self, event: ResourceTable.RowSelected) -> None:
        host = self.hosts.get(event.row)  # type: ignore[call-overload]  # row ids are Refs here
        if host is not None and host.node_id and not self.grid.marked_ids:
            self.shell.go("node", self.shell.services.word(Ref(host.context, host.node_id)))
        else:
            self.call_later(self.app.run_action, "screen.import_hosts")

    @changing
    def action_import_hosts(self) -> None:
        self.do(self._import())

    async def _import(self) -> None:
        chosen, out_of_sight = self.chosen, {*self.grid.hidden_marks}
        hidden = [host.name for host in chosen if host.ref in out_of_sight]
        service = self.shell.services.of(SshNodes, self.hosts_context)
        done = await self.ask(ImportHosts(service, chosen, self.config_file, hidden))
        if done is None:
            return
        self.shell.services.feeds.hint(service.context, "ListNodeConnections", "DescribeInstanceInformation")
        self.grid.mark(self.grid.marked_ids, False)
        count = len(done.made)
        if done.failed:
            self.shell.notice(f"{count} of {count + len(done.failed)} were added. {done.failed[0]}", "bad")
        else:
            who = done.made[0].name if count == 1 else f"{count} hosts"
            self.shell.notice(own(f"Added {who}; connecting…"), "good")
        self.shell.go("nodes")
