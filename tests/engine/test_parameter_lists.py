"""Levels of the tree of parameters, pages of lists that scan, and parameters that are not the account's own."""

import json
import random
import sqlite3
from collections import Counter
from datetime import UTC, datetime

import pytest

from tui.engine import parameter_rows as rows
from tui.engine.context import ApiFault, CallerIdentity, StatePaths
from tui.engine.dispatch import Engine
from tui.engine.paging import encode_token
from tui.engine.parameter_filters import DESCRIBED, checked, one_level, plan_of
from tui.engine.parameter_pages import NAMES, SCANNED, Plan, page
from tui.engine.parameter_records import join_versions
from tui.engine.parameter_sources import ParameterSources


@pytest.fixture
async def engine(tmp_path):
    engine = await Engine.open(StatePaths(tmp_path))
    yield engine
    await engine.aclose()


def wanted(name, number=0, **more):
    row = {
        "name": name,
        "shown": name,
        "type": "String",
        "tier": "Advanced",
        "data_type": "text",
        "key_id": "",
        "description": "",
        "allowed_pattern": "",
        "policies": "[]",
        "value": "v",
        "modified_at": float(number),
        "modified_by": "arn:aws:iam::000000000000:user/x",
        **more,
    }
    return rows.Put(row, None, False, {})


async def fill(engine, names, **more):
    def write(conn):
        for number, name in enumerate(names):
            rows.put(conn, wanted(name, number, **more))

    await engine.services.store.write(write)


async def children(engine, path, size=1000):
    found, token = [], {}
    while True:
        asked = {"Path": path, "MaxResults": size, **token}
        answer = await engine.call("ListParameterChildren", asked, service="ssm-tui")
        assert len(answer["Children"]) <= size
        found += answer["Children"]
        if "NextToken" not in answer:
            return found
        token = {"NextToken": answer["NextToken"]}


async def described(engine, *filters, size=50):
    names, pages, token = [], 0, {}
    while True:
        asked = {"ParameterFilters": list(filters), "MaxResults": size, **token}
        answer = await engine.call("DescribeParameters", asked)
        names += [each["Name"] for each in answer["Parameters"]]
        pages += 1
        if "NextToken" not in answer:
            return names, pages
        token = {"NextToken": answer["NextToken"]}


# levels


async def test_a_folder_and_a_parameter_of_one_name_are_one_child_beside_names_that_sort_between(engine):
    await fill(engine, ["/a/b", "/a/b-c", "/a/b.d", "/a/b/x", "/a/b/y/z", "/a/b0", "/root"])
    shapes = await children(engine, "/a")
    assert [(each["Name"], each["Folder"], each["Count"], "Parameter" in each) for each in shapes] == [
        ("/a/b", True, 2, True),
        ("/a/b-c", False, 0, True),
        ("/a/b.d", False, 0, True),
        ("/a/b0", False, 0, True),
    ]
    top = await children(engine, "/")
    assert [(each["Name"], each["Folder"], each["Count"]) for each in top] == [("/a", True, 6), ("/root", False, 0)]
    shape = shapes[0]["Parameter"]
    assert (shape["Name"], shape["Type"], shape["Version"], shape["Tier"]) == ("/a/b", "String", 1, "Advanced")
    assert shape["ARN"].endswith(":parameter/a/b") and shape["LastModifiedDate"] == 0.0
    assert await children(engine, "/none") == []
    assert await children(engine, "/a/b/") == await children(engine, "/a/b")


@pytest.mark.parametrize("path", ["a", "//", "/a//b", "/ä"])
async def test_a_level_of_what_is_no_path_is_refused(engine, path):
    with pytest.raises(ApiFault, match="must begin with a forward slash") as caught:
        await engine.call("ListParameterChildren", {"Path": path}, service="ssm-tui")
    assert caught.value.code == "ValidationException"


