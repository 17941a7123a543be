"""The stock `aws ssm` command line and every operation of Parameter Store, against `ssm-tui serve`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.serving import Served, serving

AWS = shutil.which("aws", path=str(Path(sys.executable).parent)) or shutil.which("aws")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(AWS is None, reason="the aws command line is not installed")]

Aws = Callable[..., Any]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("aws") / "state") as found:
        yield found


@pytest.fixture
def aws(served: Served, tmp_path: Path) -> Aws:
    """Give a function that runs `aws ssm` and gives its answer, or with `refused` what it says of the error."""

    def run(*words: str, refused: bool = False) -> Any:
        done = subprocess.run(
            [str(AWS), "ssm", *words],
            env=served.environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode != 0) == refused, done.stderr
        return done.stderr if refused else json.loads(done.stdout) if done.stdout.strip() else {}

    return run


def test_put_get_and_delete(aws: Aws) -> None:
    put = ("put-parameter", "--name", "/cli/a", "--type", "String")
    assert aws(*put, "--value", "one") == {"Version": 1, "Tier": "Standard"}
    assert "(ParameterAlreadyExists)" in aws(*put, "--value", "two", refused=True)
    assert aws(*put, "--value", "two", "--overwrite")["Version"] == 2
    assert aws("get-parameter", "--name", "/cli/a")["Parameter"]["Value"] == "two"
    assert aws("get-parameter", "--name", "/cli/a:1")["Parameter"]["Value"] == "one"
    assert aws("delete-parameter", "--name", "/cli/a") == {}
    assert "(ParameterNotFound)" in aws("get-parameter", "--name", "/cli/a", refused=True)


def test_secrets_and_many_at_once(aws: Aws) -> None:
    aws("put-parameter", "--name", "/many/s", "--type", "SecureString", "--value", "open sesame")
    aws("put-parameter", "--name", "/many/l", "--type", "StringList", "--value", "a,b", "--tags", "Key=env,Value=prod")
    found = aws("get-parameters", "--names", "/many/s", "/many/l", "/many/none", "--with-decryption")
    assert [each["Value"] for each in found["Parameters"]] == ["a,b", "open sesame"]
    assert found["InvalidParameters"] == ["/many/none"]
    below = aws("get-parameters-by-path", "--path", "/many", "--parameter-filters", "Key=Type,Values=StringList")
    assert [each["Name"] for each in below["Parameters"]] == ["/many/l"]
    tagged = aws("describe-parameters", "--parameter-filters", "Key=tag:env,Values=prod")
    assert [each["Name"] for each in tagged["Parameters"]] == ["/many/l"]
    tags = aws("list-tags-for-resource", "--resource-type", "Parameter", "--resource-id", "/many/l")
    assert tags["TagList"] == [{"Key": "env", "Value": "prod"}]
    gone = aws("delete-parameters", "--names", "/many/s", "/many/l", "/many/none")
    assert (gone["DeletedParameters"], gone["InvalidParameters"]) == (["/many/s", "/many/l"], ["/many/none"])


def test_versions_and_their_labels(aws: Aws) -> None:
    for value in ("one", "two"):
        aws("put-parameter", "--name", "/cli/v", "--type", "String", "--value", value, "--overwrite")
    label = ("--name", "/cli/v", "--parameter-version", "1", "--labels", "live")
    assert aws("label-parameter-version", *label) == {"InvalidLabels": [], "ParameterVersion": 1}
    assert aws("get-parameter", "--name", "/cli/v:live")["Parameter"]["Value"] == "one"
    history = aws("get-parameter-history", "--name", "/cli/v")
    assert [(each["Value"], each["Labels"]) for each in history["Parameters"]] == [("one", ["live"]), ("two", [])]
    assert aws("unlabel-parameter-version", *label) == {"RemovedLabels": ["live"], "InvalidLabels": []}


def test_pages_are_followed(aws: Aws) -> None:
    for number in range(12):
        aws("put-parameter", "--name", f"/page/k{number:02}", "--type", "String", "--value", "v")
    expected = [f"/page/k{number:02}" for number in range(12)]
    assert [each["Name"] for each in aws("get-parameters-by-path", "--path", "/page")["Parameters"]] == expected
    filters = ("--parameter-filters", "Key=Path,Option=Recursive,Values=/page")
    assert [each["Name"] for each in aws("describe-parameters", *filters)["Parameters"]] == expected
