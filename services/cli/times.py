"""Instants and durations, as people type them and as they read them.

Typed: `2026-03-01`, `2026-03-01T09:00`, with or without an offset (without: in `--tz`), `now`, or a
duration: `2h` is two hours ago, or two hours from now where only the future makes sense.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from services.cli.failures import Misused
from services.cli.language import both

TimeFormat = Literal["relative", "iso", "raw"]

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?", re.ASCII)
_SECONDS = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
#: A duration shows its seconds in tenths up to here.
_PRECISE = 10
#: ... and in milliseconds up to here.
_FINE = 0.1
_NOW = 1


def zone_of(name: str | None) -> tzinfo:
    """Return the time zone *name*; None: the machine's.

    Raises:
        Misused: there is none of that name.
    """
    if not name:
        return datetime.now().astimezone().tzinfo or UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Misused(
            both(f"There is no time zone {name!r}.", f"沒有「{name}」這個時區。")
        ) from None


def read_duration(text: str) -> timedelta:
    """Return what `90`, `90s`, `5m`, `1h30m` or `2d` mean.

    Raises:
        Misused: it means nothing.
    """
    if _SECONDS.fullmatch(text):
        return timedelta(seconds=float(text))
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        raise Misused(
            both(
                f"{text!r} is no duration; examples: 90s, 5m, 1h30m, 2d.",
                f"「{text}」不是時間長度；例如：90s、5m、1h30m、2d。",
            )
        )
    days, hours, minutes, seconds = (float(each or 0) for each in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def read_instant(text: str, *, now: datetime, zone: tzinfo, ahead: bool = False) -> str:
    """Return the instant that *text* means, as the API takes it.

    Raises:
        Misused: it means none.
    """
    if text == "now":
        return now.isoformat()
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        try:
            span = read_duration(text)
        except Misused:
            raise Misused(
                both(
                    f"{text!r} is no time; examples: 2026-03-01T09:00, 2h, now.",
                    f"「{text}」不是時間；例如：2026-03-01T09:00、2h、now。",
                )
            ) from None
        instant = now + span if ahead else now - span
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=zone)
    return instant.astimezone(UTC).isoformat()


def show_instant(text: str, how: TimeFormat, *, now: datetime, zone: tzinfo) -> str:
    """Return an instant of the API as a person wants to read it."""
    if how == "raw":
        return text
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return text
    if how == "iso":
        return instant.astimezone(zone).isoformat(timespec="seconds")
    seconds = (instant - now).total_seconds()
    if abs(seconds) < _NOW:
        return both("now", "現在")
    span = show_duration(abs(seconds), rough=True)
    if seconds < 0:
        return both(f"{span} ago", f"{span}前")
    return both(f"in {span}", f"{span}後")


def show_duration(seconds: float, *, rough: bool = False) -> str:
    """Return a duration in at most two units; *rough*: in one."""
    if seconds < _FINE and not rough:
        return both(f"{seconds * 1000:.0f}ms", f"{seconds * 1000:.0f} 毫秒")
    if seconds < _PRECISE and not rough:
        return both(f"{seconds:.1f}s", f"{seconds:.1f} 秒")
    whole = round(seconds)
    units = (
        (_DAY, both("d", " 天")),
        (_HOUR, both("h", " 小時")),
        (_MINUTE, both("m", " 分")),
        (1, both("s", " 秒")),
    )
    parts = []
    for size, name in units:
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count}{name}")
    if not parts:
        return both("0s", "0 秒")
    joint = both("", " ")
    return parts[0] if rough else joint.join(parts[:2])
