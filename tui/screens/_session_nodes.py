"""The part of the Sessions screen that asks: what lives where, and what the nodes are called."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from tui.errors import SsmTuiError
from tui.ports import Ref
from tui.screens._context_cells import context_fields
from tui.screens._group_by_column import GroupByColumn
from tui.services.nodes import Node, Nodes
from tui.services.sessions import Session, Sessions
from tui.widgets.cells import own


class SessionNodes(GroupByColumn):
    """Knows the sessions of the open contexts, and their nodes."""

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self._sessions: dict[Ref, Session] = {}
        self._known: dict[Ref, Node] = {}

    async def _fetch(self, sessions: Sessions) -> list[Session]:
        if not any(ref.context == sessions.context for ref in self._known):
            with suppress(SsmTuiError):  # names may be denied where sessions are not
                await self._learn(sessions.context)
        return await sessions.live_and_past()

    async def _learn(self, context: str) -> None:
        """Ask what the nodes of a context are called."""
        self._known |= {node.ref: node for node in await self.shell.services.of(Nodes, context).all()}

    def _ref(self, word: str) -> Ref:
        """Read a word for something of one context, the main one where it names none."""
        contexts, id = self.shell.services.meant(word)
        known = [ref for ref in (*self._sessions, *self._known) if ref.id == id and ref.context in contexts]
        return known[0] if known else Ref(contexts[0], id)

    def _fields(self, row: Any) -> dict[str, str]:
        session = self._sessions.get(row)
        if session is None:
            return {}
        return {**context_fields(self.shell, session.context), "target": session.target, "reason": session.reason}

    def _name_of(self, session: Session) -> str:
        return self._node_name(Ref(session.context, session.target))

    def _said_of(self, session: Session) -> str:
        """Name the node of a session, with its context where several are open."""
        where = f" in {session.context}" if len(self.shell.contexts) > 1 else ""
        return self._name_of(session) + where

    def _node_name(self, node: Ref) -> str:
        return self._known[node].name if node in self._known else node.id

    async def _find(self, ref: Ref) -> Session:
        """Find a session by its id, in its own context first. Raises: SsmTuiError where none has it."""
        contexts = [ref.context, *(name for name in self.shell.services.contexts if name != ref.context)]
        failed: SsmTuiError | None = None
        for context in contexts:
            try:
                return await self.shell.services.of(Sessions, context).get(ref.id)
            except SsmTuiError as error:
                failed = failed or error
        assert failed is not None
        raise failed

    def _no_shells(self) -> str:
        """Say why no open context has shells, as a sentence; "" where one has."""
        reasons = [one.lacks("StartSession") for one in self.shell.services.each(Sessions)]
        return reasons[0] if reasons and all(reasons) else ""

    def _must_attach(self, context: str) -> None:
        """Raise SsmTuiError where no session of a context can be attached to, with the reason."""
        sessions = self.shell.services.of(Sessions, context)
        if sessions.lacks("DescribeSession"):
            raise SsmTuiError(f"Can't attach to the session: {sessions.lacks('StartSession')}")

    def say_phase(self, phase: str, headline: str, text: str) -> None:
        if phase == "empty" and (why := self._no_shells()):
            text = own(f"{why}\n:ctx +local opens the engine of this machine, which has shells.")
        super().say_phase(phase, headline, text)

    async def _choose_node(self) -> Ref | None:
        """Let a node be chosen for a shell, where several answer."""
        nodes = await self._online()
        if len(nodes) > 1:
            from tui.screens._dialogs import Choose  # deferred: opened on a key

            options = [(f"{node.name}  {self.shell.services.word(node.ref)}", node.ref) for node in nodes]
            return await self.ask(Choose("A shell on", options))
        if not nodes:
            self.shell.notice("No node answers.", "warn")
        return nodes[0].ref if nodes else None

    async def _online(self) -> list[Node]:
        """Give the nodes that answer, in all contexts that have shells.

        Raises: SsmTuiError where no context says its own.
        """
        with_shells = [one.context for one in self.shell.services.each(Sessions) if not one.lacks("StartSession")]
        asked = (self.shell.services.of(Nodes, context).all() for context in with_shells)
        found = await asyncio.gather(*asked, return_exceptions=True)
        failed = [answer for answer in found if isinstance(answer, BaseException)]
        if failed and len(failed) == len(found):
            raise failed[0]
        nodes = [node for answer in found if not isinstance(answer, BaseException) for node in answer if node.online]
        self._known |= {node.ref: node for node in nodes}
        return nodes
