"""The books of one round of admission: who has which slot, start and lock, as it grows.

Built from what is live, then told of each decision, so that the next candidate is judged as if the
ones before it were running already.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.scheduler.waiting import (
    Admit,
    Candidate,
    Decision,
    Live,
    Rate,
    Situation,
    Wait,
)


class Window:
    """A sliding window of starts, those that are promised to waiting runs included."""

    def __init__(self, rate: Rate, starts: list[datetime]) -> None:
        self._rate = rate
        self._starts = starts

    def opens_at(self, now: datetime) -> datetime:
        """Return when the next run may start."""
        if len(self._starts) < self._rate.limit:
            return now
        return max(now, self._starts[-self._rate.limit] + self._rate.period)

    def take(self, at: datetime) -> None:
        """Give a start to a run: now, or the time at which it will be its turn."""
        self._starts.append(at)


class Floor:
    """Who has what."""

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        self.now = situation.now
        self.cancels: dict[UUID, str] = {}
        #: Runs that keep their task busy, those between two attempts included.
        self.busy: defaultdict[UUID, dict[UUID, Live]] = defaultdict(dict)
        self._slots: defaultdict[tuple[UUID, str], dict[UUID, Live]] = defaultdict(dict)
        self._in_queue: Counter[str] = Counter(situation.live_in_queue)
        self._holders: defaultdict[str, set[UUID]] = defaultdict(set)
        #: Locks that somebody waits for who comes before whoever is judged now.
        self._wanted: set[str] = set()
        self._waiting: Counter[UUID] = Counter()
        #: Runs that wait in a queue whose depth is limited, wherever in the line they are.
        self._depth = Counter({name: rule.waiting for name, rule in situation.queues.items()})
        #: Waiting runs that will get the slots of those that are being cancelled.
        self._heirs: Counter[tuple[UUID, str]] = Counter()
        self._task_windows: dict[UUID, Window] = {}
        self._queue_windows: dict[str, Window] = {}
        for live in situation.live:
            self._place(live)

    def _place(self, live: Live) -> None:
        self.busy[live.task_id][live.run_id] = live
        if not live.between_attempts:
            self._slots[live.task_id, live.key][live.run_id] = live
            for lock in live.locks:
                self._holders[lock].add(live.run_id)

    def others(self, candidate: Candidate) -> list[Live]:
        """Return the runs of its task that are live."""
        return [
            each
            for each in self.busy[candidate.task_id].values()
            if each.run_id != candidate.run_id
        ]

    def waiting_ahead(self, candidate: Candidate) -> int:
        """Return how many runs of its task wait and come before it."""
        return candidate.ahead + self._waiting[candidate.task_id]

    def in_slots(self, candidate: Candidate) -> int:
        """Return how many runs with its key are live."""
        return len(self._slots[candidate.task_id, candidate.key])

    def in_queue(self, candidate: Candidate) -> int:
        """Return how many runs of its queue are live."""
        return self._in_queue[candidate.queue]

    def is_full(self, candidate: Candidate) -> bool:
        """Return whether no further run may wait in its queue."""
        rule = self.situation.queues.get(candidate.queue)
        if rule is None or rule.max_depth is None:
            return False
        return self._depth[candidate.queue] >= rule.max_depth

    def is_taken(self, lock: str) -> bool:
        """Return whether a live run has a lock."""
        return bool(self._holders.get(lock))

    def is_wanted(self, lock: str) -> bool:
        """Return whether somebody who comes first waits for a lock."""
        return lock in self._wanted

    def windows(self, candidate: Candidate) -> list[Window]:
        """Return the windows of starts that a candidate has to fit into."""
        found: list[Window] = []
        rule = candidate.policy.rate_limit
        if rule is not None:
            rate = Rate.of(rule)
            starts = self.situation.task_starts.get(candidate.task_id, ())
            found.append(
                self._task_windows.setdefault(candidate.task_id, Window(rate, list(starts)))
            )
        queue = self.situation.queues.get(candidate.queue)
        if queue is not None and queue.rate is not None:
            starts = self.situation.queue_starts.get(candidate.queue, ())
            found.append(
                self._queue_windows.setdefault(candidate.queue, Window(queue.rate, list(starts)))
            )
        return found

    def cancel(self, live: Live, reason: str) -> None:
        """Have a live run stopped; it keeps what it has until it ended."""
        if live.cancelling:
            return
        self.cancels[live.run_id] = reason
        marked = replace(live, cancelling=True)
        self.busy[live.task_id][live.run_id] = marked
        if live.run_id in self._slots[live.task_id, live.key]:
            self._slots[live.task_id, live.key][live.run_id] = marked

    def inherit_oldest(self, candidate: Candidate, limit: int, reason: str) -> None:
        """Have a slot become free for a candidate, stopping the oldest run if need be."""
        slot = candidate.task_id, candidate.key
        staying = sorted(
            (each for each in self._slots[slot].values() if not each.cancelling),
            key=lambda each: (each.since, each.run_id),
        )
        if staying and len(staying) + self._heirs[slot] >= limit:
            self.cancel(staying[0], reason)
        self._heirs[slot] += 1

    def note(self, candidate: Candidate, decision: Decision) -> None:
        """Write down what was decided, for those that come after."""
        if not candidate.has_begun:
            self._depth[candidate.queue] += isinstance(decision, Wait) - (not candidate.is_new)
        if isinstance(decision, Admit):
            self._admitted(candidate)
        elif isinstance(decision, Wait):
            self._waits(candidate, decision)

    def _admitted(self, candidate: Candidate) -> None:
        self._place(
            Live(
                run_id=candidate.run_id,
                task_id=candidate.task_id,
                since=self.now,
                key=candidate.key,
                locks=frozenset(lock for lock, _ in candidate.locks),
            )
        )
        self._in_queue[candidate.queue] += 1
        if not candidate.has_begun:
            for window in self.windows(candidate):
                window.take(self.now)

    def _waits(self, candidate: Candidate, decision: Wait) -> None:
        if not candidate.has_begun:
            self._waiting[candidate.task_id] += 1
        if decision.reason == "lock":
            self._wanted.update(lock for lock, _ in candidate.locks)
        if decision.reason == "rate_limit" and decision.not_before is not None:
            for window in self.windows(candidate):
                if window.opens_at(self.now) == decision.not_before:
                    window.take(decision.not_before)
