"""The parts of the launcher: the fields of a document's parameters, the nodes that are meant, the request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from textual.containers import Vertical
from textual.widget import Widget

from tui.screens._run_form import RunForm, differences
from tui.screens._words import age, ping_word
from tui.services.commands import Command
from tui.services.documents import DocumentParameter
from tui.services.nodes import Node
from tui.theming import Glyphs
from tui.widgets.form_field import FormField
from tui.widgets.lines_pane import LinesPane
from tui.widgets.state_pane import StatePane, wrapped
from tui.widgets.text_field import TextField
from tui.widgets.top_bar import Word

PARAMETER = "p:"
"""What the key of a parameter's field begins with."""


class RunState(StatePane, inherit_css=False):
    """What failed, or what is missing, above the form; StatePane's own style would take half of the screen."""

    COMPONENT_CLASSES = StatePane.COMPONENT_CLASSES
    DEFAULT_CSS = """
    RunState { display: none; height: 5; color: $foreground; }
    RunState.-shown { display: block; }
    """


class AboutPane(LinesPane, can_focus=False):
    """What a parameter is, above its field."""

    DEFAULT_CSS = "AboutPane { height: 1; }"


class ParameterFields(Vertical):
    """A field for each parameter that a document asks for."""

    DEFAULT_CSS = "ParameterFields { height: auto; }"

    def made_for(self, parameters: Iterable[DocumentParameter], texts: Mapping[str, str]) -> Iterable[Widget]:
        """Make the fields of some parameters, filled with what was typed for them."""
        for parameter in parameters:
            text, key, usual = texts.get(parameter.name, ""), PARAMETER + parameter.name, parameter.default or ""
            if parameter.is_list:
                yield AboutPane([_about(parameter)])
                yield TextField(key, text or usual, placeholder="Enter sends, Ctrl+N a new line")
            else:
                yield FormField(key, parameter.name, text, placeholder=usual, about=parameter.description)

    @property
    def fields(self) -> list[FormField | TextField]:
        return [one for one in self.children if isinstance(one, (FormField, TextField))]

    async def fit(self, asked: Sequence[DocumentParameter], texts: Mapping[str, str]) -> bool:
        """Make the fields be those of these parameters; the first ones stay where they are the same.

        Gives False where all of them had to be made anew.
        """
        present = [field.key.removeprefix(PARAMETER) for field in self.fields]
        if present and present == [parameter.name for parameter in asked[: len(present)]]:
            lists = [parameter for parameter in asked if parameter.is_list]
            for pane, parameter in zip(self.query(AboutPane), lists, strict=False):
                pane.show([_about(parameter)])
            await self.mount(*self.made_for(asked[len(present) :], texts))
            return True
        await self.remove_children()
        await self.mount(*self.made_for(asked, texts))
        return False


class NodesPane(LinesPane):
    """The nodes that are meant now; the place that Esc leaves a field for."""

    HELP_GROUP = "The nodes that are meant"
    DEFAULT_CSS = """
    NodesPane { height: 1fr; min-height: 2; }
    NodesPane:focus { background: $surface; }
    """

    _rows: Sequence[list[Word]] = ()
    _rows_of: object = None
    _made_with: tuple[object, ...] = ()
    """What the rows were made of: they are made anew only where that is another."""

    def tell(
        self, form: RunForm, last: Command | None, names: Mapping[str, str], users: Mapping[str, str], glyphs: Glyphs
    ) -> None:
        """Show whom the form means; `users` says as whom commands run there, as far as that is known."""
        chosen = form.chosen
        count, off = len(chosen.nodes), len(chosen.offline)
        where = f" in {', '.join(chosen.contexts)}" if len(chosen.contexts) > 1 else ""
        head: list[Word] = [(f"runs on {counted(count)}{where}", "accent" if count else "warn")]
        lines: list[list[Word]] = [head]
        if off:
            head.append((f", {off} offline", "warn"))
            lines.append([(f"{glyphs.warn} offline ones run it only if they are back in time", "warn")])
        lines += [[(text, "warn")] for text in wrapped(chosen.uncertain, max(self.size.width - 2, 20)) if text]
        if last is not None and count:
            apart = differences(form, last, names)
            ago = age(last.requested)
            same = "the same as the last run" if not apart else "unlike the last run: " + ", ".join(apart)
            said = wrapped(f"{same} ({ago} ago)" if ago else same, max(self.size.width - 2, 20))
            lines += [[(text, "dim")] for text in said]
        made_with = (tuple(users.items()), glyphs)
        if self._rows_of is not chosen or self._made_with != made_with:
            self._rows_of, self._made_with = chosen, made_with
            many = len(chosen.contexts) > 1
            self._rows = [_row(node, users, glyphs, many) for node in [*chosen.offline, *chosen.online]]
        self.show([*lines, *self._rows])


class RequestPane(LinesPane, can_focus=False):
    """The request as it will be sent."""

    DEFAULT_CSS = "RequestPane { height: auto; max-height: 12; }"

    def tell(self, line: str, split: str, missing: str) -> None:
        """Show the equal command line, as how many commands it is sent, and what keeps it from being sent."""
        lines: list[list[Word]] = [[(f"can't be sent yet: {missing}", "warn")]] if missing else []
        lines += [[(text, "warn")] for text in wrapped(split, max(self.size.width - 2, 20))] if split else []
        lines += [[(text, "dim")] for text in wrapped(line, max(self.size.width - 2, 20))]
        if len(lines) != len(self.lines):
            self.refresh(layout=True)
        self.show(lines)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return max(len(self.lines), 1)


def counted(nodes: int) -> str:
    """Say a number of nodes."""
    return f"{nodes} node{'s' * (nodes != 1)}"


def _about(parameter: DocumentParameter) -> list[Word]:
    return [(f"{parameter.name:>16}", "dim"), (f"  {parameter.description}", "dim")]


def _row(node: Node, users: Mapping[str, str], glyphs: Glyphs, with_context: bool) -> list[Word]:
    word, style = ping_word(node.ping, glyphs)
    since = f" {age(node.last_ping)}" if not node.online and node.last_ping else ""
    user = f"  as {users[node.id]}" if users.get(node.id) else ""
    where: list[Word] = [(f"  {node.context}", "accent")] if with_context else []
    return [(f"{word}{since}  ", style), (node.name, "text"), *where, (f"{user}  {node.id}", "dim")]
