"""Run one of our services in this process.

`automation serve` comes here for people; the local supervisor runs `python -m deploy.serve` itself,
because the command line costs each process 0.1 s and 10 MB.
"""

from __future__ import annotations

import importlib
import sys

#: Role as on the command line -> module with the service's `main`.
ROLES = {
    "api": "services.api.app",
    "scheduler": "services.scheduler.app",
    "executor": "services.executor.app",
    "log-writer": "services.log_writer.app",
    "notifier": "services.notifier.app",
    "account-runtime": "services.account_runtime.app",
}


def serve(role: str) -> None:
    """Run until told to stop. What the service raises ends the process."""
    importlib.import_module(ROLES[role]).main()


if __name__ == "__main__":
    serve(sys.argv[1])
