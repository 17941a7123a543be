"""Plans say what will be created, changed and deleted, and what Parameter Store would refuse, before it is asked."""

import json

import pytest

from tui.errors import UsageError
from tui.ports import Ref
from tui.services.parameter_models import Parameter, ParameterPolicy, ParameterType, ParameterValue, Tier
from tui.services.parameter_plans import ChangeKind, Wanted, copy_plan, delete_plan, move_plan, plan_of
from tui.services.parameter_texts import TextFormat, read_text
from tui.transport.wrappers import MASK

STRING, LIST, SECURE, _ = ParameterType
CREATE, UPDATE, DELETE, SAME = ChangeKind


def value(path, text="v", type=STRING, version=1, plain=True, **more):
    return ParameterValue(
        ref=Ref("local", path), name=more.pop("name", path), type=type, value=text, version=version, plain=plain, **more
    )


def about(path, **more):
    return Parameter(ref=Ref("local", path), name=path, **more)


def by_path(*some):
    return {one.id: one for one in some}


def only(plan):
    (change,) = plan.changes
    return change


def said(current=(), known=(), **wanted):
    """Give the problems of one parameter /app/x."""
    plan = plan_of(by_path(*current), [Wanted(name="/app/x", **wanted)], about=by_path(*known))
    return " ".join(only(plan).problems)


def test_a_text_becomes_a_plan_of_what_differs():
    current = by_path(
        value("/app/same"), value("/app/other", "old", version=4), value("/app/gone"),
        value("/app/hidden", "CIPHER", SECURE, plain=False), value("/app/pass", "old", SECURE),
    )  # fmt: skip
    text = "same: v\nother: new\nhidden: !secret\npass: !secret new\nfresh: x\nlist: [a, b]\n"
    wanted = [Wanted.of(entry) for entry in read_text(text, TextFormat.YAML, under="/app")]
    plan = plan_of(current, wanted, delete_others=True)
    assert [(change.kind, change.path) for change in plan.changes] == [
        (SAME, "/app/same"), (UPDATE, "/app/other"), (SAME, "/app/hidden"), (UPDATE, "/app/pass"),
        (CREATE, "/app/fresh"), (CREATE, "/app/list"), (DELETE, "/app/gone"),
    ]  # fmt: skip
    assert not plan.problems
    calls = plan.requests
    assert [(call.operation, call.params) for call in calls] == [
        ("PutParameter", {"Name": "/app/other", "Value": "new", "Type": "String", "Overwrite": True}),
        ("PutParameter", {"Name": "/app/pass", "Value": "new", "Type": "SecureString", "Overwrite": True}),
        ("PutParameter", {"Name": "/app/fresh", "Value": "x", "Type": "String"}),
        ("PutParameter", {"Name": "/app/list", "Value": "a,b", "Type": "StringList"}),
        ("DeleteParameters", {"Names": ["/app/gone"]}),
    ]
    assert calls[1].shown["Value"] == MASK and calls[0].shown["Value"] == "new"
    assert "new" not in repr(plan) and "old" not in repr(plan)


def test_what_is_not_in_the_text_stays_unless_others_are_to_be_deleted():
    assert plan_of(by_path(value("/app/gone")), []).changes == ()


def test_what_can_not_be_written_is_said():
    assert "The value is empty" in said(value="")
    assert "NUL character at position 2" in said(value="a\0")
    assert "lone surrogate" in said(value="\ud800")
    assert "can't refer to another" in said(value="x {{ssm:/y}}")
    assert "new and has no value" in said()
    assert "It is a String and can't become a SecureString" in said([value("/app/x")], value="v", type=SECURE)
    assert "4,097 characters, and the Standard tier takes 4,096: choose the Advanced" in said(value="x" * 4097)
    assert "8,193 characters, and the Advanced tier takes 8,192: shorten it" in said(
        value="x" * 8193, tier=Tier.ADVANCED
    )
    assert "8,193 characters" in said(value="x" * 8193, tier=Tier.INTELLIGENT)
    advanced = about("/app/x", tier=Tier.ADVANCED)
    assert "can't be left" in said([value("/app/x")], [advanced], value="new", tier=Tier.STANDARD)
    assert "Policies need the Advanced tier" in said(value="v", policies='[{"Type":"Expiration"}]')
    assert "ami-" in said(value="v", data_type="aws:ec2:image")
    assert "is for a String" in said(value="v", type=SECURE, data_type="aws:ec2:image")
    twice = plan_of({}, [Wanted(name="x", value="1"), Wanted(name="/x", value="2")])
    assert twice.problems == ("/x: It is wanted 2 times.", "/x: It is wanted 2 times.")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("/a//b", "'/a//b' is no name"),
        ("/a b", "'a b' in it is no level"),
        ("/AWS/x", "begins with AWS"),
        ("/ssm-x/y", "begins with ssm"),
        ("/" + "/".join("x" * 16), "has 16 levels"),
        ("/" + "x" * 1011, "has 1,012 characters, and there can be 967 here"),
    ],
)
def test_names_that_can_not_be_are_said(name, expected):
    assert expected in " ".join(only(plan_of({}, [Wanted(name=name, value="v")])).problems)


