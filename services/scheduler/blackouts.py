"""Keep a schedule's fires clear of the blackouts that its task names.

Pure. A fire that is due in a blackout is skipped, and so is one from before it that is made up for
only now, within it. Under `run_at_end` the last one of the blackout is held until its end instead,
so that there is one run for it, and it has the newest nominal time.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from services.scheduler.job import Entry, Job, compiled
from services.scheduler.policies import policy_of
from shared.contracts.policy import Blackout
from shared.domain.blackout import Calendar, Interval, covering, covering_any, parse_calendar
from shared.domain.errors import InvalidDefinition
from shared.domain.occurrence import Outcome
from shared.domain.schedule import due_at, next_fire

log = logging.getLogger(__name__)

#: Why a fire starts long after it was due: only now, whatever its nominal time.
MADE_UP_FOR = frozenset({"misfire.fired_once", "misfire.fired_all"})
#: What a run waits for that is held until the end of a blackout.
BLACKOUT = "blackout"


def has_blackouts(job: Job) -> bool:
    """Return whether calendars have to be looked at for *job*."""
    return job.policy != "{}" and policy_of(job.policy).blackout is not None


def kept_clear(
    job: Job, entries: Sequence[Entry], specs: Mapping[str, str], now: datetime
) -> list[Entry]:
    """Return the fires of *job* as they are to be written; *specs* are all calendars, by name."""
    blackout = policy_of(job.policy).blackout
    if blackout is None:
        return list(entries)
    calendars = _named(blackout, specs)
    at_end = blackout.on_blackout == "run_at_end"
    kept: list[Entry] = []
    for entry in entries:
        dark = _dark(entry, calendars, now)
        if dark is None:
            kept.append(entry)
        elif at_end and _is_last(job, dark.after, dark.interval):
            ends = dark.interval[1]
            # Of several that are made up for together, the newest.
            kept = [
                _skipped(old, dark.name) if (new.waits_for, new.due_at) == (BLACKOUT, ends) else new
                for old, new in zip(entries, kept, strict=False)
            ]
            kept.append(entry._replace(due_at=ends, held=True, waits_for=BLACKOUT))
        else:
            kept.append(_skipped(entry, dark.name))
    return kept


def dark_until(policy: str, specs: Mapping[str, str], now: datetime) -> datetime | None:
    """Return when the blackout ends that a task with *policy* is in now; None if it is in none."""
    blackout = policy_of(policy).blackout
    if blackout is None:
        return None
    interval = covering_any(tuple(_named(blackout, specs).values()), now)
    return interval[1] if interval else None


def _named(blackout: Blackout, specs: Mapping[str, str]) -> dict[str, Calendar]:
    return {
        name: calendar
        for name in blackout.calendars
        if name in specs and (calendar := _calendar(specs[name])) is not None
    }


class _Dark(NamedTuple):
    """What keeps a fire from running: a calendar's blackout, and from when on it is looked at."""

    name: str
    interval: Interval
    after: datetime


def _dark(entry: Entry, calendars: Mapping[str, Calendar], now: datetime) -> _Dark | None:
    if entry.outcome != Outcome.FIRED:
        return None
    moments = [(entry.due_at, entry.scheduled_for)]
    if entry.reason in MADE_UP_FOR:
        moments.append((now, now))
    for at, after in moments:
        interval = covering_any(tuple(calendars.values()), at)
        if interval is not None:
            name = next(name for name, each in calendars.items() if covering(each, at))
            return _Dark(name, interval, after)
    return None


def _skipped(entry: Entry, name: str) -> Entry:
    return entry._replace(outcome=Outcome.SKIPPED_BLACKOUT, reason=f"blackout:{name}")


def _is_last(job: Job, after: datetime, interval: Interval) -> bool:
    """Return whether no fire of *job* later than *after* falls into the same blackout."""
    if job.schedule is None:
        return True
    schedule = compiled(job.schedule)
    following = next_fire(schedule, after)
    if following is None:
        return True
    return due_at(schedule, str(job.task_id), following.at) >= interval[1]


@lru_cache(maxsize=1_000)
def _calendar(spec: str) -> Calendar | None:
    try:
        return parse_calendar(json.loads(spec))
    except InvalidDefinition:  # the API accepts only what this very code accepts
        log.exception("a calendar cannot be read")
        return None
