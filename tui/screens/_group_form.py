"""The form of a resource group, with the nodes that are meant while one types; and its deletion."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tui.errors import SsmTuiError
from tui.screens._base import ConsoleScreen
from tui.screens._dialogs import TypeName
from tui.screens._form_dialog import FormDialog
from tui.screens._group_words import query_words, read_query
from tui.screens._rows import failures, told
from tui.screens._words import ping_word
from tui.services.nodes import Node
from tui.services.resource_groups import GroupQuery, ResourceGroup, ResourceGroups
from tui.theming import Glyphs
from tui.widgets.form_field import FormField
from tui.widgets.top_bar import Word

SHOWN = 6
"""Nodes that the preview names."""

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_DESCRIPTION = re.compile(r"[\sA-Za-z0-9_.-]{0,1024}")


class GroupForm(FormDialog[str]):
    """Asks for a group's name, description and tags, and makes or changes it; gives its name.

    With a `group` the name stays, and its query, where it is one by tags, is changed. `where` names the context where
    several are open.
    """

    def __init__(
        self,
        service: ResourceGroups,
        nodes: Sequence[Node],
        glyphs: Glyphs,
        group: ResourceGroup | None = None,
        query: GroupQuery | None = None,
        *,
        where: str = "",
    ) -> None:
        self._service, self._group, self._query = service, group, query or GroupQuery()
        self._glyphs = glyphs
        self._fleet = nodes
        fields = [] if group else [FormField("name", "name", about="letters, digits, - _ .")]
        fields.append(FormField("description", "description", group.description if group else ""))
        if not self._query.other:
            about = "key=value, or a key alone"
            fields.append(FormField("tags", "tags", query_words(self._query), about=about))
        text = "Each key must be there with one of its values. Who gets the tags later is in it too."
        if self._query.other:
            text = f"It is filled by {self._query.other}, which is not changed here."
        title = f"The group {group.name}" if group else "A resource group"
        if where:
            title += f" in {where}"
        super().__init__(title, fields, self._make, text, verb="change it" if group else "make it")

    def problems(self, values: Mapping[str, str]) -> dict[str, str]:
        found: dict[str, str] = {}
        name = values.get("name", "-")
        if not name:
            found["name"] = "A group needs a name."
        elif not _NAME.fullmatch(name):
            found["name"] = "Only letters, digits, - _ and . fit, at most 128 of them."
        elif name.upper().startswith("AWS"):
            found["name"] = "Names that begin with AWS are AWS's own."
        if not _DESCRIPTION.fullmatch(values["description"]):
            found["description"] = "Only letters, digits, spaces, - _ and . fit, at most 1024 of them."
        if "tags" in values:
            try:
                if not read_query(values["tags"]).filters:
                    found["tags"] = "Name at least one tag, such as env=prod."
            except ValueError as error:
                found["tags"] = str(error)
        return found

    def preview(self, values: Mapping[str, str]) -> Sequence[Sequence[Word]]:
        """List the nodes that are in it as the words stand."""
        if "tags" not in values or not values["tags"]:
            return ()
        try:
            query = read_query(values["tags"], self._query.types)
        except ValueError:
            return ()
        meant = [node for node in self._fleet if query.finds_nodes and query.matches(node.tags)]
        count = len(meant)
        lines: list[list[Word]] = [
            [(f"{count} node{'s' * (count != 1)} now", "accent" if count else "warn")],
            *([ping_word(node.ping, self._glyphs), (f"  {node.name}", "text")] for node in meant[:SHOWN]),
        ]
        if count > SHOWN:
            lines.append([(f"and {count - SHOWN} more", "dim")])
        if untold := sum(1 for node in self._fleet if node.tags_unknown):
            lines.append([(f"the tags of {untold} node{'s' * (untold > 1)} are not known", "warn")])
        return lines

    async def _make(self, values: Mapping[str, str]) -> str:
        if self._group is None:
            query = read_query(values["tags"])
            return (await self._service.create(values["name"], values["description"], query)).name
        if values["description"] != self._group.description:
            await self._service.describe_as(self._group.name, values["description"])
        if "tags" in values:
            query = read_query(values["tags"], self._query.types)
            if query != self._query:
                await self._service.choose_by(self._group.name, query)
        return self._group.name

    def place_of(self, error: SsmTuiError) -> str:
        text = str(error).casefold()
        words = {"name": ("name", "exists"), "tags": ("query", "tag"), "description": ("description",)}
        return next((key for key, likely in words.items() if any(word in text for word in likely)), "")


def where_several(screen: ConsoleScreen, context: str) -> str:
    """Name a context where several are open, else nothing."""
    return context if len(screen.shell.services.contexts) > 1 else ""


async def edit_group(
    screen: ConsoleScreen, service: ResourceGroups, nodes: Sequence[Node], group: ResourceGroup
) -> None:
    """Let a group's description and query be changed."""
    query = await service.query(group.name)
    group = await service.get(group.name)
    where = where_several(screen, service.context)
    if await screen.ask(GroupForm(service, nodes, screen.shell.glyphs, group, query, where=where)):
        screen.shell.notice(f"The group {group.name} is changed.", "good")
        screen.reload()


async def delete_groups(
    screen: ConsoleScreen, groups: Sequence[ResourceGroup], hidden: Sequence[ResourceGroup] = ()
) -> bool:
    """Delete groups once the name, or the count, was typed; False where it was left."""
    services = screen.shell.services
    about = "" if len(groups) == 1 else f"{told(services, groups)}.\n"
    about += f"Hidden by the filter, yet marked: {told(services, hidden)}.\n" if hidden else ""
    about += "What is in it stays as it is, with its tags.\nDeleteGroup"
    what = f"the group {told(services, groups)}" if len(groups) == 1 else f"{len(groups)} groups"
    expected = groups[0].name if len(groups) == 1 else str(len(groups))
    if not await screen.ask(TypeName(f"Delete {what}?", about, expected=expected)):
        return False
    failed = await failures(groups, lambda group: services.of(ResourceGroups, group.context).delete(group.name))
    if failed:
        screen.shell.notice(f"{len(failed)} of {len(groups)} were not deleted. {failed[0]}", "bad")
    else:
        screen.shell.notice(f"Deleted {what}.", "good")
    return True
