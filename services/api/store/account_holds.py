"""A person's word about many accounts, written at once; they are locked already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from shared.db.pool import Connection


async def hold_many(
    connection: Connection, ids: Sequence[UUID], *, state: str, until: datetime | None, by: str
) -> None:
    """Hold accounts in a state until a time (None: for good)."""
    await connection.execute(
        "UPDATE api.accounts SET hold_state = $2, hold_by = $4,"
        " hold_until = coalesce($3::timestamptz, 'infinity') WHERE id = ANY($1::uuid[])",
        list(ids),
        state,
        until,
        by,
    )


async def release_many(connection: Connection, ids: Sequence[UUID]) -> None:
    """Let accounts go."""
    await connection.execute(
        "UPDATE api.accounts SET hold_state = NULL, hold_until = NULL, hold_by = NULL"
        " WHERE id = ANY($1::uuid[])",
        list(ids),
    )
