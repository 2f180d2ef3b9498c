"""What the platform is told of a backup.

A backup must not fail because the API is away: then the run says so, goes on, and tells all of it
later, in order. But whoever is refused for good has been replaced by another attempt, and stops.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from services.executor.actions.data_backup.places import Backup, Place
from shared.contracts.action import ActionFailed, Context
from shared.contracts.backup_commands import (
    MOST_IDS,
    BeginBackup,
    EndBackup,
    Level,
    PruneBackups,
    VerifyBackup,
)
from shared.contracts.platform import Nothing, Question

#: Rows of more tables than this stay in the manifest file only.
MOST_TABLES = 2000
MOST_ERROR = 2000
#: Who did not answer is left alone for so long: each time costs half a minute.
LEFT_ALONE = 60.0  # seconds


class Records:
    """The records of one run."""

    def __init__(self, context: Context, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._context = context
        self._clock = clock
        self._unheard: list[Question[Nothing]] = []
        self._not_before = 0.0

    async def begun(self, source: str, method: str, place: Place) -> None:
        """Say that a backup has begun."""
        await self._tell(
            BeginBackup(source=source, method=method, storage=place.kind, location=place.location)
        )

    async def stored(self, place: Place, backup: Backup) -> None:
        """Say that it lies there, whole."""
        manifest = backup.manifest.model_dump(mode="json")
        if len(backup.manifest.rows or {}) > MOST_TABLES:
            manifest["rows"] = None
        await self._tell(
            EndBackup(
                location=f"{place.location}/{backup.name}",
                size=backup.manifest.size,
                sha256=backup.manifest.sha256,
                key_id=",".join(backup.manifest.recipients) or None,
                manifest=manifest,
            )
        )

    async def failed(self, error: str) -> None:
        """Say that there is none."""
        await self._tell(EndBackup(error=error[:MOST_ERROR]))

    async def verified(
        self, backup_id: UUID, level: Level, at: datetime, error: str | None = None
    ) -> None:
        """Say what was found."""
        told = None if error is None else error[:MOST_ERROR]
        await self._tell(VerifyBackup(backup_id=backup_id, level=level, at=at, error=told))

    async def pruned(self, ids: list[UUID]) -> None:
        """Say whose files are gone."""
        for first in range(0, len(ids), MOST_IDS):
            await self._tell(PruneBackups(backup_ids=ids[first : first + MOST_IDS]))

    async def finish(self) -> None:
        """Tell what nobody has heard yet, for the last time."""
        await self._tell_all(self._clock())

    async def _tell(self, question: Question[Nothing]) -> None:
        self._unheard.append(question)
        await self._tell_all(self._not_before)

    async def _tell_all(self, not_before: float) -> None:
        while self._unheard and self._clock() >= not_before:
            try:
                await self._context.ask(self._unheard[0])
            except ActionFailed as error:
                if error.permanent:
                    raise
                if not self._not_before:
                    self._context.log(f"the list of backups is not kept up: {error}", "warning")
                not_before = self._not_before = self._clock() + LEFT_ALONE
            else:
                del self._unheard[0]
