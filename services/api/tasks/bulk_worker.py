"""Does what `bulk.py` stored: a batch of tasks per transaction, whoever's API it is.

A batch and what came of it are committed together, so a crash or a restart loses nothing and does
nothing twice: whoever comes next goes on with what waits. Whoever asked for it stands in the audit
list for each task.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta

from services.api.runs.ask import NewRun, add_new_runs
from services.api.runs.bulk import MANUAL
from services.api.store import task_bulks as store
from services.api.store import tasks
from services.api.store.audit import Actor, Deed, note_many
from services.api.store.database import Database, Unavailable
from services.api.store.task_bulks import BulkRow, ItemRow
from services.api.tasks import changes
from services.api.tasks.definition import Catalog, ConfigTooLarge
from services.api.wire.problems import Refused
from shared.db.pool import Connection
from shared.domain.errors import AutomationError, Conflict, InvalidDefinition, NotFound, Problem
from shared.domain.occurrence import run_id_for

#: Few enough that a transaction takes a fraction of a second, also on a slow disk.
BATCH = 20
RUNS_BATCH = 500
REST = timedelta(seconds=0.5)

_NOW = timedelta(0)


class BulkWorker:
    """One step: a batch of the oldest change that has something left."""

    def __init__(
        self, database: Database, catalog: Catalog, wake_relay: Callable[[], None]
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._wake_relay = wake_relay
        self._share = 1.0
        """Of a full batch: less while the database is slow, or no batch would ever be done."""

    async def step(self) -> timedelta:
        """Do one batch; straight on if there is more."""
        try:
            rest = await self._batch()
        except Unavailable:
            self._share = max(self._share / 2, 1 / RUNS_BATCH)
            raise
        self._share = min(self._share * 2, 1.0)
        return rest

    async def _batch(self) -> timedelta:
        async with self._database.transaction() as connection:
            bulk = await store.claim(connection)
            if bulk is None:
                return REST
            full = RUNS_BATCH if bulk.action == "run" else BATCH
            limit = max(int(full * self._share), 1)
            items = await store.waiting(connection, bulk.id, limit)
            if bulk.cancelled_at is not None or not items:
                await store.finish(connection, bulk.id)
                return _NOW
            settled = await self._do(connection, bulk, items)
            await store.settle(connection, bulk.id, settled)
        self._wake_relay()
        return _NOW

    async def _do(
        self, connection: Connection, bulk: BulkRow, items: Sequence[ItemRow]
    ) -> list[ItemRow]:
        if bulk.action == "run":
            return await _run(connection, bulk, items)
        return [await self._change(connection, bulk, item) for item in items]

    async def _change(self, connection: Connection, bulk: BulkRow, item: ItemRow) -> ItemRow:
        """Change one task, or tell why not; then nothing of it stays."""
        try:
            async with connection.transaction():
                return await self._changed(connection, bulk, item)
        except (AutomationError, ConfigTooLarge) as error:
            return item._replace(state="failed", problem=_spelled(_problem(error)))

    async def _changed(self, connection: Connection, bulk: BulkRow, item: ItemRow) -> ItemRow:
        if item.version is not None:
            row = await changes.locked(connection, item.task_id, None)
            if row.version != item.version:
                raise Conflict("task_bulk.changed_since")
        if bulk.action == "delete":
            await changes.remove(connection, item.task_id, if_match=None, actor=_actor(bulk))
            return item._replace(state="done")
        changed = await changes.change(
            connection,
            self._catalog,
            item.task_id,
            {"enabled": bulk.action == "enable"},
            if_match=None,
            actor=_actor(bulk),
        )
        if changed.before is changed.after or changed.after is None:
            return item._replace(state="unchanged")
        return item._replace(state="done", version=changed.after.version)


async def _run(connection: Connection, bulk: BulkRow, items: Sequence[ItemRow]) -> list[ItemRow]:
    versions = await tasks.versions(connection, [item.task_id for item in items])
    runs = {
        item.place: NewRun(
            # The same however often this is tried: nobody runs twice.
            run_id=run_id_for(str(item.task_id), MANUAL, f"bulk:{bulk.id}"),
            task_id=item.task_id,
        )
        for item in items
        if item.task_id in versions
    }
    await add_new_runs(connection, list(runs.values()), versions, requested_by=bulk.actor)
    deeds = [Deed(str(run.task_id), {"run_id": str(run.run_id)}) for run in runs.values()]
    await note_many(connection, _actor(bulk), "run.requested", "task", deeds)
    gone = _spelled(Problem("", "task.not_found"))
    return [
        item._replace(state="done", run_id=runs[item.place].run_id)
        if item.place in runs
        else item._replace(state="failed", problem=gone)
        for item in items
    ]


def _actor(bulk: BulkRow) -> Actor:
    return Actor(
        bulk.actor,
        token_id=bulk.token_id,
        user_id=bulk.user_id,
        ip=bulk.ip,
        request_id=bulk.request_id,
    )


def _problem(error: Exception) -> Problem:
    match error:
        case InvalidDefinition():
            return error.problems[0]
        case Refused():
            return error.problems[0] if error.problems else Problem("", error.code, error.params)
        case NotFound():
            return Problem("", f"{error.kind}.not_found")
        case Conflict():
            return Problem("", error.code, error.params)
        case ConfigTooLarge():
            return Problem("", "config.too_large", {"field": error.name})
        case _:
            return Problem("", "server.error")


def _spelled(problem: Problem) -> str:
    document = {"code": problem.code, "params": dict(problem.params)}
    return json.dumps(document, ensure_ascii=False, default=str)
