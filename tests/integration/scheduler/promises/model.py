"""What we did, and what must be in the ledger for it. Pure.

Each kind of task says for itself what is expected of it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from services.scheduler.job import AHEAD
from shared.contracts.runs import RunStatus
from shared.contracts.tasks import TaskType
from shared.db.pool import Record
from tests.integration.scheduler.desk import SECOND
from tests.integration.scheduler.promises.runs import MAX_ATTEMPTS, Promise, Runs, check
from tests.integration.scheduler.trigger_parts import SUBJECT

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PAUSE = 60
"""Seconds between two attempts: longer than any life, so that only a moved clock ends them."""
POLICY = {
    "overlap": "allow_all",
    "retry": {
        "max_attempts": MAX_ATTEMPTS,
        "initial_interval_seconds": PAUSE,
        "max_interval_seconds": PAUSE,
        "jitter": 0,
    },
}


class Span(NamedTuple):
    """Up to when schedules were ticked."""

    surely: datetime
    at_most: datetime


@dataclass(kw_only=True, eq=False)
class Task:
    """A task that is run by hand, as we defined it."""

    task_id: UUID = field(default_factory=uuid4)
    version: int = 1
    enabled: bool = True
    is_gone: bool = False
    by_hand: set[UUID] = field(default_factory=set)

    is_steady = False
    """True: it is never edited, switched off or deleted."""

    @property
    def definition(self) -> dict[str, Any]:
        """What the task is, besides its schedule."""
        return {"policy": POLICY}

    @property
    def schedule(self) -> dict[str, Any] | None:
        return None

    def changed(self, at: datetime) -> None:  # noqa: ARG002 - only schedules need to know
        """Note that there is a new version from *at* on."""
        self.version += 1

    def judge(self, rows: Sequence[Record], runs: Runs, ticked: Span) -> None:  # noqa: ARG002 - others need them
        """Compare with the rows of this task."""
        found = Counter(row["run_id"] for row in rows if row["trigger"] == "manual")
        check(found == Counter(self.by_hand), Promise.BY_HAND, self, found)


@dataclass(kw_only=True, eq=False)
class Scheduled(Task):
    """Fires every few seconds, since it was created or edited."""

    seconds: int
    since: list[tuple[datetime, int | None]]
    """Each version with the time from which it holds, and its interval; None once deleted."""

    @property
    def schedule(self) -> dict[str, Any]:
        return {"interval_seconds": self.seconds}

    def changed(self, at: datetime) -> None:
        super().changed(at)
        self.since.append((at, None if self.is_gone else self.seconds))

    def fires(self, until: datetime, *, late_edits: timedelta = timedelta(0)) -> set[datetime]:
        """Return the fires up to *until*, if edits held *late_edits* later than they were made."""
        found: set[datetime] = set()
        ends = [since for since, _ in self.since[1:]] + [until]
        for (since, seconds), end in zip(self.since, ends, strict=True):
            if seconds is not None:
                period = timedelta(seconds=seconds)
                at = EPOCH + ((since - EPOCH) // period + 1) * period
                while at <= min(end + late_edits, until):
                    found.add(at)
                    at += period
        return found

    def judge(self, rows: Sequence[Record], runs: Runs, ticked: Span) -> None:
        super().judge(rows, runs, ticked)
        found = Counter(row["scheduled_for"] for row in rows if row["trigger"] == "schedule")
        # What was due in these instants may or may not have been ticked, ahead of its time.
        sure = self.fires(ticked.surely - SECOND)
        possible = self.fires(ticked.at_most + AHEAD, late_edits=AHEAD)
        check(max(found.values(), default=1) == 1, Promise.FIRES, self, found)
        check(sure <= set(found) <= possible, Promise.FIRES, self, sure ^ set(found))


@dataclass(kw_only=True, eq=False)
class Listening(Task):
    """Is started by each event whose number is large enough."""

    least: int
    heard: set[str] = field(default_factory=set)

    @property
    def definition(self) -> dict[str, Any]:
        trigger = {"subject": SUBJECT, "condition": f"n >= {self.least}"}
        return {**super().definition, "task_type": TaskType.TRIGGERED, "trigger_config": trigger}

    def hears(self, name: str, number: int) -> None:
        """Note an event that was handled for the first time."""
        if self.enabled and not self.is_gone and number >= self.least:
            self.heard.add(name)

    def judge(self, rows: Sequence[Record], runs: Runs, ticked: Span) -> None:
        super().judge(rows, runs, ticked)
        found = Counter(
            json.loads(row["origin"])["event"]["id"] for row in rows if row["trigger"] == "event"
        )
        check(found == Counter(self.heard), Promise.EVENTS, self, found)


@dataclass(kw_only=True, eq=False)
class Counting(Listening):
    """Is started by every second event."""

    is_steady = True
    least: int = 0

    @property
    def definition(self) -> dict[str, Any]:
        trigger = {"subject": SUBJECT, "threshold": 2, "within_seconds": 3600}
        return {**super().definition, "trigger_config": trigger}

    def judge(self, rows: Sequence[Record], runs: Runs, ticked: Span) -> None:
        Task.judge(self, rows, runs, ticked)
        found = sum(row["trigger"] == "event" for row in rows)
        check(found == len(self.heard) // 2, Promise.COUNTED, self, found)


@dataclass(kw_only=True, eq=False)
class Limited(Task):
    """Has slots; whoever finds none waits."""

    limit: int = 2

    @property
    def definition(self) -> dict[str, Any]:
        return {"policy": {**POLICY, "concurrency": {"limit": self.limit}}}


@dataclass(kw_only=True, eq=False)
class Upstream(Task):
    """Names what is to be started after its successes."""

    is_steady = True
    dependants: tuple[UUID, ...] = ()

    @property
    def definition(self) -> dict[str, Any]:
        return {**super().definition, "dependent_tasks": self.dependants}


@dataclass(kw_only=True, eq=False)
class Dependant(Task):
    """Is started after its upstream: after its successes, or (`always`) after each of its ends."""

    is_steady = True
    upstream: Upstream
    always: bool

    @property
    def definition(self) -> dict[str, Any]:
        if not self.always:
            return super().definition
        needs = {"tasks": [self.upstream.task_id], "rule": "always"}
        return {"policy": {**POLICY, "depends_on": needs}}

    def judge(self, rows: Sequence[Record], runs: Runs, ticked: Span) -> None:
        super().judge(rows, runs, ticked)
        after = {
            UUID(json.loads(row["origin"])["run_id"]): row["outcome"]
            for row in rows
            if row["trigger"] == "dependency"
        }
        count = sum(row["trigger"] == "dependency" for row in rows)
        check(count == len(after), Promise.DEPENDANTS, self, rows)
        check(set(after) == self.upstream.by_hand, Promise.DEPENDANTS, self, after)
        for run_id, outcome in after.items():
            good = self.always or runs.ends[run_id] == [RunStatus.SUCCESS]
            check((outcome != "upstream_failed") == good, Promise.DEPENDANTS, self, run_id, outcome)
