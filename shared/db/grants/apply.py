"""Makes the database as the statement says; tells what differs.

Whoever migrates does it, after the files. Rights that nobody stated are taken back: what somebody
granted by hand on a bad day does not stay for ever.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import asyncpg

from shared.db.grants import live, matrix
from shared.db.grants.live import Live, Thing
from shared.db.grants.matrix import BACKUP, ROLES, SCHEMAS, Right, rolname
from shared.db.pool import Connection

log = logging.getLogger(__name__)

#: To take a right on a table back takes those on its columns along; these come with the next round.
ROUNDS: Final = 2


@dataclass(frozen=True, slots=True)
class Drift:
    """What is not as it is stated."""

    missing: frozenset[Right]
    unstated: frozenset[Right]
    tables: tuple[str, ...]
    """Tables, views and functions of which the statement says nothing."""
    defaults: frozenset[str]
    """Schemas whose later tables backups would not reach."""

    def __bool__(self) -> bool:
        return bool(self.missing or self.unstated or self.tables or self.defaults)


async def make_roles(connection: Connection) -> frozenset[str]:
    """Create those roles that are missing; return those that are there now.

    They belong to the whole server: others that migrate a database of theirs may do the same in the
    same moment. A user who may create none goes on without: then the services come as that user.
    """
    present = (await live.look(connection)).roles
    for role in (role for role in ROLES if role not in present):
        try:
            await connection.execute(f"CREATE ROLE {rolname(role)} NOLOGIN")
        except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
            pass
        except asyncpg.InsufficientPrivilegeError:
            log.warning("this user may not create roles: services cannot have one each")
            break
    return (await live.look(connection)).roles


async def apply(connection: Connection) -> None:
    """Grant what is missing and take back what is not stated, for the roles that there are."""
    for _ in range(ROUNDS):
        found = await live.look(connection)
        drift = compare(found)
        statements = [
            *_statements("REVOKE", "FROM", drift.unstated),
            *_statements("GRANT", "TO", drift.missing),
            *(text for schema in sorted(drift.defaults) for text in _defaults(schema)),
        ]
        if not statements:
            return
        async with connection.transaction():
            await connection.execute(";\n".join(statements))


async def check(connection: Connection) -> Drift:
    """Say what differs."""
    return compare(await live.look(connection))


def compare(found: Live) -> Drift:
    """Return what differs between the statement and what was found; of roles that there are."""
    stated = {right for right in statement(found.things) if right.role in found.roles}
    return Drift(
        missing=frozenset(stated - found.rights),
        unstated=frozenset(found.rights - stated),
        tables=tuple(sorted(each.name for each in found.things if not _is_stated(each))),
        defaults=frozenset(SCHEMAS) - found.defaults if BACKUP in found.roles else frozenset(),
    )


def statement(things: Iterable[Thing]) -> set[Right]:
    """Return who may do what with *things*."""
    tables, functions = matrix.stated_tables(), matrix.stated_functions()
    stated: set[Right] = set()
    for thing in things:
        if thing.kind == "FUNCTION":
            role = functions.get(thing.name.partition("(")[0])
            if role is not None:
                stated.add(Right(role, "EXECUTE", "FUNCTION", thing.name))
            continue
        stated.add(Right(BACKUP, "SELECT", "TABLE", thing.name))
        if thing.is_part or thing.is_sequence:
            continue
        stated |= tables.get(thing.name, frozenset())
        if thing.is_view and (reader := matrix.reader_of(thing.name)):
            stated.add(Right(reader, "SELECT", "TABLE", thing.name))
    # Whoever has something in a schema may look into it.
    return stated | {
        Right(right.role, "USAGE", "SCHEMA", schema)
        for right in stated
        if (schema := right.name.partition(".")[0]) in SCHEMAS
    }


def _is_stated(thing: Thing) -> bool:
    """Say whether somebody has thought about who may do what with it."""
    if thing.name == live.MIGRATIONS or thing.is_part or thing.is_sequence:
        return True
    if thing.kind == "FUNCTION":
        return not thing.is_called or thing.name.partition("(")[0] in matrix.stated_functions()
    return thing.name in matrix.stated_tables() or (
        thing.is_view and matrix.reader_of(thing.name) is not None
    )


def _statements(verb: str, preposition: str, rights: Iterable[Right]) -> list[str]:
    """Return one statement for each role and thing."""
    together: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for right in sorted(rights):
        words = f"{right.privilege} ({right.column})" if right.column else right.privilege
        together[right.role, right.kind, right.name].append(words)
    return [
        f"{verb} {', '.join(words)} ON {kind} {name} {preposition} {rolname(role)}"
        for (role, kind, name), words in together.items()
    ]


def _defaults(schema: str) -> list[str]:
    return [
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON {what} TO {rolname(BACKUP)}"
        for what in ("TABLES", "SEQUENCES")
    ]
