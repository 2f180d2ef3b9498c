"""Silences: which alerts nobody wants to hear of, from when until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection, Record


class WrittenSilence(NamedTuple):
    """What somebody said of a silence; `matchers` is JSON."""

    matchers: str
    starts_at: datetime
    ends_at: datetime
    author: str
    comment: str


class SilenceRow(NamedTuple):
    """A silence, and the database's time."""

    id: UUID
    seq: int
    matchers: str
    starts_at: datetime
    ends_at: datetime
    author: str
    comment: str
    version: int
    created_at: datetime
    updated_at: datetime
    created_by: str | None
    now: datetime

    @property
    def written(self) -> WrittenSilence:
        """What somebody said of it."""
        return WrittenSilence(*(getattr(self, name) for name in WrittenSilence._fields))


_FIELDS = ", ".join(SilenceRow._fields[:-1])
_COLUMNS = f"{_FIELDS}, clock_timestamp()"

# An expired one of the same instant as its end is over: `ends_at` is excluded.
_PAGE = f"""
SELECT {_COLUMNS} FROM api.alert_silences
WHERE seq < $1
  AND ($2::text IS NULL OR $2 = CASE WHEN ends_at <= clock_timestamp() THEN 'expired'
                                     WHEN starts_at > clock_timestamp() THEN 'pending'
                                     ELSE 'active' END)
ORDER BY seq DESC LIMIT $3
"""  # noqa: S608 - our own column list


async def page(
    connection: Connection, *, before: int, state: str | None, limit: int
) -> list[SilenceRow]:
    """Return silences, newest first."""
    return _rows(await connection.fetch(_PAGE, before, state, limit))


async def get(connection: Connection, silence: UUID, *, lock: bool = False) -> SilenceRow | None:
    """Return one silence; *lock*: keep others from changing it."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM api.alert_silences WHERE id = $1{' FOR UPDATE' if lock else ''}",  # noqa: S608 - our own column list
        silence,
    )
    return _rows(rows)[0] if rows else None


async def now(connection: Connection) -> datetime:
    """Return the database's time."""
    at: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return at


async def count_unended(connection: Connection, most: int) -> int:
    """Return how many silences are not over, counted up to *most*."""
    counted: int = await connection.fetchval(
        "SELECT count(*) FROM (SELECT FROM api.alert_silences WHERE ends_at > clock_timestamp()"
        " LIMIT $1) AS unended",
        most,
    )
    return counted


async def active(connection: Connection) -> list[SilenceRow]:
    """Return the silences that hold alerts now."""
    return _rows(
        await connection.fetch(
            f"SELECT {_COLUMNS} FROM api.alert_silences"  # noqa: S608 - our own column list
            " WHERE starts_at <= clock_timestamp() AND ends_at > clock_timestamp() ORDER BY seq"
        )
    )


async def create(
    connection: Connection, silence: UUID, written: WrittenSilence, *, created_by: str
) -> SilenceRow:
    """Store a new silence."""
    rows = await connection.fetch(
        "INSERT INTO api.alert_silences"  # noqa: S608 - our own column list
        " (id, matchers, starts_at, ends_at, author, comment, created_by)"
        f" VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {_COLUMNS}",
        silence,
        *written,
        created_by,
    )
    return _rows(rows)[0]


async def change(connection: Connection, silence: UUID, written: WrittenSilence) -> SilenceRow:
    """Store what is said of a silence that the caller has locked."""
    rows = await connection.fetch(
        "UPDATE api.alert_silences SET (matchers, starts_at, ends_at, author, comment)"  # noqa: S608 - our own column list
        " = ($2, $3, $4, $5, $6), version = version + 1, updated_at = clock_timestamp()"
        f" WHERE id = $1 RETURNING {_COLUMNS}",
        silence,
        *written,
    )
    return _rows(rows)[0]


async def delete(connection: Connection, silence: UUID) -> None:
    """Remove a silence that the caller has locked."""
    await connection.execute("DELETE FROM api.alert_silences WHERE id = $1", silence)


async def forget(connection: Connection, limit: int) -> int:
    """Remove silences that have been over for 90 days, at most *limit*; return how many."""
    done: str = await connection.execute(
        "DELETE FROM api.alert_silences WHERE id = ANY(ARRAY(SELECT id FROM api.alert_silences"
        " WHERE ends_at < clock_timestamp() - interval '90 days' ORDER BY ends_at LIMIT $1))",
        limit,
    )
    return int(done.rsplit(" ", 1)[1])


def _rows(rows: Sequence[Record]) -> list[SilenceRow]:
    return [SilenceRow(*row.values()) for row in rows]
