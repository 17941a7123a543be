"""Which type a parameter gets from `ssm-tui params`, and what is said where nobody has named one."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.contract.params_verbs import Lab, lab

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(tmp_path_factory.mktemp("params")) as made:
        yield made


def test_a_new_parameter_whose_value_is_a_word_had_to_be_given_a_type_and_is_a_string(params: Lab) -> None:
    done = params("put", "/typed/word", "5")
    assert (done.returncode, done.stdout) == (0, b"/typed/word version 1 Standard\n")
    assert done.stderr == b"ssm-tui: /typed/word is new, and a String: no --type was given.\n"
    assert params.ssm.get_parameter(Name="/typed/word")["Parameter"]["Type"] == "String"
    assert b"--type SecureString" in params("put", "/typed/db-password", "5").stderr
    # What comes from stdin, or is encrypted with a key, may be a secret.
    for words in ([], ["-"], ["5", "--key-id", "alias/aws/ssm"]):
        done = params("put", "/typed/none", *words, given=b"5")
        assert done.returncode == 2 and b"needs a type. Give --type String" in done.stderr
    assert params.names("/typed") == ["/typed/db-password", "/typed/word"]


@pytest.mark.parametrize("kind", ["env", "json", "shell", "yaml"])
def test_a_secret_that_was_exported_became_a_string_elsewhere_without_a_word(params: Lab, kind: str) -> None:
    params.put(f"/{kind}/db/password", "correct-horse", "SecureString")
    params.put(f"/{kind}/db/port", "5432")
    text = params("export", f"/{kind}", "--decrypt", "--format", kind)
    assert b"1 SecureString is written in plain text" in text.stderr
    assert (b"--secret" in text.stderr) is (kind != "yaml")
    words = ("import", "-", f"/elsewhere/{kind}", "--format", kind, "--yes")
    said = params(*words, "--dry-run", given=text.stdout).stderr
    key = {"json": b"db/password", "yaml": b""}.get(kind, b"DB_PASSWORD")
    assert (key + b" is called as a secret is, and becomes a String; --secret " + key in said) is (kind != "yaml")
    flags = ["--secret", key.decode()] if key else []
    done = params(*words, *flags, given=text.stdout)
    assert done.returncode == 0 and b"called as a secret" not in done.stderr
    secrets = json.loads(params("ls", f"/elsewhere/{kind}", "-r", "--type", "SecureString", "--json").stdout)
    assert len(secrets) == 1
