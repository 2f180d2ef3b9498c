"""Run one of our services in this process.

`automation serve` comes here for people; the local supervisor runs `python -m deploy.serve` itself,
because the command line costs each process 0.1 s and 10 MB.
"""

from __future__ import annotations

import importlib
import os
import re
import socket
import sys

#: Role as on the command line -> module with the service's `main`.
ROLES = {
    "api": "services.api.app",
    "scheduler": "services.scheduler.app",
    "executor": "services.executor.app",
    "log-writer": "services.log_writer.app",
    "notifier": "services.notifier.app",
    "account-runtime": "services.account_runtime.app",
    "bus-keeper": "services.bus_keeper.app",
}


def serve(role: str) -> None:
    """Run until told to stop. What the service raises ends the process."""
    # Replicas of a container get the same environment; their host names tell them apart.
    os.environ.setdefault("AUTOMATION_INSTANCE", instance_of(socket.gethostname()))
    importlib.import_module(ROLES[role]).main()


def instance_of(host: str) -> str:
    """Return what a process on a host is called: its short name, as settings allow it."""
    name = re.sub("[^a-z0-9-]+", "-", host.partition(".")[0].lower()).strip("-")
    return name[:63] or "unnamed"


if __name__ == "__main__":
    serve(sys.argv[1])
