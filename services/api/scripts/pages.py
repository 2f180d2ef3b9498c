"""Publications and their targets as people see them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.api.store.script_pages import Played, Publication, Publisher, Target
from shared.domain.instant import format_instant


def usages_view(played: Sequence[Played], publishers: Sequence[Publisher]) -> dict[str, Any]:
    """Return who plays a script, and what publishes it."""
    return {
        "accounts": sum(each.accounts for each in played),
        "versions": [
            {
                "environment": each.environment,
                "version": each.number,
                "sha256": each.version,
                "accounts": each.accounts,
                "working": each.working,
                "outdated": each.outdated,
            }
            for each in played
        ],
        "tasks": [{**each._asdict(), "id": str(each.id)} for each in publishers],
    }


def publication_view(row: Publication) -> dict[str, Any]:
    """Return a publication."""
    return {
        "run_id": str(row.run_id),
        "script_id": row.script_id,
        "environment": row.environment,
        "version": row.number,
        "sha256": row.version,
        "from_version": row.from_number,
        "from_sha256": row.from_version,
        "rollback": row.rollback,
        "state": row.state,
        "reason": row.reason,
        "started_at": format_instant(row.started_at),
        "ended_at": format_instant(row.ended_at) if row.ended_at else None,
        "task_id": str(row.task_id) if row.task_id else None,
        "task_name": row.task_name,
        "requested_by": row.requested_by,
        "params": dict(row.params),
        "total": row.total,
        "given": row.given,
    }


def target_view(row: Target) -> dict[str, Any]:
    """Return a target."""
    return row._asdict()
