"""`ssm-tui info`: paths, versions, the context, the engine and the disk, also when no engine runs."""

from __future__ import annotations

import asyncio
import json
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from tui import __version__
from tui.cli._args import OK, Common, parser
from tui.cli._connect import connect_aws, named_contexts
from tui.cli._context import opened, printable, run_async
from tui.cli._daemon import disk_used, holder
from tui.config import config_file, load_config, log_file
from tui.contexts import ContextSpec, read_choice
from tui.engine.context import StatePaths
from tui.engine.presence import read_crash
from tui.errors import ConfigError, SsmTuiError, StateError
from tui.services.engine import Engine, EngineInfo

ANSWER = 3.0
"""Seconds that the engine has to answer."""
PACKAGES = ("textual", "botocore", "pyte", "psutil")


def main(common: Common, words: Sequence[str]) -> int:
    """Run the verb; it never starts an engine."""
    parse = parser("info", "[--json]", "Paths, versions, the context, the engine and the disk used; starts nothing.")
    parse.add_argument("--json", action="store_true", help="one JSON object")
    args = parse.parse_args(words)
    return run_async(_info(common, args.json))


async def _info(common: Common, as_json: bool) -> int:
    facts = await gather(common)
    if as_json:
        print(json.dumps(facts, ensure_ascii=False, indent=2))
    else:
        sys.stdout.write(_text(facts))
    return OK


async def gather(common: Common) -> dict[str, Any]:
    """Give every fact as plain JSON values; times are ISO 8601, sizes are bytes."""
    paths = StatePaths(common.state)
    engine: EngineInfo | None = None
    pid, problem = None, ""
    try:
        pid = holder(paths)
    except StateError as error:
        problem = str(error)
    if pid is not None:
        try:
            async with asyncio.timeout(ANSWER):
                async with opened(common, start=False) as transport:
                    engine = await Engine(transport).describe()
        except TimeoutError:
            problem = f"It does not answer within {ANSWER:.0f} seconds. ssm-tui stop --force ends its process."
        except SsmTuiError as error:
            problem = str(error)
    crash = read_crash(paths.crash)
    state = "running" if engine else "not answering" if pid is not None else "not known" if problem else "not running"
    daemon: dict[str, Any] = {"state": state, "pid": pid or None, "problem": problem or None}
    if engine:
        daemon |= {
            "pid": engine.pid,
            "version": engine.version,
            "started": engine.started.isoformat() if engine.started else None,
            "live": list(engine.live),
            "endpoint": engine.endpoint or None,
            "clients": engine.consoles,
            "demo": engine.demo,
        }
    return {
        "version": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in PACKAGES},
        "contexts": await _contexts(common),
        "context": {
            "name": "local",
            "account": engine.account if engine else None,
            "region": engine.region if engine else "us-east-1",
        },
        "paths": {
            "state": str(paths.root),
            "config": str(config_file()),
            "log": str(log_file()),
            "engine_log": str(paths.log),
        },
        "config_problem": _config_problem(),
        "daemon": daemon,
        "last_crash": {"at": datetime.fromtimestamp(crash.at, UTC).isoformat(), "text": crash.text} if crash else None,
        "disk": disk_used(paths),
    }


async def _contexts(common: Common) -> list[dict[str, Any]]:
    """Give the contexts that flags name, asked who one is there, else those that a console would open, not asked."""
    try:
        named = load_config().contexts
    except ConfigError:
        named = {}
    specs = named_contexts(common, named) if common.names_contexts else read_choice(common.state)
    found: list[dict[str, Any]] = []
    for spec in specs:
        facts: dict[str, Any] = {"name": spec.name, "profile": spec.profile or None, "region": spec.region or None}
        if not spec.is_local and common.names_contexts:
            facts |= await _who(spec)
        found.append(facts)
    return found


async def _who(spec: ContextSpec) -> dict[str, Any]:
    transport = await connect_aws(spec)
    try:
        async with asyncio.timeout(2 * ANSWER):
            who = await transport.call("GetCallerIdentity", {}, service="sts")
        return {"account": who.get("Account"), "arn": who.get("Arn"), "problem": None}
    except TimeoutError:
        return {"account": None, "arn": None, "problem": "It does not answer in time."}
    except SsmTuiError as error:
        return {"account": None, "arn": None, "problem": str(error)}
    finally:
        await transport.aclose()


def _config_problem() -> str | None:
    try:
        load_config()
    except ConfigError as error:
        return str(error)
    return None


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _text(facts: dict[str, Any]) -> str:
    daemon, context, crash = facts["daemon"], facts["context"], facts["last_crash"]
    engine = daemon["state"]
    if daemon["pid"]:
        engine += f", process {daemon['pid']}"
    if daemon.get("version"):
        engine += f", version {daemon['version']}, since {daemon['started']}"
        if daemon["version"] != facts["version"]:
            engine += f" (this is {facts['version']}; ssm-tui stop lets the next start bring its own)"
    elif daemon["state"] == "not running":
        engine += " (it starts when the console or a verb needs it)"
    rows = [
        ("ssm-tui", f"{facts['version']} on Python {facts['python']}, {facts['platform']}"),
        ("packages", ", ".join(f"{name} {version or 'missing'}" for name, version in facts["packages"].items())),
        ("context", " ".join(filter(None, (context["name"], context["region"], context["account"])))),
        *_context_rows(facts["contexts"]),
        ("state", facts["paths"]["state"]),
        ("config", facts["paths"]["config"]),
        *([("", problem)] if (problem := facts["config_problem"]) else []),
        ("log", facts["paths"]["log"]),
        ("engine log", facts["paths"]["engine_log"]),
        ("engine", engine),
    ]
    if daemon["problem"]:
        rows.append(("", daemon["problem"]))
    if daemon.get("demo"):
        rows.append(("demo", "its nodes are simulated"))
    if daemon.get("endpoint"):
        rows.append(("served", daemon["endpoint"]))
    if daemon.get("version"):
        rows.append(("live", ", ".join(daemon["live"]) or "nothing"))
    if crash:
        rows.append(("last crash", f"{crash['at']}: {crash['text'].splitlines()[-1] if crash['text'] else ''}"))
    total = sum(facts["disk"].values())
    parts = ", ".join(f"{name} {size(count)}" for name, count in facts["disk"].items())
    rows.append(("disk", f"{size(total)} ({parts})"))
    return "".join(f"{name:<11} {printable(value)}\n" for name, value in rows)


def _context_rows(contexts: list[dict[str, Any]]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for one in contexts:
        if one["name"] != "local" or len(contexts) > 1:
            words = [one["name"], one["region"] if one["region"] and one["region"] not in one["name"] else ""]
            words += [one.get("account") or "", one.get("arn") or "", one.get("problem") or ""]
            rows.append(("contexts" if not rows else "", " ".join(filter(None, words))))
    return rows


def size(count: float) -> str:
    """Give bytes as a person reads them."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"
