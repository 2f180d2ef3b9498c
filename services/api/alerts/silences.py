"""Silences as callers send them and as people see them. Pure.

pending ──starts_at──► active ──ends_at──► expired, and not to be changed any more
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

import pydantic

from services.api.alerts.schemas_notices import (
    AlertMatcher,
    AlertSilenceCreate,
    AlertSilencePreview,
    AlertSilenceUpdate,
)
from services.api.store.alert_silences import SilenceRow, WrittenSilence
from services.api.wire.shape import problems_of
from shared.domain.alerting.matching import Matcher, Silence, problems_with
from shared.domain.alerting.matching import read_matchers as stored_matchers
from shared.domain.errors import Conflict, InvalidDefinition, Problem
from shared.domain.instant import format_instant, parse_instant

#: Silences that are not over; each is asked about each alert.
MOST_SILENCES = 500
LONGEST = timedelta(days=366)

State = Literal["pending", "active", "expired"]
M = TypeVar("M", AlertSilenceCreate, AlertSilenceUpdate, AlertSilencePreview)


def read_new(document: Mapping[str, Any], *, now: datetime, author: str) -> WrittenSilence:
    """Return the silence that *document* asks for.

    Raises:
        InvalidDefinition: with everything that is wrong.
    """
    wished = _validated(AlertSilenceCreate, document)
    stored = WrittenSilence("[]", now, now, author, "")
    return _judged(wished, stored, now=now)


def read_change(document: Mapping[str, Any], row: SilenceRow) -> WrittenSilence:
    """Return what *row* says with the fields that *document* gives.

    Raises:
        InvalidDefinition: with everything that is wrong.
        Conflict: the silence is over.
    """
    if state_of(row) == "expired":
        raise Conflict("silence.over")
    return _judged(_validated(AlertSilenceUpdate, document), row.written, now=row.now)


def expired(row: SilenceRow) -> WrittenSilence:
    """Return what *row* says once it is over; one that has not begun never begins."""
    return row.written._replace(starts_at=min(row.starts_at, row.now), ends_at=row.now)


def read_matchers(document: Mapping[str, Any]) -> tuple[Matcher, ...]:
    """Return the matchers of which one wants to know what they mean.

    Raises:
        InvalidDefinition: with everything that is wrong.
    """
    matchers = matchers_of(_validated(AlertSilencePreview, document).matchers)
    problems = problems_with(matchers, "/matchers")
    if problems:
        raise InvalidDefinition(problems)
    return matchers


def matchers_of(wished: Sequence[AlertMatcher]) -> tuple[Matcher, ...]:
    """Return matchers as they are judged and used."""
    return tuple(Matcher(each.name, each.op, each.value) for each in wished)


def matchers_view(matchers: Sequence[Matcher]) -> list[dict[str, str]]:
    """Return matchers as they are stored and shown."""
    return [{"name": each.name, "op": each.op, "value": each.value} for each in matchers]


def as_silence(row: SilenceRow) -> Silence:
    """Return a stored silence as it is used."""
    return Silence(
        id=str(row.id),
        matchers=stored_matchers(json.loads(row.matchers)),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
    )


def state_of(row: SilenceRow) -> State:
    """Return whether a silence is still to come, holds alerts, or is over."""
    if row.ends_at <= row.now:
        return "expired"
    return "pending" if row.starts_at > row.now else "active"


def silence_view(row: SilenceRow) -> dict[str, Any]:
    """Return a silence as people see it."""
    return {
        "id": str(row.id),
        **written_view(row.written),
        "state": state_of(row),
        "version": row.version,
        "created_at": format_instant(row.created_at),
        "updated_at": format_instant(row.updated_at),
        "created_by": row.created_by,
    }


def written_view(written: WrittenSilence) -> dict[str, Any]:
    """Return what somebody said of a silence."""
    return {
        "matchers": json.loads(written.matchers),
        "starts_at": format_instant(written.starts_at),
        "ends_at": format_instant(written.ends_at),
        "author": written.author,
        "comment": written.comment,
    }


def _validated(model: type[M], document: Mapping[str, Any]) -> M:
    try:
        return model.model_validate(document)
    except pydantic.ValidationError as error:
        raise InvalidDefinition(problems_of(error)) from None


def _judged(wished: AlertSilenceUpdate, stored: WrittenSilence, *, now: datetime) -> WrittenSilence:
    given = wished.model_fields_set
    problems: list[Problem] = []
    matchers = stored.matchers
    if "matchers" in given:
        read = matchers_of(wished.matchers)
        problems += problems_with(read, "/matchers")
        matchers = json.dumps(matchers_view(read), ensure_ascii=False)
    starts_at = _instant(wished, "starts_at", stored.starts_at, problems)
    ends_at = _instant(wished, "ends_at", stored.ends_at, problems)
    if not problems:
        if ends_at <= max(starts_at, now):
            problems.append(Problem("/ends_at", "silence.ends"))
        elif ends_at - starts_at > LONGEST:
            problems.append(Problem("/ends_at", "silence.long", {"days": LONGEST.days}))
    if problems:
        raise InvalidDefinition(problems)
    return WrittenSilence(
        matchers,
        starts_at,
        ends_at,
        wished.author or stored.author,
        wished.comment or stored.comment,
    )


def _instant(
    wished: AlertSilenceUpdate, name: str, stored: datetime, problems: list[Problem]
) -> datetime:
    text: str | None = getattr(wished, name)
    if name not in wished.model_fields_set or text is None:
        return stored
    try:
        return parse_instant(text)
    except InvalidDefinition as error:
        problems += (each.under(f"/{name}") for each in error.problems)
        return stored
