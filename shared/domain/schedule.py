"""When a task fires: a cron expression, a fixed interval or one instant, and the rules around it.

`scheduled_for`, the nominal time of a fire, is what the rule says. `due_at` is that plus the task's
jitter. Everything is computed from the definition and an instant, nothing from what happened
before: two schedulers that ask the same question get the same answer, and no fire ever drifts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from zoneinfo import ZoneInfo

from shared.domain.cron import LAST_YEAR, Cron, parse_cron
from shared.domain.dst import DstFold, DstGap, Fire, next_wall_fire
from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.instant import format_instant
from shared.domain.json_fields import JsonFields
from shared.domain.time_zone import UTC_ZONE, parse_zone

__all__ = [
    "DstFold",
    "DstGap",
    "Every",
    "Fire",
    "Misfire",
    "MisfirePick",
    "MisfirePolicy",
    "Once",
    "Schedule",
    "due_at",
    "fires",
    "next_fire",
    "parse_schedule",
    "warnings",
]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # nothing fires before it
LATEST = datetime(2200, 1, 1, tzinfo=UTC)  # beyond any stored definition: see _FARTHEST
_FARTHEST = timedelta(days=50 * 366)  # from the day of saving
_MAX_INTERVAL = 366 * 86_400  # seconds
_MAX_JITTER = 86_400  # seconds
_MAX_THRESHOLD = 7 * 86_400  # seconds
_MAX_MISFIRE_LIMIT = 1_000
_INTERVALS = {"interval_seconds": 1, "interval_minutes": 60, "interval_hours": 3_600}  # seconds
_KINDS = ("cron", *_INTERVALS, "at")
_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
_MILLISECOND = timedelta(milliseconds=1)


class MisfirePolicy(StrEnum):
    """What becomes of fires that come later than the threshold."""

    SKIP = "skip"  # none of them runs
    FIRE_ONCE = "fire_once"  # one runs for all of them
    FIRE_ALL = "fire_all"  # all run, up to a limit


class MisfirePick(StrEnum):
    """Which of the late fires is the one that runs under `fire_once`."""

    LATEST = "latest"
    EARLIEST = "earliest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfire:
    """How late is too late, and what happens then."""

    threshold: timedelta = timedelta(seconds=60)  # Quartz: up to here a fire just runs late
    policy: MisfirePolicy = MisfirePolicy.FIRE_ONCE
    pick: MisfirePick = MisfirePick.LATEST
    catchup_window: timedelta = timedelta(hours=24)  # Temporal: older than this is missed for good
    limit: int = 100  # fires that `fire_all` makes up for after one outage


@dataclass(frozen=True, slots=True)
class Every:
    """Fires at `anchor` + n * `period`, in real time: no zone and no DST has a say in it."""

    period: timedelta
    anchor: datetime = EPOCH


@dataclass(frozen=True, slots=True)
class Once:
    """Fires at one instant."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A schedule, read and checked. Make one with `parse_schedule`.

    `config` is the definition in its normal form, ready to be stored: reading it again gives an
    equal schedule. Fires before `start_at` or after `end_at` do not exist; both ends belong to the
    window.
    """

    rule: Cron | Every | Once
    zone: ZoneInfo = UTC_ZONE
    start_at: datetime | None = None
    end_at: datetime | None = None
    jitter: timedelta = timedelta(0)
    dst_gap: DstGap = DstGap.RUN_AFTER
    dst_fold: DstFold = DstFold.FIRST
    misfire: Misfire = field(default_factory=Misfire)
    config: Mapping[str, object] = field(default_factory=dict, compare=False)


def next_fire(schedule: Schedule, after: datetime) -> Fire | None:
    """Return the first fire strictly after the aware instant *after*, or None if there is none."""
    start = schedule.start_at or EPOCH
    if after < start:
        after = start - _MICROSECOND
    elif after.year > LAST_YEAR:
        return None
    rule = schedule.rule
    fire: Fire | None
    if isinstance(rule, Cron):
        fire = next_wall_fire(
            rule, schedule.zone, after=after, gap=schedule.dst_gap, fold=schedule.dst_fold
        )
    elif isinstance(rule, Every):
        fire = Fire(rule.anchor + ((after - rule.anchor) // rule.period + 1) * rule.period)
    else:
        fire = Fire(rule.at) if rule.at > after else None
    if fire is None or (schedule.end_at is not None and fire.at > schedule.end_at):
        return None
    return fire


def fires(schedule: Schedule, after: datetime, limit: int) -> list[Fire]:
    """Return the first *limit* fires strictly after *after*; fewer if there are no more."""
    found: list[Fire] = []
    while len(found) < limit and (fire := next_fire(schedule, after)) is not None:
        found.append(fire)
        after = fire.at
    return found


def due_at(schedule: Schedule, task_id: str, scheduled_for: datetime) -> datetime:
    """Return when the fire of *scheduled_for* is to start: up to `jitter` later, never earlier.

    The delay is drawn by hash, in milliseconds below the jitter: every scheduler draws the same,
    and so does a restarted one. It may exceed the distance to the next fire, so that due times
    need not be in the order of the nominal ones.
    """
    if not schedule.jitter:
        return scheduled_for
    spelled = f"{task_id}|{format_instant(scheduled_for)}".encode()
    draw = int.from_bytes(blake2b(spelled, digest_size=8).digest(), "big")
    return scheduled_for + draw % (schedule.jitter // _MILLISECOND) * _MILLISECOND


def parse_schedule(config: Mapping[str, object], *, now: datetime | None = None) -> Schedule:
    """Return the schedule that a `schedule_config` defines.

    With *now* it is judged as at the moment of saving: it must still have a fire ahead of it.
    Without, a stored definition is read back, which may have run its course.

    Raises:
        InvalidDefinition: with every problem found, never any other error whatever the input.
    """
    if not isinstance(config, Mapping):
        raise InvalidDefinition([Problem("", "field.object")])
    fields = JsonFields(config)
    start_at = _instant(fields, "start_at", EPOCH, now)
    end_at = _instant(fields, "end_at", EPOCH, now)
    day_or = fields.boolean("day_or", default=True)
    rule = _read_rule(fields, start_at or EPOCH, now, day_or=day_or)
    schedule = Schedule(
        rule=rule or Once(EPOCH),
        zone=fields.text("timezone", parse_zone) or UTC_ZONE,
        start_at=start_at,
        end_at=end_at,
        jitter=timedelta(
            seconds=fields.integer("jitter_seconds", default=0, low=0, high=_MAX_JITTER)
        ),
        dst_gap=fields.choice("dst_gap", DstGap.RUN_AFTER),
        dst_fold=fields.choice("dst_fold", DstFold.FIRST),
        misfire=_read_misfire(fields),
        config=fields.kept,
    )
    fields.close()
    problems = fields.problems or _check_window(schedule, now)
    if problems:
        raise InvalidDefinition(problems)
    return schedule


def warnings(schedule: Schedule) -> tuple[Problem, ...]:
    """Return what is allowed, yet often not what was meant."""
    if isinstance(schedule.rule, Cron) and schedule.rule.matches_either_day:
        return (Problem("/cron", "cron.either_day"),)
    return ()


def _read_rule(
    fields: JsonFields, anchor: datetime, now: datetime | None, *, day_or: bool
) -> Cron | Every | Once | None:
    rules: list[Cron | Every | Once | None] = []
    if fields.has("cron"):
        cron = fields.text("cron", lambda text: parse_cron(text, day_or=day_or))
        rules.append(cron)
        if cron is not None:
            fields.kept["cron"] = cron.expression
    for key, unit in _INTERVALS.items():
        if fields.has(key):
            rules.append(_interval(fields, key, unit, anchor))
    if fields.has("at"):
        at = _instant(fields, "at", EPOCH if now is None else now - _DAY, now)
        rules.append(None if at is None else Once(at))
        if at is not None and now is not None and at <= now:
            fields.refuse("at", "once.past")
    for key in _KINDS:
        fields.take(key)
    if len(rules) != 1:
        code = "schedule.several_kinds" if rules else "schedule.no_kind"
        fields.problems.append(Problem("", code, {"allowed": ", ".join(_KINDS)}))
        return None
    return rules[0]


def _interval(fields: JsonFields, key: str, unit: int, anchor: datetime) -> Every | None:
    value = fields.take(key)
    if isinstance(value, str):
        fields.refuse(key, "interval.syntax")
    elif isinstance(value, bool) or not isinstance(value, int | float):
        fields.refuse(key, "field.integer")
    elif not value >= 1:  # so written that NaN is refused here, too
        fields.refuse(key, "interval.min")
    elif not isinstance(value, int):
        fields.refuse(key, "field.integer")
    elif value > _MAX_INTERVAL // unit:
        fields.refuse(key, "interval.max")
    else:
        fields.kept[key] = value
        return Every(timedelta(seconds=value * unit), anchor)
    return None


def _instant(fields: JsonFields, key: str, low: datetime, now: datetime | None) -> datetime | None:
    high = LATEST if now is None else now + _FARTHEST
    at = fields.instant(key)
    if at is None or low <= at <= high:
        return at
    fields.refuse(key, "datetime.range", low=format_instant(low), high=format_instant(high))
    return None


def _read_misfire(fields: JsonFields) -> Misfire:
    usual = Misfire()
    nested = fields.object("misfire")
    misfire = Misfire(
        threshold=_seconds(nested, "threshold_seconds", usual.threshold, 1, _MAX_THRESHOLD),
        policy=nested.choice("policy", usual.policy),
        pick=nested.choice("pick", usual.pick),
        catchup_window=_seconds(
            nested, "catchup_window_seconds", usual.catchup_window, 0, _MAX_INTERVAL
        ),
        limit=nested.integer("limit", default=usual.limit, low=1, high=_MAX_MISFIRE_LIMIT),
    )
    fields.close_nested("misfire", nested)
    return misfire


def _seconds(fields: JsonFields, key: str, usual: timedelta, low: int, high: int) -> timedelta:
    default = usual // timedelta(seconds=1)
    return timedelta(seconds=fields.integer(key, default=default, low=low, high=high))


def _check_window(schedule: Schedule, now: datetime | None) -> list[Problem]:
    """Return what is wrong with a window in which nothing fires.

    Whether a cron expression has a match in a short window may change with the zone database, and
    a stored definition must never become unreadable: that is asked only when *now* is given.
    """
    start, end, rule = schedule.start_at, schedule.end_at, schedule.rule
    if start is not None and end is not None and start > end:
        return [Problem("/end_at", "schedule.empty")]
    if isinstance(rule, Once) and not (start or EPOCH) <= rule.at <= (end or LATEST):
        return [Problem("/at", "schedule.empty")]
    if now is not None and next_fire(schedule, now) is None:
        return [Problem("/end_at", "schedule.empty")]
    return []
