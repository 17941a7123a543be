"""Parameters are found by what they are, and what refers to them is found, or named where it can't be looked into."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.parameter_store import NOW, Store
from tests.unit.test_services import Scripted
from tui.errors import AccessDenied, ApiError
from tui.services.parameter_finding import Search, find
from tui.services.parameter_models import ParameterType, Tier
from tui.services.parameter_uses import ParameterUses, Reference, UseKind, references_in
from tui.services.parameters import Parameters

THEN = datetime.fromtimestamp(NOW, UTC) + timedelta(days=10)


async def found(store, **search):
    pages = [page async for page in find(Parameters(store), Search(**search), now=THEN)]
    return [one.id for page in pages for one in page.parameters]


@pytest.fixture
def store():
    made = Store("/app/db/host", "/app/db/port", "/other/host", "plain")
    made.put("/app/db/password", "Tr0ub4dor", "SecureString")
    made.put("/app/list", "a,b", "StringList")
    made.now += 9 * 86_400
    policy = {
        "Type": "Expiration",
        "Version": "1.0",
        "Attributes": {"Timestamp": (THEN + timedelta(days=3)).isoformat()},
    }
    made.put(
        "/app/dying", "x", Tier="Advanced", Policies=[{"PolicyText": json.dumps(policy), "PolicyType": "Expiration"}]
    )
    made.tags = {"/app/list": {"team": "web"}, "/app/dying": {"team": "db"}}
    return made


async def test_parameters_are_found_by_name_path_type_tag_tier_age_and_expiry(store):
    assert await found(store, name="host") == ["/app/db/host", "/other/host"]
    assert await found(store, name="host", under="/app/") == ["/app/db/host"]
    assert await found(store, types=(ParameterType.STRING_LIST, ParameterType.SECURE_STRING)) == [
        "/app/db/password", "/app/list",
    ]  # fmt: skip
    assert await found(store, tags={"team": None}) == ["/app/dying", "/app/list"]
    assert await found(store, tags={"team": "web"}) == ["/app/list"]
    assert await found(store, tier=Tier.ADVANCED) == ["/app/dying"]
    assert await found(store, changed_within=timedelta(days=2)) == ["/app/dying"]
    assert "/app/dying" not in await found(store, unchanged_for=timedelta(days=2))
    assert await found(store, expires_within=timedelta(days=4)) == ["/app/dying"]
    assert await found(store, expires_within=timedelta(days=2)) == []


async def test_a_value_is_looked_for_where_it_is_asked_and_a_secret_only_where_that_is_asked_too(store):
    assert await found(store, value="tr0ub") == []
    assert all(not request.get("WithDecryption") for _, request in store.sent)
    assert await found(store, value="tr0ub", secrets=True) == ["/app/db/password"]
    assert await found(store, value="CIPHER") == []
    assert await found(store, value="A,B", under="/app", types=(ParameterType.STRING_LIST,)) == ["/app/list"]
    assert "DescribeParameters" not in store.operations()
    assert await found(store, value="a,b", tags={"team": "web"}) == ["/app/list"]
    assert await found(store, value="tr0ub", tier=Tier.STANDARD) == []
    assert "Tr0" not in repr(Search(value="Tr0ub4dor"))


async def test_pages_say_at_how_many_has_been_looked_though_nothing_is_found(store):
    for number in range(60):
        store.put(f"/many/{number}", "x")
    pages = [page async for page in find(Parameters(store), Search(expires_within=timedelta(0)), now=THEN)]
    assert [page.looked_at for page in pages] == [1] and pages[0].parameters == ()
    pages = [page async for page in find(Parameters(store), Search(unchanged_for=timedelta(days=99)), now=THEN)]
    assert [page.looked_at for page in pages] == [50, 67]


def test_references_are_read_in_every_form():
    text = (
        '{"a": "{{ssm:plain}}", "b": "{{ ssm:\\/app\\/x:3 }} {{ssm:/app/x:live}}", "c": "{{ssm-secure:/app/pass:1}}",'
        ' "d": "{{resolve:ssm:/app/y:2}}", "e": "{{resolve:ssm-secure:/app/z}}", "f": "{{ param }} {{ssm:}}",'
        ' "g": "{{ssm:arn:aws:ssm:us-east-1:1:parameter/app/far:7}}", "h": "{{ssm:plain}}"}'
    )
    assert [*references_in(text)] == [
        Reference("{{ssm:plain}}", "/plain", "", False),
        Reference("{{ssm:/app/x:3}}", "/app/x", "3", False),
        Reference("{{ssm:/app/x:live}}", "/app/x", "live", False),
        Reference("{{ssm-secure:/app/pass:1}}", "/app/pass", "1", True),
        Reference("{{resolve:ssm:/app/y:2}}", "/app/y", "2", False),
        Reference("{{resolve:ssm-secure:/app/z}}", "/app/z", "", True),
        Reference("{{ssm:arn:aws:ssm:us-east-1:1:parameter/app/far:7}}", "/app/far", "7", False),
    ]


def document(request):
    if request["Name"] == "Denied":
        return AccessDenied("AccessDeniedException", "no", action="ssm:GetDocument")
    return {"Name": request["Name"], "Content": "run {{ssm:/app/x}} {{ssm:/app/y}}", "DocumentVersion": "4"}


DOCUMENTS = {"DocumentIdentifiers": [{"Name": "Deploy"}, {"Name": "Denied"}]}


async def test_documents_that_refer_to_a_parameter_are_named_and_so_is_what_was_denied():
    transport = Scripted(ListDocuments=DOCUMENTS, GetDocument=document)
    told = []
    uses = await ParameterUses(transport).of(["/app/x"], progress=told.append)
    (use,) = uses.found
    assert (use.kind, use.name, use.where, use.path) == (UseKind.DOCUMENT, "Deploy", "version 4", "/app/x")
    assert uses.gaps == ("The document Denied could not be read: AccessDeniedException: no",) and uses.looked_at == 1
    assert told[-1] == uses
    assert transport.asked[0][1]["Filters"] == [{"Key": "Owner", "Values": ["Self"]}]
    assert len((await ParameterUses(transport).of()).found) == 2
    denied = Scripted(ListDocuments=AccessDenied("AccessDeniedException", "no"))
    assert (await ParameterUses(denied).of(["x"])).gaps == (
        "Documents could not all be listed: AccessDeniedException: no",
    )


async def test_stacks_on_aws_that_refer_to_a_parameter_are_named():
    stacks = [
        {
            "StackName": "web",
            "StackId": "arn:web",
            "Parameters": [{"ParameterKey": "Image", "ParameterValue": "/app/image"}],
        },
        {"StackName": "old", "StackId": "arn:old"},
        {"StackName": "gone", "StackId": "arn:gone"},
    ]
    templates = {
        "arn:web": "Parameters:\n  Image: {Type: AWS::SSM::Parameter::Value<String>}\nX: '{{resolve:ssm:/app/x:1}}'\n",
        "arn:old": {"Resources": {"A": {"Pass": "{{resolve:ssm-secure:/app/x}}"}}},
    }

    def template(request):
        body = templates.get(request["StackName"])
        return {"TemplateBody": body} if body else ApiError("ValidationError", "Stack gone does not exist")

    summary = {"Parameters": [{"ParameterKey": "Image", "ParameterType": "AWS::SSM::Parameter::Value<String>"}]}
    transport = Scripted(
        ListDocuments={"DocumentIdentifiers": []},
        DescribeStacks={"Stacks": stacks}, GetTemplate=template, GetTemplateSummary=summary,
    )  # fmt: skip
    assert (await ParameterUses(transport).of(["/app/x"])).found == ()
    transport.lacks = {"DescribeEngine": "There is none."}
    uses = await ParameterUses(transport).of(["/app/x", "/app/image"])
    assert sorted((use.name, use.where, use.reference.text, use.path) for use in uses.found) == [
        ("old", "template", "{{resolve:ssm-secure:/app/x}}", "/app/x"),
        ("web", "Image", "AWS::SSM::Parameter::Value<String>", "/app/image"),
        ("web", "template", "{{resolve:ssm:/app/x:1}}", "/app/x"),
    ]
    assert uses.gaps == ("The stack gone could not be read: ValidationError: Stack gone does not exist",)
    assert uses.looked_at == 2
