"""Why a host is not connected, where the operator can do something about it."""

from __future__ import annotations

from tui.engine.nodes.ssh.base import SshFault
from tui.engine.nodes.ssh.host_keys import ShownKey, Verdict
from tui.engine.nodes.ssh.secrets import Wanted


class HostKeyFault(SshFault):
    """A host showed a key that is not known, or not the one that is; `own` is the file where accepted keys are kept."""

    def __init__(self, shown: ShownKey, own: str) -> None:
        self.shown = shown
        self.own = own
        key = f"{shown.algorithm} key {shown.fingerprint}"
        if shown.verdict is Verdict.UNKNOWN:
            sentence = f"The key of {shown.host} is not known: {key}."
            if shown.strict:
                sentence += " StrictHostKeyChecking=yes forbids to accept it: add it to known_hosts."
            super().__init__(sentence, "HostKeyUnknown")
            return
        place = f"{shown.file}:{shown.line}"
        if shown.verdict is Verdict.REVOKED:
            sentence = f"THE KEY OF {shown.host} IS REVOKED by {place}: {key}. Nothing was sent."
        else:
            sentence = (
                f"THE KEY OF {shown.host} HAS CHANGED: it showed the {key}, {place} expects {shown.expected}."
                " Somebody may be listening in. Nothing was sent."
                f" If the host really has a new key, remove line {shown.line} of {shown.file}."
            )
        super().__init__(sentence, "HostKeyChanged")


class SecretFault(SshFault):
    """A passphrase or a password is needed."""

    def __init__(self, wanted: Wanted, sentence: str) -> None:
        self.wanted = wanted
        super().__init__(sentence, "SecretNeeded")