async def test_levels_are_what_the_names_say_after_any_puts_and_deletes(engine):
    chosen = random.Random(7)
    there = set()
    for _ in range(30):
        names = {
            "/" + "/".join(chosen.choice(["a", "b", "a-b", "a.b", "A"]) for _ in range(chosen.randint(1, 4)))
            for _ in range(12)
        }
        for name in names - there:
            await engine.call("PutParameter", {"Name": name, "Value": "v", "Type": "String"})
        there |= names
        gone = chosen.sample(sorted(there), len(there) // 2)[:10]
        await engine.call("DeleteParameters", {"Names": gone})
        there -= set(gone)
    for path in ["", *{name.rpartition("/")[0] for name in there}]:
        rests = [name.removeprefix(f"{path}/") for name in there if name.startswith(f"{path}/")]
        folders = Counter(rest.partition("/")[0] for rest in rests if "/" in rest)
        leaves = {rest for rest in rests if "/" not in rest}
        expected = [(f"{path}/{each}", folders[each], each in leaves) for each in sorted(folders.keys() | leaves)]
        for size in (1, 2, 1000):
            found = await children(engine, path or "/", size)
            assert [(each["Name"], each["Count"], "Parameter" in each) for each in found] == expected
            assert all(each["Folder"] == (each["Count"] > 0) for each in found)
    names, _ = await described(engine)
    assert names == sorted(there)
    await engine.call("DeleteParameters", {"Names": ["/none"]})
    while there:
        await engine.call("DeleteParameters", {"Names": [there.pop() for _ in range(min(10, len(there)))]})
    assert engine.services.store.read("SELECT * FROM parameter_folders") == []
    left = "SELECT (SELECT count(*) FROM parameter_versions) + (SELECT sum(number) FROM parameter_counts)"
    assert engine.services.store.read_one(left)[0] == 0


# columns


COLUMNS = ("Names", "Types", "Tiers", "Versions", "LastModifiedDates", "DataTypes")


async def column_page(engine, path, **more):
    """Give a page of ListParametersByPath as rows, its Expirations and its token."""
    answer = await engine.call("ListParametersByPath", {"Path": path, **more}, service="ssm-tui")
    columns = [answer[name] for name in COLUMNS]
    assert {*answer} <= {*COLUMNS, "Expirations", "NextToken"} and len({len(each) for each in columns}) == 1
    return list(zip(*columns, strict=True)), answer["Expirations"], answer.get("NextToken", "")


async def listed(engine, path, size=1000, *, recursive=True):
    """Give the names below a path, all pages of them."""
    found, token = [], {}
    while True:
        rows, _, last = await column_page(engine, path, Recursive=recursive, MaxResults=size, **token)
        assert len(rows) <= size
        found += [row[0] for row in rows]
        if not last:
            return found
        token = {"NextToken": last}


async def test_all_below_a_path_are_listed_in_columns_by_name_and_the_path_itself_is_not(engine):
    await fill(engine, ["/a/b", "/a/b-c", "/a/b/x", "/a/b/y/z", "/a", "/b"])
    await engine.call("PutParameter", {"Name": "root", "Value": "v", "Type": "StringList"})
    await engine.call("PutParameter", {"Name": "/a/b/s", "Value": "hidden", "Type": "SecureString"})
    assert await listed(engine, "/") == ["/a", "/a/b", "/a/b-c", "/a/b/s", "/a/b/x", "/a/b/y/z", "/b", "root"]
    assert (
        await listed(engine, "/a")
        == await listed(engine, "/a/", 1)
        == ["/a/b", "/a/b-c", "/a/b/s", "/a/b/x", "/a/b/y/z"]
    )
    assert await listed(engine, "/a/b", recursive=False) == ["/a/b/s", "/a/b/x"]
    assert await listed(engine, "/", 1, recursive=False) == ["/a", "/b", "root"]
    assert await listed(engine, "/none") == await listed(engine, "/root") == []
    rows, _, token = await column_page(engine, "/", MaxResults=1)
    assert rows == [("/a", "String", "Advanced", 1, 4.0, "text")] and token
    (secret, *_), _, _ = await column_page(engine, "/a/b")
    assert secret[:4] == ("/a/b/s", "SecureString", "Standard", 1) and secret[5] == "text"
    answer = await engine.call("ListParametersByPath", {"Path": "/a", "Recursive": True}, service="ssm-tui")
    (about,) = (await engine.call("DescribeParameters", {"ParameterFilters": [{"Key": "Name", "Values": ["/a/b/s"]}]}))[
        "Parameters"
    ]
    assert secret[4] == about["LastModifiedDate"] and "hidden" not in str(answer)


async def test_a_list_in_columns_is_the_list_of_awss_own_operation(engine):
    chosen = random.Random(3)
    names = {
        "/" + "/".join(chosen.choice(["a", "b", "a-b", "A", "a.b"]) for _ in range(chosen.randint(1, 4)))
        for _ in range(150)
    }
    await fill(engine, sorted(names))
    for path in ("/", "/a", "/a/b", "/A/a.b"):
        inside = {"Key": "Path", "Option": "Recursive", "Values": [path]}
        wanted, _ = await described(engine, inside)
        for size in (1, 7, 1000):
            assert await listed(engine, path, size) == wanted
        level, _ = await described(engine, {**inside, "Option": "OneLevel"})
        assert await listed(engine, path, 2, recursive=False) == level


async def test_what_is_put_and_deleted_between_two_pages_neither_doubles_nor_hides_the_others(engine):
    names = [f"/a/k{number:02}" for number in range(20)]
    await fill(engine, names)
    rows, _, token = await column_page(engine, "/a", Recursive=True, MaxResults=10)
    found = [row[0] for row in rows]
    await engine.call("DeleteParameters", {"Names": [names[2], names[9], names[10], names[15]]})
    for name in ("/a/k00-new", "/a/k09-new", "/a/k12/below"):
        await engine.call("PutParameter", {"Name": name, "Value": "v", "Type": "String"})
    rows, _, token = await column_page(engine, "/a", Recursive=True, MaxResults=100, NextToken=token)
    found += [row[0] for row in rows]
    left = [name for name in names[10:] if name not in (names[10], names[15])]
    assert found == [*names[:10], *sorted([*left, "/a/k09-new", "/a/k12/below"])] and not token


async def test_columns_say_when_those_expire_that_do(engine):
    policies = [
        {"Type": "NoChangeNotification", "Version": "1.0", "Attributes": {"After": "5", "Unit": "Days"}},
        {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2099-01-01T02:00:00+01:00"}},
    ]
    for name, given in (("both", policies), ("/a/none", []), ("/a/other", policies[:1])):
        more = {"Policies": json.dumps(given), "Tier": "Advanced"} if given else {}
        await engine.call("PutParameter", {"Name": name, "Value": "v", "Type": "String", **more})
    rows, expirations, _ = await column_page(engine, "/", Recursive=True)
    assert len(rows) == 3
    assert expirations == {"both": datetime(2099, 1, 1, 1, tzinfo=UTC).timestamp()}


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"Path": "a"}, "ValidationException"),
        ({"Path": "//"}, "ValidationException"),
        ({"Path": "/ä"}, "ValidationException"),
        ({}, "ValidationException"),
        ({"Path": "/", "MaxResults": 0}, "ValidationException"),
        ({"Path": "/", "MaxResults": 1001}, "ValidationException"),
        ({"Path": "/", "NextToken": "x"}, "InvalidNextToken"),
        ({"Path": "/", "NextToken": encode_token("children", "/a")}, "InvalidNextToken"),
        ({"Path": "/", "Recursive": "yes"}, "SerializationException"),
    ],
    ids=str,
)
async def test_a_list_in_columns_of_what_can_be_none_is_refused(engine, request_, code):
    with pytest.raises(ApiFault) as caught:
        await engine.call("ListParametersByPath", request_, service="ssm-tui")
    assert caught.value.code == code


