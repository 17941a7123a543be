"""Documents: parsed with positions, given values, and their references resolved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import tui
from tui.documents import DocumentError, ParameterError, convert, effective_values, parse, resolve
from tui.documents.parameters import default_text, typed_value

SHELL = (Path(tui.__file__).parent / "engine" / "documents" / "AWS-RunShellScript.yaml").read_text()

TYPES = """
schemaVersion: "2.2"
parameters:
  Number: {type: Integer, default: 3}
  Flag: {type: Boolean, default: true}
  Words: {type: StringList, default: [a, b], maxItems: 3, minItems: 1}
  Map: {type: StringMap, default: {a: b}}
  Choice: {type: String, default: one, allowedValues: [one, two]}
  Short: {type: String, default: "", maxChars: 3}
  Digits: {type: String, default: "1", allowedPattern: "[0-9]+"}
mainSteps:
  - {name: first, action: aws:runShellScript, inputs: {runCommand: ["{{ Words }}", "{{Number}} {{ Flag }}"]}}
  - {name: second, action: aws:runPowerShellScript}
"""


def test_the_shipped_shell_document_is_awss() -> None:
    document = parse(SHELL)
    assert document.schema_version == "1.2"
    assert [(step.name, step.action) for step in document.steps] == [("aws:runShellScript", "aws:runShellScript")]
    assert list(document.parameters) == ["commands", "workingDirectory", "executionTimeout"]
    assert document.platform_types == ["Linux", "MacOS"]
    assert [parameter.is_required for parameter in document.parameters.values()] == [True, False, False]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ('{"schemaVersion": "2.2",\n "mainSteps": [}', 2, ""),
        ("schemaVersion: '2.2'\nmainSteps:\n  - a: [", 4, ""),
        ("just words", 0, "mapping"),
        ("schemaVersion: '9.9'", 0, "9.9"),
        ("schemaVersion: '2.2'", 0, "mainSteps"),
        ("schemaVersion: '2.2'\nmainSteps: []", 0, "no step"),
        ("schemaVersion: '2.2'\nmainSteps: [{action: a}]", 0, "step 1"),
        ("schemaVersion: '2.2'\nmainSteps: [{action: a, name: x}, {action: a, name: x}]", 0, "two steps"),
        ("schemaVersion: '1.2'\nruntimeConfig: {a: 1}", 0, "properties"),
        ("schemaVersion: '2.2'\nparameters: {a: {type: Nope}}\nmainSteps: [{action: a, name: x}]", 0, "Nope"),
        ("schemaVersion: '2.2'\nparameters: {a: {maxChars: x}}\nmainSteps: [{action: a, name: x}]", 0, "maxChars"),
    ],
)
def test_a_text_that_is_no_document_says_why_and_where(text: str, line: int, says: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(text)
    assert caught.value.line == line
    assert says in str(caught.value)


def test_each_entry_of_an_old_documents_properties_is_a_step() -> None:
    document = parse(
        json.dumps(
            {
                "schemaVersion": "1.2",
                "runtimeConfig": {"aws:runShellScript": {"properties": [{"runCommand": "a"}, {"runCommand": "b"}]}},
            }
        )
    )
    assert [step.inputs["runCommand"] for step in document.steps] == ["a", "b"]


def test_defaults_complete_the_values() -> None:
    assert effective_values(parse(SHELL), {"commands": ["ls"]}) == {
        "commands": ["ls"],
        "workingDirectory": [""],
        "executionTimeout": ["3600"],
    }
    assert effective_values(parse(TYPES), {})["Map"] == ['{"a": "b"}']


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"Nope": ["1"]}, "Nope"),
        ({"Number": ["x"]}, "Number"),
        ({"Flag": ["maybe"]}, "Flag"),
        ({"Map": ["[]"]}, "Map"),
        ({"Words": []}, "Words"),
        ({"Words": ["a"] * 4}, "Words"),
        ({"Choice": ["three"]}, "Choice"),
        ({"Short": ["long"]}, "Short"),
        ({"Digits": ["12x"]}, "Digits"),
        ({"Digits": ["1", "2"]}, "Digits"),
        ({"Short": ["{{ ssm:/a/b:1 }}"]}, "Short"),
    ],
)
def test_a_value_that_is_not_allowed_names_its_parameter(given: dict[str, list[str]], name: str) -> None:
    with pytest.raises(ParameterError) as caught:
        effective_values(parse(TYPES), given)
    assert caught.value.name == name


def test_a_required_parameter_must_be_given() -> None:
    with pytest.raises(ParameterError) as caught:
        effective_values(parse(SHELL), {})
    assert caught.value.name == "commands"


def test_a_pattern_that_backtracks_for_ever_does_not_hang() -> None:
    text = TYPES.replace("[0-9]+", "(a+)+$")
    with pytest.raises(ParameterError):
        effective_values(parse(text), {"Digits": ["a" * 40 + "b"]})


def test_references_keep_types_when_alone_and_are_text_inside_text() -> None:
    values = {"Words": ["x", "y"], "Number": 3, "Flag": True, "Name": "n"}
    assert resolve("{{ Words }}", values) == ["x", "y"]
    assert resolve(["{{Number}}"], values) == [3]
    assert resolve("a {{ Number }} {{Flag}} {{ Name }} {{ Words }}", values) == 'a 3 true n ["x", "y"]'


def test_a_value_is_never_expanded_again_and_unknown_names_stay() -> None:
    values = {"A": "{{ B }}", "B": "secret"}
    assert resolve("{{A}} {{ C }} {{ not-a-name }}", values) == "{{ B }} {{ C }} {{ not-a-name }}"


def test_a_script_keeps_its_dollars() -> None:
    values = {"commands": ["echo $$ ${HOME}", "kill -9 $$"]}
    assert resolve({"runCommand": "{{ commands }}"}, values) == {"runCommand": ["echo $$ ${HOME}", "kill -9 $$"]}


def test_documents_convert_between_formats_with_the_same_content() -> None:
    as_json = convert(SHELL, "JSON")
    assert json.loads(as_json)["schemaVersion"] == "1.2"
    assert parse(convert(as_json, "YAML")).content == parse(SHELL).content


def test_defaults_are_shown_as_json_where_they_are_no_text() -> None:
    parameters = parse(TYPES).parameters
    assert [default_text(parameters[name]) for name in ("Number", "Flag", "Words", "Choice")] == [
        "3",
        "true",
        '["a", "b"]',
        "one",
    ]
    assert default_text(parse(SHELL).parameters["commands"]) is None
    assert typed_value(parameters["Map"], ['{"a": "b"}']) == {"a": "b"}
