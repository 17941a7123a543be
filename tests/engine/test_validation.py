"""Requests and responses against the models; botocore's own validator is the oracle for what it checks."""

import base64

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui.engine.context import ApiFault
from tui.engine.model import SSM, load_models
from tui.engine.validation import Validator

MODEL = load_models()[SSM]


def check(operation, params):
    return Validator(MODEL.shapes).check(MODEL.operations[operation].input, params)


def fault(operation, params):
    with pytest.raises(ApiFault) as caught:
        check(operation, params)
    return caught.value


def constraint(operation, params):
    found = fault(operation, params)
    assert found.code == "ValidationException"
    return found.message


def test_what_fits_comes_back_without_unknown_members_and_nulls():
    given_params = {"Name": "a", "WithDecryption": True, "Unknown": 1}
    assert check("GetParameter", given_params) == {"Name": "a", "WithDecryption": True}
    assert check("DescribeInstanceInformation", {"NextToken": None}) == {}


def test_all_violations_are_in_one_message():
    params = {
        "InstanceIds": ["nonsense"],
        "DocumentName": "AWS-RunShellScript",
        "TimeoutSeconds": 5,
        "Comment": "c" * 101,
    }
    text = constraint("SendCommand", params)
    assert text.startswith("3 validation errors detected: ")
    assert (
        "Value '[nonsense]' at 'instanceIds' failed to satisfy constraint: Member must satisfy constraint: "
        "[Member must satisfy regular expression pattern: (^i-(\\w{8}|\\w{17})$)|(^mi-\\w{17}$)]" in text
    )
    assert (
        "; Value '5' at 'timeoutSeconds'"
        " failed to satisfy constraint: Member must have value greater than or equal to 30" in text
    )
    assert (
        f"; Value '{'c' * 101}' at 'comment'"
        " failed to satisfy constraint: Member must have length less than or equal to 100" in text
    )


