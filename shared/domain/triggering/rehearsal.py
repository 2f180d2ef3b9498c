"""A trigger over a stretch of events at once: what it would have fired, had it been there.

It begins with nothing remembered, as if the task had been made at that moment. Between two events
fires what is due by itself, in the order in which the scheduler's timer would let go of it. What is
still collected or waited for at the end fires nothing.

A replay fires what a rehearsal tells. Only the throttle counts from now on: it spaces starts, and
they are all still to come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import heappop, heappush

from shared.domain.event import Event
from shared.domain.triggering.flow import armed, feed, is_proactive_as_a_whole, ripen, throttled
from shared.domain.triggering.records import Firing, StateKey, States, Watched


def rehearsed(
    watched: Watched,
    events: Iterable[tuple[Event, datetime]],
    since: datetime,
    until: datetime,
) -> Iterator[list[Firing]]:
    """Yield step by step what fires from *since* until *until*; many steps fire nothing.

    *events* are those whose condition holds, each with when the bus had it, oldest first.
    """
    stretch = _Stretch(watched)
    if is_proactive_as_a_whole(watched.trigger):
        stretch.states.put(*armed(watched, since))
        stretch.note_changes()
    for event, at in events:
        yield from stretch.ripen(before=at)
        yield stretch.feed(event, at)
    yield from stretch.ripen(before=until)


def paced(watched: Watched, firings: Iterable[Firing], now: datetime) -> list[Firing]:
    """Return *firings* of the past, in their order, as they may start from *now* on."""
    states = States()
    return [throttled(watched, each._replace(at=now, not_before=None), states) for each in firings]


class _Stretch:
    """What the trigger remembers, and when of it something is due."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._due: list[tuple[datetime, StateKey]] = []
        """A heap; what is not due at that moment any more is passed over."""
        self.states = States()

    def feed(self, event: Event, at: datetime) -> list[Firing]:
        firings = feed(self._watched, event, at, self.states)
        self.note_changes()
        return firings

    def ripen(self, *, before: datetime) -> Iterator[list[Firing]]:
        while self._due and self._due[0][0] < before:
            due_at, key = heappop(self._due)
            state = self.states.get(key)
            if state is not None and state.due_at == due_at:
                yield ripen(self._watched, key, self.states)
                self.note_changes()

    def note_changes(self) -> None:
        for key in self.states.changed:
            state = self.states.get(key)
            if state is not None and state.due_at is not None:
                heappush(self._due, (state.due_at, key))
        self.states.changed.clear()
