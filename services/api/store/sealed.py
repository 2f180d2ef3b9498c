"""All that is sealed in this database, whatever it belongs to: found by its key, sealed anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from shared.db.pool import Connection


@dataclass(frozen=True, slots=True)
class Kind:
    """A column with sealed values."""

    owner: str
    """`<owner>:<name>` is what a value is bound to."""
    table: str
    column: str
    replace: str
    """Puts the value $2 in the place of that of the name $1; $3 is the id of its key."""


#: A new kind of sealed value has its place here, or its key is taken away from under it.
KINDS = (
    Kind(
        "secret",
        "api.secrets",
        "sealed",
        "UPDATE api.secrets SET sealed = $2, key_id = $3 WHERE name = $1",
    ),
    Kind(
        "channel",
        "api.channels",
        "secret",
        # It does not show its key.
        "UPDATE api.channels SET secret = $2 WHERE name = $1 AND $3::text IS NOT NULL",
    ),
)


class Sealed(NamedTuple):
    """A value that is sealed."""

    name: str
    value: bytes


async def others(
    connection: Connection, kind: Kind, head: bytes, *, after: str, limit: int
) -> list[Sealed]:
    """Return values that do not begin with *head*, by name, behind *after*; locks them."""
    rows = await connection.fetch(
        f"SELECT name, {kind.column} AS value FROM {kind.table}"  # noqa: S608 - our own names
        f" WHERE {kind.column} IS NOT NULL AND substr({kind.column}, 1, $2) <> $1 AND name > $3"
        " ORDER BY name LIMIT $4 FOR UPDATE",
        head,
        len(head),
        after,
        limit,
    )
    return [Sealed(*row.values()) for row in rows]


async def count_others(connection: Connection, head: bytes) -> int:
    """Return how many values do not begin with *head*."""
    counted = [
        await connection.fetchval(
            f"SELECT count(*) FROM {kind.table}"  # noqa: S608 - our own names
            f" WHERE {kind.column} IS NOT NULL AND substr({kind.column}, 1, $2) <> $1",
            head,
            len(head),
        )
        for kind in KINDS
    ]
    return sum(counted)


async def replace(
    connection: Connection, kind: Kind, name: str, value: bytes, *, key_id: str
) -> None:
    """Put a value in the place of one that is locked; to people nothing has changed."""
    await connection.execute(kind.replace, name, value, key_id)


async def keep_others_from_sealing(connection: Connection) -> None:
    """Wait for all who are sealing something, and let nobody begin until the end.

    Whoever seals takes its lock first (`secrets.will_seal`, `channels.will_seal`).
    """
    tables = ", ".join(kind.table for kind in KINDS)
    await connection.execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")
