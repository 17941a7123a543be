"""The offer of the first start: the hosts of ~/.ssh/config, once; looking at them is the answer."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.errors import SsmTuiError

if TYPE_CHECKING:
    from tui.screens._base import ConsoleScreen
    from tui.services.ssh_nodes import SshNodes

log = logging.getLogger(__name__)
FILE = "ssh-hosts-offered"
"""The file of the config folder that says that the offer was answered."""


def ssh_context(screen: ConsoleScreen, wanted: str = "") -> str | None:
    """Give the context that SSH hosts belong to: the wanted one, an engine of ours, else any that can have some."""
    from tui.services.ssh_nodes import SshNodes  # deferred: opened on a key

    services, specs = screen.shell.services, screen.shell.open_contexts
    able = [name for name in services.contexts if services.of(SshNodes, name).has_hosts]
    if wanted in able:
        return wanted
    local = [name for name in able if name in specs and specs[name].is_local]
    return next(iter(local or able), None)


async def offered_hosts(screen: ConsoleScreen, hosts: SshNodes) -> int:
    """Give how many hosts there are to offer; 0 where it was answered, in a demo, or where none can be listed."""
    app: Any = screen.app
    link = app.links.link(hosts.context)
    if (link is not None and link.peer.get("demo")) or _file(screen).exists():
        return 0
    try:
        found = await hosts.hosts()
    except SsmTuiError as error:
        log.info("the hosts of the client config could not be listed: %s", error)
        return 0
    return sum(1 for host in found.hosts if not host.node_id)


def remember(screen: ConsoleScreen) -> None:
    """Keep for later starts that the hosts were looked at."""
    file = _file(screen)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    except OSError as error:
        log.info("the answer could not be kept: %s", error)


def _file(screen: ConsoleScreen) -> Path:
    app: Any = screen.app
    folder: Path = app.launch.folder
    return folder / FILE
