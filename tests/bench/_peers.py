"""Peers of the benchmarks of engine and wire: moto's server, and an HTTP server that knows its answers by heart."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any


@contextlib.contextmanager
def moto() -> Iterator[tuple[Any, dict[str, Any]] | None]:
    """Serve moto and give boto3's client of it, and what asks for a command's invocation there.

    None where it is not installed.
    """
    if not importlib.util.find_spec("moto") or not importlib.util.find_spec("flask"):
        yield None
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        client = client_of(f"http://127.0.0.1:{port}")
        node = "i-" + "0" * 17
        sent = client.send_command(
            DocumentName="AWS-RunShellScript", InstanceIds=[node], Parameters={"commands": ["echo hello"]}
        )
        yield client, {"CommandId": sent["Command"]["CommandId"], "InstanceId": node}
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def constant(answers: Mapping[str, Any]) -> Iterator[Any]:
    """Serve answers by operation from a bare aiohttp handler in a process of its own; give boto3's client of it."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.bench._peers"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdin is not None and server.stdout is not None
        server.stdin.write(json.dumps(answers) + "\n")
        server.stdin.flush()
        yield client_of(f"http://127.0.0.1:{int(server.stdout.readline())}")
    finally:
        server.terminate()
        server.communicate()


def client_of(endpoint: str, key: str = "none", secret: str = "none") -> Any:
    """Make boto3's client."""
    import boto3

    return boto3.client(
        "ssm",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
    )


async def _serve(answers: Mapping[str, Any]) -> None:
    from aiohttp import web

    bodies = {f"AmazonSSM.{name}": json.dumps(answer).encode() for name, answer in answers.items()}
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": "0" * 36}

    async def handle(request: web.BaseRequest) -> web.Response:
        await request.read()
        return web.Response(body=bodies[request.headers["X-Amz-Target"]], headers=headers)

    server = await asyncio.get_running_loop().create_server(web.Server(handle, access_log=None), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(sys.stdin.readline())))
