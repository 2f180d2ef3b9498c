"""What happened to a run, in order, each with a sentence: answers "where does it hang?". Pure.

    due ─► held ─► admitted ─► ordered ─► claimed ─► started ─► finished
                      ▲                                 │
                      └── retry_at ◄── attempt_failed ◄─┤
                                       snoozed        ◄─┘

Nobody writes this down as it happens; it is read off the ledger, the leases and the log. When an
attempt was claimed that was lost with its executor is not known, of several admissions only the
newest is, and not when an attempt was ordered
because the executor of the one before it had died. Orders go out a little ahead of their time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from services.api.store.run_history import AttemptRow, History, LedgerRow
from services.api.tasks.views import error_text, reason_text, waits_for_text
from services.api.wire.texts import say
from shared.domain.instant import format_instant
from shared.domain.occurrence import Outcome
from shared.domain.texts.catalog import Language
from shared.domain.texts.reasons import in_words

SNOOZED = "snoozed"

#: What comes first of what happened at one instant.
_ORDER = (
    "due",
    "admitted",
    "ordered",
    "claimed",
    "started",
    "attempt_failed",
    "snoozed",
    "held",
    "retry_at",
    "cancel_requested",
    "finished",
)


_COLON: Mapping[Language, str] = {"zh-TW": "：", "en": ": "}


class _Moment(NamedTuple):
    at: datetime
    event: str
    attempt: int | None = None
    more: str | None = None
    """What is told in addition to the sentence of the event."""


def timeline_of(history: History, language: Language) -> list[dict[str, Any]]:
    """Return what happened to a run, oldest first."""
    moments = [
        *_asked(history),
        *_ledger_moments(history, language),
        *_attempt_moments(history),
        *_end(history, language),
    ]
    moments.sort(key=lambda each: (each.at, _ORDER.index(each.event)))
    return [
        {
            "at": format_instant(each.at),
            "event": each.event,
            "attempt": each.attempt,
            "text": _sentence(each, language),
        }
        for each in moments
    ]


def _sentence(moment: _Moment, language: Language) -> str:
    text = say(f"timeline.{moment.event}", language, {"attempt": moment.attempt})
    if not moment.more:
        return text
    return f"{text}{_COLON[language]}{moment.more}"


def _asked(history: History) -> Iterator[_Moment]:
    if history.ledger is None and history.asked is not None:
        yield _Moment(history.asked.requested_at, "due")


def _ledger_moments(history: History, language: Language) -> Iterator[_Moment]:
    ledger = history.ledger
    if ledger is None:
        return
    yield _Moment(ledger.due_at, "due")
    if ledger.cancel_requested_at is not None:
        why = ledger.cancel_reason and in_words(ledger.cancel_reason, language)
        yield _Moment(ledger.cancel_requested_at, "cancel_requested", more=why)
    if ledger.outcome != Outcome.FIRED:
        return
    starts = _starts(history)
    begun = min(starts.values(), default=None)
    admitted = ledger.admitted_at
    why = waits_for_text(ledger.waits_for, language) if ledger.held else None
    if begun is None and (ledger.held or admitted is not None):
        yield _Moment(ledger.created_at, "held", more=why)
    elif begun is not None and admitted is not None and admitted <= begun:
        yield _Moment(ledger.created_at, "held")
    else:
        yield _Moment(ledger.created_at, "ordered", 1)
    if ledger.held and begun is not None:
        ends = [row.completed_at for row in history.attempts if row.completed_at]
        yield _Moment(max(ends, default=begun), "held", more=why)
    if admitted is not None:
        # Whose admission it was is told by what had started before it.
        attempt = 1 + max((number for number, at in starts.items() if at < admitted), default=0)
        yield _Moment(admitted, "admitted", attempt)
        yield _Moment(admitted, "ordered", attempt)


def _starts(history: History) -> dict[int, datetime]:
    """Return when each attempt began, as far as it is known."""
    starts = {row.attempt: row.started_at for row in history.attempts}
    if history.run is not None and history.run.started_at is not None:
        starts.setdefault(history.run.attempt, history.run.started_at)
    if history.lease is not None:
        starts.setdefault(history.lease.attempt, history.lease.claimed_at)
    return starts


def _attempt_moments(history: History) -> Iterator[_Moment]:
    lease, run = history.lease, history.run
    claims = {**history.claims, **({lease.attempt: lease.claimed_at} if lease else {})}
    starts = _starts(history)
    for attempt, claimed_at in claims.items():
        # An executor tells the database's time to a few milliseconds: no start is before its claim.
        yield _Moment(min(claimed_at, starts.get(attempt, claimed_at)), "claimed", attempt)
    over_at = _over_at(history)
    for row in history.attempts:
        yield _Moment(row.started_at, "started", row.attempt)
        yield from _attempt_end(row, over_at)
    known = {row.attempt for row in history.attempts}
    if run is not None and run.started_at is not None and run.attempt not in known:
        yield _Moment(run.started_at, "started", run.attempt)


def _over_at(history: History) -> datetime | None:
    """Return from when on nothing was to begin any more, if there is such a moment."""
    run, ledger = history.run, history.ledger
    if ledger is not None and ledger.cancel_requested_at is not None:
        return ledger.cancel_requested_at
    return run.completed_at if run is not None and run.final else None


def _attempt_end(row: AttemptRow, over_at: datetime | None) -> Iterator[_Moment]:
    if row.retry_at is None or row.completed_at is None:
        return
    snoozed = row.status == SNOOZED
    event = SNOOZED if snoozed else "attempt_failed"
    yield _Moment(row.completed_at, event, row.attempt, row.error_message or row.result)
    if over_at is None or row.retry_at < over_at:
        yield _Moment(row.retry_at, "retry_at", row.attempt + 1)


def _end(history: History, language: Language) -> Iterator[_Moment]:
    run, ledger = history.run, history.ledger
    if run is not None and run.final and run.completed_at is not None:
        status = say(f"status.{run.status}", language)
        said = error_text(run.status, run.error_message, language) or run.result or ""
        line = said.partition("\n")[0][:500]
        yield _Moment(
            run.completed_at, "finished", run.attempt, f"{status} {line}" if line else status
        )
    elif ledger is not None and ledger.outcome != Outcome.FIRED:
        yield _Moment(_stopped_at(ledger), "finished", None, _why(ledger, language))


def _stopped_at(ledger: LedgerRow) -> datetime:
    return max(ledger.cancel_requested_at or ledger.created_at, ledger.due_at)


def _why(ledger: LedgerRow, language: Language) -> str:
    reason = reason_text(ledger.reason, ledger.missed_count, ledger.missed_since, language)
    return reason or say(f"status.{ledger.outcome}", language)