async def test_who_may_only_read_lists_in_columns(engine):
    await fill(engine, ["/a/b"])
    caller = CallerIdentity(engine.services.account, "eve", read_only=True)
    asked = {"Path": "/a", "Recursive": True}
    answer = await engine.call("ListParametersByPath", asked, service="ssm-tui", caller=caller)
    assert answer["Names"] == ["/a/b"]


# pages that scan


async def test_a_filter_that_fits_few_gives_short_pages_and_misses_none(engine):
    names = [f"/many/k{number:05}" for number in range(3 * SCANNED)]
    await fill(engine, names)
    rare = [names[3], names[SCANNED - 1], names[SCANNED], names[-1]]
    await fill(engine, [f"{name}-rare" for name in rare])
    contains = {"Key": "Name", "Option": "Contains", "Values": ["rare"]}
    found, pages = await described(engine, contains)
    assert found == sorted(f"{name}-rare" for name in rare) and pages == 4
    found, pages = await described(engine, contains, {"Key": "Type", "Values": ["String", "StringList"]})
    assert found == sorted(f"{name}-rare" for name in rare) and pages == 4
    found, pages = await described(engine, {"Key": "Type", "Values": ["SecureString"]})
    assert (found, pages) == ([], 1)
    token = {}
    by_path = []
    while True:
        filters = [{"Key": "Label", "Values": ["live"]}]
        answer = await engine.call(
            "GetParametersByPath", {"Path": "/many", "Recursive": True, "ParameterFilters": filters, **token}
        )
        by_path += answer["Parameters"]
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert by_path == []


class Explained:
    """A store that says how SQLite would read what it is asked."""

    def __init__(self, store):
        self.lines = []
        self._store = store

    def read(self, sql, params=()):
        self.lines += [row[3] for row in self._store.read(f"EXPLAIN QUERY PLAN {sql}", params)]
        return self._store.read(sql, params)

    def read_one(self, sql, params=()):
        return next(iter(self.read(sql, params)), None)


