"""The chain of the audit list in tests: rows are noted and sealed, it is verified and exported."""

from __future__ import annotations

import json
from typing import Any

from services.api.access.audit_copy import verify_copy
from services.api.access.audit_sealing import Sealer
from services.api.documented import audit as documented
from services.api.store.database import Database
from tests.integration.api.client import BASE, Api

AUDIT = f"{BASE}/audit"
ROW = "INSERT INTO api.audit (actor, verb, subject_kind, subject_id) VALUES ($1, 'x.y', 'x', 'x')"


async def note(api: Api, *actors: str) -> None:
    await api.pool.executemany(ROW, [(actor,) for actor in actors])


async def seal(api: Api) -> None:
    """Seal whatever is committed."""
    sealer = Sealer(Database(api.pool))
    while await api.pool.fetchval("SELECT count(*) FROM api.audit_unsealed"):
        await sealer.step()


async def sealed(api: Api, count: int = 6) -> list[int]:
    """Have *count* more rows in the chain; return their ids."""
    known = await api.pool.fetchval("SELECT coalesce(max(id), 0) FROM api.audit")
    await note(api, *(f"actor {number}" for number in range(count)))
    await seal(api)
    rows = await api.pool.fetch("SELECT id FROM api.audit WHERE id > $1 ORDER BY id", known)
    return [row["id"] for row in rows]


async def verdict(api: Api, **params: int) -> dict[str, Any]:
    answer = await api.http.get(f"{AUDIT}/verify", params=params)
    assert answer.status_code == 200, answer.text
    documented.AuditVerdict.model_validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


async def exported(api: Api, **params: str) -> list[dict[str, Any]]:
    answer = await api.http.get(f"{AUDIT}/export", params={"format": "jsonl", **params})
    *rows, end = [json.loads(line) for line in answer.text.splitlines()]
    assert verify_copy([*rows, end], part=bool(params)).whole, "a sealer, retention: no cut"
    return rows
