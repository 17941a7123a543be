"""An engine's side of resource groups as answers of a fake transport: groups by tags, and their members."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.app.fake_transport import FakeTransport, fleet
from tui.errors import ApiError

ARN = "arn:aws:{service}:us-east-1:123456789012:{rest}"


class GroupsFake:
    """Groups by name, each of words `key=value`; `tags` are those of `nodes` by id, `things` are members of all."""

    def __init__(
        self,
        *nodes: dict[str, Any],
        tags: Mapping[str, Mapping[str, str]] | None = None,
        things: Mapping[str, str] | None = None,
        **groups: str,
    ) -> None:
        self.transport: FakeTransport = fleet(*nodes, tags=tags)
        self.tags, self.things = dict(tags or {}), dict(things or {})
        self.groups: dict[str, dict[str, Any]] = {}
        for name, words in groups.items():
            filters = [word.partition("=") for word in words.split()]
            query = {
                "ResourceTypeFilters": ["AWS::AllSupported"],
                "TagFilters": [{"Key": key, "Values": [value]} for key, _, value in filters],
            }
            self.groups[name] = {
                "Name": name,
                "GroupArn": ARN.format(service="resource-groups", rest=f"group/{name}"),
                "Description": f"all of {name}",
                "ResourceQuery": {"Type": "TAG_FILTERS_1_0", "Query": json.dumps(query)},
            }
        self.answers = {
            "ListGroups": self._list,
            "GetGroup": lambda request: {"Group": self._shape(self._find(request))},
            "GetGroupQuery": lambda request: {"GroupQuery": self._query(request)},
            "ListGroupResources": self._members,
            "CreateGroup": self._create,
            "UpdateGroup": self._describe,
            "UpdateGroupQuery": self._requery,
            "DeleteGroup": lambda request: {"Group": self._shape(self.groups.pop(self._find(request)["Name"]))},
        }
        self.transport.answers |= self.answers

    def sent(self, operation: str) -> list[dict[str, Any]]:
        return [request for name, request in self.transport.sent if name == operation]

    def _find(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if request["Group"] not in self.groups:
            raise ApiError("NotFoundException", f"Cannot find group: {request['Group']}")
        return self.groups[request["Group"]]

    @staticmethod
    def _shape(group: Mapping[str, Any]) -> dict[str, Any]:
        return {key: group[key] for key in ("Name", "GroupArn", "Description")}

    def _list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        shapes = [self._shape(group) for group in self.groups.values()]
        return {"GroupIdentifiers": [{**shape, "GroupName": shape["Name"]} for shape in shapes]}

    def _query(self, request: Mapping[str, Any]) -> dict[str, Any]:
        group = self._find(request)
        return {"GroupName": group["Name"], "ResourceQuery": group["ResourceQuery"]}

    def _members(self, request: Mapping[str, Any]) -> dict[str, Any]:
        filters = json.loads(self._find(request)["ResourceQuery"]["Query"])["TagFilters"]
        found = [
            {
                "ResourceArn": ARN.format(service="ssm", rest=f"managed-instance/{id}"),
                "ResourceType": "AWS::SSM::ManagedInstance",
            }
            for id, tags in self.tags.items()
            if all(one["Key"] in tags and (not one["Values"] or tags[one["Key"]] in one["Values"]) for one in filters)
        ]
        found += [{"ResourceArn": arn, "ResourceType": type} for arn, type in self.things.items()]
        return {"ResourceIdentifiers": found}

    def _create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        name = request["Name"]
        if name in self.groups:
            raise ApiError("BadRequestException", "Cannot create group: group already exists")
        arn = ARN.format(service="resource-groups", rest=f"group/{name}")
        self.groups[name] = {"Description": "", **request, "GroupArn": arn}
        return {"Group": self._shape(self.groups[name])}

    def _describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._find(request)["Description"] = request["Description"]
        return {"Group": self._shape(self._find(request))}

    def _requery(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._find(request)["ResourceQuery"] = request["ResourceQuery"]
        return {"GroupQuery": self._query(request)}
