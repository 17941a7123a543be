"""Subtrees as text: what is written is read back, by others too, and what can't be meant is said with its line."""

import json
import shutil
import subprocess

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.errors import UsageError
from tui.services.parameter_models import ParameterType
from tui.services.parameter_texts import Entry, TextFormat, decoded, env_name, env_of, format_of, read_text, write_text

ENV, JSON, YAML, SHELL = TextFormat
AWKWARD = list("'\"\\$`#!&;|<>(){}[]*?~=:,-% \t\n\r\u00e9\u0130\ud55c\U0001f511\x85\u2028\ufeff\x7f\x01\xa0ynoe01.")
values = st.text(st.sampled_from(AWKWARD), min_size=1) | st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1
)
levels = st.text("abAB01.-_", min_size=1, max_size=4).filter(lambda level: level != ".")
paths = st.lists(levels, min_size=1, max_size=5).map(lambda some: "/app/" + "/".join(some))
trees = st.dictionaries(paths, values, max_size=6)


def read(text, format, **how):
    return read_text(text, format, under=how.pop("under", "/app"), **how)


def refused(text, format, **how):
    with pytest.raises(UsageError) as caught:
        read(text, format, **how)
    return str(caught.value)


@settings(max_examples=50, deadline=None)
@given(trees, st.booleans(), st.sampled_from([JSON, YAML]))
def test_trees_survive_json_and_yaml_nested_and_flat(tree, nested, format):
    entries = [Entry(path, value) for path, value in tree.items()]
    found = read(write_text(entries, format, under="/app", nested=nested), format)
    assert {entry.path: entry.value for entry in found} == tree


@settings(max_examples=100, deadline=None)
@given(st.lists(values, min_size=1, max_size=4), st.sampled_from([ENV, SHELL]))
def test_values_survive_lines(some, format):
    tree = {f"/app/v{number}/x-y": value for number, value in enumerate(some)}
    text = write_text([Entry(path, value) for path, value in tree.items()], format, under="/app")
    assert {entry.path: entry.value for entry in read(text, format, known=tree)} == tree
    # An editor on Windows ends lines otherwise.
    if not any("\n" in value for value in some):
        windows = text.replace("\n", "\r\n")
        assert {entry.path: entry.value for entry in read(windows, format, known=tree)} == tree


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(levels.filter(lambda level: not level.startswith(".")), values, max_size=5))
def test_a_stock_reader_of_yaml_and_json_reads_the_same_texts(tree):
    entries = [Entry(f"/app/{name}", value) for name, value in tree.items()]
    assert json.loads(write_text(entries, JSON, under="/app")) == tree
    assert yaml.safe_load(write_text(entries, YAML, under="/app")) == tree


def sourced(text, tmp_path, *shell):
    """Give the environment of a shell, bash where none is named, that has read a text."""
    file = tmp_path / "file"
    file.write_bytes(text.encode())
    command = [*(shell or ("bash", "--norc")), "-c", 'set -a; . "$1"; env -0', "shell", str(file)]
    made = subprocess.run(command, capture_output=True, check=True, env={})
    assert not made.stderr, made.stderr
    return dict(line.split("=", 1) for line in made.stdout.decode().rstrip("\0").split("\0"))


HARD = [
    "plain", "it's", 'say "hi"', "a $HOME b", "`id`", "back\\slash", "two\\\\", "ends\\", "# no comment", "a #b",
    " pad ", "-----BEGIN\nMIIE+/=\n-----END\n", "don't $\nstop \\n `x`", "\ud55c\uae00 \U0001f511", "!bang!",
    "a'b\\c'd", "=x=", "~/x", "*",
]  # fmt: skip


@pytest.mark.parametrize("format", [ENV, SHELL])
def test_a_shell_reads_what_is_written(format, tmp_path):
    entries = [
        Entry(f"/app/v{number}", value) for number, value in enumerate([*HARD, *(["cr\r\nlf"] * (format is SHELL))])
    ]
    found = sourced(write_text(entries, format, under="/app"), tmp_path)
    assert {entry.path: found[f"V{number}"] for number, entry in enumerate(entries)} == {
        entry.path: entry.value for entry in entries
    }


@pytest.mark.parametrize("shell", [("bash", "--posix"), ("dash",), ("busybox", "sh"), ("zsh", "-f")])
def test_a_carriage_return_was_two_letters_and_a_dollar_in_a_shell_that_is_not_bash(shell, tmp_path):
    if shutil.which(shell[0]) is None:
        pytest.skip(f"there is no {shell[0]} here")
    values = [*HARD, "cr\r\nlf", "\r", "\r\r'\r", "it's\r\\r"]
    entries = [Entry(f"/app/v{number}", value) for number, value in enumerate(values)]
    text = write_text(entries, SHELL, under="/app")
    found = sourced(text, tmp_path, *shell)
    assert [found[f"V{number}"] for number in range(len(values))] == values
    assert [each.value for each in read_text(text, SHELL, under="/app")] == values


