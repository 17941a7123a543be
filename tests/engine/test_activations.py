"""Hybrid activations over time and in the store."""

from __future__ import annotations

from pathlib import Path

from tests.engine.clock import ManualClock
from tests.engine.command_bench import bench, leaving

DAY = 86400.0


async def test_an_activation_expires_at_its_time_and_stays_listed(tmp_path: Path) -> None:
    clock = ManualClock()
    async with bench(tmp_path / "state", clock=clock) as local:
        call = local.engine.call
        await call("CreateActivation", {"IamRole": "Hybrid"})
        (before,) = (await call("DescribeActivations"))["ActivationList"]
        clock.set_wall(clock.now() + DAY - 1)
        (just,) = (await call("DescribeActivations"))["ActivationList"]
        clock.set_wall(clock.now() + 1)
        (after,) = (await call("DescribeActivations"))["ActivationList"]
    assert (before["Expired"], just["Expired"], after["Expired"]) == (False, False, True)
    assert {**before, "Expired": True} == after


async def test_the_code_is_neither_in_the_store_nor_in_the_audit(tmp_path: Path) -> None:
    state = tmp_path / "state"
    async with leaving(state) as local:
        made = await local.engine.call("CreateActivation", {"IamRole": "Hybrid", "Description": "the cellar"})
    stored = b"".join(file.read_bytes() for file in state.glob("engine.*") if file.is_file())
    assert b"the cellar" in stored and made["ActivationId"].encode() in stored
    assert made["ActivationCode"].encode() not in stored


async def test_roles_and_activations_are_there_after_a_restart(tmp_path: Path) -> None:
    async with leaving(tmp_path / "state") as first:
        made = await first.engine.call("CreateActivation", {"IamRole": "Hybrid"})
        await first.engine.call("UpdateManagedInstanceRole", {"InstanceId": first.node, "IamRole": "Cellar"})
    async with leaving(tmp_path / "state") as second:
        (shape,) = (await second.engine.call("DescribeActivations"))["ActivationList"]
        (node,) = (await second.engine.call("DescribeInstanceInformation"))["InstanceInformationList"]
    assert shape["ActivationId"] == made["ActivationId"] and node["IamRole"] == "Cellar"
