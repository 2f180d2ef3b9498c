"""A new key for all that is sealed: `automation secrets rotate`.

    one key ──► a new one before it ──► all sealed anew, batch by batch ──► the old one dropped
                 (the file)              (the database)                      (--drop-old)

It may be killed anywhere and begun again: as long as something is sealed with a key that is not the
first one, what was begun is gone on with. Services that have their keys from the same file notice
by themselves; where keys come from the environment, the new one has to be put there first.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from services.api.store import audit, sealed
from services.api.store.sealed import Kind, Sealed
from shared.db.pool import Connection, connected
from shared.runtime.key_file import FILE, VARIABLE, KeyFile
from shared.runtime.secret_box import NotOurs, SecretBox, fresh_key, head_of, parse_keys
from shared.settings import DatabaseAddress

BATCH = 100
#: Who did it, in the audit list.
ACTOR = audit.Actor("automation secrets rotate")


class CannotRotate(Exception):
    """It cannot be done as things stand; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """What was done."""

    key_id: str
    """The key that seals now."""
    is_new: bool
    """It was made just now."""
    resealed: int
    unopened: tuple[str, ...]
    """What no key opens: it was left as it is."""


def places() -> list[tuple[str, str, str]]:
    """Return what sealed values are bound to, with the table and column where they lie."""
    return [(kind.owner, kind.table, kind.column) for kind in sealed.KINDS]


async def rotate(database_url: DatabaseAddress | str, home: Path, variable: str = "") -> Rotated:
    """Put a new key first, unless the last rotation is not done yet; seal everything with it.

    *variable* is what AUTOMATION_SECRET_KEY says: keys that stand there are changed by people.

    Raises:
        CannotRotate: there is no key, or only one in the environment.
        WrongKey, KeyFileIsOpen, KeyFileIsBusy: the keys cannot be read, or not now.
    """
    file = None if variable else _file(home)
    with file.alone() if file else nullcontext():
        return await _rotate(database_url, file, variable)


async def _rotate(
    database_url: DatabaseAddress | str, file: KeyFile | None, variable: str
) -> Rotated:
    async with connected(database_url) as connection:
        keys = parse_keys(variable) if file is None else file.read()
        left = await sealed.count_others(connection, head_of(keys[0].id))
        is_begun = len(keys) > 1 and left > 0
        if file is None and not is_begun:
            raise CannotRotate(
                f"{VARIABLE} is set: put a new key (`automation secrets new-key`) before the old"
                " one there, apart by a comma, for all services; start them afresh; do this again"
            )
        if file is not None and not is_begun:
            keys = (fresh_key(), *keys)
            file.write(keys)
        box = SecretBox(keys)
        box.check()
        count, unopened = 0, list[str]()
        for kind in sealed.KINDS:
            count += await _reseal(connection, kind, box, unopened)
        await audit.note(
            connection,
            ACTOR,
            "secret_key.rotated",
            "secret_key",
            box.key_id,
            after={"resealed": count, "keys": list(box.key_ids)},
        )
    return Rotated(box.key_id, not is_begun, count, tuple(unopened))


async def drop_old(
    database_url: DatabaseAddress | str, home: Path, variable: str = ""
) -> tuple[str, ...]:
    """Take all keys but the first one out of the file; return their ids.

    Raises:
        CannotRotate: something is sealed with one of them, or they are not in a file.
        KeyFileIsBusy: somebody else is changing them.
    """
    if variable:
        raise CannotRotate(f"{VARIABLE} is set: take the old keys out of it there")
    file = _file(home)
    with file.alone():
        return await _drop_old(database_url, file)


async def _drop_old(database_url: DatabaseAddress | str, file: KeyFile) -> tuple[str, ...]:
    async with connected(database_url) as connection, connection.transaction():
        await sealed.keep_others_from_sealing(connection)
        first, *old = file.read()
        left = await sealed.count_others(connection, head_of(first.id))
        if left:
            raise CannotRotate(
                f"{left} values are still sealed with other keys than {first.id}:"
                " run `automation secrets rotate` first"
            )
        if not old:
            return ()
        dropped = tuple(key.id for key in old)
        await audit.note(
            connection,
            ACTOR,
            "secret_key.dropped",
            "secret_key",
            first.id,
            before={"keys": [first.id, *dropped]},
            after={"keys": [first.id]},
        )
        file.write([first])
    return dropped


async def _reseal(connection: Connection, kind: Kind, box: SecretBox, unopened: list[str]) -> int:
    """Seal all values of a kind with the first key, a transaction for each batch."""
    count, after = 0, ""
    while True:
        async with connection.transaction():
            batch = await sealed.others(
                connection, kind, head_of(box.key_id), after=after, limit=BATCH
            )
            for each in batch:
                value = _resealed(kind, each, box)
                if value is None:
                    unopened.append(f"{kind.owner}:{each.name}")
                    continue
                await sealed.replace(connection, kind, each.name, value, key_id=box.key_id)
                count += 1
        if len(batch) < BATCH:
            return count
        after = batch[-1].name


def _resealed(kind: Kind, each: Sealed, box: SecretBox) -> bytes | None:
    owner = f"{kind.owner}:{each.name}"
    try:
        return box.seal(box.open(each.value, owner=owner), owner=owner)
    except NotOurs:
        return None


def _file(home: Path) -> KeyFile:
    if not (home / FILE).exists():
        raise CannotRotate(f"there is no {home / FILE}, and {VARIABLE} is not set")
    return KeyFile(home / FILE)
