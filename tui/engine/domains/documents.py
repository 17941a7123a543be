"""Documents: those that the engine ships, as GetDocument, DescribeDocument and ListDocuments show them."""

from __future__ import annotations

from collections.abc import Callable

from tui.documents import convert
from tui.documents.parameters import default_text
from tui.engine.context import ApiFault, Context, operation
from tui.engine.document_registry import DocumentRegistry, Shipped
from tui.engine.paging import decode_token, encode_token
from tui.ports import Shape

PAGE = 10
STORED_FORMAT = "JSON"
"""AWS keeps its own documents as JSON, and so they are given where no format is asked for."""

FILTER_KEYS = ("Name", "Owner", "PlatformTypes", "DocumentType", "TargetType", "SearchKeyword")


@operation("GetDocument")
async def get_document(ctx: Context, req: Shape) -> Shape:
    found = _find(ctx, req)
    wanted = req.get("DocumentFormat") or STORED_FORMAT
    if wanted == "TEXT":
        raise ApiFault("InvalidDocument", f"{found.name} can't be given as TEXT: it is JSON or YAML.")
    return {
        "Name": found.name,
        "CreatedDate": found.created_at,
        "DocumentVersion": found.version,
        "Status": "Active",
        "Content": convert(found.text, wanted),
        "DocumentType": found.type,
        "DocumentFormat": wanted,
    }


@operation("DescribeDocument")
async def describe_document(ctx: Context, req: Shape) -> Shape:
    found = _find(ctx, req)
    parameters = [
        {
            "Name": parameter.name,
            "Type": "StringList" if parameter.type == "StringList" else "String",
            "Description": parameter.description,
            "DefaultValue": default_text(parameter),
        }
        for parameter in found.document.parameters.values()
    ]
    return {
        "Document": {
            "Hash": found.hash,
            "HashType": "Sha256",
            "Name": found.name,
            "Owner": found.owner,
            "CreatedDate": found.created_at,
            "Status": "Active",
            "DocumentVersion": found.version,
            "Description": found.document.description,
            "Parameters": parameters,
            "PlatformTypes": found.document.platform_types,
            "DocumentType": found.type,
            "SchemaVersion": found.document.schema_version,
            "LatestVersion": found.version,
            "DefaultVersion": found.version,
            "DocumentFormat": STORED_FORMAT,
            "Tags": [],
        }
    }


@operation("ListDocuments")
async def list_documents(ctx: Context, req: Shape) -> Shape:
    tests = [_test(old["key"], [old["value"]]) for old in req.get("DocumentFilterList") or ()]
    tests += [_test(new.get("Key", ""), new.get("Values") or []) for new in req.get("Filters") or ()]
    after = decode_token(req.get("NextToken"), "documents")
    found = [
        shipped
        for shipped in ctx.services.part(DocumentRegistry).all()
        if shipped.name > after and all(test(shipped) for test in tests)
    ]
    size = req.get("MaxResults", PAGE)
    page = found[:size]
    return {
        "DocumentIdentifiers": [
            {
                "Name": shipped.name,
                "CreatedDate": shipped.created_at,
                "Owner": shipped.owner,
                "PlatformTypes": shipped.document.platform_types,
                "DocumentVersion": shipped.version,
                "DocumentType": shipped.type,
                "SchemaVersion": shipped.document.schema_version,
                "DocumentFormat": STORED_FORMAT,
                "Tags": [],
            }
            for shipped in page
        ],
        "NextToken": encode_token("documents", page[-1].name) if len(found) > size else None,
    }


def _find(ctx: Context, req: Shape) -> Shipped:
    found = ctx.services.part(DocumentRegistry).find(req["Name"], req.get("DocumentVersion"))
    if req.get("VersionName"):
        raise ApiFault("InvalidDocumentVersion", f"{found.name} has no version named {req['VersionName']}.")
    return found


def _test(key: str, values: list[str]) -> Callable[[Shipped], bool]:
    """Give the test of one filter: values are alternatives. Raises: ApiFault InvalidFilterKey."""
    if key.startswith("tag:"):
        return lambda _: False
    if key not in FILTER_KEYS:
        raise ApiFault("InvalidFilterKey")
    if key == "Name":
        return lambda shipped: any(shipped.name.startswith(value) for value in values)
    if key == "Owner":
        return lambda _: bool({"Amazon", "Public", "All"} & set(values))
    if key == "PlatformTypes":
        return lambda shipped: bool(set(shipped.document.platform_types) & set(values))
    if key == "DocumentType":
        return lambda shipped: shipped.type in values
    if key == "SearchKeyword":
        return lambda shipped: any(value.lower() in shipped.name.lower() for value in values)
    return lambda _: False
