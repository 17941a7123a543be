"""The config file: what it takes, and what it says about what it does not."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tui.config import Config, config_file, load_config, parse_config, read_mapping
from tui.errors import ConfigError


def test_a_missing_file_means_the_defaults(tmp_path: Path) -> None:
    assert load_config({"XDG_CONFIG_HOME": str(tmp_path)}) == Config()


def test_every_key_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "# mine\ntheme: light\nglyphs: ascii\nmouse: off  # mine again\nflash: off\nprefix: ctrl+a\nread-only: true\n"
        "scrollback: 5000\nrefresh: 5\nidle: 90.5\noutput_cap: 500MiB\nssh_timeout: 30\n"
        "master_key: file\naws_caller: prod/eu-west-1\n"
    )
    config = load_config({"SSM_TUI_CONFIG": str(path)})
    assert (config.theme, config.glyphs, config.mouse, config.prefix) == ("light", "ascii", False, "ctrl+a")
    assert not config.flash
    assert config.scrollback == 5000
    assert (config.read_only, config.refresh, config.idle) == (True, 5.0, 90.5)
    assert config.engine_settings == {
        "output_cap": 500 * 1024**2,
        "ssh_connect_timeout": 30.0,
        "master_key": "file",
        "aws_caller": "prod/eu-west-1",
    }
    assert config.file == str(path)
    assert "mouse" in config.given


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("theme: dark\nthem: light\n", 2, "Did you mean theme?"),
        ("refresh: fast\n", 1, "expected a number of seconds from 0.2 to 3600"),
        ("refresh: true\n", 1, "expected a number of seconds"),
        ("\nmouse: maybe\n", 2, "expected true or false"),
        ("prefix: ctrl+i\n", 1, "Ctrl with one key that a terminal can send"),
        ("output_cap: much\n", 1, "expected a size from 64KiB to 1024TiB, like 500MiB or 2GiB"),
        ("output_cap: 12\n", 1, "expected a size from 64KiB"),
        ("output_cap: true\n", 1, "expected a size from 64KiB"),
        ("master_key: drawer\n", 1, "expected one of keyring, file"),
        ("aws_caller: 7\n", 1, "expected an AWS profile: PROFILE, or PROFILE/REGION"),
        ("glyphs:\n", 1, "glyphs is nothing; expected one of auto, unicode, ascii"),
        ("theme:\n  name: dark\n", 1, "takes one value"),
        ("theme: dark\ntheme: light\n", 2, "stands here twice"),
        ("theme: [\n", 2, "this is no YAML"),
        ("- dark\n", 1, "expected `key: value` lines"),
        ("theme: dark\nidle: !!python/object/apply:os.getpid []\n", 2, "this value can't be read"),
        ("idle: 2026-13-45\n", 1, "this value can't be read"),
        ("zzzzzzzz: 1\n", 1, "Known keys are theme"),
    ],
)
def test_a_wrong_file_is_named_with_its_line_and_what_was_expected(text: str, line: int, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "config.yaml")
    assert str(caught.value).startswith(f"config.yaml:{line}: ")
    assert says in str(caught.value)
    assert caught.value.line == line


def test_a_file_that_the_environment_names_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load_config({"SSM_TUI_CONFIG": str(tmp_path / "gone.yaml")})


def test_bytes_that_are_no_text_are_named_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"theme: dark\n\xff\xfe\n")
    with pytest.raises(ConfigError, match=r"config.yaml:2: this is no UTF-8"):
        load_config({"SSM_TUI_CONFIG": str(path)})


def test_the_config_folder_follows_xdg(tmp_path: Path) -> None:
    assert config_file({"XDG_CONFIG_HOME": str(tmp_path)}) == tmp_path / "ssm-tui" / "config.yaml"


_SCALARS = st.one_of(
    st.booleans(),
    st.integers(-1000, 1000),
    st.sampled_from(["dark", "a b", "#123", "x: y", "[red]", "~", "", "1.5", "é"]),
)


@given(st.dictionaries(st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True), _SCALARS, min_size=1, max_size=6))
def test_flat_files_read_as_pyyaml_reads_them(data: dict[str, object]) -> None:
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    expected = yaml.safe_load(text)
    assert {key: value.data for key, value in read_mapping(text).items()} == expected


@pytest.mark.parametrize(
    "text",
    [
        "a: 010\n",
        "a: 1_000\n",
        "a: 12:30\n",
        "a: 0x10\n",
        "a: 2024-01-01\n",
        "a: .5\n",
        "a: y\n",
        "a: 1e3\n",
        "a: .inf\n",
    ],
)
def test_values_that_yaml_reads_in_its_own_way_are_read_so(text: str) -> None:
    assert read_mapping(text)["a"].data == yaml.safe_load(text)["a"]
