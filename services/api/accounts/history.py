"""The past of an account as people see it. Pure."""

from __future__ import annotations

import json
from typing import Any

from services.api.store.account_history import HistoryRow
from shared.domain.instant import format_instant


def history_view(row: HistoryRow) -> dict[str, Any]:
    """Return one thing that happened."""
    return {
        "kind": row.kind,
        "at": format_instant(row.at),
        "run_id": str(row.run_id) if row.run_id else None,
        "from_state": row.from_state,
        "to_state": row.to_state,
        "generation": row.generation,
        "healthy": row.healthy,
        "pid": row.pid,
        "restarts": row.restarts,
        "script_version": row.script_version,
        "detail": row.detail,
        "verb": row.verb,
        "actor": row.actor,
        "before": json.loads(row.before) if row.before else None,
        "after": json.loads(row.after) if row.after else None,
    }
