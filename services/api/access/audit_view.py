"""A row of the audit list as it is shown, exported and sealed: one form for all three."""

from __future__ import annotations

import json
from typing import Any

from services.api.store.audit import AuditRow
from shared.domain.instant import format_instant


def view(row: AuditRow) -> dict[str, Any]:
    """Return *row* without its seal."""
    return {
        "id": row.id,
        "at": format_instant(row.at),
        "actor": row.actor,
        "token_id": row.token_id,
        "run_id": str(row.run_id) if row.run_id else None,
        "user_id": str(row.user_id) if row.user_id else None,
        "ip": row.ip,
        "request_id": row.request_id,
        "verb": row.verb,
        "subject_kind": row.subject_kind,
        "subject_id": row.subject_id,
        "before": json.loads(row.before) if row.before else None,
        "after": json.loads(row.after) if row.after else None,
    }
