"""What Resource Groups has beside groups: its account's settings, and the tag-sync tasks of applications.

The embedded engine sends no events to EventBridge and has no applications: that is what these operations answer.
"""

from __future__ import annotations

from tui.engine.context import ApiFault, Context, operation
from tui.engine.domains.resource_groups.groups import BAD, MISSING, find_group
from tui.engine.model import RESOURCE_GROUPS
from tui.engine.paging import decode_token
from tui.ports import Shape

INACTIVE = "INACTIVE"


@operation("GetAccountSettings", service=RESOURCE_GROUPS)
async def get_account_settings(ctx: Context, req: Shape) -> Shape:
    return _settings()


@operation("UpdateAccountSettings", service=RESOURCE_GROUPS)
async def update_account_settings(ctx: Context, req: Shape) -> Shape:
    if req.get("GroupLifecycleEventsDesiredStatus", INACTIVE) != INACTIVE:
        raise ApiFault(BAD, "The embedded engine has no EventBridge to send the events of groups to.")
    return _settings()


@operation("ListTagSyncTasks", service=RESOURCE_GROUPS)
async def list_tag_sync_tasks(ctx: Context, req: Shape) -> Shape:
    decode_token(req.get("NextToken"), "tag-sync-tasks")
    return {"TagSyncTasks": []}


@operation("GetTagSyncTask", service=RESOURCE_GROUPS)
async def get_tag_sync_task(ctx: Context, req: Shape) -> Shape:
    raise ApiFault(MISSING, f"There is no tag-sync task {req['TaskArn']}.")


@operation("StartTagSyncTask", service=RESOURCE_GROUPS)
async def start_tag_sync_task(ctx: Context, req: Shape) -> Shape:
    group = find_group(ctx, req)
    raise ApiFault(BAD, f"{group.name} is no application: tags are kept in step for applications alone.")


@operation("CancelTagSyncTask", service=RESOURCE_GROUPS)
async def cancel_tag_sync_task(ctx: Context, req: Shape) -> Shape:
    raise ApiFault(BAD, f"There is no tag-sync task {req['TaskArn']}.")


def _settings() -> Shape:
    return {
        "AccountSettings": {
            "GroupLifecycleEventsDesiredStatus": INACTIVE,
            "GroupLifecycleEventsStatus": INACTIVE,
        }
    }
