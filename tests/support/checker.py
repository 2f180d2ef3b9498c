"""Judges a history: what was promised, against what the ledger, the log and a witness say.

    versions of tasks (asked by us) ──► fires that must, may or must not exist
    ledger, log (read from tables)  ──► one row each? one end each? counted once?
    calls at the sink (the witness) ──► did it happen, on time, once?
    faults (noted by the harness)   ──► what they excuse: only a call made twice

Pure, and without a line of the product: a fire is what arithmetic or `cron_oracle` says. A verdict
is good if every list in it is empty. `tests/unit/test_checker.py` spoils a good history in every
way that it knows and expects each to be found: a checker that never fails proves nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from tests.support.history import Effect, Fault, History, Occurrence

#: How long after a fire nobody may complain yet that it is not in the ledger.
EPSILON = timedelta(seconds=5)
#: How long after a fire it must have ended.
QUIESCE = timedelta(seconds=30)
#: Clocks of two processes of one machine agree; a call is built before it is stamped.
EARLY = timedelta(milliseconds=50)

#: How long the scheduler may go by the old version after an edit was answered.
HEARD = timedelta(seconds=1)
#: From here on a run is late.
LATE = 1.0  # seconds

FIRED = "fired"
SUCCESS = "success"
FINAL = frozenset({SUCCESS, "failure", "timed_out", "cancelled"})
SHOWN = 10

#: A task and a nominal time.
Key = tuple[UUID, datetime]


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What is wrong, by kind; each entry names one case."""

    missed: list[str] = field(default_factory=list)
    """A fire that must exist has no row."""
    not_fired: list[str] = field(default_factory=list)
    """It has one, but was not run."""
    unexpected: list[str] = field(default_factory=list)
    """A row for a time at which the task does not fire."""
    duplicate: list[str] = field(default_factory=list)
    """Two rows for one fire, or one run twice."""
    forgotten: list[str] = field(default_factory=list)
    """A run that the API has acknowledged has no row."""
    lost: list[str] = field(default_factory=list)
    """A run that fired long ago has no row in the log."""
    stuck: list[str] = field(default_factory=list)
    """It has one that says it still runs."""
    double_final: list[str] = field(default_factory=list)
    """A run ended twice, or was counted twice, or its end was rewritten."""
    unledgered: list[str] = field(default_factory=list)
    """The log knows a run that the ledger does not."""
    not_successful: list[str] = field(default_factory=list)
    """A run ended otherwise than its action, which always works."""
    false_success: list[str] = field(default_factory=list)
    """The log says that an attempt succeeded; the witness has not seen it."""
    phantom: list[str] = field(default_factory=list)
    """The witness has seen a run that the ledger does not know, or has not fired."""
    double_effect: list[str] = field(default_factory=list)
    """The witness has seen a run twice, and no fault of an executor lies in between."""
    early: list[str] = field(default_factory=list)
    """The witness has seen a run before its time."""
    backwards: list[str] = field(default_factory=list)
    """A run that ended before it began."""
    excused_doubles: int = 0
    runs: int = 0

    @property
    def is_good(self) -> bool:
        """True if nothing is wrong."""
        return not any(self._wrong().values())

    def forget(self, known: set[str]) -> None:
        """Drop what is known from earlier verdicts on the same history; it learns the rest."""
        for cases in self._wrong().values():
            news = [each for each in cases if each not in known]
            cases[:] = news
            known.update(news)

    def report(self) -> str:
        """Say what is wrong, with examples."""
        lines = [f"{self.runs} runs, {self.excused_doubles} excused doubles"]
        for kind, cases in self._wrong().items():
            if cases:
                lines.append(f"{kind}: {len(cases)}")
                lines += [f"    {case}" for case in cases[:SHOWN]]
        return "\n".join(lines)

    def _wrong(self) -> dict[str, list[str]]:
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: cases for name, cases in found.items() if isinstance(cases, list)}


