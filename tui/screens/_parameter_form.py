"""The form that makes a parameter, changes one in place, or makes another one like it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from textual.binding import Binding
from textual.timer import Timer

from tui.errors import AccessDenied, SsmTuiError
from tui.ports import Ref
from tui.screens._base import ConsoleScreen, explain
from tui.screens._form_dialog import FormDialog
from tui.screens._parameter_compared import put_lines
from tui.screens._parameter_editor import edit_value
from tui.screens._parameter_fields import field_of, field_problems, fields_of, size_note, type_of, wanted_of
from tui.screens._parameter_reveal import SECONDS
from tui.screens._parameter_writing import Written, one_plan, read_about, tell, write
from tui.services.parameter_models import Parameter, ParameterType, ParameterValue, Tier, path_of
from tui.services.parameter_plans import Change, ChangeKind, Wanted
from tui.services.parameters import Parameters
from tui.services.service_settings import DefaultTier, ServiceSettings
from tui.widgets.cells import own
from tui.widgets.top_bar import Word

log = logging.getLogger(__name__)

IMAGE = "aws:ec2:image"
UNREAD = ("Its secret has to be read", "It is new and has no value.")
"""How a plan says that it does not know a value: one that is kept is read when the form is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a form begins with: it changes `about`, or makes what is called `name` at first, like `about`.

    `value` is that of `about`; `tags` are what a copy takes along, None where they can't be read.
    """

    about: Parameter | None = None
    value: ParameterValue | None = None
    name: str | None = None
    tags: Mapping[str, str] | None = field(default_factory=dict)

    @property
    def changed(self) -> Parameter | None:
        """The parameter that is changed; None where one is made."""
        return self.about if self.name is None else None

    @property
    def kept(self) -> str:
        """What an empty value stands for: a secret that was not read. "" where there is none."""
        if self.about is None or not self.about.is_secret:
            return ""
        return "as it is" if self.name is None else f"that of {self.about.name}"


class ParameterForm(FormDialog[Written]):
    """Asks for a parameter's value and what else it has, says what the put will be, and puts it; gives what it made.

    A secret that is there already is not read for it: where it stays, it is read when the form is sent.
    """

    DEFAULT_CSS = """
    ParameterForm > Vertical { width: 100; }
    """
    BINDINGS = [
        Binding("ctrl+g", "editor", "edit in $EDITOR", tooltip="Edit the value in $EDITOR", id="parameter.editor"),
        Binding("ctrl+r", "reveal", "reveal", tooltip="Show the secret for 10 s, or mask it", id="parameter.reveal"),
    ]

    def __init__(self, service: Parameters, start: Start, *, where: str = "") -> None:
        self._service, self._start = service, start
        self._shows: Timer | None = None
        self._default: DefaultTier | None = None
        self._planned: tuple[Mapping[str, str], Change] | None = None
        about = start.about
        title, verb = "A new parameter", "make it"
        if start.changed is not None:
            title, verb = f"{start.changed.name}   {start.changed.type} v{start.changed.version}", "put it"
        elif about is not None:
            title = f"Another parameter like {about.name}"
        fields = fields_of(about, start.value, name=start.name, kept=start.kept)
        super().__init__(f"{title} in {where}" if where else title, fields, self._put, verb=verb)
        if start.name is not None and about is not None:
            self._told.add("name")  # a copy needs another name than it opens with
        self._keys = own(f"ctrl+s {verb}   ctrl+g value in $EDITOR   ctrl+r reveal   tab next   esc leave it")

    def on_mount(self) -> None:
        super().on_mount()
        self.watch(self.app, "app_focus", self._focus_changed, init=False)
        self.run_worker(self._learn_default(), exit_on_error=False, group="default")

    async def _learn_default(self) -> None:
        """Plan with the account's default tier once it is known; one types meanwhile."""
        try:
            await self._default_tier()
        except SsmTuiError as error:
            log.info("the account's default tier could not be read: %s", error)
            return
        self._planned = None
        if self.is_attached:
            self._show()

    async def _default_tier(self) -> Tier:
        if self._default is None:
            self._default = await ServiceSettings.beside(self._service).default_tier()
        return self._default.tier

    def _focus_changed(self, focused: bool) -> None:
        if not focused and self._shows is not None:
            self.action_reveal()

    # what the fields come to

    @property
    def values(self) -> dict[str, str]:
        # A value is taken as it was typed, with the blanks at its ends.
        return super().values | {"value": self.fields["value"].text}

    def _keeps(self, values: Mapping[str, str]) -> bool:
        """Whether the secret that is there, and was not read, is what is put."""
        secret = type_of(values, self._start.about) is ParameterType.SECURE_STRING
        return bool(self._start.kept) and secret and not values["value"]

    def _wanted(self, values: Mapping[str, str]) -> Wanted:
        start, about = self._start, self._start.about
        if start.changed is not None:
            return wanted_of(values, start.changed.name, start.changed, start.value)
        made = wanted_of(values, path_of(values["name"]), None, None)
        if self._keeps(values):
            made = replace(made, value=None)
        if about is None or not about.policies:
            return replace(made, tags=start.tags or {})
        policies = f"[{','.join(policy.text for policy in about.policies)}]"
        return replace(made, tags=start.tags or {}, policies=policies)

    def _change(self, values: Mapping[str, str]) -> Change:
        """Plan the put; once for the same values, because a pattern may take its time."""
        if self._planned is not None and self._planned[0] == values:
            return self._planned[1]
        base = self._start.value if self._start.changed is not None else None
        tier = self._default.tier if self._default is not None else Tier.UNKNOWN
        (change,) = one_plan(self._wanted(values), base, self._start.about, tier).changes
        self._planned = dict(values), change
        return change

    def problems(self, values: Mapping[str, str]) -> dict[str, str]:
        start = self._start
        found = field_problems(values, start.changed)
        if start.name is not None and start.about is not None and path_of(values["name"]) == start.about.id:
            found["name"] = "That is the parameter itself: give this one another name."
        if not _CHOSEN & found.keys():
            for said in self._change(values).problems:
                if not (self._keeps(values) and said.startswith(UNREAD)):
                    place = field_of(said)
                    found.setdefault(place if place in self.fields else "value", said)
        return found

    def preview(self, values: Mapping[str, str]) -> Sequence[Sequence[Word]]:
        text, kind = self.fields["value"], type_of(values, self._start.about)
        secret = kind is ParameterType.SECURE_STRING
        text.secret = secret and self._shows is None
        text.set_placeholder(self._start.kept if secret else "")
        if _CHOSEN & field_problems(values, self._start.changed).keys():
            return ()
        change = self._change(values)
        listed = kind is ParameterType.STRING_LIST
        text.set_note(size_note(values["value"], change.tier, listed=listed) if values["value"] else "")
        lines: list[list[Word]] = []
        if not secret and (count := values["value"].count("\n")):
            lines.append([(f"the value has {count + 1:,} lines, which ctrl+g opens in $EDITOR", "dim")])
        if change.kind is ChangeKind.SAME:
            return [*lines, [("Nothing is changed: nothing will be sent.", "dim")]]
        return [*lines, *self._outcome(change, keeps=self._keeps(values))]

    def _outcome(self, change: Change, *, keeps: bool) -> list[list[Word]]:
        """Say what the put will be and make, with the exact request."""
        start, about = self._start, self._start.about
        more: list[list[Word]] = []
        if keeps:
            more.append([("its secret is read when this is sent, and put again", "dim")])
            if change.after is not None and change.request is None:
                change = replace(change, after=replace(change.after, value="-", type=ParameterType.SECURE_STRING))
        by_default = change.kind is ChangeKind.CREATE and change.after is not None and change.after.tier is None
        if by_default and self._default is not None and self._default.untold:
            more.append([(self._default.untold, "dim")])
        if change.after is not None and change.after.data_type == IMAGE:
            more.append([("AWS looks at the image after it is put: what it refuses then, an event tells", "dim")])
        if start.changed is not None and change.tier is Tier.ADVANCED and start.changed.tier is not Tier.ADVANCED:
            more.append([("it becomes Advanced, for good: that costs, and can't be taken back", "warn")])
        if start.name is not None and about is not None:
            if start.tags is None:
                more.append([("its tags can't be read, and are not copied", "warn")])
            if about.policies:
                more.append([(f"its policies are copied too: {', '.join(one.type for one in about.policies)}", "text")])
        width = max(self.fields["value"].size.width - 4, 40)
        head, *request = put_lines(change, width)
        return [head, *more, *request]

    # sending

    async def _put(self, values: Mapping[str, str]) -> Written:
        start, wanted = self._start, self._wanted(values)
        base = start.value if start.changed is not None else None
        if self._keeps(values) and start.about is not None and not self._is_same(values):
            version = start.value.version if start.value is not None else start.about.version
            read = await self._service.value(f"{start.about.name}:{version}", decrypt=True)
            if start.changed is not None:
                base = read
            else:
                wanted = replace(wanted, value=read.value)
        return await write(self.app, self._service, wanted, base, start.about, await self._default_tier())

    def _is_same(self, values: Mapping[str, str]) -> bool:
        return self._change(values).kind is ChangeKind.SAME

    def place_of(self, error: SsmTuiError) -> str:
        place = field_of(str(error))
        return place if place in self.fields else ""

    # the value

    def action_reveal(self) -> None:
        if self._shows is not None:
            self._shows.stop()
            self._shows = None
        elif type_of(self.values, self._start.about) is ParameterType.SECURE_STRING:
            self._shows = self.set_timer(SECONDS, self.action_reveal)
        self._show()

    def action_editor(self) -> None:
        self.run_worker(self._edit(), exit_on_error=False, group="editor", exclusive=True)

    async def _edit(self) -> None:
        text, about = self.fields["value"], self._start.about
        values = self.values
        secret = type_of(values, about) is ParameterType.SECURE_STRING
        try:
            before = text.text
            if self._keeps(values) and about is not None:
                before = (await self._service.value(f"{about.name}:{about.version}", decrypt=True)).value
            after = await edit_value(self.app, before, values.get("name") or (about.id if about else ""), secret=secret)
        except SsmTuiError as error:
            self.say(" ".join(explain(error, "")))
            return
        if after is not None:
            text.set_text(after)
            self.say("")
        self._show()


