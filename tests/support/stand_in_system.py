"""`automation up`, but with stand-ins in place of our services.

A program, run by path, so that the supervisor and its children are tested as real processes.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from deploy.local import ports, up
from deploy.local.roles import Role
from deploy.local.settings import LocalSettings

STAND_IN = (sys.executable, "-I", "-S", str(Path(__file__).with_name("stand_in.py")))


def services(system: up.LocalSystem) -> list[list[Role]]:
    """One of each of our services, in the order of the real ones."""
    port = int(system.environment("api")["AUTOMATION_PORT"])

    def role(name: str, address: tuple[str, int] | None = None) -> Role:
        return Role(
            name=name,
            service=name.rstrip("-12"),
            argv=STAND_IN,
            environment=system.environment,
            address=address,
        )

    return [
        [role("api", (ports.LOOPBACK, port))],
        [role("scheduler-1")],
        [role("executor-1"), role("executor-2")],
        [role("log-writer"), role("notifier")],
    ]


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(up.run(LocalSettings(), services=services))
