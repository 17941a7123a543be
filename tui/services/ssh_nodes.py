"""Nodes that are reached over SSH: how each connection stands and what it waits for, and what a client config names."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tui.errors import NotImplementedByEngine
from tui.ports import Ref, Shape, Transport, as_time
from tui.services._base import OWN, Adapter, Resource
from tui.services._paging import closing, enum_of

PASSPHRASE, PASSWORD = "Passphrase", "Password"
"""The kinds of secrets: what opens a key file, what a host asks for."""


class LinkState(StrEnum):
    """How the connection to a host stands."""

    IDLE = "Idle"
    CONNECTING = "Connecting"
    CONNECTED = "Connected"
    HOST_KEY_UNKNOWN = "HostKeyUnknown"
    HOST_KEY_CHANGED = "HostKeyChanged"
    SECRET_NEEDED = "SecretNeeded"  # noqa: S105 - a state's name
    AUTHENTICATION_FAILED = "AuthenticationFailed"
    UNREACHABLE = "Unreachable"
    MISCONFIGURED = "Misconfigured"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKey:
    """A key that a host showed; for a changed one `expected` is the known fingerprint and `file` says FILE:LINE.

    For an unknown one `file` is where it is kept once it is accepted.
    """

    algorithm: str
    fingerprint: str
    host: str
    expected: str = ""
    file: str = ""

    @classmethod
    def from_api(cls, shape: Shape) -> HostKey:
        return cls(
            algorithm=shape.get("Algorithm") or "",
            fingerprint=shape.get("Fingerprint") or "",
            host=shape.get("Host") or "",
            expected=shape.get("Expected") or "",
            file=shape.get("File") or "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretWanted:
    """A secret that a connection waits for: `kind` is Passphrase or Password, `about` the key file or user@host."""

    kind: str
    prompt: str
    about: str = ""

    @classmethod
    def from_api(cls, shape: Shape) -> SecretWanted:
        return cls(kind=shape["Kind"], prompt=shape.get("Prompt") or "", about=shape.get("For") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection(Resource):
    """How the connection to one node stands, and why; `message` is a sentence of the engine's."""

    name: str
    address: str
    state: LinkState
    message: str = ""
    since: datetime | None = None
    host_key: HostKey | None = None
    secret: SecretWanted | None = None

    @property
    def is_up(self) -> bool:
        return self.state is LinkState.CONNECTED

    @property
    def waits(self) -> bool:
        """Whether only the operator can bring it further: a key to accept or to look into, a secret to give."""
        keys = (LinkState.HOST_KEY_UNKNOWN, LinkState.HOST_KEY_CHANGED)
        return (self.state in keys and self.host_key is not None) or (self.secret is not None and not self.is_up)

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> Connection:
        key, secret = shape.get("HostKey"), shape.get("Secret")
        return cls(
            ref=Ref(context, shape["InstanceId"]),
            name=shape.get("Name") or shape["InstanceId"],
            address=shape.get("Address") or "",
            state=enum_of(LinkState, shape.get("State")),
            message=shape.get("Message") or "",
            since=as_time(shape.get("Since")),
            host_key=HostKey.from_api(key) if key else None,
            secret=SecretWanted.from_api(secret) if secret else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SshHost(Resource):
    """A host that a client config names; `node_id` is that of the node that it is already, else empty."""

    name: str
    address: str
    host_name: str = ""
    port: int = 22
    user: str = ""
    jump: str = ""
    node_id: str = ""

    @property
    def where(self) -> str:
        """Say where it is reached: `user@host`, and the port where it is not 22."""
        host = f"[{self.host_name}]" if ":" in self.host_name and self.port != 22 else self.host_name
        return f"{self.user}@{host}" + (f":{self.port}" if self.port != 22 else "")

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> SshHost:
        return cls(
            ref=Ref(context, shape["Name"]),
            name=shape["Name"],
            address=shape.get("Address") or "",
            host_name=shape.get("HostName") or shape["Name"],
            port=int(shape.get("Port") or 22),
            user=shape.get("User") or "",
            jump=shape.get("ProxyJump") or "",
            node_id=shape.get("InstanceId") or "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HostList:
    """The hosts of one client config; `warnings` are sentences about what in it could not be read."""

    hosts: tuple[SshHost, ...]
    file: str
    warnings: tuple[str, ...] = ()


class SshNodes(Adapter):
    """The SSH nodes of one context."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self.has_hosts = True
        """Whether the context can have SSH hosts, as far as it was asked: AWS has none."""

    async def connections(self) -> list[Connection]:
        """Give how every connection stands; nothing where the context has no SSH hosts."""
        if not self.has_hosts:
            return []
        try:
            answer = await self._transport.call("ListNodeConnections", {}, service=OWN)
        except NotImplementedByEngine:
            self.has_hosts = False
            return []
        return self._models(Connection, answer.get("Connections"))

    async def changes(self) -> AsyncGenerator[str, None]:
        """Yield the id of each node whose state or being there changed, until closed."""
        async with closing(self._transport.watch("nodes", {})) as events:
            async for event in events:
                if event["type"] == "node":
                    yield event.get("InstanceId", "")

    async def describe(self, id: str) -> Connection:
        return await self._connection("DescribeNodeConnection", {"InstanceId": id})

    async def hosts(self, config_file: str = "") -> HostList:
        """Give the hosts that a client config names, the user's own by default."""
        answer = await self._transport.call(
            "ListSshHosts", {"ConfigFile": config_file} if config_file else {}, service=OWN
        )
        return HostList(
            hosts=tuple(self._models(SshHost, answer.get("Hosts"))),
            file=answer.get("ConfigFile") or "",
            warnings=tuple(answer.get("Warnings") or ()),
        )

    async def add(
        self,
        name: str,
        address: str,
        *,
        config_file: str = "",
        become: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> Connection:
        """Register a host and begin to connect to it; does not wait for that.

        Raises: ApiError where the name is taken or the address can't be meant.
        """
        params: Shape = {"Name": name, "Address": address}
        if config_file:
            params["ConfigFile"] = config_file
        if become:
            params["Become"] = become
        if tags:
            params["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        return await self._connection("AddNode", params)

    async def connect(self, id: str, wait: float = 10.0) -> Connection:
        """Try to connect now; gives how it stands when that has come to an end, or after `wait` seconds."""
        return await self._connection("ConnectNode", {"InstanceId": id, "Wait": wait})

    async def accept(self, id: str, fingerprint: str) -> Connection:
        """Accept the unknown key that a host showed, and connect; a changed one is never accepted."""
        return await self._connection("AcceptHostKey", {"InstanceId": id, "Fingerprint": fingerprint})

    async def give_secret(self, id: str, wanted: SecretWanted, secret: str) -> Connection:
        """Hand the engine a passphrase or a password, for its memory only, and connect."""
        params: Shape = {"InstanceId": id, "Kind": wanted.kind, "Secret": secret}
        if wanted.about:
            params["For"] = wanted.about
        return await self._connection("SetNodeSecret", params)

    async def remove(self, id: str) -> None:
        """Take a node out of the fleet; nothing on the host is touched."""
        await self._transport.call("DeregisterManagedInstance", {"InstanceId": id})

    async def _connection(self, operation: str, params: Shape) -> Connection:
        return Connection.from_api(await self._transport.call(operation, params, service=OWN), self.context)
