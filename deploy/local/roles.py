"""Our own services as units: the same entry points as in production, one process each."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from deploy.local import ports, probe, process

#: An executor may drain its running actions for 30 s, and then waits 10 s for those that it stops;
#: the others need less.
STOP_WITHIN = timedelta(seconds=50)
#: Imports take 1-2 s on a busy machine; a database that recovers takes longer.
READY_WITHIN = timedelta(seconds=120)

#: What a service is told, by its name; each gets what it needs and no more.
Environment = Callable[[str], Mapping[str, str]]


@dataclass(slots=True, kw_only=True)
class Role:
    """One process of a service."""

    name: str
    #: Which service; replicas have the same.
    service: str
    argv: tuple[str, ...]
    #: Known only when the servers are up, so it is asked at each start.
    environment: Environment
    #: Where the API listens; beside it, each has a small port that says how it is.
    address: tuple[str, int] | None = None

    routine = None
    stop_signal = signal.SIGTERM
    stop_within = STOP_WITHIN
    ready_within = READY_WITHIN

    _health: tuple[str, int] = ("", 0)

    async def prepare(self) -> process.Command:
        """Choose a port for this start; the last one may be taken by now."""
        self._health = (ports.LOOPBACK, ports.free_port())
        own = {
            "AUTOMATION_INSTANCE": self.name,
            "AUTOMATION_HEALTH_HOST": ports.LOOPBACK,
            "AUTOMATION_HEALTH_PORT": str(self._health[1]),
        }
        return process.Command(argv=self.argv, env={**self.environment(self.service), **own})

    @property
    def health_url(self) -> str:
        """Where /readyz and /metrics answer."""
        host, port = self._health
        return f"http://{host}:{port}" if port else ""

    async def is_ready(self) -> bool:
        """Ask `/readyz`."""
        host, port = self.address or self._health
        status, _ = await probe.http_get(port, "/readyz", host=host)
        return status == probe.OK

    async def opened(self) -> None:
        """Nothing follows."""

    async def beyond_help(self) -> str:
        """Never: a service whose loop stands still ends itself."""
        return ""

    def explain(self, output: str) -> str:
        """Say what is common: somebody else has the port."""
        if "address already in use" in output.lower():
            port = (self.address or self._health)[1]
            return f"port {port} is taken by {ports.holder(port)}"
        return ""


def service(role: str) -> tuple[str, ...]:
    """Return the command line of one of our services."""
    # -P: no module of the folder that we happen to be called in may stand in for one of ours.
    return (sys.executable, "-P", "-m", "deploy.serve", role)


def stages(
    *,
    schedulers: int,
    executors: int,
    runtimes: int,
    api: tuple[str, int],
    environment: Environment,
) -> list[list[Role]]:
    """Our services in the order of their start."""
    last = ("log-writer", "notifier", *("account-runtime",) * runtimes)

    def one(role: str, name: str = "", address: tuple[str, int] | None = None) -> Role:
        return Role(
            name=name or role,
            service=role,
            argv=service(role),
            environment=environment,
            address=address,
        )

    def numbered(role: str, count: int) -> list[Role]:
        return [one(role, f"{role}-{n}") for n in range(1, count + 1)]

    return [
        [one("bus-keeper")],
        [one("api", address=api)],
        numbered("scheduler", schedulers),
        numbered("executor", executors),
        [one(role) for role in last],
    ]
