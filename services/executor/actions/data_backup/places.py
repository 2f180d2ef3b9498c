"""A place where backups lie: what is in it, and what a place must be able to do.

<place>/20260101T120000Z-<run id>/
    database.dump     the copy; .tar from the directory format, then .zst, then .age
    manifest.json     what it is; a folder of that name with a manifest *is* a backup
    verified.json     what the latest restore drill found
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol
from uuid import UUID

from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field

MANIFEST = "manifest.json"
VERIFIED = "verified.json"

NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z-(?P<run>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})")

Level = Literal["manifest", "restore"]


class SystemPart(BaseModel):
    """What makes the backup of a database that of a whole system."""

    model_config = ConfigDict(frozen=True)

    version: str
    """Of the code that made it."""
    migrations: list[str]
    """Those that the database had."""
    files: list[str]
    """Names of the secret files that are in `keys`."""
    key_ids: list[str]
    """Of the keys that open the secrets in the database."""
    keys: Base64Bytes
    """The secret files, encrypted with age like the dump."""


class Manifest(BaseModel):
    """What a backup says about itself. What has a default was not said by older versions."""

    model_config = ConfigDict(frozen=True)

    id: str
    run_id: UUID
    task_id: UUID
    started_at: AwareDatetime
    finished_at: AwareDatetime
    server_version: str
    tool_version: str
    file: str = Field(pattern=r"^database\.(dump|tar)(\.zst)?(\.age)?$")
    """Nothing else: whoever may write into a bucket must not choose where we write."""
    sha256: str
    """Of `file` as it is stored, encrypted or not."""
    size: int
    tables: int
    """How many tables have their rows in it."""
    excluded_tables: list[str]
    source: str | None = None
    """Which database it is of: name and a digest of the server's own identity."""
    format: Literal["custom", "directory"] = "custom"
    rows: dict[str, int] | None = None
    """Rows of each table in the snapshot that was dumped; None: not counted."""
    recipients: list[str] = []
    """The age public keys that it is encrypted to; empty: it is not."""
    zstd: bool = False
    """Whether the file is compressed as a whole."""
    expects: Level = "manifest"
    """What it has to pass to count as verified."""
    system: SystemPart | None = None
    """Set if a whole system can be made of it (`automation system restore`)."""


class Verification(BaseModel):
    """What a restore drill found."""

    model_config = ConfigDict(frozen=True)

    ok: bool
    at: AwareDatetime
    run_id: UUID
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Backup:
    """A whole backup."""

    name: str
    manifest: Manifest
    drilled: Verification | None = None

    @property
    def is_verified(self) -> bool:
        """Whether it passed all that it had to: a stored one has passed the manifest check."""
        if self.drilled is not None:
            return self.drilled.ok
        return self.manifest.expects == "manifest"


class Place(Protocol):
    """Where backups are kept. Whoever calls holds the locks of folder and database."""

    location: str
    """As people read it, without secrets."""

    @property
    def kind(self) -> Literal["folder", "s3"]:
        """What kind of place it is."""

    async def sweep(self) -> list[str]:
        """Remove what dead runs have left; return the names."""

    async def backups(self) -> list[Backup]:
        """Return all whole backups, oldest first."""

    async def store(self, written: Path, manifest: Manifest) -> Backup:
        """Let a backup appear: *written* is the folder with the file, and is used up."""

    async def fetch(self, backup: Backup, into: Path) -> Path:
        """Return a local copy of the backup's file, or the file itself."""

    async def mark(self, backup: Backup, verification: Verification) -> Backup:
        """Keep what a drill found."""

    async def remove(self, name: str) -> bool:
        """Remove one backup, so that half of it never looks whole; return whether it was there."""
