"""What the database says: the things in our schemas, and what our roles and everybody may do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from shared.db.grants.matrix import BACKUP, PREFIX, PUBLIC, ROLES, SCHEMAS, Right, rolname
from shared.db.pool import Connection

#: Belongs to no service: what was migrated, for whoever migrates and for backups.
MIGRATIONS = "public.schema_migrations"

_ROLES = "SELECT rolname FROM pg_roles WHERE rolname = ANY($1::text[])"

_THINGS = """
SELECT 'TABLE' AS kind, format('%s.%s', n.nspname, c.relname) AS name, c.relkind::text AS sort,
       c.relispartition AS part
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  AND (n.nspname = ANY($1::text[]) OR format('%s.%s', n.nspname, c.relname) = $2)
UNION ALL
SELECT 'FUNCTION', format('%s.%s(%s)', n.nspname, p.proname,
                          pg_get_function_identity_arguments(p.oid)),
       CASE WHEN p.prorettype = 'trigger'::regtype THEN 't' ELSE 'f' END, false
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ANY($1::text[])
"""

# `acldefault`: what holds as long as nobody has said anything, which for functions is everybody.
_RIGHTS = """
WITH said AS (
    SELECT 'TABLE' AS kind, format('%s.%s', n.nspname, c.relname) AS name, '' AS col, a.*
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, LATERAL aclexplode(c.relacl) a
    WHERE n.nspname = ANY($1::text[]) OR format('%s.%s', n.nspname, c.relname) = $2
    UNION ALL
    SELECT 'TABLE', format('%s.%s', n.nspname, c.relname), t.attname, a.*
    FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace, LATERAL aclexplode(t.attacl) a
    WHERE n.nspname = ANY($1::text[]) AND NOT t.attisdropped
    UNION ALL
    SELECT 'FUNCTION', format('%s.%s(%s)', n.nspname, p.proname,
                              pg_get_function_identity_arguments(p.oid)), '', a.*
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace,
         LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    WHERE n.nspname = ANY($1::text[])
    UNION ALL
    SELECT 'SCHEMA', n.nspname, '', a.*
    FROM pg_namespace n, LATERAL aclexplode(n.nspacl) a WHERE n.nspname = ANY($1::text[])
)
SELECT kind, name, col, privilege_type AS privilege, coalesce(r.rolname, $4) AS role
FROM said LEFT JOIN pg_roles r ON r.oid = said.grantee
WHERE said.grantee = 0 OR r.rolname = ANY($3::text[])
"""

# Backups must reach what is made later, such as the days of a table: by its owner's defaults.
_DEFAULTS = """
SELECT n.nspname FROM pg_default_acl d JOIN pg_namespace n ON n.oid = d.defaclnamespace,
     LATERAL aclexplode(d.defaclacl) a JOIN pg_roles r ON r.oid = a.grantee
WHERE d.defaclrole = (SELECT oid FROM pg_roles WHERE rolname = current_user)
  AND d.defaclobjtype = ANY('{r,S}'::"char"[]) AND r.rolname = $1
GROUP BY n.nspname HAVING count(DISTINCT d.defaclobjtype) = 2
"""

_TABLES, _VIEWS, _SEQUENCE, _OF_A_TRIGGER = "rpf", "vm", "S", "t"


@dataclass(frozen=True, slots=True)
class Thing:
    """A table, view, sequence or function in one of our schemas."""

    kind: str
    name: str
    sort: str
    is_part: bool
    """Of a table that is parted; nobody but backups is to reach it by itself."""

    @property
    def is_table(self) -> bool:
        """A table that needs a line in the statement."""
        return self.kind == "TABLE" and self.sort in _TABLES and not self.is_part

    @property
    def is_view(self) -> bool:
        """A view."""
        return self.kind == "TABLE" and self.sort in _VIEWS

    @property
    def is_sequence(self) -> bool:
        """What numbers the rows of a table; only backups look at it."""
        return self.sort == _SEQUENCE

    @property
    def is_called(self) -> bool:
        """A function that somebody calls; those of triggers are called by nobody."""
        return self.kind == "FUNCTION" and self.sort != _OF_A_TRIGGER


@dataclass(frozen=True, slots=True)
class Live:
    """The database as it is."""

    roles: frozenset[str]
    """Those of ours that there are, without the prefix."""
    things: tuple[Thing, ...]
    rights: frozenset[Right]
    defaults: frozenset[str]
    """Schemas whose later tables backups will reach."""


async def look(connection: Connection) -> Live:
    """Read all of it."""
    schemas = list(SCHEMAS)
    known = {row["rolname"] for row in await connection.fetch(_ROLES, _names(ROLES))}
    things = await connection.fetch(_THINGS, schemas, MIGRATIONS)
    rights = await connection.fetch(_RIGHTS, schemas, MIGRATIONS, list(known), PUBLIC)
    defaults = await connection.fetch(_DEFAULTS, rolname(BACKUP))
    return Live(
        roles=frozenset(name.removeprefix(PREFIX) for name in known),
        things=tuple(Thing(row["kind"], row["name"], row["sort"], row["part"]) for row in things),
        rights=frozenset(
            Right(
                row["role"].removeprefix(PREFIX),
                row["privilege"],
                row["kind"],
                row["name"],
                row["col"],
            )
            for row in rights
        ),
        defaults=frozenset(row["nspname"] for row in defaults) & frozenset(schemas),
    )


def _names(roles: Collection[str]) -> list[str]:
    return [rolname(role) for role in roles]
