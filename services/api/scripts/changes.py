"""Creating, changing, judging and deleting a script: what its one transaction does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.api.scripts.definition import DRAFT, Verb, read_change, read_new, status_after
from services.api.scripts.views import audited
from services.api.store import audit
from services.api.store import scripts as store
from services.api.store.audit import Actor
from services.api.store.scripts import ScriptRow
from services.api.wire.conditional import require_match
from shared.db.pool import Connection
from shared.domain.errors import Conflict, NotFound
from shared.domain.script_text import version_of

KIND = "script"

_DONE: Mapping[Verb, str] = {
    "submit": "script.submitted",
    "approve": "script.approved",
    "reject": "script.rejected",
    "disable": "script.disabled",
}


async def create(connection: Connection, document: Mapping[str, Any], actor: Actor) -> ScriptRow:
    """Store the script that *document* asks for.

    Raises:
        InvalidDefinition: it makes no sense.
        Conflict: there is one with this id.
    """
    wished = read_new(document)
    if not await store.insert(
        connection,
        wished.script_id,
        name=wished.name,
        description=wished.description,
        created_by=actor.name,
    ):
        raise Conflict("script.exists")
    await store.add_version(
        connection,
        wished.script_id,
        1,
        version=version_of(wished.yaml_content),
        yaml_content=wished.yaml_content,
        change_summary=wished.change_summary,
        parent=None,
        created_by=actor.name,
    )
    row = await _there(connection, wished.script_id)
    await audit.note(connection, actor, "script.created", KIND, row.script_id, after=audited(row))
    return row


async def change(
    connection: Connection,
    script_id: str,
    document: Mapping[str, Any],
    actor: Actor,
    *,
    if_match: str | None,
) -> ScriptRow:
    """Change the given fields; another text makes a new version, which is a draft again.

    Raises:
        NotFound, InvalidDefinition: there is none; it would make no sense.
        Refused: it is not the version that If-Match names.
    """
    before = await _there(connection, script_id, lock=True)
    require_match(if_match, before.row_version, kind=KIND)
    wished = read_change(document, before)
    version = version_of(wished.yaml_content)
    is_new = version != before.version
    same = (before.name, before.description) == (wished.name, wished.description)
    if same and not is_new:
        return before
    number = before.number + 1 if is_new else before.number
    await store.write(
        connection,
        script_id,
        name=wished.name,
        description=wished.description,
        status=DRAFT if is_new else before.status,
        number=number,
    )
    if is_new:
        await store.add_version(
            connection,
            script_id,
            number,
            version=version,
            yaml_content=wished.yaml_content,
            change_summary=wished.change_summary,
            parent=before.number,
            created_by=actor.name,
        )
    return await _noted(connection, actor, "script.updated", before)


async def decide(
    connection: Connection,
    script_id: str,
    verb: Verb,
    comment: str | None,
    actor: Actor,
    *,
    if_match: str | None,
) -> ScriptRow:
    """Move a script on, or back.

    Raises:
        NotFound, Conflict: there is none; it stands otherwise.
        Refused: it is not the version that If-Match names.
    """
    before = await _there(connection, script_id, lock=True)
    require_match(if_match, before.row_version, kind=KIND)
    await store.set_status(connection, script_id, status_after(verb, before.status))
    if verb == "approve":
        await store.approve(connection, script_id, before.number, actor.name)
    return await _noted(connection, actor, _DONE[verb], before, comment=comment)


async def remove(
    connection: Connection, script_id: str, actor: Actor, *, if_match: str | None
) -> None:
    """Delete a script that no account has, and what is published of it.

    Raises:
        NotFound, Conflict: there is none; it is in use.
        Refused: it is not the version that If-Match names.
    """
    before = await _there(connection, script_id, lock=True)
    require_match(if_match, before.row_version, kind=KIND)
    if users := await store.users(connection, script_id):
        raise Conflict("script.in_use", users=", ".join(users))
    await store.delete(connection, script_id)
    await audit.note(connection, actor, "script.deleted", KIND, script_id, before=audited(before))


async def _there(connection: Connection, script_id: str, *, lock: bool = False) -> ScriptRow:
    row = await store.get(connection, script_id, lock=lock)
    if row is None:
        raise NotFound(KIND, script_id)
    return row


async def _noted(
    connection: Connection,
    actor: Actor,
    verb: str,
    before: ScriptRow,
    *,
    comment: str | None = None,
) -> ScriptRow:
    after = await _there(connection, before.script_id)
    said = {} if comment is None else {"comment": comment}
    await audit.note(
        connection,
        actor,
        verb,
        KIND,
        before.script_id,
        before=audited(before),
        after=audited(after) | said,
    )
    return after
