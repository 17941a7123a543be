"""The shells that the console is attached to, each a tab."""

from __future__ import annotations

from textual.widget import Widget

from tui.screens._shell_pane import ShellPane


class ShellTabs(Widget):
    """Holds the panes, of which one shows; tab 0 is what stands in their place."""

    def __init__(self) -> None:
        super().__init__()
        self.panes: list[ShellPane] = []
        self.at = 0

    @property
    def now(self) -> ShellPane | None:
        """The pane that shows, or None for tab 0."""
        return self.panes[self.at - 1] if 0 < self.at <= len(self.panes) else None

    def tab_of(self, session_id: str) -> int:
        """Give the tab of a session, 0 where it has none."""
        return next((tab for tab, pane in enumerate(self.panes, 1) if pane.session_id == session_id), 0)

    def choose(self, tab: int) -> None:
        """Show a tab; one that there is not is tab 0."""
        self.at = tab if 0 <= tab <= len(self.panes) else 0
        for pane in self.panes:
            pane.display = pane is self.now

    async def add(self, pane: ShellPane) -> int:
        """Mount a pane as the last tab, and give its number."""
        self.panes.append(pane)
        await self.mount(pane)
        return len(self.panes)

    async def close(self, pane: ShellPane) -> None:
        """Leave a shell, which lives on, and take its tab away; `at` may be behind the last one then."""
        await pane.detach()
        if pane in self.panes:
            self.panes.remove(pane)
        await pane.remove()