@pytest.mark.parametrize(
    ("operation", "params", "text"),
    [
        ("GetParameter", {}, "Value null at 'name' failed to satisfy constraint: Member must not be null"),
        ("GetParameter", {"Name": None}, "Value null at 'name' failed to satisfy constraint: Member must not be null"),
        (
            "DescribeInstanceInformation",
            {"MaxResults": 4},
            "Value '4' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 5",
        ),
        (
            "DescribeInstanceInformation",
            {"MaxResults": 51},
            "Value '51' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 50",
        ),
        (
            "DescribeSessions",
            {"State": "Old"},
            "Value 'Old' at 'state'"
            " failed to satisfy constraint: Member must satisfy enum value set: [Active, History]",
        ),
        (
            "AddTagsToResource",
            {
                "ResourceType": "ManagedInstance",
                "ResourceId": "x",
                "Tags": [{"Key": "a", "Value": "b"}, {"Key": "", "Value": "b"}],
            },
            "Value '' at 'tags.2.member.key'"
            " failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        (
            "DescribeInstanceInformation",
            {"Filters": [{"Key": "tag:a", "Values": []}]},
            "Value '[]' at 'filters.1.member.values'"
            " failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
    ],
)
def test_a_single_violation_is_said_in_awss_words(operation, params, text):
    assert constraint(operation, params) == f"1 validation error detected: {text}"


def test_a_sensitive_value_is_not_repeated():
    text = constraint("PutParameter", {"Name": "n", "Value": "", "Type": "Nope"})
    assert "Nope" in text
    secret = {
        "TaskType": "LAMBDA",
        "WindowId": "mw-" + "0" * 17,
        "TaskArn": "x",
        "TaskInvocationParameters": {"Lambda": {"Payload": base64.b64encode(b"s" * 4097).decode()}},
    }
    text = constraint("RegisterTaskWithMaintenanceWindow", secret)
    assert text == (
        "1 validation error detected: Value at 'taskInvocationParameters.lambda.payload' failed to satisfy constraint: "
        "Member must have length less than or equal to 4096"
    )


@pytest.mark.parametrize(
    ("operation", "params", "text"),
    [
        ("GetParameter", {"Name": 5}, "NUMBER_VALUE can not be converted to a String (at 'name')"),
        (
            "GetParameter",
            {"Name": "a", "WithDecryption": "yes"},
            "STRING_VALUE can not be converted to a Boolean (at 'withDecryption')",
        ),
        (
            "DescribeInstanceInformation",
            {"MaxResults": True},
            "TRUE_VALUE can not be converted to an Integer (at 'maxResults')",
        ),
        (
            "DescribeInstanceInformation",
            {"MaxResults": 2**31},
            "2147483648 is out of range of an Integer (at 'maxResults')",
        ),
        (
            "SendCommand",
            {"DocumentName": "d", "InstanceIds": "i"},
            "Expected list or null: STRING_VALUE can not be converted to a list (InstanceIdList) (at 'instanceIds')",
        ),
        (
            "SendCommand",
            {"DocumentName": "d", "Parameters": {"commands": [5]}},
            "NUMBER_VALUE can not be converted to a String (at 'parameters.commands.member.1.member')",
        ),
    ],
)
def test_a_wrong_json_type_is_a_serialization_exception(operation, params, text):
    found = fault(operation, params)
    assert (found.code, found.message) == ("SerializationException", text)


def test_times_come_as_epoch_seconds_whatever_they_were():
    for written in (
        1800000000,
        1800000000.0,
        "2027-01-15T08:00:00Z",
        "2027-01-15T09:00:00+01:00",
        "2027-01-15T08:00:00",
    ):
        request = {"IamRole": "role", "ExpirationDate": written}
        assert check("CreateActivation", request)["ExpirationDate"] == 1800000000.0
    assert fault("CreateActivation", {"IamRole": "r", "ExpirationDate": "tomorrow"}).code == "SerializationException"


def test_a_response_with_a_member_that_the_model_lacks_does_not_fit():
    strict = Validator(MODEL.shapes, strict=True)
    assert strict.check("GetParameterResult", {"Parameter": {"Name": "a", "ARN": None}}) == {"Parameter": {"Name": "a"}}
    with pytest.raises(ApiFault, match="Parameter has no member Nam"):
        strict.check("GetParameterResult", {"Parameter": {"Nam": "a"}})


def test_shapes_that_hold_themselves_are_checked_to_the_bottom():
    text = constraint(
        "GetInventory", {"Aggregators": [{"Expression": "x", "Aggregators": [{"Expression": ""}]}], "MaxResults": 1}
    )
    assert "'aggregators.1.member.aggregators.1.member.expression'" in text


def test_sensitive_members_are_masked():
    validator = Validator(MODEL.shapes)
    request = {"DocumentName": "d", "Parameters": {"commands": ["echo secret"]}, "InstanceIds": ["mi-1"]}
    assert validator.mask("SendCommandRequest", request) == {
        "DocumentName": "d",
        "Parameters": "***",
        "InstanceIds": ["mi-1"],
    }


# the oracle

ORACLE = botocore.session.get_session().get_service_model("ssm")
OPERATIONS = [
    "SendCommand",
    "DescribeInstanceInformation",
    "ListCommands",
    "ListCommandInvocations",
    "AddTagsToResource",
    "CreateAssociation",
    "PutParameter",
    "GetInventory",
    "StartSession",
    "CreateActivation",
    "PutComplianceItems",
]
WRONG = st.one_of(st.text(max_size=3), st.floats(0.5, 0.75), st.just([]), st.just({}), st.just({"x": 1}))


def values(shape, depth=0):
    """Values for a shape: often right, sometimes of the wrong type, too short or incomplete."""
    kind = shape.type_name
    if kind == "structure":
        members = {name: values(member, depth + 1) for name, member in shape.members.items()}
        required = {name: members[name] for name in shape.required_members}
        optional = {name: member for name, member in members.items() if name not in required}
        if depth > 2:
            optional = {}
        whole = st.fixed_dictionaries(required, optional=optional)
        lacking = st.fixed_dictionaries({}, optional=required)
        right = st.one_of(whole, whole, lacking)
    elif kind == "list":
        right = st.lists(values(shape.member, depth + 1), max_size=3) if depth < 5 else st.just([])
    elif kind == "map":
        right = st.dictionaries(values(shape.key, depth + 9), values(shape.value, depth + 1), max_size=2)
    elif kind == "string":
        right = st.text(max_size=4)
    elif kind in ("integer", "long"):
        right = st.integers(-2, 70)
    elif kind == "boolean":
        right = st.booleans()
    elif kind == "timestamp":
        right = st.integers(0, 2**31)
    else:
        raise AssertionError(kind)
    if kind in ("timestamp", "string") and depth >= 9:
        return right
    return right if kind == "timestamp" else st.one_of(right, right, right, right, right, WRONG)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_types_required_members_and_minima_agree_with_botocore(operation):
    shape = ORACLE.operation_model(operation).input_shape
    ours = Validator(MODEL.shapes)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.data())
    def agree(data):
        params = data.draw(values(shape))
        if type(params) is not dict or not set(params) <= set(shape.members):
            return
        report = ParamValidator().validate(params, shape).generate_report()
        report = "\n".join(line for line in report.splitlines() if not line.startswith("Unknown parameter in"))
        try:
            ours.check(shape.name, params)
        except ApiFault as error:
            # botocore knows no maximum, pattern and enum; the rest it must see as we do.
            beyond = ("less than or equal", "regular expression", "enum value set", "satisfy constraint: [")
            parts = error.message.split("; ")
            assert report or all(any(word in part for word in beyond) for part in parts), error
        else:
            assert not report

    agree()
