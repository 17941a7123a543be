"""The words of `ssm-tui params` are read as they are meant, or refused with a sentence that repeats no secret."""

import io
import json
import sys
from argparse import Namespace
from datetime import UTC, datetime

import pytest

from tui.cli import _is_headless, main
from tui.cli import _params_shapes as shapes
from tui.cli._args import split
from tui.cli._params_ls import _one_level
from tui.cli._params_places import Place, at, place_of, sentence
from tui.cli._params_put import _may_overwrite
from tui.cli._params_value import LONGEST, given_value
from tui.cli.params import VERBS
from tui.errors import ApiError, SsmTuiError, UsageError
from tui.ports import Ref
from tui.services.parameter_changes import ChangeKind
from tui.services.parameter_journal import Left, Phase
from tui.services.parameter_models import Parameter, ParameterType, ParameterValue, Tier
from tui.services.parameter_moves import Pair, roots
from tui.transport.wrappers import MASK

SECRET = "correct-horse"


def parameter(name, version=1, **more):
    return Parameter(ref=Ref("local", name), name=name, version=version, type=ParameterType.STRING, **more)


class Stdin:
    """Stands where stdin stands, with bytes of the test's own."""

    def __init__(self, data):
        self.buffer = io.BytesIO(data)

    def isatty(self):
        return False


@pytest.fixture
def stdin(monkeypatch):
    return lambda data: monkeypatch.setattr(sys, "stdin", Stdin(data))


@pytest.mark.parametrize(
    ("words", "headless"),
    [
        ("params", False),
        ("params /app/prod", False),
        ("params lab:/app/prod", False),
        ("params ls", True),
        ("params ls /app", True),
        ("params --help", True),
        ("params lss", True),
    ],
)
def test_a_verb_is_told_from_the_screen_of_the_same_name(words, headless):
    verb, *rest = words.split()
    assert _is_headless(verb, rest) is headless


def test_the_help_of_each_verb_is_data(capsys):
    assert main(["params", "--help"]) == 0
    usage = capsys.readouterr().out
    for verb in VERBS:
        assert f"ssm-tui params {verb} " in usage
        with pytest.raises(SystemExit) as ended:
            main(["params", verb, "--help"])
        assert ended.value.code == 0
        assert capsys.readouterr().out.startswith(f"usage: ssm-tui params {verb} ")


def test_a_word_may_name_its_context_in_front_of_a_slash():
    assert place_of("/app/prod") == Place("", "/app/prod")
    assert place_of("host") == Place("", "host")
    assert place_of("host:3") == Place("", "host:3")
    assert place_of("/app/host:live") == Place("", "/app/host:live")
    assert place_of("prod/eu-west-1:/app/host:live") == Place("prod/eu-west-1", "/app/host:live")
    arn = "arn:aws:ssm:us-east-1:123456789012:parameter/app/host"
    assert place_of(arn) == Place("", arn)
    assert place_of("/app/").path == place_of("app").path == "/app"
    assert place_of("/").path == "/"


@pytest.mark.parametrize("word", ["", "/app/a b", "/app/\x1b[2J", "/app\n"])
def test_a_word_that_can_name_nothing_is_refused(word):
    with pytest.raises(UsageError, match="no name") as refused:
        place_of(word)
    assert "\x1b" not in str(refused.value)


def test_a_context_in_a_word_takes_the_place_of_those_of_the_flags():
    common, _ = split(["--profile", "p", "--region", "r", "--local"], {})
    alone = at(common, "prod")
    assert (alone.contexts, alone.profiles, alone.regions, alone.local) == (("prod",), (), (), False)
    assert at(common, "") is common


def test_what_is_not_there_is_a_sentence_with_a_way_out():
    said = str(sentence(ApiError("ParameterNotFound", ""), "/app/prod/host"))
    assert said == "There is no parameter /app/prod/host. ssm-tui params ls /app/prod lists what is there."
    said = str(sentence(ApiError("ParameterVersionNotFound", ""), "/app/host:live"))
    assert "no /app/host:live" in said and "params history /app/host" in said
    other = ApiError("InternalServerError", "oh")
    assert sentence(other, "/a") is other


def test_two_selectors_were_told_as_a_parameter_that_is_not_there():
    said = str(sentence(ApiError("ParameterNotFound", ""), "/app/host:2:3"))
    assert said == "/app/host:2:3 is no version: there is one colon in one. As in /app/host:3 or /app/host:live."


def test_one_level_of_many_is_folders_with_counts_and_what_is_in_none():
    below = [parameter(name) for name in ("/app/a", "/app/a/b", "/app/a/c/d", "/app/z/y", "/app/k")]
    folders, found = _one_level("/app", below)
    assert folders == {"/app/a": 2, "/app/z": 1}
    assert [each.name for each in found] == ["/app/a", "/app/k"]
    folders, found = _one_level("/", [*below, parameter("/root")])
    assert folders == {"/app": 5} and [each.name for each in found] == ["/root"]


