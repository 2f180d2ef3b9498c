"""The embedded NATS server with JetStream.

    <folder>/nats.conf   written at every start, from what is below
    <folder>/jetstream   the streams; may be lost, PostgreSQL knows everything that is on them
    <folder>/password    0600
    <folder>/port        chosen at the first start, used again while it is free

Two servers on one store folder both start and spoil it; the lock on the home is what forbids
that, NATS does not.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from deploy.local import ports, probe, process
from deploy.local.binaries import find_nats

USER = "automation"

#: How often JetStream forces what it acknowledged to the disk. `always` costs more than half of the
#: throughput and makes 200 runs of one second wait for 200 forced writes (figures in
#: ARCHITECTURE.md); and nothing rests on it: what a power cut takes from the bus is rebuilt from
#: PostgreSQL, whose commits are forced. Far below the default of two minutes, so that there is
#: little to rebuild.
SYNC_INTERVAL = "1s"
SYNC_ALWAYS = "always"

CONFIG = """\
# Written by `automation up` at every start.
server_name: automation
listen: {host}:{port}
http: {host}:{monitor}
max_payload: 1MB
authorization {{ user: {user}, password: {password} }}
jetstream {{ store_dir: {store}, sync_interval: {sync} }}
"""


class Nats:
    """The embedded server as a unit."""

    name = "nats"
    routine = re.compile(rb"\[\d+\] \[(INF|DBG|TRC)\]|.*Plaintext passwords detected")
    stop_signal = signal.SIGTERM
    stop_within = timedelta(seconds=10)
    ready_within = timedelta(minutes=1)  # it checks every stored message after a crash

    def __init__(
        self,
        folder: Path,
        *,
        sync: str | None = None,
        provision: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self.folder = folder
        self._provision = provision
        self.store = folder / "jetstream"
        self._sync = sync or os.environ.get("AUTOMATION_NATS_SYNC") or SYNC_INTERVAL
        self._password = ""
        self._port = 0
        self._monitor = 0

    @property
    def url(self) -> str:
        """Where clients find it, once prepared."""
        return f"nats://{USER}:{quote(self._password)}@{ports.LOOPBACK}:{self._port}"

    @property
    def monitor_url(self) -> str:
        """Where `/varz`, `/jsz` and `/healthz` are, once prepared."""
        return f"http://{ports.LOOPBACK}:{self._monitor}"

    async def prepare(self) -> process.Command:
        """Write the configuration."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._password = self._password or _kept_password(self.folder / "password")
        self._port = self._port or ports.kept_port(self.folder / "port")
        self._monitor = ports.kept_port(self.folder / "monitor-port")
        config = self.folder / "nats.conf"
        config.touch(mode=0o600)
        config.write_text(
            CONFIG.format(
                host=ports.LOOPBACK,
                port=self._port,
                monitor=self._monitor,
                user=USER,
                password=_quoted(self._password),
                store=_quoted(str(self.store)),
                sync=self._sync,
            ),
            encoding="utf-8",
        )
        return process.Command(
            argv=(str(find_nats()), "--config", str(config), "--logtime=false"),
            death_signal=signal.SIGTERM,
        )

    async def is_ready(self) -> bool:
        """Read the server's INFO, then ask JetStream for the account."""
        # Connecting before anybody listens makes nats-py log a traceback and wait 2 s.
        if not await probe.nats_listens(self._port):
            return False
        return await probe.jetstream_answers(self.url)

    async def opened(self) -> None:
        """Check that `always` is really switched on if it was asked for, then provision.

        At every start, because the store may have been lost while the server was down.
        """
        if self._sync == SYNC_ALWAYS:
            status, body = await probe.http_get(self._monitor, "/jsz")
            if status != probe.OK or not json.loads(body).get("config", {}).get("sync_always"):
                raise process.StartFailed("nats-server does not report sync_always as configured")
        if self._provision:
            await self._provision(self.url)

    def explain(self, output: str) -> str:
        """Repeat what the server itself says before it gives up."""
        fatal = re.findall(r"\[FTL\] (.*)|(nats-server: .*)", output)
        if not fatal:
            return ""
        said = str(next(text for text in fatal[-1] if text))
        if "address already in use" in said:
            port = int(re.findall(r":(\d+)", said)[-1])
            return f"nats-server: {said} - taken by {ports.holder(port)}"
        return said


def _kept_password(file: Path) -> str:
    if file.exists():
        return file.read_text().strip()
    password = secrets.token_urlsafe(24)
    file.touch(mode=0o600)
    file.write_text(f"{password}\n")
    return password


def _quoted(text: str) -> str:
    """Quote for nats.conf, whose double-quoted strings know these escapes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
