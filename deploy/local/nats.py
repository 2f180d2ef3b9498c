"""The embedded NATS server with JetStream.

    <folder>/nats.conf   written at every start, from what is below
    <folder>/jetstream   the streams; may be lost, PostgreSQL knows everything that is on them
    <folder>/keys        the seed of each service's user, 0600
    <folder>/password    0600; of the user of whoever owns this home, who may do anything
    <folder>/port        chosen at the first start, used again while it is free

Two servers on one store folder both start and spoil it; the lock on the home is what forbids
that, NATS does not.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from deploy.keys.bus import make_seeds, public_keys, seed_file
from deploy.keys.folder import Folder
from deploy.local import ports, probe, process
from deploy.local.binaries import find_nats
from deploy.local.files import write_whole
from deploy.nats.health import write_error
from deploy.nats.users import authorization
from shared.bus.permissions import DEFAULT_REQUESTS, RUNTIME, users
from shared.contracts.accounts import DEFAULT_SERVER

USER = "automation"

#: How often JetStream forces what it acknowledged to the disk. `always` costs more than half of the
#: throughput and makes 200 runs of one second wait for 200 forced writes (figures in
#: ARCHITECTURE.md); and nothing rests on it: what a power cut takes from the bus is rebuilt from
#: PostgreSQL, whose commits are forced. Far below the default of two minutes, so that there is
#: little to rebuild.
SYNC_INTERVAL = "1s"
SYNC_ALWAYS = "always"
#: Said explicitly, and more than all streams may hold together: by itself the server takes three
#: quarters of what is free on the disk at its start, counts each stream's limit against that, and
#: refuses streams on any disk with less than 9 GB free. It reserves nothing by it.
MAX_STORE = "8GB"
#: What must be free before a server whose disk was full is started again: enough for a while (what
#: waits is a few MB), or it would only happen again.
ROOM = 64 << 20

CONFIG = """\
# Written by `automation up` at every start.
server_name: automation
listen: {host}:{port}
http: {host}:{monitor}
max_payload: 1MB
jetstream {{
  store_dir: {store}
  sync_interval: {sync}
  max_memory_store: 64MB
  max_file_store: {most}
}}
{authorization}"""
#: Whoever owns the home may do anything; services come as users of their own.
OWNER = "    {{ user: {user}, password: {password} }}"


class Nats:
    """The embedded server as a unit."""

    name = "nats"
    health_url = ""
    routine = re.compile(rb"\[\d+\] \[(INF|DBG|TRC)\]|.*Plaintext passwords detected")
    stop_signal = signal.SIGTERM
    stop_within = timedelta(seconds=10)
    ready_within = timedelta(minutes=1)  # it checks every stored message after a crash

    def __init__(
        self,
        folder: Path,
        *,
        sync: str | None = None,
        server: str = DEFAULT_SERVER,
        requests: Sequence[str] = DEFAULT_REQUESTS,
    ) -> None:
        self.folder = folder
        self._keys = Folder(folder / "keys")
        self._server = server
        self._requests = requests
        self.store = folder / "jetstream"
        self._sync = sync or os.environ.get("AUTOMATION_NATS_SYNC") or SYNC_INTERVAL
        self._password = ""
        self._port = 0
        self._monitor = 0

    @property
    def url(self) -> str:
        """Where whoever owns this home finds it, once prepared."""
        return f"nats://{USER}:{quote(self._password)}@{ports.LOOPBACK}:{self._port}"

    @property
    def address(self) -> str:
        """Where services find it, once prepared; who they are, their seeds say."""
        return f"nats://{ports.LOOPBACK}:{self._port}"

    def seed(self, service: str) -> Path:
        """Return the file with the seed of a service, once prepared."""
        is_other = service == RUNTIME and self._server != DEFAULT_SERVER
        return self._keys.file(seed_file(f"{service}-{self._server}" if is_other else service))

    @property
    def monitor_url(self) -> str:
        """Where `/varz`, `/jsz` and `/healthz` are, once prepared."""
        return f"http://{ports.LOOPBACK}:{self._monitor}"

    async def prepare(self) -> process.Command:
        """Write the configuration."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._password = self._password or _kept_password(self.folder / "password")
        self._port = self._port or ports.kept_port(self.folder / "port")
        self._monitor = ports.kept_port(self.folder / "monitor-port", besides=self._port)
        config = self.folder / "nats.conf"
        config.touch(mode=0o600)
        config.write_text(
            CONFIG.format(
                host=ports.LOOPBACK,
                port=self._port,
                monitor=self._monitor,
                authorization=self._authorization(),
                store=_quoted(str(self.store)),
                sync=self._sync,
                most=MAX_STORE,
            ),
            encoding="utf-8",
        )
        return process.Command(
            argv=(str(find_nats()), "--config", str(config), "--logtime=false"),
            death_signal=signal.SIGTERM,
        )

    def _authorization(self) -> str:
        servers = [] if self._server == DEFAULT_SERVER else [self._server]
        everybody = users(servers=servers, requests=self._requests)
        self._keys.open()
        make_seeds(self._keys, everybody)
        keys = {user.name: public_keys(self._keys, user.name) for user in everybody}
        owner = OWNER.format(user=USER, password=_quoted(self._password))
        return authorization(everybody, keys, extra=owner)

    async def is_ready(self) -> bool:
        """Read the server's INFO, then ask JetStream for the account."""
        # Connecting before anybody listens makes nats-py log a traceback and wait 2 s.
        if not await probe.nats_listens(self._port):
            return False
        return await probe.jetstream_answers(self.url)

    async def opened(self) -> None:
        """Check that `always` is really switched on if it was asked for."""
        if self._sync == SYNC_ALWAYS:
            status, body = await probe.http_get(self._monitor, "/jsz")
            if status != probe.OK or not json.loads(body).get("config", {}).get("sync_always"):
                raise process.StartFailed("nats-server does not report sync_always as configured")

    async def beyond_help(self) -> str:
        """Say that it stores nothing any more, though its disk has room again."""
        _, body = await probe.http_get(self._monitor, "/healthz")
        if not (said := write_error(body)):
            return ""
        try:
            has_room = shutil.disk_usage(self.folder).free >= ROOM
        except OSError:  # it was moved away: whoever does so ends the server, too
            has_room = False
        return f"stores nothing until it is started again: {said}" if has_room else ""

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
    if file.exists() and (kept := file.read_text().strip()):
        return kept
    password = secrets.token_urlsafe(24)
    write_whole(file, f"{password}\n")
    return password


def _quoted(text: str) -> str:
    """Quote for nats.conf, whose double-quoted strings know these escapes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