def test_a_name_may_be_as_long_as_its_account_and_region_leave_room():
    arn = "arn:aws:ssm:ap-southeast-1:123456789012:parameter"
    current = by_path(value("/near", arn=f"{arn}/near"))
    for size, fits in ((1011 - len(arn), True), (1012 - len(arn), False)):
        plan = plan_of(current, [Wanted(name="/" + "x" * (size - 1), value="v")])
        assert (not plan.problems) is fits
    deep = "/" + "/".join("x" * 15)
    assert not plan_of({}, [Wanted(name=deep, value="v")]).problems


def test_the_tier_that_it_ends_in_is_known():
    def tier(current=(), known=(), default=Tier.STANDARD, **wanted):
        wanted = {"value": "new", **wanted}
        plan = plan_of(by_path(*current), [Wanted(name="/x", **wanted)], about=by_path(*known), default_tier=default)
        assert not plan.problems
        return only(plan).tier

    old = [value("/x")]
    assert tier() is Tier.STANDARD
    assert tier(value="x" * 5000, tier=Tier.INTELLIGENT) is Tier.ADVANCED
    assert tier(value="x" * 5000, default=Tier.INTELLIGENT) is Tier.ADVANCED
    assert tier(tier=Tier.INTELLIGENT) is Tier.STANDARD
    assert tier(tier=Tier.INTELLIGENT, policies='[{"Type":"Expiration"}]') is Tier.ADVANCED
    assert tier(old) is Tier.UNKNOWN
    assert tier(old, [about("/x", tier=Tier.ADVANCED)], value="x" * 8192) is Tier.ADVANCED
    assert tier(old, [about("/x", tier=Tier.STANDARD)]) is Tier.STANDARD
    assert tier(old, [about("/x", tier=Tier.STANDARD)], tier=Tier.ADVANCED) is Tier.ADVANCED
    unknown = only(plan_of(by_path(*old), [Wanted(name="/x", value="x" * 5000)]))
    assert unknown.notes == ("It has 5,000 characters, which only the Advanced tier takes.",)


def test_a_pattern_is_matched_whole_item_by_item_and_not_for_ever():
    fits = about("/app/x", allowed_pattern="[a-z]+")
    assert "does not fit the pattern [a-z]+" in said([value("/app/x")], [fits], value="abc1")
    assert not said([value("/app/x")], [fits], value="abc")
    assert "Item 2 of the value" in said(value="a,B,c", type=LIST, allowed_pattern="[a-z]")
    assert not said([value("/app/x", "a,b", LIST)], [fits], value="a,b,c")
    slow = only(plan_of({}, [Wanted(name="/x", value="a" * 40 + "!", allowed_pattern="(a|a|aa)+$")]))
    assert slow.problems == () and "takes too long to be checked" in slow.notes[0]
    odd = only(plan_of({}, [Wanted(name="/x", value="a", allowed_pattern="(")]))
    assert odd.notes == ("The pattern ( can't be checked here.",)
    assert "HUSH" not in said(value="HUSH", allowed_pattern="[0-9]+")


def test_a_value_that_is_the_same_is_put_where_something_else_changes():
    current = by_path(value("/x", version=3))
    change = only(
        plan_of(current, [Wanted(name="/x", description="new")], about=by_path(about("/x", description="old")))
    )
    assert change.kind is UPDATE and change.request.params() == {
        "Name": "/x", "Value": "v", "Type": "String", "Overwrite": True, "Description": "new",
    }  # fmt: skip
    assert (
        only(plan_of(current, [Wanted(name="/x", description="d")], about=by_path(about("/x", description="d")))).kind
        is SAME
    )
    hidden = by_path(value("/x", "CIPHER", SECURE, plain=False))
    change = only(plan_of(hidden, [Wanted(name="/x", description="new")]))
    assert "has to be read" in change.problems[0] and change.request is None
    assert "may be what it is already" in only(plan_of(hidden, [Wanted(name="/x", value="v")])).notes[0]


