"""`automation`, but with stand-ins in place of our services; without words it is `automation up`.

A program, run by path, so that the supervisor and its children are tested as real processes.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

from deploy.local import background, ports, up
from deploy.local.roles import Role
from deploy.local.settings import LocalSettings

STAND_IN = (sys.executable, "-I", "-S", str(Path(__file__).with_name("stand_in.py")))


def services(system: up.LocalSystem) -> list[list[Role]]:
    """One of each of our services, but as many executors as are wished, in the order of theirs."""
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
        [role(f"executor-{number}") for number in range(1, LocalSettings().executors + 1)],
        [role("log-writer"), role("notifier")],
    ]


def main(words: list[str]) -> int:
    """Run a command line."""
    if not words:
        os.umask(0o077)
        return up.run(LocalSettings(), services=services)
    from deploy import host_cli  # noqa: PLC0415 - heavy

    up.run = partial(up.run, services=services)
    background.UP = (sys.executable, __file__, "up")  # type: ignore[assignment]
    return host_cli.run(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
