"""Answers actions that wait for an event: looks through what the stream has kept since their run.

What is looked at lies in the stream for days, so nothing is missed between two looks, nor while the
executor is restarted. A look is bounded; whoever asks goes on where it ended. The stream is asked
once the transaction is over: it may take seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from services.api.events.stream import EventStream, Look, NoEvents, Stored
from services.api.platform.asking import Asker, Command
from services.api.store import asking as store
from services.api.wire.problems import Refused
from shared.contracts.event_commands import FindEvent, FoundEvent
from shared.db.pool import Connection
from shared.domain.trigger_subject import pattern_problem
from shared.runtime.conditions import Asked, Conditions

#: Messages of one look.
MOST = 2_000
#: Events whose condition is asked at once.
PAGE = 200


class EventFinder:
    """Where actions ask for events."""

    def __init__(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self.stream: EventStream = NoEvents()
        """Set once there is a connection."""

    @property
    def commands(self) -> Sequence[Command]:
        """What it answers."""
        return (Command(FindEvent, self._begin, self._find),)

    async def _begin(self, connection: Connection, question: FindEvent, asker: Asker) -> FoundEvent:
        if pattern_problem(question.subject):
            raise Refused(422, "trigger.subject")
        begun_at, now = await store.begun_at(connection, asker.run_id)
        return FoundEvent(begun_at=begun_at, asked_at=now, after=question.after)

    async def _find(self, question: FindEvent, so_far: FoundEvent) -> FoundEvent:
        earliest = so_far.begun_at - timedelta(seconds=question.look_back_seconds)
        look = await self.stream.after(question.subject, earliest, question.after, most=MOST)
        found = await self._first(question.condition, look)
        if found is not None:
            return so_far.model_copy(update={"event": found.event.as_json()})
        after = question.after if look.last is None else look.last
        return so_far.model_copy(update={"after": after, "is_all": look.complete})

    async def _first(self, condition: str | None, look: Look) -> Stored | None:
        if condition is None:
            return next(iter(look.events), None)
        for start in range(0, len(look.events), PAGE):
            page = look.events[start : start + PAGE]
            answers = await self._conditions.evaluate(
                [Asked(condition, each.event.as_json()) for each in page]
            )
            for each, answer in zip(page, answers, strict=True):
                if answer.holds:
                    return each
        return None
