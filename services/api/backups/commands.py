"""What the action `data_backup` tells of its backups."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.api.bus.said import say_event
from services.api.platform.asking import Asker, command
from services.api.store import backups as store
from services.api.store.audit import Actor, note
from shared.contracts.backup_commands import (
    BeginBackup,
    EndBackup,
    KnownBackup,
    KnownBackups,
    ListBackups,
    PruneBackups,
    VerifyBackup,
)
from shared.contracts.platform import Nothing
from shared.db.pool import Connection
from shared.domain.errors import NotFound

_NEWEST = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))


async def begin(connection: Connection, question: BeginBackup, asker: Asker) -> Nothing:
    """Note that a backup has begun, and that others of its task never ended."""
    for each in await store.give_up(connection, asker.task_id, asker.run_id):
        await _note(connection, asker, "backup.failed", each, {"error": "ended without a word"})
    is_new = await store.begin(
        connection,
        asker.run_id,
        asker.task_id,
        source=question.source,
        method=question.method,
        storage=question.storage,
        location=question.location,
    )
    if is_new:
        after = {"source": question.source, "location": question.location}
        await _note(connection, asker, "backup.begun", asker.run_id, after)
    return Nothing()


async def end(connection: Connection, question: EndBackup, asker: Asker) -> Nothing:
    """Note how it ended, and say so."""
    if question.error is not None:
        if await store.failed(connection, asker.run_id, question.error):
            told = {"error": question.error}
            await _note(connection, asker, "backup.failed", asker.run_id, told)
            data = {"backup_id": str(asker.run_id), "task_id": str(asker.task_id), **told}
            await _say(connection, asker, "backup.failed", data, f"{asker.run_id}:{asker.attempt}")
        return Nothing()
    is_news = await store.stored(
        connection,
        asker.run_id,
        location=question.location,
        size=question.size,
        sha256=question.sha256,
        key_id=question.key_id,
        manifest=question.manifest,
    )
    if is_news:
        after: dict[str, Any] = {"location": question.location, "size": question.size}
        await _note(connection, asker, "backup.stored", asker.run_id, after)
    return Nothing()


async def verify(connection: Connection, question: VerifyBackup, asker: Asker) -> Nothing:
    """Note what a verification found, and say so."""
    row = await store.verified(
        connection,
        question.backup_id,
        level=question.level,
        at=question.at,
        error=question.error,
    )
    if row is None:
        if await store.get(connection, question.backup_id) is None:
            raise NotFound("backup", str(question.backup_id))
        return Nothing()
    verb = "backup.verified" if question.error is None else "backup.verify_failed"
    after = {"level": question.level, "error": question.error}
    await _note(connection, asker, verb, row.id, after)
    data = {
        "backup_id": str(row.id),
        "task_id": str(row.task_id),
        "source": row.source,
        "location": row.location,
        "size": row.size,
        **after,
    }
    await _say(connection, asker, verb, data, f"{row.id}:{question.at.isoformat()}")
    return Nothing()


async def prune(connection: Connection, question: PruneBackups, asker: Asker) -> Nothing:
    """Note that files are gone."""
    for each in await store.pruned(connection, question.backup_ids):
        await _note(connection, asker, "backup.pruned", each, None)
    return Nothing()


async def list_known(connection: Connection, question: ListBackups, _: Asker) -> KnownBackups:
    """Return backups of one source, newest first."""
    rows = await store.page(
        connection,
        task_id=None,
        states=question.states or None,
        source=question.source,
        storage=None,
        before=_NEWEST,
        limit=question.limit,
    )
    return KnownBackups(
        backups=[KnownBackup.model_validate(row, from_attributes=True) for row in rows]
    )


async def _note(
    connection: Connection, asker: Asker, verb: str, backup: UUID, after: dict[str, Any] | None
) -> None:
    await note(connection, Actor.of(asker), verb, "backup", str(backup), after=after)


async def _say(
    connection: Connection, asker: Asker, kind: str, data: dict[str, Any], key: str
) -> None:
    await say_event(connection, kind, data, key=key, causes=[asker.task_id])


COMMANDS = (
    command(BeginBackup, begin),
    command(EndBackup, end),
    command(VerifyBackup, verify),
    command(PruneBackups, prune),
    command(ListBackups, list_known),
)
