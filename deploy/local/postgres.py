"""The embedded PostgreSQL: made on first use, recovered after any kind of death.

    <folder>/data        the cluster (superuser `automation`, scram, UTF-8 without a locale)
    <folder>/password    0600; the superuser's: lose it and the data cannot be reached
    <folder>/roles       0600 each; the services' (`database.py`); made anew if they are lost
    <folder>/port        chosen at the first start, used again while it is free

Clients come over TCP on 127.0.0.1. There is no Unix socket on purpose: its path may not be
longer than 107 bytes, and a folder named in Chinese reaches that quickly.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import signal
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import psutil

from deploy.local import leftovers, ports, process
from deploy.local.binaries import PostgresBinaries, find_postgres
from deploy.local.identity import OURSELVES, Identity, choose

USER = "automation"
DATABASE = "automation"

INITDB_TIMEOUT = timedelta(minutes=2)  # 0.6 s here; a cold network disk is slower
CREATED_WITHIN = timedelta(minutes=1)  # it copies a template and writes a checkpoint
#: Backends see the death of their postmaster when they next wait, so most are gone already; one
#: that computes would go on. Every moment here is downtime.
BACKENDS_MAY_TAKE = timedelta(milliseconds=300)
#: A whole server writes a checkpoint; killing it instead costs a recovery and nothing else.
SERVER_MAY_TAKE = timedelta(seconds=10)

#: Given on the command line, so they beat what somebody wrote into postgresql.conf.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": ports.LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",  # a pool of ~10 for each of a dozen processes, and room for people
    "shared_buffers": "128MB",
    "fsync": "on",  # acknowledged means durable
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_compression": "on",  # half the WAL right after a checkpoint, for little CPU
    "max_wal_size": "1GB",
    "checkpoint_timeout": "5min",  # bounds recovery after a kill to seconds
    "autovacuum_naptime": "15s",  # queue-like tables grow dead rows quickly
    "jit": "off",  # compiling costs more than our queries take
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "",  # whoever collects the lines adds time and name
}


class Postgres:
    """The embedded server as a unit."""

    name = "postgres"
    health_url = ""
    #: DETAIL and the like follow a line of their own; the FATALs are answers to our own probing.
    routine = re.compile(
        rb"(LOG|DETAIL|HINT|CONTEXT|STATEMENT):|FATAL:  the database system is (starting|not yet)"
    )
    stop_signal = signal.SIGINT  # SIGTERM would wait until every client has gone
    stop_within = timedelta(seconds=30)  # it writes a checkpoint
    ready_within = timedelta(minutes=5)  # crash recovery replays up to max_wal_size

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._settings = {**SETTINGS, **(settings or {})}
        self._password = ""
        self._port = 0
        self._binaries: PostgresBinaries | None = None
        self._identity: Identity | None = None

    @property
    def binaries(self) -> PostgresBinaries:
        """The programs, looked for once."""
        if self._binaries is None:
            self._binaries = find_postgres()
        return self._binaries

    @property
    def warning(self) -> str:
        """What the user should know about how it runs, once prepared."""
        return self._identity.warning if self._identity else ""

    def dsn(self, database: str = DATABASE) -> str:
        """Where clients find it, once prepared."""
        user = f"{USER}:{quote(self._password)}"
        # Asking for TLS, which this server has not, would cost each connection a round trip.
        address = f"{user}@{ports.LOOPBACK}:{self._port}"
        return f"postgresql://{address}/{database}?sslmode=disable"

    async def prepare(self) -> process.Command:
        """Create the cluster if there is none; clear what a killed server left behind."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._identity is None:
            self._identity = await choose(data=self.data, postgres=self.binaries["postgres"])
        if not self.data.exists():
            await self._initdb(self._identity)
        await end_orphans(self.data)
        self._password = self._password or (self.folder / "password").read_text().strip()
        self._port = self._port or ports.kept_port(self.folder / "port")
        settings = {**self._settings, "port": str(self._port)}
        return process.Command(
            argv=(
                self.binaries["postgres"],
                *("-D", str(self.data)),
                *(word for key, value in settings.items() for word in ("-c", f"{key}={value}")),
            ),
            env=_environment(),
            death_signal=signal.SIGINT,
            launch_options=self._identity.launch_options,
        )

    async def is_ready(self) -> bool:
        """`SELECT 1`."""
        return await self._execute("SELECT 1") is not None

    async def opened(self) -> None:
        """Create our database at the first start."""
        if await self._execute(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'") == "1":  # noqa: S608 - a constant
            return
        if await self._execute(f"CREATE DATABASE {DATABASE}", within=CREATED_WITHIN) is None:
            raise process.StartFailed(f"PostgreSQL would not create the database {DATABASE}")

    async def beyond_help(self) -> str:
        """Never: it ends by itself where only a restart helps."""
        return ""

    def explain(self, output: str) -> str:
        """Name the usual reasons."""
        if "could not bind" in output:
            holder = ports.holder(self._port)
            return f"port {self._port} for PostgreSQL is taken by {holder}"
        if "incompatible with server" in output:
            return (
                f"{self.data} was made by another PostgreSQL version than "
                f"{self.binaries.folder}: set AUTOMATION_PG_BIN to the old one, or dump and load"
            )
        return ""

    async def _execute(self, sql: str, *, within: timedelta = process.CALL_TIMEOUT) -> str | None:
        """Run one statement on a connection of its own; None if it cannot be done (yet)."""
        import asyncpg  # noqa: PLC0415 - 100 ms that `automation --help` need not pay

        try:
            async with asyncio.timeout(within.total_seconds()):
                connection = await asyncpg.connect(self.dsn("postgres"))
                try:
                    value = await connection.fetchval(sql)
                finally:
                    connection.terminate()  # close() would wait for an answer that may not come
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return None
        return str(value)

    async def _initdb(self, identity: Identity) -> None:
        """Make the cluster beside its place and move it there when it is whole."""
        password = secrets.token_urlsafe(24)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="initdb-") as aside:
            new = Path(aside) / "data"
            password_file = Path(aside) / "password"
            password_file.touch(mode=0o600)
            password_file.write_text(password)
            for path in (Path(aside), password_file):
                identity.give(path)
            output = Path(aside) / "output"
            with output.open("wb") as log:
                initdb = await process.spawn(
                    process.Command(
                        argv=(
                            self.binaries["initdb"],
                            *("-D", str(new), "-U", USER, "--auth=scram-sha-256", "-E", "UTF8"),
                            *("--pwfile", str(password_file), "--no-instructions"),
                            *_locale_options(self.binaries.major),
                            *(("--no-sync",) if self._settings["fsync"] == "off" else ()),
                        ),
                        env=_environment(),
                        launch_options=identity.launch_options,
                    ),
                    output=log,
                )
                code = await process.finish(initdb, within=INITDB_TIMEOUT)
            if code != 0:
                reason = output.read_text(errors="replace").strip()
                raise process.StartFailed(f"initdb failed:\n{reason}")
            # The password first: a cluster without one would be lost.
            password_file.replace(self.folder / "password")
            (self.folder / "password").chmod(0o600)
            if identity is not OURSELVES and os.geteuid() == 0:
                os.chown(self.folder / "password", 0, 0)
            new.replace(self.data)


