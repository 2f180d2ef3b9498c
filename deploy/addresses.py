"""Where the servers are: from the environment, else from the system that runs in this home."""

from __future__ import annotations

import os
from pathlib import Path

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
