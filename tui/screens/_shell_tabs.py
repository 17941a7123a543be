"""The shells that the console is attached to: tabs, and the panes of each."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.screens._drawing_turns import Turns
from tui.screens._shell_pane import ShellPane
from tui.widgets.split_area import SplitArea
from tui.widgets.splits import Splits


@dataclass(eq=False)
class ShellTab:
    """Panes that show together; `recent` are those that had the keys, the latest last."""

    splits: Splits[ShellPane]
    now: ShellPane
    recent: list[ShellPane] = field(default_factory=list)
    zoomed: bool = False
    broadcast: bool = False
    name: str = ""

    @property
    def panes(self) -> list[ShellPane]:
        return self.splits.keys

    @property
    def alone(self) -> bool:
        """Whether but one pane shows."""
        return self.zoomed or len(self.splits) == 1

    def go(self, pane: ShellPane) -> None:
        """Let a pane have the keys."""
        if self.now in self.recent:
            self.recent.remove(self.now)
        self.recent.append(self.now)
        self.now = pane

    def forget(self, pane: ShellPane, size: tuple[int, int]) -> None:
        """Take a pane out; the one that had the keys before it has them then."""
        beside = self.panes[max(self.panes.index(pane) - 1, 0) :]
        self.splits.remove(pane, size)
        self.recent = [one for one in self.recent if one is not pane and one in self.panes]
        if self.now is pane:
            self.now = self.recent[-1] if self.recent else next(one for one in beside if one is not pane)
        if len(self.splits) == 1:
            self.zoomed = self.broadcast = False


class ShellTabs(SplitArea[ShellPane]):
    """Holds the panes of all tabs, of which one tab shows; tab 0 is what stands in their place."""

    def __init__(self) -> None:
        super().__init__()
        self.tabs: list[ShellTab] = []
        self.turns = Turns()
        self.at = 0

    @property
    def panes(self) -> list[ShellPane]:
        """The panes of all tabs."""
        return [pane for tab in self.tabs for pane in tab.panes]

    @property
    def tab(self) -> ShellTab | None:
        """The tab that shows, or None for tab 0."""
        return self.tabs[self.at - 1] if 0 < self.at <= len(self.tabs) else None

    @property
    def now(self) -> ShellPane | None:
        """The pane that has the keys, or None for tab 0."""
        return self.tab.now if self.tab is not None else None

    @property
    def seen(self) -> list[ShellPane]:
        """The panes that show."""
        boxes = self.boxes(self.size)
        return [pane for pane in self.tab.panes if pane in boxes] if self.tab is not None else []

    def find(self, session_id: str) -> ShellPane | None:
        """Give the pane of a session."""
        return next((pane for pane in self.panes if pane.session_id == session_id), None)

    def tab_of(self, pane: ShellPane) -> int:
        """Give the number of the tab that has a pane, 0 where none has."""
        return next((number for number, tab in enumerate(self.tabs, 1) if pane in tab.panes), 0)

    def choose(self, number: int) -> None:
        """Show a tab; one that there is not is tab 0."""
        self.at = number if 0 <= number <= len(self.tabs) else 0
        self.lay_out()

    def lay_out(self) -> None:
        """Show the tab as it is now."""
        tab = self.tab
        for pane in self.panes:
            pane.display = tab is not None and pane in tab.panes
            if tab is not None and pane in tab.panes:
                pane.bordered = len(tab.splits) > 1
                pane.unseen = ""
        self.show(tab.splits if tab is not None else None, self.now, alone=tab is not None and tab.zoomed)

    def go(self, pane: ShellPane) -> None:
        """Let a pane of the tab that shows have the keys; a zoomed other one is no more."""
        tab = self.tab
        if tab is not None and pane is not tab.now and pane in tab.panes:
            tab.go(pane)
            tab.zoomed = False
            self.lay_out()

    async def add(self, pane: ShellPane) -> int:
        """Mount a pane as the last tab, and give the tab's number."""
        self.tabs.append(ShellTab(Splits(pane), pane))
        await self.mount(pane)
        return len(self.tabs)

    async def split(self, beside: ShellPane, pane: ShellPane, *, across: bool) -> bool:
        """Mount a pane beside or under another one, which shows; False where that has become too small."""
        tab = self.tab
        if tab is None or beside not in tab.panes:
            return False
        if not tab.splits.split(beside, pane, across=across, size=self.room):
            return False
        tab.zoomed = tab.broadcast = False
        tab.go(pane)
        for one in tab.panes:
            one.bordered = True
        await self.mount(pane)
        self.lay_out()
        return True

    def break_out(self, pane: ShellPane) -> int:
        """Give a pane a tab of its own, the last one, and give that tab's number."""
        self.take_out(pane)
        self.tabs.append(ShellTab(Splits(pane), pane))
        return len(self.tabs)

    def take_out(self, pane: ShellPane) -> None:
        """Take a pane out of its tab, and the tab away with its last one; `at` may be behind the last tab then."""
        number = self.tab_of(pane)
        if not number:
            return
        tab = self.tabs[number - 1]
        if len(tab.splits) > 1:
            tab.forget(pane, self.room)
        else:
            self.tabs.remove(tab)
            self.at -= self.at > number

    async def discard(self, pane: ShellPane) -> None:
        """Leave the shell of a pane that was taken out; it lives on."""
        pane.display = False
        await pane.detach()
        await pane.remove()

    def typed_to(self, pane: ShellPane) -> list[ShellPane]:
        """Give the panes that get what is typed into a pane, itself first."""
        tab = self.tab
        if tab is None or pane is not tab.now or not tab.broadcast:
            return [pane]
        return [pane, *(other for other in self.seen if other is not pane and other.listens)]
