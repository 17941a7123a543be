"""What the keys for tags do on a node's own screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.screens._base import ConsoleScreen, changing

if TYPE_CHECKING:
    from tui.ports import Ref
    from tui.services.nodes import Node
    from tui.widgets.resource_table import ResourceTable


class NodeTagActions(ConsoleScreen):
    """Adds, changes and removes tags of the screen's `node`; its table has their keys as row ids."""

    node: Node | None
    _grid: ResourceTable

    if TYPE_CHECKING:

        @property
        def ref(self) -> Ref: ...

    @changing
    def action_new_tag(self) -> None:
        from tui.screens._node_tags import add_tag  # deferred: opened on a key

        if self.node is not None:
            self.do(add_tag(self, self.node, self.crumb()))

    @changing
    def action_edit_tag(self) -> None:
        from tui.screens._node_tags import change_tag  # deferred: opened on a key

        key = str(self._grid.cursor_id)
        value = self.node.tags.get(key, "") if self.node else ""
        self.do(change_tag(self, self.ref, self.crumb(), key, value))

    @changing
    def action_delete_tag(self) -> None:
        from tui.screens._node_tags import remove_tags  # deferred: opened on a key

        keys, hidden = ([str(key) for key in ids] for ids in (self._grid.targets, self._grid.hidden_marks))
        self.do(remove_tags(self, self.ref, self.crumb(), keys, hidden))
