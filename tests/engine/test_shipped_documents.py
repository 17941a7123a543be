"""GetDocument, DescribeDocument and ListDocuments on the documents that the engine ships."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.command_bench import Bench, leaving
from tui.engine.context import ApiFault

SHELL = "AWS-RunShellScript"


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[Bench]:
    async with leaving(tmp_path / "state") as made:
        yield made


async def test_get_gives_json_by_default_and_yaml_on_request(local: Bench) -> None:
    as_json = await local.engine.call("GetDocument", {"Name": SHELL})
    as_yaml = await local.engine.call("GetDocument", {"Name": SHELL, "DocumentFormat": "YAML"})
    assert (as_json["DocumentFormat"], as_yaml["DocumentFormat"]) == ("JSON", "YAML")
    assert json.loads(as_json["Content"]) == yaml.safe_load(as_yaml["Content"])
    assert json.loads(as_json["Content"])["schemaVersion"] == "1.2"
    described = (await local.engine.call("DescribeDocument", {"Name": SHELL}))["Document"]
    assert described["Hash"] == hashlib.sha256(as_json["Content"].encode()).hexdigest()


async def test_describe_shows_awss_parameters(local: Bench) -> None:
    document = (await local.engine.call("DescribeDocument", {"Name": f"arn:aws:ssm:us-east-1::document/{SHELL}"}))[
        "Document"
    ]
    assert (document["Owner"], document["DocumentType"], document["SchemaVersion"]) == ("Amazon", "Command", "1.2")
    assert document["PlatformTypes"] == ["Linux", "MacOS"]
    shown = [(each["Name"], each["Type"], each.get("DefaultValue")) for each in document["Parameters"]]
    assert shown == [
        ("commands", "StringList", None),
        ("workingDirectory", "String", ""),
        ("executionTimeout", "String", "3600"),
    ]


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        ({}, True),
        ({"Filters": [{"Key": "Name", "Values": ["AWS-Run"]}]}, True),
        ({"Filters": [{"Key": "Owner", "Values": ["Self"]}]}, False),
        ({"Filters": [{"Key": "Owner", "Values": ["Amazon"]}, {"Key": "PlatformTypes", "Values": ["Linux"]}]}, True),
        ({"Filters": [{"Key": "PlatformTypes", "Values": ["Windows"]}]}, False),
        ({"DocumentFilterList": [{"key": "DocumentType", "value": "Command"}]}, True),
        ({"DocumentFilterList": [{"key": "DocumentType", "value": "Automation"}]}, False),
        ({"Filters": [{"Key": "tag:a", "Values": ["b"]}]}, False),
        ({"Filters": [{"Key": "SearchKeyword", "Values": ["shell"]}]}, True),
    ],
)
async def test_lists_are_filtered(local: Bench, request_: dict[str, Any], found: bool) -> None:
    listed = (await local.engine.call("ListDocuments", request_))["DocumentIdentifiers"]
    assert (SHELL in [each["Name"] for each in listed]) is found


@pytest.mark.parametrize(
    ("operation", "request_", "code"),
    [
        ("GetDocument", {"Name": "AWS-Nothing"}, "InvalidDocument"),
        ("GetDocument", {"Name": SHELL, "DocumentVersion": "2"}, "InvalidDocumentVersion"),
        ("GetDocument", {"Name": SHELL, "VersionName": "x"}, "InvalidDocumentVersion"),
        ("GetDocument", {"Name": "a b"}, "ValidationException"),
        ("DescribeDocument", {"Name": "AWS-Nothing"}, "InvalidDocument"),
        ("ListDocuments", {"Filters": [{"Key": "Nope", "Values": ["x"]}]}, "InvalidFilterKey"),
        ("ListDocuments", {"NextToken": "x"}, "InvalidNextToken"),
    ],
)
async def test_what_does_not_exist_is_refused_with_awss_code(
    local: Bench, operation: str, request_: dict[str, Any], code: str
) -> None:
    with pytest.raises(ApiFault) as caught:
        await local.engine.call(operation, request_)
    assert caught.value.code == code
