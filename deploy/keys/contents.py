"""What `automation keys init` makes; the same as often as it is asked."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from deploy.keys import bus, certificates
from deploy.keys.folder import Folder
from shared.runtime.secret_box import fresh_key

#: Roles of the database that log in with a password.
DATABASE_ROLES = ("owner", "api", "scheduler", "executor", "log-writer", "notifier", "backup")
SECRET_KEY = "secret-key"  # noqa: S105 - the name of a file
_PASSWORD_BYTES = 32


def password_file(role: str) -> str:
    """Return the name of the file with the password of a role of the database."""
    return f"db-{role}.password"


def fresh_password() -> str:
    """Make a password, as it stands in a file. Letters that need no quoting anywhere."""
    return f"{secrets.token_urlsafe(_PASSWORD_BYTES)}\n"


def init(folder: Folder, more_names: Mapping[str, Sequence[str]], now: datetime) -> list[str]:
    """Make all that is missing; return the names of the files that were made or changed."""
    folder.open()
    passwords = map(password_file, DATABASE_ROLES)
    made = [name for name in passwords if folder.make(name, fresh_password())]
    if folder.make(SECRET_KEY, f"{fresh_key()}\n"):
        made.append(SECRET_KEY)
    made += certificates.make_certificates(folder, more_names, now)
    made += bus.make_seeds(folder, bus.others_in(folder).users())
    if bus.write_conf(folder):
        made.append(bus.CONF)
    return made
