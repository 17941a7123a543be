"""Which contexts a start means, and how each is opened."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tui.cli._args import Common
from tui.contexts import ContextSpec, aws_context, has_aws, read_choice, read_context
from tui.errors import UsageError

if TYPE_CHECKING:
    from tui.ports import Transport


def named_contexts(
    common: Common, named: Mapping[str, ContextSpec], environ: Mapping[str, str] = os.environ
) -> tuple[ContextSpec, ...]:
    """Give the contexts that flags or SSM_TUI_CONTEXT name, () where they name none.

    Each profile is taken with each region; regions without a profile are those of AWS's own choice.
    Raises: UsageError for a name that means none, ConfigError where AWS's files can't be read.
    """
    found = [ContextSpec()] if common.local else []
    found += [read_context(word, named, environ) for word in common.contexts]
    for profile in common.profiles or (("",) if common.regions else ()):
        if profile:
            own = _profile(profile, environ)
        elif environ.get("AWS_PROFILE"):
            own = _profile(environ["AWS_PROFILE"], environ)
        else:
            own = aws_context("", environ.get("AWS_REGION", ""))
        found += [aws_context(own.profile, region) for region in common.regions or (own.region,)]
    return tuple({spec.name: spec for spec in found}.values())


def _profile(name: str, environ: Mapping[str, str]) -> ContextSpec:
    from tui.aws_profiles import broken_file, find_profile  # deferred: they read AWS's files

    found = find_profile(name, environ)
    if found is None and (fault := broken_file(environ)) is not None:
        raise fault
    if found is None:
        raise UsageError(f"No AWS profile is called {name}.", hint="aws configure list-profiles lists them.")
    return aws_context(found.name or name, found.region)


def contexts_at_start(
    common: Common, named: Mapping[str, ContextSpec], environ: Mapping[str, str] = os.environ
) -> tuple[ContextSpec, ...]:
    """Give the contexts that the console opens: as flags say, as chosen before, else the engine where there is no AWS.

    () means that the operator is asked. Raises: UsageError.
    """
    if common.names_contexts:
        return named_contexts(common, named, environ)
    chosen = read_choice(common.state)
    if chosen:
        return chosen
    return () if has_aws(environ) else (ContextSpec(),)


def contexts_of_verb(
    common: Common, named: Mapping[str, ContextSpec], environ: Mapping[str, str] = os.environ
) -> tuple[ContextSpec, ...]:
    """Give the contexts that a verb works in: as flags or SSM_TUI_CONTEXT say, else the engine.

    What was chosen in a console is no part of it: a script means the same tomorrow. Raises: UsageError.
    """
    return named_contexts(common, named, environ) if common.names_contexts else (ContextSpec(),)


async def connect_aws(spec: ContextSpec) -> Transport:
    """Open a context of AWS: nothing is asked of it yet."""
    from tui.transport.aws import AwsTransport  # deferred: the console on the engine needs none of it

    return await AwsTransport.open(spec.profile, spec.region, context=spec.name)
