"""Run: one screen that says what will be run, on which nodes, as which request, before it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget

from tui.errors import SsmTuiError
from tui.screens._base import COPY, changing, explain
from tui.screens._run_form import LIMITS, SHELL, RunForm, texts_of
from tui.screens._run_groups import TARGETS
from tui.screens._run_nodes import TargetNodes
from tui.screens._run_panes import PARAMETER, NodesPane, ParameterFields, RequestPane, RunState, counted
from tui.screens._run_sending import describe, last_like, send_all
from tui.services.api_calls import aws_cli_line
from tui.services.commands import Command, Commands
from tui.services.documents import Document, Documents
from tui.services.nodes import Node, Nodes
from tui.services.targets import Directory, Trouble, join_words, split_words
from tui.widgets.cells import own
from tui.widgets.form_field import FormField
from tui.widgets.text_field import TextField

USERS = 20
"""Nodes of which it is asked as whom commands run there."""
SOON, PATIENCE = 0.2, 0.6  # seconds until the next screen may be made, and until a slow sending is said


class RunScreen(TargetNodes):
    """The launcher; its argument is target ids, a document's name or target words, or a mapping of what to fill in.

    The mapping's keys: `document`, `targets` (a line of words), `nodes` (ids), `parameters` as the API carries them,
    and `at_once`, `errors`, `timeout`, `comment`.
    """

    NOUN, TITLE = "run", "Run"
    FILTERS = False
    EMPTY = (
        "No nodes to run anything on.",
        "This machine registers itself when the engine starts; esc, then R looks again.",
    )
    AGAIN = "Esc, then R tries again."  # in the form R is a letter
    STATES_IN_TABLE = True  # one can type before the nodes are known: the form stays in every state
    DEFAULT_CSS = """
    RunScreen > Horizontal { height: 1fr; }
    RunScreen.-short > RunState { height: 1; }
    RunScreen #run-form { width: 3fr; padding: 1 1 0 0; scrollbar-size-vertical: 1; }
    RunScreen #run-side { width: 2fr; border-left: solid $panel; }
    RunScreen TextField { margin: 0 1 0 19; }
    RunScreen.-narrow > Horizontal { layout: vertical; }
    RunScreen.-narrow #run-form { width: 1fr; height: auto; max-height: 70%; padding: 0 1 0 0; }
    RunScreen.-narrow #run-side { width: 1fr; height: 1fr; border-left: none; border-top: solid $panel; }
    RunScreen.-narrow RequestPane { max-height: 3; }
    RunScreen.-narrow TextField { max-height: 4; }
    RunScreen.-tiny TextField { margin: 0 1 0 2; }
    RunScreen.-short #run-side { display: none; }
    RunScreen.-short #run-form { max-height: 100%; }
    RunScreen.-short TextField { min-height: 1; }
    """
    BINDINGS = [
        Binding("ctrl+s,ctrl+j,f5", "send", "send", tooltip="Send the command to the nodes", id="run.send"),
        Binding("enter", "enter_form", "edit", tooltip="Go back to the command", id="run.enter"),
        COPY,
    ]

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self.pane = RunState(self.LOADING)
        self.form = RunForm()
        self._chosen_of: tuple[str, Directory] | None = None
        self._node_ids: list[str] = []
        self._last: Command | None = None
        self._line = ""
        self._told: set[str] = set()
        self.is_sending = False
        self._fault = ""
        self._users: dict[str, str] = {}
        self._documents: dict[str, None] = {}
        self._recent: dict[str, list[Command]] = {}
        self._fill(argument)
        self.fields = {
            "targets": FormField("targets", "targets", self._line, placeholder="this machine", about=TARGETS),
            "document": FormField("document", "document", self.form.document, about="down lists them"),
        }
        for key, label, usual, about in LIMITS:
            text = self.form.limits.get(key, "")
            self.fields[key] = FormField(key, label, text, placeholder=usual, about=about)
        self.parameters = ParameterFields()
        self.nodes = NodesPane()
        self.request = RequestPane()

    # what it is opened with

    def _fill(self, argument: Any) -> None:
        if isinstance(argument, str):
            words = split_words(argument)
            if words and words[0].startswith("AWS-"):
                self.form.document, words = words[0], words[1:]
            self._line = join_words(words)
        elif isinstance(argument, Mapping):
            self.form.document = argument.get("document") or SHELL
            self.form.texts = texts_of(argument.get("parameters") or {})
            self.form.limits = {key: str(argument[key]) for key, *_ in LIMITS if argument.get(key)}
            self._line = argument.get("targets") or ""
            self._node_ids = [str(id) for id in argument.get("nodes") or ()]
        elif isinstance(argument, Iterable):
            self._node_ids = [getattr(item, "id", None) or str(item) for item in argument]
        if self._node_ids and not self._line:
            self._line = join_words(self._node_ids)

    def save_state(self) -> dict[str, Any]:
        return {
            "document": self.form.document,
            "texts": dict(self.form.texts),
            "limits": dict(self.form.limits),
            "targets": self._line,
        }

    def restore_state(self, state: Mapping[str, Any]) -> None:
        self.form.document = state.get("document") or SHELL
        self.form.texts, self.form.limits = dict(state.get("texts") or {}), dict(state.get("limits") or {})
        self._line = state.get("targets") or ""
        self._node_ids = []
        self.fields["targets"].set_text(self._line)
        self.fields["document"].set_text(self.form.document)
        for key, *_ in LIMITS:
            self.fields[key].set_text(self.form.limits.get(key, ""))
        for field in self.query(TextField):
            field.set_text(self.form.texts.get(field.key.removeprefix(PARAMETER), ""))

    def set_phase(self, phase: str, headline: str = "", text: str = "") -> None:
        super().set_phase(phase, headline, text)
        self.pane.set_class(phase in ("empty", "error"), "-shown")

    def crumb(self) -> str:
        return f"{self.TITLE} {self.form.document}" if self.form.document != SHELL else self.TITLE

    # the widgets

    def compose_body(self) -> ComposeResult:
        yield self.pane
        with Horizontal():
            with VerticalScroll(id="run-form", can_focus=False):
                yield self.fields["targets"]
                yield self.fields["document"]
                with self.parameters:
                    yield from self.parameters.made_for(self.form.asked, self.form.texts)
                yield from (self.fields[key] for key, *_ in LIMITS)
            with Vertical(id="run-side"):
                yield self.nodes
                yield self.request

    def on_mount(self) -> None:
        # The engine may have said what the document asks for while the first fields were on their way.
        self.run_worker(self._fit_fields(), exit_on_error=False)

    def focus_body(self) -> None:
        """Give the keys to the first parameter: the targets are seen, the command is what is missing."""
        (*self.parameters.fields, self.fields["document"])[0].focus()

    # data

    def begin(self) -> None:
        services, who = self.shell.services, {"looker": self.NOUN}
        self.follow_nodes()
        for documents, commands in zip(services.each(Documents), services.each(Commands), strict=True):
            self._follow_context(documents, commands, who)
        self._describe()

    def _follow_context(self, documents: Documents, commands: Commands, who: Mapping[str, str]) -> None:
        feeds, context = self.shell.services.feeds, documents.context

        async def named() -> list[Document]:
            return [one async for page in documents.list() for one in page if one.type in ("Command", "")]

        async def recent() -> list[Command]:
            return [one async for page in commands.list(limit=50) for one in page]

        def show_commands(found: list[Command]) -> int:
            self._recent[context] = found
            return self.show_commands([one for of_it in self._recent.values() for one in of_it])

        feed = feeds.feed(context, "ListDocuments", who, named, every=60)
        self.follow(feed, self.show_documents, main=False)
        self.follow(feeds.feed(context, "ListCommands", who, recent), show_commands, main=False)

    def show_nodes(self, nodes: Sequence[Node]) -> int:
        self._list_nodes(nodes)
        if self._node_ids:
            # Ids that were handed over are written as one would say them, as soon as their names are known.
            words = [self._directory.word_for(id) for id in self._node_ids]
            self._line = join_words(words)
            self.fields["targets"].set_text(self._line)
            if all(feed.value is not None or feed.error is not None for feed in self._mains.values()):
                self._node_ids = []
        self._show_all()
        return len(nodes)

    def show_documents(self, documents: Sequence[Document]) -> int:
        self._documents |= {document.name: None for document in documents}
        names = [*self._documents]
        self.fields["document"].set_choices(names)
        self.shell.see("run", {name: f"run {name}" for name in names})
        words = split_words(self._line)
        if isinstance(self.argument, str) and words and words[0] in names and self._line == self.argument.strip():
            self._line = join_words(words[1:])
            self.fields["targets"].set_text(self._line)
            self._use_document(words[0])
        return len(names)

    def show_commands(self, commands: Sequence[Command]) -> int:
        self._last = last_like([*commands], self.form.document)
        self._show_nodes_pane()
        return len(commands)

    def _use_document(self, name: str) -> None:
        self.form.document, self.form.known, self._last, self._fault = name, None, None, ""
        if name and self.fields["document"].text != name:
            self.fields["document"].set_text(name)
        self._describe()
        self.update_bars()

    def _describe(self) -> None:
        if self.form.document:
            self.run_worker(self._ask_document(), group="document", exclusive=True, exit_on_error=False)

    async def _ask_document(self) -> None:
        services = self.shell.services
        contexts = dict.fromkeys([*self.form.chosen.contexts, *services.contexts])
        try:
            details = await describe(services, contexts, self.form.document)
        except SsmTuiError as error:
            self._fault = explain(error)[0]
            self._show_all()
            return
        self._fault, self.form.known = "", details.parameters
        self.fields["document"].set_note(details.description)
        await self._fit_fields()

    async def _fit_fields(self) -> None:
        if self.parameters.is_attached:
            in_parameters = getattr(self.focused, "key", "").startswith(PARAMETER)
            kept = await self.parameters.fit(self.form.asked, self.form.texts)
            if in_parameters and not kept:
                self.focus_body()
            self._show_all()

    async def _ask_users(self, nodes: Sequence[Node]) -> None:
        self._users |= {node.id: "" for node in nodes}
        silent = set()
        for node in nodes:
            try:
                if node.context not in silent:
                    details = await self.shell.services.of(Nodes, node.context).details(node.id)
                    self._users[node.id] = details.effective_user
            except SsmTuiError:
                silent.add(node.context)  # AWS does not say it
        self._show_nodes_pane()

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        # Sending goes to the command at once: its screen is made while one types.
        self.set_timer(SOON, self._prepare)

    def _prepare(self) -> None:
        if self.is_current:
            self.shell.prepare("command")

    # what one types

    def on_form_field_changed(self, event: FormField.Changed) -> None:
        key = event.field.key
        if key == "targets":
            self._line, self._node_ids = event.text, []
        elif key == "document":
            # A part of a name is no document: nothing can be sent until one is chosen.
            self._use_document(event.text if event.text in event.field.choices or not event.field.choices else "")
        elif key.startswith(PARAMETER):
            self.form.texts[key.removeprefix(PARAMETER)] = event.text
        else:
            self.form.limits[key] = event.text.strip()
        self._told.discard(key)
        self._show_all()

    def on_text_field_edited(self, event: TextField.Edited) -> None:
        self.form.texts[event.field.key.removeprefix(PARAMETER)] = event.text
        self._told.discard(event.field.key)
        self._show_all()

    def on_form_field_submitted(self, event: FormField.Submitted) -> None:
        self.focus_next()

    def on_text_field_submitted(self, event: TextField.Submitted) -> None:
        self.call_later(self.run_action, "send")

    # what shows

    def _show_all(self) -> None:
        if not self.is_mounted:
            return
        if self._chosen_of != (self._line, self._directory):
            # Thousands of names take a while to be read: not at every key of the command.
            self._chosen_of = self._line, self._directory
            self._look_up_new()
            self.form.chosen = self._directory.choose(split_words(self._line))
        problems = self.form.problems() if self._nodes_known else {}
        for field in self.query(FormField):
            problem = problems.get(field.key, "")
            # What is still missing is said when one tries to send; what is wrong is said at once.
            silent = field.key.startswith(PARAMETER) and field.key not in self._told
            fault = self._fault if field.key == "document" else ""
            field.problem = "" if silent else problem or fault
        for area in self.query(TextField):
            area.set_class(area.key in problems and area.key in self._told, "-wrong")
        self._show_count()
        self._show_nodes_pane()
        self._show_request(problems)

    def _show_count(self) -> None:
        chosen = self.form.chosen
        count, off = len(chosen.nodes), len(chosen.offline)
        text = counted(count) + (f", {off} offline" if off else "")
        self.fields["targets"].set_note(text if self._nodes_known else "", "warn" if off or not count else "good")

    def _show_nodes_pane(self) -> None:
        if not self._nodes_known:
            self.nodes.show([[("nodes: loading…", "dim")]])
            return
        names = {node.id: node.name for node in self._directory.nodes}
        self.nodes.tell(self.form, self._last, names, self._users, self.shell.glyphs)
        unknown = [node for node in self.form.chosen.nodes[:USERS] if node.id not in self._users]
        if unknown and self.shell.is_connected:
            self.run_worker(self._ask_users(unknown), group="users", exit_on_error=False)

    def _show_request(self, problems: Mapping[str, str]) -> None:
        missing = [text for key, text in problems.items() if key in self._told or not key.startswith(PARAMETER)]
        self.request.tell(self.copies()["the aws line"], self.form.split(), missing[0] if missing else self._fault)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < 60, "-tiny")
        self.call_after_refresh(self._show_all)

    def copies(self) -> dict[str, str]:
        for context, request in self.form.by_context():
            line = aws_cli_line("ssm", "SendCommand", request.params(), flags=self.shell.flags_of(context))
            break
        else:
            line = "aws ssm send-command"
        return {"the aws line": line, "the target ids": " ".join(self.form.chosen.ids)}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "filter" or (action == "enter_form" and isinstance(self.focused, (FormField, TextField))):
            return False
        return super().check_action(action, parameters)

    def refusal(self, action: str) -> str:
        if action == "send" and self.is_sending:
            return "it is being sent"
        return ""

    def action_leave(self) -> None:
        if isinstance(self.focused, (FormField, TextField)):
            self.nodes.focus()
        else:
            self.shell.back_up()

    def action_enter_form(self) -> None:
        self.focus_body()

    @changing
    def action_send(self) -> None:
        problems = self.form.problems() | ({"document": self._fault} if self._fault else {})
        if problems:
            self._told |= set(problems)
            self._show_all()
        if not self._nodes_known:
            waits = next((one.text for one in self.form.chosen.problems if one.trouble is Trouble.LOADING), "")
            self.shell.notice(f"Not sent: {waits}", "warn")
        elif problems:
            key, text = next(iter(problems.items()))
            self.shell.notice(f"Not sent: {text}", "warn")
            for field in self.query("FormField, TextField").results(Widget):
                if getattr(field, "key", "") == key:
                    field.focus()
        else:
            self.is_sending = True
            self.set_timer(PATIENCE, self._say_sending)
            self.do(send_all(self))

    def _say_sending(self) -> None:
        if self.is_sending:
            self.shell.notice(own("Sending…"))
