"""The inside of `shared.domain.misfire`: judging late fires one by one, across several calls.

Which fire runs under `fire_once` is known only at the end of a backlog. Until then the best one so
far waits as the *candidate*, unrecorded; every other one is recorded as soon as it is judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.domain.instant import format_instant, parse_instant
from shared.domain.occurrence import Outcome
from shared.domain.schedule import MisfirePick, MisfirePolicy, Schedule, due_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What one call has to tell the next while a long backlog is worked off.

    `ready_at` is when the last recorded fire could have been taken: fires are taken in nominal
    order, so a later one cannot have been taken before.
    """

    ready_at: datetime | None = None
    candidate: datetime | None = None  # fire_once: the fire that will run, if no better one comes
    candidate_ready_at: datetime | None = None
    coalesced: int = 0  # fires the candidate stands for so far
    coalesced_since: datetime | None = None  # the earliest of them
    fired: int = 0  # fire_all: fires made up for so far

    def to_json(self) -> dict[str, object]:
        """Return the backlog as a JSON object."""
        return {
            name: format_instant(value) if isinstance(value, datetime) else value
            for name in self.__slots__
            if (value := getattr(self, name))
        }

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> Backlog:
        """Return what `to_json` wrote."""

        def instant(name: str) -> datetime | None:
            text = document.get(name)
            return parse_instant(text) if isinstance(text, str) else None

        def count(name: str) -> int:
            number = document.get(name)
            return number if isinstance(number, int) else 0

        return cls(
            ready_at=instant("ready_at"),
            candidate=instant("candidate"),
            candidate_ready_at=instant("candidate_ready_at"),
            coalesced=count("coalesced"),
            coalesced_since=instant("coalesced_since"),
            fired=count("fired"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOccurrence:
    """One nominal fire and what is to become of it.

    `reason` is a text code, None for a fire that simply runs. `missed_count` and `missed_since`
    tell a run under `fire_once` how many other fires it stands for, and since when. (After an edit
    they may speak of fires that had to be left out: see `plan_edit`.)
    """

    scheduled_for: datetime
    due_at: datetime
    outcome: Outcome
    reason: str | None = None
    missed_count: int = 0
    missed_since: datetime | None = None


class CatchUp:
    """The working state of one `plan`: what is recorded so far, and the backlog as it grows."""

    def __init__(
        self, schedule: Schedule, task_id: str, now: datetime, backlog: Backlog, *, enabled: bool
    ) -> None:
        self.occurrences: list[PlannedOccurrence] = []
        self.candidate = backlog.candidate
        self._candidate_ready_at = backlog.candidate_ready_at
        self._ready_at = backlog.ready_at
        self._coalesced = backlog.coalesced
        self._coalesced_since = backlog.coalesced_since
        self._fired = backlog.fired
        self._schedule = schedule
        self._task_id = task_id
        self._now = now
        self._enabled = enabled

    def take(self, fire_at: datetime, due: datetime) -> None:
        """Decide about one fire: record it, or keep it as the candidate."""
        ready = max(due, self._ready_at or due)
        self._ready_at = ready
        late = self._now - ready
        misfire = self._schedule.misfire
        if not self._enabled:
            self._record(fire_at, due, Outcome.SKIPPED_PAUSED, "task.paused")
        elif late <= misfire.threshold:
            self._record(fire_at, due, Outcome.FIRED)
        elif late > misfire.catchup_window:
            self._record(fire_at, due, Outcome.MISSED, "misfire.older_than_window")
        elif misfire.policy is MisfirePolicy.SKIP:
            self._record(fire_at, due, Outcome.MISSED, "misfire.policy_skip")
        elif misfire.policy is MisfirePolicy.FIRE_ONCE:
            self._consider(fire_at, ready)
        elif self._fired < misfire.limit:
            self._fired += 1
            self._record(fire_at, due, Outcome.FIRED, "misfire.fired_all")
        else:
            self._record(fire_at, due, Outcome.MISSED, "misfire.over_limit")

    def drop_stale_candidate(self) -> None:
        """Give up a candidate that outlived the catch-up window, or whose task was paused since.

        That takes a stop of the scheduler in the middle of a backlog, or a candidate at the very
        edge of the window; newer fires of the backlog then compete for its place.
        """
        if self.candidate is None or self._candidate_ready_at is None:
            return
        if not self._enabled:
            outcome, reason = Outcome.SKIPPED_PAUSED, "task.paused"
        elif self._now - self._candidate_ready_at > self._schedule.misfire.catchup_window:
            outcome, reason = Outcome.MISSED, "misfire.older_than_window"
        else:
            return
        self._record(self.candidate, self._due_at(self.candidate), outcome, reason)
        self.candidate = None

    def settle_candidate(self) -> None:
        """Let the candidate run, now that the backlog is at its end."""
        if self.candidate is None:
            return
        self.occurrences.append(
            PlannedOccurrence(
                scheduled_for=self.candidate,
                due_at=self._due_at(self.candidate),
                outcome=Outcome.FIRED,
                reason="misfire.fired_once",
                missed_count=self._coalesced,
                missed_since=self._coalesced_since,
            )
        )
        self.candidate = None

    def to_backlog(self) -> Backlog:
        return Backlog(
            ready_at=self._ready_at,
            candidate=self.candidate,
            candidate_ready_at=self._candidate_ready_at if self.candidate else None,
            coalesced=self._coalesced,
            coalesced_since=self._coalesced_since,
            fired=self._fired,
        )

    def _consider(self, fire_at: datetime, ready: datetime) -> None:
        """Keep the better one of this fire and the candidate; the other one is coalesced."""
        loser: datetime | None = fire_at
        if self.candidate is None or self._schedule.misfire.pick is MisfirePick.LATEST:
            loser, self.candidate, self._candidate_ready_at = self.candidate, fire_at, ready
        if loser is None:
            return
        self._coalesced += 1
        self._coalesced_since = min(loser, self._coalesced_since or loser)
        self._record(loser, self._due_at(loser), Outcome.COALESCED, "misfire.coalesced")

    def _due_at(self, fire_at: datetime) -> datetime:
        return due_at(self._schedule, self._task_id, fire_at)

    def _record(
        self, fire_at: datetime, due: datetime, outcome: Outcome, reason: str | None = None
    ) -> None:
        self.occurrences.append(
            PlannedOccurrence(scheduled_for=fire_at, due_at=due, outcome=outcome, reason=reason)
        )
