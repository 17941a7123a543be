"""Command lines are read as they are meant, or refused with a sentence."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from tui.cli import _is_headless
from tui.cli._args import near, split, state_folder
from tui.cli._context import choose, one, printable, table
from tui.cli._context_run import _whole
from tui.cli._demo import daemon_options, demo_of, make_demo
from tui.cli._lines import LONGEST, Lines
from tui.cli._run_words import parse
from tui.cli.demo import prepare
from tui.cli.open import go_to_line
from tui.errors import UsageError
from tui.ports import Ref
from tui.services.nodes import Node, PingStatus


def node(id, name=None, computer="", **tags):
    return Node(
        ref=Ref("local", id), name=name or computer or id, ping=PingStatus.ONLINE, computer_name=computer, tags=tags
    )


class Listed:
    """Stands where the service of nodes stands, with nodes of the test's own."""

    def __init__(self, *nodes):
        self.nodes = list(nodes)

    async def all(self):
        return self.nodes


@pytest.mark.parametrize(
    "words",
    [
        ["--state", "/s", "--read-only", "nodes", "list", "--json"],
        ["nodes", "list", "--json", "--state=/s", "--local", "--read-only"],
        ["nodes", "--local", "list", "--read-only", "--json", "--state", "/s"],
    ],
)
def test_common_flags_stand_before_or_after_the_verb(words):
    common, rest = split(words, {})
    assert rest == ["nodes", "list", "--json"]
    assert common.state == Path("/s") and common.state_given and common.read_only


def test_what_follows_two_dashes_is_the_command_and_stays_as_it_is():
    common, rest = split(["run", "--", "ls", "--state", "x", "--local"], {"SSM_TUI_STATE": "/env"})
    assert rest == ["run", "--", "ls", "--state", "x", "--local"]
    assert common.state == Path("/env") and not common.read_only


def test_the_state_folder_is_the_flag_then_the_variable_then_the_platforms_own():
    assert split(["--state", "/flag"], {"SSM_TUI_STATE": "/env"})[0].state == Path("/flag")
    assert state_folder({"SSM_TUI_STATE": "/env", "XDG_STATE_HOME": "/x"}) == Path("/env")
    assert state_folder({"XDG_STATE_HOME": "/x"}) == Path("/x/ssm-tui")
    assert state_folder({}).name == "ssm-tui"
    assert not split([], {})[0].state_given


@pytest.mark.parametrize("words", [["--state"], ["--state="], ["nodes", "--state"]])
def test_a_state_flag_without_a_folder_is_a_usage_error(words):
    with pytest.raises(UsageError, match="--state"):
        split(words, {})


@pytest.mark.parametrize(
    ("words", "headless"),
    [
        ("nodes", False),
        ("nodes list", True),
        ("nodes env=prod", False),
        ("nodes --json", True),
        ("run", False),
        ("run AWS-RunShellScript", False),
        ("run -- uptime", True),
        ("run uptime", True),
        ("run --json -- uptime", True),
        ("info", True),
        ("shell", True),
    ],
)
def test_a_verb_is_told_from_the_screen_of_the_same_name(words, headless):
    verb, *rest = words.split()
    assert _is_headless(verb, rest) is headless


def test_go_to_lines_are_screens_names_and_aliases_and_what_follows_them():
    assert go_to_line([]) == ""
    assert go_to_line(["nodes"]) == "nodes"
    assert go_to_line([":node", "web-14"]) == "node web-14"
    assert go_to_line(["run AWS-RunShellScript"]) == "run AWS-RunShellScript"
    with pytest.raises(UsageError, match=r"Did you mean .*nodes"):
        go_to_line(["noodes"])
    with pytest.raises(UsageError, match="--frobnicate"):
        go_to_line(["--frobnicate"])


