"""The outbox table: what is still to be said, committed together with the state it tells of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shared.bus.publisher import Outgoing
from shared.db.pool import Connection


class OutboxRow(NamedTuple):
    """A message that waits for the relay."""

    id: int
    key: str
    message: Outgoing


class OutboxStore:
    """The outbox of one service, `<schema>.outbox`."""

    def __init__(self, schema: str) -> None:
        self._table = f"{schema}.outbox"

    async def add(self, connection: Connection, key: str, message: Outgoing) -> None:
        """Add one message inside the caller's transaction.

        Messages of one *key* are published in the order in which they were added.
        """
        await connection.execute(
            f"INSERT INTO {self._table} (key, subject, message_id, payload)"  # noqa: S608 - the schema is ours
            " VALUES ($1, $2, $3, $4)",
            key,
            message.subject,
            message.message_id,
            message.payload,
        )

    async def take(self, connection: Connection, limit: int) -> list[OutboxRow]:
        """Lock the oldest rows that no other relay has in hand."""
        rows = await connection.fetch(
            f"SELECT id, key, subject, message_id, payload FROM {self._table}"  # noqa: S608 - the schema is ours
            " ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED",
            limit,
        )
        return [
            OutboxRow(
                row["id"],
                row["key"],
                Outgoing(row["subject"], row["payload"], row["message_id"]),
            )
            for row in rows
        ]

    async def delete(self, connection: Connection, ids: Sequence[int]) -> None:
        """Forget rows that were published."""
        await connection.execute(
            f"DELETE FROM {self._table} WHERE id = ANY($1::bigint[])",  # noqa: S608 - the schema is ours
            ids,
        )
