"""Who uses a parameter: documents, and on AWS the templates of CloudFormation stacks, that refer to it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from tui.errors import SsmTuiError
from tui.ports import Shape
from tui.services._base import Adapter
from tui.services._paging import pages
from tui.services.documents import Documents
from tui.services.parameter_models import path_of

CLOUDFORMATION = "cloudformation"
AT_ONCE = 4
_REFERENCE = re.compile(r"\{\{\s*(resolve:)?(ssm|ssm-secure):\s*([\w./:-]+?)\s*\}\}")
_PARAMETER_TYPE = "AWS::SSM::Parameter::"


class UseKind(StrEnum):
    DOCUMENT = "document"
    STACK = "stack"


class Reference(NamedTuple):
    """One reference in a text: `selector` is a version or a label, "" for the latest."""

    text: str
    path: str
    selector: str
    secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One thing that refers to a parameter; `where` is a document's version, or the parameter of a stack."""

    kind: UseKind
    name: str
    where: str
    reference: Reference

    @property
    def path(self) -> str:
        return self.reference.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """What was found; `gaps` are sentences about what could not be looked into."""

    found: tuple[Use, ...] = ()
    gaps: tuple[str, ...] = ()
    looked_at: int = 0


def references_in(text: str) -> Iterator[Reference]:
    """Give the references to parameters in a document or a template, in JSON or YAML, each once."""
    seen: set[Reference] = set()
    for match in _REFERENCE.finditer(text.replace("\\/", "/")):
        resolve, kind, rest = match.groups()
        if rest.startswith("arn:"):
            # The sixth part of an ARN is the name; what follows that is a selector.
            parts = rest.split(":")
            name, selector = ":".join(parts[:6]), ":".join(parts[6:])
        else:
            name, _, selector = rest.partition(":")
        text_of = f"{{{{{resolve or ''}{kind}:{rest}}}}}"
        reference = Reference(text_of, path_of(name), selector, kind == "ssm-secure")
        if reference not in seen:
            seen.add(reference)
            yield reference


class ParameterUses(Adapter):
    """Who uses the parameters of one context."""

    async def of(self, paths: Collection[str] = (), *, progress: Callable[[Uses], None] | None = None) -> Uses:
        """Look for who refers to one of the paths, or to any parameter where none is given.

        Documents of the account's own are looked into in their default version; stacks on AWS alone. What is denied or
        fails is named among the gaps; `progress` is told after each that was looked into.
        """
        looking = _Looking({path_of(path) for path in paths}, progress)
        await self._documents(looking)
        if self.on_aws:
            await self._stacks(looking)
        return looking.uses

    async def _documents(self, looking: _Looking) -> None:
        documents = Documents(self._transport)

        async def look(name: str) -> None:
            content = await documents.get(name)
            looking.at(UseKind.DOCUMENT, name, f"version {content.version}", content.content)

        names: list[str] = []
        try:
            async for page in documents.list([{"Key": "Owner", "Values": ["Self"]}]):
                names += [document.name for document in page]
        except SsmTuiError as error:
            looking.gap(f"Documents could not all be listed: {error}")
        await looking.each(names, look, "The document")

    async def _stacks(self, looking: _Looking) -> None:
        stacks: dict[str, Shape] = {}
        try:
            async for page in pages(self._transport, "DescribeStacks", "Stacks", service=CLOUDFORMATION):
                stacks |= {stack["StackName"]: stack for stack in page}
        except SsmTuiError as error:
            looking.gap(f"Stacks of CloudFormation could not all be listed: {error}")

        async def look(name: str) -> None:
            id = stacks[name].get("StackId") or name
            params = {"StackName": id, "TemplateStage": "Original"}
            answer = await self._transport.call("GetTemplate", params, service=CLOUDFORMATION)
            body = answer.get("TemplateBody") or ""
            text = body if isinstance(body, str) else json.dumps(body)
            looking.at(UseKind.STACK, name, "template", text)
            given = {one.get("ParameterKey"): one.get("ParameterValue") for one in stacks[name].get("Parameters") or ()}
            for value in given.values():
                looking.at(UseKind.STACK, name, "parameter", str(value or ""), counts=False)
            if _PARAMETER_TYPE in text:
                await self._typed(looking, name, id, given)

        await looking.each([*stacks], look, "The stack")

    async def _typed(self, looking: _Looking, name: str, id: str, given: Shape) -> None:
        """Look at a stack's parameters whose values are names of ours."""
        answer = await self._transport.call("GetTemplateSummary", {"StackName": id}, service=CLOUDFORMATION)
        for one in answer.get("Parameters") or ():
            key, type = one.get("ParameterKey") or "", one.get("ParameterType") or ""
            value = given.get(key) or one.get("DefaultValue")
            if type.startswith(_PARAMETER_TYPE) and value:
                parameter, _, selector = str(value).partition(":") if not value.startswith("arn:") else (value, "", "")
                looking.use(UseKind.STACK, name, key, Reference(type, path_of(parameter), selector, False))


class _Looking:
    """What was found so far."""

    def __init__(self, paths: set[str], progress: Callable[[Uses], None] | None) -> None:
        self._paths = paths
        self._progress = progress
        self.uses = Uses()

    async def each(self, names: Collection[str], look: Callable[[str], Awaitable[None]], what: str) -> None:
        """Look into things, a few at once; one that fails is a gap."""
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(name: str) -> None:
            async with turns:
                try:
                    await look(name)
                except SsmTuiError as error:
                    self.gap(f"{what} {name} could not be read: {error}")

        async with asyncio.TaskGroup() as group:
            for name in names:
                group.create_task(one(name))

    def at(self, kind: UseKind, name: str, where: str, text: str, *, counts: bool = True) -> None:
        for reference in references_in(text):
            self.use(kind, name, where, reference)
        if counts:
            self._now(Uses(found=self.uses.found, gaps=self.uses.gaps, looked_at=self.uses.looked_at + 1))

    def use(self, kind: UseKind, name: str, where: str, reference: Reference) -> None:
        if not self._paths or reference.path in self._paths:
            used = Use(kind=kind, name=name, where=where, reference=reference)
            self._now(Uses(found=(*self.uses.found, used), gaps=self.uses.gaps, looked_at=self.uses.looked_at))

    def gap(self, sentence: str) -> None:
        self._now(Uses(found=self.uses.found, gaps=(*self.uses.gaps, sentence), looked_at=self.uses.looked_at))

    def _now(self, uses: Uses) -> None:
        self.uses = uses
        if self._progress is not None:
            self._progress(uses)
