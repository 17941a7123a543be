"""Plans: what is to become of many parameters, checked and shown before anything is written."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tui.errors import UsageError
from tui.services._parameter_checks import (
    NO_POLICIES,
    SIZES,
    data_type_problems,
    pattern_problem,
    tier_of,
    tier_problems,
    value_problems,
)
from tui.services.parameter_changes import Change, ChangeKind, Plan, PlannedCall, Wanted
from tui.services.parameter_models import Parameter, ParameterType, ParameterValue, Tier
from tui.services.parameter_names import USUAL_ARN, folder_of, is_below, name_problem, relative_to

__all__ = [
    "Change",
    "ChangeKind",
    "Plan",
    "PlannedCall",
    "Wanted",
    "copy_plan",
    "delete_plan",
    "goes_by_default",
    "move_plan",
    "plan_of",
]


def plan_of(
    current: Mapping[str, ParameterValue],
    wanted: Sequence[Wanted],
    *,
    delete_others: bool = False,
    about: Mapping[str, Parameter] | None = None,
    default_tier: Tier = Tier.STANDARD,
) -> Plan:
    """Compare what there is, by path, with what is wanted; `delete_others` deletes what of it is not wanted.

    Secrets in `current` that are not plain can't be told from what is wanted, and are put again. `about` has what else
    is known of parameters, by path: without it tiers and patterns are not checked. `default_tier` is the account's.
    """
    about = about or {}
    prefix = _arn_prefix([*current.values(), *about.values()])
    times = Counter(one.path for one in wanted)
    changes = []
    for one in wanted:
        change = _change(one, current.get(one.path), about.get(one.path), prefix, default_tier)
        if times[one.path] > 1:
            twice = f"It is wanted {times[one.path]} times."
            change = replace(change, problems=(*change.problems, twice))
        changes.append(change)
    if delete_others:
        changes += delete_plan([value for path, value in sorted(current.items()) if path not in times]).changes
    return Plan(changes=tuple(changes))


def goes_by_default(plan: Plan) -> bool:
    """Whether a put of a plan says no tier, so that the account's default has a say in it."""
    return any(change.puts and change.after is not None and change.after.tier is None for change in plan.changes)


def delete_plan(values: Iterable[ParameterValue]) -> Plan:
    """Delete parameters, with their history."""
    return Plan(
        changes=tuple(
            Change(
                kind=ChangeKind.DELETE,
                path=value.id,
                before=value,
                notes=(_lost(value.version),),
            )
            for value in values
        )
    )


def copy_plan(
    values: Iterable[ParameterValue],
    source: str,
    target: str,
    *,
    about: Mapping[str, Parameter] | None = None,
    tags: Mapping[str, Mapping[str, str]] | None = None,
    current: Mapping[str, ParameterValue] | None = None,
    keep_keys: bool = True,
    default_tier: Tier = Tier.STANDARD,
) -> Plan:
    """Copy the parameters at and below `source` to the same places at and below `target`.

    `values` are plain; `about` and `tags`, by path, are what is kept of each beside its value; `current` and `about`
    have what stands at the target, too. `keep_keys` is False for another account or region, which has other keys;
    `default_tier` is the account's. Raises: UsageError where source and target are the same.
    """
    if folder_of(source) == folder_of(target):
        raise UsageError(f"{source} can't be copied to itself.", hint="Choose another target.")
    about, tags = about or {}, tags or {}
    unread: set[str] = set()
    wanted = []
    for value in values:
        path = f"{folder_of(target)}/{relative_to(value.id, source)}".rstrip("/")
        if not value.plain:
            unread.add(path)
        wanted.append(_copied(value, path, about.get(value.id), tags.get(value.id, {}), keep_keys=keep_keys))
    plan = plan_of(current or {}, wanted, about=about, default_tier=default_tier)
    said = "The secret was not read, so that it can't be written elsewhere: read it decrypted."
    return Plan(changes=tuple(replace(one, problems=(said,)) if one.path in unread else one for one in plan.changes))


def move_plan(
    values: Sequence[ParameterValue],
    source: str,
    target: str,
    *,
    about: Mapping[str, Parameter] | None = None,
    tags: Mapping[str, Mapping[str, str]] | None = None,
    current: Mapping[str, ParameterValue] | None = None,
    default_tier: Tier = Tier.STANDARD,
) -> Plan:
    """Copy as `copy_plan` does, then delete each source once its copy was looked at; all in one context.

    What was copied before by a move that was broken off is found to be the same, and its source is deleted.
    Raises: UsageError where one of source and target stands in the other.
    """
    if is_below(target, source) or folder_of(target) == folder_of(source):
        raise UsageError(
            f"{source} can't be moved into itself, to {target}.", hint="Copy it, or choose another target."
        )
    copies = copy_plan(values, source, target, about=about, tags=tags, current=current, default_tier=default_tier)
    sources = {value.id for value in values}
    overlap = next((one.path for one in copies.changes if one.path in sources), None)
    if overlap is not None:
        raise UsageError(
            f"{overlap} would be written and moved away at once.",
            hint="Move it to a third place first, and then there.",
        )
    deletes = (
        replace(delete, needs=copy.path)
        for delete, copy in zip(delete_plan(values).changes, copies.changes, strict=True)
    )
    return Plan(changes=(*copies.changes, *deletes))


