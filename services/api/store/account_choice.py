"""Which accounts an action means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.api.store.accounts import COLUMNS, AccountRow, row_of
from shared.db.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Several kinds of choice narrow it; without any, all that are not yet as they are wanted."""

    wanted: str
    run: UUID
    account_ids: Sequence[str] = ()
    tags: Sequence[str] = ()
    group_ids: Sequence[str] = ()
    exclude: Sequence[str] = ()
    active_only: bool = False

    @property
    def is_open(self) -> bool:
        """Whether none is named in any way."""
        return not (self.account_ids or self.tags or self.group_ids)


# What the run itself has brought there stays chosen: its next attempt goes on with it.
_NOT_YET = {
    "running": "(a.desired <> 'running'"
    " OR coalesce(a.state, 'stopped') NOT IN ('starting', 'working', 'stopping')"
    " OR a.desired_run = $7)",
    "stopped": "(a.desired <> 'stopped' OR coalesce(a.state, 'stopped') <> 'stopped'"
    " OR a.desired_run = $7)",
}


async def choose(
    connection: Connection, wanted: Choice, *, after: str | None, limit: int
) -> list[AccountRow]:
    """Return chosen accounts in order of their names, those after the name *after*."""
    all_of_them = _NOT_YET[wanted.wanted] if wanted.is_open else "$7::uuid IS NOT NULL"
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM api.accounts a"  # noqa: S608 - our own words
        " WHERE (cardinality($1::text[]) = 0 OR a.account_id = ANY($1))"
        " AND (cardinality($2::text[]) = 0 OR a.tags && $2)"
        " AND (cardinality($3::text[]) = 0 OR a.group_ids && $3)"
        " AND a.account_id <> ALL($4::text[])"
        " AND (a.active OR NOT $5::boolean)"
        " AND ($6::text IS NULL OR a.account_id > $6)"
        f" AND {all_of_them} ORDER BY a.account_id LIMIT $8",
        list(wanted.account_ids),
        list(wanted.tags),
        list(wanted.group_ids),
        list(wanted.exclude),
        wanted.active_only,
        after,
        wanted.run,
        limit,
    )
    return [row_of(row) for row in rows]


async def existing(connection: Connection, account_ids: Sequence[str]) -> frozenset[str]:
    """Return those of *account_ids* that there are."""
    rows = await connection.fetch(
        "SELECT account_id FROM api.accounts WHERE account_id = ANY($1::text[])",
        list(account_ids),
    )
    return frozenset(row["account_id"] for row in rows)
