"""Creating, changing and deleting a task: what happens in the one transaction that does it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

from services.api.bus.announce import announce
from services.api.secrets.naming import NAME, secrets_of_task
from services.api.store import calendars, channels, impact, secrets
from services.api.store import tasks as store
from services.api.store.audit import Actor, note
from services.api.store.database import Database
from services.api.tasks.audited import audited
from services.api.tasks.definition import Catalog, Definition, Facts, read_change, read_new
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
    connection: Connection,
    catalog: Catalog,
    document: Mapping[str, Any],
    *,
    actor: Actor,
    template: str | None = None,
) -> Changed:
    """Store and announce the task that *document* asks for; it was made of *template*, if any.

    Raises:
        InvalidDefinition, ConfigTooLarge, Refused: it makes no sense, or is too large.
    """
    facts = await _facts(connection, catalog, document, None)
    definition = read_new(document, catalog, facts)
    row = await store.insert(connection, uuid4(), definition, created_by=actor.name)
    await _note_secrets(connection, catalog, row, is_new=True)
    await announce(
        connection,
        "created",
        row.id,
        version=row.version,
        changed_at=row.updated_at,
        definition=definition,
    )
    changed = Changed(before=None, after=row)
    more = {} if template is None else {"template": template}
    return await _noted(connection, actor, "created", changed, more)


async def change(
    connection: Connection,
    catalog: Catalog,
    task_id: UUID,
    document: Mapping[str, Any],
    *,
    if_match: str | None,
    actor: Actor,
) -> Changed:
    """Store and announce the given changes; if nothing changes, nothing is said.

    Raises:
        NotFound, InvalidDefinition, ConfigTooLarge, Refused: it cannot be done.
    """
    row = await locked(connection, task_id, if_match)
    facts = await _facts(connection, catalog, document, row)
    definition = read_change(document, row.definition, catalog, facts, task_id=task_id)
    if definition.same_as(row.definition):
        return Changed(before=row, after=row)
    after = await store.update(connection, task_id, definition)
    await _note_secrets(connection, catalog, after)
    await announce(
        connection,
        "updated",
        task_id,
        version=after.version,
        changed_at=after.updated_at,
        definition=definition,
    )
    return await _noted(connection, actor, "updated", Changed(before=row, after=after))


async def remove(
    connection: Connection, task_id: UUID, *, if_match: str | None, actor: Actor
) -> Changed:
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
    return await _noted(connection, actor, "deleted", Changed(before=row, after=None))


async def _noted(
    connection: Connection,
    actor: Actor,
    verb: str,
    changed: Changed,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Changed:
    """Write the change to the audit list, with *more* to say of it."""
    row = changed.after or changed.before
    assert row is not None  # noqa: S101 - a change has at least one side
    before, after = audited(
        changed.before.definition if changed.before else None,
        changed.after.definition if changed.after else None,
    )
    after = None if after is None else {**after, **more}
    await note(connection, actor, f"task.{verb}", "task", str(row.id), before=before, after=after)
    return changed


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
    connection: Connection,
    catalog: Catalog,
    document: Mapping[str, Any],
    row: store.TaskRow | None,
) -> Facts:
    """Return what *document*, a change of *row*, is judged by; holds on to it until the end."""
    facts = await store.facts(connection, mentioned_tasks(document), row.id if row else None)
    return replace(
        facts,
        calendars=await calendars.existing(connection, mentioned_calendars(document)),
        channels=await channels.existing(connection, mentioned_channels(document)),
        secrets=await secrets.existing(
            connection, _mentioned_secrets(document, row.definition if row else None, catalog)
        ),
    )


def _mentioned_secrets(
    document: Mapping[str, Any], current: Definition | None, catalog: Catalog
) -> set[str]:
    """Return what the task will name as secrets, as far as it can be read."""
    action, config, trigger = (
        document.get(name, getattr(current, name, None))
        for name in ("task_action", "action_config", "trigger_config")
    )
    known = catalog.get(action) if isinstance(action, str) else None
    named = secrets_of_task(known, config, trigger if isinstance(trigger, Mapping) else None)
    return {each.name for each in named if NAME.fullmatch(each.name)}


async def _note_secrets(
    connection: Connection, catalog: Catalog, row: store.TaskRow, *, is_new: bool = False
) -> None:
    """Keep the secrets that a task names from being deleted."""
    action = catalog.get(row.definition.task_action)
    if action is None:
        return  # nobody can tell what it names; it was judged when it was saved
    task = row.definition
    named = secrets_of_task(action, task.action_config, task.trigger_config)
    if named or not is_new:
        await secrets.save_uses(connection, row.id, {each.name for each in named})
