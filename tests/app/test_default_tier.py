"""The account's default tier: plans and forms go by it, and say where it is only taken to be Standard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.app._plans import EngineTransport, engine
from tests.app.fake_transport import FakeTransport
from tui.errors import AccessDenied, ApiError, CredentialsExpired, TransportError
from tui.screens._parameter_subtree import plan_again, read_named
from tui.services.parameter_changes import Plan, Wanted
from tui.services.parameter_models import Tier
from tui.services.parameter_plans import copy_plan, goes_by_default, plan_of
from tui.services.parameters import Parameters
from tui.services.service_settings import DEFAULT_TIER, DefaultTier, ServiceSettings
from tui.transport.aws_errors import Down

LONG = "x" * 5000


async def choose(transport: EngineTransport, tier: str) -> None:
    await transport.engine.call("UpdateServiceSetting", {"SettingId": DEFAULT_TIER, "SettingValue": tier})


async def planned(transport: EngineTransport, **wanted: str) -> tuple[Plan, list[str]]:
    """Plan values below /app as the console does; gives what is said of the plan, too."""
    names = [f"/app/{name}" for name in wanted]
    found = await read_named(Parameters(transport), names, lambda _: None)
    some = [Wanted(name=f"/app/{name}", value=value) for name, value in wanted.items()]
    plan = plan_of(found.values, some, about=found.about, default_tier=found.default.tier)
    return plan, found.notes(plan)


@pytest.mark.parametrize(
    ("setting", "tiers"),
    [
        ("Standard", {"old": Tier.STANDARD, "new": Tier.STANDARD}),
        ("Advanced", {"old": Tier.STANDARD, "new": Tier.ADVANCED}),
        ("Intelligent-Tiering", {"old": Tier.ADVANCED, "new": Tier.ADVANCED}),
    ],
)
async def test_a_plan_took_standard_for_the_tier_of_an_account_that_has_another_default(
    tmp_path: Path, setting: str, tiers: dict[str, Tier]
) -> None:
    async with engine(tmp_path, old="v") as transport:
        await choose(transport, setting)
        plan, notes = await planned(transport, old=LONG, new=LONG)
        assert notes == []
        assert {change.path[5:]: change.tier for change in plan.changes} == tiers
        assert [bool(change.problems) for change in plan.changes] == [tier is Tier.STANDARD for tier in tiers.values()]
        again = await plan_again(Parameters(transport), plan.changes)
        assert [change.tier for change in again.changes] == [*tiers.values()]
        # What is planned is what the put makes of it.
        for change in again.changes:
            if not change.problems and change.request is not None:
                assert (await Parameters(transport).put(change.request)).tier is change.tier


async def test_a_copy_of_what_is_not_described_ends_in_the_default_tier(tmp_path: Path) -> None:
    async with engine(tmp_path, a="v") as transport:
        values, _ = await Parameters(transport).values(["/app/a"])
        plan = copy_plan(values, "/app", "/new", default_tier=Tier.ADVANCED)
        assert [change.tier for change in plan.changes] == [Tier.ADVANCED] and goes_by_default(plan)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (AccessDenied("AccessDeniedException", "no", operation="GetServiceSetting", action="ssm:GetServiceSetting"),
         "ssm:GetServiceSetting is missing: what is new is taken to be Standard where no tier is said."),
        (ApiError("ServiceSettingNotFound", "none", operation="GetServiceSetting"), "(ServiceSettingNotFound)"),
        (Down("aws was answered by something that is not AWS (HTTP 500).", hint="A proxy?"),
         "can't be read: aws was answered by something that is not AWS (HTTP 500). What is new is taken"),
    ],
)  # fmt: skip
async def test_a_default_tier_that_can_t_be_read_is_standard_and_that_is_said(
    tmp_path: Path, error: TransportError, said: str
) -> None:
    async with engine(tmp_path, old="v") as transport:

        async def refused(operation: str, request: dict[str, Any]) -> None:
            if operation == "GetServiceSetting":
                raise error

        transport.before = refused
        plan, notes = await planned(transport, new="v")
        assert [change.tier for change in plan.changes] == [Tier.STANDARD]
        assert len(notes) == 1 and said in notes[0]
        same, notes = await planned(transport, old="v")
        assert not same.writes and notes == []  # it matters to nothing that is put


async def test_a_tier_that_came_later_is_not_taken_for_one_and_an_expired_login_is_told() -> None:
    answer = {"ServiceSetting": {"SettingId": DEFAULT_TIER, "SettingValue": "Glacial"}}
    found = await ServiceSettings(FakeTransport({"GetServiceSetting": answer})).default_tier()
    assert found.tier is Tier.STANDARD and "not known here" in found.untold
    expired = CredentialsExpired("ExpiredToken", "", operation="GetServiceSetting")
    with pytest.raises(CredentialsExpired):
        await ServiceSettings(FakeTransport({"GetServiceSetting": expired})).default_tier()
    assert DefaultTier() == (Tier.STANDARD, "")
