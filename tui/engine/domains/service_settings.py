"""Service settings: what an account has chosen for each service, and what holds where it chose nothing."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from tui.engine.context import ApiFault, Context, operation
from tui.ports import Shape

SYSTEM = "System"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its default, and its values; a setting whose values are not listed takes what fits the pattern."""

    default: str
    values: tuple[str, ...] = ()
    pattern: str = ""


_LOG_GROUP = r"[.\-_/#A-Za-z0-9]{1,512}"
_ROLE = r"([\w+=,.@-]+/)*[\w+=,.@-]{1,64}"

SETTINGS: Mapping[str, Setting] = {
    "/ssm/appmanager/appmanager-enabled": Setting("False", ("True", "False")),
    "/ssm/automation/customer-script-log-destination": Setting("None", ("CloudWatch",)),
    "/ssm/automation/customer-script-log-group-name": Setting("/aws/ssm/automation", pattern=_LOG_GROUP),
    "/ssm/automation/enable-adaptive-concurrency": Setting("False", ("True", "False")),
    "/ssm/documents/console/public-sharing-permission": Setting("Enable", ("Enable", "Disable")),
    "/ssm/managed-instance/activation-tier": Setting("standard", ("standard", "advanced")),
    "/ssm/managed-instance/default-ec2-instance-management-role": Setting("$None", pattern=_ROLE),
    "/ssm/opsinsights/opscenter": Setting("Disabled", ("Enabled", "Disabled")),
    "/ssm/parameter-store/default-parameter-tier": Setting("Standard", ("Standard", "Advanced", "Intelligent-Tiering")),
    "/ssm/parameter-store/high-throughput-enabled": Setting("false", ("true", "false")),
}
"""Settings by id. Which values there are is AWS's; the defaults are, but for the parameter store's, unconfirmed."""


@operation("GetServiceSetting")
async def get_service_setting(ctx: Context, req: Shape) -> Shape:
    return {"ServiceSetting": _shape(ctx, _known(ctx, req))}


@operation("UpdateServiceSetting")
async def update_service_setting(ctx: Context, req: Shape) -> Shape:
    """Set a value. One that the setting does not have is refused with ValidationException (the code is unconfirmed)."""
    name, value = _known(ctx, req), req["SettingValue"]
    setting = SETTINGS[name]
    if setting.values and value not in setting.values:
        raise ApiFault("ValidationException", f"{name} can't be {value!r}: it is one of {', '.join(setting.values)}.")
    if setting.pattern and not re.fullmatch(setting.pattern, value, re.ASCII):
        raise ApiFault("ValidationException", f"{name} can't be {value!r}: it must match {setting.pattern}")
    await _store(ctx, name, value, ctx.caller.arn)
    return {}


@operation("ResetServiceSetting")
async def reset_service_setting(ctx: Context, req: Shape) -> Shape:
    name = _known(ctx, req)
    await _store(ctx, name, "", SYSTEM)
    return {"ServiceSetting": _shape(ctx, name)}


async def _store(ctx: Context, name: str, value: str, user: str) -> None:
    row = (name, value, ctx.services.clock.now(), user)

    def store(conn: sqlite3.Connection) -> None:
        conn.execute("INSERT OR REPLACE INTO service_settings VALUES (?, ?, ?, ?)", row)

    await ctx.services.store.write(store)


def _known(ctx: Context, req: Shape) -> str:
    """Give the id of the setting that an id or an ARN names. Raises: ApiFault ServiceSettingNotFound."""
    given: str = req["SettingId"]
    name = given.removeprefix(ctx.arn("servicesetting")) if given.startswith("arn:") else given
    if name not in SETTINGS:
        raise ApiFault("ServiceSettingNotFound", f"There is no service setting {given}.")
    return name


def _shape(ctx: Context, name: str) -> Shape:
    """Give a setting; one that was never changed has no date of its last change."""
    row = ctx.services.store.read_one("SELECT * FROM service_settings WHERE id = ?", (name,))
    value = row["value"] if row is not None else ""
    shape = {
        "SettingId": name,
        "SettingValue": value or SETTINGS[name].default,
        "LastModifiedUser": row["changed_by"] if row is not None else SYSTEM,
        "ARN": ctx.arn(f"servicesetting{name}"),
        "Status": "Customized" if value else "Default",
    }
    return shape if row is None else {**shape, "LastModifiedDate": row["changed_at"]}
