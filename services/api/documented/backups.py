"""What the API answers of backups, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from services.api.documented.policy import Shown

BackupState = Literal["running", "unverified", "verified", "failed", "pruned"]


class Backup(Shown):
    """A backup, as its run told of it."""

    id: str
    task_id: str
    run_id: str
    source: str = Field(description="Database, and a digest of its server's identity.")
    method: str
    storage: Literal["folder", "s3"]
    location: str
    state: BackupState = Field(
        description="unverified: stored, but a restore drill failed or has not ended. pruned: its"
        " file was removed by the rules of its task."
    )
    size: int | None
    sha256: str | None
    key_id: str | None = Field(description="age public keys that it is encrypted to.")
    error: str | None
    started_at: AwareDatetime
    finished_at: AwareDatetime | None
    verified_at: AwareDatetime | None
    verified_level: Literal["manifest", "restore"] | None = Field(
        description="restore: it was restored into a scratch database, and its rows compared."
    )
    pruned_at: AwareDatetime | None
    version: int


class BackupDetail(Backup):
    """A backup with what its manifest says."""

    manifest: dict[str, Any] | None


class Backups(Shown):
    """A page of backups; `next` is null on the last one."""

    items: list[Backup]
    next: str | None


class BackupVerificationStarted(Shown):
    """A run that restores the backup for a trial."""

    run_id: str
    task_id: str
