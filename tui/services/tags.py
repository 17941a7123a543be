"""Tags of resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tui.services._base import Adapter


class Tags(Adapter):
    """The tags of one context's resources; nodes are of type `ManagedInstance`."""

    async def list(self, id: str, type: str = "ManagedInstance") -> dict[str, str]:
        if self._is_instance(id, type):
            filters = [{"Name": "resource-id", "Values": [id]}]
            answer = await self._transport.call("DescribeTags", {"Filters": filters}, service="ec2")
            return {tag["Key"]: tag.get("Value", "") for tag in answer.get("Tags") or []}
        answer = await self._transport.call("ListTagsForResource", {"ResourceType": type, "ResourceId": id})
        return {tag["Key"]: tag.get("Value", "") for tag in answer.get("TagList") or []}

    async def add(self, id: str, tags: Mapping[str, str], type: str = "ManagedInstance") -> None:
        """Add tags, or give those that exist another value."""
        added = [{"Key": key, "Value": value} for key, value in tags.items()]
        if self._is_instance(id, type):
            await self._transport.call("CreateTags", {"Resources": [id], "Tags": added}, service="ec2")
            return
        await self._transport.call("AddTagsToResource", {"ResourceType": type, "ResourceId": id, "Tags": added})

    async def remove(self, id: str, keys: Iterable[str], type: str = "ManagedInstance") -> None:
        if self._is_instance(id, type):
            gone = [{"Key": key} for key in keys]
            await self._transport.call("DeleteTags", {"Resources": [id], "Tags": gone}, service="ec2")
            return
        await self._transport.call(
            "RemoveTagsFromResource", {"ResourceType": type, "ResourceId": id, "TagKeys": [*keys]}
        )

    def _is_instance(self, id: str, type: str) -> bool:
        """Whether it is an instance of EC2, whose tags are EC2's own."""
        return self.on_aws and type == "ManagedInstance" and id.startswith("i-")
