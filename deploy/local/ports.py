"""Ports on this machine: choose one, keep it, and say who sits on it."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress
from pathlib import Path

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Let the kernel choose a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


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
        """The kernel may choose the same one twice."""
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