def judge(history: History) -> Verdict:
    """Return everything that is wrong with a history."""
    verdict = Verdict(runs=sum(row.outcome == FIRED for row in history.ledger))
    scheduled = _judge_keys(history, verdict)
    _judge_fires(history, scheduled, verdict)
    _judge_log(history, verdict)
    _judge_ends(history, verdict)
    _judge_effects(history, verdict)
    return verdict


def _judge_keys(history: History, verdict: Verdict) -> dict[Key, str]:
    """Look for doubles in the ledger; return what became of each scheduled fire."""
    scheduled: dict[Key, str] = {}
    for row in history.ledger:
        if row.trigger != "schedule":
            continue
        key = (row.task_id, row.scheduled_at)
        if key in scheduled:
            verdict.duplicate.append(f"two rows: {_named(row)}")
        scheduled[key] = row.outcome
    for run_id, times in Counter(row.run_id for row in history.ledger).items():
        if times > 1:
            verdict.duplicate.append(f"{times} rows of run {run_id}")
    return scheduled


def _judge_fires(history: History, scheduled: dict[Key, str], verdict: Verdict) -> None:
    """Compare the ledger with what must and what may be in it."""
    possible: set[Key] = set()
    for version in history.versions:
        until = min(version.replaced_sent_at - EARLY, history.read_at - EPSILON)
        for at in version.fires(version.answered_at, until):
            outcome = scheduled.get((version.task_id, at))
            if outcome is None:
                verdict.missed.append(f"task {version.task_id} at {at}")
            elif outcome != FIRED:
                verdict.not_fired.append(f"task {version.task_id} at {at}: {outcome}")
        last = min(version.replaced_answered_at + HEARD, history.read_at + EPSILON)
        possible |= {(version.task_id, at) for at in version.fires(version.sent_at, last)}
    known = {version.task_id for version in history.versions}
    for task_id, at in sorted(scheduled.keys() - possible):
        if task_id in known and scheduled[task_id, at] == FIRED:
            verdict.unexpected.append(f"task {task_id} at {at}")


def _judge_log(history: History, verdict: Verdict) -> None:
    """Compare the log with the ledger: each run that fired has one row, and has ended."""
    rows = {row.run_id: row for row in history.log}
    fired = {row.run_id: row for row in history.ledger if row.outcome == FIRED}
    for run_id, at in history.acknowledged.items():
        if run_id not in fired and at < history.read_at - QUIESCE:
            verdict.forgotten.append(f"run {run_id}, acknowledged at {at}")
    for run_id, occurrence in fired.items():
        row = rows.get(run_id)
        if occurrence.scheduled_at > history.read_at - QUIESCE:
            continue
        if row is None:
            verdict.lost.append(_named(occurrence))
        elif row.status not in FINAL:
            verdict.stuck.append(f"{_named(occurrence)}: {row.status}, attempt {row.attempt}")
    verdict.unledgered += [f"run {run_id}" for run_id in rows if run_id not in fired]


def _judge_ends(history: History, verdict: Verdict) -> None:
    """Look at the rows of the log by themselves: each run ended once, well, and for ever."""
    rows = {row.run_id: row for row in history.log}
    for run_id, times in Counter(row.run_id for row in history.log).items():
        if times > 1:
            verdict.double_final.append(f"{times} log rows of run {run_id}")
    for before in history.earlier_log:
        if before.status in FINAL and rows.get(before.run_id) != before:
            verdict.double_final.append(f"rewritten: {before} is now {rows.get(before.run_id)}")
    ended = Counter(row.task_id for row in history.log if row.status in FINAL)
    for task_id, count in history.counted.items():
        if count != ended[task_id]:
            verdict.double_final.append(f"task {task_id}: {ended[task_id]} ends, {count} counted")
    for row in history.log:
        if row.status in FINAL - {SUCCESS} and row.task_id not in history.failing:
            verdict.not_successful.append(f"run {row.run_id}: {row.status}: {row.error}")
        if row.completed_at is not None and row.completed_at < row.started_at:
            verdict.backwards.append(f"run {row.run_id}")


