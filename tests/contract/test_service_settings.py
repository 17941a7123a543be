"""Service settings and resource policies."""

from __future__ import annotations

import json

import pytest

from tests.contract.backends import Api, contract, refused

TIER = "/ssm/managed-instance/activation-tier"
ROLE = "default-ec2-instance-management-role"
THROUGHPUT = "/ssm/parameter-store/high-throughput-enabled"


@contract("GetServiceSetting")
async def test_a_setting_that_nobody_changed_is_the_systems(api: Api) -> None:
    arn = f"arn:aws:ssm:{api.region}:{api.account}:servicesetting{THROUGHPUT}"
    expected = {
        "SettingId": THROUGHPUT,
        "SettingValue": "false",
        "LastModifiedUser": "System",
        "ARN": arn,
        "Status": "Default",
    }
    for name in (THROUGHPUT, arn):
        assert (await api.call("GetServiceSetting", SettingId=name))["ServiceSetting"] == expected


@contract("UpdateServiceSetting", "ResetServiceSetting")
async def test_a_setting_is_changed_and_reset(api: Api) -> None:
    assert await api.call("UpdateServiceSetting", SettingId=TIER, SettingValue="advanced") == {}
    changed = (await api.call("GetServiceSetting", SettingId=TIER))["ServiceSetting"]
    assert (changed["SettingValue"], changed["Status"]) == ("advanced", "Customized")
    assert changed["LastModifiedUser"].startswith(f"arn:aws:iam::{api.account}:user/")
    assert changed["LastModifiedDate"] > 1_700_000_000
    arn = changed["ARN"]
    reset = (await api.call("ResetServiceSetting", SettingId=arn))["ServiceSetting"]
    assert (reset["SettingValue"], reset["Status"], reset["LastModifiedUser"]) == ("standard", "Default", "System")
    assert (await api.call("GetServiceSetting", SettingId=TIER))["ServiceSetting"] == reset


@contract("GetServiceSetting", "UpdateServiceSetting", "ResetServiceSetting")
@pytest.mark.parametrize(
    "name",
    [
        "/ssm/coffee/strength",
        "ssm/managed-instance/activation-tier",
        f"arn:aws:ssm:us-east-1:999999999999:servicesetting{TIER}",
        f"arn:aws:ssm:eu-central-1:999999999999:servicesetting{TIER}",
    ],
)
async def test_a_setting_that_is_not_there_is_said(api: Api, name: str) -> None:
    for operation, more in (
        ("GetServiceSetting", {}),
        ("UpdateServiceSetting", {"SettingValue": "advanced"}),
        ("ResetServiceSetting", {}),
    ):
        assert await refused(api, operation, SettingId=name, **more) == "ServiceSettingNotFound"


@contract("UpdateServiceSetting")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        (TIER, "Advanced"),
        (THROUGHPUT, "maybe"),
        ("/ssm/automation/customer-script-log-group-name", "a b"),
        ("/ssm/managed-instance/default-ec2-instance-management-role", "a b"),
        (TIER, ""),
    ],
)
async def test_values_that_a_setting_can_not_have_are_refused(api: Api, name: str, value: str) -> None:
    assert await refused(api, "UpdateServiceSetting", SettingId=name, SettingValue=value) == "ValidationException"


@contract("RegisterDefaultHostManagementConfiguration", "DeregisterDefaultHostManagementConfiguration")
async def test_the_role_of_default_host_management_is_a_service_setting(api: Api) -> None:
    register, setting = "RegisterDefaultHostManagementConfiguration", f"{TIER.rpartition('/')[0]}/{ROLE}"
    first, second = (f"arn:aws:iam::{api.account}:role/service-role/{name}" for name in ("First", "Second"))

    async def value() -> str:
        return str((await api.call("GetServiceSetting", SettingId=setting))["ServiceSetting"]["SettingValue"])

    assert await api.call(register, PermissionModel="SELF_MANAGED", RoleArn=first) == {"RoleArn": first}
    assert await value() == "service-role/First"
    assert await refused(api, register, PermissionModel="SELF_MANAGED", RoleArn=second) == "ValidationException"
    replaced = await api.call(register, PermissionModel="SELF_MANAGED", RoleArn=second, Overwrite=True)
    assert replaced == {"RoleArn": second} and await value() == "service-role/Second"
    assert await api.call("DeregisterDefaultHostManagementConfiguration") == {}
    assert await value() == "$None"
    for wrong in ({"PermissionModel": "SELF_MANAGED"}, {"PermissionModel": "SERVICE_MANAGED", "RoleArn": first}):
        assert await refused(api, register, **wrong) == "ValidationException"
    assert await refused(api, register, PermissionModel="SERVICE_MANAGED") == "ValidationException"


