"""What a backup tells the platform: that it began, how it ended, what was verified and removed.

The files say for themselves what they are; these records are how people find them, and what the
freshness of backups is judged by. A record has the id of the run that made the backup.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.contracts.message import Message, Part
from shared.contracts.platform import Nothing, Question

MOST_IDS = 5000

State = Literal["running", "unverified", "verified", "failed", "pruned"]
Level = Literal["manifest", "restore"]


class BeginBackup(Question[Nothing]):
    """A backup has begun; unended ones of this task whose runs are over have failed."""

    command: ClassVar[str] = "backups.begun"
    answered_by: ClassVar[type[Message]] = Nothing

    source: str = Field(max_length=200)
    method: str = Field(max_length=50)
    storage: Literal["folder", "s3"]
    location: str = Field(max_length=1000)
    """Where it will lie, such as `system` or `s3://bucket/prefix/…`."""


class EndBackup(Question[Nothing]):
    """The backup of the asking run is stored (`error` is None), or there is none."""

    command: ClassVar[str] = "backups.ended"
    answered_by: ClassVar[type[Message]] = Nothing

    location: str | None = Field(default=None, max_length=1200)
    size: int | None = Field(default=None, ge=0)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    key_id: str | None = Field(default=None, max_length=1000)
    """The age public keys that it is encrypted to."""
    manifest: dict[str, Any] | None = None
    error: str | None = Field(default=None, max_length=2000)


class VerifyBackup(Question[Nothing]):
    """A backup has passed what it had to pass, or has not."""

    command: ClassVar[str] = "backups.verified"
    answered_by: ClassVar[type[Message]] = Nothing

    backup_id: UUID
    level: Level
    at: AwareDatetime
    """When it was found; saying it again changes nothing."""
    error: str | None = Field(default=None, max_length=2000)


class PruneBackups(Question[Nothing]):
    """The files of these backups are gone."""

    command: ClassVar[str] = "backups.pruned"
    answered_by: ClassVar[type[Message]] = Nothing

    backup_ids: list[UUID] = Field(max_length=MOST_IDS)


class KnownBackup(Part):
    """What an action may know of a record."""

    id: UUID
    task_id: UUID
    source: str
    storage: str
    location: str
    state: State
    started_at: AwareDatetime
    verified_at: AwareDatetime | None


class KnownBackups(Message):
    """Newest first."""

    backups: list[KnownBackup]


class ListBackups(Question[KnownBackups]):
    """Which backups of a source are there?"""

    command: ClassVar[str] = "backups.list"
    answered_by: ClassVar[type[Message]] = KnownBackups

    source: str = Field(max_length=200)
    states: list[State] = Field(default_factory=list, max_length=5)
    limit: int = Field(default=100, ge=1, le=1000)
