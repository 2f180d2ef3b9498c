"""Accounts by what they are: listed, counted, chosen for what is done with all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

from services.api.store.accounts import COLUMNS, HELD, AccountRow, row_of
from shared.db.pool import Connection

#: So many servers, groups, tags and scripts are told, those with the most accounts.
MOST_FACETS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which accounts are listed; None: whatever it is."""

    tag: str | None = None
    group: str | None = None
    server: str | None = None
    script: str | None = None
    desired: str | None = None
    state: str | None = None
    """`unknown`: no runtime has said anything of it."""
    active: bool | None = None
    text: str | None = None
    """Part of the account id or the display name, whatever the case."""
    held: bool | None = None
    """Whether a person holds it."""

    @property
    def values(self) -> tuple[object, ...]:
        """What the SQL of a choice takes."""
        return (
            self.tag,
            self.group,
            self.server,
            self.script,
            self.desired,
            self.state,
            self.active,
            self.text,
            self.held,
        )


_MEANT = """
($1::text IS NULL OR a.tags @> ARRAY[$1])
  AND ($2::text IS NULL OR a.group_ids @> ARRAY[$2])
  AND ($3::text IS NULL OR a.server_id = $3)
  AND ($4::text IS NULL OR a.script_id = $4)
  AND ($5::text IS NULL OR a.desired = $5)
  AND ($6::text IS NULL OR coalesce(a.state, 'unknown') = $6)
  AND ($7::boolean IS NULL OR a.active = $7)
  AND ($8::text IS NULL OR position(lower($8) IN lower(a.account_id || ' ' || a.display_name)) > 0)
  AND ($9::boolean IS NULL OR (IS_HELD) = $9)
""".replace("IS_HELD", HELD)
_PAGE = f"""
SELECT {COLUMNS} FROM api.accounts a
WHERE {_MEANT} AND ($10::bigint IS NULL OR a.seq < $10)
ORDER BY a.seq DESC LIMIT $11
"""  # noqa: S608 - our own column list
_IDS = f"""
SELECT a.id FROM api.accounts a WHERE {_MEANT} AND a.account_id <> ALL($10::text[])
ORDER BY a.seq DESC LIMIT $11
"""  # noqa: S608 - our own words


async def page(
    connection: Connection, wanted: Filter, *, before: int | None, limit: int
) -> list[AccountRow]:
    """Return accounts, the newest first, those after the cursor *before*."""
    rows = await connection.fetch(_PAGE, *wanted.values, before, limit)
    return [row_of(row) for row in rows]


async def ids_of(
    connection: Connection, wanted: Filter, *, but: Sequence[str] = (), limit: int
) -> list[UUID]:
    """Return the ids of accounts that a filter means, without those named in *but*."""
    rows = await connection.fetch(_IDS, *wanted.values, list(but), limit)
    return [row["id"] for row in rows]


class Counted(NamedTuple):
    """How many accounts have something."""

    value: str
    accounts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Accounts that a filter means, by what a list is narrowed by."""

    total: int
    held: int
    by: dict[str, list[Counted]]
    """`state`, `desired`, `server`, `group`, `tag`, `script`."""


_SUM = f"""
SELECT count(*) AS total, count(*) FILTER (WHERE {HELD}) AS held
FROM api.accounts a WHERE {_MEANT}
"""  # noqa: S608 - our own words

_FACET = f"""
SELECT value, count(*) AS count FROM (SELECT {{value}} AS value FROM api.accounts a WHERE {_MEANT})
    AS found WHERE value IS NOT NULL GROUP BY value ORDER BY count DESC, value LIMIT {MOST_FACETS}
"""  # noqa: S608 - our own words

#: What is counted, and the one field of the filter that then does not narrow it.
_FACETS = {
    "state": "coalesce(a.state, 'unknown')",
    "desired": "a.desired",
    "server": "a.server_id",
    "group": "unnest(a.group_ids)",
    "tag": "unnest(a.tags)",
    "script": "a.script_id",
}


async def counts(connection: Connection, wanted: Filter) -> Counts:
    """Return how many accounts a filter means, and how many would be meant by others beside it."""
    row = await connection.fetchrow(_SUM, *wanted.values)
    assert row is not None  # noqa: S101 - an aggregate
    by: dict[str, list[Counted]] = {}
    for name, value in _FACETS.items():
        others = replace(wanted, **{name: None})
        rows = await connection.fetch(_FACET.format(value=value), *others.values)
        by[name] = [Counted(*each.values()) for each in rows]
    return Counts(total=row["total"], held=row["held"], by=by)


async def ids_named(connection: Connection, account_ids: Sequence[str]) -> list[UUID]:
    """Return the ids of the accounts of these names."""
    rows = await connection.fetch(
        "SELECT id FROM api.accounts WHERE account_id = ANY($1::text[])", list(account_ids)
    )
    return [row["id"] for row in rows]
