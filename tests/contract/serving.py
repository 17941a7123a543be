"""A real `ssm-tui serve` for tests: its own process, a state folder of its own, and what clients need to reach it.

    async def test_x(tmp_path):
        with serving(tmp_path / "state") as served:
            client = served.client("ssm")

A blocking context manager, so that tests of any colour can use it; clients are boto3's and block as well.
"""

from __future__ import annotations

import configparser
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
_AWAY = "AWS_"


@dataclass(frozen=True)
class Served:
    """One server: what its ready line says, and its process."""

    endpoint: str
    region: str
    account: str
    credentials: Path
    profile: str
    process: subprocess.Popen[str]
    state: Path

    @property
    def port(self) -> int:
        return int(self.endpoint.rpartition(":")[2])

    @property
    def pid(self) -> int:
        return self.process.pid

    def key(self) -> tuple[str, str]:
        """Give the access key's id and its secret."""
        parser = configparser.RawConfigParser()
        parser.read(self.credentials)
        return parser[self.profile]["aws_access_key_id"], parser[self.profile]["aws_secret_access_key"]

    def client(
        self, service: str = "ssm", *, region: str = "", endpoint: str = "", verify: str | None = None, **config: Any
    ) -> Any:
        """Make boto3's client; it sends each request once.

        `endpoint` is for a proxy in between, `verify` a file of certificates to trust.
        """
        import boto3
        from botocore.config import Config

        key, secret = self.key()
        retries = {"total_max_attempts": 1}
        session = boto3.session.Session(key, secret, region_name=region or self.region)
        return session.client(
            service,
            endpoint_url=endpoint or self.endpoint,
            verify=verify,
            config=Config(**{"retries": retries, **config}),
        )

    def environment(self, home: Path, *, region: str = "") -> dict[str, str]:
        """Give an environment for AWS's command line in which nothing of this machine's own is found."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_AWAY)}
        return kept | {
            "HOME": str(home),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.credentials),
            "AWS_CONFIG_FILE": str(home / "no-config"),
            "AWS_PROFILE": self.profile,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": region or self.region,
        }

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it with a signal, and give its exit status."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        return self.process.wait(30)


def serve_command(state: Path, *words: str) -> list[str]:
    """Give the command line of a server."""
    return [sys.executable, "-m", "tui.cli", "serve", "--state", str(state), *words]


def plain_environment(state: Path) -> dict[str, str]:
    """Give an environment in which no configuration of this machine's own is found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith((_AWAY, "SSM_TUI", "XDG_"))}
    home = state.parent / "home"
    home.mkdir(exist_ok=True, parents=True)
    return kept | {"HOME": str(home)}


@contextlib.contextmanager
def serving(state: Path, *words: str, demo: int = 0) -> Iterator[Served]:
    """Start a server and wait until it is ready; it is ended in the end. With `demo` it has so many simulated nodes."""
    if demo:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        (state / "demo.json").write_text(json.dumps({"nodes": demo, "seed": 1}))
    process = subprocess.Popen(
        serve_command(state, *words),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=plain_environment(state),
    )
    try:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        assert line, process.stderr.read()
        said = json.loads(line)
        said["credentials"] = Path(said["credentials"])
        yield Served(**said, process=process, state=state)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def refused(state: Path, *words: str) -> tuple[int, str, str]:
    """Run a server that is not to start; give its exit status, what it says on stdout and on stderr."""
    done = subprocess.run(
        serve_command(state, *words), capture_output=True, text=True, cwd=ROOT, env=plain_environment(state), timeout=60
    )
    return done.returncode, done.stdout, done.stderr
