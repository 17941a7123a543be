"""Tags of resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tui.services._base import Adapter


class Tags(Adapter):
    """The tags of one context's resources; nodes are of type `ManagedInstance`."""

    async def list(self, id: str, type: str = "ManagedInstance") -> dict[str, str]:
        answer = await self._transport.call("ListTagsForResource", {"ResourceType": type, "ResourceId": id})
        return {tag["Key"]: tag.get("Value", "") for tag in answer.get("TagList") or []}

    async def add(self, id: str, tags: Mapping[str, str], type: str = "ManagedInstance") -> None:
        """Add tags, or give those that exist another value."""
        await self._transport.call(
            "AddTagsToResource",
            {
                "ResourceType": type,
                "ResourceId": id,
                "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
            },
        )

    async def remove(self, id: str, keys: Iterable[str], type: str = "ManagedInstance") -> None:
        await self._transport.call(
            "RemoveTagsFromResource", {"ResourceType": type, "ResourceId": id, "TagKeys": [*keys]}
        )
