"""One of every window that changes a parameter, for tests that look at all windows."""

from __future__ import annotations

from typing import Any

from textual.screen import ModalScreen

from tests.app.fake_transport import FakeTransport
from tui.ports import Ref
from tui.screens._parameter_compared import ConfirmPut
from tui.screens._parameter_conflict import ConflictDialog, OvertakenDialog
from tui.screens._parameter_form import ParameterForm, Start
from tui.screens._parameter_labels import LabelsForm
from tui.screens._parameter_policies_form import PoliciesForm
from tui.screens._parameter_tags import ParameterTagsForm
from tui.screens._parameter_writing import one_plan
from tui.services.parameter_changes import Wanted
from tui.services.parameter_models import Parameter, ParameterValue, ParameterVersion
from tui.services.parameter_reports import Conflict, Overtaken
from tui.services.parameters import Parameters

SHAPE = {"Name": "/app", "Type": "SecureString", "Version": 1, "Value": "hush"}


def parameter_windows(transport: FakeTransport) -> list[ModalScreen[Any]]:
    service = Parameters(transport)
    about, version = Parameter.from_api(SHAPE, "local"), ParameterVersion.from_api(SHAPE, "local", decrypted=True)
    value = ParameterValue.from_api(SHAPE, "local", decrypted=True)
    wanted = Wanted(name="/app", value="other")
    (change,) = one_plan(wanted, value, about).changes
    return [
        ParameterForm(service, Start(about=about, value=value)),
        PoliciesForm(service, about, value),
        LabelsForm(service, version, [version]),
        ParameterTagsForm({"local": service}, {Ref("local", "/app"): {}}, 0),
        ConfirmPut("Put /app?", change, again=True),
        ConflictDialog(service, Conflict(path="/app", base=value, theirs=value, yours=wanted), about),
        OvertakenDialog(service, Overtaken(path="/app", base=value, theirs=value, yours=wanted, version=3)),
    ]