POLICY = json.dumps({"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2030-01-01T00:00:00Z"}})


def test_a_copy_keeps_what_a_parameter_is():
    policies = (ParameterPolicy(type="Expiration", status="Pending", text=POLICY),)
    known = about(
        "/a/b/x", tier=Tier.ADVANCED, description="d", key_id="alias/own", allowed_pattern=".*", policies=policies
    )
    values = [value("/a/b/x", "s3cret", SECURE), value("/a/image", "ami-12345678", data_type="aws:ec2:image")]
    plan = copy_plan(values, "/a", "/c/", about=by_path(known), tags={"/a/b/x": {"team": "web"}})
    assert [call.params for call in plan.requests] == [
        {
            "Name": "/c/b/x", "Value": "s3cret", "Type": "SecureString", "Tier": "Advanced", "Description": "d",
            "KeyId": "alias/own", "AllowedPattern": ".*", "Policies": f"[{POLICY}]",
            "Tags": [{"Key": "team", "Value": "web"}],
        },
        {"Name": "/c/image", "Value": "ami-12345678", "Type": "String", "DataType": "aws:ec2:image"},
    ]  # fmt: skip
    assert not plan.problems and "s3cret" not in repr(plan)
    other = copy_plan(values, "/a", "/c", about=by_path(known), keep_keys=False)
    assert "KeyId" not in other.requests[0].params


def test_a_secret_that_was_not_read_is_not_copied():
    plan = copy_plan([value("/a/x", "CIPHER", SECURE, plain=False)], "/a", "/c")
    assert plan.problems == (
        "/c/x: The secret was not read, so that it can't be written elsewhere: read it decrypted.",
    )
    assert not plan.requests
    there = by_path(value("/c/x", "other", SECURE))
    assert copy_plan([value("/a/x", "CIPHER", SECURE, plain=False)], "/a", "/c", current=there).problems


def test_a_move_puts_all_before_it_deletes_and_says_what_is_lost():
    plan = move_plan([value("/a/x", version=7), value("/a/y/z")], "/a", "/c")
    assert [(change.kind, change.path, change.needs) for change in plan.changes] == [
        (CREATE, "/c/x", ""), (CREATE, "/c/y/z", ""), (DELETE, "/a/x", "/c/x"), (DELETE, "/a/y/z", "/c/y/z"),
    ]  # fmt: skip
    assert plan.deletes[0].notes == ("Its history of 7 versions and their labels go.",)
    single = move_plan([value("/a/x")], "/a/x", "/c/y")
    assert [change.path for change in single.changes] == ["/c/y", "/a/x"]


def test_a_move_that_was_broken_off_goes_on_where_it_was():
    values, there = [value("/a/x"), value("/a/y")], by_path(value("/c/x"))
    plan = move_plan(values, "/a", "/c", current=there)
    assert [change.kind for change in plan.changes] == [SAME, CREATE, DELETE, DELETE]


def test_nothing_is_moved_into_itself():
    for target in ("/a", "/a/", "/a/b"):
        with pytest.raises(UsageError, match="can't be moved into itself"):
            move_plan([value("/a/x")], "/a", target)
    with pytest.raises(UsageError, match="can't be copied to itself"):
        copy_plan([value("/a/x")], "/a", "/a/")
    with pytest.raises(UsageError, match="/a/b would be written and moved away"):
        move_plan([value("/a/b"), value("/a/b/b")], "/a/b", "/a")


def test_a_root_parameter_is_called_as_it_was_put():
    current = by_path(value("/plain", name="plain"))
    plan = plan_of(current, [Wanted(name="/plain", value="new")])
    assert plan.requests[0].params["Name"] == "plain"
    assert delete_plan(current.values()).requests[0].params == {"Names": ["plain"]}


def test_deletions_go_in_tens():
    plan = delete_plan([value(f"/x{number}") for number in range(25)])
    assert [len(call.params["Names"]) for call in plan.requests] == [10, 10, 5]
