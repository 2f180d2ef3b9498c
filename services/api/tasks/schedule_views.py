"""What is told to whoever writes a schedule: its fires, warnings, its zone, its fields. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.api.store.schedules import Durations
from services.api.tasks.upcoming import Coming, Dark, course
from services.api.wire.texts import say
from shared.domain.blackout import Calendar, covering
from shared.domain.cron import Cron, spelled_out
from shared.domain.cron_field import LAST, Term
from shared.domain.crontab import CrontabLine
from shared.domain.describe import describe
from shared.domain.errors import Problem
from shared.domain.instant import format_instant
from shared.domain.schedule import Every, Schedule, next_fire, parse_schedule
from shared.domain.schedule import warnings as schedule_warnings
from shared.domain.texts.catalog import Language
from shared.domain.zone_changes import changes_after, offset_at

#: Tasks due within one minute that are worth a word.
CROWD = 10
MINUTE = timedelta(minutes=1)
#: Fires of one blackout that are counted.
MOST_COUNTED = 1_000
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A schedule as it is asked about."""

    schedule: Schedule
    after: datetime
    count: int
    task_id: UUID | None = None
    calendars: Mapping[str, Calendar]
    at_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The fires that come, and the blackouts between them, in order."""

    fires: Sequence[Coming]
    dark: Sequence[Dark]


def look_ahead(wish: Wish) -> Seen:
    """Return the next fires of a schedule, as the scheduler will treat them."""
    fires: list[Coming] = []
    dark: list[Dark] = []
    calendars = tuple(wish.calendars.values())
    for each in course(wish.schedule, wish.task_id, calendars, wish.after, at_end=wish.at_end):
        if isinstance(each, Dark):
            dark.append(each)
            continue
        fires.append(each)
        if len(fires) == wish.count:
            break
    return Seen(fires=fires, dark=dark)


def preview_view(
    wish: Wish, seen: Seen, durations: Durations | None, crowd: int, language: Language
) -> dict[str, Any]:
    """Return the answer to a preview; *crowd* is how many others are due with the first fire."""
    schedule = wish.schedule
    drawn = wish.task_id is not None
    return {
        "fires": [fire_view(each, schedule, language, drawn=drawn) for each in seen.fires],
        "description": describe(schedule),
        "blackouts": [_dark_view(each, wish, language) for each in seen.dark],
        "warnings": [
            {
                "pointer": each.pointer,
                "code": each.code,
                "detail": say(each.code, language, each.params),
            }
            for each in _warnings(wish, seen, durations, crowd)
        ],
        "zone": zone_view(schedule.zone, wish.after),
        "follows_real_time": isinstance(schedule.rule, Every)
        or (isinstance(schedule.rule, Cron) and schedule.rule.follows_real_time),
        "p95_seconds": None if durations is None else round(durations.p95_seconds, 3),
    }


def fire_view(
    fire: Coming, schedule: Schedule, language: Language, *, drawn: bool = True
) -> dict[str, Any]:
    """Return a fire to come; without *drawn* nobody can tell what its jitter will be."""
    unknown = bool(schedule.jitter) and not drawn and fire.due == fire.at
    return {
        "at": format_instant(fire.at),
        "local": fire.at.astimezone(schedule.zone).isoformat(),
        "note": say(fire.note, language, fire.params) if fire.note else None,
        "due_at": None if unknown else format_instant(fire.due),
        "latest_at": format_instant(max(fire.due, fire.at + schedule.jitter)),
    }


def _dark_view(dark: Dark, wish: Wish, language: Language) -> dict[str, Any]:
    zone = wish.schedule.zone
    count = sum(1 for _ in _within(dark, wish.schedule))
    names = [name for name, each in wish.calendars.items() if covering(each, dark.first)]
    params = {
        "count": f"{count}+" if count == MOST_COUNTED else count,
        "names": (" " if language == "en" else "、").join(names or wish.calendars),
        "start": f"{dark.start.astimezone(zone):%Y-%m-%d %H:%M}",
        "end": f"{dark.end.astimezone(zone):%Y-%m-%d %H:%M}",
    }
    return {
        "start": format_instant(dark.start),
        "end": format_instant(dark.end),
        "first": format_instant(dark.first),
        "calendars": names,
        "count": count,
        "note": say(
            "preview.dark_at_end" if wish.at_end else "preview.dark_skipped", language, params
        ),
    }


def _within(dark: Dark, schedule: Schedule) -> Iterator[datetime]:
    at = dark.first
    for _ in range(MOST_COUNTED):
        yield at
        fire = next_fire(schedule, at)
        if fire is None or fire.at >= dark.end:
            return
        at = fire.at


def _warnings(wish: Wish, seen: Seen, durations: Durations | None, crowd: int) -> Iterator[Problem]:
    schedule = wish.schedule
    for problem in schedule_warnings(schedule):
        yield problem.under("/schedule_config")
    if not seen.fires:
        code = "preview.all_dark" if seen.dark else "preview.none"
        yield Problem("/blackout" if seen.dark else "/schedule_config", code)
        return
    gap = min((b.at - a.at for a, b in pairwise(seen.fires)), default=None)
    if gap is not None and schedule.jitter > gap:
        params: dict[str, object] = {"jitter": schedule.jitter // _SECOND, "gap": gap // _SECOND}
        yield Problem("/schedule_config/jitter_seconds", "preview.jitter_over_gap", params)
    if gap is not None and durations is not None and durations.p95_seconds > gap / _SECOND:
        params = {"count": durations.runs, "p95": round(durations.p95_seconds, 1)}
        params["gap"] = gap // _SECOND
        yield Problem("/schedule_config", "preview.longer_than_interval", params)
    if crowd >= CROWD and schedule.jitter < MINUTE:
        local = seen.fires[0].at.astimezone(schedule.zone)
        yield Problem(
            "/schedule_config", "preview.crowded", {"count": crowd, "at": f"{local:%Y-%m-%d %H:%M}"}
        )


def zone_view(zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Return what a person wants to know of a time zone: its offset, and when that changes."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    changes = [each for each in changes_after(zone, midnight) if each.at > now]
    return {
        "name": zone.key,
        "offset": _offset(offset_at(zone, now)),
        "changes": [
            {
                "at": format_instant(each.at),
                "before": _offset(each.before),
                "after": _offset(each.after),
                "forward": each.after > each.before,
            }
            for each in changes
        ],
    }


def _offset(offset: timedelta) -> str:
    minutes = offset // MINUTE
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


_NAMES = ("second", "minute", "hour", "day", "month", "weekday")


def explain_view(cron: Cron) -> dict[str, Any]:
    """Return the fields of an expression as sets of numbers, as a grid of buttons shows them."""
    terms = (cron.seconds, cron.minutes, cron.hours, cron.days, cron.months, cron.weekdays)
    texts = spelled_out(cron)
    return {
        "cron": cron.expression,
        "has_seconds": len(texts) == len(_NAMES),
        "fields": {
            name: _field_view(name, field, text)
            for name, field, text in zip(_NAMES, terms, ["0", *texts][-len(_NAMES) :], strict=True)
        },
        "follows_real_time": cron.follows_real_time,
        "either_day": cron.matches_either_day,
        "description": describe(parse_schedule({"cron": cron.expression, "day_or": cron.day_or})),
    }


def _field_view(name: str, terms: tuple[Term, ...], text: str) -> dict[str, Any]:
    numbers = {number for term in terms for number in term.numbers}
    if name == "weekday":
        numbers = {number % 7 for number in numbers}
    return {
        "text": text,
        "starred": terms[0].starred and terms[0].step == 1,
        "values": sorted(numbers),
        "last_day": name == "day" and any(term.nth == LAST for term in terms),
        "nth": [
            {"weekday": term.low, "nth": term.nth}
            for term in terms
            if name == "weekday" and term.nth
        ],
    }


def crontab_view(line: CrontabLine, zone: str | None, language: Language) -> dict[str, Any]:
    """Return a line of a crontab as a task would have it; *zone* if none is named."""
    config: dict[str, Any] | None = None
    description = None
    if line.cron is not None:
        named = line.timezone or zone
        config = {"cron": line.cron, **({"timezone": named} if named else {})}
        description = describe(parse_schedule(config))
    return {
        "line": line.number,
        "text": line.text,
        "kind": line.kind,
        "schedule_config": config,
        "description": description,
        "user": line.user,
        "command": line.command or None,
        "comment": line.comment,
        "problems": [_problem_view(each, language) for each in line.problems],
        "notes": [_problem_view(each, language) for each in line.notes],
    }


def _problem_view(problem: Problem, language: Language) -> dict[str, Any]:
    detail = say(problem.code, language, problem.params)
    return {"pointer": problem.pointer, "code": problem.code, "detail": detail}
