"""Keep a schedule's fires clear of the blackouts that its task names.

Pure. A fire that is due in a blackout is skipped; under `run_at_end` the last one of the blackout
is held until its end instead, so that there is one run for it, and it has the newest nominal time.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from functools import lru_cache

from services.scheduler.job import Entry, Job, compiled
from services.scheduler.policies import policy_of
from shared.domain.blackout import Calendar, Interval, covering, covering_any, parse_calendar
from shared.domain.errors import InvalidDefinition
from shared.domain.occurrence import Outcome
from shared.domain.schedule import due_at, next_fire

log = logging.getLogger(__name__)


def has_blackouts(job: Job) -> bool:
    """Return whether calendars have to be looked at for *job*."""
    return job.policy != "{}" and policy_of(job.policy).blackout is not None


def kept_clear(job: Job, entries: Sequence[Entry], specs: Mapping[str, str]) -> list[Entry]:
    """Return the fires of *job* as they are to be written; *specs* are all calendars, by name."""
    blackout = policy_of(job.policy).blackout
    if blackout is None:
        return list(entries)
    calendars = {
        name: calendar
        for name in blackout.calendars
        if name in specs and (calendar := _calendar(specs[name])) is not None
    }
    at_end = blackout.on_blackout == "run_at_end"
    return [_kept_clear(job, each, calendars, at_end=at_end) for each in entries]


def _kept_clear(
    job: Job, entry: Entry, calendars: Mapping[str, Calendar], *, at_end: bool
) -> Entry:
    if entry.outcome != Outcome.FIRED:
        return entry
    interval = covering_any(tuple(calendars.values()), entry.due_at)
    if interval is None:
        return entry
    if at_end and _is_last(job, entry, interval):
        return entry._replace(due_at=interval[1], held=True, waits_for="blackout")
    name = next(name for name, each in calendars.items() if covering(each, entry.due_at))
    return entry._replace(outcome=Outcome.SKIPPED_BLACKOUT, reason=f"blackout:{name}")


def _is_last(job: Job, entry: Entry, interval: Interval) -> bool:
    """Return whether no later fire of *job* falls into the same blackout."""
    if job.schedule is None:
        return True
    schedule = compiled(job.schedule)
    following = next_fire(schedule, entry.scheduled_for)
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
