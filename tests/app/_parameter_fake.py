"""Parameters as answers of a fake transport: our own engine's, or `on_aws` those of AWS, which names no folders."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from tests.app.fake_transport import NOW, FakeTransport, fleet
from tui.errors import ApiError
from tui.services.parameter_models import expires, policies_of

ACCOUNT = "123456789012"
PAGE = 10


def columns(shapes: list[dict[str, Any]]) -> dict[str, Any]:
    """Give ParameterMetadata as ListParametersByPath has it."""
    members = ("Name", "Type", "Tier", "Version", "LastModifiedDate", "DataType")
    lists = {f"{member}s": [shape.get(member) for shape in shapes] for member in members}
    found = {shape["Name"]: policies_of(shape.get("Policies")) for shape in shapes}
    times = {name: expires(policies) for name, policies in found.items()}
    return {**lists, "Expirations": {name: when.timestamp() for name, when in times.items() if when is not None}}


class ParametersFake:
    """Parameters by path; each put makes a version. A value after `secret:` is a SecureString's."""

    def __init__(self, parameters: Mapping[str, str] | None = None, *, on_aws: bool = False) -> None:
        self.history: dict[str, list[dict[str, Any]]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.policies: dict[str, list[dict[str, Any]]] = {}
        self.page = 1000
        for path, value in (parameters or {}).items():
            self.put(path, value)
        self.transport: FakeTransport = fleet()
        if on_aws:
            self.transport.lacks = {"ListParameterChildren": "AWS names no folders."}  # type: ignore[attr-defined]
        self.answers = {
            "ListParameterChildren": self._children,
            "ListParametersByPath": self._lines,
            "DescribeParameters": self._describe,
            "GetParametersByPath": self._below,
            "GetParameter": self._get,
            "GetParameters": self._values,
            "GetParameterHistory": self._history,
            "ListTagsForResource": self._tags,
        }
        self.transport.answers |= self.answers

    def put(self, path: str, value: str, type: str = "") -> None:
        versions = self.history.setdefault(path, [])
        secret = value.startswith("secret:")
        versions.append(
            {
                "Name": path,
                "Type": type or ("SecureString" if secret else "StringList" if "," in value else "String"),
                "Value": value.removeprefix("secret:"),
                "Version": len(versions) + 1,
                "LastModifiedDate": NOW + 60 * len(versions),
                "LastModifiedUser": f"arn:aws:iam::{ACCOUNT}:user/ops",
                "Labels": [],
                "Tier": "Standard",
                "DataType": "text",
                **({"KeyId": "alias/aws/ssm"} if secret else {}),
            }
        )

    async def change(self, path: str, value: str | None) -> None:
        """Put a value, or delete the parameter, and tell the watch."""
        if value is None:
            del self.history[path]
        else:
            self.put(path, value)
        await self.transport.events["parameters"].put({"Name": path})

    def sent(self, operation: str) -> list[dict[str, Any]]:
        return [request for name, request in self.transport.sent if name == operation]

    def _about(self, path: str) -> dict[str, Any]:
        latest = {key: value for key, value in self.history[path][-1].items() if key not in ("Value", "Labels")}
        arn = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter{path}"
        return {**latest, "ARN": arn, "Policies": self.policies.get(path, [])}

    @staticmethod
    def _told(version: Mapping[str, Any], decrypt: bool) -> dict[str, Any]:
        value = version["Value"]
        if version["Type"] == "SecureString" and not decrypt:
            value = base64.b64encode(b"cipher of " + str(len(value)).encode()).decode()
        return {**version, "Value": value}

    def _paged(self, found: list[Any], key: str, request: Mapping[str, Any], size: int) -> dict[str, Any]:
        start = int(request.get("NextToken") or 0)
        more = {"NextToken": str(start + size)} if start + size < len(found) else {}
        return {key: found[start : start + size], **more}

    def _children(self, request: dict[str, Any]) -> dict[str, Any]:
        path = request["Path"].rstrip("/")
        counts: dict[str, int] = {}
        for name in self.history:
            if name.startswith(f"{path}/"):
                head, _, rest = name[len(path) + 1 :].partition("/")
                counts[f"{path}/{head}"] = counts.get(f"{path}/{head}", 0) + bool(rest)
        children = [
            {"Name": name, "Count": count, **({"Parameter": self._about(name)} if name in self.history else {})}
            for name, count in sorted(counts.items())
        ]
        return self._paged(children, "Children", request, self.page)

    def _lines(self, request: dict[str, Any]) -> dict[str, Any]:
        path = request["Path"].rstrip("/")
        found = [self._about(name) for name in sorted(self.history) if name.startswith(f"{path}/")]
        answer = self._paged(found, "Parameters", request, self.page)
        return {**columns(answer.pop("Parameters")), **answer}

    def _describe(self, request: dict[str, Any]) -> dict[str, Any]:
        found = sorted(self.history)
        for wanted in request.get("ParameterFilters") or []:
            values = wanted["Values"]
            if wanted["Key"] == "Name":
                found = [path for path in found if path in values]
            else:
                found = [path for path in found if path.startswith(f"{values[0].rstrip('/')}/")]
        return self._paged([self._about(path) for path in found], "Parameters", request, 50)

    def _below(self, request: dict[str, Any]) -> dict[str, Any]:
        path = request["Path"].rstrip("/")
        found = [
            self._told(self.history[name][-1], request["WithDecryption"])
            for name in sorted(self.history)
            if name.startswith(f"{path}/")
        ]
        return self._paged(found, "Parameters", request, PAGE)

    def _find(self, name: str) -> dict[str, Any]:
        path, _, selector = name.partition(":")
        if path not in self.history:
            raise ApiError("ParameterNotFound", "", operation="GetParameter")
        return self.history[path][int(selector) - 1 if selector else -1]

    def _get(self, request: dict[str, Any]) -> dict[str, Any]:
        found = self._told(self._find(request["Name"]), request["WithDecryption"])
        return {"Parameter": {**found, "ARN": self._about(found["Name"])["ARN"]}}

    def _values(self, request: dict[str, Any]) -> dict[str, Any]:
        there = [name for name in request["Names"] if name.partition(":")[0] in self.history]
        return {
            "Parameters": [self._get({**request, "Name": name})["Parameter"] for name in there],
            "InvalidParameters": [name for name in request["Names"] if name not in there],
        }

    def _history(self, request: dict[str, Any]) -> dict[str, Any]:
        self._find(request["Name"])
        return {"Parameters": [self._told(one, request["WithDecryption"]) for one in self.history[request["Name"]]]}

    def _tags(self, request: dict[str, Any]) -> dict[str, Any]:
        tags = self.tags.get(request["ResourceId"], {})
        return {"TagList": [{"Key": key, "Value": value} for key, value in tags.items()]}
