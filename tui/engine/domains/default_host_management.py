"""Default Host Management Configuration: the role by which EC2's instances become managed nodes.

The engine has no EC2 instances that it could manage by it; the choice is kept where AWS keeps it, in a service setting.
"""

from __future__ import annotations

from tui.engine.context import ApiFault, Context, operation
from tui.ports import Shape

SETTING = "/ssm/managed-instance/default-ec2-instance-management-role"


@operation("RegisterDefaultHostManagementConfiguration")
async def register_default_host_management(ctx: Context, req: Shape) -> Shape:
    """Choose a role of the account's own; the codes of refusals are unconfirmed, the model has none."""
    arn = req.get("RoleArn")
    if req["PermissionModel"] == "SERVICE_MANAGED":
        problem = "must not be given" if arn else "can't be made: the embedded engine has no IAM"
        raise ApiFault("ValidationException", f"With SERVICE_MANAGED the role {problem}.")
    if not arn:
        raise ApiFault("ValidationException", "With SELF_MANAGED, RoleArn must be given.")
    role = arn.partition(":role/")[2]
    setting = (await ctx.call("GetServiceSetting", {"SettingId": SETTING}))["ServiceSetting"]
    if setting["Status"] != "Default" and setting["SettingValue"] != role and not req.get("Overwrite"):
        text = f"The role {setting['SettingValue']} is registered: Overwrite must be set to replace it."
        raise ApiFault("ValidationException", text)
    await ctx.call("UpdateServiceSetting", {"SettingId": SETTING, "SettingValue": role})
    return {"RoleArn": arn}


@operation("DeregisterDefaultHostManagementConfiguration")
async def deregister_default_host_management(ctx: Context, req: Shape) -> Shape:
    await ctx.call("ResetServiceSetting", {"SettingId": SETTING})
    return {}
