"""A letter about a group of alerts: what fires, and what was resolved since the last one.

It is stored with its delivery. The words are made when it is sent, in the channel's language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from pydantic import AwareDatetime

from services.notifier.letter import Words
from shared.contracts.message import Part
from shared.domain.alerting.labels import spelled
from shared.domain.instant import format_instant
from shared.domain.texts.alert_notices import TEXTS
from shared.domain.texts.catalog import Language

FIRING: Final = "alert.firing"
RESOLVED: Final = "alert.resolved"
#: Alerts that are put in words, of each kind; programs are told all of them.
MOST_WORDED = 20
#: Characters of one alert's words.
MOST_TEXT = 500
#: Labels that the words of an alert need not repeat.
_SAID = frozenset({"alertname", "severity", "reason"})

Say = Callable[..., str]


class AlertPart(Part):
    """One alert as it stood."""

    fingerprint: str
    rule: str
    status: Literal["firing", "resolved"]
    level: str
    reason: str | None
    """nodata, error: nothing was measured."""
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    value: str
    """As people write it; empty: there is none."""
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None


class AlertLetter(Part):
    """All that one channel is told of one group."""

    event: Literal["alert.firing", "alert.resolved"]
    """The latter if nothing fires any more."""
    at: AwareDatetime
    group_id: UUID
    labels: Mapping[str, str]
    """What its alerts have in common."""
    alerts: tuple[AlertPart, ...]
    believed_for: float
    """Seconds after which nobody needs to believe that they still fire."""

    def those(self, status: str) -> list[AlertPart]:
        """Return those alerts that fire, or that are resolved."""
        return [each for each in self.alerts if each.status == status]


def write_alert_letter(
    group_id: UUID,
    labels: Mapping[str, str],
    alerts: Sequence[AlertPart],
    *,
    at: datetime,
    believed_for: float,
) -> AlertLetter:
    """Return the letter about *alerts*, in a steady order."""
    ordered = sorted(alerts, key=lambda each: (each.status, each.starts_at, each.fingerprint))
    return AlertLetter(
        event=FIRING if any(each.status == "firing" for each in alerts) else RESOLVED,
        at=at,
        group_id=group_id,
        labels=dict(labels),
        alerts=tuple(ordered),
        believed_for=believed_for,
    )


def alerts_url(public_url: str) -> str | None:
    """Return where all alerts can be read; None if nobody said where we are."""
    return f"{public_url.rstrip('/')}/alerts" if public_url else None


def put_alerts_in_words(letter: AlertLetter, language: Language, public_url: str) -> Words:
    """Return *letter* as a person reads it."""

    def say(code: str, **params: object) -> str:
        return TEXTS[f"alert_notice.{code}"].fill(language, params)

    firing, resolved = letter.those("firing"), letter.those("resolved")
    group = _named(letter.labels) or say("all")
    title = (
        say("title.firing", count=len(firing), group=group)
        if firing
        else say("title.resolved", group=group)
    )
    lines: list[str] = []
    for code, alerts in (("firing", firing), ("resolved", resolved)):
        if alerts:
            lines += [say(code, count=len(alerts)), *_worded(say, alerts), ""]
    url = alerts_url(public_url)
    return Words(title, "\n".join([*lines, say("where", url=url)] if url else lines[:-1]))


def _worded(say: Say, alerts: Sequence[AlertPart]) -> list[str]:
    lines = [_line(say, each) for each in alerts[:MOST_WORDED]]
    if len(alerts) > MOST_WORDED:
        lines.append(say("more", count=len(alerts) - MOST_WORDED))
    return lines


def _line(say: Say, alert: AlertPart) -> str:
    since = format_instant(alert.starts_at)
    facts = [
        f"{alert.rule} [{alert.level}]",
        ", ".join(f"{name}={text}" for name, text in alert.labels.items() if name not in _SAID),
        say(alert.reason) if alert.reason in ("nodata", "error") else "",
        say("value", value=alert.value) if alert.value else "",
        say("until", since=since, until=format_instant(alert.ends_at))
        if alert.ends_at
        else say("since", since=since),
    ]
    summary = alert.annotations.get("summary") or alert.annotations.get("description") or ""
    line = " · ".join(part for part in (" ".join(summary.split()), *facts) if part)
    return f"- {line if len(line) <= MOST_TEXT else f'{line[:MOST_TEXT]} …'}"


def _named(labels: Mapping[str, str]) -> str:
    """Return what a group is called: by its rule if it is of one."""
    others = [f"{name}={text}" for name, text in labels.items() if name not in _SAID]
    name = labels.get("alertname")
    called = [*([name] if name else []), *([f"({', '.join(others)})"] if others else [])]
    return " ".join(called)[:MOST_TEXT]


def part_of(
    *,
    fingerprint: str,
    rule: str,
    level: str,
    reason: str | None,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    value: float | None,
    starts_at: datetime,
    ends_at: datetime | None,
) -> AlertPart:
    """Return an alert as it is told."""
    return AlertPart(
        fingerprint=fingerprint,
        rule=rule,
        status="resolved" if ends_at else "firing",
        level=level,
        reason=reason,
        labels=labels,
        annotations=annotations,
        value=spelled(value),
        starts_at=starts_at,
        ends_at=ends_at,
    )
