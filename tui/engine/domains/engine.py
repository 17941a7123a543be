"""What the engine says of itself: its version, files and live things; its stop; its audit."""

from __future__ import annotations

import os
from pathlib import Path

from tui import __version__
from tui.engine.context import ApiFault, Context, operation
from tui.engine.model import OWN
from tui.engine.paging import number_of
from tui.engine.presence import Presence
from tui.ports import Shape
from tui.protocol.frames import RESTART, STOPPED

_PAGE = 100


@operation("DescribeEngine", service=OWN)
async def describe_engine(ctx: Context, _: Shape) -> Shape:
    services, presence = ctx.services, ctx.services.part(Presence)
    paths = services.paths
    files = {
        "store": [paths.database, *paths.root.glob(f"{paths.database.name}-*")],
        "runs": [paths.runs],
        "sessions": [paths.sessions],
        "logs": [*paths.root.glob("engine.log*"), paths.crash],
    }
    crash = presence.last_crash()
    return {
        "Version": __version__,
        "Pid": os.getpid(),
        "Account": services.account,
        "Region": services.region,
        "StartedAt": presence.started_at,
        "StateDirectory": str(paths.root),
        "LogFile": str(paths.log),
        "Demo": presence.demo,
        "Live": presence.live(),
        "Endpoint": presence.endpoint or None,
        "Consoles": presence.consoles,
        "DiskUsage": [{"Name": name, "Bytes": sum(map(bytes_below, found))} for name, found in files.items()],
        "LastCrash": {"At": crash.at, "Text": crash.text} if crash else None,
    }


@operation("StopEngine", service=OWN)
async def stop_engine(ctx: Context, req: Shape) -> Shape:
    presence = ctx.services.part(Presence)
    live = presence.live()
    if live and not req.get("Force"):
        raise ApiFault("EngineBusy", f"Still live: {', '.join(live)}.")
    if req.get("Restart") and presence.endpoint and not req.get("Force"):
        # Whoever starts the next one would start it without its HTTP front.
        raise ApiFault("EngineBusy", f"It is served at {presence.endpoint}.")
    presence.goodbye = RESTART if req.get("Restart") else STOPPED
    presence.stopping.set()
    return {}


@operation("ListAuditEvents", service=OWN)
async def list_audit_events(ctx: Context, req: Shape) -> Shape:
    size = req.get("MaxResults", _PAGE)
    token = req.get("NextToken")
    rows = ctx.services.store.read(
        "SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?", (number_of(token) if token else 2**62, size + 1)
    )
    page = rows[:size]
    return {
        "Events": [
            {
                "At": row["at"],
                "Caller": row["caller"],
                "Operation": row["operation"],
                "Outcome": row["outcome"],
                "Detail": row["detail"],
            }
            for row in page
        ],
        "NextToken": str(page[-1]["id"]) if len(rows) > size else None,
    }


def bytes_below(path: Path) -> int:
    """Add up the sizes of a file, or of all files below a folder; what vanishes meanwhile counts nothing."""
    try:
        if not path.is_dir() or path.is_symlink():
            return path.lstat().st_size
        with os.scandir(path) as entries:
            return sum(bytes_below(Path(entry.path)) for entry in entries)
    except OSError:
        return 0
