"""The tags of parameters: those that they have in common, added, changed and removed in one line of words."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Mapping, Sequence

from tui.errors import SsmTuiError
from tui.ports import Ref
from tui.screens._base import ConsoleScreen
from tui.screens._form_dialog import FormDialog
from tui.screens._parameter_writing import show_again
from tui.screens._tags import read_tags
from tui.services.parameters import Parameters
from tui.widgets.form_field import FormField
from tui.widgets.top_bar import Word

MOST = 50
"""Tags of one parameter."""
AT_ONCE = 4
"""Calls that are under way at the same time."""


class ParameterTagsForm(FormDialog[int]):
    """Asks for the tags that parameters have in common, and sends what differs; gives how many were changed.

    `tags` are all tags of each, by its ref. Tags of others than the common ones stay, and so do AWS's own.
    """

    def __init__(self, services: Mapping[str, Parameters], tags: Mapping[Ref, Mapping[str, str]], hidden: int) -> None:
        self._services, self._tags = services, tags
        first, *others = tags.values()
        self._common = {
            key: value
            for key, value in first.items()
            if all(other.get(key) == value for other in others) and not key.lower().startswith("aws:")
        }
        count = len(tags)
        title = f"Tags of {next(iter(tags)).id}" if count == 1 else f"Tags that {count} parameters have in common"
        text = "Words key=value, quoted where they hold spaces; a word that is taken out is removed."
        own_ones = sorted({key for each in tags.values() for key in each if key.lower().startswith("aws:")})
        text += f"\nAWS's own stay: {', '.join(own_ones)}" if own_ones else ""
        text += f"\n{hidden} of them are marked, and hidden by the filter." if hidden else ""
        words = shlex.join(f"{key}={value}" for key, value in sorted(self._common.items()))
        super().__init__(
            title, [FormField("tags", "tags", words, placeholder="none")], self._send_tags, text, verb="put"
        )

    def problems(self, values: Mapping[str, str]) -> dict[str, str]:
        try:
            wanted = read_tags(values["tags"])
        except ValueError as error:
            return {"tags": str(error).replace("A node has", "A parameter has")}
        most = max(
            len({**tags, **wanted}.keys() - (self._common.keys() - wanted.keys())) for tags in self._tags.values()
        )
        return {"tags": f"That makes {most} tags, and a parameter has {MOST} at the most."} if most > MOST else {}

    def preview(self, values: Mapping[str, str]) -> Sequence[Sequence[Word]]:
        if self.problems(values):
            return ()
        added, removed = self._differ(values)
        if not added and not removed:
            return [[("Nothing is changed: nothing will be sent.", "dim")]]
        lines: list[list[Word]] = []
        for key, value in added.items():
            olds = sorted({tags[key] for tags in self._tags.values() if key in tags})
            was = f"  was {', '.join(olds)}" if olds else "  new"
            lines.append([(f"{key}={value}", "accent"), (was, "warn" if olds else "dim")])
        lines += [[(key, "accent"), (f"={self._common[key]}  is removed", "warn")] for key in removed]
        count = len(self._tags)
        calls = [name for name, some in (("AddTagsToResource", added), ("RemoveTagsFromResource", removed)) if some]
        return [*lines, [(f"{' and '.join(calls)}, on {count} parameter{'s' * (count != 1)}", "dim")]]

    def _differ(self, values: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        wanted = read_tags(values["tags"])
        added = {key: value for key, value in wanted.items() if self._common.get(key) != value}
        return added, sorted(self._common.keys() - wanted.keys())

    async def _send_tags(self, values: Mapping[str, str]) -> int:
        added, removed = self._differ(values)
        if not added and not removed:
            return 0
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(ref: Ref) -> None:
            async with turns:
                service = self._services[ref.context]
                if added:
                    await service.add_tags(ref.id, added)
                if removed:
                    await service.remove_tags(ref.id, removed)

        ends = await asyncio.gather(*(one(ref) for ref in self._tags), return_exceptions=True)
        failed = [(ref, end) for ref, end in zip(self._tags, ends, strict=True) if end is not None]
        for _, error in failed:
            if not isinstance(error, SsmTuiError):
                raise error
        if failed:
            ref, error = failed[0]
            many = f"{len(failed)} of {len(ends)} were not changed, first {ref.id}: " if len(ends) > 1 else ""
            raise SsmTuiError(f"{many}{error}")
        return len(ends)


async def edit_tags(screen: ConsoleScreen, refs: Sequence[Ref], hidden: int = 0) -> None:
    """Let the tags be changed that parameters have in common; `hidden` of them are marked and out of sight."""
    services = {ref.context: screen.shell.services.of(Parameters, ref.context) for ref in refs}
    turns = asyncio.Semaphore(AT_ONCE)

    async def read(ref: Ref) -> Mapping[str, str]:
        async with turns:
            return await services[ref.context].tags(ref.id)

    tags = dict(zip(refs, await asyncio.gather(*map(read, refs)), strict=True))
    count = await screen.ask(ParameterTagsForm(services, tags, hidden))
    if count:
        what = refs[0].id if count == 1 else f"{count} parameters"
        screen.shell.notice(f"The tags of {what} are changed.", "good")
        for ref in refs:
            show_again(screen, ref)
