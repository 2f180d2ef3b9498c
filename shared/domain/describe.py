"""A schedule in words, in both languages, for lists, previews and confirmations."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from shared.domain import describe_en, describe_zh
from shared.domain.cron import Cron
from shared.domain.cron_shape import CronShape, shape_of
from shared.domain.schedule import Every, Schedule
from shared.domain.texts.catalog import Language
from shared.domain.time_zone import UTC_ZONE

_UNITS = (("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))
_SECOND = timedelta(seconds=1)


class _Wording(Protocol):
    """What a language has to offer: `describe_zh`, `describe_en`."""

    def cron_phrase(self, shape: CronShape) -> str: ...
    def interval_phrase(self, count: int, unit: str) -> str: ...
    def once_phrase(self, local: str) -> str: ...
    def zone_phrase(self, zone: str) -> str: ...
    def start_phrase(self, local: str) -> str: ...
    def end_phrase(self, local: str) -> str: ...


def describe(schedule: Schedule) -> dict[Language, str]:
    """Return what the schedule means, by language.

    Times are the schedule's local ones; its time zone is named unless it is UTC. Jitter and the
    rules for misfires and DST are left out: they change how a fire is handled, not what was asked.
    """
    return {"zh-TW": _sentence(schedule, describe_zh), "en": _sentence(schedule, describe_en)}


def _sentence(schedule: Schedule, words: _Wording) -> str:
    rule = schedule.rule
    if isinstance(rule, Cron):
        sentence = words.cron_phrase(shape_of(rule))
    elif isinstance(rule, Every):
        sentence = words.interval_phrase(*_count_and_unit(rule.period))
    else:
        sentence = words.once_phrase(_local(schedule, rule.at))
    if schedule.start_at is not None:
        sentence += words.start_phrase(_local(schedule, schedule.start_at))
    if schedule.end_at is not None:
        sentence += words.end_phrase(_local(schedule, schedule.end_at))
    if schedule.zone != UTC_ZONE:
        sentence += words.zone_phrase(schedule.zone.key)
    return sentence[0].upper() + sentence[1:]


def _count_and_unit(period: timedelta) -> tuple[int, str]:
    """Return the period in the largest unit that divides it; a day stays 24 hours of real time."""
    for unit, length in _UNITS:
        if not period % length:
            return period // length, unit
    return period // _SECOND, "second"


def _local(schedule: Schedule, at: datetime) -> str:
    local = at.astimezone(schedule.zone)
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"
