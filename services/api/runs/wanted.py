"""Which runs a list is asked for, read from the query. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.api.tasks.dependencies import read_id
from services.api.wire.problems import Refused
from shared.contracts.runs import RunStatus
from shared.domain.errors import Problem

WAITING = "waiting"
RETRYING = "retrying"
STATUSES = (WAITING, RETRYING, *RunStatus)
#: What can start a run.
TRIGGERS = ("schedule", "manual", "event", "dependency", "backfill", "requeue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which runs are asked for; None means any."""

    task_id: UUID | None = None
    statuses: tuple[str, ...] | None = None
    triggers: tuple[str, ...] | None = None
    queue: str | None = None
    earliest: datetime | None = None
    latest: datetime | None = None
    action: str | None = None
    executor: str | None = None
    least_seconds: int | None = None
    error: str | None = None
    """Text in what is said of the error."""
    text: str | None = None
    """Text in the name of the task, in the result or in the error; or an id."""

    @property
    def begun_statuses(self) -> tuple[str, ...] | None:
        """Statuses of runs that have begun; an empty tuple: none of them."""
        if self.statuses is None:
            return None
        return tuple(each for each in self.statuses if each != WAITING)

    @property
    def takes_waiting(self) -> bool:
        """Whether runs that have not begun can be among them."""
        of_begun = self.executor or self.least_seconds is not None or self.error
        return not of_begun and (self.statuses is None or WAITING in self.statuses)

    @property
    def is_searched(self) -> bool:
        """Whether there is a filter that no index serves."""
        given = (self.action, self.executor, self.least_seconds, self.error, self.text)
        return any(each is not None for each in given)

    @property
    def text_as_id(self) -> UUID | None:
        """The text, if it spells an id."""
        return read_id(self.text) if self.text else None


def read_words(name: str, text: str, allowed: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the words of a query parameter, with commas between, or None if it is not given.

    Raises:
        Refused: one is none of *allowed*.
    """
    if not text:
        return None
    words = tuple(dict.fromkeys(text.split(",")))
    if not set(words) <= set(allowed):
        problem = Problem(f"/query/{name}", "field.choice", {"allowed": ", ".join(allowed)})
        raise Refused(400, "query.invalid", problems=[problem])
    return words
