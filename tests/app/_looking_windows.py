"""One of every window that looks further than a list of parameters, for tests that look at all windows."""

from __future__ import annotations

from typing import Any

from textual.screen import ModalScreen

from tests.app.fake_transport import FakeTransport
from tui.screens._compare_form import SidesForm
from tui.screens._compare_value import PairDiff
from tui.screens._find_form import FindForm
from tui.screens._parameter_uses_window import UsesWindow
from tui.services import Services
from tui.services.documents import Documents
from tui.services.parameter_models import ParameterValue
from tui.services.parameter_uses import ParameterUses
from tui.theming import UNICODE

SHAPE = {"Name": "/app", "Type": "SecureString", "Version": 1, "Value": "hush"}


def looking_windows(transport: FakeTransport) -> list[ModalScreen[Any]]:
    services: Any = Services([transport])
    value = ParameterValue.from_api(SHAPE, "local")

    async def plain() -> tuple[str | None, str | None]:
        return "one", "other"

    return [
        SidesForm(services, "/app"),
        FindForm({}),
        PairDiff("db/host", ("/app", "/web"), (value, None), plain, UNICODE),
        UsesWindow("/app", ParameterUses(transport), Documents(transport), UNICODE, paths=["/app"]),
    ]
