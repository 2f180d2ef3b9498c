"""Our database on a server that somebody else manages: its owner may create roles and no more."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from deploy.database import desk, passwords
from deploy.local.database import as_user
from deploy.local.postgres import Postgres
from shared.db.grants.matrix import OWNER, ROLES, rolname
from shared.db.migrate import migrate
from shared.settings import DatabaseAddress
from tests.support import servers

DATABASE = "managed"


@dataclass(frozen=True, slots=True)
class Installed:
    """The database, as whoever asks."""

    server: Postgres
    log: Path
    """What the server has said."""
    keys: Path
    database: str = DATABASE

    @classmethod
    async def make(
        cls, server: Postgres, log: Path, keys: Path, *, database: str = DATABASE
    ) -> Installed:
        """Let the owner install it."""
        made = cls(server, log, keys, database)
        passwords.make_missing(keys, [*ROLES, "owner"])
        await servers.admin(server, f"CREATE ROLE {OWNER} LOGIN CREATEROLE")
        await servers.admin(
            server, f"DROP DATABASE IF EXISTS {database}"
        )  # an empty one of its own
        await servers.admin(server, f"CREATE DATABASE {database} OWNER {OWNER}")
        await made.set_passwords()
        return made

    async def set_passwords(self) -> None:
        """Let the server know what the files say, and migrate what there is to migrate."""
        verifier = passwords.verifier(passwords.read(self.file("owner")))
        await servers.admin(self.server, f"ALTER ROLE {OWNER} PASSWORD '{verifier}'")
        await migrate(self.owner)
        await desk.set_roles(self.owner, self.keys)

    @property
    def url(self) -> str:
        """As the superuser of the server."""
        return self.server.dsn(self.database)

    @property
    def owner(self) -> DatabaseAddress:
        """As the owner."""
        return DatabaseAddress(as_user(self.url, OWNER), self.file("owner"))

    def file(self, role: str) -> Path:
        """Return where a password is."""
        return passwords.file_of(self.keys, role)

    def of(self, role: str) -> DatabaseAddress:
        """As a service."""
        return DatabaseAddress(as_user(self.url, rolname(role)), self.file(role))

    def change_file(self, role: str) -> str:
        """Write another password into a role's file; return it."""
        password = secrets.token_urlsafe(24)
        self.file(role).write_text(f"{password}\n")
        return password