class Counted(Explained):
    """A store that counts what SQLite does for what it is asked, whatever the clock says."""

    def __init__(self, path):
        self.steps = 0
        self._conn = sqlite3.connect(path)
        self._conn.row_factory = sqlite3.Row
        self._conn.set_progress_handler(self._step, 50)

    def _step(self):
        self.steps += 1
        return 0

    def read(self, sql, params=()):
        return self._conn.execute(sql, params).fetchall()


RECURSIVE = {"Key": "Path", "Option": "Recursive", "Values": ["/a"]}


@pytest.mark.slow
@pytest.mark.parametrize(
    "filters",
    [
        [],
        [RECURSIVE],
        [{"Key": "Name", "Values": ["/a/k00001/x", "/b"]}],
        [{"Key": "Name", "Option": "BeginsWith", "Values": ["/b", "/c", "/a/k00001"]}],
        [{"Key": "Name", "Option": "Contains", "Values": ["rare"]}],
        [{"Key": "Type", "Values": ["String", "StringList"]}],
        [{"Key": "Type", "Values": ["StringList"]}, RECURSIVE],
        [{"Key": "Type", "Values": ["String"]}, {"Key": "DataType", "Values": ["rare"]}, RECURSIVE],
        [{"Key": "tag:a", "Option": "BeginsWith", "Values": ["b"]}],
    ],
    ids=str,
)
async def test_a_page_costs_the_same_however_many_there_are(engine, filters):
    plan = plan_of(checked(filters, DESCRIBED))
    steps = []
    for first, end in ((0, 3_000), (3_000, 12_000)):
        await fill(engine, [f"/a/k{number:05}/x" for number in range(first, end)])
        counted = Counted(engine.services.paths.database)
        for after in ("", "/a/k00500"):
            page(counted, plan, after, 50)
        steps.append(counted.steps)
    assert steps[1] <= steps[0] * 1.2 + 20


@pytest.mark.parametrize(
    "filters",
    [
        [],
        [{"Key": "Name", "Values": ["/a", "/b"]}],
        [{"Key": "Name", "Option": "BeginsWith", "Values": ["/a", "/b"]}],
        [{"Key": "Name", "Option": "Contains", "Values": ["a"]}],
        [{"Key": "Path", "Values": ["/a", "/b"]}],
        [{"Key": "Path", "Option": "Recursive", "Values": ["/a"]}],
        [{"Key": "Type", "Values": ["String", "StringList"]}],
        [{"Key": "Tier", "Values": ["Advanced"]}],
        [{"Key": "KeyId", "Values": ["alias/aws/ssm"]}],
        [{"Key": "DataType", "Values": ["aws:ec2:image"]}],
        [{"Key": "DataType", "Values": ["text"]}],
        [{"Key": "tag:a"}],
        [{"Key": "tag:a", "Values": ["b", "c"]}],
        [{"Key": "tag:a", "Option": "BeginsWith", "Values": ["b"]}, {"Key": "Type", "Values": ["String"]}],
        [{"Key": "Type", "Values": ["String"]}, {"Key": "Name", "Option": "BeginsWith", "Values": ["/a"]}],
    ],
    ids=str,
)
async def test_no_page_scans_a_table_or_sorts(engine, filters):
    explained = Explained(engine.services.store)
    page(explained, plan_of(checked(filters, DESCRIBED)), "/a", 10)
    assert explained.lines and not [line for line in explained.lines if line.startswith(("SCAN", "USE TEMP"))]


@pytest.mark.parametrize("labels", [(), ("live", "next")])
@pytest.mark.parametrize("driver", [NAMES, one_level("/a")], ids=["recursive", "one level"])
async def test_no_page_below_a_path_scans_a_table_or_sorts(engine, driver, labels):
    explained = Explained(engine.services.store)
    plan = Plan(drivers=[driver])
    plan.below("/a")
    join_versions(plan, labels)
    page(explained, plan, "", 10)
    assert explained.lines and not [line for line in explained.lines if line.startswith(("SCAN", "USE TEMP"))]


# parameters that are not the account's own


class Public:
    """A source with a few parameters."""

    def __init__(self, *names):
        self.names = sorted(names)

    def _shape(self, name):
        arn = f"arn:aws:ssm:us-east-1::parameter{name}"
        return {"Name": name, "Type": "String", "Version": 3, "ARN": arn, "DataType": "text"}

    async def get(self, ctx, name, selector, decrypt):
        if name not in self.names:
            return None
        if selector not in ("", "3"):
            raise ApiFault("ParameterVersionNotFound", "No such version.")
        return {**self._shape(name), "Value": name, **({"Selector": f":{selector}"} if selector else {})}

    def below(self, ctx, path, recursive):
        for name in self.names:
            rest = name.removeprefix(f"{path}/")
            if rest != name and (recursive or "/" not in rest):
                yield {**self._shape(name), "Value": name}

    def describe(self, ctx):
        for name in self.names:
            yield {**self._shape(name), "Tier": "Standard", "Policies": []}

    def history(self, ctx, name):
        if name not in self.names:
            return None
        return [{"Name": name, "Type": "String", "Value": "v", "Version": number, "Labels": []} for number in (1, 2, 3)]


