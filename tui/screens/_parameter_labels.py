"""The labels of one version of a parameter: put, moved from another version, taken off."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tui.errors import ApiError, UsageError
from tui.ports import Ref
from tui.screens._base import ConsoleScreen
from tui.screens._form_dialog import FormDialog
from tui.screens._parameter_writing import show_again
from tui.services.parameter_models import ParameterVersion
from tui.services.parameters import NOT_FOUND, Parameters
from tui.widgets.cells import own
from tui.widgets.form_field import FormField
from tui.widgets.top_bar import Word

MOST = 10
"""Labels of one version."""
_LABEL = re.compile(r"[A-Za-z0-9_.-]{1,100}")


def label_problem(label: str) -> str:
    """Say why a label can't be called so, or "" where it can."""
    if not _LABEL.fullmatch(label):
        return f"{label[:40]!r} is no label: letters, digits, . - and _ fit, at most 100 of them."
    if label[0].isdigit():
        return f"{label!r} begins with a digit, and no label does."
    if label[:3].lower() in ("aws", "ssm"):
        return f"{label!r}: labels that begin with {label[:3]} are AWS's own."
    return ""


class LabelsForm(FormDialog[list[str]]):
    """Asks for the labels of one version, and puts and takes off what differs; gives what was done, in words.

    `versions` are all that there are: a label that stands on another one of them moves.
    """

    def __init__(self, service: Parameters, version: ParameterVersion, versions: Sequence[ParameterVersion]) -> None:
        self._service, self._version = service, version
        self._where = {label: one.version for one in versions for label in one.labels}
        field = FormField("labels", "labels", " ".join(version.labels), placeholder="none", about="words, with blanks")
        known = sorted(self._where.keys() - set(version.labels))
        self._elsewhere = known
        text = "A label stands on one version only: put on this one it moves here. A word taken out is taken off."
        if known:
            named = ", ".join(f"{label}(v{self._where[label]})" for label in known[:6])
            text += f"\nOn other versions: {named}{own('…') if len(known) > 6 else ''}"
        super().__init__(f"Labels of {version.name} v{version.version}", [field], self._put, text, verb="put them")

    def problems(self, values: Mapping[str, str]) -> dict[str, str]:
        labels = values["labels"].split()
        wrong = next((said for label in labels if (said := label_problem(label))), "")
        if not wrong and len(labels) != len(set(labels)):
            wrong = "The same label stands there twice."
        if not wrong and len(labels) > MOST:
            wrong = f"These are {len(labels)} labels, and a version has {MOST} at the most."
        return {"labels": wrong} if wrong else {}

    def preview(self, values: Mapping[str, str]) -> Sequence[Sequence[Word]]:
        if self.problems(values):
            return ()
        added, removed = self._differ(values)
        if not added and not removed:
            return [[("Nothing is changed: nothing will be sent.", "dim")]]
        version = self._version.version
        lines: list[list[Word]] = []
        for label in added:
            at = self._where.get(label)
            what = f" moves from v{at} to v{version}" if at is not None else f" is put on v{version}"
            lines.append([(label, "accent"), (what, "warn" if at is not None else "text")])
        lines += [[(label, "accent"), (f" is taken off v{version}", "warn")] for label in removed]
        if removed:
            lines.append([(f"UnlabelParameterVersion  Labels={' '.join(removed)}  ParameterVersion={version}", "dim")])
        if added:
            lines.append([(f"LabelParameterVersion  Labels={' '.join(added)}  ParameterVersion={version}", "dim")])
        return lines

    def _differ(self, values: Mapping[str, str]) -> tuple[list[str], list[str]]:
        labels, now = values["labels"].split(), self._version.labels
        return [label for label in labels if label not in now], [label for label in now if label not in labels]

    async def _put(self, values: Mapping[str, str]) -> list[str]:
        added, removed = self._differ(values)
        name, version = self._version.name, self._version.version
        done: list[str] = []
        # What goes makes room first: a version has ten at the most.
        if removed:
            missing = await self._service.unlabel(name, removed, version)
            done += [f"{label} is taken off v{version}" for label in removed if label not in missing]
        if added:
            wrong = await self._service.label(name, added, version)
            done += [f"{label} is on v{version}" for label in added if label not in wrong]
            if wrong:
                said = f" Done: {', '.join(done)}." if done else ""
                raise UsageError(f"Parameter Store takes no label {', '.join(wrong)}.{said}")
        return done


async def edit_labels(screen: ConsoleScreen, ref: Ref, version: int | None = None) -> None:
    """Let the labels of a version be changed, the latest by default."""
    service = screen.shell.services.of(Parameters, ref.context)
    versions = await service.history(ref.id)
    found = next((one for one in versions if version in (None, one.version)), None)
    if found is None:
        raise ApiError(NOT_FOUND, f"{ref.id} has no version {version} any more.", operation="GetParameterHistory")
    done = await screen.ask(LabelsForm(service, found, versions))
    if done:
        screen.shell.notice(f"{found.name}: {', '.join(done)}.", "good")
        show_again(screen, ref)
