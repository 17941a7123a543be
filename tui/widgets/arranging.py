"""Lines that a filter narrows: at once where they are few, in slices of some milliseconds where they are many."""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import Generator
from functools import partial
from typing import ClassVar, Generic, Protocol, TypeVar, Unpack

from textual.worker import Worker

from tui.widgets.filter_grammar import Filter, FilterError, SlowExpressionError, parse
from tui.widgets.line_cursor import Anchor
from tui.widgets.line_view import LineOptions, LineView

_SLICE_SECONDS = 0.005


class Narrowed(Protocol):
    """What is behind the lines: the filter that it has been brought to, and what prepares it for its first one."""

    filter: Filter

    def warming(self) -> Generator[None, None, None]: ...


M = TypeVar("M", bound=Narrowed)


class ArrangedView(LineView, Generic[M]):
    """Brings its model to the filter that is wanted, while the screen goes on; a newer wish cancels an older one."""

    AT_ONCE: ClassVar[int]
    """So many things are arranged within the call; more in slices."""

    model: M

    def __init__(self, **options: Unpack[LineOptions]) -> None:
        super().__init__(**options)
        self._filter = Filter()
        self._said = ""
        self._passing: Worker[None] | None = None
        self._warming: Worker[None] | None = None

    # What a subclass says, and adds.

    @abstractmethod
    def _steps_to_wish(self) -> Generator[None, None, None]:
        """Give the steps, of some milliseconds each, that bring the model to what is wanted."""

    @property
    def _takes_long(self) -> bool:
        """Whether those steps are too many to be taken within a call."""
        return self.total > self.AT_ONCE

    @property
    def _source(self) -> object:
        """What the lines are taken from; another object once steps have committed what they made, with more to do."""
        return None

    def _meant(self, wanted: Filter) -> Filter:
        """Give a filter as it is meant for these lines."""
        return wanted

    @abstractmethod
    def _say_filter(self, text: str, error: FilterError | None = None) -> None:
        """Tell what a filter shows, or why it can't be meant."""

    @abstractmethod
    def _changed(self, anchor: Anchor) -> None:
        """Bring the screen to the model."""

    # What one may ask.

    @property
    def filter(self) -> Filter:
        """The filter that was asked for last and could be meant."""
        return self._filter

    @property
    def arranging(self) -> bool:
        """Whether what was asked for is still being worked on."""
        return self._passing is not None

    def set_filter(self, text: str | Filter) -> Filter:
        """Show only what matches; give the parsed filter, whose `error` says why it can't be meant."""
        wanted = self._meant(parse(text) if isinstance(text, str) else text)
        if wanted.error is not None:
            self._say_filter(wanted.text, wanted.error)
        else:
            self._filter = wanted
            self._arrange()
        return wanted

    # The machinery.

    def _arrange(self) -> None:
        """Bring the model to what is wanted."""
        if self._passing is not None:
            self._passing.cancel()
            self._passing = None
        steps = self._steps_to_wish()
        if self._takes_long and self.is_running:
            self._passing = self.run_worker(
                partial(self._drive, steps), group="arrange", exclusive=True, exit_on_error=False
            )
            return
        anchor = self._anchor()
        try:
            for _ in steps:
                pass
        except SlowExpressionError:
            self._too_slow()
        else:
            self._arranged(anchor)

    async def _drive(self, steps: Generator[None, None, None]) -> None:
        """Work steps off, letting the loop run between slices."""
        started, anchor, source = time.perf_counter(), self._anchor(), self._source
        try:
            for _ in steps:
                if self._source is not source:  # committed: what came meanwhile is still being looked at
                    source = self._source
                    self._changed(anchor)
                if time.perf_counter() - started > _SLICE_SECONDS:
                    await asyncio.sleep(0)
                    started = time.perf_counter()
                anchor = self._anchor()
        except SlowExpressionError:
            self._passing = None
            self._too_slow()
        else:
            self._passing = None
            self._arranged(anchor)
        finally:
            steps.close()

    def _arranged(self, anchor: Anchor) -> None:
        """Show what was worked out, and tell of it."""
        if self.is_running and (self._filter or self._said):
            self._say_filter(self._filter.text)
        self._said = self._filter.text
        self._changed(anchor)

    def _too_slow(self) -> None:
        fault = FilterError("This expression takes too long on some row", 0)
        text, self._filter = self._filter.text, self.model.filter
        self._say_filter(text, fault)

    def _warm_up(self) -> None:
        """Prepare many things for their first filter, in short slices while nothing else is to do."""
        if self.total > self.AT_ONCE and self.is_running and (self._warming is None or self._warming.is_finished):
            self._warming = self.run_worker(self._warm, group="warm", exit_on_error=False)

    async def _warm(self) -> None:
        for _ in self.model.warming():
            await asyncio.sleep(0.001)
