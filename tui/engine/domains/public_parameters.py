"""Parameters that are not the account's own: public ones, and secrets of Secrets Manager by reference."""

from __future__ import annotations

from tui.engine import public_parameters, secret_references
from tui.engine.aws_caller import AwsCaller
from tui.engine.context import Services, on_start, on_stop
from tui.engine.parameter_sources import ParameterSources


@on_start
async def have_sources(services: Services) -> None:
    sources = services.part(ParameterSources)
    sources.register(public_parameters.PREFIX, public_parameters.PublicParameters())
    sources.register(secret_references.PREFIX, secret_references.SecretReferences(services))


@on_stop
async def leave_aws(services: Services) -> None:
    if AwsCaller in services.parts:
        services.part(AwsCaller).close()
