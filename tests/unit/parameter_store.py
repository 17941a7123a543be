"""A Parameter Store in memory whose calls can be met by faults: for what no real one does when asked to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tui.errors import ApiError, OutcomeUnknown, Throttled
from tui.services.parameter_models import path_of

NOW = 1_795_000_000.0
Hook = Callable[[str, Mapping[str, Any]], None]


class Store:
    """Implements ports.Transport; `before` and `after` are called around each operation, and may raise.

    With a `file`, what there is outlives the process.
    """

    def __init__(self, *names: str, file: Path | None = None, **values: str) -> None:
        self.context = "local"
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.before: list[Hook] = []
        self.after: list[Hook] = []
        self.now = NOW
        self.tags: dict[str, dict[str, str]] = {}
        self._file = file
        self.kept: dict[str, list[dict[str, Any]]] = (
            json.loads(file.read_text()) if file is not None and file.exists() else {}
        )
        for name in names:
            self.put(name, f"value of {name}")

    def put(self, name: str, value: str, type: str = "String", **more: Any) -> int:
        """Write as somebody else does, unseen."""
        versions = self.kept.setdefault(path_of(name), [])
        version = versions[-1]["Version"] + 1 if versions else 1
        shape = {"Name": name, "Value": value, "Type": versions[-1]["Type"] if versions else type, "Version": version}
        versions.append({**shape, "LastModifiedDate": self.now, "DataType": "text", **more})
        self._save()
        return version

    def delete(self, name: str) -> None:
        del self.kept[path_of(name)]
        self._save()

    def values(self) -> dict[str, str]:
        return {path: versions[-1]["Value"] for path, versions in self.kept.items()}

    def operations(self, *names: str) -> list[str]:
        return [operation for operation, _ in self.sent if not names or operation in names]

    async def call(self, operation: str, params: Mapping[str, Any] | None = None, *, service: str = "ssm") -> Any:
        request = dict(params or {})
        self.sent.append((operation, request))
        await asyncio.sleep(0)
        for hook in [*self.before]:
            hook(operation, request)
        answer = getattr(self, f"_{operation}")(request)
        for hook in [*self.after]:
            hook(operation, request)
        return answer

    async def aclose(self) -> None: ...

    def _save(self) -> None:
        if self._file is not None:
            self._file.write_text(json.dumps(self.kept))

    def _shape(self, shape: dict[str, Any], decrypt: bool) -> dict[str, Any]:
        is_cipher = shape["Type"] == "SecureString" and not decrypt
        return {**shape, "Value": "CIPHER"} if is_cipher else dict(shape)

    def _GetParameters(self, request: dict[str, Any]) -> Any:
        assert len(request["Names"]) <= 10
        found = [self.kept[path_of(name)][-1] for name in request["Names"] if path_of(name) in self.kept]
        missing = [name for name in request["Names"] if path_of(name) not in self.kept]
        shapes = [self._shape(shape, request["WithDecryption"]) for shape in found]
        return {"Parameters": shapes, "InvalidParameters": missing}

    def _GetParameter(self, request: dict[str, Any]) -> Any:
        name, _, selector = request["Name"].partition(":")
        for shape in reversed(self.kept.get(path_of(name), [])):
            if selector in ("", str(shape["Version"])):
                return {"Parameter": self._shape(shape, request["WithDecryption"])}
        raise ApiError("ParameterNotFound", "", operation="GetParameter")

    def _PutParameter(self, request: dict[str, Any]) -> Any:
        if path_of(request["Name"]) in self.kept and not request.get("Overwrite"):
            raise ApiError("ParameterAlreadyExists", "The parameter already exists.", operation="PutParameter")
        version = self.put(request["Name"], request["Value"], request["Type"])
        return {"Version": version, "Tier": "Standard"}

    def _DeleteParameters(self, request: dict[str, Any]) -> Any:
        assert 0 < len(request["Names"]) <= 10
        gone = [name for name in request["Names"] if self.kept.pop(path_of(name), None)]
        self._save()
        return {"DeletedParameters": gone, "InvalidParameters": [n for n in request["Names"] if n not in gone]}

    def _GetParametersByPath(self, request: dict[str, Any]) -> Any:
        below = request["Path"].rstrip("/") + "/"
        names = sorted(path for path in self.kept if path.startswith(below))
        return self._page(request, [self._shape(self.kept[name][-1], request["WithDecryption"]) for name in names])

    def _GetParameterHistory(self, request: dict[str, Any]) -> Any:
        if path_of(request["Name"]) not in self.kept:
            raise ApiError("ParameterNotFound", "", operation="GetParameterHistory")
        return self._page(
            request, [self._shape(one, request["WithDecryption"]) for one in self.kept[path_of(request["Name"])]]
        )

    def _DescribeParameters(self, request: dict[str, Any]) -> Any:
        found = [{**versions[-1], "Value": None} for _, versions in sorted(self.kept.items())]
        for one in request.get("ParameterFilters") or []:
            found = [shape for shape in found if self._fits(shape, one)]
        return self._page(request, found)

    def _fits(self, shape: dict[str, Any], filter: dict[str, Any]) -> bool:
        key, values, option = filter["Key"], filter.get("Values") or [], filter.get("Option", "Equals")
        if key.startswith("tag:"):
            tags = self.tags.get(path_of(shape["Name"]), {})
            return key[4:] in tags and (not values or tags[key[4:]] in values)
        if key == "Path":
            return any(path_of(shape["Name"]).startswith(value.rstrip("/") + "/") for value in values)
        told = str(shape.get(key, "Standard" if key == "Tier" else ""))
        if option == "Contains":
            return any(value in told for value in values)
        return told in values

    def _page(self, request: dict[str, Any], found: list[Any]) -> Any:
        start, size = int(request.get("NextToken") or 0), request["MaxResults"]
        more = {"NextToken": str(start + size)} if len(found) > start + size else {}
        return {"Parameters": found[start : start + size], **more}


def throttling(*turns: int, operation: str = "PutParameter") -> Hook:
    """Refuse the calls of an operation that come in these turns, counted from 1."""
    seen = 0

    def hook(called: str, request: Mapping[str, Any]) -> None:
        nonlocal seen
        if called == operation:
            seen += 1
            if seen in turns:
                raise Throttled("ThrottlingException", "Rate exceeded", operation=operation)

    return hook


def losing(operation: str = "PutParameter", name: str = "") -> Hook:
    """Lose the answer of the first call of an operation, or of the first about a name."""
    done = False

    def hook(called: str, request: Mapping[str, Any]) -> None:
        nonlocal done
        if called == operation and not done and name in ("", request.get("Name")):
            done = True
            raise OutcomeUnknown(f"Nobody answered. Whether {operation} was done is not known.")

    return hook


def meddling(operation: str, do: Callable[[], object], *, turn: int = 1) -> Hook:
    """Do something in a turn of an operation, as somebody else would between two calls."""
    seen = 0

    def hook(called: str, request: Mapping[str, Any]) -> None:
        nonlocal seen
        if called == operation:
            seen += 1
            if seen == turn:
                do()

    return hook
