"""Parameter Store: the parameters of one context, their values, versions, labels and tags."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from tui.errors import ApiError
from tui.ports import Ref, Shape
from tui.services._base import OWN, Adapter
from tui.services._paging import answers, enum_of, pages
from tui.services.parameter_models import (
    Parameter,
    ParameterChild,
    ParameterLine,
    ParameterValue,
    ParameterVersion,
    Put,
    PutRequest,
    Tier,
    path_of,
)
from tui.services.parameter_names import listed_at
from tui.services.tags import Tags

KIND = "Parameter"
NOT_FOUND = "ParameterNotFound"
LEVEL, MANY = 200, 400
"""Children of a path that are asked for at once, few, so that the first ones show soon; and all below a path."""
AT_ONCE = 10
"""Names that GetParameters and DeleteParameters take."""


class Parameters(Adapter):
    """The parameters of one context."""

    @property
    def names_folders(self) -> bool:
        """Whether `children` can be asked: AWS's one-level lists name no folders."""
        return not self.on_aws

    async def children(self, path: str = "/") -> AsyncIterator[list[ParameterChild]]:
        """Give what stands one level below a path, page by page, by name; of our own engine only."""
        if (listed := listed_at(path)) != path:
            count = sum([child.count or 1 async for page in self.children(listed) for child in page])
            yield [ParameterChild(ref=Ref(self.context, listed), count=count)]
            return
        async for page in self._pages(
            ParameterChild, "ListParameterChildren", "Children", {"Path": path, "MaxResults": LEVEL}, service=OWN
        ):
            yield page

    async def lines(self, path: str = "/") -> AsyncIterator[list[ParameterLine]]:
        """Give what a long list shows of all below a path, by name: 400 a page, and fifty of AWS."""
        if self.on_aws:
            filters = [{"Key": "Path", "Option": "Recursive", "Values": [listed_at(path)]}] if path != "/" else []
            async for page in self.describe(filters):
                yield [one.line for one in page]
            return
        params: Shape = {"Path": listed_at(path), "Recursive": True, "MaxResults": MANY}
        async for answer in answers(self._transport, "ListParametersByPath", params, service=OWN):
            yield ParameterLine.page_of(answer, self.context)

    async def below(
        self, path: str, *, recursive: bool = True, decrypt: bool = False, filters: Iterable[Shape] = ()
    ) -> AsyncIterator[list[ParameterValue]]:
        """Give the parameters below a path with their values, ten a page; the path itself is not among them.

        Public ones are in no list but that of their own path.
        """
        if not recursive and listed_at(path) != path:
            return
        params: Shape = {
            "Path": listed_at(path),
            "Recursive": recursive,
            "WithDecryption": decrypt,
            "MaxResults": 10,
        }
        if filters := [*filters]:
            params["ParameterFilters"] = filters
        async for page in pages(self._transport, "GetParametersByPath", "Parameters", params):
            yield [ParameterValue.from_api(shape, self.context, decrypted=decrypt) for shape in page]

    async def describe(self, filters: Iterable[Shape] = ()) -> AsyncIterator[list[Parameter]]:
        """Give parameters without their values, fifty a page; `filters` are DescribeParameters's."""
        params: Shape = {"MaxResults": 50}
        if filters := [*filters]:
            params["ParameterFilters"] = filters
        async for page in self._pages(Parameter, "DescribeParameters", "Parameters", params):
            yield page

    async def get(self, name: str) -> Parameter:
        """Give one parameter without its value. Raises: ApiError ParameterNotFound."""
        filters = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
        async for page in self.describe(filters):
            for found in page:
                if found.id == path_of(name):
                    return found
        raise ApiError(NOT_FOUND, f"There is no parameter {name}.", operation="DescribeParameters")

    async def value(self, name: str, *, decrypt: bool = False) -> ParameterValue:
        """Give one value; `name` may end in a selector, `:3` or `:live`. Raises: ApiError ParameterNotFound."""
        answer = await self._transport.call("GetParameter", {"Name": name, "WithDecryption": decrypt})
        return ParameterValue.from_api(answer["Parameter"], self.context, decrypted=decrypt)

    async def values(self, names: Sequence[str], *, decrypt: bool = False) -> tuple[list[ParameterValue], list[str]]:
        """Give the values of many parameters, and the names that there are none of."""
        found: list[ParameterValue] = []
        missing: list[str] = []
        for start in range(0, len(names), AT_ONCE):
            params = {"Names": [*names[start : start + AT_ONCE]], "WithDecryption": decrypt}
            answer = await self._transport.call("GetParameters", params)
            shapes = answer.get("Parameters") or []
            found += [ParameterValue.from_api(shape, self.context, decrypted=decrypt) for shape in shapes]
            missing += answer.get("InvalidParameters") or []
        return found, missing

    async def history(self, name: str, *, decrypt: bool = False) -> list[ParameterVersion]:
        """Give the versions that there still are, the newest first. Raises: ApiError ParameterNotFound."""
        params: Shape = {"Name": name, "WithDecryption": decrypt, "MaxResults": 50}
        found = [
            ParameterVersion.from_api(shape, self.context, decrypted=decrypt)
            async for page in pages(self._transport, "GetParameterHistory", "Parameters", params)
            for shape in page
        ]
        return sorted(found, key=lambda version: -version.version)

    async def put(self, request: PutRequest) -> Put:
        """Create a parameter, or give it a new version. Raises: ApiError with PutParameter's codes."""
        answer = await self._transport.call("PutParameter", request.params())
        return Put(version=int(answer.get("Version") or 0), tier=enum_of(Tier, answer.get("Tier")))

    async def delete(self, names: Sequence[str]) -> tuple[list[str], list[str]]:
        """Delete parameters; gives the names that were deleted, and those that there were none of."""
        deleted: list[str] = []
        missing: list[str] = []
        for start in range(0, len(names), AT_ONCE):
            answer = await self._transport.call("DeleteParameters", {"Names": [*names[start : start + AT_ONCE]]})
            deleted += answer.get("DeletedParameters") or []
            missing += answer.get("InvalidParameters") or []
        return deleted, missing

    async def label(self, name: str, labels: Sequence[str], version: int | None = None) -> list[str]:
        """Put labels on a version, the latest by default; gives the labels that are none, which are on no version."""
        params: Shape = {"Name": name, "Labels": [*labels]}
        if version is not None:
            params["ParameterVersion"] = version
        answer = await self._transport.call("LabelParameterVersion", params)
        return [*(answer.get("InvalidLabels") or ())]

    async def unlabel(self, name: str, labels: Sequence[str], version: int) -> list[str]:
        """Take labels off a version; gives the labels that were not on it."""
        params = {"Name": name, "Labels": [*labels], "ParameterVersion": version}
        answer = await self._transport.call("UnlabelParameterVersion", params)
        return [*(answer.get("InvalidLabels") or ())]

    async def tags(self, name: str) -> dict[str, str]:
        return await Tags(self._transport).list(name, KIND)

    async def add_tags(self, name: str, tags: Mapping[str, str]) -> None:
        """Add tags, or give those that exist another value."""
        await Tags(self._transport).add(name, tags, KIND)

    async def remove_tags(self, name: str, keys: Iterable[str]) -> None:
        await Tags(self._transport).remove(name, keys, KIND)

    async def raw(self, name: str) -> Shape:
        """Give the API's own answers about a parameter, for `y`: what it is and its value, ciphertext of a secret."""
        filters = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
        about = await self._transport.call("DescribeParameters", {"ParameterFilters": filters})
        value = await self._transport.call("GetParameter", {"Name": name, "WithDecryption": False})
        found = about.get("Parameters") or [{}]
        return {"ParameterMetadata": found[0], "Parameter": value.get("Parameter")}

    async def changes(self) -> AsyncIterator[str]:
        """Yield the paths of parameters as they change; of our own engine only."""
        async for event in self._transport.watch("parameters"):
            yield path_of(event.get("Name") or "")
