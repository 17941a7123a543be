"""Secrets of Secrets Manager as parameters, read from moto's server as from AWS."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tui.engine.context import ApiFault, StatePaths
from tui.engine.dispatch import Engine

PREFIX = "/aws/reference/secretsmanager"
MARKER = "a marker that is secret"

Make = Callable[..., Any]


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def secrets(moto: str) -> Any:
    import boto3

    return boto3.session.Session("moto", "moto", region_name="eu-west-1").client("secretsmanager", endpoint_url=moto)


def caller(folder: Path, url: str) -> dict[str, str]:
    """Give a profile as the engine is told it, with files of its own."""
    keys = "aws_access_key_id = moto\naws_secret_access_key = moto\n"
    (folder / "config").write_text(f"[profile far]\nregion = eu-west-1\nendpoint_url = {url}\n{keys}")
    files = {"config_file": str(folder / "config"), "credentials_file": str(folder / "none")}
    return {"profile": "far", **files}


@pytest.fixture
async def make(tmp_path: Path, moto: str) -> AsyncIterator[Make]:
    made: list[Engine] = []

    async def engine(**changed: str) -> Engine:
        settings = {"aws_caller": caller(tmp_path, moto) | changed, "master_key": "file"}
        made.append(await Engine.open(StatePaths(tmp_path), settings=settings))
        return made[-1]

    yield engine
    for each in made:
        await each.aclose()


async def get(engine: Engine, name: str, **more: Any) -> dict[str, Any]:
    request = {"Name": f"{PREFIX}/{name}", "WithDecryption": True} | more
    answer = await engine.call("GetParameter", request)
    found: dict[str, Any] = answer["Parameter"]
    return found


async def refused(engine: Engine, name: str, **more: Any) -> ApiFault:
    with pytest.raises(ApiFault) as caught:
        await get(engine, name, **more)
    return caught.value


async def test_a_secret_is_a_secure_string_of_version_0(make: Make, secrets: Any) -> None:
    name = f"app/{uuid4()}"
    kept = secrets.create_secret(Name=name, SecretString=MARKER)
    found = await get(await make(), name)
    assert (found["Name"], found["Type"], found["Value"]) == (f"{PREFIX}/{name}", "SecureString", MARKER)
    assert (found["Version"], found["ARN"]) == (0, kept["ARN"])
    said = json.loads(found["SourceResult"])
    assert (said["ARN"], said["name"], said["versionId"]) == (kept["ARN"], name, kept["VersionId"])
    assert said["versionStages"] == ["AWSCURRENT"]
    assert MARKER not in found["SourceResult"]


async def test_a_version_is_chosen_by_its_id_and_by_its_stage(make: Make, secrets: Any) -> None:
    name = str(uuid4())
    first = secrets.create_secret(Name=name, SecretString="one")["VersionId"]
    second = secrets.put_secret_value(SecretId=name, SecretString="two")["VersionId"]
    engine = await make()
    for selector, value in ((first, "one"), (second, "two"), ("AWSPREVIOUS", "one"), ("AWSCURRENT", "two")):
        found = await get(engine, f"{name}:{selector}")
        assert (found["Value"], found["Selector"], found["Name"]) == (value, f":{selector}", f"{PREFIX}/{name}")
    assert (await refused(engine, f"{name}:NOSUCHSTAGE")).code == "ParameterNotFound"


async def test_without_decryption_no_secret_is_read(make: Make, secrets: Any) -> None:
    name = str(uuid4())
    secrets.create_secret(Name=name, SecretString=MARKER)
    fault = await refused(await make(), name, WithDecryption=False)
    assert fault.code == "ValidationException"
    assert fault.message == "WithDecryption flag must be True for retrieving a Secret Manager secret."


async def test_a_secret_that_is_not_there_is_a_parameter_that_is_not(make: Make, secrets: Any) -> None:
    engine, there, missing = await make(), str(uuid4()), str(uuid4())
    secrets.create_secret(Name=there, SecretString=MARKER)
    fault = await refused(engine, missing)
    said = f"when referencing Secrets Manager: Secret {PREFIX}/{missing} not found."
    assert (fault.code, fault.message) == ("ParameterNotFound", f"An error occurred (ParameterNotFound) {said}")
    names = [f"{PREFIX}/{missing}", f"{PREFIX}/{there}"]
    answer = await engine.call("GetParameters", {"Names": names, "WithDecryption": True})
    assert [each["Value"] for each in answer["Parameters"]] == [MARKER]
    assert answer["InvalidParameters"] == names[:1]


async def test_a_binary_secret_is_refused(make: Make, secrets: Any) -> None:
    name = str(uuid4())
    secrets.create_secret(Name=name, SecretBinary=b"\0\1")
    assert (await refused(await make(), name)).code == "ValidationException"


async def test_who_has_no_profile_or_no_network_is_told_so(make: Make, tmp_path: Path) -> None:
    fault = await refused(await make(profile="none"), "a")
    assert fault.code == "InternalServerError" and "profile none" in fault.message
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        fault = await refused(await make(endpoint_url=url), "a")
    assert fault.code == "InternalServerError" and "could not be asked" in fault.message
    engine = await Engine.open(StatePaths(tmp_path), settings={"aws_caller": ""})
    fault = await refused(engine, "a")
    assert fault.code == "ValidationException" and "aws_caller: PROFILE/REGION" in fault.message
    await engine.aclose()


async def test_what_answers_and_is_not_aws_was_written_to_the_log(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    """An answer that can't be read may hold the secret: neither the fault nor the log repeats it."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = f'{{"SecretString": "{MARKER}"'.encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nConnection: close\r\n"
        writer.write(head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    engine = await make(endpoint_url=url)
    with caplog.at_level(logging.INFO):
        fault = await refused(engine, "a")
    server.close()
    assert fault.code == "InternalServerError"
    assert MARKER not in fault.message and MARKER not in caplog.text


async def test_a_secret_is_in_no_file_and_in_the_audit_by_its_name_alone(
    make: Make, secrets: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    name = str(uuid4())
    secrets.create_secret(Name=name, SecretString=MARKER)
    engine = await make()
    with caplog.at_level(logging.INFO):
        await get(engine, name)
    (row,) = engine.services.store.read("SELECT outcome, detail FROM audit WHERE operation = 'GetParameter'")
    assert row["outcome"] == "Revealed" and name in row["detail"]
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert MARKER.encode() not in stored and MARKER not in caplog.text
