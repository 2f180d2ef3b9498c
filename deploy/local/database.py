"""As whom this system comes to the database: each service as itself, whoever runs it as the owner.

On our own server every service has a role and a password (`postgres/roles`, made once). On a given
one they come as the given user, unless a folder of passwords says that it has our roles, too:
`AUTOMATION_DATABASE_PASSWORDS`, and the given user is the owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from deploy.local.home import Home
from deploy.local.postgres import Postgres
from deploy.local.settings import LocalSettings
from shared.settings import DatabaseAddress

#: Those that have a database role. All others are told of no database.
WITH_ROLE = frozenset({"api", "scheduler", "executor", "log-writer", "notifier"})
#: Whose actions back the database up, and come for that as somebody who may read all of it.
BACKS_UP = "executor"

_URL, _FILE = "AUTOMATION_DATABASE_URL", "AUTOMATION_DATABASE_PASSWORD_FILE"
_BACKUP_URL = "AUTOMATION_BACKUP_DATABASE_URL"
_BACKUP_FILE = "AUTOMATION_BACKUP_DATABASE_PASSWORD_FILE"


class Database:
    """Our own PostgreSQL or a given one."""

    def __init__(self, settings: LocalSettings, home: Home) -> None:
        self._given = settings.database_url
        self._given_file = settings.database_password_file if self._given else None
        self.postgres = None if self._given else Postgres(home.postgres)
        self._passwords = settings.database_passwords if self._given else home.postgres / "roles"

    @property
    def url(self) -> str:
        """The given server, or ours once it is prepared; as the owner."""
        return self.postgres.dsn() if self.postgres else str(self._given)

    @property
    def address(self) -> DatabaseAddress:
        """The same with its password."""
        return DatabaseAddress(self.url, self._given_file)

    def environment(self, service: str) -> Mapping[str, str]:
        """Return what a service is told of the database."""
        if service not in WITH_ROLE:
            return {_URL: "", _FILE: ""}
        if self._passwords is None:
            return {_URL: self.url, _FILE: str(self._given_file or "")}
        told = self._as_role(service, self._passwords, _URL, _FILE)
        if service == BACKS_UP:
            told |= self._as_role("backup", self._passwords, _BACKUP_URL, _BACKUP_FILE)
        return told

    async def prepare(self) -> None:
        """Bring the schema up to date, and let the services in."""
        from shared.db.migrate import migrate  # noqa: PLC0415 - loads asyncpg

        await migrate(self.address)
        if self._passwords is None:
            return
        from deploy.database import desk, passwords  # noqa: PLC0415 - loads asyncpg

        if self.postgres:
            passwords.make_missing(self._passwords)
        await desk.set_roles(self.address, self._passwords, drills=self.postgres is not None)

    def _as_role(self, role: str, passwords: Path, url: str, file: str) -> dict[str, str]:
        user = f"automation_{role.replace('-', '_')}"
        return {url: as_user(self.url, user), file: str(passwords / f"db-{role}.password")}


def as_user(url: str, user: str) -> str:
    """Return the same server for another user, whose password is elsewhere."""
    parts = urlsplit(url)
    hosts = parts.netloc.rpartition("@")[2]
    query = f"?{parts.query}" if parts.query else ""
    # By hand: `geturl` makes `postgresql:/d` of an address without a host.
    return f"{parts.scheme}://{user}@{hosts}{parts.path}{query}"
