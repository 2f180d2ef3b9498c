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
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from tests.support import cron_oracle

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EVER = datetime(9999, 1, 1, tzinfo=UTC)
#: How long after a fire nobody may complain yet that it is not in the ledger.
EPSILON = timedelta(seconds=5)
#: How long after a fire it must have ended.
QUIESCE = timedelta(seconds=30)
#: Clocks of two processes of one machine agree; a call is built before it is stamped.
EARLY = timedelta(milliseconds=50)

FINAL = frozenset({"success", "failure", "timed_out", "cancelled"})
SHOWN = 10

#: All fires after the first instant and up to the second.
Fires = Callable[[datetime, datetime], Iterable[datetime]]


def every(period: timedelta) -> Fires:
    """Return the fires of an interval: whole multiples of it since 1970."""

    def fires(after: datetime, until: datetime) -> Iterable[datetime]:
        at = EPOCH + ((after - EPOCH) // period + 1) * period
        while at <= until:
            yield at
            at += period

    return fires


def cron(expression: str) -> Fires:
    """Return the fires of a cron expression in UTC, by brute force over all seconds."""
    second = timedelta(seconds=1)

    def fires(after: datetime, until: datetime) -> Iterable[datetime]:
        for at in every(second)(after, until):
            if cron_oracle.matches(expression, at.replace(tzinfo=None)):
                yield at

    return fires


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A task as it was defined, in force from one answer of the API to another.

    Between `sent` and `answered` nobody outside can know which version was in force.
    """

    task_id: UUID
    fires: Fires
    sent_at: datetime
    answered_at: datetime
    replaced_sent_at: datetime = EVER
    replaced_answered_at: datetime = EVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """A row of the ledger."""

    run_id: UUID
    task_id: UUID
    trigger: str
    scheduled_at: datetime
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """A row of the log."""

    run_id: UUID
    task_id: UUID
    status: str
    attempt: int
    started_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A call that arrived at the sink."""

    run_id: UUID
    attempt: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What the harness did to the system, and until when it took."""

    kind: str
    target: str
    began_at: datetime
    ended_at: datetime

    @property
    def excuses_doubles(self) -> bool:
        """Only an executor that died or froze may have its actions done again."""
        return self.target.startswith("executor")


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that is known about one run of the system."""

    versions: Sequence[Version]
    ledger: Sequence[Occurrence]
    log: Sequence[LogRow]
    effects: Sequence[Effect]
    read_at: datetime
    faults: Sequence[Fault] = ()
    #: Runs that the API has acknowledged.
    acknowledged: Sequence[UUID] = ()
    #: Runs counted in each task's statistics.
    counted: Mapping[UUID, int] = field(default_factory=dict)
    #: The log as it was read before; what was final must not have changed.
    earlier_log: Sequence[LogRow] = ()


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
    verdict = Verdict(runs=sum(row.outcome == "fired" for row in history.ledger))
    _judge_ledger(history, verdict)
    _judge_log(history, verdict)
    _judge_effects(history, verdict)
    return verdict


def _judge_ledger(history: History, verdict: Verdict) -> None:
    scheduled: dict[tuple[UUID, datetime], str] = {}
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
    possible: set[tuple[UUID, datetime]] = set()
    for version in history.versions:
        until = min(version.replaced_sent_at - EARLY, history.read_at - EPSILON)
        must = {(version.task_id, at) for at in version.fires(version.answered_at, until)}
        for task_id, at in sorted(must - scheduled.keys()):
            verdict.missed.append(f"task {task_id} at {at}")
        for task_id, at in sorted(must & scheduled.keys()):
            if scheduled[task_id, at] != "fired":
                verdict.not_fired.append(f"task {task_id} at {at}: {scheduled[task_id, at]}")
        last = min(version.replaced_answered_at, history.read_at + EPSILON)
        possible |= {(version.task_id, at) for at in version.fires(version.sent_at, last)}
    known = {version.task_id for version in history.versions}
    for task_id, at in sorted(scheduled.keys() - possible):
        if task_id in known and scheduled[task_id, at] == "fired":
            verdict.unexpected.append(f"task {task_id} at {at}")
    fired = {row.run_id for row in history.ledger if row.outcome == "fired"}
    verdict.forgotten += [f"run {run_id}" for run_id in history.acknowledged if run_id not in fired]


def _judge_log(history: History, verdict: Verdict) -> None:
    rows = {row.run_id: row for row in history.log}
    for run_id, times in Counter(row.run_id for row in history.log).items():
        if times > 1:
            verdict.double_final.append(f"{times} log rows of run {run_id}")
    due = history.read_at - QUIESCE
    fired = {row.run_id: row for row in history.ledger if row.outcome == "fired"}
    for run_id, occurrence in fired.items():
        row = rows.get(run_id)
        if occurrence.scheduled_at > due:
            continue
        if row is None:
            verdict.lost.append(_named(occurrence))
        elif row.status not in FINAL:
            verdict.stuck.append(f"{_named(occurrence)}: {row.status}, attempt {row.attempt}")
    for row in history.log:
        if row.run_id not in fired:
            verdict.unledgered.append(f"run {row.run_id}: {row.status}")
        if row.status in FINAL - {"success"}:
            verdict.not_successful.append(f"run {row.run_id}: {row.status}")
        if row.completed_at is not None and row.completed_at < row.started_at:
            verdict.backwards.append(f"run {row.run_id}")
    for before in history.earlier_log:
        if before.status in FINAL and rows.get(before.run_id) != before:
            verdict.double_final.append(f"rewritten: {before} is now {rows.get(before.run_id)}")
    ended = Counter(row.task_id for row in history.log if row.status in FINAL)
    for task_id, count in history.counted.items():
        if count != ended[task_id]:
            verdict.double_final.append(f"task {task_id}: {ended[task_id]} ends, {count} counted")


def _judge_effects(history: History, verdict: Verdict) -> None:
    seen: dict[UUID, list[Effect]] = defaultdict(list)
    for effect in sorted(history.effects, key=lambda each: each.at):
        seen[effect.run_id].append(effect)
    occurrences = {row.run_id: row for row in history.ledger}
    for run_id, effects in seen.items():
        occurrence = occurrences.get(run_id)
        if occurrence is None or occurrence.outcome != "fired":
            verdict.phantom.append(f"run {run_id}, called {len(effects)} times")
        elif effects[0].at < occurrence.scheduled_at - EARLY:
            verdict.early.append(f"{_named(occurrence)}: called at {effects[0].at}")
        for one, other in pairwise(effects):
            if _excused(one.at, other.at, history.faults):
                verdict.excused_doubles += 1
            else:
                verdict.double_effect.append(f"run {run_id}: {one.at} and {other.at}")
    for row in history.log:
        attempts = {effect.attempt for effect in seen.get(row.run_id, ())}
        if row.status == "success" and row.attempt not in attempts:
            verdict.false_success.append(f"run {row.run_id}: attempt {row.attempt} of {attempts}")


def _excused(one: datetime, other: datetime, faults: Sequence[Fault]) -> bool:
    return any(
        fault.excuses_doubles and fault.began_at <= other and fault.ended_at >= one
        for fault in faults
    )


def _named(row: Occurrence) -> str:
    return f"run {row.run_id} of task {row.task_id} at {row.scheduled_at}"
