"""Where the servers are: from the environment, else from the system that runs in this home."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.settings import DatabaseAddress

HOME = Path(".local")


class NoAddress(Exception):
    """Nobody tells where it is."""


def home() -> Path:
    """Return the folder of the local system."""
    return Path(os.environ.get("AUTOMATION_HOME") or HOME)


def address(variable: str, field: str) -> str:
    """Return what *variable* says, else what `automation up` has noted as *field*.

    Raises:
        NoAddress: neither tells.
    """
    if given := os.environ.get(variable):
        return given
    from deploy.local.control import running  # noqa: PLC0415 - heavy

    state = running(home())
    if state is None:
        raise NoAddress(f"{variable} is not set, and nothing runs in {home()}")
    return str(getattr(state, field))


def database() -> DatabaseAddress:
    """Return where the database is, and the file with the password, if one is named.

    Raises:
        NoAddress: nobody tells.
    """
    from shared.settings import DatabaseAddress  # noqa: PLC0415 - heavy

    url = address("AUTOMATION_DATABASE_URL", "database_url")
    file = os.environ.get("AUTOMATION_DATABASE_PASSWORD_FILE")
    if file and os.environ.get("AUTOMATION_DATABASE_URL"):
        return DatabaseAddress(url, Path(file))
    return DatabaseAddress(url)  # of what runs in this home the address has the password
