"""The keys that look further than the tree: compare two folders, find, and who uses a parameter."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding

from tui.ports import Ref
from tui.screens._parameter_copy import ParameterCopy

LOOKING_BINDINGS = [
    Binding(
        "equals_sign",
        "compare",
        "compare",
        tooltip="Compare two marked folders, else this one with another, or with its past",
        id="looking.compare",
    ),
    Binding("f", "find", "find", tooltip="Find by value, tag, type, age or expiry", id="looking.find"),
    Binding("u", "uses", "who uses it", tooltip="List what refers to this parameter", show=False, id="looking.uses"),
]
"""The keys, for the screen's own list."""


class ParameterLooking(ParameterCopy):
    """Opens what looks further; `ParametersScreen` has the rest."""

    def refusal(self, action: str) -> str:
        if action in ("compare", "uses") and not isinstance(self.table.cursor_id, Ref):
            return "the parameters are still being loaded" if self.phase == "loading" else "nothing is under the cursor"
        if action == "uses" and self.table.marked > 1:
            return f"it is about one parameter, or a folder, and {self.table.marked} are marked"
        return super().refusal(action)

    @property
    def two_folders(self) -> list[Ref]:
        """The two marked folders, in the order in which they stand; empty where there are not two."""
        marked = [ref for ref in self.table.marked_ids if isinstance(ref, Ref)]
        marks = set(marked)
        unmarked = [ref for ref in self.table.things if isinstance(ref, Ref) and ref not in marks]
        return two_folders(marked, unmarked)

    def action_compare(self) -> None:
        if two := self.two_folders if self.table.marked else []:
            self.shell.go("compare", " ".join(map(self._word, two)))
        elif (here := self.folder) is not None:
            self.do(self._compare_with(here))

    async def _compare_with(self, here: Ref) -> None:
        from tui.screens._compare_form import SidesForm  # deferred: opened on a key

        words = await self.ask(SidesForm(self.shell.services, self._word(here)))
        if words:
            self.shell.go("compare", words)

    def _word(self, ref: Ref) -> str:
        return self.shell.services.word(ref)

    def action_find(self) -> None:
        folder = self.folder
        self.shell.go("find", {"under": folder.id} if folder is not None and folder.id != "/" else None)

    def action_uses(self) -> None:
        from tui.screens._parameter_uses_window import UsesWindow  # deferred: opened on a key
        from tui.services.documents import Documents
        from tui.services.parameter_uses import ParameterUses

        ref = self.table.cursor_id
        if not isinstance(ref, Ref):
            return
        services, one = self.shell.services, self.current
        uses, documents = services.of(ParameterUses, ref.context), services.of(Documents, ref.context)
        title = self._word(ref) if one is not None else f"what is below {self._word(ref)}"
        paths, below = ([ref.id], "") if one is not None else ([], ref.id)
        self.app.push_screen(UsesWindow(title, uses, documents, self.shell.glyphs, paths=paths, below=below))


def two_folders(marked: Sequence[Ref], unmarked: Sequence[Ref]) -> list[Ref]:
    """Give the two folders that marks are all of; empty where they are not just two.

    A folder whose own are known is marked as all of them, one that was not opened yet as itself.
    """
    groups: dict[tuple[str, str], list[Ref]] = {}
    several = len({ref.context for ref in marked}) > 1
    shared = "" if several else _common([ref.id for ref in marked])
    for ref in marked:
        first = "" if several else ref.id[len(shared) + 1 :].partition("/")[0]
        groups.setdefault((ref.context, f"{shared}/{first}".rstrip("/")), []).append(ref)
    if len(groups) != 2:
        return []
    return [_whole(context, top, refs, unmarked) for (context, top), refs in groups.items()]


def _whole(context: str, top: str, refs: Sequence[Ref], unmarked: Sequence[Ref]) -> Ref:
    """Give the highest folder from `top` down that has all of these, and none that is not marked."""
    last = _common([ref.id for ref in refs]) if len(refs) > 1 else refs[0].id
    others = [ref.id for ref in unmarked if ref.context == context]
    folder = top
    for level in last[len(top) + 1 :].split("/") if last != top else ():
        below = f"{folder}/"
        if not any(path.startswith(below) for path in others):
            break
        folder = f"{below}{level}"
    return Ref(context, folder or "/")


def _common(paths: Sequence[str]) -> str:
    """Give the lowest folder that is above all of these, "" for the root."""
    low, high = min(paths).split("/"), max(paths).split("/")
    same = next((at for at, (one, other) in enumerate(zip(low, high, strict=False)) if one != other), len(low) - 1)
    return "/".join(low[: min(same, len(low) - 1)])
