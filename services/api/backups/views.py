"""Backups as people see them. Pure."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from services.api.store.backup_sources import More, SourceRow
from services.api.store.backups import BackupRow
from shared.domain.instant import format_instant

STATES = ("running", "unverified", "verified", "failed", "pruned")
STORAGES = ("folder", "s3")


def more_view(more: More) -> dict[str, Any]:
    """Return what the record of a backup does not say."""
    return {
        "task_name": more.task_name,
        "verify_run_id": str(more.verify_run_id) if more.verify_run_id else None,
    }


def source_view(row: SourceRow) -> dict[str, Any]:
    """Return what there is of one database."""
    return {
        **row._asdict(),
        "newest_at": _instant(row.newest_at),
        "verified_at": _instant(row.verified_at),
        "restored_at": _instant(row.restored_at),
    }


def backup_view(row: BackupRow, *, whole: bool = False) -> dict[str, Any]:
    """Return a backup; its manifest only if it is asked for alone."""
    view: dict[str, Any] = {
        "id": str(row.id),
        "task_id": str(row.task_id),
        "run_id": str(row.run_id),
        "source": row.source,
        "method": row.method,
        "storage": row.storage,
        "location": row.location,
        "state": row.state,
        "size": row.size,
        "sha256": row.sha256,
        "key_id": row.key_id,
        "error": row.error,
        "started_at": format_instant(row.started_at),
        "finished_at": _instant(row.finished_at),
        "verified_at": _instant(row.verified_at),
        "verified_level": row.verified_level,
        "pruned_at": _instant(row.pruned_at),
        "version": row.version,
    }
    if whole:
        view["manifest"] = None if row.manifest is None else json.loads(row.manifest)
    return view


def _instant(at: datetime | None) -> str | None:
    return format_instant(at) if at else None
