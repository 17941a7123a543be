"""What an action on parameters is about, and all of it read: some parameters, or whole subtrees with their progress."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from tui.errors import AccessDenied
from tui.ports import Ref
from tui.services.parameter_changes import Change, ChangeKind, Plan
from tui.services.parameter_models import Parameter, ParameterValue
from tui.services.parameter_names import folder_of, relative_to
from tui.services.parameter_plans import copy_plan, goes_by_default, plan_of
from tui.services.parameters import Parameters
from tui.services.service_settings import DefaultTier, ServiceSettings

Progress = Callable[[str], None]
NAMES = 50
"""Names that DescribeParameters's filter takes."""
ASKED = 8
"""Parameters whose tags are asked for at the same time: no call tells those of many."""
READS = "Reading what is there"


@dataclass(frozen=True, slots=True)
class Picked:
    """Parameters of one context by path, and folders with all that is below them; `root` is what they stand below.

    Of one parameter the root is its own path. `hidden` are the marked ones that a filter hides.
    """

    context: str
    root: str
    names: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    @property
    def is_one(self) -> bool:
        """Whether it is one parameter alone."""
        return len(self.names) == 1 and not self.folders

    @property
    def within(self) -> str:
        """The folder that all of it stands in; of one whole folder that itself."""
        return common_root(self.names) if self.is_one else self.root

    @property
    def words(self) -> str:
        """Say what it is: a path, a folder's, or how many."""
        if self.is_one:
            return self.names[0]
        if not self.names and len(self.folders) == 1:
            return f"all of {self.folders[0]}"
        parts = [f"{len(self.names):,} parameters"] if self.names else []
        parts += [f"all of {folder}" for folder in self.folders]
        return " and ".join(parts)


def common_root(paths: Iterable[str]) -> str:
    """Give the deepest folder that has all of these paths."""
    levels = [path.strip("/").split("/")[:-1] for path in paths]
    shared: list[str] = []
    for step in zip(*levels, strict=False):
        if len(set(step)) > 1:
            break
        shared.append(step[0])
    return "/" + "/".join(shared)


@dataclass(slots=True)
class Subtree:
    """Parameters that were read, by path; `untold` says of what could not be read why."""

    values: dict[str, ParameterValue] = field(default_factory=dict)
    about: dict[str, Parameter] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    untold: list[str] = field(default_factory=list)
    default: DefaultTier = field(default_factory=DefaultTier)
    """The tier of what is put there without one."""

    def notes(self, plan: Plan) -> list[str]:
        """Say what is not known of it that a plan goes by."""
        return [*self.untold, self.default.untold] if self.default.untold and goes_by_default(plan) else self.untold

    @property
    def paths(self) -> list[str]:
        return sorted(self.values)

    @property
    def in_order(self) -> list[ParameterValue]:
        return [self.values[path] for path in self.paths]


async def read_picked(
    service: Parameters,
    picked: Picked,
    progress: Progress,
    *,
    decrypt: bool,
    about: bool = True,
    tags: bool = False,
    default: bool = True,
) -> Subtree:
    """Read what is picked, and the default tier where something may be put there beside what is `about` it.

    Raises: SsmTuiError; where only descriptions or tags are denied, that is told instead.
    """
    found = Subtree()
    for folder in picked.folders:
        async for page in service.below(folder, decrypt=decrypt):
            found.values |= {value.id: value for value in page}
            progress(f"{len(found.values):,} values read")
    own_names = [folder for folder in picked.folders if folder_of(folder)]
    await _read_names(service, [*picked.names, *own_names], found, progress, decrypt=decrypt)
    if about:
        await _read_about(service, picked, found, progress)
    if about and default:
        found.default = await ServiceSettings.beside(service).default_tier()
    if tags:
        await read_tags(service, found, progress)
    return found


async def read_named(service: Parameters, names: Sequence[str], progress: Progress, *, decrypt: bool = True) -> Subtree:
    """Read parameters by their names, those that there are, with what else is known of them."""
    found = Subtree()
    await _read_names(service, names, found, progress, decrypt=decrypt)
    await _read_about(service, Picked(service.context, "/", tuple(found.values)), found, progress)
    found.default = await ServiceSettings.beside(service).default_tier()
    return found


