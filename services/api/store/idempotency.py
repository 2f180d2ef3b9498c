"""Answers that are kept for a day, to be given again to whoever repeats a request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from shared.db.pool import Connection


class Kept(NamedTuple):
    """An answer that was given before."""

    fingerprint: bytes
    status: int | None
    headers: dict[str, str]
    body: bytes | None


async def claim(connection: Connection, token_id: str, key: str) -> bool:
    """Take a key for this transaction; return False if another request has it in hand."""
    free: bool = await connection.fetchval(
        "SELECT pg_try_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 1))", token_id, key
    )
    return free


async def find(connection: Connection, token_id: str, key: str) -> Kept | None:
    """Return the answer that was given under a key in the last 24 hours."""
    row = await connection.fetchrow(
        "SELECT fingerprint, status, headers, body FROM api.idempotency"
        " WHERE token_id = $1 AND key = $2 AND created_at > clock_timestamp() - interval '1 day'",
        token_id,
        key,
    )
    if row is None:
        return None
    headers = json.loads(row["headers"]) if row["headers"] else {}
    return Kept(row["fingerprint"], row["status"], headers, row["body"])


async def keep(
    connection: Connection,
    token_id: str,
    key: str,
    *,
    fingerprint: bytes,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> None:
    """Keep an answer in the transaction that made it true."""
    await connection.execute(
        "INSERT INTO api.idempotency (token_id, key, fingerprint, status, headers, body)"
        " VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (token_id, key) DO UPDATE SET fingerprint = excluded.fingerprint,"
        " status = excluded.status, headers = excluded.headers, body = excluded.body,"
        " created_at = clock_timestamp()",
        token_id,
        key,
        fingerprint,
        status,
        json.dumps(dict(headers or {})),
        body,
    )


async def forget(connection: Connection, limit: int) -> int:
    """Remove answers that are older than a day, at most *limit*; return how many."""
    done: str = await connection.execute(
        "DELETE FROM api.idempotency WHERE ctid = ANY(ARRAY("
        " SELECT ctid FROM api.idempotency"
        " WHERE created_at < clock_timestamp() - interval '1 day' ORDER BY created_at LIMIT $1))",
        limit,
    )
    return int(done.rsplit(" ", 1)[1])
