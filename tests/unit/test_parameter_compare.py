"""Two subtrees side by side: what differs, what can't be told, and what of one is wanted in the other."""

import time
from datetime import UTC, datetime

import pytest

from tests.unit.parameter_store import NOW, Store
from tui.errors import ApiError, UsageError
from tui.ports import Ref
from tui.services.parameter_compare import Difference, DifferenceState, compare, promote, subtree, subtree_at
from tui.services.parameter_models import Parameter, ParameterType, ParameterValue, Tier
from tui.services.parameters import Parameters

ONLY_LEFT, ONLY_RIGHT, DIFFERENT, SAME, UNKNOWN = DifferenceState


def filled():
    """Give a store with /a and /b, which differ in all ways."""
    store = Store()
    for path, value, type in [
        ("/a/same", "1", "String"), ("/b/same", "1", "String"),
        ("/a/other", "1", "String"), ("/b/other", "2", "String"),
        ("/a/only/left", "1", "String"), ("/b/only-right", "1", "String"),
        ("/a/type", "x", "String"), ("/b/type", "x", "StringList"),
        ("/a/secret", "HUSH", "SecureString"), ("/b/secret", "HUSH", "SecureString"),
        ("/a/changed", "HUSH", "SecureString"), ("/b/changed", "HUSH2", "SecureString"),
        ("/a/mixed", "HUSH", "SecureString"), ("/b/mixed", "HUSH", "String"),
    ]:  # fmt: skip
        store.put(path, value, type)
    return store


async def compared(store, decrypt):
    parameters = Parameters(store)
    left, right = await subtree(parameters, "/a", decrypt=decrypt), await subtree(parameters, "/b/", decrypt=decrypt)
    return compare(left, right, left_under="/a", right_under="/b")


async def test_rows_say_what_is_on_which_side_and_a_ciphertext_is_never_compared():
    rows = await compared(filled(), decrypt=False)
    assert {row.relative: row.state for row in rows} == {
        "changed": UNKNOWN, "mixed": DIFFERENT, "only-right": ONLY_RIGHT, "only/left": ONLY_LEFT,
        "other": DIFFERENT, "same": SAME, "secret": UNKNOWN, "type": DIFFERENT,
    }  # fmt: skip
    assert [row.relative for row in rows if row.by_type] == ["mixed", "type"]
    rows = await compared(filled(), decrypt=True)
    assert {row.relative: row.state for row in rows if "c" in row.relative} == {"changed": DIFFERENT, "secret": SAME}
    assert "HUSH" not in repr(rows)


async def test_the_path_itself_is_compared_too():
    store = Store("/a", "/b", "/a/x")
    rows = await compared(store, decrypt=False)
    assert [(row.relative, row.state) for row in rows] == [("", DIFFERENT), ("x", ONLY_LEFT)]
    root = await subtree(Parameters(Store("/a", "plain")), "/")
    assert [value.id for value in root] == ["/a", "/plain"]


async def test_chosen_rows_are_promoted_with_what_they_are():
    rows = await compared(filled(), decrypt=True)
    about = {
        "/a/only/left": Parameter(
            ref=Ref("local", "/a/only/left"), name="/a/only/left", tier=Tier.ADVANCED, description="d",
            allowed_pattern="[0-9]", key_id="alias/own",
        )
    }  # fmt: skip
    wanted = promote(rows, ["other", "only/left", "same", "changed"], "/b", about=about)
    assert [(one.name, one.value, one.type) for one in wanted] == [
        ("/b/changed", "HUSH", ParameterType.SECURE_STRING),
        ("/b/only/left", "1", ParameterType.STRING),
        ("/b/other", "1", ParameterType.STRING),
    ]
    assert (wanted[1].tier, wanted[1].description, wanted[1].allowed_pattern, wanted[1].key_id) == (
        Tier.ADVANCED, "d", "[0-9]", None,
    )  # fmt: skip
    assert promote(rows, ["only/left"], "/")[0].name == "/only/left"
    with pytest.raises(UsageError, match="only-right is not on the left"):
        promote(rows, ["only-right"], "/b")
    with pytest.raises(UsageError, match="/a/secret is a secret that was not read"):
        promote(await compared(filled(), decrypt=False), ["secret"], "/b")


async def test_a_subtree_as_it_was_has_the_versions_of_then_and_asks_only_what_changed_since():
    store = Store("/a/old", "/a/changed", "/a/lost", "/a/vanishing")
    store.now = NOW + 100
    store.put("/a/changed", "new")
    store.put("/a/new", "x")
    for _ in range(2):
        store.put("/a/lost", "x")
    del store.kept["/a/lost"][0]
    store.put("/a/vanishing", "x")

    def vanish(operation, request):
        if operation == "GetParameterHistory" and request["Name"] == "/a/vanishing":
            raise ApiError("ParameterNotFound", "")

    store.before.append(vanish)
    told = []
    at = datetime.fromtimestamp(NOW + 50, UTC)
    then = await subtree_at(Parameters(store), "/a", at, progress=lambda read, of: told.append((read, of)))
    assert [(value.id, value.value) for value in then.values] == [
        ("/a/changed", "value of /a/changed"), ("/a/old", "value of /a/old"),
    ]  # fmt: skip
    assert then.lost == ("/a/lost",) and told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    asked = {request["Name"] for operation, request in store.sent if operation == "GetParameterHistory"}
    assert "/a/old" not in asked
    rows = compare(then.values, await subtree(Parameters(store), "/a"), left_under="/a", right_under="/a")
    assert {row.relative: row.state for row in rows}["changed"] is DIFFERENT


def test_two_subtrees_of_ten_thousand_are_compared_row_by_row():
    def made(under, value):
        return [
            ParameterValue(
                ref=Ref("local", f"{under}/folder{number % 100}/key{number}"),
                name=f"{under}/folder{number % 100}/key{number}",
                type=ParameterType.STRING, value=value if number % 3 else str(number), version=1, plain=True,
            )
            for number in range(10_000)
        ]  # fmt: skip

    left, right = made("/app/staging", "x"), made("/app/prod", "y")
    begun = time.perf_counter()
    rows = compare(left, right, left_under="/app/staging", right_under="/app/prod")
    print(f"compared 2 x 10,000 in {(time.perf_counter() - begun) * 1000:.1f} ms")
    assert len(rows) == 10_000 and sum(row.state is SAME for row in rows) == 3334
    assert isinstance(rows[0], Difference)
