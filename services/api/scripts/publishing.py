"""Which version is to be published, and what is to become of one account. Pure, but for reading."""

from __future__ import annotations

import re
from uuid import UUID

from services.api.scripts.definition import judged_text
from services.api.store import scripts as store
from services.api.store.publication_targets import Held
from services.api.store.publications import Publication
from services.api.store.scripts import PointerRow, ScriptRow, VersionRow
from shared.contracts.scripts_commands import LATEST_APPROVED, Did, PrepareScript
from shared.db.pool import Connection
from shared.domain.errors import Conflict, NotFound

_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


async def resolve(
    connection: Connection, script: ScriptRow, pointer: PointerRow | None, asked: PrepareScript
) -> VersionRow:
    """Return the version that is meant; it is approved and makes sense still.

    What was published before was looked at then: a rollback asks for nothing more.

    Raises:
        NotFound, Conflict, InvalidDefinition: no such version, or not to be published.
    """
    if script.status == "disabled":
        raise Conflict("script.disabled")
    if asked.rollback:
        if pointer is None or pointer.previous is None:
            raise Conflict("script.no_previous")
        return _there(
            await store.version_named(connection, script.script_id, pointer.previous),
            pointer.previous,
        )
    if asked.version == LATEST_APPROVED:
        version = await store.version_named(connection, script.script_id, None)
        if version is None:
            raise Conflict("script.none_approved")
    elif _NUMBER.fullmatch(asked.version):
        number = int(asked.version)
        version = _there(await store.version(connection, script.script_id, number), asked.version)
    else:
        version = _there(
            await store.version_named(connection, script.script_id, asked.version), asked.version
        )
    if version.approved_at is None:
        raise Conflict("script.not_approved", version=version.number)
    judged_text(version.yaml_content)
    return version


def new_publication(
    run_id: UUID, asked: PrepareScript, version: VersionRow, pointer: PointerRow | None
) -> Publication:
    """Return the publication of a version in place of what is published now."""
    return Publication(
        run_id=run_id,
        script_id=asked.script_id,
        environment=asked.environment,
        number=version.number,
        version=version.version,
        from_version=pointer.version if pointer else None,
        revision=pointer.revision if pointer else 0,
        rollback=asked.rollback,
        state="running",
        reason=None,
    )


def fate_of(held: Held, publication: Publication, *, back: bool) -> Did:
    """Return what is to be done with an account: compare and set.

    Somebody else's version, or another script, is left alone.
    """
    if held.script_id != publication.script_id:
        return "superseded"
    start, goal = held.found, publication.version
    if back:
        start, goal = publication.version, held.found  # type: ignore[assignment]  # either may be none
    if held.script_version == goal:
        return "noop"
    return "assigned" if held.script_version == start else "superseded"


def _there(version: VersionRow | None, name: str) -> VersionRow:
    if version is None:
        raise NotFound("script_version", name[:64])
    return version
