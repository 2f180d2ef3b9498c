"""Decide which of the runs that wait may run now: pure, one round at a time.

    everything or its queue paused ──► waits
    start deadline passed ───────────► expired
    overlap with runs of its task ───► waits, skipped, or the others are stopped
    rate of its task, of its queue ──► waits until it is its turn
    slots of its task or key, queue ─► waits, throttled, or the oldest is stopped
    locks ───────────────────────────► waits, skipped
    must wait, but its queue is full ► throttled
    else ────────────────────────────► admitted

The first rule that says no decides. Limits are counted over live runs each time; there is no
counter that could go wrong. A run that has begun and waits for its next attempt is never dropped,
and for overlap it counts as live: its task is not done with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.scheduler.floor import Floor
from services.scheduler.waiting import Admit, Candidate, Decision, Drop, Situation, Verdict, Wait
from shared.contracts.policy import Overlap
from shared.domain.occurrence import Outcome

#: A run gains one step of priority for each such time that it waits.
AGEING = timedelta(minutes=1)
HIGHEST = 1
#: Runs of a task that may wait under `buffer_all`. A backfill's may all wait: somebody chose them.
BUFFER = 100
BACKFILL = "backfill"

_COVERING = frozenset({Overlap.CANCEL_OTHER, Overlap.TERMINATE_OTHER})

Rule = Callable[[Candidate, Floor], Decision | None]


def decide(candidates: Iterable[Candidate], situation: Situation) -> Verdict:
    """Judge all *candidates* whose time has come, one after the other."""
    line = in_order([each for each in candidates if is_ripe(each, situation.now)], situation)
    newest = _newest_covering(line)
    floor = Floor(situation)
    decisions: dict[UUID, Decision] = {}
    for candidate in line:
        decision = _judge(candidate, floor, newest)
        if isinstance(decision, Wait) and candidate.is_new and floor.is_full(candidate):
            decision = Drop(Outcome.THROTTLED, f"queue.full:{candidate.queue}")
        floor.note(candidate, decision)
        decisions[candidate.run_id] = decision
    _supersede(line, decisions)
    return Verdict(decisions=decisions, cancels=floor.cancels)


def is_ripe(candidate: Candidate, now: datetime) -> bool:
    """Return whether a candidate is to be judged.

    The moment up to which a rate makes it wait is a forecast: the limit may have been raised.
    """
    if candidate.due_at > now:
        return False
    forecast = candidate.waits_for == "rate_limit"
    return candidate.not_before is None or candidate.not_before <= now or forecast


def effective_priority(priority: int, due_at: datetime, now: datetime) -> int:
    """Return the priority that a run has by now; who waits long enough comes first."""
    return max(HIGHEST, priority - max(0, (now - due_at) // AGEING))


def in_order(candidates: Sequence[Candidate], situation: Situation) -> list[Candidate]:
    """Return the order in which candidates are judged.

    Where a task's keys take turns, they do so on the places that its runs have in the line, so
    that other tasks notice nothing of it.
    """

    def rank(each: Candidate) -> tuple[int, datetime, datetime, UUID]:
        return effective_priority(each.priority, each.due_at, situation.now), *each.age

    line = sorted(candidates, key=rank)
    places: defaultdict[tuple[UUID, int], list[int]] = defaultdict(list)
    for place, each in enumerate(line):
        if each.policy.concurrency and each.policy.concurrency.strategy == "round_robin":
            places[each.task_id, rank(each)[0]].append(place)
    turns: defaultdict[tuple[UUID, str], int] = defaultdict(int)
    for live in situation.live:
        turns[live.task_id, live.key] += not live.between_attempts
    for taken in places.values():
        in_turn: list[tuple[int, int]] = []
        for place in taken:
            key = line[place].task_id, line[place].key
            in_turn.append((turns[key], place))
            turns[key] += 1
        reordered = [line[place] for _, place in sorted(in_turn)]
        for place, each in zip(taken, reordered, strict=True):
            line[place] = each
    return line


def _newest_covering(line: Sequence[Candidate]) -> dict[UUID, Candidate]:
    """Return, by task, the newest run that covers the others of its task."""
    newest: dict[UUID, Candidate] = {}
    for each in line:
        if each.overlap in _COVERING and not each.has_begun:
            known = newest.get(each.task_id, each)
            newest[each.task_id] = max(known, each, key=lambda one: one.age)
    return newest


def _judge(candidate: Candidate, floor: Floor, newest: dict[UUID, Candidate]) -> Decision:
    if (paused := _paused(candidate, floor)) is not None:
        return paused
    covering = newest.get(candidate.task_id, candidate)
    is_covered = candidate.overlap in _COVERING and candidate.age < covering.age
    for rule in RULES:
        if rule is _overlap and is_covered and not candidate.has_begun:
            return Drop(Outcome.SUPERSEDED, "overlap.newer")
        decision = rule(candidate, floor)
        if decision is not None:
            return decision
    return Admit()


def _paused(candidate: Candidate, floor: Floor) -> Wait | None:
    if floor.situation.paused:
        return Wait("paused_all")
    queue = floor.situation.queues.get(candidate.queue)
    return Wait("queue_paused") if queue is not None and queue.paused else None


def _deadline(candidate: Candidate, floor: Floor) -> Decision | None:
    seconds = candidate.policy.start_deadline_seconds
    if seconds is None or candidate.has_begun:
        return None
    if floor.now <= candidate.due_at + timedelta(seconds=seconds):
        return None
    return Drop(Outcome.EXPIRED, "start.deadline")


def _overlap(candidate: Candidate, floor: Floor) -> Decision | None:
    """Judge a run that begins against the others of its task, live and waiting."""
    if candidate.has_begun or candidate.overlap is Overlap.ALLOW_ALL:
        return None
    others = floor.others(candidate)
    if candidate.overlap in _COVERING:
        for other in others:
            floor.cancel(other, f"overlap.{candidate.overlap}")
        is_patient = candidate.overlap is Overlap.CANCEL_OTHER
        return Wait("overlap") if others and is_patient else None
    ahead = floor.waiting_ahead(candidate)
    if not others and not ahead:
        return None
    if candidate.overlap is Overlap.SKIP:
        return Drop(Outcome.SKIPPED_OVERLAP, "overlap.live" if others else "overlap.waiting")
    if candidate.overlap is Overlap.BUFFER_ONE and ahead:
        return Drop(Outcome.SKIPPED_OVERLAP, "overlap.waiting")
    is_full = ahead >= BUFFER and candidate.trigger != BACKFILL
    return Drop(Outcome.THROTTLED, "overlap.buffer_full") if is_full else Wait("overlap")


def _rate(candidate: Candidate, floor: Floor) -> Decision | None:
    """Let a run start only where its task's and its queue's windows have room.

    A run starts once, so its later attempts are free.
    """
    if candidate.has_begun:
        return None
    at = max((window.opens_at(floor.now) for window in floor.windows(candidate)), default=floor.now)
    return Wait("rate_limit", at) if at > floor.now else None


def _concurrency(candidate: Candidate, floor: Floor) -> Decision | None:
    rule = candidate.policy.concurrency
    if rule is not None and floor.in_slots(candidate) >= rule.limit:
        if rule.strategy == "skip" and not candidate.has_begun:
            return Drop(Outcome.THROTTLED, "concurrency.limit")
        if rule.strategy == "cancel_oldest" and not candidate.has_begun:
            floor.inherit_oldest(candidate, rule.limit, "concurrency.cancel_oldest")
        return Wait("concurrency")
    queue = floor.situation.queues.get(candidate.queue)
    if queue is None or queue.concurrency is None:
        return None
    return Wait("concurrency") if floor.in_queue(candidate) >= queue.concurrency else None


def _locks(candidate: Candidate, floor: Floor) -> Decision | None:
    """Give a run all of its locks or none.

    Nobody takes a free lock past one who needs it and another one: that one would wait for ever.
    """
    blocked = False
    for lock, on_conflict in candidate.locks:
        if floor.is_taken(lock) and on_conflict == "skip" and not candidate.has_begun:
            return Drop(Outcome.SKIPPED_LOCK, f"lock.taken:{lock}")
        blocked = blocked or floor.is_taken(lock) or floor.is_wanted(lock)
    return Wait("lock") if blocked else None


#: After the pauses; the first one that decides, decides.
RULES: tuple[Rule, ...] = (_deadline, _overlap, _rate, _concurrency, _locks)


def _supersede(line: Sequence[Candidate], decisions: dict[UUID, Decision]) -> None:
    """Let runs that supersede take the places of the older ones that wait with the same lock.

    Not while they are paused: a pause changes nothing.
    """
    waiting: defaultdict[str, list[Candidate]] = defaultdict(list)
    for each in line:
        if isinstance(decisions[each.run_id], Wait) and not each.has_begun:
            for lock, _ in each.locks:
                waiting[lock].append(each)
    for each in sorted(line, key=lambda one: one.age, reverse=True):
        decision = decisions[each.run_id]
        if isinstance(decision, Drop) or (
            isinstance(decision, Wait) and decision.reason in ("paused_all", "queue_paused")
        ):
            continue
        for lock, on_conflict in each.locks:
            if on_conflict != "supersede":
                continue
            for other in waiting[lock]:
                if other.age < each.age and isinstance(decisions[other.run_id], Wait):
                    decisions[other.run_id] = Drop(Outcome.SUPERSEDED, f"lock.superseded:{lock}")
