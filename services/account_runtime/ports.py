"""A port that is free right now."""

from __future__ import annotations

import socket

from services.account_runtime.probes import LOOPBACK


def free_port() -> int:
    """Return a port that nobody listens on.

    Somebody may take it before the program does; then the program ends, and gets another one.
    """
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
