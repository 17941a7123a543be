"""No value of a SecureString is in any file of the state folder, whatever was done with it and however it ended."""

from __future__ import annotations

import base64
import contextlib
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.contract.serving import serving

pytestmark = pytest.mark.slow

MARKER = "Zq7-a-marker-that-is-secret-Xv9"
NAME = "/app/password"


def forms(text: str) -> set[bytes]:
    """Give a text as it may stand in a file: plain, in UTF-16, in hex, and in base64 at each of its three positions."""
    plain = text.encode()
    found = {plain, text.encode("utf-16-le"), plain.hex().encode(), plain[::-1]}
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + plain)
        found.add(coded[(before * 8 + 5) // 6 : -4])  # without the letters that depend on what stands around it
    return found


def found_in(folder: Path) -> list[str]:
    """Name the files below a folder that hold the marker in any form."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert {"engine.db", "engine.log"} <= {file.name for file in files}
    return [str(file) for file in files if any(form in file.read_bytes() for form in forms(MARKER))]


def attempt(call: Any, **request: Any) -> str:
    """Make a call that is refused; gives what it says."""
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as caught:
        call(**request)
    return str(caught.value)


def test_a_secret_is_in_no_file_after_all_that_can_be_done_with_it_and_a_kill(tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert all(len(form) > 20 for form in forms(MARKER))
    with serving(state) as served:
        client, keys = served.client("ssm", parameter_validation=False), served.client("kms")
        secret = {"Name": NAME, "Value": MARKER, "Type": "SecureString"}
        client.put_parameter(**secret, Description="mine", Tags=[{"Key": "a", "Value": "b"}])
        client.put_parameter(**secret, Overwrite=True)
        client.label_parameter_version(Name=NAME, Labels=["live"])
        for name in (NAME, f"{NAME}:1", f"{NAME}:live"):
            assert client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == MARKER
        assert MARKER not in client.get_parameter(Name=NAME)["Parameter"]["Value"]
        assert client.get_parameters(Names=[NAME], WithDecryption=True)["Parameters"][0]["Value"] == MARKER
        assert client.get_parameters_by_path(Path="/app", WithDecryption=True)["Parameters"][0]["Value"] == MARKER
        history = client.get_parameter_history(Name=NAME, WithDecryption=True)["Parameters"]
        assert [each["Value"] for each in history] == [MARKER] * 2
        client.describe_parameters()
        sealed = keys.encrypt(KeyId="alias/aws/ssm", Plaintext=MARKER.encode())["CiphertextBlob"]
        assert keys.decrypt(CiphertextBlob=sealed)["Plaintext"] == MARKER.encode()

        said = [
            attempt(client.put_parameter, **secret),
            attempt(client.put_parameter, **secret | {"Value": MARKER * 2000}, Overwrite=True),
            attempt(client.put_parameter, **secret | {"Value": MARKER * 200}, Overwrite=True, Tier="Standard"),
            attempt(client.put_parameter, **secret, Overwrite=True, AllowedPattern="[0-9]+"),
            attempt(client.put_parameter, **secret, Overwrite=True, KeyId="alias/none"),
            attempt(client.put_parameter, **secret, Overwrite=True, Tier="None"),
            attempt(client.put_parameter, **secret | {"Value": MARKER + "{{ssm:a}}"}, Overwrite=True),
            attempt(client.put_parameter, **secret | {"Name": "a b"}),
        ]
        # A handler that fails inside the engine leaves a traceback in the log.
        with contextlib.closing(sqlite3.connect(state / "engine.db", timeout=20)) as store:
            store.execute("ALTER TABLE parameter_versions RENAME TO away")
            store.commit()
            said.append(attempt(client.put_parameter, **secret, Overwrite=True))
            said.append(attempt(client.get_parameter, Name=NAME, WithDecryption=True))
            store.execute("ALTER TABLE away RENAME TO parameter_versions")
            store.commit()
        assert not [text for text in said if MARKER in text]
        assert "Traceback" in (state / "engine.log").read_text()
        client.put_parameter(**secret, Overwrite=True)
        assert (state / "engine.db-wal").stat().st_size > 0
        assert found_in(tmp_path) == []
        served.stop(signal.SIGKILL)
    assert found_in(tmp_path) == []
    with serving(state) as served:
        client = served.client("ssm")
        assert client.get_parameter(Name=NAME, WithDecryption=True)["Parameter"]["Value"] == MARKER
        client.delete_parameter(Name=NAME)
        assert found_in(tmp_path) == []
    assert found_in(tmp_path) == []
    with serving(state) as served:  # what is no SecureString shows that the search finds what there is
        served.client("ssm").put_parameter(Name="/app/plain", Value=MARKER, Type="String")
        assert found_in(tmp_path) != []
