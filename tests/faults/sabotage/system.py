"""`automation up`, whose services can be made to die at an exact line (`serve.py`).

A program, run as a module, so that the supervisor and its children are tested as real processes.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta

from deploy.local import backoff, roles, up
from deploy.local.settings import LocalSettings

#: Before a process that died once more is started again: processes die often here.
REST = timedelta(seconds=0.5)


def service(role: str) -> tuple[str, ...]:
    """Return the command line of one of our services, by way of the sabotage."""
    return (sys.executable, "-P", "-m", "tests.faults.sabotage.serve", role)


if __name__ == "__main__":
    os.umask(0o077)
    roles.service = service
    backoff.LONGEST = REST
    sys.exit(up.run(LocalSettings()))
