"""Who is calling: AWS's clients ask it before they name anything of the account in an ARN."""

from __future__ import annotations

import base64
import hashlib

from tui.engine.context import Context, operation
from tui.engine.model import STS
from tui.ports import Shape


@operation("GetCallerIdentity", service=STS)
async def get_caller_identity(ctx: Context, _: Shape) -> Shape:
    caller = ctx.caller
    # A user's id says nothing on AWS; here it follows from the name, so that it stays the same.
    unique = base64.b32encode(hashlib.sha256(caller.arn.encode()).digest()).decode()[:17]
    return {"UserId": f"AIDA{unique}", "Account": caller.account, "Arn": caller.arn}
