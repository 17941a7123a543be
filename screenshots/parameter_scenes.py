"""The scenes of Parameter Store: its screen, a plan, two subtrees compared, and what is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

SERVICES = ("auth", "billing", "mail", "search", "web")
EXPIRES = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=33)


class Stage(Protocol):
    """The console on one engine, as `screenshots.export` has it."""

    app: Any
    pilot: Any

    async def go(self, noun: str, *keys: str, argument: Any = None, says: Any = ()) -> None: ...

    async def says(self, *texts: str) -> None: ...

    async def call(self, operation: str, **params: Any) -> Any: ...


async def _fill(stage: Stage) -> None:
    async def put(name: str, value: str, type: str = "String", **more: Any) -> None:
        await stage.call("PutParameter", Name=name, Value=value, Type=type, **more)

    for env, size in (("prod", 12), ("staging", 2)):
        for service in SERVICES if env == "prod" else SERVICES[:4]:
            await put(f"/app/{env}/{service}/replicas", str(size))
            await put(f"/app/{env}/{service}/log-level", "warn" if env == "prod" else "debug")
        await put(f"/app/{env}/db/host", f"db.{env}.example.net")
        await put(f"/app/{env}/db/port", "5432")
        await put(f"/app/{env}/db/replicas", f"db-1.{env},db-2.{env}", "StringList")
    await put("/app/prod/features", '{"checkout": {"one-click": true, "share": 0.25}, "search": {"fuzzy": true}}')
    expiry = {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": f"{EXPIRES:%Y-%m-%dT%H:%M:%SZ}"}}
    name = "/app/prod/db/password"
    policies = f"[{expiry}]".replace("'", '"')
    await put(name, "first", "SecureString", Tier="Advanced", Policies=policies, Description="the application's own")
    for value in ("second", "third"):
        await put(name, value, "SecureString", Overwrite=True)
    await stage.call("LabelParameterVersion", Name=name, ParameterVersion=3, Labels=["live"])
    await stage.call("LabelParameterVersion", Name=name, ParameterVersion=2, Labels=["previous"])
    tags = [{"Key": "env", "Value": "prod"}, {"Key": "team", "Value": "data"}]
    await stage.call("AddTagsToResource", ResourceType="Parameter", ResourceId=name, Tags=tags)


async def parameters(stage: Stage) -> None:
    await _fill(stage)
    await stage.go("parameters", argument="/app", says=["prod", "staging"])
    screen: Any = stage.app.screen
    screen.tree_view.unfold(next(iter(screen._folders)), below=True)
    await stage.says("billing", "password")
    screen.tree_view.move_to(type(screen.tree_view.cursor_id)("local", "/app/prod/db/password"))
    await stage.says("SecureString · v3", "previous", "in 3", "team=data")
    stage.app.notices.clear()
    await stage.pilot.pause(0.5)


async def parameter_plan(stage: Stage) -> None:
    screen: Any = stage.app.screen
    screen.tree_view.move_to(type(screen.tree_view.cursor_id)("local", "/app/staging"))
    await stage.pilot.press("Y")
    await stage.says("to:")
    await stage.pilot.press("ctrl+u", *"/app/qa", "enter")
    await stage.says("/app/qa/db/host")
    await stage.pilot.pause(0.5)


async def compare(stage: Stage) -> None:
    await stage.pilot.press("escape")
    await stage.go("compare", argument="/app/staging /app/prod", says=["different", "only right", "db/host"])
    await stage.pilot.pause(0.5)


async def find(stage: Stage) -> None:
    await stage.go("find", argument="/app type=SecureString", says=["/app/prod/db/password"])
    await stage.pilot.pause(0.5)


PARAMETERS = {"parameters": parameters, "parameter-plan": parameter_plan, "compare": compare, "find": find}
