"""Somebody else wrote the same parameter: what was, what they made of it, what you make of it, and what to do."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from textual.binding import Binding

from tui.screens._parameter_compared import ComparedValues, Texts, plain_text
from tui.screens._words import age
from tui.services.parameter_changes import Wanted
from tui.services.parameter_models import Parameter, ParameterType, ParameterValue
from tui.services.parameter_reports import Conflict, Overtaken
from tui.services.parameters import Parameters
from tui.widgets.cells import own
from tui.widgets.top_bar import Word


class Answer(StrEnum):
    """What is to become of a conflict."""

    THEIRS = "theirs"
    MINE = "mine"


class ConflictDialog(ComparedValues[Answer]):
    """Nothing was written, because they did: take theirs, put yours over it, or leave it."""

    BINDINGS = [
        Binding("t", "answer('theirs')", "take theirs", tooltip="Leave what they wrote", id="conflict.theirs"),
        Binding("m", "answer('mine')", "put mine", tooltip="Put mine over what they wrote", id="conflict.mine"),
    ]

    def __init__(self, service: Parameters, conflict: Conflict, about: Parameter | None) -> None:
        base, theirs, yours = conflict.base, conflict.theirs, conflict.yours
        next_version = theirs.version + 1 if theirs else 1
        facts: list[list[Word]] = [
            [("base    ", "bad"), (_version(base, "it was not there"), "text"), ("  what you began with", "dim")],
            [("theirs  ", "warn"), (_version(theirs, "they deleted it"), "text"), (_by(theirs, about), "dim")],
            [("yours   ", "accent"), (f"not sent{_besides(yours)}", "text")],
        ]
        what = f"puts yours over it, as v{next_version}" if theirs else "makes it anew, as v1 without its history"
        facts.append([("m ", "accent"), (what, "text")])
        keys = f"t take theirs   m {'put mine over it' if theirs else 'make it anew'}   esc leave it"

        async def read() -> Texts:
            return (
                await _text(service, base),
                await _text(service, theirs),
                yours.value if yours is not None and yours.value is not None else await _text(service, base),
            )

        title = f"{conflict.path} was {'changed' if theirs else 'deleted'} meanwhile: nothing was sent"
        super().__init__(title, facts, read, keys, secret=_is_secret(base, theirs, yours))

    def action_answer(self, answer: str) -> None:
        self.dismiss(Answer(answer))


class OvertakenDialog(ComparedValues[bool]):
    """They wrote between the look and the put, which has covered theirs; gives True where it is to be rolled back."""

    BINDINGS = [
        Binding("b", "back", "roll back", tooltip="Put back what they wrote", id="overtaken.back"),
        Binding("enter", "cancel", "keep mine", tooltip="Keep what you put", id="overtaken.keep"),
    ]

    def __init__(self, service: Parameters, overtaken: Overtaken) -> None:
        base, theirs, yours = overtaken.base, overtaken.theirs, overtaken.yours
        version = overtaken.version
        wrote = "they deleted it" if overtaken.was_deleted else f"v{version - 1}"
        facts: list[list[Word]] = [
            [("base    ", "bad"), (_version(base, "it was not there"), "text"), ("  what you began with", "dim")],
            [("theirs  ", "warn"), (wrote, "text"), ("  written right before yours, and covered by it", "dim")],
            [("yours   ", "accent"), (f"v{version}", "text"), (f"  what it is now{_besides(yours)}", "dim")],
        ]
        undo = "deletes it again" if overtaken.was_deleted else f"puts theirs back, as v{version + 1}"
        facts.append([("b ", "accent"), (undo, "text")])

        async def read() -> Texts:
            mine = yours.value if yours.value is not None else await _text(service, base)
            return await _text(service, base), await _text(service, theirs), mine

        title = f"Somebody wrote {overtaken.path} in between"
        secret = _is_secret(base, theirs, yours)
        super().__init__(title, facts, read, f"b roll back   {own('⏎')} keep mine", secret=secret)

    def action_back(self) -> None:
        self.dismiss(True)


async def _text(service: Parameters, value: ParameterValue | None) -> str | None:
    """Give a value's text; a secret that was not read is read now."""
    if value is None or value.plain:
        return plain_text(value)
    return (await service.value(f"{value.name}:{value.version}", decrypt=True)).value


def _version(value: ParameterValue | None, none: str) -> str:
    return f"v{value.version}{_when(value.modified)}" if value is not None else none


def _when(modified: datetime | None) -> str:
    return f"  {age(modified)} ago" if modified is not None else ""


def _by(value: ParameterValue | None, about: Parameter | None) -> str:
    if value is None or about is None or about.version != value.version or not about.modified_by:
        return ""
    return f"  by {about.modified_by.rpartition('/')[2]}"


def _besides(yours: Wanted | None) -> str:
    """Name what else than the value is yours."""
    members = {
        "tier": yours and yours.tier,
        "description": yours and yours.description,
        "key": yours and yours.key_id,
        "allowed pattern": yours and yours.allowed_pattern,
        "data type": yours and yours.data_type,
        "policies": yours and yours.policies,
    }
    named = [name for name, given in members.items() if given is not None]
    return f"; {'also' if yours and yours.value is not None else 'only'}: {', '.join(named)}" if named else ""


def _is_secret(*values: ParameterValue | Wanted | None) -> bool:
    return any(value is not None and value.type is ParameterType.SECURE_STRING for value in values)
