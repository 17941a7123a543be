"""`ssm-tui params` on moto's server, as a context of AWS: the verb as a process, and boto3 beside it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
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
        self.on_call: Callable[[str], str | None] = lambda operation: None
        """Hears of every operation before it is answered; may give an error's code instead of the answer."""
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


_DEFAULT_TIER = {
    "SettingId": "/ssm/parameter-store/default-parameter-tier",
    "SettingValue": "Standard",
    "Status": "Default",
}


@contextmanager
def lab(folder: Path) -> Iterator[Lab]:
    """Start moto's server; what `on_call` of the lab gives is answered instead.

    What moto has not, the service setting of an account's default tier, is answered as AWS does where nobody set it.
    """
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    moto = DomainDispatcherApplication(create_backend_app)
    made: list[Lab] = []

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        operation = environ.get("HTTP_X_AMZ_TARGET", "").partition(".")[2]
        fault = made[0].on_call(operation) if made and operation else None
        if fault is None and operation != "GetServiceSetting":
            return moto(environ, start)
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if fault is None:
            start("200 OK", [("Content-Type", "application/x-amz-json-1.1")])
            return [json.dumps({"ServiceSetting": _DEFAULT_TIER}).encode()]
        start("400 Bad Request", [("Content-Type", "application/x-amz-json-1.1")])
        return [json.dumps({"__type": fault, "message": "Rate exceeded"}).encode()]

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        made.append(Lab(folder, f"http://127.0.0.1:{server.server_port}"))
        yield made[0]
    finally:
        server.shutdown()
        thread.join()