def group_arn(api: Api, name: str = "opsitemgroup/default") -> str:
    return f"arn:aws:ssm:{api.region}:{api.account}:{name}"


def policy(action: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": ["123456789012"]}, "Action": [action], "Resource": ["*"]}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@contract("PutResourcePolicy", "GetResourcePolicies", "DeleteResourcePolicy")
async def test_a_policy_is_put_replaced_and_deleted_by_who_knows_its_hash(api: Api) -> None:
    resource = {"ResourceArn": group_arn(api)}
    assert await api.call("GetResourcePolicies", **resource) == {"Policies": []}
    first = await api.call("PutResourcePolicy", **resource, Policy=policy("ssm:GetOpsItem"))
    assert await refused(api, "PutResourcePolicy", **resource, Policy=policy("ssm:GetOpsItem")) == (
        "ResourcePolicyLimitExceededException"
    )
    second = await api.call("PutResourcePolicy", **resource, Policy=policy("ssm:UpdateOpsItem"), **first)
    assert second["PolicyId"] == first["PolicyId"] and second["PolicyHash"] != first["PolicyHash"]
    listed = await api.call("GetResourcePolicies", **resource)
    assert listed == {"Policies": [{**second, "Policy": policy("ssm:UpdateOpsItem")}]}
    assert await refused(api, "DeleteResourcePolicy", **resource, **first) == "ResourcePolicyConflictException"
    put = {"Policy": policy("ssm:GetOpsItem"), **first}
    assert await refused(api, "PutResourcePolicy", **resource, **put) == "ResourcePolicyConflictException"
    assert await api.call("DeleteResourcePolicy", **resource, **second) == {}
    assert await refused(api, "DeleteResourcePolicy", **resource, **second) == "ResourcePolicyNotFoundException"


@contract("PutResourcePolicy", "GetResourcePolicies", "DeleteResourcePolicy")
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("opsitemgroup/another", "ResourceNotFoundException"),
        ("parameter/shared", "ResourceNotFoundException"),
        ("document/mine", "ResourceNotFoundException"),
        ("managed-instance/mi-" + "0" * 17, "ResourcePolicyInvalidParameterException"),
    ],
)
async def test_only_some_resources_have_policies(api: Api, name: str, code: str) -> None:
    resource = {"ResourceArn": group_arn(api, name)}
    assert await refused(api, "GetResourcePolicies", **resource) == code
    assert await refused(api, "PutResourcePolicy", **resource, Policy=policy("ssm:GetOpsItem")) == code
    assert await refused(api, "DeleteResourcePolicy", **resource, PolicyId="a", PolicyHash="b") == code


@contract("PutResourcePolicy")
@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"Policy": "no JSON"}, "MalformedResourcePolicyDocumentException"),
        ({"Policy": "[]"}, "MalformedResourcePolicyDocumentException"),
        ({"Policy": '{"Statement": [{"Effect": "Allow"}]}'}, "MalformedResourcePolicyDocumentException"),
        ({"Policy": '{"Statement": 5}'}, "MalformedResourcePolicyDocumentException"),
        ({"Policy": '{"Statement": []}'}, "MalformedResourcePolicyDocumentException"),
        ({"Policy": "[" * 100_000}, "MalformedResourcePolicyDocumentException"),
        ({"Policy": policy("a"), "PolicyId": "x"}, "ResourcePolicyInvalidParameterException"),
        ({"Policy": policy("a"), "PolicyId": "x", "PolicyHash": "y"}, "ResourcePolicyNotFoundException"),
        ({"Policy": " "}, "ValidationException"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_policy_that_is_none_is_refused(api: Api, request_: dict[str, str], code: str) -> None:
    assert await refused(api, "PutResourcePolicy", ResourceArn=group_arn(api), **request_) == code


@contract("GetResourcePolicies")
async def test_a_strange_token_is_refused(api: Api) -> None:
    code = await refused(api, "GetResourcePolicies", ResourceArn=group_arn(api), NextToken="x")
    assert code == "ResourcePolicyInvalidParameterException"
