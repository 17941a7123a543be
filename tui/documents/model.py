"""A command document as plain values: schema, parameters, steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tui.documents.errors import DocumentError

COMMAND_SCHEMAS = ("1.0", "1.2", "2.0", "2.2")
PARAMETER_TYPES = ("String", "StringList", "Integer", "Boolean", "MapList", "StringMap")

PLATFORMS: dict[str, tuple[str, ...]] = {
    "aws:runShellScript": ("Linux", "MacOS"),
    "aws:runPowerShellScript": ("Windows", "Linux", "MacOS"),
    "aws:updateAgent": ("Windows",),
    "aws:domainJoin": ("Windows", "Linux"),
    "aws:runDocument": ("Windows", "Linux"),
    "aws:downloadContent": ("Windows", "Linux"),
    "aws:configurePackage": ("Windows", "Linux"),
    "aws:configureDocker": ("Windows", "Linux"),
    "aws:runDockerAction": ("Windows", "Linux"),
    "aws:applications": ("Windows",),
    "aws:psModule": ("Windows",),
    "aws:cloudWatch": ("Windows",),
}
"""The platforms of each plugin; those that are not named here run everywhere."""

ALL_PLATFORMS = ("Windows", "Linux", "MacOS")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared parameter; `default` is None where it must be given."""

    name: str
    type: str
    description: str = ""
    default: Any = None
    allowed_values: tuple[Any, ...] = ()
    allowed_pattern: str = ""
    min_items: int | None = None
    max_items: int | None = None
    min_chars: int | None = None
    max_chars: int | None = None
    display_type: str = ""

    @property
    def is_required(self) -> bool:
        return self.default is None


@dataclass(frozen=True, slots=True)
class StepSpec:
    """One step: its name as the API shows it, its plugin, and the inputs before references are resolved."""

    name: str
    action: str
    inputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was parsed; `content` is the parsed text itself."""

    schema_version: str
    description: str
    parameters: Mapping[str, Parameter]
    steps: tuple[StepSpec, ...]
    content: Mapping[str, Any]

    @property
    def platform_types(self) -> list[str]:
        """Give the platforms that at least one step runs on, in AWS's order."""
        used = {platform for step in self.steps for platform in PLATFORMS.get(step.action, ALL_PLATFORMS)}
        return [platform for platform in ALL_PLATFORMS if platform in used] or list(ALL_PLATFORMS)


def build(content: Any) -> Document:
    """Make a document of parsed content. Raises: DocumentError where something is missing or of a wrong kind."""
    if not isinstance(content, dict):
        raise DocumentError("a document is a mapping with a schemaVersion")
    version = str(content.get("schemaVersion", ""))
    if version not in COMMAND_SCHEMAS:
        raise DocumentError(f"schemaVersion {version or 'is missing: it'} is none of {', '.join(COMMAND_SCHEMAS)}")
    declared = content.get("parameters") or {}
    if not isinstance(declared, dict):
        raise DocumentError("parameters is not a mapping")
    steps = _old_steps(content) if version.startswith("1.") else _steps(content)
    if not steps:
        raise DocumentError("the document has no step")
    return Document(
        schema_version=version,
        description=str(content.get("description", "")),
        parameters={str(name): _parameter(str(name), value) for name, value in declared.items()},
        steps=tuple(steps),
        content=content,
    )


def _parameter(name: str, value: Any) -> Parameter:
    if not isinstance(value, dict):
        raise DocumentError(f"parameter {name} is not a mapping")
    kind = str(value.get("type", "String"))
    if kind not in PARAMETER_TYPES:
        raise DocumentError(f"parameter {name} is of type {kind}, which is none of {', '.join(PARAMETER_TYPES)}")
    return Parameter(
        name=name,
        type=kind,
        description=str(value.get("description", "")),
        default=value.get("default"),
        allowed_values=tuple(value.get("allowedValues") or ()),
        allowed_pattern=str(value.get("allowedPattern", "")),
        min_items=_number(name, value, "minItems"),
        max_items=_number(name, value, "maxItems"),
        min_chars=_number(name, value, "minChars"),
        max_chars=_number(name, value, "maxChars"),
        display_type=str(value.get("displayType", "")),
    )


def _number(name: str, value: dict[str, Any], key: str) -> int | None:
    found = value.get(key)
    if found is None:
        return None
    try:
        return int(found)
    except (TypeError, ValueError):
        raise DocumentError(f"{key} of parameter {name} is not a number: {found!r}") from None


def _old_steps(content: dict[str, Any]) -> list[StepSpec]:
    """Read schema 1.x: runtimeConfig holds plugins, and a plugin's properties may be a list, each entry a step.

    The API names such a step by its plugin.
    """
    config = content.get("runtimeConfig")
    if not isinstance(config, dict):
        raise DocumentError("runtimeConfig is missing or not a mapping")
    steps = []
    for action, plugin in config.items():
        properties = (plugin or {}).get("properties") if isinstance(plugin, dict) else None
        for entry in properties if isinstance(properties, list) else [properties]:
            if not isinstance(entry, dict):
                raise DocumentError(f"the properties of {action} are not a mapping")
            steps.append(StepSpec(name=str(action), action=str(action), inputs=entry))
    return steps


def _steps(content: dict[str, Any]) -> list[StepSpec]:
    """Read schema 2.x: mainSteps is a list of named actions."""
    steps: list[StepSpec] = []
    entries = content.get("mainSteps")
    if not isinstance(entries, list):
        raise DocumentError("mainSteps is missing or not a list")
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or not entry.get("action") or not entry.get("name"):
            raise DocumentError(f"step {number} has no action or no name")
        if any(step.name == entry["name"] for step in steps):
            raise DocumentError(f"two steps are named {entry['name']}")
        inputs = entry.get("inputs") or {}
        if not isinstance(inputs, dict):
            raise DocumentError(f"the inputs of step {entry['name']} are not a mapping")
        steps.append(StepSpec(name=str(entry["name"]), action=str(entry["action"]), inputs=inputs))
    return steps
