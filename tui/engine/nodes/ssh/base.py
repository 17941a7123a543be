"""What the parts of an SSH node ask of its connection, and how a host that can't be spoken to is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tui.engine.nodes.base import NodeUnreachable

if TYPE_CHECKING:
    import asyncssh


class SshFault(NodeUnreachable):
    """A host can't be spoken to: `message` is a sentence for the operator, `state` a word of the model's SshState."""

    def __init__(self, message: str, state: str = "Unreachable") -> None:
        super().__init__(message)
        self.message = message
        self.state = state
        self.may_pass = state == "Unreachable"


class NodeGone(SshFault):
    """A host is no node any more, and never will be one again under its id: nobody follows what runs there."""


class Connector(Protocol):
    """One host's kept connection, shared by steps, shells and everything else."""

    async def connection(self) -> asyncssh.SSHClientConnection:
        """Give the connection, made first where there is none. Raises: SshFault where the host can't be spoken to."""
