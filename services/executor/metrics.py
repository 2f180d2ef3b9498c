"""What an executor counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from prometheus_client import Counter, Gauge, Histogram

from services.executor.claimed import ClaimedRun
from services.executor.report import AttemptEnd
from shared.contracts.runs import RunStatus
from shared.runtime.metrics import LATENESS_BUCKETS, REGISTRY, WORK_BUCKETS, Bounded
from shared.runtime.row_metrics import recorded

CLAIMED = Counter(
    "automation_claims_total",
    "Runs that this executor has claimed.",
    registry=REGISTRY,
)
LATENESS = Histogram(
    "automation_start_lateness_seconds",
    "How long after it was due a run was begun (its first attempt), by what caused it.",
    ["trigger"],
    buckets=LATENESS_BUCKETS,
    registry=REGISTRY,
)
ACTION_SECONDS = Histogram(
    "automation_action_seconds",
    "How long attempts took, by action.",
    ["action"],
    buckets=WORK_BUCKETS,
    registry=REGISTRY,
)
ENDED = Counter(
    "automation_runs_ended_total",
    "Runs that ended for good here, by action and status.",
    ["action", "status"],
    registry=REGISTRY,
)
RETRIED = Counter(
    "automation_retries_total",
    "Attempts that failed and are followed by another one, by action.",
    ["action"],
    registry=REGISTRY,
)
SNOOZED = Counter(
    "automation_snoozes_total",
    "Attempts that asked to be called again later, by action.",
    ["action"],
    registry=REGISTRY,
)
LEASES_LOST = Counter(
    "automation_leases_lost_total",
    "Runs that were stopped here because a later attempt had their lease.",
    registry=REGISTRY,
)
DEAF = Counter(
    "automation_deaf_actions_total",
    "Actions that did not stop when told to, so that their executor ended, by action.",
    ["action"],
    registry=REGISTRY,
)
SLOTS = Gauge(
    "automation_executor_slots",
    "How many runs this executor takes at the same time.",
    registry=REGISTRY,
)
RUNNING = Gauge(
    "automation_executor_running",
    "How many runs are under way here.",
    registry=REGISTRY,
)
UNSTORED = Gauge(
    "automation_executor_unstored_results",
    "Results of runs that wait to be stored.",
    registry=REGISTRY,
)
LINES_DROPPED = Counter(
    "automation_log_lines_dropped_total",
    "Lines of runs' logs that were dropped because the bus did not take them.",
    registry=REGISTRY,
)

DEAD_RUNS = Counter(
    "automation_dead_runs_total",
    "Runs that ended without success after retries, or need an operator.",
    registry=REGISTRY,
)

_action = Bounded(100)
_trigger = Bounded(20)


class _OfAction(NamedTuple):
    seconds: Histogram
    retried: Counter
    snoozed: Counter


@lru_cache(maxsize=256)
def _of(action: str) -> _OfAction:
    label = _action(action)
    return _OfAction(ACTION_SECONDS.labels(label), RETRIED.labels(label), SNOOZED.labels(label))


@lru_cache(maxsize=1024)
def _ended(action: str, status: RunStatus) -> Counter:
    return ENDED.labels(_action(action), status.value)


@lru_cache(maxsize=64)
def _lateness(trigger: str) -> Histogram:
    return LATENESS.labels(_trigger(trigger))


def begun(run: ClaimedRun, late: float) -> None:
    """Count a run that begins *late* seconds after it was due."""
    if run.attempt == 1:
        _lateness(run.trigger).observe(max(0.0, late))


def ended(run: ClaimedRun, end: AttemptEnd) -> None:
    """Count the end of an attempt."""
    of = _of(run.action)
    of.seconds.observe((end.completed_at - end.started_at).total_seconds())
    if end.retry_at is None:
        _ended(run.action, end.status).inc()
    elif end.status is RunStatus.RUNNING:
        of.snoozed.inc()
    else:
        of.retried.inc()


def stored(ends: Sequence[AttemptEnd], dead: int, now: datetime) -> None:
    """Count ends that were stored at *now*, *dead* of them of runs that died."""
    recorded("finished", [end.completed_at for end in ends], now)
    DEAD_RUNS.inc(dead)
