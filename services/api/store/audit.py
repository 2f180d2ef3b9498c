"""Who changed what: one row per change, in the transaction of the change."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.api.access.known_tokens import Principal
from services.api.platform.asking import Asker
from shared.db.pool import Connection


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a person or program with a token, or the action of a run."""

    name: str
    token_id: str | None = None
    run_id: UUID | None = None
    user_id: UUID | None = None
    ip: str | None = None
    request_id: str | None = None

    @classmethod
    def of(cls, who: Principal | Asker) -> Actor:
        """Return the actor behind a request or a command."""
        if isinstance(who, Asker):
            return cls(who.task_name, run_id=who.run_id)
        return cls(
            who.name,
            token_id=who.token_id,
            user_id=who.user.id if who.user else None,
            ip=who.ip,
            request_id=who.request_id,
        )


class Deed(NamedTuple):
    """One of many things that were done at once."""

    subject_id: str
    after: Mapping[str, Any] | None = None


async def note_many(
    connection: Connection, actor: Actor, verb: str, subject_kind: str, deeds: Sequence[Deed]
) -> None:
    """Write a row for each of *deeds*."""
    await connection.execute(
        "INSERT INTO api.audit"
        " (actor, token_id, run_id, user_id, ip, request_id, verb, subject_kind, subject_id, after)"
        " SELECT $1, $2, $3, $4, $5, $6, $7, $8, u.id, u.after"
        " FROM unnest($9::text[], $10::json[]) WITH ORDINALITY AS u (id, after, place)"
        " ORDER BY u.place",
        *_columns(actor),
        verb,
        subject_kind,
        [each.subject_id for each in deeds],
        [_json(each.after) for each in deeds],
    )


async def note(
    connection: Connection,
    actor: Actor,
    verb: str,
    subject_kind: str,
    subject_id: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write one row. *before* and *after* are views without secrets; give what has changed."""
    await connection.execute(
        "INSERT INTO api.audit"
        " (actor, token_id, run_id, user_id, ip, request_id, verb, subject_kind, subject_id,"
        "  before, after) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        *_columns(actor),
        verb,
        subject_kind,
        subject_id,
        _json(before),
        _json(after),
    )


#: Of `api.audit a`, in the order of `AuditRow`.
COLUMNS = (
    "a.id, a.at, a.actor, a.token_id, a.run_id, a.user_id, a.ip, a.request_id, a.verb,"
    " a.subject_kind, a.subject_id, a.before, a.after"
)


class AuditRow(NamedTuple):
    """A row of the list; `before` and `after` are JSON."""

    id: int
    at: datetime
    actor: str
    token_id: str | None
    run_id: UUID | None
    user_id: UUID | None
    ip: str | None
    request_id: str | None
    verb: str
    subject_kind: str
    subject_id: str
    before: str | None
    after: str | None


class ListedRow(NamedTuple):
    """A row with its seal; None: it is not sealed yet."""

    row: AuditRow
    seal: int | None
    hash: bytes | None
    previous_hash: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows are wanted; None: it does not matter."""

    actor: str | None = None
    verb: str | None = None
    """One that ends with a dot means all that begin with it."""
    subject_kind: str | None = None
    subject_id: str | None = None
    earliest: datetime | None = None
    latest: datetime | None = None
    token_id: str | None = None
    request_id: str | None = None


async def page(
    connection: Connection, wanted: Wanted, *, before: int | None, limit: int
) -> list[ListedRow]:
    """Return rows older than the row *before*, the newest first."""
    rows = await connection.fetch(
        "SELECT s.seal, s.hash, coalesce(p.hash, CASE WHEN s.seal = c.anchor_seal + 1"  # noqa: S608 - our own columns
        f"  THEN c.anchor_hash END), {COLUMNS}"
        " FROM api.audit_chain c CROSS JOIN"
        " (SELECT * FROM api.audit WHERE ($1::text IS NULL OR actor = $1)"
        "  AND ($2::text IS NULL OR verb = $2 OR right($2, 1) = '.' AND starts_with(verb, $2))"
        "  AND ($3::text IS NULL OR subject_kind = $3) AND ($4::text IS NULL OR subject_id = $4)"
        "  AND ($5::timestamptz IS NULL OR at >= $5) AND ($6::timestamptz IS NULL OR at < $6)"
        "  AND ($7::bigint IS NULL OR id < $7) AND ($9::text IS NULL OR token_id = $9)"
        "  AND ($10::text IS NULL OR request_id = $10) ORDER BY id DESC LIMIT $8) a"
        " LEFT JOIN api.audit_seals s ON s.audit_id = a.id"
        " LEFT JOIN api.audit_seals p ON p.seal = s.seal - 1 ORDER BY a.id DESC",
        wanted.actor,
        wanted.verb,
        wanted.subject_kind,
        wanted.subject_id,
        wanted.earliest,
        wanted.latest,
        before,
        limit,
        wanted.token_id,
        wanted.request_id,
    )
    found = []
    for each in rows:
        seal, digest, previous, *columns = each.values()
        found.append(ListedRow(AuditRow(*columns), seal, digest, previous))
    return found


async def words(connection: Connection) -> dict[str, list[str]]:
    """Return who and what stands in the list at all, each word once, at most 500 of each.

    Each is found by jumping along an index; counting all rows would read years of them.
    """
    return {
        name: [
            row[0]
            for row in await connection.fetch(
                "WITH RECURSIVE w AS ("  # noqa: S608 - our own columns
                f" (SELECT {name} FROM api.audit ORDER BY {name} LIMIT 1) UNION ALL"
                f" (SELECT (SELECT a.{name} FROM api.audit a WHERE a.{name} > w.{name}"
                f"   ORDER BY a.{name} LIMIT 1) FROM w WHERE w.{name} IS NOT NULL))"
                f" SELECT {name} FROM w WHERE {name} IS NOT NULL LIMIT 500"
            )
        ]
        for name in ("actor", "verb", "subject_kind")
    }


async def forget(connection: Connection, limit: int, *, days: int) -> int:
    """Remove rows that are older than *days*, at most *limit*; return how many.

    The database's function does it: it takes whole links off the beginning of the chain, and is the
    only one who may.
    """
    gone: int = await connection.fetchval("SELECT api.forget_audit($1, $2)", days, limit)
    return gone


def _columns(actor: Actor) -> tuple[object, ...]:
    return (
        *(actor.name, actor.token_id, actor.run_id),
        *(actor.user_id, actor.ip, actor.request_id),
    )


def _json(view: Mapping[str, Any] | None) -> str | None:
    return None if view is None else json.dumps(view, ensure_ascii=False)
