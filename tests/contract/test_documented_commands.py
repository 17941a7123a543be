"""The commands that AWS's own reference gives as examples of these operations, against a served engine.

Names and ids are the engine's own; what a command gives back is held against what the reference shows: the same
members, and nothing where it shows nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.documented import Said, run
from tests.contract.serving import Served, serving

pytestmark = pytest.mark.slow

Aws = Callable[..., list[Said]]


@pytest.fixture(scope="module")
def cellar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("documented") / "state", "--account", "123456789012", demo=3) as served:
        yield served


@pytest.fixture(scope="module")
def node(cellar: Served) -> str:
    listed = cellar.client().describe_instance_information()["InstanceInformationList"]
    found: str = listed[0]["InstanceId"]
    return found


@pytest.fixture
def aws(cellar: Served, tmp_path: Path) -> Aws:
    def commands(*lines: str) -> list[Said]:
        """Run commands whose words are parted by bars."""
        return run(cellar.environment(tmp_path), [line.split("|") for line in lines])

    return commands


def test_activations(aws: Aws) -> None:
    made, listed = aws(
        "ssm|create-activation|--default-instance-name|HybridWebServers|--iam-role|HybridWebServersRole"
        "|--registration-limit|5",
        "ssm|describe-activations",
    )
    assert made.answer.keys() == {"ActivationId", "ActivationCode"}
    (shape,) = listed.answer["ActivationList"]
    assert shape.keys() - {"DefaultInstanceName"} == {
        "ActivationId",
        "IamRole",
        "RegistrationLimit",
        "RegistrationsCount",
        "ExpirationDate",
        "Expired",
        "CreatedDate",
    }
    id = made.answer["ActivationId"]
    filtered, deleted, gone, again = aws(
        "ssm|describe-activations|--filters|FilterKey=DefaultInstanceName,FilterValues=HybridWebServers",
        f"ssm|delete-activation|--activation-id|{id}",
        "ssm|describe-activations",
        f"ssm|delete-activation|--activation-id|{id}",
    )
    assert filtered.answer == listed.answer and gone.answer == {"ActivationList": []}
    assert (deleted.status, deleted.out) == (0, "")
    assert again.status != 0 and "(InvalidActivationId)" in again.error


def test_nodes(aws: Aws, node: str) -> None:
    by_id, by_key, tagged, status, role, properties, nodes, summary = aws(
        f"ssm|describe-instance-information|--filters|Key=InstanceIds,Values={node}",
        "ssm|describe-instance-information|--filters|Key=tag-key,Values=env",
        "ssm|describe-instance-information|--instance-information-filter-list|key=PingStatus,valueSet=Online",
        f"ssm|get-connection-status|--target|{node}",
        f"ssm|update-managed-instance-role|--instance-id|{node}|--iam-role|ExampleRole",
        "ssm|describe-instance-properties|--filters-with-operator|Key=PingStatus,Values=Online,Operator=Equal",
        "ssm|list-nodes|--filters|Key=ResourceType,Values=ManagedInstance,Type=Equal",
        "ssm|list-nodes-summary|--aggregators|AggregatorType=Count,TypeName=Instance,AttributeName=ResourceType",
    )
    assert [each["InstanceId"] for each in by_id.answer["InstanceInformationList"]] == [node]
    assert len(by_key.answer["InstanceInformationList"]) == 3
    assert tagged.answer["InstanceInformationList"][0].keys() >= {"InstanceId", "PingStatus", "AgentVersion"}
    assert status.answer.keys() == {"Target", "Status"} and status.answer["Target"] == node
    assert (role.status, role.out) == (0, "")
    assert properties.answer["InstanceProperties"][0].keys() >= {"InstanceId", "Architecture"}
    assert nodes.answer["Nodes"][0].keys() == {"CaptureTime", "Id", "Owner", "Region", "NodeType"}
    assert summary.answer == {"Summary": [{"ResourceType": "ManagedInstance", "Count": "3"}]}


def test_tags(aws: Aws, node: str) -> None:
    resource = f"--resource-type|ManagedInstance|--resource-id|{node}"
    added, more, listed, removed, left, missing = aws(
        f"ssm|add-tags-to-resource|{resource}|--tags|Key=Stack,Value=Production",
        f'ssm|add-tags-to-resource|{resource}|--tags|[{{"Key":"Region","Value":"East"}},{{"Key":"Quarter","Value":"Q3"}}]',
        f"ssm|list-tags-for-resource|{resource}",
        f"ssm|remove-tags-from-resource|{resource}|--tag-keys|Region|Quarter",
        f"ssm|list-tags-for-resource|{resource}",
        "ssm|add-tags-to-resource|--resource-type|MaintenanceWindow|--resource-id|mw-0123456789abcdef0"
        "|--tags|Key=Stack,Value=Production",
    )
    assert [(each.status, each.out) for each in (added, more, removed)] == [(0, "")] * 3
    assert {"Key": "Region", "Value": "East"} in listed.answer["TagList"]
    keys = {tag["Key"] for tag in left.answer["TagList"]}
    assert "Stack" in keys and not {"Region", "Quarter"} & keys
    assert missing.status != 0 and "(InvalidResourceId)" in missing.error


def test_service_settings(aws: Aws) -> None:
    setting = "/ssm/parameter-store/high-throughput-enabled"
    arn = f"arn:aws:ssm:us-east-1:123456789012:servicesetting{setting}"
    before, updated, changed, reset = aws(
        f"ssm|get-service-setting|--setting-id|{arn}",
        f"ssm|update-service-setting|--setting-id|{arn}|--setting-value|true",
        f"ssm|get-service-setting|--setting-id|{arn}",
        f"ssm|reset-service-setting|--setting-id|{arn}",
    )
    shape = before.answer["ServiceSetting"]
    assert (shape["SettingId"], shape["ARN"], shape["Status"]) == (setting, arn, "Default")
    assert (updated.status, updated.out) == (0, "")
    assert (changed.answer["ServiceSetting"]["SettingValue"], reset.answer["ServiceSetting"]["SettingValue"]) == (
        "true",
        "false",
    )
    assert reset.answer["ServiceSetting"].keys() == {
        "SettingId",
        "SettingValue",
        "LastModifiedDate",
        "LastModifiedUser",
        "ARN",
        "Status",
    }


def tag_query(*types: str, key: str = "Name", value: str = "WebServers") -> dict[str, str]:
    query: dict[str, Any] = {"ResourceTypeFilters": list(types), "TagFilters": [{"Key": key, "Values": [value]}]}
    return {"Type": "TAG_FILTERS_1_0", "Query": json.dumps(query)}


def test_resource_groups(aws: Aws, node: str, tmp_path: Path) -> None:
    arn = "arn:aws:resource-groups:us-east-1:123456789012:group/tbq-WebServer"
    types = ("AWS::EC2::Instance", "AWS::SSM::ManagedInstance")
    (tmp_path / "query.json").write_text(json.dumps(tag_query(*types)))
    file = f"--resource-query|file://{tmp_path}/query.json"
    made, _, found, updated, listed, tagged, tags, untagged, members, filtered, searched, query, requery, gone = aws(
        f"resource-groups|create-group|--name|tbq-WebServer|{file}",
        f"ssm|add-tags-to-resource|--resource-type|ManagedInstance|--resource-id|{node}"
        "|--tags|Key=Name,Value=WebServers",
        "resource-groups|get-group|--group-name|tbq-WebServer",
        "resource-groups|update-group|--group-name|tbq-WebServer|--description"
        "|Resource group for all web server resources.",
        "resource-groups|list-groups",
        f"resource-groups|tag|--tags|QueryType=tags,QueryResources=ec2-instances|--arn|{arn}",
        f"resource-groups|get-tags|--arn|{arn}",
        f"resource-groups|untag|--arn|{arn}|--keys|QueryType",
        "resource-groups|list-group-resources|--group-name|tbq-WebServer",
        "resource-groups|list-group-resources|--group-name|tbq-WebServer|--filters"
        "|Name=resource-type,Values=AWS::EC2::Instance",
        f"resource-groups|search-resources|{file}",
        "resource-groups|get-group-query|--group-name|tbq-WebServer",
        f"resource-groups|update-group-query|--group-name|tbq-WebServer|--resource-query|{json.dumps(tag_query(*types))}",
        "resource-groups|delete-group|--group-name|tbq-WebServer",
    )
    assert made.answer == {"Group": {"GroupArn": arn, "Name": "tbq-WebServer"}, "ResourceQuery": tag_query(*types)}
    assert found.answer["Group"] == made.answer["Group"]
    assert updated.answer["Group"]["Description"] == "Resource group for all web server resources."
    assert listed.answer["GroupIdentifiers"][0]["GroupArn"] == listed.answer["Groups"][0]["GroupArn"] == arn
    both = {"QueryType": "tags", "QueryResources": "ec2-instances"}
    assert tagged.answer == tags.answer == {"Arn": arn, "Tags": both}
    assert untagged.answer == {"Arn": arn, "Keys": ["QueryType"]}
    member = {
        "ResourceArn": f"arn:aws:ssm:us-east-1:123456789012:managed-instance/{node}",
        "ResourceType": "AWS::SSM::ManagedInstance",
    }
    assert members.answer["ResourceIdentifiers"] == searched.answer["ResourceIdentifiers"] == [member]
    assert filtered.answer["ResourceIdentifiers"] == []
    assert query.answer["GroupQuery"] == {"GroupName": "tbq-WebServer", "ResourceQuery": tag_query(*types)}
    assert requery.answer["GroupQuery"] == query.answer["GroupQuery"]
    assert gone.answer["Group"]["Name"] == "tbq-WebServer"


def test_group_configurations_and_stacks(aws: Aws, tmp_path: Path) -> None:
    hosts = {
        "Type": "AWS::EC2::HostManagement",
        "Parameters": [
            {"Name": "allowed-host-families", "Values": ["c5", "m5"]},
            {"Name": "any-host-based-license-configuration", "Values": ["true"]},
        ],
    }
    generic = {
        "Type": "AWS::ResourceGroups::Generic",
        "Parameters": [
            {"Name": "allowed-resource-types", "Values": ["AWS::EC2::Host"]},
            {"Name": "deletion-protection", "Values": ["UNLESS_EMPTY"]},
        ],
    }
    (tmp_path / "config.json").write_text(json.dumps([hosts, generic]))
    stack = "arn:aws:cloudformation:us-west-2:123456789012:stack/MyCFNStack/1415z9z0-z39z-11z8-97z5-500z212zz6fz"
    query = {"ResourceTypeFilters": ["AWS::AllSupported"], "StackIdentifier": stack}
    of_stack = json.dumps({"Type": "CLOUDFORMATION_STACK_1_0", "Query": json.dumps(query)})
    _, put, found, refused = aws(
        "resource-groups|create-group|--name|MyTestGroup|--configuration|Type=AWS::ResourceGroups::Generic",
        f"resource-groups|put-group-configuration|--group|MyTestGroup|--configuration|file://{tmp_path}/config.json",
        "resource-groups|get-group-configuration|--group|MyTestGroup",
        f"resource-groups|create-group|--name|cbq-CFNstackgroup|--resource-query|{of_stack}",
    )
    assert put.answer in (None, {})
    assert found.answer["GroupConfiguration"]["Configuration"] == [hosts, generic]
    assert refused.status != 0 and "(BadRequestException)" in refused.error and "doesn't exist" in refused.error


def test_the_tagging_api(aws: Aws, node: str) -> None:
    arn = f"arn:aws:ssm:us-east-1:123456789012:managed-instance/{node}"
    tagged, found, keys, values, untagged = aws(
        f"resourcegroupstaggingapi|tag-resources|--resource-arn-list|{arn}|--tags|Environment=Production,CostCenter=1234",
        "resourcegroupstaggingapi|get-resources|--tag-filters|Key=Environment,Values=Production",
        "resourcegroupstaggingapi|get-tag-keys",
        "resourcegroupstaggingapi|get-tag-values|--key|Environment",
        f"resourcegroupstaggingapi|untag-resources|--resource-arn-list|{arn}|--tag-keys|Environment|CostCenter",
    )
    assert tagged.answer == untagged.answer == {"FailedResourcesMap": {}}
    (mapping,) = found.answer["ResourceTagMappingList"]
    assert mapping["ResourceARN"] == arn and {"Key": "CostCenter", "Value": "1234"} in mapping["Tags"]
    assert {"Environment", "CostCenter"} <= set(keys.answer["TagKeys"])
    assert values.answer["TagValues"] == ["Production"]
