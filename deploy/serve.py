"""Run one of our services in this process.

`automation serve` comes here for people; the local supervisor runs `python -m deploy.serve` itself,
because the command line costs each process 0.1 s and 10 MB.
"""

from __future__ import annotations

import gc
import importlib
import os
import re
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

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

#: Optional parts of libraries that no service uses: WebSockets of nats-py, the command line of
#: httpx. Both libraries do without them; they cost each start a fifth of its time.
UNUSED = ("aiohttp", "httpx._main")


def serve(role: str) -> None:
    """Run until a signal stops it. What the service raises ends the process."""
    # Replicas of a container get the same environment; their host names tell them apart.
    os.environ.setdefault("AUTOMATION_INSTANCE", instance_of(socket.gethostname()))
    with light_imports():
        service = importlib.import_module(ROLES[role])
    service.main()


@contextmanager
def light_imports(unused: Sequence[str] = UNUSED) -> Iterator[None]:
    """Import without what no service uses, and without looking for garbage, of which there is none.

    What is imported stays until the end; `gc.freeze` spares every later collection a look at it.
    What comes later is mostly rows and messages, many at a time, in no circles: a look through the
    young after each 700 finds nothing.
    """
    hidden: dict[str, Any] = {name: None for name in unused if name not in sys.modules}
    sys.modules.update(hidden)  # None: cannot be imported
    gc.disable()
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
        gc.freeze()
        gc.set_threshold(20_000, 10, 10)
        gc.enable()


def instance_of(host: str) -> str:
    """Return what a process on a host is called: its short name, as settings allow it."""
    name = re.sub("[^a-z0-9-]+", "-", host.partition(".")[0].lower()).strip("-")
    return name[:63] or "unnamed"


if __name__ == "__main__":
    serve(sys.argv[1])