def test_python_dotenv_reads_what_is_written_where_it_can():
    dotenv = pytest.importorskip("dotenv")
    import io

    # Between double quotes, python-dotenv keeps the backslash of \$ and \` that every shell takes away.
    some = [value for value in HARD if not ("'" in value and ("$" in value or "`" in value))]
    text = write_text([Entry(f"/v{number}", value) for number, value in enumerate(some)], ENV, under="/")
    assert [*dotenv.dotenv_values(stream=io.StringIO(text), interpolate=False).values()] == some


def test_a_file_of_a_human_is_read_as_docker_compose_reads_it():
    text = (
        "# settings\n\nexport DB_HOST=db.local   # where\nPORT = 5432\nURL=https://x/?a=b#frag\nCOLOUR=#fff\n"
        'MOTD=\'it is $5 \\n # here\'\nQUOTE="a \\"b\\" \\\\ \\$x\\n"  # end\nSPACED=a b  c\n'
    )
    assert {entry.path: entry.value for entry in read(text, ENV)} == {
        "/app/DB_HOST": "db.local",
        "/app/PORT": "5432",
        "/app/URL": "https://x/?a=b#frag",
        "/app/COLOUR": "#fff",
        "/app/MOTD": "it is $5 \\n # here",
        "/app/QUOTE": 'a "b" \\ $x\n',
        "/app/SPACED": "a b  c",
    }


def test_a_variable_is_the_parameter_that_is_called_so_in_an_environment_else_a_new_one():
    found = read("DB_HOST=x\nNew.Key=y\n", ENV, known=["/app/db/host", "/other/new"])
    assert [entry.path for entry in found] == ["/app/db/host", "/app/New.Key"]
    said = refused("A=1\nDB_HOST=x\n", ENV, known=["/app/db/host", "/app/db-host"])
    assert said.startswith("Line 2: DB_HOST may mean /app/db/host or /app/db-host.")
    assert "second time, as in line 1" in refused("DB_HOST=x\ndb_host=y\n", ENV, known=["/app/db_host"])


def test_yaml_and_json_keep_the_text_of_numbers_booleans_and_dates():
    text = (
        "port: 5432\nmode: 0x10\nbig: 1_000\non: yes\nwhen: 2026-11-02\nratio: 1.10\nclock: 12:30:45\nquoted: '007'\n"
    )
    assert {entry.path[5:]: entry.value for entry in read(text, YAML)} == {
        "port": "5432", "mode": "0x10", "big": "1_000", "on": "yes", "when": "2026-11-02", "ratio": "1.10",
        "clock": "12:30:45", "quoted": "007",
    }  # fmt: skip
    text = '{"a": 5432, "b": 1.10, "c": 1e400, "d": true, "e": false, "f": 12345678901234567890, "g": NaN}'
    assert [entry.value for entry in read(text, JSON)] == [
        "5432", "1.10", "1e400", "true", "false", "12345678901234567890", "NaN",
    ]  # fmt: skip


def test_a_parameter_that_is_a_folder_too_has_its_value_under_a_dot():
    entries = [
        Entry("/app/db/host", "h"),
        Entry("/app/db", "d"),
        Entry("/app", "top"),
        Entry("/app/x", "1"),
        Entry("/app/x/y", "2"),
    ]
    expected = {"db": {".": "d", "host": "h"}, ".": "top", "x": {".": "1", "y": "2"}}
    assert json.loads(write_text(entries, JSON, under="/app")) == expected
    assert yaml.safe_load(write_text(entries, YAML, under="/app/")) == expected
    for format in (JSON, YAML):
        assert {entry.path for entry in read(write_text(entries, format, under="/app"), format)} == {
            entry.path for entry in entries
        }
    with pytest.raises(UsageError, match=r"the key \. is the value of a folder itself"):
        write_text([Entry("/app/./x", "1")], JSON, under="/app")
    assert "the root has no value" in refused('{".": "x"}', JSON, under="/")


