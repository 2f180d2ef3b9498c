"""What belongs to the server and to the database as such, and is in no dump: log-ins, their limits.

    LOGIN with a password       stored as a verifier that was made here: the server never hears it
    time limits                 of each role in this database, the same that a service asks for
    CONNECT, TEMP, `public`     for our roles, and no longer for everybody

Done once for a database, and again whenever a password changes: that is the rotation. Connections
that are open go on; new ones need the new password.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

from shared.db.grants.matrix import BACKUP, OWNER, PREFIX, PUBLIC, ROLES, rolname
from shared.db.pool import Connection

#: What a service's session may do to others when its process freezes; as `open_pool` says. Here for
#: whoever comes another way: psql, and a pooler in transaction mode, which takes no such words.
LIMITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "statement_timeout": "15s",
        "lock_timeout": "3s",
        "idle_in_transaction_session_timeout": "2s",
    }
)
#: A dump takes as long as it takes, and waits for nobody's schema change for ever.
BACKUP_LIMITS: Final[Mapping[str, str]] = MappingProxyType({"lock_timeout": "1min"})

_WRONG = """
SELECT rolname, array_remove(ARRAY[
    CASE WHEN NOT rolcanlogin THEN 'cannot log in' END,
    CASE WHEN rolsuper THEN 'is a superuser' END,
    CASE WHEN rolcreaterole THEN 'may create roles' END,
    CASE WHEN rolcreatedb AND rolname <> $2 THEN 'may create databases' END,
    CASE WHEN rolreplication THEN 'may replicate' END,
    CASE WHEN rolbypassrls THEN 'bypasses row security' END,
    CASE WHEN EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid)
         THEN 'is a member of another role' END,
    CASE WHEN EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                      WHERE c.relowner = r.oid AND n.nspname !~ '^pg_')
         THEN 'owns tables' END], NULL) AS wrong
FROM pg_roles r WHERE rolname = ANY($1::text[])
"""
_LIMITS_OF = """
SELECT r.rolname, s.setconfig FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_OPEN = """
SELECT 'everybody may ' || lower(a.privilege_type) AS what
FROM pg_database d, LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
WHERE d.datname = current_database() AND a.grantee = 0
UNION ALL
SELECT 'everybody may create in schema public'
FROM pg_namespace n, LATERAL aclexplode(n.nspacl) a
WHERE n.nspname = 'public' AND a.grantee = 0 AND a.privilege_type = 'CREATE'
"""


class Login(NamedTuple):
    """A role that is to log in, and what the server keeps of its password."""

    role: str
    """Without the prefix."""
    verifier: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Something about a role or the database that is not as it should be."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}\t{self.what}"


def limits_of(role: str) -> Mapping[str, str]:
    """Return the time limits of a role."""
    return BACKUP_LIMITS if role == BACKUP else LIMITS


async def set_logins(
    connection: Connection, logins: list[Login], *, owner: str | None = None, drills: bool = False
) -> None:
    """Let roles log in, with their limits, and close the database to everybody else.

    *owner*: the verifier of the one who asks, to change that password, too. *drills*: backups may
    make the databases in which they are restored for a trial.
    """
    database = await connection.fetchval("SELECT quote_ident(current_database())")
    statements = [
        f"ALTER ROLE {rolname(each.role)} LOGIN PASSWORD '{each.verifier}'" for each in logins
    ]
    for role in (each.role for each in logins):
        statements += [
            f"ALTER ROLE {rolname(role)} IN DATABASE {database} SET {name} = '{value}'"
            for name, value in limits_of(role).items()
        ]
        statements.append(f"GRANT CONNECT ON DATABASE {database} TO {rolname(role)}")
        if role == BACKUP:
            statements.append(f"GRANT USAGE ON SCHEMA public TO {rolname(role)}")
            if drills:
                statements.append(f"ALTER ROLE {rolname(role)} CREATEDB")
    statements += [
        f"REVOKE CONNECT, TEMPORARY ON DATABASE {database} FROM {PUBLIC}",
        f"REVOKE CREATE ON SCHEMA public FROM {PUBLIC}",
    ]
    if owner:
        statements.append(f"ALTER ROLE {OWNER} PASSWORD '{owner}'")
    async with connection.transaction():
        await connection.execute(";\n".join(statements))


async def comes_as_owner(connection: Connection) -> bool:
    """Say whether we are connected as the owner whose name we have chosen."""
    who: str = await connection.fetchval("SELECT current_user")
    return who == OWNER


async def faults(connection: Connection) -> list[Fault]:
    """Return what is wrong with the roles and with the database as such."""
    rows = await connection.fetch(_WRONG, [rolname(role) for role in ROLES], rolname(BACKUP))
    wrong = {row["rolname"]: row["wrong"] for row in rows}
    found = [Fault(rolname(role), "is missing") for role in ROLES if rolname(role) not in wrong]
    found += [Fault(name, what) for name in sorted(wrong) for what in wrong[name]]
    limits = {row["rolname"]: set(row["setconfig"]) for row in await connection.fetch(_LIMITS_OF)}
    found += [
        Fault(name, f"has no {setting} = {value} in this database")
        for name in sorted(wrong)
        for setting, value in limits_of(name.removeprefix(PREFIX)).items()
        if f"{setting}={value}" not in limits.get(name, ())
    ]
    found += [Fault("database", row["what"]) for row in await connection.fetch(_OPEN)]
    return found
