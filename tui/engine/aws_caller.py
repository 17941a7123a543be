"""AWS itself, as the engine calls it: with the profile that the setting `aws_caller` names, through boto3 in threads.

    aws_caller: prod/eu-west-1          # PROFILE/REGION, or PROFILE alone, whose region the AWS configuration says

Nothing of it is loaded, and no credentials are looked for, before the first call.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from tui.engine.context import Services
from tui.errors import ApiError, TransportError
from tui.ports import Shape

CONNECT, READ = 5.0, 20.0
"""Seconds that AWS has to take a connection, and to answer."""

_THREADS = 4


class NoCaller(TransportError):  # noqa: N818 - it is what is missing
    """No profile is configured with which the engine could call AWS."""


class AwsCaller:
    """Implements `tui.ports.Caller`; a part of the engine's services, in whose place tests and others may put theirs.

    The setting is `PROFILE/REGION`, or a mapping of profile, region, endpoint_url, config_file and credentials_file.
    """

    def __init__(self, services: Services) -> None:
        given = services.settings.get("aws_caller") or {}
        self._named = _read(given) if isinstance(given, str) else dict(given)
        self._threads: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._session: Any = None
        self._clients: dict[str, Any] = {}

    async def call(self, service: str, operation: str, params: Mapping[str, Any]) -> Shape:
        """Call one operation once. Raises: NoCaller, ApiError, TransportError."""
        if not self._named:
            raise NoCaller(
                "The engine has no profile with which it could call AWS.",
                hint="Name one in config.yaml: aws_caller: PROFILE/REGION, and start the engine anew.",
            )
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_THREADS, "aws-caller")
        loop = asyncio.get_running_loop()
        answer: Shape = await loop.run_in_executor(self._threads, partial(self._invoke, service, operation, params))
        return answer

    def close(self) -> None:
        """Let the threads end when what they do is done."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None

    # in the threads

    def _invoke(self, service: str, operation: str, params: Mapping[str, Any]) -> Shape:
        from botocore import exceptions, xform_name  # deferred: most engines never call AWS

        try:
            answer: Shape = getattr(self._client(service), xform_name(operation))(**params)
        except exceptions.ClientError as error:
            said = error.response.get("Error", {})
            raise ApiError(said.get("Code", ""), said.get("Message", ""), operation=operation) from None
        except exceptions.BotoCoreError as error:  # no credentials, no such profile, no network
            raise TransportError(f"AWS could not be called with {self._who}: {error}") from None
        except Exception as error:  # its words, or its traceback, may hold the answer, which is a secret
            said = f"What was called with {self._who} gave no answer of AWS's ({type(error).__name__})."
            raise TransportError(said) from None
        answer.pop("ResponseMetadata", None)
        return answer

    @property
    def _who(self) -> str:
        profile = self._named.get("profile")
        return f"the profile {profile}" if profile else "the default profile"

    def _client(self, service: str) -> Any:
        from botocore.config import Config

        with self._lock:
            if self._session is None:
                self._session = self._open()
            if service not in self._clients:
                retries = {"total_max_attempts": 1, "mode": "standard"}  # who asked knows whether it may be repeated
                self._clients[service] = self._session.client(
                    service,
                    region_name=self._named.get("region") or None,
                    endpoint_url=self._named.get("endpoint_url") or None,
                    config=Config(retries=retries, connect_timeout=CONNECT, read_timeout=READ),
                )
            return self._clients[service]

    def _open(self) -> Any:
        import boto3.session
        import botocore.session

        core = botocore.session.Session(profile=self._named.get("profile") or None)
        for name in ("config_file", "credentials_file"):
            if self._named.get(name):
                core.set_config_variable(name, self._named[name])
        core.set_config_variable("metadata_service_timeout", 1)
        core.set_config_variable("metadata_service_num_attempts", 1)
        return boto3.session.Session(botocore_session=core)


def _read(text: str) -> dict[str, str]:
    profile, slash, region = text.rpartition("/")
    return {"profile": profile, "region": region} if slash else {"profile": text}
