"""An engine's side of SSH hosts as a fake transport: connections that wait, keys and secrets that are taken or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.app.fake_transport import NOW, FakeTransport, fleet, node
from tui.errors import ApiError

UNKNOWN = {
    "Algorithm": "ED25519",
    "Fingerprint": "SHA256:mVPwvezndPv/ARoIadVY98vAC0g+P/5633yTC4d/wXE",
    "Host": "[10.0.0.5]:2222",
    "File": "~/.local/state/ssm-tui/known_hosts",
}
CHANGED = {
    **UNKNOWN,
    "Fingerprint": "SHA256:uNiVztksCsDhcc0u9e8BrNk6Tg1Eg2Tl0dcBbkbsSMs",
    "Expected": UNKNOWN["Fingerprint"],
    "File": "~/.ssh/known_hosts:7",
}
WANTS = {"Kind": "Passphrase", "Prompt": "The key file asks for its passphrase.", "For": "~/.ssh/id_ed25519"}


def connection(number: int, state: str = "Connected", **more: Any) -> dict[str, Any]:
    """Make the connection to `node(number)`."""
    known = node(number)
    said = {
        "Connected": "Connected.",
        "HostKeyUnknown": "The host's key is in no known_hosts file.",
        "HostKeyChanged": "The host's key is not the one that is known.",
        "SecretNeeded": "The key file asks for its passphrase.",
        "Unreachable": "Connection refused by 10.0.0.5 port 22.",
    }
    extra = {
        "HostKeyUnknown": {"HostKey": UNKNOWN},
        "HostKeyChanged": {"HostKey": CHANGED},
        "SecretNeeded": {"Secret": WANTS},
    }
    return {
        "InstanceId": known["InstanceId"],
        "Name": known["ComputerName"],
        "Address": f"ssh://ops@10.0.0.{number}",
        "State": state,
        "Message": said.get(state, state),
        "Since": NOW,
        **extra.get(state, {}),
        **more,
    }


def host(name: str, **more: Any) -> dict[str, Any]:
    """Make a host of a client config."""
    return {"Name": name, "Address": name, "HostName": f"{name}.example.com", "Port": 22, "User": "ops", **more}


class SshFake:
    """A fleet of nodes by their connections; `secret` is what opens every key file."""

    def __init__(self, *connections: dict[str, Any], hosts: Any = (), secret: str = "correct horse") -> None:
        self.links = {one["InstanceId"]: one for one in connections}
        self.secret = secret
        self.nodes = [self._node(one) for one in connections]
        self.transport: FakeTransport = fleet(*self.nodes)
        self.transport.answers |= {
            "DescribeInstanceInformation": self._listed,
            "ListNodeConnections": lambda _: {"Connections": [*self.links.values()]},
            "DescribeNodeConnection": lambda request: self._link(request),
            "ConnectNode": lambda request: self._link(request),
            "AcceptHostKey": self._accept,
            "SetNodeSecret": self._secret,
            "AddNode": self._add,
            "DeregisterManagedInstance": self._remove,
            "ListSshHosts": {"Hosts": [*hosts], "ConfigFile": "~/.ssh/config"},
        }

    def sent(self, operation: str) -> list[dict[str, Any]]:
        return [request for name, request in self.transport.sent if name == operation]

    @staticmethod
    def _node(link: Mapping[str, Any]) -> dict[str, Any]:
        up = link["State"] == "Connected"
        made = {**node(1), "InstanceId": link["InstanceId"], "ComputerName": link["Name"]}
        made |= {"PingStatus": "Online" if up else "ConnectionLost", "LastPingDateTime": NOW if up else None}
        return made

    def _listed(self, request: Mapping[str, Any]) -> dict[str, Any]:
        wanted = {value for one in request.get("Filters") or [] for value in one["Values"]}
        found = [self._node(link) for link in self.links.values()]
        return {"InstanceInformationList": [one for one in found if not wanted or one["InstanceId"] in wanted]}

    def _link(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return self.links[request["InstanceId"]]

    def _now(self, request: Mapping[str, Any], state: str, **more: Any) -> dict[str, Any]:
        kept = {key: self.links[request["InstanceId"]][key] for key in ("InstanceId", "Name", "Address", "Since")}
        self.links[request["InstanceId"]] = {**kept, "State": state, "Message": f"{state}.", **more}
        return self.links[request["InstanceId"]]

    def _accept(self, request: Mapping[str, Any]) -> dict[str, Any]:
        key = self.links[request["InstanceId"]].get("HostKey") or {}
        if key.get("Fingerprint") != request["Fingerprint"]:
            raise ApiError("ValidationException", "The host shows another key now.")
        return self._now(request, "Connected")

    def _secret(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if request["Secret"] != self.secret:
            return self._now(request, "SecretNeeded", Secret=WANTS, Message="That passphrase is wrong.")
        return self._now(request, "Connected")

    def _add(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if any(one["Name"] == request["Name"] for one in self.links.values()):
            raise ApiError("ValidationException", f"A node is named {request['Name']} already.")
        id = f"mi-{len(self.links) + 100:017x}"
        made = {"InstanceId": id, "Name": request["Name"], "Address": request["Address"], "State": "Connecting"}
        self.links[id] = {**made, "Message": "Connecting.", "Since": NOW}
        return self.links[id]

    def _remove(self, request: Mapping[str, Any]) -> dict[str, Any]:
        del self.links[request["InstanceId"]]
        return {}
