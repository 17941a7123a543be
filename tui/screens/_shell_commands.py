"""What the keys after the prefix do in a shell: splits, panes, tabs, broadcast."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from textual.binding import Binding

from tui.ports import Ref
from tui.screens._base import changing
from tui.screens._keys import Usable, key_label
from tui.screens._session_nodes import SessionNodes
from tui.screens._shell_pane import ShellPane
from tui.screens._shell_tabs import ShellTab, ShellTabs
from tui.services.sessions import Sessions
from tui.widgets.bottom_bar import Hint
from tui.widgets.split_area import SplitArea
from tui.widgets.splits import LOWEST, NARROWEST
from tui.widgets.terminal_look_keys import KEYS
from tui.widgets.top_bar import Word

if TYPE_CHECKING:
    from tui.widgets.terminal_messages import Prefix


def _command(keys: str, action: str, verb: str, tooltip: str, name: str) -> Binding:
    return Binding(keys, action, verb, tooltip=tooltip, show=False, id=f"shells.{name}")


COMMANDS = [
    _command("d", "leave_running", "leave running", "Close this pane; its shell runs on", "leave"),
    _command("x", "terminate", "end", "End this pane's shell", "end"),
    _command("vertical_line", "split(True)", "split", "Another shell on this node, at the right", "right"),
    _command("minus", "split(False)", "split below", "Another shell on this node, below", "below"),
    _command("h,left", "go_pane(-1,0)", "pane left", "To the pane at the left", "go_left"),
    _command("j,down", "go_pane(0,1)", "pane below", "To the pane below", "go_down"),
    _command("k,up", "go_pane(0,-1)", "pane above", "To the pane above", "go_up"),
    _command("l,right", "go_pane(1,0)", "pane right", "To the pane at the right", "go_right"),
    _command("o,tab", "next_pane", "next pane", "To the next pane", "next"),
    _command("z", "zoom", "zoom", "Show this pane alone, or all again", "zoom"),
    _command("H", "resize_pane(-5,0)", "edge left", "Move the pane's edge 5 columns to the left", "edge_left"),
    _command("J", "resize_pane(0,2)", "edge down", "Move the pane's edge 2 rows down", "edge_down"),
    _command("K", "resize_pane(0,-2)", "edge up", "Move the pane's edge 2 rows up", "edge_up"),
    _command("L", "resize_pane(5,0)", "edge right", "Move the pane's edge 5 columns to the right", "edge_right"),
    _command("equals_sign,space", "even_out", "even out", "Give all panes the same room", "even"),
    _command("left_curly_bracket", "swap_pane(-1)", "swap", "Change places with the pane before", "swap_before"),
    _command("right_curly_bracket", "swap_pane(1)", "swap", "Change places with the next pane", "swap_next"),
    _command("exclamation_mark", "break_out", "to a tab", "Give this pane a tab of its own", "break_out"),
    _command("b", "broadcast", "broadcast", "Type to all panes of this tab, or no more", "broadcast"),
    _command("n", "new", "new tab", "A shell in a new tab", "new"),
    _command("1,2,3,4,5,6,7,8,9", "tab", "tab", "Go to a tab by its number", "tab"),
    _command("comma", "rename_tab", "rename", "Give this tab a name", "rename"),
    _command("left_square_bracket,slash", "look_back", "scrollback", "Scrollback and search", "look_back"),
    _command("colon", "app.go_to", "go", "Go to a screen or a resource", "go"),
    _command("ctrl+p", "app.palette", "palette", "Find an action by name", "palette"),
    _command("question_mark", "app.help", "help", "Show every key", "help"),
]
"""Each key follows the prefix; the palette, the help and the README have them from here."""
_BY_KEY = {name: one for one in COMMANDS for key in one.key.split(",") for name in (key, key_label(key))}
_BY_KEY[" "] = _BY_KEY["space"]
_SOLE = (("d", "leave running"), ("| -", "split"), ("1-9", "tab"), ("n", "new"), ("[", "scrollback"), ("x", "end"))
_SPLIT = (("hjkl", "pane"), ("z", "zoom"), ("d", "leave running"), ("b", "broadcast"), ("x", "end"), ("| -", "split"))
_ENDED = (("1-9", "tab"), ("n", "new"), ("[", "scrollback"))
"""What the footer says: for a shell that has its tab to itself, for one beside others, for one that has ended."""


def _id_of(key: str) -> str:
    return _BY_KEY[key].id or "" if key in _BY_KEY else ""


class ShellCommands(SessionNodes):
    """The part of the Sessions screen that obeys the prefix."""

    PREFIXED = COMMANDS
    LOOKING_BACK = KEYS
    shells: ShellTabs

    if TYPE_CHECKING:
        # The screen has them.

        @property
        def pane_now(self) -> ShellPane | None: ...
        def action_terminate(self) -> None: ...
        def action_tab(self, number: int) -> None: ...
        def action_new(self) -> None: ...
        def _choose(self, tab: int) -> None: ...
        def _draw_tabs(self) -> None: ...
        def _open(self, work: Coroutine[Any, Any, bool]) -> None: ...
        def _make_pane(self, ref: Ref, target: str) -> ShellPane: ...
        async def _close(self, pane: ShellPane) -> None: ...

    @property
    def prefix(self) -> str:
        """The prefix as the borders and the footer write it."""
        return key_label(self.shell.config.prefix).replace("ctrl+", "^")

    def prefixed(self) -> list[Usable]:
        """Give the commands that follow the prefix as keys that work now, while a shell shows."""
        if self.pane_now is None:
            return []
        found = []
        for binding in self.PREFIXED:
            keys = [f"{self.prefix} {key_label(key)}" for key in binding.key.split(",")]
            keys = [f"{self.prefix} 1-9"] if binding.action == "tab" else keys
            reason = "" if binding.action.startswith("app.") else self.disabled_reason(binding.action.partition("(")[0])
            found.append(Usable(binding, self, keys, reason, f"After the prefix {self.prefix}"))
        return found

    def inner_keys(self) -> list[tuple[str, list[Binding]]]:
        """Give the keys that work within a shell's pane at times, for the help alone: no footer, no palette."""
        return [] if self.pane_now is None else [("In the scrollback", self.LOOKING_BACK)]

    def shell_hints(self) -> list[Hint]:
        """Give what the footer says of the keys after the prefix."""
        now, tab = self.pane_now, self.shells.tab
        assert now is not None and tab is not None
        words = _ENDED if now.ended else _SOLE if len(tab.splits) == 1 else _SPLIT
        hints = [Hint(f"{self.prefix} {key}", verb, _id_of(key)) for key, verb in words]
        return [*hints, Hint(f"{self.prefix} ?", "help", _id_of("?"), always=True)]

    def tab_labels(self) -> list[str]:
        """Give what the tabs are called: a mark for what happened unseen, how the shell goes, its title."""
        labels = []
        for tab in self.shells.tabs:
            unseen = {pane.unseen for pane in tab.panes}
            mark = "! " if "bell" in unseen else "# " if "activity" in unseen else ""
            more = f" +{len(tab.splits) - 1}" if len(tab.splits) > 1 else ""
            label = tab.now.label(self.shell.glyphs)
            labels.append(mark + (f"{label[:1]} {tab.name}" if tab.name else label) + more)
        return labels

    def draw_panes(self) -> list[Word]:
        """Draw the borders of the panes that show, and give what the line of tabs says at its right."""
        glyphs, tab, now = self.shell.glyphs, self.shells.tab, self.pane_now
        if tab is None or now is None:
            return []
        if len(tab.splits) == 1:
            where: list[Word] = [(f"{now.node} ", "dim")] if now.view.title or tab.name else []
            return [*where, *now.state(glyphs), (f"{glyphs.dot} {self.prefix} ", "accent")]
        seen, told = self.shells.seen, self.shells.typed_to(now)
        place = f"{tab.panes.index(now) + 1} of {len(tab.splits)} "
        for pane in seen:
            more: list[Word] = [(f"{glyphs.dot} BROADCAST ", "warn")] if tab.broadcast and pane in told else []
            if len(seen) < len(tab.splits):
                more.append((f"{glyphs.dot} {'zoomed' if tab.zoomed else 'alone for want of room'}, {place}", "accent"))
            pane.draw_border(glyphs, self.prefix, here=pane is now, more=more)
        return [("BROADCAST ", "warn")] if tab.broadcast else [("zoomed ", "accent")] if tab.zoomed else []

    def hold_keys(self) -> None:
        """Let what is typed behind a command wait for what the command does, which may open something."""
        self.settled = False

    async def on_terminal_view_prefix(self, event: Prefix) -> None:
        try:
            if self.pane_now is not None:
                await self._obey(event.key)
        finally:
            asyncio.get_running_loop().call_soon(self.call_later, self.settle)

    async def _obey(self, key: str) -> None:
        binding = _BY_KEY.get(key)
        if binding is None:
            known = ", ".join(f"{name} {verb}" for name, verb in dict([*_SOLE, *_SPLIT]).items())
            said = f"{self.prefix} {key_label(key)} means nothing here. After {self.prefix}: {known}, ? all."
            self.shell.notice(said, "warn")
        elif binding.action.startswith("app."):
            self.app.call_later(self.app.run_action, binding.action)
        else:
            await self.app.run_action(f"tab({key})" if binding.action == "tab" else binding.action, self)

    # panes

    def on_split_area_picked(self, event: SplitArea.Picked) -> None:
        if isinstance(event.pane, ShellPane) and self.shells.tab_of(event.pane) == self.shells.at:
            self._go(event.pane)
            if event.twice:
                self.action_zoom()

    def on_descendant_focus(self) -> None:
        for pane in self.shells.seen:
            if pane.view.has_focus and pane is not self.pane_now:
                self._go(pane)

    def _go(self, pane: ShellPane | None) -> None:
        if pane is not None and pane is not self.pane_now:
            self.shells.go(pane)
        self._choose(self.shells.at)

    def _beside(self) -> ShellTab | None:
        """Give the tab that shows where it has several panes, else say so."""
        tab = self.shells.tab
        if tab is not None and len(tab.splits) > 1:
            return tab
        if tab is not None:
            self.shell.notice(f"There is one pane here; {self.prefix} | splits it.", "warn")
        return None

    def action_leave_running(self) -> None:
        now = self.pane_now
        if now is not None:
            if not now.ended:
                self.shell.notice(f"The shell on {now.node} runs on; Enter attaches to it again.")
            self.do(self._close(now))

    @changing
    def action_split(self, across: bool) -> None:
        tab, now = self.shells.tab, self.pane_now
        if tab is None or now is None:
            return
        if not tab.splits.fits(now, across=across, size=self.shells.room):
            least = f"{NARROWEST} columns" if across else f"{LOWEST} rows"
            self.shell.notice(f"There is no room for a split: each half must have {least}.", "warn")
            return
        self._open(self._split(now, across))

    async def _split(self, beside: ShellPane, across: bool) -> bool:
        session = await self.shell.services.of(Sessions, beside.context).start(beside.target)
        pane = self._make_pane(session.ref, beside.target)
        if await self.shells.split(beside, pane, across=across):
            self._choose(self.shells.at)
        else:
            # The pane went away, or became too small, while the shell was being started.
            self._choose(await self.shells.add(pane))
        return True

    def action_go_pane(self, across: int, down: int) -> None:
        tab = self._beside()
        if tab is not None:
            self._go(tab.splits.neighbour(tab.now, across, down, self.shells.room, tab.recent))

    def action_next_pane(self) -> None:
        tab = self._beside()
        if tab is not None:
            panes = tab.panes
            self._go(panes[(panes.index(tab.now) + 1) % len(panes)])

    def action_zoom(self) -> None:
        tab = self._beside()
        if tab is not None:
            tab.zoomed = not tab.zoomed
            self._choose(self.shells.at)

    def action_resize_pane(self, across: int, down: int) -> None:
        tab = self._beside()
        if tab is not None and not tab.zoomed and tab.splits.resize(tab.now, across, down, self.shells.room):
            self.shells.lay_out()

    def action_even_out(self) -> None:
        tab = self._beside()
        if tab is not None:
            tab.splits.even()
            self.shells.lay_out()

    def action_swap_pane(self, step: int) -> None:
        tab = self._beside()
        if tab is not None:
            panes = tab.panes
            tab.splits.swap(tab.now, panes[(panes.index(tab.now) + step) % len(panes)])
            self._choose(self.shells.at)

    def action_break_out(self) -> None:
        tab = self._beside()
        if tab is not None:
            self._choose(self.shells.break_out(tab.now))

    def action_rename_tab(self) -> None:
        self.do(self._rename())

    async def _rename(self) -> None:
        from tui.screens._dialogs import Prompt  # deferred: opened on a key

        tab = self.shells.tab
        if tab is None:
            return
        name = await self.ask(Prompt("The tab's name", value=tab.name))
        if name is not None:
            tab.name = name.strip()
            self._draw_tabs()

    def action_look_back(self) -> None:
        if self.pane_now is not None:
            self.pane_now.view.looking_back = True

    # broadcast

    def action_broadcast(self) -> None:
        tab = self._beside()
        if tab is None:
            return
        if tab.broadcast:
            tab.broadcast = False
            self._draw_tabs()
        else:
            self.do(self._broadcast(tab))

    async def _broadcast(self, tab: ShellTab) -> None:
        panes = [pane for pane in tab.panes if not pane.ended and not pane.read_only]
        if len(panes) < 2:
            self.shell.notice("There is no other pane here that takes what is typed.", "warn")
            return
        roots = [pane for pane in panes if pane.user == "root"]
        if roots:
            from tui.screens._dialogs import Confirm  # deferred: opened on a key

            names = ", ".join(pane.node for pane in roots)
            title = f"Type to {len(panes)} panes, {len(roots)} of them as root?"
            if not await self.ask(Confirm(title, f"As root on {names}.", verb="type to all")):
                return
        tab.broadcast = len(tab.splits) > 1
        self._draw_tabs()

    def on_shell_terminal_held(self) -> None:
        self.shell.notice("That was typed on after a shell that was closed; no other one got it.")
