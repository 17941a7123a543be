"""What is known of commands on their nodes while one looks at them: states, times, exits, outputs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tui.screens._words import duration
from tui.services.commands import (
    Command,
    CommandChanged,
    CommandStatus,
    Dropped,
    Event,
    Invocation,
    InvocationChanged,
    InvocationResult,
    Output,
)
from tui.theming import Glyphs
from tui.widgets.cells import own
from tui.widgets.filter_grammar import Filter, SlowExpressionError
from tui.widgets.output_tail import KEEP, OutputTail, bytes_in_words
from tui.widgets.pane import Pane
from tui.widgets.top_bar import Word

TOGETHER = 16 * 1024 * 1024
"""Bytes of output that all nodes together keep to be shown."""
KEYS = ("name", "id", "status", "exit")
WAITING = (CommandStatus.PENDING, CommandStatus.DELAYED)
LATE = 2.0
"""Seconds after its sending from which on a command that runs is not taken to have begun just now."""
RUNNING = (CommandStatus.IN_PROGRESS, CommandStatus.CANCELLING)


@dataclass(slots=True, eq=False)
class NodeRun:
    """A command on one node; times are epoch seconds."""

    command_id: str
    node_id: str
    name: str
    status: CommandStatus = CommandStatus.UNKNOWN
    key: str = ""
    """What its pane is known by: the node's id, unless another command shows the same node."""
    details: str = ""
    exit_code: int | None = None
    began: float | None = None
    took: float | None = None
    where: str = ""
    """Its context, where the commands that show are in several."""
    tail: OutputTail = field(default_factory=OutputTail)
    pane: Pane = field(init=False)
    dropped: int = 0
    """Bytes that the engine did not send, because this console was slower."""
    behind: bool = True
    """Some of the output is known to be missing here."""
    catching: bool = False
    asked: CommandStatus | None = None
    """The last state for which the times and the exit were asked, whatever the answer was."""
    asks: int = 0
    """How often it was asked again, because an answer was behind that state or there was none."""
    resting: bool = False
    """It is asked again in a while."""
    fault: str = ""
    """Why the output is not known, as a sentence."""
    late: bool = False
    """It had begun before it was looked at: when, is to be asked."""
    closed: str = ""
    """Its context, where that has been closed meanwhile: nothing more is heard of it."""

    def __post_init__(self) -> None:
        self.key = self.key or self.node_id
        self.pane = Pane(self.key, self.tail)

    @property
    def bad(self) -> bool:
        return self.status.over and self.status is not CommandStatus.SUCCESS

    @property
    def cells(self) -> tuple[str, ...]:
        """What a filter looks at, in the order of KEYS."""
        exit = "" if self.exit_code is None else str(self.exit_code)
        return self.name, self.node_id, self.details or self.status.value, exit

    def take(self, invocation: Invocation) -> None:
        if invocation.status in RUNNING and self.began is None and not self.status.over:
            since = invocation.requested
            if self.status is CommandStatus.UNKNOWN and since is not None and time.time() - since.timestamp() > LATE:
                self.late = True
            else:
                self.began = time.time()
        if invocation.status is not self.status:
            self.resting, self.asks = False, 0  # what could not be had in the state before may be there now
        self.status, self.details = invocation.status, invocation.details

    def take_result(self, result: InvocationResult) -> None:
        self.exit_code = result.exit_code
        self.late = False
        if result.started is not None:
            self.began = result.started.timestamp()
        if result.elapsed is not None and result.status.over:
            self.took = result.elapsed.total_seconds()

    def title(self, glyphs: Glyphs) -> list[Word]:
        """Give the pane's title: the name, and how it goes there."""
        words: list[Word] = [(self.name, "text"), ("  ", "text")]
        if self.where:
            words.insert(1, (f" {self.where}", "accent"))
        if self.closed and not self.status.over:
            words.append((f"{glyphs.warn} {self.closed} is closed: not followed", "warn"))
        elif self.status in RUNNING:
            since = f" {seconds(time.time() - self.began)}" if self.began is not None else ""
            words.append((f"{glyphs.running}{since}", "accent"))
            if self.status is CommandStatus.CANCELLING:
                words.append((" cancelling", "warn"))
        elif self.status is CommandStatus.SUCCESS:
            words.append((f"{glyphs.done}{f' {seconds(self.took)}' if self.took is not None else ''}", "good"))
        elif self.status.over:
            why = f"exit {self.exit_code}" if self.exit_code and self.details == "Failed" else self.details
            words.append((f"{glyphs.bad} {why or self.status.value}", "bad"))
            if self.took is not None:
                words.append((f" {seconds(self.took)}", "dim"))
        else:
            words.append((f"{glyphs.idle} {self.details or self.status.value}", "dim"))
        if self.tail.skipped:
            words.append((f"  {glyphs.warn} {bytes_in_words(self.tail.skipped)} not shown", "warn"))
        return words

    def hint(self) -> str:
        """Say what an empty pane means."""
        if self.fault:
            return own("output not known: ") + self.fault
        if self.status in WAITING:
            return "waits for its turn" if self.status is CommandStatus.PENDING else "waits for the node to answer"
        if self.status in RUNNING:
            return "no output yet"
        if self.behind or self.catching:
            return own("loading the output…")
        return "no output"


