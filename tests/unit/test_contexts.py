"""Contexts: how they are named, what AWS's files and the config file say of them, what is remembered."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.app.fake_transport import FakeTransport, fleet, node
from tui.aws_profiles import broken_file, find_profile, read_profiles, region_names
from tui.cli._args import split
from tui.cli._connect import contexts_at_start, contexts_of_verb
from tui.config import parse_config
from tui.contexts import ContextSpec, aws_context, has_aws, read_choice, read_context, write_choice
from tui.errors import ConfigError, CredentialsExpired, Unreachable, UsageError
from tui.services.links import Links
from tui.services.nodes import Nodes

CONFIG = """
[default]
region = eu-central-1

[profile corp]
sso_session = corp
sso_account_id = 111122223333
region = eu-west-1

[profile deploy]
role_arn = arn:aws:iam::444455556666:role/deploy
source_profile = corp

[profile "with space"]
credential_process = /bin/true

[sso-session corp]
sso_region = eu-west-1
"""
CREDENTIALS = "[keys]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = x\n[broken\n"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(CONFIG)
    (tmp_path / ".aws" / "credentials").write_text(CREDENTIALS.removesuffix("[broken\n"))
    return {"HOME": str(tmp_path)}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (b"aws_secret_access_key = hush\n[default]\n", 1, "no [section] stands above this line"),
        (b"[default]\nregion = x\n\n[profile a]\n[default]\n", 5, "[default] stands here a second time"),
        (b"[default]\nregion = x\nregion = y\n", 3, "region stands a second time in [default]"),
        (b"[default]\nregion = x\nhush\n", 3, "this line is no KEY = VALUE"),
        (b"[default]\nregion = \xff\n", 2, "this line is not UTF-8"),
    ],
)
def test_a_broken_file_of_awss_hid_its_line_and_named_a_missing_profile(
    environ: dict[str, str], text: bytes, line: int, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = Path(environ["HOME"], ".aws", "config")
    path.write_bytes(text)
    with pytest.raises(ConfigError) as caught:
        read_context("nobody", {}, environ)
    assert str(caught.value) == f"{path}:{line}: {said}. Mend AWS's file."
    with pytest.raises(ConfigError):
        contexts_of_verb(split(["--profile", "nobody", "nodes", "list"], environ)[0], {}, environ)
    # The keys of the other file are found all the same, and nothing secret is written down.
    assert find_profile("keys", environ)
    assert "hush" not in caplog.text


def test_whole_files_of_awss_are_not_called_broken(environ: dict[str, str]) -> None:
    assert broken_file(environ) is None
    assert broken_file({"HOME": "/nowhere"}) is None


def test_profiles_are_read_from_both_files_with_their_regions_and_how_they_log_in(environ: dict[str, str]) -> None:
    found = {one.name: (one.region, one.kind, one.account) for one in read_profiles(environ)}
    assert found == {
        "default": ("eu-central-1", "", ""),
        "corp": ("eu-west-1", "SSO", "111122223333"),
        "deploy": ("", "role", "444455556666"),
        "keys": ("", "keys", ""),
        "with space": ("", "process", ""),
    }
    assert next(iter(found)) == "default"
    assert read_profiles(environ | {"AWS_REGION": "us-east-1"})[2].region == "us-east-1"


def test_a_file_that_is_broken_has_no_profiles_and_keeps_the_others(environ: dict[str, str]) -> None:
    (Path(environ["HOME"]) / ".aws" / "credentials").write_text(CREDENTIALS)
    assert {one.name for one in read_profiles(environ)} >= {"default", "corp"}
    (Path(environ["HOME"]) / ".aws" / "credentials").write_bytes(b"\xff\x00[")
    assert {one.name for one in read_profiles(environ)} >= {"default", "corp"}


def test_keys_in_the_environment_are_a_profile_without_a_name(environ: dict[str, str]) -> None:
    alone = {"HOME": "/nowhere", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_REGION": "eu-west-1"}
    assert [(one.name, one.kind, one.region) for one in read_profiles(alone)] == [("", "environment", "eu-west-1")]
    assert find_profile("corp", environ) is not None and find_profile("other", environ) is None


def test_regions_are_known_without_importing_boto3() -> None:
    names = region_names()
    assert {"us-east-1", "eu-west-1"} <= set(names) and not any("global" in name for name in names)


def test_whether_aws_is_set_up_is_known_from_files_and_variables(environ: dict[str, str], tmp_path: Path) -> None:
    assert has_aws(environ)
    assert not has_aws({"HOME": str(tmp_path / "other")})
    assert has_aws({"HOME": str(tmp_path / "other"), "AWS_PROFILE": "x"})
    empty = tmp_path / "empty"
    empty.write_text("")
    assert not has_aws({"HOME": str(tmp_path / "other"), "AWS_CONFIG_FILE": str(empty)})


def test_a_word_names_a_context(environ: dict[str, str]) -> None:
    named = {"prod": aws_context("corp", "us-east-1", name="prod")}
    assert read_context("local", named, environ).is_local
    assert read_context("prod", named, environ) is named["prod"]
    assert read_context("corp", named, environ) == aws_context("corp", "eu-west-1")
    assert read_context("corp/ap-south-1", named, environ).name == "corp/ap-south-1"
    assert read_context("keys", named, environ).region == ""
    assert aws_context("with space", "eu-west-1").name == "with_space/eu-west-1"
    for wrong in ("nowhere", "nowhere/eu-west-1", "", "a b"):
        with pytest.raises(UsageError):
            read_context(wrong, named, environ)


def test_the_config_file_names_contexts_in_two_ways() -> None:
    text = "theme: dark\ncontexts:\n  prod: corp/eu-west-1\n  live:\n    profile: corp\n    read_only: true\n"
    contexts = parse_config(text).contexts
    assert contexts["prod"] == ContextSpec(name="prod", profile="corp", region="eu-west-1")
    assert contexts["live"] == ContextSpec(name="live", profile="corp", read_only=True)
    for wrong, line in (
        ("contexts: prod", 1),
        ("contexts:\n  local: corp", 2),
        ("contexts:\n  'a b': corp", 2),
        ("contexts:\n  prod: 3", 2),
        ("contexts:\n  prod:\n    regoin: x", 2),
    ):
        with pytest.raises(ConfigError) as caught:
            parse_config(wrong, "config.yaml")
        assert caught.value.line == line, wrong


def test_flags_then_what_was_chosen_then_the_engine_else_the_operator_is_asked(environ: dict[str, str]) -> None:
    state = Path(environ["HOME"]) / "state"

    def start(*words: str, **more: str) -> list[str]:
        given = environ | more
        common, _ = split(["--state", str(state), *words], given)
        return [spec.name for spec in contexts_at_start(common, {}, given)]

    assert start() == []
    assert start(HOME="/nowhere") == ["local"]
    write_choice(state, [ContextSpec(), aws_context("corp", "eu-west-1")])
    assert start() == ["local", "corp/eu-west-1"]
    assert stat.S_IMODE((state / "contexts.json").stat().st_mode) == 0o600
    assert start("--local") == ["local"]
    assert start("--context", "corp", "--local") == ["local", "corp/eu-west-1"]
    assert start("--profile=corp") == ["corp/eu-west-1"]
    assert start("--profile", "corp", "--region", "us-east-1", "--region", "us-east-2") == [
        "corp/us-east-1",
        "corp/us-east-2",
    ]
    assert start("--region", "us-east-1", AWS_PROFILE="corp") == ["corp/us-east-1"]
    assert start(SSM_TUI_CONTEXT="local,corp") == ["local", "corp/eu-west-1"]
    assert start("--local", SSM_TUI_CONTEXT="corp") == ["local"]
    common, _ = split(["--state", str(state)], environ)
    assert contexts_of_verb(common, {}, environ) == (ContextSpec(),)


def test_a_choice_that_can_t_be_read_is_none(tmp_path: Path) -> None:
    for text in ("", "{", '{"contexts": 3}', '{"contexts": [3]}', "[]"):
        (tmp_path / "contexts.json").write_text(text)
        assert read_choice(tmp_path) == ()


class Several:
    """Contexts that connect when they are let, or fail."""

    def __init__(self, **transports: Any) -> None:
        self.transports = transports
        self.heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.links = Links(self.connect, lambda *what: self.heard.put_nowait(what))

    async def connect(self, spec: ContextSpec) -> Any:
        found = self.transports[spec.name]
        if isinstance(found, Exception):
            raise found
        return found

    def choose(self, *names: str) -> None:
        self.links.choose([ContextSpec(name=name) for name in names])
        self.links.open()


async def test_contexts_stand_in_the_order_in_which_they_were_chosen() -> None:
    several = Several(a=FakeTransport(), b=FakeTransport())
    several.choose("b", "a")
    assert {await several.heard.get(), await several.heard.get()} == {("a", "open"), ("b", "open")}
    assert several.links.services.contexts == ["b", "a"]
    await several.links.aclose()


async def test_a_context_that_is_let_go_is_closed_and_no_other() -> None:
    several = Several(a=fleet(node(1)), b=fleet(node(2)))
    several.choose("a", "b")
    await several.heard.get()
    await several.heard.get()
    adapter = several.links.services.of(Nodes, "b")
    several.choose("b")
    assert several.links.services.contexts == ["b"] and several.links.services.of(Nodes, "b") is adapter
    with pytest.raises(Unreachable, match="The context a is not open"):
        several.links.services.of(Nodes, "a")
    await several.links.aclose()
    assert several.transports["a"].closed


async def test_one_that_fails_is_said_beside_those_that_are_open() -> None:
    several = Several(a=FakeTransport(), b=CredentialsExpired("ExpiredToken", "old"))
    several.choose("a", "b")
    assert {await several.heard.get(), await several.heard.get()} == {("a", "open"), ("b", "failed")}
    links = several.links
    assert links.error is None and links.expired() == ["b"]
    assert ("b login expired", "bad") in links.health()
    assert links.where() == ["a + b"]
    several.transports["b"] = FakeTransport()
    links.open()
    assert await several.heard.get() == ("b", "open")
    assert not links.errors
    await links.aclose()


async def test_a_context_in_a_region_that_nobody_knows_looked_like_any_other() -> None:
    odd = FakeTransport()
    odd.peer["odd_region"] = "mars-1"
    several = Several(a=odd, b=FakeTransport())
    several.choose("a", "b")
    await several.heard.get()
    await several.heard.get()
    assert several.links.state("a") == ("unknown region", "warn")
    assert several.links.state("b")[0] == "open"
    assert ("a unknown region", "warn") in several.links.health()
    await several.links.aclose()


async def test_the_link_of_one_context_is_lost_and_found_again_by_itself() -> None:
    lost = FakeTransport()
    several = Several(a=FakeTransport(), b=lost)
    several.choose("a", "b")
    await several.heard.get()
    await several.heard.get()
    lost.lose()
    assert await several.heard.get() == ("b", "lost")
    assert set(several.links.errors) == {"b"}
    assert await several.heard.get() == ("b", "again")
    assert lost.reconnected == 1 and several.transports["a"].reconnected == 0
    await several.links.aclose()