def test_run_joins_the_words_after_the_dashes_with_spaces():
    args = parse(["--target", "web", "--target", "tag:env=prod", "--", "echo", "a  b", "--json"])
    assert args.parameters == {"commands": ["echo a  b --json"]}
    assert args.target == ["web", "tag:env=prod"] and not args.json
    args = parse(["--timeout", "5", "--json", "--max-concurrency", "10%", "--max-errors", "0", "--", "id"])
    assert args.parameters == {"commands": ["id"], "executionTimeout": ["5"]} and args.json
    args = parse(["--document", "My-Doc", "--parameter", "a=1", "--parameter", "a=2", "--parameter", "b=x=y"])
    assert args.parameters == {"a": ["1", "2"], "b": ["x=y"]}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["uptime"], "ssm-tui run -- uptime"),
        (["--nonsense", "--", "id"], "--nonsense"),
        (["--"], "no command"),
        (["--json"], "no command"),
        (["--max-concurrency", "0", "--", "id"], "--max-concurrency 0"),
        (["--max-errors", "101%", "--", "id"], "--max-errors 101%"),
        (["--timeout", "0", "--", "id"], "--timeout"),
        (["--timeout", "soon", "--", "id"], "invalid int"),
        (["--parameter", "novalue", "--", "id"], "NAME=VALUE"),
        (["--parameter", "commands=ls", "--", "true"], "given twice"),
        (["--target"], "expected one argument"),
    ],
)
def test_words_that_run_cannot_mean_are_a_sentence_with_a_way_out(words, said):
    with pytest.raises(UsageError, match=said):
        parse(words)


def test_a_percentage_of_nodes_is_rounded_down():
    assert [_whole("10%", 55), _whole("7", 55), _whole("0", 55)] == ["5", "7", "0"]


def test_targets_are_found_by_id_then_name_then_host_name():
    web, other = node("mi-1", "web", "host-1"), node("mi-2", "db", "web")
    assert one([web, other], "mi-2") is other
    assert one([web, other], "web") is web
    assert one([web, other], "host-1") is web


def test_an_ambiguous_name_names_the_candidates_and_an_unknown_one_its_neighbours():
    twins = [node("mi-1", "web"), node("mi-2", "web")]
    with pytest.raises(UsageError, match=r"2 nodes are called web: mi-1, mi-2"):
        one(twins, "web")
    with pytest.raises(UsageError, match=r"No node is called wbe-14\. Did you mean web-14"):
        one([node("mi-1", "web-14"), node("mi-2", "db-1")], "wbe-14")
    with pytest.raises(UsageError, match="nodes list"):
        one([], "web")


async def test_several_targets_mean_their_union_and_one_tag_alone_is_sent_as_a_tag():
    a, b, c = node("mi-1", "a", env="prod"), node("mi-2", "b", env="prod"), node("mi-3", "c", env="dev")
    nodes = Listed(a, b, c)
    both = await choose(nodes, ["c", "tag:env=prod", "a"])
    assert [n.id for n in both.nodes] == ["mi-3", "mi-1", "mi-2"] and both.targets == ()
    tagged = await choose(nodes, ["tag:env=prod"])
    assert tagged.targets == ({"Key": "tag:env", "Values": ["prod"]},) and len(tagged.nodes) == 2
    assert (await choose(nodes, ["tag:env=none"])).nodes == ()
    with pytest.raises(UsageError, match="KEY=VALUE"):
        await choose(nodes, ["tag:"])


async def test_no_target_means_this_machine():
    import socket

    here, there = node("mi-1", computer=socket.gethostname()), node("mi-2", computer="elsewhere.invalid")
    assert (await choose(Listed(there, here), [])).ids == ["mi-1"]
    assert (await choose(Listed(there), [])).ids == ["mi-2"]
    with pytest.raises(UsageError, match="--target"):
        await choose(Listed(there, node("mi-3")), [])


def lines(**options):
    out, err = io.BytesIO(), io.BytesIO()
    return Lines(out, err, **options), out, err