@pytest.fixture
async def public(engine):
    names = [f"/aws/service/x{number}/{leaf}" for number in range(3) for leaf in ("a", "b", "c/d")]
    engine.services.part(ParameterSources).register("/aws/service", Public(*names))
    await fill(engine, ["/mine"])
    return names


async def test_public_parameters_are_read_like_ones_own(engine, public):
    name = public[0]
    answer = await engine.call("GetParameter", {"Name": name})
    assert answer["Parameter"]["ARN"] == f"arn:aws:ssm:us-east-1::parameter{name}"
    by_arn = await engine.call("GetParameter", {"Name": f"arn:aws:ssm:us-east-1::parameter{name}:3"})
    assert by_arn["Parameter"]["Selector"] == ":3"
    found = await engine.call("GetParameters", {"Names": ["/mine", name, f"{name}:9", "/aws/service/none"]})
    assert [each["Name"] for each in found["Parameters"]] == [name, "/mine"]
    assert found["InvalidParameters"] == [f"{name}:9", "/aws/service/none"]
    level = await engine.call("GetParametersByPath", {"Path": "/aws/service/x0"})
    assert [each["Name"] for each in level["Parameters"]] == public[:2]
    first = await engine.call("GetParametersByPath", {"Path": "/aws/service", "Recursive": True, "MaxResults": 4})
    rest = {"Path": "/aws/service", "Recursive": True, "NextToken": first["NextToken"]}
    more = await engine.call("GetParametersByPath", rest)
    assert [each["Name"] for each in (*first["Parameters"], *more["Parameters"])] == sorted(public)
    history = await engine.call("GetParameterHistory", {"Name": name, "MaxResults": 2})
    assert [each["Version"] for each in history["Parameters"]] == [1, 2]
    history = await engine.call("GetParameterHistory", {"Name": name, "NextToken": history["NextToken"]})
    assert [each["Version"] for each in history["Parameters"]] == [3]


async def test_public_parameters_are_listed_where_they_are_asked_for(engine, public):
    assert (await described(engine))[0] == ["/mine"]
    below = {"Key": "Path", "Option": "Recursive", "Values": ["/aws/service"]}
    assert (await described(engine, below, size=2))[0] == sorted(public)
    level = {"Key": "Path", "Values": ["/aws/service/x1"]}
    assert (await described(engine, level))[0] == ["/aws/service/x1/a", "/aws/service/x1/b"]
    begins = {"Key": "Name", "Option": "BeginsWith", "Values": ["/aws/service/x2"]}
    assert len((await described(engine, begins))[0]) == 3
    assert (await described(engine, begins, {"Key": "Type", "Values": ["SecureString"]}))[0] == []
    top = await children(engine, "/aws/service")
    assert [(each["Name"], each["Count"]) for each in top] == [(f"/aws/service/x{number}", 3) for number in range(3)]
    (folder,) = [each for each in await children(engine, "/aws/service/x0", 2) if each["Folder"]]
    assert (folder["Name"], folder["Count"]) == ("/aws/service/x0/c", 1)
    assert await listed(engine, "/") == ["/mine"]
    assert await listed(engine, "/aws/service", 2) == sorted(public)
    assert await listed(engine, "/aws/service/x1", 1, recursive=False) == ["/aws/service/x1/a", "/aws/service/x1/b"]
    (row, *_), expirations, _ = await column_page(engine, "/aws/service", Recursive=True)
    assert row == ("/aws/service/x0/a", "String", "Standard", 3, 0.0, "text") and expirations == {}


async def test_public_parameters_can_t_be_changed(engine, public):
    for operation, more in (
        ("PutParameter", {"Value": "v", "Overwrite": True}),
        ("DeleteParameter", {}),
    ):
        with pytest.raises(ApiFault, match="No access to reserved parameter name") as caught:
            await engine.call(operation, {"Name": public[0], **more})
        assert caught.value.code == "AccessDeniedException"
    answer = await engine.call("DeleteParameters", {"Names": [public[0]]})
    assert answer["InvalidParameters"] == [public[0]]
