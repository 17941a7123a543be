"""The part of the launcher that knows the nodes: the list of each context, and single ones while that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tui.errors import ApiError, SsmTuiError
from tui.ports import Ref
from tui.screens._run_groups import GroupTargets
from tui.screens._shell import explain
from tui.services.nodes import PAGE, Node, Nodes
from tui.services.targets import Trouble, split_words

if TYPE_CHECKING:
    from tui.screens._run_form import RunForm
    from tui.services.feeds import Feed

LISTS = "DescribeInstanceInformation"
_ID = re.compile(r"mi-[0-9a-f]{17}|i-(?:[0-9a-f]{8}|[0-9a-f]{17})")


class TargetNodes(GroupTargets):
    """Has the nodes of whole lists, and those that the targets name by id: they don't wait for a list, nor need it."""

    form: RunForm
    _node_ids: list[str]

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self._by_id: dict[Ref, Node] = {}
        self._asked_ids: set[Ref] = set()

    if TYPE_CHECKING:

        def show_nodes(self, nodes: Sequence[Node]) -> int: ...

    def follow_nodes(self) -> None:
        """Follow the lists of the contexts; only inside `begin`."""
        services, feeds = self.shell.services, {}
        for one in services.each(Nodes):
            feeds[one.context] = services.feeds.feed(one.context, LISTS, {"looker": self.NOUN}, one.all)
            services.feeds.drive(one.context, "nodes", one.watch, LISTS)
        self._whole, self._asked_ids = (), set()
        self._by_id = {ref: node for ref, node in self._by_id.items() if ref.context in services.contexts}
        self.follow_each(feeds, self.show_nodes)
        self._take_state()

    @property
    def _nodes_known(self) -> bool:
        """Whether no target waits for a list that is on its way."""
        return not any(problem.trouble is Trouble.LOADING for problem in self.form.chosen.problems)

    def _feed_state(self, feed: Feed[Any]) -> None:
        super()._feed_state(feed)
        if feed.error is not None:  # who could not be asked may be now
            self._asked_ids = set()
        self._take_state()

    def link_failed(self, context: str, error: SsmTuiError) -> None:
        super().link_failed(context, error)
        self._take_state()

    def _take_state(self) -> None:
        """Take which lists are lacking now."""
        lacking = self._what_lacks()
        if lacking != self._lacking:
            self._lacking = lacking
            self._renew_directory()
        self._look_up_ids()
        self._show_all()

    def _what_lacks(self) -> dict[str, str]:
        """Give the contexts whose list is not known: why it failed, "" while it is on its way."""
        found: dict[str, str] = {}
        names = [*self._mains] if self._mains and len(self.shell.contexts) == 1 else self.shell.contexts
        for name in names:
            feed = self._mains.get(name)
            error = feed.error if feed is not None else self.shell.link_errors.get(name)
            if feed is None or feed.value is None:
                found[name] = explain(error)[0] if error is not None else ""
        return found

    def _list_nodes(self, nodes: Sequence[Node]) -> None:
        self._lacking = self._what_lacks()
        super()._list_nodes(nodes)

    def _renew_directory(self) -> None:
        listed = self._whole
        if self._lacking and self._by_id:
            known = {node.ref for node in listed}
            lacking = [node for ref, node in self._by_id.items() if ref.context in self._lacking and ref not in known]
            self._whole = [*listed, *lacking]
        super()._renew_directory()
        self._whole = listed

    def _look_up_new(self) -> None:
        super()._look_up_new()
        self._look_up_ids()

    def _look_up_ids(self) -> None:
        """Find the nodes that are named by id and not listed: among what other screens know, else ask for them."""
        if not self._lacking or not self.shell.is_connected:
            return
        services = self.shell.services
        wanted: dict[str, list[str]] = {}
        for word in dict.fromkeys([*self._node_ids, *split_words(self._line)]):
            contexts, id = services.meant(word)
            for context in contexts if _ID.fullmatch(id) else ():
                ref = Ref(context, id)
                if context in self._lacking and ref not in self._by_id and ref not in self._asked_ids:
                    wanted.setdefault(context, []).append(id)
        for context, ids in wanted.items():
            self._asked_ids |= {Ref(context, id) for id in ids}
            known = self._known_elsewhere(context)
            self._found(known[id] for id in ids if id in known)
            if rest := [id for id in ids if id not in known]:
                self.run_worker(self._ask_ids(context, rest), group=f"ids {context}", exit_on_error=False)

    def _known_elsewhere(self, context: str) -> dict[str, Node]:
        values = self.shell.services.feeds.values(context, LISTS)
        nodes = (one for value in values for one in (value if isinstance(value, list) else [value]))
        return {node.id: node for node in nodes if isinstance(node, Node)}

    async def _ask_ids(self, context: str, ids: Sequence[str]) -> None:
        service = self.shell.services.of(Nodes, context)
        for start in range(0, len(ids), PAGE):
            some = ids[start : start + PAGE]
            try:
                filters = [{"Key": "InstanceIds", "Values": [*some]}]
                self._found([node async for page in service.list(filters) for node in page if node.id in some])
            except ApiError:  # one that is gone makes the whole call fail
                for id in some if len(some) > 1 else ():
                    try:
                        self._found([await service.get(id)])
                    except ApiError:
                        continue
                    except SsmTuiError:
                        return
            except SsmTuiError:
                return  # the list says why

    def _found(self, nodes: Iterable[Node]) -> None:
        found = {node.ref: node for node in nodes}
        if found:
            self._by_id |= found
            self._renew_directory()
            self._show_all()
