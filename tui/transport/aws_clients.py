"""boto3 as the threads of one context use it: a session, a client per service, one attempt per call.

Everything here blocks, and runs in threads alone; botocore is imported by the first call.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tui import __version__
from tui.aws_profiles import region_names
from tui.errors import ApiError
from tui.ports import Shape
from tui.transport.aws_errors import DEFAULT_REGIONS, NeedsMfa, NotAnAnswer, Where, as_transport_error
from tui.transport.aws_process import watch_processes
from tui.transport.wrappers import writes

METADATA_TIMEOUT = 1
"""Seconds that the metadata service of an EC2 instance has to answer, once."""
TOKENS = ("ClientToken", "ClientRequestToken", "IdempotencyToken")


class AwsClients:
    """The clients of one profile and region, each made when it is first wanted.

    `region`, `login` (the command that logs in) and whether the region is `odd`, unknown to botocore, are known after
    the first call. `session` is a boto3 session that is used as it is; `files` has the paths of config_file and
    credentials_file, where they are not the usual ones.
    """

    def __init__(
        self,
        profile: str = "",
        region: str = "",
        *,
        endpoint_url: str | None = None,
        session: Any = None,
        files: Mapping[str, str] | None = None,
        connect_timeout: float = 5.0,
        read_timeout: float = 20.0,
        connections: int = 10,
    ) -> None:
        self.profile = profile
        self.region = region
        self.login = ""
        self.odd = False
        self._endpoint_url = endpoint_url
        self._given = session
        self._files = files or {}
        self._session: Any = None
        self._timeouts = (connect_timeout, read_timeout)
        self._connections = connections
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def invoke(self, service: str, operation: str, params: Mapping[str, Any]) -> Shape:
        """Make one call, once. Raises: TransportError."""
        endpoint = ""
        try:
            client = self._client(service)
            endpoint = str(client.meta.endpoint_url)
            method = _method(client, operation)
            if method is None:
                said = f"{service} has no operation {operation}"
                raise ApiError("UnknownOperationException", said, operation=operation)
            answer: Shape = method(**params)
        except Exception as error:
            where = Where(
                service=service,
                operation=operation,
                profile=self.profile,
                region=self.region,
                endpoint=endpoint,
                login=self.login,
                writes=writes(operation, service),
            )
            raise as_transport_error(error, where) from error
        answer.pop("ResponseMetadata", None)
        return answer

    def token_member(self, service: str, operation: str) -> str:
        """Name the member by which AWS knows a request that is sent again; "" where there is none.

        Raises: TransportError.
        """
        try:
            model = self._client(service).meta.service_model
            shape = model.operation_model(operation).input_shape if operation in model.operation_names else None
        except Exception as error:
            raise as_transport_error(error, Where(service=service, operation=operation)) from error
        members = shape.members if shape is not None else {}
        for name, member in members.items():
            if name in TOKENS or "idempotencyToken" in member.metadata:
                return str(name)
        return ""

    def close(self) -> None:
        """Close what connections are kept."""
        with self._lock:
            clients, self._clients = self._clients, {}
        for client in clients.values():
            client.close()

    def _client(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._make(service)
            return self._clients[service]

    def _make(self, service: str) -> Any:
        from botocore.config import Config

        if self._session is None:
            self._session = self._given or self._open()
            core = self._session._session  # boto3 tells a profile's settings by no public name
            self.region = self.region or str(self._session.region_name or "")
            self.profile = self.profile or str(core.profile or "")
            self.login = login_command(core)
            self.odd = bool(self.region) and self.region not in DEFAULT_REGIONS and self.region not in region_names()
        connect, read = self._timeouts
        # Retries are ours: with botocore's own, a SendCommand that times out is sent three times.
        config = Config(
            retries={"total_max_attempts": 1, "mode": "standard"},
            connect_timeout=connect,
            read_timeout=read,
            max_pool_connections=self._connections,
            user_agent_extra=f"ssm-tui/{__version__}",
        )
        client = self._session.client(
            service, region_name=self.region or None, endpoint_url=self._endpoint_url, config=config
        )
        client.meta.events.register("before-parse.*.*", _check_answer)
        return client

    def _open(self) -> Any:
        import boto3.session
        import botocore.session

        # A login that is missing is said where it is asked for; botocore would log a traceback each time as well.
        logging.getLogger("botocore.credentials").setLevel(logging.ERROR)
        core = botocore.session.Session(profile=self.profile or None)
        for name, file in self._files.items():
            core.set_config_variable(name, file)
        core.set_config_variable("metadata_service_timeout", METADATA_TIMEOUT)
        core.set_config_variable("metadata_service_num_attempts", 1)
        core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_as_utc)
        resolver = core.get_component("credential_provider")
        for provider in resolver.providers:
            # It may not ask the terminal for a code, which is ours.
            if hasattr(provider, "_prompter"):
                provider._prompter = _refuse_prompt
            watch_processes(provider)
        return boto3.session.Session(botocore_session=core, region_name=self.region or None)


def _as_utc(value: Any) -> datetime:
    """Read a time as botocore does, quicker, and in UTC."""
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value, UTC)
    from botocore.utils import parse_timestamp

    found: datetime = parse_timestamp(value)
    return found.astimezone(UTC)


def login_command(session: Any) -> str:
    """Give the command that logs a botocore session's profile in; "" where its credentials come otherwise."""
    profiles: Mapping[str, Mapping[str, Any]] = session.full_config.get("profiles") or {}
    name = session.profile or os.environ.get("AWS_PROFILE") or "default"
    seen: set[str] = set()
    while name and name not in seen:
        seen.add(name)
        profile = profiles.get(name) or {}
        flag = "" if name == "default" else f" --profile {name}"
        if "sso_session" in profile or "sso_start_url" in profile:
            return f"aws sso login{flag}"
        if "login_session" in profile:
            return f"aws login{flag}"
        name = str(profile.get("source_profile") or "")
    return ""


def _method(client: Any, operation: str) -> Any:
    from botocore import xform_name

    name = xform_name(operation)
    return getattr(client, name) if client.meta.method_to_api_mapping.get(name) == operation else None


def _check_answer(operation_model: Any, response_dict: Mapping[str, Any], **_: Any) -> None:
    """Refuse what is no answer: botocore takes a page of HTML for an answer without members."""
    body = response_dict.get("body")
    if not isinstance(body, bytes) or not body.strip():
        return
    protocol = operation_model.service_model.resolved_protocol
    text = body.strip()
    ends = b"<>" if protocol in ("ec2", "query", "rest-xml") else b"{}"
    right = text[:1] + text[-1:] == ends
    kind = str(response_dict.get("headers", {}).get("content-type") or "")
    if not right or "html" in kind:
        raise NotAnAnswer(int(response_dict["status_code"]), kind)


def _refuse_prompt(_: str) -> str:
    raise NeedsMfa