def _environment() -> dict[str, str]:
    """Plain messages; an LC_ALL that is not installed here would make initdb fail."""
    return {"LC_ALL": "C", "LANGUAGE": "C"}


def _locale_options(major: int) -> tuple[str, ...]:
    """UTF-8 with the rules of Unicode and of no country, the same on every machine.

    With plain `C`, trigrams and `lower()` would know ASCII only, so no Chinese search.
    """
    libc = "C" if sys.platform == "darwin" else "C.UTF-8"
    builtin_since = 17
    if major < builtin_since:
        return (f"--locale={libc}",)
    return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", f"--locale={libc}")


async def end_orphans(data: Path) -> None:
    """End what still works on the cluster, so that a new server can take it over.

    We hold the lock on the home, so nobody runs it on purpose: these are backends of a killed
    server, or a server whose supervisor was killed. They are known by program and folder and
    never by a number from a file, which may belong to anybody by now.
    """
    orphans = _working_on(data)
    patience = BACKENDS_MAY_TAKE
    for orphan in orphans:
        if _is_postmaster(data, orphan):
            patience = SERVER_MAY_TAKE
            with suppress(psutil.Error):
                orphan.send_signal(signal.SIGINT)
    deadline = asyncio.get_running_loop().time() + patience.total_seconds()
    while orphans and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(process.READY_POLL.total_seconds())
        orphans = _working_on(data)
    for orphan in orphans:
        with suppress(psutil.Error):
            orphan.kill()
    leftovers.wait_gone(orphans)
    # PostgreSQL refuses to start while the number in it is in use, whoever uses it.
    (data / "postmaster.pid").unlink(missing_ok=True)


def _is_postmaster(data: Path, candidate: psutil.Process) -> bool:
    with suppress(OSError, ValueError, IndexError):
        noted = int((data / "postmaster.pid").read_text().split()[0])
        return noted == candidate.pid
    return False


def _working_on(data: Path) -> list[psutil.Process]:
    """Find the processes of this cluster: PostgreSQL's, with the data folder as their cwd."""
    found = []
    for candidate in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if candidate.name() == "postgres" and Path(candidate.cwd()) == data.resolve():
                found.append(candidate)
    return found
