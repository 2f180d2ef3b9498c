"""Accounts and runtimes as callers are shown them. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from services.api.store.account_runtimes import RuntimeRow
from services.api.store.accounts import AccountRow
from shared.domain.instant import format_instant


def account_view(row: AccountRow) -> dict[str, Any]:
    """Return an account."""
    return {
        "id": str(row.id),
        **written_view(row),
        "version": row.version,
        "created_at": format_instant(row.created_at),
        "updated_at": format_instant(row.updated_at),
        "created_by": row.created_by,
        "desired": row.desired,
        "desired_at": format_instant(row.desired_at),
        "desired_by": row.desired_by,
        "desired_run_id": _text(row.desired_run),
        "generation": row.generation,
        "state": row.state,
        "since": _instant(row.state_since),
        "state_generation": row.state_generation,
        "healthy": row.healthy,
        "pid": row.pid,
        "restarts": row.restarts,
        "detail": row.detail,
        "script_version": row.script_version,
        "previous_script_version": row.previous_script_version,
        "running_script_id": row.running_script_id,
        "running_script_version": row.running_script_version,
        "hold": hold_view(row),
        "runtime_id": _text(row.runtime_id),
        "runtime_live": row.runtime_live,
    }


def written_view(row: AccountRow) -> dict[str, Any]:
    """Return what its owner wrote of an account."""
    return {
        "account_id": row.account_id,
        "display_name": row.display_name,
        "script_id": row.script_id,
        "environment": row.environment,
        "server_id": row.server_id,
        "group_ids": list(row.group_ids),
        "tags": list(row.tags),
        "active": row.active,
        "config": row.config,
    }


def hold_view(row: AccountRow) -> dict[str, Any] | None:
    """Return a person's word about an account, if there is one."""
    if row.hold_state is None:
        return None
    return {"state": row.hold_state, "until": _instant(row.hold_until), "by": row.hold_by}


def runtime_view(row: RuntimeRow) -> dict[str, Any]:
    """Return a runtime."""
    return {
        "runtime_id": str(row.runtime_id),
        "instance": row.instance,
        "server_id": row.server_id,
        "host": row.host,
        "started_at": format_instant(row.started_at),
        "seen_at": format_instant(row.seen_at),
        "running": row.running,
        "stopping": row.stopping,
        "live": row.live,
    }


def _instant(at: datetime | None) -> str | None:
    return format_instant(at) if at else None


def _text(identity: UUID | None) -> str | None:
    return str(identity) if identity else None
