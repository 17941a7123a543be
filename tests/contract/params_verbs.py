"""`ssm-tui params` on moto's server, as a context of AWS: the verb as a process, and boto3 beside it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.contract.serving import ROOT, plain_environment

LIMIT = 60


class Lab:
    """`params` in a context of AWS; `ssm` is boto3's client of the same one."""

    def __init__(self, folder: Path, url: str) -> None:
        import boto3

        self.folder = folder
        self.state = folder / "state"
        key = "aws_access_key_id = lab\naws_secret_access_key = lab\n"
        (folder / "config").write_text(
            f"[profile lab]\nregion = us-east-1\nendpoint_url = {url}\n{key}"
            f"[profile far]\nregion = eu-west-1\nendpoint_url = {url}\n{key}"
        )
        self.env = {
            **plain_environment(self.state),
            "AWS_CONFIG_FILE": str(folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "SSM_TUI_STATE": str(self.state),
            "SSM_TUI_CONTEXT": "lab",
            "XDG_STATE_HOME": str(folder / "xdg-state"),
            "XDG_CONFIG_HOME": str(folder / "xdg-config"),
            "PYTHONPATH": str(ROOT),
        }
        session = boto3.session.Session("lab", "lab")
        self.ssm: Any = session.client("ssm", region_name="us-east-1", endpoint_url=url)
        self.far: Any = session.client("ssm", region_name="eu-west-1", endpoint_url=url)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "tui.cli", "params", *words]

    def __call__(self, *words: str, given: bytes = b"", **more: str) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run(
            self.command(*words),
            input=given,
            capture_output=True,
            env={**self.env, **more},
            cwd=ROOT,
            timeout=LIMIT,
            check=False,
        )
        assert b"Traceback" not in done.stderr and b"nobody foresaw" not in done.stderr, done.stderr
        return done

    def put(self, name: str, value: str, kind: str = "String", **more: Any) -> int:
        return int(self.ssm.put_parameter(Name=name, Value=value, Type=kind, **more)["Version"])

    def value(self, name: str) -> str:
        return str(self.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])

    def names(self, path: str) -> list[str]:
        """Give the names below a path, in order."""
        pages = self.ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
        return sorted(each["Name"] for page in pages for each in page["Parameters"])

    def written(self) -> bytes:
        """Give all that the verb left in files."""
        return b"".join(file.read_bytes() for file in self.folder.rglob("*") if file.is_file())


@contextmanager
def lab(folder: Path) -> Iterator[Lab]:
    """Start moto's server."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield Lab(folder, f"http://{host}:{port}")
    finally:
        server.stop()
