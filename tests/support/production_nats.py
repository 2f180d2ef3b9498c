"""A NATS server as production has it: the configuration that ships, TLS, and users with keys.

    async with Running(ProductionNats(folder), folder) as running:
        client = await connect(unit.url, access=unit.access("executor"), ...)

Only paths and addresses are put in: its files are where the test is, and it listens here alone.
"""

from __future__ import annotations

import re
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.keys import bus, contents
from deploy.keys.folder import Folder
from deploy.local import ports, probe, process
from deploy.local.binaries import find_nats
from shared.bus.access import Access, inbox_of
from shared.bus.permissions import RUNTIME
from tests.support.system import CHECKOUT

CONFIG = CHECKOUT / "deploy" / "nats" / "nats.conf"


class ProductionNats:
    """The server as a unit, with a folder of keys as `automation keys init` makes it."""

    name = "nats"
    routine = None
    health_url = ""
    stop_signal = signal.SIGTERM
    reload_signal = signal.SIGHUP
    stop_within = timedelta(seconds=10)
    ready_within = timedelta(minutes=1)

    def __init__(self, folder: Path, *, config: Path = CONFIG) -> None:
        self.keys = Folder(folder / "keys")
        self.store = folder / "jetstream"
        self._config = config
        self._folder = folder
        self._port = 0

    @property
    def url(self) -> str:
        """Where services find it."""
        return f"tls://{ports.LOOPBACK}:{self._port}"

    def access(self, user: str) -> Access:
        """Return as whom a user comes; a runtime of another server shares the inbox of runtimes."""
        return Access(
            inbox=inbox_of(RUNTIME if user.startswith(RUNTIME) else user),
            seed_file=self.keys.file(bus.seed_file(user)),
            ca_file=self.keys.file("ca.crt"),
        )

    async def prepare(self) -> process.Command:
        """Make the keys and the configuration."""
        self._port = self._port or ports.free_port()
        contents.init(self.keys, {}, datetime.now(UTC))
        file = self._folder / "nats.conf"
        file.write_text(self._rendered(), encoding="utf-8")
        return process.Command(argv=(str(find_nats()), "--config", str(file), "--logtime=false"))

    def _rendered(self) -> str:
        text = self._config.read_text(encoding="utf-8")
        keys = self.keys.path
        while (monitor := ports.free_port()) == self._port:
            """The kernel may choose the same one twice."""
        for pattern, here in (
            (r"^listen: .*", f"listen: {ports.LOOPBACK}:{self._port}"),
            (r"^http: .*", f"http: {ports.LOOPBACK}:{monitor}"),
            (r"^pid_file: .*", ""),
            (r"server_name: \S+", "server_name: test"),
            (r"/\S+/(nats\.(crt|key)|ca\.crt)", rf"{keys}/\1"),
            (r"store_dir: .*", f"store_dir: {self.store}"),
            (r"^include \S*nats-users\.conf", "include keys/nats-users.conf"),
            (r"^include cluster\.conf", ""),
        ):
            text = re.sub(pattern, here, text, flags=re.MULTILINE)
        return text

    async def is_ready(self) -> bool:
        """Read its greeting."""
        return await probe.nats_listens(self._port)

    async def opened(self) -> None:
        """Nothing follows."""

    async def beyond_help(self) -> str:
        """Nobody asks."""
        return ""

    def explain(self, output: str) -> str:
        """Repeat what it said."""
        return output
