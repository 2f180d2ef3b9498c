"""Ports on this machine: choose one, keep it, and say who sits on it."""

from __future__ import annotations

import errno
import ipaddress
import random
import socket
from contextlib import suppress
from pathlib import Path

LOOPBACK = "127.0.0.1"
#: Below what Linux (32768), macOS and Windows (49152) give to clients.
CHOSEN = range(20_000, 30_000)


def free_port() -> int:
    """Choose a port that nobody listens on now, and that no client is given by the kernel.

    Else a client could get it while its server is dead, even the one that tries to reach it.

    Raises:
        OSError: none is free.
    """
    for port in random.sample(CHOSEN, len(CHOSEN)):
        if is_free(port):
            return port
    raise OSError(errno.EADDRINUSE, f"no port from {CHOSEN[0]} to {CHOSEN[-1]} is free")


def is_free(port: int, *, host: str = LOOPBACK) -> bool:
    """Try whether a server could listen here."""
    return why_not(port, host=host) is None


def why_not(port: int, *, host: str) -> OSError | None:
    """Say what keeps a server from listening here; None if nothing does."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # As servers do, so that connections in TIME_WAIT do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
        return None


def is_local(host: str) -> bool:
    """Return whether *host* listens to this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def reachable(host: str) -> str:
    """Return where to call a server on this machine that listens on *host*."""
    return {"": LOOPBACK, "0.0.0.0": LOOPBACK, "::": "::1"}.get(host, host)  # noqa: S104 - a name


def kept_port(file: Path, *, besides: int = 0) -> int:
    """Use the port of the last start again if it is free, so that noted URLs stay right.

    *besides* is free, too, as nobody listens there yet, and not to be chosen.
    """
    with suppress(FileNotFoundError, ValueError):
        port = int(file.read_text())
        if port != besides and is_free(port):
            return port
    while (port := free_port()) == besides:
        """The same one may be chosen twice."""
    file.write_text(f"{port}\n")
    return port


def holder(port: int) -> str:
    """Name the process that listens on a port, as far as we may see it."""
    import psutil  # noqa: PLC0415 - 30 ms, and needed only when something is wrong

    with suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            at = connection.laddr
            if at and at.port == port and connection.status == psutil.CONN_LISTEN:
                if connection.pid is None:
                    break
                process = psutil.Process(connection.pid)
                return f"{process.name()} (pid {connection.pid})"
    return "another process"
