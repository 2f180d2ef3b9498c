"""A schedule in Traditional Chinese, as written in Taiwan: 「每週一至週五 09:00」."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.cron_field import LAST
from shared.domain.cron_shape import CronShape, Part, listed

_WEEKDAYS = ("", "一", "二", "三", "四", "五", "六", "日")
_ORDINALS = ("", "一", "二", "三", "四", "五")


def cron_phrase(shape: CronShape) -> str:
    """Return the sentence for a cron expression."""
    times = "、".join(shape.clock) or _times(shape)
    if shape.is_hourly and shape.is_every_day:
        return times
    is_plain = not (shape.is_hourly or shape.restricts_both)
    return f"{_days(shape)} {times}" if is_plain else f"{_days(shape)}，{times}"


def interval_phrase(count: int, unit: str) -> str:
    """Return the sentence for an interval; *unit* is second, minute or hour."""
    word = {"second": "秒", "minute": "分鐘", "hour": "小時"}[unit]
    return f"每{word}" if count == 1 else f"每 {count} {word}"


def once_phrase(local: str) -> str:
    """Return the sentence for a single run."""
    return f"僅一次，{local}"


def zone_phrase(zone: str) -> str:
    """Return what is appended for a time zone."""
    return f"（{zone} 時間）"


def start_phrase(local: str) -> str:
    """Return what is appended for a start."""
    return f"，自 {local} 起"


def end_phrase(local: str) -> str:
    """Return what is appended for an end."""
    return f"，至 {local} 止"


def _days(shape: CronShape) -> str:
    if shape.is_every_day:
        return "每天"
    scope = "每月" if shape.months is None else f"每年 {_list(shape.months)} 月"
    if shape.days is None and shape.weekdays is None:
        return f"{scope}的每一天"
    by_date = f"{scope}{_dates(shape)}" if shape.days is not None else ""
    if shape.weekdays is None:
        return by_date
    if not by_date:
        return _weekdays(shape, scope)
    if shape.either_day:
        return f"{by_date}，或{_weekdays(shape, scope)}"
    plain = [_plain_weekdays(shape.weekdays)] if shape.weekdays else []
    return f"{by_date}且須為{'或'.join([*plain, *_nth_weekdays(shape, '當月')])}"


def _dates(shape: CronShape) -> str:
    dates = f" {_list(shape.days)} 日" if shape.days else ""
    if not shape.last_day:
        return dates
    return f"{dates}及最後一天" if dates else "最後一天"


def _weekdays(shape: CronShape, scope: str) -> str:
    of_scope = "" if scope == "每月" else f"{scope}的"
    plain = [f"{of_scope}每{_plain_weekdays(shape.weekdays)}"] if shape.weekdays else []
    return "、".join([*plain, *_nth_weekdays(shape, of_scope or scope)])


def _plain_weekdays(weekdays: Sequence[int]) -> str:
    return listed(weekdays, lambda n: f"週{_WEEKDAYS[n]}", "、".join, "至")


def _nth_weekdays(shape: CronShape, scope: str) -> list[str]:
    return [
        f"{scope}{'最後一個' if nth == LAST else f'第{_ORDINALS[nth]}個'}週{_WEEKDAYS[weekday]}"
        for weekday, nth in shape.nth_weekdays
    ]


def _times(shape: CronShape) -> str:
    rhythm = _rhythm(shape.minutes, shape.seconds)
    minute = shape.minutes.numbers[0]
    span = shape.hour_span
    if shape.hours.is_all:
        if rhythm.startswith("每"):
            return rhythm
        return "每小時整點" if shape.fixed_minute and minute == 0 else f"每小時的{rhythm}"
    if shape.hours.every and shape.fixed_minute:
        every = f"每 {shape.hours.every} 小時"
        return f"{every}整點" if minute == 0 else f"{every}的{rhythm}"
    if span and shape.fixed_minute:
        return f"{span[0]:02}:{minute:02} 至 {span[1]:02}:{minute:02}，每小時一次"
    if span and rhythm.startswith("每"):
        return f"{span[0]:02}:00 至 {span[1]:02}:59 之間，{rhythm}"
    hours = f"{_list(shape.hours.numbers)} 時"
    return f"{hours}內，{rhythm}" if rhythm.startswith("每") else f"{hours}的{rhythm}"


def _rhythm(minutes: Part, seconds: Part) -> str:
    """Return what happens within an hour."""
    if seconds.is_zero:
        if minutes.is_all:
            return "每分鐘"
        return f"每 {minutes.every} 分鐘" if minutes.every else f"第 {_list(minutes.numbers)} 分"
    if seconds.is_all:
        often = "每秒"
    elif seconds.every:
        often = f"每 {seconds.every} 秒"
    else:
        often = f"第 {_list(seconds.numbers)} 秒"
    if minutes.is_all:
        return often if often.startswith("每") else f"每分鐘的{often}"
    within = f"第 {_list(minutes.numbers)} 分"
    return f"{within}內{often}" if often.startswith("每") else f"{within}的{often}"


def _list(numbers: Sequence[int] | None) -> str:
    return listed(numbers or (), str, "、".join, " 至 ")