def test_a_string_list_is_a_list_and_a_secret_is_tagged():
    kinds = ParameterType
    entries = [
        Entry("/app/hosts", "a,,yes", kinds.STRING_LIST),
        Entry("/app/hidden", None, kinds.SECURE_STRING),
        Entry("/app/shown", "line\nline\n", kinds.SECURE_STRING),
    ]
    text = write_text(entries, YAML, under="/app")
    assert text == 'hosts:\n  - a\n  - ""\n  - "yes"\nhidden: !secret\nshown: !secret |\n  line\n  line\n'
    assert read(text, YAML) == entries
    assert "line\\n" not in repr(entries)
    text = write_text(entries, JSON, under="/app")
    assert json.loads(text) == {"hosts": ["a", "", "yes"], "hidden": None, "shown": "line\nline\n"}
    assert [(entry.value, entry.type) for entry in read(text, JSON)] == [
        ("a,,yes", kinds.STRING_LIST), (None, None), ("line\nline\n", None),
    ]  # fmt: skip


@pytest.mark.parametrize(("format", "line"), [(ENV, "HIDDEN\n"), (SHELL, "export HIDDEN\n")])
def test_a_secret_that_is_not_shown_is_its_name_alone_in_lines(format, line):
    entries = [Entry("/app/hidden", None, ParameterType.SECURE_STRING)]
    assert write_text(entries, format, under="/app") == line
    assert read(line, format, known=["/app/hidden"]) == [Entry("/app/hidden", None)]


@pytest.mark.parametrize(
    ("format", "text", "said"),
    [
        (ENV, "A=1\nB=2\nA=3\n", "Line 3: /app/A stands here a second time, as in line 1."),
        (ENV, "A=1\n\nB=\n", "Line 3: the value is empty"),
        (ENV, "A=''\n", "Line 1: the value is empty"),
        (ENV, "A=\\0\nB='x\0'\n", "Line 2: /app/B has a NUL character"),
        (ENV, "A='x\nB=2\n", "Line 1: the ' that opens in A does not close."),
        (ENV, "A='x' y\n", "Line 1: there is more than one name with one value."),
        (ENV, "a/b=1\n", "Line 1: this is no line of NAME=value."),
        (ENV, "=1\n", "Line 1: this is no line of NAME=value."),
        (SHELL, "export A=$HOME\n", "Line 1: A has a character that a shell would act upon."),
        (SHELL, 'export A="x`id`"\n', "Line 1: A has a character that a shell would act upon."),
        (SHELL, "export A=1 B=2\n", "Line 1: there is more than one name with one value."),
        (SHELL, "export A=1\nexit 3\n", "Line 2: there is more than one name"),
        (SHELL, "export A=1\nls\n", "Line 2: there is no ="),
        (JSON, '{\n"b": {"c": "1",\n"c": "2"}}', "Line 3: the key 'c' stands in one object twice, first in line 2."),
        (JSON, '{"a": {"b": "1"},\n"a/b": "2"}', "Line 2: /app/a/b stands here a second time, as in line 1."),
        (JSON, '{"a": "",\n"b": "x"}', "Line 1: /app/a is empty"),
        (JSON, '{"b": 1,\n"a": [["x"]]}', "Line 2: the list 'a' has items that are not plain texts."),
        (JSON, '{"a": [{"x": "y"}]}', "Line 1: the list 'a' has items"),
        (JSON, '{"a": [null]}', "Line 1: the list 'a' has items"),
        (JSON, '{"a": ["x,y"]}', "Line 1: an item of /app/a has a comma"),
        (JSON, '{"a": []}', "Line 1: /app/a is empty"),
        (JSON, '{"a": "\\u0000"}', "Line 1: /app/a has a NUL character"),
        (JSON, '{"a": "\\ud800"}', "Line 1: /app/a has half of a character"),
        (JSON, '{"a": "1",\n}', "Line 2: this is no JSON"),
        (JSON, "[]", "Line 1: this is no JSON object"),
        (JSON, '{"a b": "1"}', "Line 1: 'a b' is no name of a parameter."),
        (JSON, '{"a//b": "1"}', "Line 1: 'a//b' is no name of a parameter."),
        (JSON, '{"' + "/".join("x" * 15) + '": "1"}', "has 16 levels, and there can be 15"),
        (JSON, '{"a":' * 100_000, "Line 1: "),
        (YAML, "a: x\nb:\n", "Line 2: /app/b is empty"),
        (YAML, "a: ''\n", "Line 1: /app/a is empty"),
        (YAML, "a: 1\nb: 2\na: 3\n", "Line 3: the key 'a' stands in one object twice, first in line 1."),
        (YAML, "a: &x 1\nb: *x\n", "Line 1: there is an anchor."),
        (YAML, "b: *x\n", "Line 1: there is an alias."),
        (YAML, "a: !!int 3\n", "Line 1: there is a tag."),
        (YAML, "a: 1\nb: !Ref x\n", "Line 2: there is a tag."),
        (YAML, "<<: {a: 1}\n", "Line 1: '<<' is no name of a parameter."),
        (YAML, "a: ~\n", "Line 1: a is ~, which is no value."),
        (YAML, "a: [[x]]\n", "Line 1: the list 'a' has items that are not plain texts."),
        (YAML, "a: {{x}}\n", "Line 1: a key is no text."),
        (YAML, "a: {x}\n", "Line 1: a begins with a brace. A text that begins with { needs quotes."),
        (YAML, "a: 1\n---\nb: 2\n", "Line 2: a second document begins here."),
        (YAML, "- a\n", "Line 1: this is no mapping of names to values."),
        (YAML, "a: 1\n  b: 2\n", "Line 2: this is no YAML: "),
        (YAML, "a: 1\nb: \x01\n", "Line 2: there is a character that YAML can't have."),
        (YAML, 'a: "\\0"\n', "Line 1: /app/a has a NUL character"),
        (YAML, "a: !secret ''\n", "Line 1: /app/a is empty"),
        (YAML, "{a: " * 50, "Line 1: "),
    ],
)  # fmt: skip
def test_what_can_not_be_meant_is_said_with_its_line(format, text, said):
    assert said in refused(text, format)