class CommandRuns:
    """The nodes of one command, or of several that were sent as one, in the order of their arrival."""

    def __init__(self, ids: Sequence[str]) -> None:
        self.ids = [*ids]
        self.commands: dict[str, Command] = {}
        self.runs: dict[str, NodeRun] = {}

    def take(self, event: Event, command_id: str = "") -> NodeRun | None:
        """Take an event of a command's watch; give the node that it is about."""
        match event:
            case CommandChanged(command=command):
                self.commands[command.id] = command
            case InvocationChanged(invocation=one):
                run = self._run_of(one.node_id, one.command_id)
                if run is None:
                    # Two profiles of one account show the same node: each command has a pane there.
                    key = f"{one.node_id} {one.command_id}" if one.node_id in self.runs else one.node_id
                    run = NodeRun(one.command_id, one.node_id, one.node_name or one.node_id, key=key)
                    run.tail.keep = min(KEEP, max(TOGETHER // max(self.total, len(self.runs) + 1), 8 * 1024))
                    self.runs[key] = run
                run.take(one)
                return run
            case Output():
                run = self._run_of(event.node_id, command_id)
                if run is not None and not run.tail.feed(event.stream, event.offset, event.data, event.plugin):
                    run.behind = True
                return run
            case Dropped():
                run = self._run_of(event.node_id, command_id)
                if run is not None:
                    run.dropped += event.bytes
                    run.behind = True
                return run
        return None

    def _run_of(self, node_id: str, command_id: str) -> NodeRun | None:
        run = self.runs.get(node_id)
        if run is None or not command_id or run.command_id == command_id:
            return run
        return self.runs.get(f"{node_id} {command_id}")

    @property
    def total(self) -> int:
        return max(sum(command.target_count for command in self.commands.values()), len(self.runs))

    @property
    def over(self) -> bool:
        """Whether nothing will change any more."""
        return len(self.commands) == len(self.ids) and all(c.status.over for c in self.commands.values())

    @property
    def first(self) -> Command | None:
        return next(iter(self.commands.values()), None)

    @property
    def worst(self) -> Command | None:
        """The command whose end says most of all of them: one that failed before one that did not."""
        ranks = (CommandStatus.FAILED, CommandStatus.TIMED_OUT, CommandStatus.CANCELLED)
        found = self.commands.values()
        return min(found, key=lambda one: ranks.index(one.status) if one.status in ranks else len(ranks), default=None)

    @property
    def dropped(self) -> int:
        return sum(run.dropped for run in self.runs.values())

    def counts(self) -> dict[str, int]:
        """Count the nodes: done, bad, running, waiting."""
        said: Counter[str] = Counter()
        for run in self.runs.values():
            word = "done" if run.status is CommandStatus.SUCCESS else "bad" if run.status.over else "waiting"
            said["running" if run.status in RUNNING else word] += 1
        return said

    def chosen(self, filter: Filter, *, failed: bool) -> list[NodeRun]:
        """Give the runs that a filter shows; its keys are name, id, status and exit."""
        runs = [run for run in self.runs.values() if run.bad or not failed]
        if not filter:
            return runs
        try:
            return [run for run in runs if filter.matches(run.cells, KEYS)]
        except SlowExpressionError:
            return runs


def folded(runs: Iterable[NodeRun], panes: dict[str, Pane]) -> list[Pane]:
    """Make one pane for each set of nodes whose outputs and exits are equal, the largest first."""
    groups: dict[object, list[NodeRun]] = {}
    for run in runs:
        groups.setdefault((run.tail.fingerprint, run.exit_code, run.status), []).append(run)
    made: list[Pane] = []
    for group in sorted(groups.values(), key=len, reverse=True):
        first = group[0]
        key = f"{first.key}+"
        pane = panes.get(key)
        if pane is None or pane.tail is not first.tail:
            pane = panes[key] = Pane(key, first.tail)
        names = ", ".join(run.name for run in group[:6]) + (own(", …") if len(group) > 6 else "")
        count = f"{len(group)} node{'s' * (len(group) != 1)}: "
        style = "bad" if first.bad else "good" if first.status.over else "accent"
        pane.title = [(count, style), (names, "text")]
        pane.hint, pane.badge = first.hint(), "x diff" if made else ""
        made.append(pane)
    return made


def seconds(amount: float) -> str:
    """Say a short time as it is read from a clock: `0.8s`, `42s`, `3m`."""
    return f"{max(amount, 0):.1f}s" if amount < 10 else duration(amount)
