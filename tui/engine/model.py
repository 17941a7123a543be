"""The service models: botocore's, and ours in the same format for what AWS has no word for.

SSM's and ours are read when the engine starts; those of the services beside them when the first call comes.
"""

from __future__ import annotations

import importlib.util
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

SSM = "ssm"
OWN = "ssm-tui"
RESOURCE_GROUPS = "resource-groups"
TAGGING = "resourcegroupstaggingapi"
STS = "sts"
KMS = "kms"

_OWN_FILES = Path(__file__).parent / "models"  # importlib.resources would cost 7 ms of each start
_VERSIONS = {
    SSM: "2014-11-06",
    RESOURCE_GROUPS: "2017-11-27",
    TAGGING: "2017-01-26",
    STS: "2011-06-15",
    KMS: "2014-11-01",
}
_CODES: Mapping[str, Mapping[str, str]] = {
    RESOURCE_GROUPS: {
        "ValidationException": "BadRequestException",
        "InvalidNextToken": "BadRequestException",
        "InternalServerError": "InternalServerErrorException",
    },
    TAGGING: {
        "ValidationException": "InvalidParameterException",
        "InvalidNextToken": "InvalidParameterException",
        "InternalServerError": "InternalServiceException",
    },
    KMS: {"InvalidNextToken": "InvalidMarkerException", "InternalServerError": "KMSInternalException"},
}
LATER: Mapping[str, str] = {RESOURCE_GROUPS: "resource_groups", TAGGING: "tagging", STS: "sts", KMS: "kms"}
"""Services whose models are read with `load_later`, and the packages of the domains that have their handlers."""


@dataclass(frozen=True, slots=True)
class OperationModel:
    """One operation: the names of its request and response shapes, None where it takes or gives nothing.

    `method`, `uri` (with `{Member}` for what stands in the path) and `status` matter where the protocol is rest-json.
    """

    service: str
    name: str
    input: str | None
    output: str | None
    errors: tuple[str, ...]
    method: str = "POST"
    uri: str = "/"
    status: int = 200


@dataclass(frozen=True, slots=True)
class ServiceModel:
    """One service: its operations and its shapes as botocore writes them, without their documentation.

    `codes` are the service's own words for the errors that the engine raises in SSM's.
    """

    name: str
    operations: Mapping[str, OperationModel]
    shapes: Mapping[str, Mapping[str, Any]]
    codes: Mapping[str, str] = field(default_factory=dict)


@cache
def load_models() -> Mapping[str, ServiceModel]:
    """Give the models that every start needs, by service name; read once per process.

    Raises: FileNotFoundError where botocore is not installed; ValueError where two files of ours name one thing.
    """
    ssm = _service(SSM, _botocore_model(SSM))
    own: dict[str, dict[str, Any]] = {"operations": {}, "shapes": {}}
    for file in sorted(_OWN_FILES.glob("*.json")):
        noun = json.loads(file.read_bytes())
        for part, merged in own.items():
            twice = merged.keys() & noun.get(part, {}).keys()
            if twice:
                raise ValueError(f"{file.name} names {part} that another file has: {', '.join(sorted(twice))}")
            merged.update(noun.get(part, {}))
    # Own operations may speak of AWS's shapes by name; a shape of ours hides one of AWS's in our service alone.
    return {SSM: ssm, OWN: _service(OWN, own, ssm.shapes)}


@cache
def load_later(service: str) -> ServiceModel:
    """Give the model of one of the services LATER; read once per process. Raises: FileNotFoundError."""
    return _service(service, _botocore_model(service))


def _botocore_model(service: str) -> Any:
    """Read a model of botocore's without importing botocore, which costs more than the engine's whole start."""
    file = Path("data", service, _VERSIONS[service], "service-2.json.gz")
    spec = importlib.util.find_spec("botocore")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        path = Path(folder) / file
        if path.exists():
            return json.loads(zlib.decompress(path.read_bytes(), 31))
    raise FileNotFoundError(f"botocore's {file} was not found; is botocore installed?")


def _service(
    name: str, raw: Mapping[str, Any], inherited: Mapping[str, Mapping[str, Any]] | None = None
) -> ServiceModel:
    operations = {}
    for operation, entry in raw["operations"].items():
        operations[operation] = OperationModel(
            name,
            operation,
            entry.get("input", {}).get("shape"),
            entry.get("output", {}).get("shape"),
            tuple(error["shape"] for error in entry.get("errors", ())),
            entry.get("http", {}).get("method", "POST"),
            entry.get("http", {}).get("requestUri", "/"),
            entry.get("http", {}).get("responseCode", 200),
        )
    for shape in raw["shapes"].values():
        shape.pop("documentation", None)
        for member in shape.get("members", {}).values():
            member.pop("documentation", None)
    return ServiceModel(name, operations, {**(inherited or {}), **raw["shapes"]}, _CODES.get(name, {}))
