"""Pauses and limits for a while: as callers send them, and judged by the database's clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pydantic

from services.api.queues.schemas import OverridePut, PauseWish
from services.api.store.queues import Override, Pausing, is_later_than_now
from services.api.wire.problems import refuse_fields
from services.api.wire.shape import problems_of
from shared.db.pool import Connection
from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.instant import format_instant, parse_instant


def read_pause(document: Mapping[str, Any]) -> Pausing:
    """Return the pause that *document* asks for.

    Raises:
        Refused: with everything that is wrong.
    """
    try:
        wished = PauseWish.model_validate(document)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None
    return Pausing(wished.reason, None if wished.until is None else _until(wished.until))


def read_override(document: Mapping[str, Any]) -> Override:
    """Return the limit that *document* asks for.

    Raises:
        Refused: with everything that is wrong.
    """
    try:
        wished = OverridePut.model_validate(document)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None
    return Override(wished.concurrency, _until(wished.until), wished.reason)


async def require_later(connection: Connection, until: datetime | None) -> None:
    """Refuse an end that is over already.

    Raises:
        Refused: 422, it is.
    """
    if until is not None and not await is_later_than_now(connection, until):
        raise refuse_fields([Problem("/until", "queue.until")])


def pausing_view(wished: Pausing | None) -> dict[str, Any] | None:
    """Return what of a pause is written down; None of its end."""
    if wished is None:
        return None
    until = format_instant(wished.until) if wished.until else None
    return {"reason": wished.reason, "until": until}


def _until(text: str) -> datetime:
    try:
        return parse_instant(text)
    except InvalidDefinition as error:
        raise refuse_fields([each.under("/until") for each in error.problems]) from None