async def _read_names(
    service: Parameters, names: Sequence[str], found: Subtree, progress: Progress, *, decrypt: bool
) -> None:
    for start in range(0, len(names), NAMES):
        values, _ = await service.values(names[start : start + NAMES], decrypt=decrypt)
        found.values |= {value.id: value for value in values}
        progress(f"{len(found.values):,} values read")


async def _read_about(service: Parameters, picked: Picked, found: Subtree, progress: Progress) -> None:
    filters = [
        [{"Key": "Path", "Option": "Recursive", "Values": [folder]}] if folder_of(folder) else []
        for folder in picked.folders
    ]
    names = [*picked.names, *(folder for folder in picked.folders if folder in found.values)]
    for start in range(0, len(names), NAMES):
        filters.append([{"Key": "Name", "Option": "Equals", "Values": names[start : start + NAMES]}])
    try:
        for wanted in filters:
            async for page in service.describe(wanted):
                found.about |= {one.id: one for one in page}
                progress(f"{len(found.about):,} of {len(found.values):,} descriptions read")
    except AccessDenied as error:
        found.untold.append(
            f"{error.action or 'ssm:DescribeParameters'} is missing: tiers, patterns, policies and keys are not known."
        )


async def read_tags(service: Parameters, found: Subtree, progress: Progress) -> None:
    turns, done = asyncio.Semaphore(ASKED), 0

    async def ask(path: str) -> None:
        nonlocal done
        async with turns:
            tags = await service.tags(found.values[path].name)
        if tags:
            found.tags[path] = tags
        done += 1
        progress(f"the tags of {done:,} of {len(found.values):,} read")

    tasks = [asyncio.ensure_future(ask(path)) for path in found.values]
    try:
        await asyncio.gather(*tasks)
    except AccessDenied as error:
        found.untold.append(f"{error.action or 'ssm:ListTagsForResource'} is missing: tags are not copied.")
    finally:
        for task in tasks:
            task.cancel()


def placed(path: str, root: str, target: str) -> str:
    """Give where a parameter stands when what is at `root` stands at `target`."""
    return f"{folder_of(target)}/{relative_to(path, root)}".rstrip("/")


def copy_elsewhere(source: Subtree, root: str, target: str, there: Subtree) -> Plan:
    """Plan a copy into another context; its own keys encrypt what is secret there."""
    # What is known is told apart by paths alone, and both contexts may have the same ones.
    taken = {path.split("/")[1] for paths in (source.values, there.values, there.about) for path in paths}
    apart = "elsewhere"
    while apart in taken:
        apart += "_"
    apart = f"/{apart}"
    values = [replace(one, ref=Ref(one.context, apart + one.id)) for one in source.in_order]
    about = {apart + path: one for path, one in source.about.items()}
    return copy_plan(
        values,
        apart + folder_of(root),
        target,
        about={**there.about, **about},
        tags={apart + path: tags for path, tags in source.tags.items()},
        current=there.values,
        keep_keys=False,
        default_tier=there.default.tier,
    )


async def plan_again(service: Parameters, undone: Sequence[Change]) -> Plan:
    """Plan what was not done once more, of what is there now. Raises: SsmTuiError."""
    found = await read_named(service, [change.name for change in undone], lambda _: None)
    puts = [change.after for change in undone if change.after is not None and change.kind is not ChangeKind.DELETE]
    plan = await asyncio.to_thread(plan_of, found.values, puts, about=found.about, default_tier=found.default.tier)
    deletes = []
    for change in undone:
        now = found.values.get(change.path)
        if change.kind is not ChangeKind.DELETE or now is None:
            continue
        problems: tuple[str, ...] = ()
        if change.needs and change.before is not None and change.before.version != now.version:
            problems = ("It was changed since its copy was made, which has the value from before: move it anew.",)
        deletes.append(replace(change, before=now, problems=problems))
    return Plan(changes=(*plan.changes, *deletes))