def _judge_effects(history: History, verdict: Verdict) -> None:
    seen: dict[UUID, list[Effect]] = defaultdict(list)
    for effect in sorted(history.effects, key=lambda each: each.at):
        seen[effect.run_id].append(effect)
    occurrences = {row.run_id: row for row in history.ledger}
    for run_id, effects in seen.items():
        occurrence = occurrences.get(run_id)
        if occurrence is None or occurrence.outcome != FIRED:
            verdict.phantom.append(f"run {run_id}, called {len(effects)} times")
        elif effects[0].at < occurrence.scheduled_at - EARLY:
            verdict.early.append(f"{_named(occurrence)}: called at {effects[0].at}")
        is_retried = occurrence is not None and occurrence.task_id in history.retried
        for one, other in pairwise(effects):
            if is_retried and one.attempt < other.attempt:
                continue
            if _excused(one.at, other.at, history.faults):
                verdict.excused_doubles += 1
            else:
                verdict.double_effect.append(f"run {run_id}: {one.at} and {other.at}")
    for row in history.log:
        attempts = {effect.attempt for effect in seen.get(row.run_id, ())}
        seen_by_nobody = row.status == SUCCESS and row.attempt not in attempts
        if seen_by_nobody and row.task_id not in history.unseen:
            verdict.false_success.append(f"run {row.run_id}: attempt {row.attempt} of {attempts}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How the runs that were due in a stretch of time went; times in seconds."""

    runs: int
    under_way: int
    """Called and not ended when it began."""
    twice: int
    """Called more than once."""
    median: float
    """From the nominal time to the first call, like the next two."""
    p99: float
    latest: float
    latest_was: str
    on_time_again: float
    """From the beginning to the last first call that was more than a second late."""
    redone: float
    """From the beginning to the last call of a later attempt."""
    ended: float
    """The longest time from the nominal time to the end of a run, as the log has it."""


def measure(history: History, since: datetime, until: datetime) -> Figures:
    """Return the figures of what was due from *since*, when a fault began, up to *until*.

    Runs that were under way when it began count too.
    """
    calls: dict[UUID, list[datetime]] = defaultdict(list)
    for effect in history.effects:
        calls[effect.run_id].append(effect.at)
    ends = {row.run_id: row.completed_at for row in history.log}
    rows = [
        row
        for row in history.ledger
        if row.scheduled_at <= until
        and row.run_id in calls
        and (row.scheduled_at >= since or _ended_after(ends.get(row.run_id), since))
    ]
    delays = [
        (max(0.0, (min(calls[row.run_id]) - row.scheduled_at).total_seconds()), row) for row in rows
    ]
    latest, was = max(delays, key=lambda each: each[0], default=(0.0, None))
    late = sorted(delay for delay, _ in delays) or [0.0]
    twice = [row for row in rows if len(calls[row.run_id]) > 1]

    def after(moments: list[datetime]) -> float:
        return max(0.0, (max(moments, default=since) - since).total_seconds())

    return Figures(
        runs=len(rows),
        under_way=sum(
            min(calls[row.run_id]) <= since and _ended_after(ends.get(row.run_id), since)
            for row in rows
        ),
        twice=len(twice),
        median=late[len(late) // 2],
        p99=late[min(len(late) - 1, len(late) * 99 // 100)],
        latest=latest,
        latest_was=f"{was.trigger}, {_named(was)}" if was else "",
        on_time_again=after([min(calls[row.run_id]) for delay, row in delays if delay > LATE]),
        redone=after(
            [each.at for each in history.effects if each.attempt > 1 and each.at >= since]
        ),
        ended=max(
            (
                (end - row.scheduled_at).total_seconds()
                for row in rows
                if (end := ends.get(row.run_id))
            ),
            default=0.0,
        ),
    )


def _ended_after(end: datetime | None, moment: datetime) -> bool:
    return end is None or end >= moment


def _excused(one: datetime, other: datetime, faults: Sequence[Fault]) -> bool:
    return any(
        fault.excuses_doubles and fault.began_at <= other and fault.ended_at >= one
        for fault in faults
    )


def _named(row: Occurrence) -> str:
    return f"run {row.run_id} of task {row.task_id} at {row.scheduled_at}"
