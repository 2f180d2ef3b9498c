"""What a backup says of itself when it is over, and what it asks before it begins."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from services.executor.actions.data_backup.params import DataBackupParams
from services.executor.actions.data_backup.places import Backup
from shared.contracts.action import ActionFailed, Context, Outcome

#: A backup of less than this part of the one before has probably lost something.
SUSPICIOUS_RATIO = 0.5
MB = 1 << 20


def require_postgres(url: str, secret: str) -> str:
    """Return a database URL that a secret holds.

    Raises:
        ActionFailed: it is none.
    """
    if urlsplit(url.strip()).scheme not in ("postgresql", "postgres"):
        raise ActionFailed(f"the secret {secret} holds no postgresql:// URL", permanent=True)
    return url.strip()


def require_space(free: int, least_mb: int) -> None:
    """Refuse to begin on a disk that is nearly full.

    Raises:
        ActionFailed: there is less than the task wants.
    """
    if free < least_mb * MB:
        raise ActionFailed(f"only {free // MB} MB are free, {least_mb} MB are wanted (min_free_mb)")


def compare(backup: Backup, before: list[Backup], context: Context) -> None:
    """Warn if a backup is suspiciously small."""
    if not before:
        return
    size, last = backup.manifest.size, before[-1].manifest.size
    if size < last * SUSPICIOUS_RATIO:
        context.log(
            f"the backup has {size:,} bytes, the one before had {last:,}: has something been lost?",
            "warning",
        )


def outcome(
    backup: Backup, *, location: str, before: list[Backup], deleted: list[str], noop: bool
) -> Outcome:
    """Return the result of a run."""
    manifest = backup.manifest
    path = f"{location}/{backup.name}"
    last = before[-1].manifest.size if before else None
    message = f"{'already ' if noop else ''}backed up {manifest.size:,} bytes to {path}"
    data: dict[str, Any] = {
        "status": "noop" if noop else "succeeded",
        "backup_completed": True,
        "message": message,
        "noop": noop,
        "backup_id": str(manifest.run_id),
        "path": path,
        "size": manifest.size,
        "delta": None if last is None else manifest.size - last,
        "sha256": manifest.sha256,
        "tables": manifest.tables,
        "rows": None if manifest.rows is None else sum(manifest.rows.values()),
        "duration_seconds": (manifest.finished_at - manifest.started_at).total_seconds(),
        "encrypted": bool(manifest.recipients),
        "verified": backup.is_verified,
        "verified_by": "restore" if backup.drilled else "manifest",
        "deleted": deleted,
    }
    return Outcome(message, data)


def plan(params: DataBackupParams, location: str, source: str, spare: list[str]) -> Outcome:
    """Return what a run would do."""
    how: list[str] = [params.format, params.compression]
    if params.encrypt_to or params.key_secret:
        how.append("age")
    steps = [
        f"back up {source} to {location} ({', '.join(how)})",
        "restore it into a scratch database and compare" if params.drills else "read it back",
        *(f"remove {name}" for name in spare),
    ]
    if params.verify_backup_id is not None:
        steps = [f"restore backup {params.verify_backup_id} into a scratch database and compare"]
        spare = []
    return Outcome(
        f"would {steps[0]}", {"plan": steps, "deleted": spare, "backup_completed": False}
    )
