"""The service models: botocore's for SSM, and ours in the same format for what AWS has no word for."""

from __future__ import annotations

import importlib.util
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SSM = "ssm"
OWN = "ssm-tui"
_OWN_FILES = Path(__file__).parent / "models"  # importlib.resources would cost 7 ms of each start
_SSM_FILE = Path("data", "ssm", "2014-11-06", "service-2.json.gz")


@dataclass(frozen=True, slots=True)
class OperationModel:
    """One operation: the names of its request and response shapes, None where it takes or gives nothing."""

    service: str
    name: str
    input: str | None
    output: str | None
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceModel:
    """One service: its operations and its shapes as botocore writes them, without their documentation."""

    name: str
    operations: Mapping[str, OperationModel]
    shapes: Mapping[str, Mapping[str, Any]]


@cache
def load_models() -> Mapping[str, ServiceModel]:
    """Give the models by service name; read once per process.

    Raises: FileNotFoundError where botocore is not installed; ValueError where two files of ours name one thing.
    """
    ssm = _service(SSM, json.loads(zlib.decompress(_botocore_file().read_bytes(), 31)))
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


def _botocore_file() -> Path:
    """Find botocore's SSM model without importing botocore, which costs more than the engine's whole start."""
    spec = importlib.util.find_spec("botocore")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        path = Path(folder) / _SSM_FILE
        if path.exists():
            return path
    raise FileNotFoundError(f"botocore's {_SSM_FILE} was not found; is botocore installed?")


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
        )
    for shape in raw["shapes"].values():
        shape.pop("documentation", None)
        for member in shape.get("members", {}).values():
            member.pop("documentation", None)
    return ServiceModel(name, operations, {**(inherited or {}), **raw["shapes"]})
