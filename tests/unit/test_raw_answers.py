"""The raw answer that `y` shows."""

from __future__ import annotations

import json

import yaml

from tui.engine.model import load_models
from tui.services.raw_answers import TIMES, as_yaml


def test_the_names_of_times_are_those_of_the_service_models() -> None:
    kinds: dict[str, set[str]] = {}
    for model in load_models().values():
        for shape in model.shapes.values():
            for name, member in shape.get("members", {}).items():
                kinds.setdefault(name, set()).add(model.shapes[member["shape"]]["type"])
    assert {name for name, types in kinds.items() if "timestamp" in types} == TIMES
    # A name alone says enough while none of them is a number somewhere.
    assert {name for name in TIMES if kinds[name] - {"timestamp", "string"}} == set()


def test_times_were_epoch_seconds_in_the_raw_answer() -> None:
    answer = {
        "InstanceId": "mi-1",
        "LastPingDateTime": 1795258800.25,
        "Sessions": [{"StartDate": 1795258800, "Owner": "한글"}],
        "StartDate": "2026-11-21T11:00:00Z",
        "Parameters": {"commands": ["1795258800"], "At": ["x"]},
        "ExpirationDate": 1e18,
        "Size": 1795258800,
    }
    text = as_yaml(answer)
    assert "LastPingDateTime: 2026-11-21T11:00:00.250+00:00\n" in text
    assert "StartDate: 2026-11-21T11:00:00+00:00\n" in text
    assert "Owner: 한글\n" in text
    assert "Size: 1795258800\n" in text
    read = yaml.safe_load(text)
    assert [*read] == [*answer]
    assert read["StartDate"] == answer["StartDate"]
    assert read["Parameters"] == answer["Parameters"]
    assert read["ExpirationDate"] == 1e18


def test_what_a_command_wrote_is_read_line_by_line() -> None:
    answer = {
        "StandardOutputContent": "one\n  two\n\nthree",
        "Parameters": {"commands": ["cd /\nls\n"]},
        "odd": "a \nb\x1b",
    }
    written = as_yaml(answer)
    assert "StandardOutputContent: |-\n  one\n    two\n\n  three\n" in written
    assert yaml.safe_load(written) == answer


def test_a_secret_of_secrets_manager_was_plain_in_the_raw_answer() -> None:
    source = {
        "ARN": "arn:aws:secretsmanager:eu-west-1:1:secret:db-x",
        "name": "db",
        "versionStages": ["AWSCURRENT"],
        "SecretString": "MARKER-1",
        "secretBinary": "MARKER-2",
        "told tomorrow": {"again": "MARKER-3"},
    }
    parameter = {"Name": "/aws/reference/secretsmanager/db", "Type": "SecureString", "Value": "MARKER-4", "Version": 0}
    answer = {
        "Parameters": [
            parameter | {"SourceResult": json.dumps(source)},
            parameter | {"SourceResult": "MARKER-5 no JSON"},
            parameter | {"SourceResult": '["MARKER-6"]'},
        ],
        "Parameter": {"Type": "SecureString", "Value": "Y2lwaGVy"},
        "TokenValue": "MARKER-7",
    }
    text = as_yaml(answer)
    assert "MARKER" not in text
    assert "AWSCURRENT" in text and source["ARN"] in text and "Value: Y2lwaGVy" in text
    assert "MARKER-1" in answer["Parameters"][0]["SourceResult"]  # what was given stays as it was
