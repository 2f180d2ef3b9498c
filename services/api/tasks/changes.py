"""Creating, changing and deleting a task: what happens in the one transaction that does it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from services.api.bus.announce import announce
from services.api.store import calendars, channels, impact
from services.api.store import tasks as store
from services.api.store.database import Database
from services.api.tasks.definition import Catalog, Facts, read_change, read_new
from services.api.tasks.dependencies import mentioned_tasks
from services.api.tasks.dry_run import Change, Side, plan_view
from services.api.tasks.policy import mentioned_calendars
from services.api.tasks.recipients import mentioned_channels
from services.api.tasks.views import task_view
from services.api.wire import conditional
from services.api.wire.answers import Answer, json_answer
from shared.db.pool import Connection
from shared.domain.errors import NotFound
from shared.domain.texts.catalog import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A task before and after; None where there is none."""

    before: store.TaskRow | None
    after: store.TaskRow | None


Act = Callable[[Connection], Awaitable[Changed]]


async def create(
    connection: Connection, catalog: Catalog, document: Mapping[str, Any], *, created_by: str
) -> Changed:
    """Store and announce the task that *document* asks for.

    Raises:
        InvalidDefinition, ConfigTooLarge, Refused: it makes no sense, or is too large.
    """
    definition = read_new(document, catalog, await _facts(connection, document, None))
    row = await store.insert(connection, uuid4(), definition, created_by=created_by)
    await announce(
        connection,
        "created",
        row.id,
        version=row.version,
        changed_at=row.updated_at,
        definition=definition,
    )
    return Changed(before=None, after=row)


async def change(
    connection: Connection,
    catalog: Catalog,
    task_id: UUID,
    document: Mapping[str, Any],
    *,
    if_match: str | None,
) -> Changed:
    """Store and announce the given changes; if nothing changes, nothing is said.

    Raises:
        NotFound, InvalidDefinition, ConfigTooLarge, Refused: it cannot be done.
    """
    row = await locked(connection, task_id, if_match)
    facts = await _facts(connection, document, task_id)
    definition = read_change(document, row.definition, catalog, facts, task_id=task_id)
    if definition.same_as(row.definition):
        return Changed(before=row, after=row)
    after = await store.update(connection, task_id, definition)
    await announce(
        connection,
        "updated",
        task_id,
        version=after.version,
        changed_at=after.updated_at,
        definition=definition,
    )
    return Changed(before=row, after=after)


async def remove(connection: Connection, task_id: UUID, *, if_match: str | None) -> Changed:
    """Delete a task and announce it.

    Raises:
        NotFound, Refused: it cannot be done.
    """
    row = await locked(connection, task_id, if_match)
    changed_at = await store.delete(connection, task_id)
    await announce(
        connection,
        "deleted",
        task_id,
        version=row.version + 1,
        changed_at=changed_at,
        definition=None,
    )
    return Changed(before=row, after=None)


async def rehearse(database: Database, kind: Change, act: Act, language: Language) -> Answer:
    """Carry out *act*, tell what it would do, and undo it.

    Raises:
        AutomationError: whatever *act* is refused with.
    """
    async with database.transaction(rehearsal=True) as connection:
        return await _plan(connection, kind, await act(connection), language)


async def _plan(
    connection: Connection, kind: Change, changed: Changed, language: Language
) -> Answer:
    row = changed.after or changed.before
    assert row is not None  # noqa: S101 - a change has at least one side
    touched = await impact.of_change(
        connection, row.id, row.definition.dependent_tasks, now=row.now
    )
    view = plan_view(
        kind,
        _side(changed.before),
        _side(changed.after),
        touched,
        task=task_view(changed.after, language) if changed.after else None,
        language=language,
    )
    return json_answer(view, Content_Language=language)


def _side(row: store.TaskRow | None) -> Side:
    return (
        Side(definition=row.definition, calendars=row.calendars) if row else Side(definition=None)
    )


async def locked(connection: Connection, task_id: UUID, if_match: str | None) -> store.TaskRow:
    """Return a task that nobody else can change until the transaction ends.

    Raises:
        NotFound: there is none.
        Refused: 412, it is not the version that *if_match* names.
    """
    row = await store.lock(connection, task_id)
    if row is None:
        raise NotFound("task", str(task_id))
    conditional.require_match(if_match, row.version)
    return row


async def _facts(
    connection: Connection, document: Mapping[str, Any], task_id: UUID | None
) -> Facts:
    """Return what *document* is judged by; holds on to it until the transaction ends."""
    facts = await store.facts(connection, mentioned_tasks(document), task_id)
    return replace(
        facts,
        calendars=await calendars.existing(connection, mentioned_calendars(document)),
        channels=await channels.existing(connection, mentioned_channels(document)),
    )