def value(kind, plain):
    return ParameterValue(ref=Ref("local", "/a"), name="/a", type=kind, value=SECRET, version=1, plain=plain)


def test_a_secret_that_is_not_decrypted_is_masked_in_a_table_and_nothing_in_json():
    hidden, plain = value(ParameterType.SECURE_STRING, False), value(ParameterType.SECURE_STRING, True)
    assert (shapes.cell(hidden), shapes.shown(hidden)) == (MASK, None)
    assert (shapes.cell(plain), shapes.shown(plain)) == (SECRET, SECRET)
    assert (shapes.cell(None), shapes.shown(None)) == ("", None)


def test_json_has_the_apis_names_and_times_with_a_zone():
    found = parameter("/a", tier=Tier.STANDARD, modified=datetime(2026, 11, 2, 10, 14, tzinfo=UTC))
    shape = json.loads(json.dumps(shapes.of_parameter(found)))
    assert (shape["Name"], shape["Tier"]) == ("/a", "Standard")
    assert shape["LastModifiedDate"] == "2026-11-02T10:14:00+00:00"
    assert shapes.when(found.modified) == "2026-11-02 10:14Z"
    assert shapes.who("arn:aws:sts::123456789012:assumed-role/ops/ann") == "ann" and shapes.who("N/A") == "N/A"


# the value of a put


def given(words=(), *, secret=True, allowed=False, raw=False):
    return given_value("/a", [*words], secret=secret, allowed=allowed, raw=raw)


@pytest.mark.parametrize(
    ("data", "raw", "expected"),
    [
        (b"v\n", False, "v"),
        (b"v\r\n", False, "v"),
        (b"v\n\n", False, "v\n"),
        (b"v\r", False, "v\r"),
        (b" v ", False, " v "),
        (b"v\n", True, "v\n"),
        ("비밀".encode(), False, "비밀"),
    ],
)
def test_one_newline_at_the_end_of_stdin_is_no_part_of_the_value(stdin, data, raw, expected):
    stdin(data)
    assert given(raw=raw) == expected
    stdin(data)
    assert given(["-"], secret=False, raw=raw) == expected


def test_a_secret_on_the_command_line_is_refused_and_not_repeated(capsys):
    with pytest.raises(UsageError, match="stdin") as refused:
        given([SECRET])
    assert SECRET not in str(refused.value)
    assert given([SECRET], allowed=True) == SECRET
    said = capsys.readouterr().err
    assert "other processes can read it" in said and SECRET not in said


@pytest.mark.parametrize("word", ["https://example.com/", "file:///etc/passwd", "fileb://x", "@file", "--", "a,b"])
def test_a_value_that_is_a_url_was_fetched_by_other_tools_and_is_stored_as_it_stands(word):
    assert given([word], secret=False) == word


@pytest.mark.parametrize("data", [b"\xff" + SECRET.encode(), b"", b"\n", b"x" * (LONGEST + 1)])
def test_stdin_that_is_no_value_is_refused_and_not_repeated(stdin, data):
    stdin(data)
    with pytest.raises(UsageError) as refused:
        given()
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["put"], "needs a name"),
        (["put", "/a", SECRET, SECRET], "more than one value"),
        (["put", "/a", f"-{SECRET}"], "two dashes"),
        (["put", "/a", "--typ", SECRET], "--type"),
        (["put", "/a", "v", "--overwrite", "--if-version", "2"], "not allowed with"),
        (["put", "/a", "v", "--type", "Secure"], "SecureString"),
        (["put", "/a", "v", "--tag", "x"], "KEY=VALUE"),
        (["put", "/a", "v", "--policies", "[{"], "no JSON"),
        (["put", "/a", "v", "--policies", "{}"], "no array"),
        (["put", "/a", "v", "--policies", "@/none/such"], "No such file"),
        (["put", "/aws/a", "v"], "AWS's own"),
        (["put", "/a//b", "v"], "single slashes"),
        (["put", "a/b", "v"], "no slash in front"),
        (["put", "/a/", "v"], "without a slash"),
        (["put", "/a:3", "v"], "a version or a label"),
        (["put", "arn:aws:ssm:us-east-1:123456789012:parameter/a", "v"], "an ARN"),
        (["get", "local:a/b"], "As in local:/a/b"),
        (["ls", "/a//b"], "no path"),
        (["exec", "/a:1", "--", "env"], "no path"),
        (["export", "/a;b"], "no path"),
        (["cp", "/a", "/ssm/a"], "AWS's own"),
        (["import", "-", "/aws/a", "--format", "json"], "AWS's own"),
        (["ls", "--decrypt"], "--values"),
        (["ls", "--type", "Secret"], "StringList"),
        (["history", "/a", "--decrypt"], "--values"),
        (["get"], "required"),
        (["rm"], "required"),
        (["rm", "a:/x", "b:/y"], "several contexts"),
        (["cp", "/a"], "required"),
        (["cp", "/a:3", "/b"], "one version"),
        (["cp", "/a", "p:/b", "--to-context", "q"], "another context"),
        (["diff", "/a"], "--at"),
        (["diff", "/a", "--at", "soon"], "no time"),
        (["diff", "/a:1", "--at", "1d"], "version"),
        (["export", "/a", "-o", "/none/such/file.env"], "no folder"),
        (["export", "/a", "-o", "file"], "format"),
        (["import", "-", "/a"], "--format"),
        (["import", "/none/such.env", "/a"], "can't be read"),
        (["exec", "/app"], "no command"),
        (["exec", "/app", "--"], "no command"),
        (["exec", "--", "env"], "required"),
        (["exec", "/app", "--prefix", "1-", "--", "env"], "--prefix"),
        (["lss"], "Did you mean ls?"),
        (["frobnicate"], "params --help"),
    ],
)
def test_words_that_cannot_be_meant_are_a_sentence_that_repeats_no_secret(words, said, capsys, tmp_path):
    assert main(["--state", str(tmp_path / "state"), "params", *words]) == 2
    assert not (tmp_path / "state").exists()
    out, err = capsys.readouterr()
    assert out == "" and said in err and SECRET not in err and len(err.splitlines()) == 1