def test_a_secret_is_in_no_error_nor_in_what_caused_it():
    texts = [
        (YAML, 'a: "HUSH\n\tb: x: y: "\nHUSH2'),
        (YAML, "a: !HUSH"),
        (YAML, "a: !HUSH!x y"),
        (YAML, "a: &HUSH"),
        (YAML, "a: *HUSH"),
        (YAML, "a: {HUSH}"),
        (YAML, "a: %HUSH"),
        (YAML, "a: @HUSH"),
        (YAML, "a: 'x'HUSH"),
        (YAML, "a: HUSH: HUSH"),
        (JSON, '{"a": "HUSH", "b": "HUSH2" HUSH3}'),
        (JSON, '{"a": "HUSH\n"}'),
        (ENV, "KEY=-----BEGIN\nHUSHBASE64LINE\n"),
        (ENV, "KEY=-----BEGIN\nHUSHBASE64LINE=\n"),
        (SHELL, "export A=HUSH$HUSH"),
    ]
    for format, text in texts:
        with pytest.raises(UsageError) as caught:
            read(text, format)
        assert "HUSH" not in str(caught.value)
        assert caught.value.__context__ is None and caught.value.__cause__ is None
    with pytest.raises(UsageError, match="Line 2: this is not UTF-8") as caught:
        decoded(b"A=1\nB=HUSH\xff\n")
    assert caught.value.__context__ is None


def test_marks_of_encodings_are_understood():
    assert read_text("\ufeffA=1".encode(), ENV, under="/") == [Entry("/A", "1")]
    with pytest.raises(UsageError, match="UTF-16"):
        decoded("A=1".encode("utf-16"))


def test_texts_of_nothing_have_no_entries():
    for format, text in {ENV: "# none\n", SHELL: "", JSON: "{}", YAML: "\n# none\n"}.items():
        assert read(text, format) == []
        assert read(write_text([], format, under="/app"), format) == []


def test_formats_are_told_by_names():
    names = {
        ".env": ENV,
        "prod.ENV": ENV,
        "x/.env.prod": ENV,
        "a.json": JSON,
        "a.yml": YAML,
        "a.yaml": YAML,
        "a.sh": SHELL,
    }
    assert {name: format_of(name) for name in names} == names
    with pytest.raises(UsageError, match=r"'a\.txt'"):
        format_of("a.txt")


def test_variables_are_called_as_chamber_calls_them_and_two_of_one_name_are_refused():
    assert env_name("/app/prod/db-host.name/x", "/app/prod/") == "DB_HOST_NAME_X"
    assert env_name("/app/key", "/app/key") == "KEY"
    assert env_of({"/a/b": "1", "/a/c/d": "2"}, "/a") == {"B": "1", "C_D": "2"}
    with pytest.raises(UsageError, match=r"/a/db/host and /a/db-host would both be the variable DB_HOST\."):
        env_of({"/a/db/host": "1", "/a/db-host": "2"}, "/a")
    with pytest.raises(UsageError, match="/a/9lives would be the variable 9LIVES"):
        env_of({"/a/9lives": "1"}, "/a")
    with pytest.raises(UsageError, match="/b/x is not below /a"):
        write_text([Entry("/b/x", "1")], JSON, under="/a")


def test_a_thousand_lines_take_a_moment_and_not_their_square():
    entries = [Entry(f"/app/folder{number % 50}/key{number}", f"value {number}\n" * 20) for number in range(2000)]
    for format in TextFormat:
        text = write_text(entries, format, under="/app")
        known = [entry.path for entry in entries]
        assert len(read(text, format, known=known)) == len(entries)
