"""Every size that a widget gets is told to it, also where Textual has looked the new layout up before its frame."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from tui.widgets.metered_screen import MeteredScreen


class Told(Widget):
    """Keeps what it was told."""

    def __init__(self, height: int) -> None:
        super().__init__()
        self.styles.height = height
        self.sizes: list[tuple[int, int]] = []
        self.shown = 0

    def on_resize(self, event: events.Resize) -> None:
        self.sizes.append((event.size.width, event.size.height))

    def on_show(self) -> None:
        self.shown += 1


class _Screen(MeteredScreen[None]):
    def compose(self) -> ComposeResult:
        yield Told(10)

    def look_up(self, widget: Widget) -> None:
        """Have Textual keep the layout before its frame: a new widget was dirty, and the place of one is asked for."""
        self._compositor.update_widgets({Widget()})
        assert widget in self._compositor.full_map

    async def mount_and_look_up(self, widget: Widget) -> None:
        """Mount a widget; no frame comes before its place is asked for."""
        await self.mount(widget)
        self.look_up(widget)


class _App(App[None]):
    def get_default_screen(self) -> Screen[Any]:
        return _Screen()


async def test_a_widget_whose_layout_was_looked_up_first_is_told_its_new_size_once() -> None:
    async with _App().run_test(size=(80, 24)) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, _Screen)
        told = screen.query_one(Told)
        await pilot.pause()
        assert told.sizes == [(80, 10)]
        told.styles.height = 5
        told._check_refresh()  # as when it is idle: the layout of before is forgotten, the screen is not asked yet
        screen.look_up(told)
        await pilot.pause()
        assert told.size.height == 5
        assert told.sizes == [(80, 10), (80, 5)]
        told.styles.height = 7
        await pilot.pause()
        assert told.sizes == [(80, 10), (80, 5), (80, 7)]


async def test_a_new_widget_whose_layout_was_looked_up_first_is_told_its_size_and_that_it_shows() -> None:
    async with _App().run_test(size=(80, 24)) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, _Screen)
        new = Told(4)
        screen.call_next(screen.mount_and_look_up, new)
        while not new.sizes and screen.is_attached and not new.size:
            await pilot.pause()
        await pilot.pause()
        assert new.sizes == [(80, 4)] and new.shown == 1
        plain = Told(3)
        await screen.mount(plain)
        await pilot.pause()
        assert plain.sizes == [(80, 3)] and plain.shown == 1
