"""Handlers that succeed, fail, crash, answer what does not fit, and never answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from tui.engine.context import ApiFault, Context, Services, keeps_alive, on_start, on_stop, operation, watch
from tui.ports import Shape


@operation("PutParameter")
async def put_parameter(ctx: Context, req: Shape) -> Shape:
    def put(conn):
        conn.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (req["Name"], req["Value"]))

    await ctx.services.store.write(put)
    if req["Value"] == "late fault":
        raise ApiFault("ParameterLimitExceeded", "too many")
    return {"Version": 1}


@operation("GetParameter")
async def get_parameter(ctx: Context, req: Shape) -> Shape:
    row = ctx.services.store.read_one("SELECT value FROM meta WHERE key = ?", (req["Name"],))
    if row is None:
        raise ApiFault("ParameterNotFound")
    ctx.revealed = req.get("WithDecryption", False)
    return {"Parameter": {"Name": req["Name"], "Value": row["value"], "ARN": None}}


@operation("DeleteParameter")
async def delete_parameter(ctx: Context, req: Shape) -> Shape:
    # Escaped: a report of the test, log included, is sent from one process of the runner to another as Unicode.
    raise RuntimeError(f"no luck with {req['Name'].encode('ascii', 'backslashreplace').decode()}")


@operation("GetDocument")
async def get_document(ctx: Context, req: Shape) -> Shape:
    return {"Name": 5}


@operation("DescribeDocument")
async def describe_document(ctx: Context, req: Shape) -> Shape:
    return {"Documents": {}}


@operation("GetMaintenanceWindow")
async def get_maintenance_window(ctx: Context, req: Shape) -> Shape:
    waiting = ctx.services.settings["waiting"]
    waiting.append(asyncio.current_task())
    await asyncio.Event().wait()
    return {}


@operation("ListDocuments")
async def list_documents(ctx: Context, req: Shape) -> Shape:
    await ctx.call("PutParameter", {"Name": "inner", "Value": ctx.caller.name, "Type": "String"})
    return {}


@watch("count")
async def count(ctx: Context, params: Shape) -> AsyncIterator[Shape]:
    closed = ctx.services.settings.get("closed", [])
    try:
        for number in range(params["to"]):
            ctx.services.settings.get("given", []).append(number)
            yield {"type": "number", "Number": number, "Data": "x" * params.get("size", 0)}
        if params.get("fail"):
            raise ApiFault("InvalidCommandId")
        if params.get("stay"):
            await asyncio.Event().wait()
    finally:
        closed.append(params)


@on_start
async def started(services: Services) -> None:
    services.settings.get("seen", []).append("start")


@on_stop
async def stopped(services: Services) -> None:
    services.settings.get("seen", []).append("stop")


@keeps_alive
def alive(services: Services) -> list[str]:
    return list(services.settings.get("alive", ()))
