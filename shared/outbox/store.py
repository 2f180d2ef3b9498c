"""The outbox table: what is still to be said, committed together with the state it tells of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

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

    async def add(
        self,
        connection: Connection,
        key: str,
        message: Outgoing,
        *,
        awaits: Sequence[UUID] | None = None,
    ) -> None:
        """Add one message inside the caller's transaction.

        Messages of one *key* are published in the order in which they were added. With *awaits*,
        the row outlives its publication: the stream may lose what it acknowledged, and then only
        what the message was to bring about tells that it was heard.
        """
        await connection.execute(
            f"INSERT INTO {self._table} (key, subject, message_id, payload, awaits)"  # noqa: S608 - the schema is ours
            " VALUES ($1, $2, $3, $4, $5)",
            key,
            message.subject,
            message.message_id,
            message.payload,
            awaits,
        )

    async def take(self, connection: Connection, limit: int) -> list[OutboxRow]:
        """Lock the oldest row of each key, unless another relay has it in hand.

        Only the oldest: what comes after a row that another relay is publishing has to wait for it.
        A repetition has an id of its own: the stream remembers ids of what it has lost.
        """
        rows = await connection.fetch(
            "SELECT id, key, subject, payload, message_id ||"  # noqa: S608 - the schema is ours
            "  CASE sent WHEN 0 THEN '' ELSE ':again:' || sent END AS message_id"
            f" FROM {self._table} o WHERE sent_at IS NULL"
            f" AND NOT EXISTS (SELECT FROM {self._table} p"
            "  WHERE p.key = o.key AND p.id < o.id AND p.sent_at IS NULL)"
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

    async def published(self, connection: Connection, ids: Sequence[int]) -> None:
        """Forget rows that were published, or note it of those that await something."""
        await connection.execute(
            f"WITH gone AS (DELETE FROM {self._table}"  # noqa: S608 - the schema is ours
            "  WHERE id = ANY($1::bigint[]) AND awaits IS NULL)"
            f" UPDATE {self._table} SET sent = sent + 1, sent_at = clock_timestamp()"
            " WHERE id = ANY($1::bigint[]) AND awaits IS NOT NULL",
            ids,
        )