def _copied(
    value: ParameterValue, path: str, about: Parameter | None, tags: Mapping[str, str], *, keep_keys: bool
) -> Wanted:
    tier = Tier.ADVANCED if len(value.value) > SIZES[Tier.STANDARD] and value.plain else None
    given = Wanted(name=path, value=value.value if value.plain else None, type=value.type, tier=tier, tags=tags)
    if about is None:
        return replace(given, data_type=value.data_type if value.data_type != "text" else None)
    policies = "[" + ",".join(policy.text for policy in about.policies) + "]"
    return replace(
        given,
        tier=about.tier if about.tier in SIZES else tier,
        description=about.description or None,
        key_id=(about.key_id or None) if keep_keys else None,
        allowed_pattern=about.allowed_pattern or None,
        data_type=value.data_type if value.data_type != "text" else None,
        policies=policies if about.policies else None,
    )


def _change(
    wanted: Wanted, before: ParameterValue | None, about: Parameter | None, arn_prefix: str, default_tier: Tier
) -> Change:
    if before is not None and _is_same(wanted, before, about):
        return Change(kind=ChangeKind.SAME, path=wanted.path, before=before, after=wanted, tier=_tier_now(about))
    new = before is None
    type = wanted.type or (before.type if before else ParameterType.STRING)
    value = wanted.value if wanted.value is not None else before.value if before and before.plain else None
    problems, notes = [], []
    if new and (said := name_problem(wanted.path, arn_prefix)):
        problems.append(said)
    if before is not None and type is not before.type:
        problems.append(
            f"It is a {before.type} and can't become a {type}: delete it and make it anew, without its history."
        )
    if before is not None and before.is_secret and not before.plain and wanted.value is not None:
        notes.append("The secret was not read: it may be what it is already.")
    if before is not None and wanted.tags:
        notes.append("It is there already: its own tags stay as they are.")
    policies = wanted.policies is not None and wanted.policies.strip() not in NO_POLICIES
    size = len(value or "")
    tier = tier_of(wanted.tier, default_tier, about, new=new, size=size, policies=policies)
    problems += tier_problems(tier, wanted.tier, _tier_now(about), size=size, policies=policies)
    if value is None:
        lacking = "It is new and has no value." if new else "Its secret has to be read before something else changes."
        problems.append(lacking)
    else:
        problems += value_problems(value)
        problems += data_type_problems(wanted.data_type or (before.data_type if before else ""), type, value)
        if tier is Tier.UNKNOWN and size > SIZES[Tier.STANDARD]:
            notes.append(f"It has {size:,} characters, which only the Advanced tier takes.")
        if pattern := wanted.allowed_pattern if wanted.allowed_pattern is not None else about and about.allowed_pattern:
            said, certain = pattern_problem(pattern, type, value)
            (problems if certain else notes).extend([said] if said else [])
    kind = ChangeKind.CREATE if new else ChangeKind.UPDATE
    return Change(
        kind=kind,
        path=wanted.path,
        before=before,
        after=wanted,
        tier=tier,
        problems=tuple(problems),
        notes=tuple(notes),
    )


def _is_same(wanted: Wanted, before: ParameterValue, about: Parameter | None) -> bool:
    """Whether a put would change nothing; what is not known of the parameter counts as another."""
    if wanted.value is not None and not (before.plain and wanted.value == before.value):
        return False
    if wanted.type is not None and wanted.type is not before.type:
        return False
    if wanted.data_type is not None and wanted.data_type != before.data_type:
        return False
    if wanted.tier is Tier.ADVANCED and _tier_now(about) is not Tier.ADVANCED:
        return False
    if wanted.tier is Tier.STANDARD and _tier_now(about) is Tier.ADVANCED:
        return False
    for member in ("description", "key_id", "allowed_pattern"):
        given = getattr(wanted, member)
        if given is not None and (about is None or given != getattr(about, member)):
            return False
    return wanted.policies is None or (about is not None and _same_policies(wanted.policies, about))


def _same_policies(text: str, about: Parameter) -> bool:
    try:
        given = [one for one in json.loads(text or "[]") if one]
        return bool(given == [json.loads(policy.text) for policy in about.policies])
    except (ValueError, TypeError):
        return False


def _tier_now(about: Parameter | None) -> Tier:
    return about.tier if about else Tier.UNKNOWN


def _arn_prefix(known: Iterable[ParameterValue | Parameter]) -> str:
    """Give what stands before a path in the ARNs of this account and region."""
    return next((one.arn.removesuffix(one.id) for one in known if one.arn.endswith(one.id)), USUAL_ARN)


def _lost(version: int) -> str:
    return (
        f"Its history of {version:,} versions and their labels go." if version > 1 else "Its labels go, if it has any."
    )