async def new_parameter(screen: ConsoleScreen, context: str, folder: str = "/") -> None:
    """Make a parameter; its name begins with the folder that one looks at."""
    service = screen.shell.services.of(Parameters, context)
    where = context if len(screen.shell.services.contexts) > 1 else ""
    form = ParameterForm(service, Start(name=f"/{folder.strip('/')}/" if folder.strip("/") else "/"), where=where)
    await _ask(screen, context, form)


async def edit_parameter(screen: ConsoleScreen, ref: Ref) -> None:
    """Change a parameter in place."""
    service = screen.shell.services.of(Parameters, ref.context)
    about, value = await asyncio.gather(read_about(service, ref.id), service.value(ref.id))
    await _ask(screen, ref.context, ParameterForm(service, Start(about=about, value=value)))


async def copy_parameter(screen: ConsoleScreen, ref: Ref) -> None:
    """Make another parameter like one that there is, with its tags and policies."""
    service = screen.shell.services.of(Parameters, ref.context)
    tags: dict[str, str] | None
    about, value = await asyncio.gather(read_about(service, ref.id), service.value(ref.id))
    try:
        tags = {key: text for key, text in (await service.tags(ref.id)).items() if not key.lower().startswith("aws:")}
    except AccessDenied:
        tags = None
    start = Start(about=about, value=value, name=about.name, tags=tags)
    await _ask(screen, ref.context, ParameterForm(service, start))


async def _ask(screen: ConsoleScreen, context: str, form: ParameterForm) -> None:
    """Open the form and tell what came of it."""
    written = await screen.ask(form)
    if written is not None:
        tell(screen, Ref(context, written.path), written)


_CHOSEN = {"type", "tier", "data_type"}
"""Fields without which nothing can be planned."""
