"""The composition root of the account runtime: settings and the bus in, running accounts out."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from services.account_runtime.line import Line
from services.account_runtime.mouth import Mouth
from services.account_runtime.output import teller
from services.account_runtime.presence import Here, Presence
from services.account_runtime.probes import Prober
from services.account_runtime.record import Records
from services.account_runtime.resync import Resync
from services.account_runtime.room import Room
from services.account_runtime.runtime import HomeTaken, Runtime, identity, take
from services.account_runtime.scripts import Library
from services.account_runtime.settings import AccountRuntimeSettings
from shared.bus.access import access_of
from shared.runtime.clock import utc_now
from shared.runtime.loop import Loop
from shared.runtime.process import Parts, run_service

#: Another runtime has this home, or this server.
EXIT_TAKEN = 73

#: Which start of the machine this is.
BOOT = Path("/proc/sys/kernel/random/boot_id")


def main() -> None:
    """Run one account runtime until it is told to stop."""
    if sys.platform != "linux":
        sys.exit("an account runtime needs Linux: /proc and pidfds tell it what has become of whom")
    settings = AccountRuntimeSettings()
    try:
        house = House(settings, leave=lambda: os.kill(os.getpid(), signal.SIGTERM))
    except HomeTaken as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EXIT_TAKEN)
    run_service("account-runtime", settings, house.build)
    if house.presence.rival:
        sys.exit(EXIT_TAKEN)


class House:
    """One runtime, put together from its parts.

    Raises:
        HomeTaken: another one uses this home.
    """

    def __init__(self, settings: AccountRuntimeSettings, *, leave: Callable[[], None]) -> None:
        self._settings = settings
        self._lock = take(settings.folder)
        me = identity(settings.folder)
        access, server = access_of("account-runtime", settings), settings.runtime_server
        name = f"account-runtime:{settings.instance}"
        self.line = Line(settings.nats_url, name=name, server=server, access=access)
        self.mouth = Mouth(me, lambda: self.line.publisher, utc_now)
        self.prober = Prober()
        self.runtime = Runtime(settings.runtime_server, self._room())
        here = Here(runtime_id=me, host=socket.gethostname(), started_at=utc_now())
        self.presence = Presence(settings, here, self.runtime, self.line, leave)
        self.line.hear, self.line.meet = self.runtime.hear, self.presence.meet
        self.line.tell = teller(Records(settings.folder))
        self.resync = Resync(self.line, self.runtime)

    def _room(self) -> Room:
        return Room(
            records=Records(self._settings.folder),
            library=Library(lambda: self.line.client),
            prober=self.prober,
            programs=self._settings.programs,
            log_bytes=self._settings.runtime_log_bytes,
            boot=BOOT.read_text(encoding="ascii").strip(),
            now=lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
            today=utc_now,
            say=self.mouth.say,
        )

    async def build(self, stack: AsyncExitStack) -> Parts:
        """Take over what runs, and begin to listen."""
        stack.callback(os.close, self._lock)
        stack.push_async_callback(self.line.close)
        stack.push_async_callback(self.prober.close)
        self.runtime.recover()
        tending = Loop("line", self.line.tend)
        saying = Loop("mouth", self.mouth.step)
        asking = Loop("resync", self.resync.step)
        wishing = Loop("wishes", self.line.listen)
        self.line.on_expired, self.mouth.wake = tending.wake, saying.wake
        self.line.on_connected, self.line.on_wish = asking.wake, wishing.wake
        return Parts(
            loops=(
                saying,
                tending,
                Loop("watch", self.line.look_after),
                Loop("presence", self.presence.step),
                wishing,
                asking,
            ),
            checks={"bus": self.line.check},
            drain=self.drain,
        )

    async def drain(self) -> None:
        """End what runs, or leave it; say the last words."""
        await self.presence.say_goodbye()
        if self._settings.runtime_on_stop == "stop" or self.presence.rival:
            await self.runtime.stop_all(self._settings.runtime_stop_seconds)
        await self.runtime.leave()
        await self.mouth.step()
