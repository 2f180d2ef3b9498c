"""Wishes to send a message once more; the notifier carries them out."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection


class Resendable(NamedTuple):
    """Of a message, what decides whether it can be sent once more."""

    state: str
    channel: str
    event: str
    task_id: UUID | None
    has_channel: bool
    """Its channel is there still; False for addresses, too."""


async def find(connection: Connection, delivery: UUID) -> Resendable | None:
    """Return a message."""
    row = await connection.fetchrow(
        "SELECT d.state, d.channel, d.event, d.task_id,"
        " EXISTS (SELECT FROM api.channels c WHERE c.name = d.channel)"
        " FROM notify.api_deliveries d WHERE d.id = $1",
        delivery,
    )
    return Resendable(*row) if row else None


async def wish(
    connection: Connection, identity: UUID, delivery: UUID, how: str, *, requested_by: str
) -> None:
    """Store a wish."""
    await connection.execute(
        "INSERT INTO api.notification_resends (id, delivery_id, how, requested_by)"
        " VALUES ($1, $2, $3, $4)",
        identity,
        delivery,
        how,
        requested_by,
    )


async def forget(connection: Connection, limit: int) -> int:
    """Remove wishes of 90 days ago, at most *limit*; return how many."""
    done: str = await connection.execute(
        "DELETE FROM api.notification_resends WHERE id = ANY(ARRAY("
        " SELECT id FROM api.notification_resends"
        " WHERE requested_at < clock_timestamp() - interval '90 days'"
        " ORDER BY requested_at LIMIT $1))",
        limit,
    )
    return int(done.rsplit(" ", 1)[1])
