"""The form of a parameter's policies, with what they mean while one types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from tui.errors import SsmTuiError
from tui.ports import Ref
from tui.screens._base import ConsoleScreen
from tui.screens._form_dialog import FormDialog
from tui.screens._parameter_compared import put_lines
from tui.screens._parameter_writing import Written, one_plan, tell, write
from tui.screens._policy_words import as_typed, meaning, problems_of, read_policies
from tui.services.parameter_changes import ChangeKind, Wanted
from tui.services.parameter_models import Parameter, ParameterValue, Tier
from tui.services.parameters import Parameters
from tui.widgets.form_field import FormField
from tui.widgets.top_bar import Word


class PoliciesForm(FormDialog[Written]):
    """Asks when a parameter expires and what is told before, and puts the same value with these policies.

    `value` is the one that there is; a secret is read when the form is sent. A policy that no field can say is kept.
    """

    DEFAULT_CSS = """
    PoliciesForm > Vertical { width: 100; }
    """

    def __init__(
        self,
        service: Parameters,
        about: Parameter,
        value: ParameterValue,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._service, self._parameter, self._value, self._now = service, about, value, now
        typed, others = as_typed(about.policies)
        self._others = [policy.text for policy in others]
        text = "They are put with the value as it is, which makes a version."
        if others:
            text += f"\nKept as they are: {', '.join(policy.type or policy.text for policy in others)}."
        fields = [
            FormField(
                "expires", "expires", typed["expires"], placeholder="never", about="33d, 2026-12-24, 2026-12-24T09:00Z"
            ),
            FormField("notice", "notice before", typed["notice"], placeholder="none", about="15d, 12h, or both"),
            FormField("quiet", "unless it changes", typed["quiet"], placeholder="none", about="a notice after 20d"),
        ]
        super().__init__(f"Policies of {about.name}", fields, self._put, text, verb="put them")

    def problems(self, values: Mapping[str, str]) -> dict[str, str]:
        return problems_of(values, self._now(), more=len(self._others))

    def preview(self, values: Mapping[str, str]) -> Sequence[Sequence[Word]]:
        if self.problems(values):
            return ()
        now, about = self._now(), self._parameter
        wanted = self._wanted(values)
        change = one_plan(wanted, self._stand_in(), about).changes[0]
        if change.kind is ChangeKind.SAME:
            return [*meaning(read_policies(values, now), now), [("Nothing is changed: nothing will be sent.", "dim")]]
        lines = meaning(read_policies(values, now), now) or [[("it has no policies any more", "text")]]
        if wanted.tier is Tier.ADVANCED:
            lines.append([("it becomes Advanced, for good: that costs, and can't be taken back", "warn")])
        return [*lines, *put_lines(change, max(self.fields["expires"].size.width - 4, 40))]

    def place_of(self, error: SsmTuiError) -> str:
        text = str(error)
        places = {"notice": "ExpirationNotification", "quiet": "NoChangeNotification", "expires": "Expiration"}
        return next((key for key, word in places.items() if word in text), "")

    def _wanted(self, values: Mapping[str, str]) -> Wanted:
        about = self._parameter
        text = read_policies(values, self._now()).text(self._others)
        # Policies need the tier, and what has none any more stays where it is.
        raises = any(values.values()) and about.tier is not Tier.ADVANCED
        return Wanted(name=about.name, policies=text, tier=Tier.ADVANCED if raises else None)

    def _stand_in(self) -> ParameterValue:
        """Give the value with something in place of a secret that was not read, to plan with."""
        value = self._value
        return value if value.plain else replace(value, value="-", plain=True)

    async def _put(self, values: Mapping[str, str]) -> Written:
        base, about = self._value, self._parameter
        wanted = self._wanted(values)
        if not base.plain and one_plan(wanted, self._stand_in(), about).writes:
            base = await self._service.value(f"{about.name}:{base.version}", decrypt=True)
        return await write(self.app, self._service, wanted, base if base.plain else self._stand_in(), about)


async def edit_policies(screen: ConsoleScreen, ref: Ref) -> None:
    """Let a parameter's policies be changed."""
    service = screen.shell.services.of(Parameters, ref.context)
    about = await service.get(ref.id)
    value = await service.value(about.name)
    written = await screen.ask(PoliciesForm(service, about, value))
    if written is not None:
        tell(screen, ref, written)
