"""Where one has been: places, the path to each, and back and forward through them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tui.screens._base import ConsoleScreen

KEPT = 6
"""So many screens stay alive behind the one that shows; older ones keep only their state."""
LONGEST = 200
"""Places that `[` can go back through."""


@dataclass(slots=True, eq=False)
class Place:
    """A screen with its argument, and, while it is not shown, what brings it back as it was."""

    noun: str
    argument: Any = None
    title: str = ""
    path: tuple[Place, ...] = ()
    """The places that Esc goes back through, the outermost first."""
    state: dict[str, Any] = field(default_factory=dict)
    screen: ConsoleScreen | None = None

    def same(self, other: Place) -> bool:
        """Whether both are the same screen of the same thing."""
        return self.noun == other.noun and self.argument == other.argument


class History:
    """The places in the order of visiting, one of them current."""

    def __init__(self, first: Place) -> None:
        self._places = [first]
        self._at = 0

    @property
    def places(self) -> list[Place]:
        """Every place, in the order of visiting."""
        return self._places

    @property
    def current(self) -> Place:
        return self._places[self._at]

    def visit(self, place: Place) -> Place:
        """Make a place the current one; what lay ahead is forgotten.

        A place that is on the path is gone back to, not nested.
        """
        here = self.current
        if place.same(here):
            return here
        path = (*here.path, here)
        for index, step in enumerate(path):
            if place.same(step):
                step_state, place.screen = step.state, step.screen
                place.state = place.state or step_state
                path = path[:index]
                break
        place.path = path
        self._append(place)
        return place

    def forget_past(self) -> None:
        """Make the current place the outermost one."""
        self.current.path = ()
        del self._places[: self._at]
        self._at = 0

    def up(self) -> Place | None:
        """Go to the place before this one on the path; None where this is the outermost."""
        here = self.current
        if not here.path:
            return None
        self._append(here.path[-1])
        return self.current

    def back(self) -> Place | None:
        if self._at == 0:
            return None
        self._at -= 1
        return self.current

    def forward(self) -> Place | None:
        if self._at + 1 >= len(self._places):
            return None
        self._at += 1
        return self.current

    def faded(self) -> list[Place]:
        """Give the places whose screens are too far back to stay alive; one screen may serve several places."""
        alive: set[int] = set()
        faded: list[Place] = []
        for _, place in sorted(enumerate(self._places), key=lambda one: abs(one[0] - self._at)):
            if place.screen is None or id(place.screen) in alive:
                continue
            if len(alive) <= KEPT:
                alive.add(id(place.screen))
            else:
                faded.append(place)
        return faded

    def _append(self, place: Place) -> None:
        del self._places[self._at + 1 :]
        self._places.append(place)
        del self._places[:-LONGEST]
        self._at = len(self._places) - 1