def test_lines_come_whole_with_their_nodes_name_whatever_the_chunks():
    made, out, err = lines()
    for data in (b"on", b"e\ntw", b"o\n", b"three"):
        made.feed("web", "stdout", data)
    made.feed("db", "stderr", b"\xff\xfe no utf-8\n")
    made.feed("db", "stdout", b"x\n")
    assert out.getvalue() == b"web: one\nweb: two\ndb: x\n"
    made.end()
    assert out.getvalue().endswith(b"web: three\n")
    assert err.getvalue() == b"db: \xff\xfe no utf-8\n"


def test_a_line_without_an_end_is_not_held_in_memory_and_not_mixed_with_another():
    made, out, _ = lines()
    made.feed("web", "stdout", b"x" * (LONGEST + 1))
    assert len(out.getvalue()) > LONGEST
    made.feed("web", "stdout", b"y" * (LONGEST + 1))
    made.feed("db", "stdout", b"other\n")
    made.feed("web", "stdout", b"z\n")
    made.end()
    first, second, third = out.getvalue().splitlines()
    assert first == b"web: " + b"x" * (LONGEST + 1) + b"y" * (LONGEST + 1)
    assert (second, third) == (b"db: other", b"web: z")


def test_empty_lines_keep_their_name():
    made, out, _ = lines()
    made.feed("web", "stdout", b"\n\na\n")
    made.end()
    assert out.getvalue() == b"web: \nweb: \nweb: a\n"


def test_control_characters_in_output_do_not_steer_a_terminal():
    made, out, _ = lines(visible=True)
    made.feed("web", "stdout", b"a\x1b[2Jb\x07\tc\r\n\xc2\x9b1m [red]\n")
    assert out.getvalue().decode() == "web: a^[[2Jb^G\tc\nweb: \\x9b1m [red]\n"


def test_tables_count_cells_and_show_control_characters():
    text = table(("ID", "NAME", "X"), [("1", "한글", "a"), ("2", "[red]\x1b[31m", "b")])
    assert text.splitlines() == [
        "ID  NAME           X",
        "1   한글           a",
        "2   [red]\\x1b[31m  b",
    ]
    assert printable("a\u202eb\n") == "a\\x202eb\\x0a"


def test_near_words_are_the_likest_first():
    assert near("Comands", ["commands", "nodes", "command"])[0] in ("commands", "command")
    assert near("zzz", ["commands"]) == []


def test_a_demo_has_a_folder_of_its_own_and_refuses_a_real_engines(tmp_path, capsys):
    assert demo_of(tmp_path) is None
    prepare(tmp_path / "demo", 40, 7)
    assert demo_of(tmp_path / "demo") == (40, 7)
    assert daemon_options(60.0, (40, 7), {}) == ["--idle", "60.0", "--demo", "40", "--seed", "7"]
    (tmp_path / "engine.db").touch()
    with pytest.raises(UsageError, match="real engine"):
        prepare(tmp_path, 40, 7)
    make_demo(tmp_path / "broken", 1, 1)
    (tmp_path / "broken" / "demo.json").write_text("[]")
    assert demo_of(tmp_path / "broken") is None


def test_help_loads_neither_textual_nor_botocore_nor_sqlite():
    code = (
        "import sys\nfrom tui.cli import main\nstatus = main(['--help'])\n"
        "heavy = {'textual', 'rich', 'botocore', 'boto3', 'sqlite3', 'asyncio', 'yaml', 'psutil', 'argparse'}\n"
        "print(sorted(heavy & set(sys.modules)), status, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[] 0"
    assert "exit status" in done.stdout


def test_the_headless_verbs_never_load_textual():
    code = (
        "import sys\nimport tui.cli.run, tui.cli.nodes, tui.cli.info, tui.cli.stop\n"
        "import tui.transport.local\n"
        "print(sorted({'textual', 'rich', 'botocore', 'sqlite3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
