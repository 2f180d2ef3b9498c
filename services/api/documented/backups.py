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
    task_name: str | None = Field(description="null: the task is gone.")
    verify_run_id: str | None = Field(description="The run that restores it for a trial now.")


class BackupDetail(Backup):
    """A backup with what its manifest says."""

    manifest: dict[str, Any] | None


class Backups(Shown):
    """A page of backups; `next` is null on the last one."""

    items: list[Backup]
    next: str | None


class BackupSource(Shown):
    """All backups of one database."""

    source: str
    storages: list[Literal["folder", "s3"]]
    stored: int = Field(description="Backups whose file is there.")
    total_size: int
    newest_at: AwareDatetime | None
    verified_at: AwareDatetime | None = Field(description="When one was last found whole.")
    restored_at: AwareDatetime | None = Field(description="When one was last restored for a trial.")
    failed_since: int = Field(description="How many failed after the newest one that is stored.")
    last_error: str | None


class BackupSources(Shown):
    """Each database that is backed up, the one backed up last first."""

    items: list[BackupSource]


class BackupVerificationStarted(Shown):
    """A run that restores the backup for a trial."""

    run_id: str
    task_id: str
