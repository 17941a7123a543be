"""Documents: what can be run, and what it asks for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime

from tui.ports import Ref, Shape, as_time
from tui.services._base import Adapter, Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Resource):
    """A document as a list shows it; `ref.id` is its name."""

    name: str
    type: str = ""
    format: str = ""
    owner: str = ""
    version: str = ""
    schema_version: str = ""
    platforms: tuple[str, ...] = ()
    created: datetime | None = None

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> Document:
        return cls(
            ref=Ref(context, shape["Name"]),
            name=shape["Name"],
            type=shape.get("DocumentType") or "",
            format=shape.get("DocumentFormat") or "",
            owner=shape.get("Owner") or "",
            version=shape.get("DocumentVersion") or "",
            schema_version=shape.get("SchemaVersion") or "",
            platforms=tuple(shape.get("PlatformTypes") or ()),
            created=as_time(shape.get("CreatedDate")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentParameter:
    """One parameter as DescribeDocument says it: `default` is its text form, None where it must be given."""

    name: str
    type: str = "String"
    description: str = ""
    default: str | None = None

    @property
    def is_list(self) -> bool:
        return self.type == "StringList"

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> DocumentParameter:
        return cls(
            name=shape["Name"],
            type=shape.get("Type") or "String",
            description=shape.get("Description") or "",
            default=shape.get("DefaultValue"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDetails:
    """A document with its parameters."""

    document: Document
    description: str = ""
    status: str = ""
    latest_version: str = ""
    default_version: str = ""
    parameters: tuple[DocumentParameter, ...] = ()

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> DocumentDetails:
        return cls(
            document=Document.from_api(shape, context),
            description=shape.get("Description") or "",
            status=shape.get("Status") or "",
            latest_version=shape.get("LatestVersion") or "",
            default_version=shape.get("DefaultVersion") or "",
            parameters=tuple(DocumentParameter.from_api(item, context) for item in shape.get("Parameters") or ()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentContent(Resource):
    """The text of one version of a document."""

    content: str
    format: str
    version: str
    type: str

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> DocumentContent:
        return cls(
            ref=Ref(context, shape["Name"]),
            content=shape.get("Content") or "",
            format=shape.get("DocumentFormat") or "",
            version=shape.get("DocumentVersion") or "",
            type=shape.get("DocumentType") or "",
        )


class Documents(Adapter):
    """The documents of one context."""

    def list(self, filters: Iterable[Shape] = ()) -> AsyncIterator[list[Document]]:
        """Give the documents page by page; `filters` have `Key` and `Values`."""
        params: Shape = {"MaxResults": 50}
        if filters := [*filters]:
            params["Filters"] = filters
        return self._pages(Document, "ListDocuments", "DocumentIdentifiers", params)

    async def describe(self, name: str) -> DocumentDetails:
        return DocumentDetails.from_api(await self.raw(name), self.context)

    async def raw(self, name: str) -> Shape:
        """Give the API's own description of one document, for `y`."""
        found: Shape = (await self._transport.call("DescribeDocument", {"Name": name}))["Document"]
        return found

    async def get(self, name: str, version: str = "") -> DocumentContent:
        """Give the text of a document in the format it was written in."""
        params = {"Name": name}
        if version:
            params["DocumentVersion"] = version
        return DocumentContent.from_api(await self._transport.call("GetDocument", params), self.context)
