"""`automation up`: put the parts together from the settings, and run them.

The only place that knows both the embedded servers and our services.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence

from deploy.keys.bus import seed_file
from deploy.local import page, ports, process, roles, state, targets
from deploy.local.banner import banner
from deploy.local.database import Database
from deploy.local.files import write_whole
from deploy.local.first_admin import FirstAdmin
from deploy.local.home import Home, HomeTaken
from deploy.local.logs import Logs
from deploy.local.nats import Nats
from deploy.local.settings import LocalSettings
from deploy.local.supervisor import Stage, Supervisor
from shared.settings import DatabaseAddress

#: Makes the stages of our services; tests put their own in its place.
Services = Callable[["LocalSystem"], Sequence[Sequence[process.Unit]]]


class LocalSystem:
    """The servers, our services and what is between them."""

    def __init__(
        self, settings: LocalSettings, home: Home, *, services: Services | None = None
    ) -> None:
        self._home = home
        self._services = services
        self._host = settings.host
        self._port = settings.port or ports.free_port()
        self._database = Database(settings, home)
        self._nats_url = settings.nats_url
        self._postgres = self._database.postgres
        self._nats = None if settings.nats_url else _own_nats(settings, home)
        self._bus_keys = settings.nats_keys
        self._executors = settings.executors
        self._schedulers = settings.schedulers
        self._runtimes = settings.runtimes
        self._public_url = settings.public_url or self.api_url
        self._first = FirstAdmin(settings, home, self._public_url)
        self._as_json = settings.log_format == "json"

    @property
    def database_url(self) -> str:
        """The given server, or ours once it is prepared."""
        return self._database.url

    @property
    def nats_url(self) -> str:
        """The given server, or ours once it is prepared."""
        return self._nats.url if self._nats else str(self._nats_url)

    @property
    def api_url(self) -> str:
        """Where people and programs find the API."""
        host = ports.reachable(self._host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}"

    def environment(self, service: str) -> Mapping[str, str]:
        """Return what a service is told; all else that we were told passes through."""
        return {**self._common(), **self._database.environment(service), **self._of_bus(service)}

    def _of_bus(self, service: str) -> Mapping[str, str]:
        """As whom a service comes to the bus."""
        if self._nats:
            return {
                "AUTOMATION_NATS_URL": self._nats.address,
                "AUTOMATION_NATS_SEED_FILE": str(self._nats.seed(service)),
                "AUTOMATION_NATS_CA_FILE": "",  # it is on the loopback, and speaks no TLS
            }
        seed = self._bus_keys / seed_file(service) if self._bus_keys else ""
        return {"AUTOMATION_NATS_URL": self.nats_url, "AUTOMATION_NATS_SEED_FILE": str(seed)}

    def _common(self) -> Mapping[str, str]:
        """Return what all services are told."""
        return {
            "AUTOMATION_HOME": str(self._home.path),
            "AUTOMATION_HOST": self._host,
            "AUTOMATION_PORT": str(self._port),
            "AUTOMATION_PUBLIC_URL": self._public_url,
            # Whoever ends all this wants nothing left behind; and the home is locked already.
            "AUTOMATION_RUNTIME_ON_STOP": "stop",
            "AUTOMATION_RUNTIME_LISTEN_SECONDS": "0",
            "PYTHONUNBUFFERED": "1",
        }

    def stages(self) -> list[Stage]:
        """Say what starts, in which order."""
        servers: list[process.Unit] = [unit for unit in (self._postgres, self._nats) if unit]
        if self._services:
            return [Stage(servers), *(Stage(stage) for stage in self._services(self))]
        services = roles.stages(
            schedulers=self._schedulers,
            executors=self._executors,
            runtimes=self._runtimes,
            api=(ports.reachable(self._host), self._port),
            environment=self.environment,
        )
        return [Stage(servers, then=self._furnish), *(Stage(stage) for stage in services)]

    def check_port(self) -> None:
        """Find out now, not after a minute, that the API cannot listen.

        Raises:
            process.StartFailed: the port is taken, or not ours to have.
        """
        error = ports.why_not(self._port, host=self._host)
        if error is None:
            return
        where = f"the API cannot listen on {self._host}:{self._port}"
        if error.errno == errno.EADDRNOTAVAIL:
            raise process.StartFailed(f"{where}: this machine has no such address")
        reason = error.strerror or str(error)
        if error.errno == errno.EADDRINUSE:
            reason = f"it is taken by {ports.holder(self._port)}"
        raise process.StartFailed(
            f"{where}: {reason}. Stop that, or choose another port: "
            f"AUTOMATION_PORT={self._port + 1}"
        )

    def note(self, processes: Sequence[state.ProcessState]) -> None:
        """Write state.json."""
        now = state.State(
            api_url=self.api_url,
            nats_url=self.nats_url,
            database_url=self.database_url,
            supervisor_pid=os.getpid(),
            processes=tuple(processes),
        )
        state.write(self._home.state, now)
        targets.write(self._home.path, processes)

    def welcome(self) -> str:
        """Return the banner; one line for a program that reads along."""
        if self._as_json:
            return json.dumps({"event": "ready", "api_url": self.api_url})
        warning = self._postgres.warning if self._postgres else ""
        return banner(
            api_url=self._public_url,
            home=self._home,
            setup_link=self._first.link,
            warnings=[warning] if warning else [],
        )

    async def _furnish(self) -> None:
        """Make the servers fit for our services."""
        try:
            database = self._database.address
            await self._database.prepare()
            if not self._home.admin_token.exists():
                token = await first_token(database)
                write_whole(self._home.admin_token, f"{token}\n")
            if not self._home.secret_key.exists():
                write_whole(self._home.secret_key, f"{secret_key()}\n")
            await self._first.prepare(database)
        except process.StartFailed:
            raise
        except Exception as error:
            # Whatever it is, the user wants to hear it in one line and see all stopped.
            kind = type(error).__name__
            raise process.StartFailed(
                f"the servers could not be prepared: {kind}: {error}"
            ) from error


def _own_nats(settings: LocalSettings, home: Home) -> Nats:
    return Nats(home.nats, server=settings.runtime_server, requests=settings.requests)


async def first_token(database: DatabaseAddress) -> str:
    """Make the token with which the owner of the home gets in."""
    from services.api.access.tokens import create_admin_token  # noqa: PLC0415 - first start only

    return await create_admin_token(database)


def secret_key() -> str:
    """Make the first key that seals secrets."""
    from shared.runtime.secret_box import fresh_key  # noqa: PLC0415 - first start only

    return str(fresh_key())


def run(
    settings: LocalSettings, *, services: Services | None = None, open_page: bool = False
) -> int:
    """Run until stopped; return the exit code."""
    home = Home(settings.home)
    try:
        home.take()
    except HomeTaken as error:
        return _refused(str(error))
    except OSError as error:
        return _refused(f"{home.path} cannot be used: {error.strerror or error}{_advice(error)}")
    try:
        return _run(settings, home, services=services, open_page=open_page)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return _refused(f"{error.strerror or error}{where}{_advice(error)}")
    finally:
        home.state.unlink(missing_ok=True)
        home.release()


def _refused(text: str) -> int:
    print(text, file=sys.stderr)  # noqa: T201 - there is no log yet, or no room in it
    return 1


def _advice(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ". Make room, or choose a home on another disk: automation up --home DIR"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return ". Choose a home that is yours: automation up --home DIR"
    return ""


def _run(settings: LocalSettings, home: Home, *, services: Services | None, open_page: bool) -> int:
    logs = Logs(home.logs, as_json=settings.log_format == "json")
    home.state.unlink(missing_ok=True)  # of a run that was killed
    try:
        system = LocalSystem(settings, home, services=services)
        system.check_port()

        def ready() -> None:
            logs.announce(system.welcome())
            if open_page:
                opening = (home, system.api_url)
                threading.Thread(target=page.show, args=opening, daemon=True).start()

        supervisor = Supervisor(home, logs, system.stages(), changed=system.note, ready=ready)
        asyncio.run(supervisor.run())
    except process.StartFailed as error:
        logs.say(str(error))
        return 1
    except KeyboardInterrupt:  # before the supervisor listened to signals: nothing was started
        return 0
    finally:
        logs.close()
    return 0