def flags(**given):
    return Namespace(**({"overwrite": False, "if_version": None} | given))


def test_what_would_be_overwritten_is_said_and_a_version_that_moved_is_refused():
    place = Place("", "/a")
    there = parameter("/a", version=7, tier=Tier.ADVANCED, modified_by="arn:aws:iam::1:user/ops")
    with pytest.raises(SsmTuiError, match=r"/a exists: String, version 7, Advanced\..*--overwrite"):
        _may_overwrite(place, there, True, flags())
    with pytest.raises(SsmTuiError, match="at version 7, and not 6"):
        _may_overwrite(place, there, True, flags(if_version=6))
    with pytest.raises(SsmTuiError, match="at version 7, and not 0"):
        _may_overwrite(place, there, True, flags(if_version=0))
    with pytest.raises(SsmTuiError, match="there is no /a"):
        _may_overwrite(place, None, True, flags(if_version=1))
    with pytest.raises(SsmTuiError, match="may not be read"):
        _may_overwrite(place, None, False, flags(if_version=1))
    for allowed in (flags(overwrite=True), flags(if_version=7)):
        _may_overwrite(place, there, True, allowed)
    _may_overwrite(place, None, True, flags(if_version=0))


def test_a_program_that_is_not_there_is_127_and_one_that_is_none_126_before_a_secret_is_read(tmp_path, capsys):
    text = tmp_path / "text"
    text.write_text("no program")
    for program, status in (("no-such-program-here", 127), ("/none/such", 127), (str(text), 126)):
        assert main(["--state", str(tmp_path / "state"), "params", "exec", "/app", "--", program]) == status
        assert program in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


def left(path, needs, phase=Phase.PLANNED):
    return Left(path=path, name=path, kind=ChangeKind.DELETE, before=1, needs=needs, phase=phase)


def copied(path, phase):
    return Left(path=path, name=path, kind=ChangeKind.CREATE, phase=phase)


def test_what_was_moved_is_the_deepest_path_that_all_stand_below():
    def of(*moves):
        return roots([Pair(None, left(*move)) for move in moves])

    assert of(("/a/x", "/b/y")) == ("/a/x", "/b/y")
    assert of(("/a/x", "/b/x"), ("/a/y", "/b/y")) == ("/a", "/b")
    assert of(("/app/prod/db/x", "/app/new/db/x"), ("/app/prod/y", "/app/new/y")) == ("/app/prod", "/app/new")
    assert of(("/a", "/b"), ("/a/x", "/b/x")) == ("/a", "/b")
    assert of(("/x", "/b/x"), ("/y", "/b/y")) == ("/", "/b")


def test_a_journal_says_where_each_parameter_is():
    done, sent, planned = Phase.WRITTEN, Phase.SENDING, Phase.PLANNED
    assert Pair(copied("/b", done), left("/a", "/b", done)).where == "at the new place"
    assert "perhaps still" in Pair(copied("/b", done), left("/a", "/b", sent)).where
    assert Pair(copied("/b", done), left("/a", "/b")).where == Pair(None, left("/a", "/b")).where == "at both places"
    assert "perhaps already" in Pair(copied("/b", sent), left("/a", "/b")).where
    assert Pair(copied("/b", planned), left("/a", "/b")).where == "at the old place"
