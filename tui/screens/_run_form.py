"""What the launcher's form says: the values as they are typed, what is wrong with them, and the requests they make."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tui.services.commands import Command, CommandRequest, in_batches
from tui.services.documents import DocumentParameter
from tui.services.targets import Chosen
from tui.widgets.cells import own

SHELL = "AWS-RunShellScript"
SHORTEST, LONGEST = 30, 2_592_000
"""Seconds that a delivery may take."""
COMMENT = 100
"""Characters of a comment."""

_RATE = re.compile(r"[1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%")

LIMITS = (
    ("at_once", "at once", "50", "nodes at the same time: a number or a percentage"),
    ("errors", "stop after", "0", "errors: no more nodes are begun beyond so many"),
    ("timeout", "deliver within", "3600", f"seconds, {SHORTEST} to {LONGEST}"),
    ("comment", "comment", "", f"at most {COMMENT} characters"),
)
"""The form's last fields: key, label, what AWS takes where it is left empty, and what it is."""


@dataclass(slots=True)
class RunForm:
    """The launcher's values: texts as typed, `chosen` and `known` as the engine answered."""

    document: str = SHELL
    texts: dict[str, str] = field(default_factory=dict)
    """Text by parameter name."""
    limits: dict[str, str] = field(default_factory=dict)
    """Text by the key of LIMITS."""
    known: tuple[DocumentParameter, ...] | None = None
    """The document's parameters, None until they are known."""
    chosen: Chosen = field(default_factory=Chosen)

    def parameters(self) -> dict[str, list[str]]:
        """Give the parameters as the API carries them; what is left as its default is left out."""
        made: dict[str, list[str]] = {}
        for parameter in self.asked:
            text = self.texts.get(parameter.name, "")
            if text and text != (parameter.default or ""):
                made[parameter.name] = text.rstrip("\n").split("\n") if parameter.is_list else [text]
        return made

    def problems(self) -> dict[str, str]:
        """Give what keeps this from being sent: a sentence by the field's key (a parameter's is `p:NAME`)."""
        found: dict[str, str] = {}
        if self.chosen.problems:
            found["targets"] = " ".join(problem.text for problem in self.chosen.problems)
        elif not self.chosen.nodes:
            found["targets"] = "No node is meant."
        if not self.document:
            found["document"] = "Choose a document."
        for parameter in self.asked:
            if parameter.default is None and not self.texts.get(parameter.name, "").strip():
                found[f"p:{parameter.name}"] = f"{parameter.name} is required."
        at_once, errors = self.limits.get("at_once", ""), self.limits.get("errors", "")
        if at_once and not _RATE.fullmatch(at_once):
            found["at_once"] = "A number from 1, or 1% to 100%."
        if errors and not _RATE.fullmatch(errors) and errors not in ("0", "0%"):
            found["errors"] = "A number from 0, or 0% to 100%."
        timeout = self.limits.get("timeout", "")
        if timeout and not (timeout.isascii() and timeout.isdigit() and SHORTEST <= int(timeout) <= LONGEST):
            found["timeout"] = f"Seconds from {SHORTEST} to {LONGEST}."
        if len(self.limits.get("comment", "")) > COMMENT:
            found["comment"] = f"{len(self.limits['comment'])} characters; at most {COMMENT} fit."
        return found

    def requests(self) -> list[CommandRequest]:
        """Give what is sent, whatever the contexts."""
        return [request for _, request in self.by_context()]

    def by_context(self) -> list[tuple[str, CommandRequest]]:
        """Give what is sent where: in each context one, or one for each 50 nodes where they go by id."""
        timeout = self.limits.get("timeout", "")
        request = CommandRequest(
            document=self.document,
            parameters=self.parameters(),
            targets=self.chosen.targets,
            max_concurrency=self.limits.get("at_once", ""),
            max_errors=self.limits.get("errors", ""),
            timeout=int(timeout) if timeout.isascii() and timeout.isdigit() else None,
            comment=self.limits.get("comment", ""),
        )
        if request.targets:
            return [(context, request) for context in self.chosen.contexts]
        return [
            (context, replace(request, instance_ids=batch))
            for context in self.chosen.contexts
            for batch in in_batches(self.chosen.ids_in(context))
        ]

    def split(self) -> str:
        """Say how this is sent where it takes more than one command, "" where it is one."""
        requests, chosen = self.by_context(), self.chosen
        if len(requests) < 2:
            return ""
        if len(chosen.contexts) > 1:
            parts = [f"{context} ({len(chosen.ids_in(context))})" for context in chosen.contexts]
            return f"sent as {len(requests)} commands, to {', '.join(parts)}; the limits hold for each"
        return f"sent as {len(requests)} commands of at most 50 nodes; the limits hold for each"

    @property
    def asked(self) -> Sequence[DocumentParameter]:
        """What the document asks for; the shell document's commands are known before it answers."""
        if self.known is not None:
            return self.known
        return (DocumentParameter(name="commands", type="StringList"),) if self.document == SHELL else ()


def texts_of(parameters: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Give the form's texts for parameters as the API carries them."""
    return {name: "\n".join(values) for name, values in parameters.items()}


def differences(form: RunForm, last: Command, names: Mapping[str, str]) -> list[str]:
    """Say in words what sets this apart from an earlier command of the same document; nothing where nothing does."""
    said: list[str] = []
    now = form.parameters()
    defaults = {parameter.name: parameter.default or "" for parameter in form.known or ()}
    before = {
        name: [*values] for name, values in last.parameters.items() if "\n".join(values) != defaults.get(name, "")
    }
    said += [f"other {name}" for name in sorted(now.keys() | before.keys()) if now.get(name) != before.get(name)]
    if last.instance_ids and not form.chosen.targets:
        here, there = set(form.chosen.ids), set(last.instance_ids)
        for sign, ids in (("+", here - there), ("-", there - here)):
            if ids:
                shown = ", ".join(sorted(names.get(id, id) for id in ids)[:3])
                said.append(
                    f"{sign}{len(ids)} node{'s' * (len(ids) > 1)} ({shown}{own(', …') if len(ids) > 3 else ''})"
                )
    elif [(t["Key"], tuple(t["Values"])) for t in form.chosen.targets] != [*last.targets]:
        said.append("other targets")
    if form.limits.get("at_once", "") not in ("", last.max_concurrency):
        said.append("another number at once")
    if form.limits.get("errors", "") not in ("", last.max_errors):
        said.append("another error limit")
    return said
