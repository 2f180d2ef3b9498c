"""A place for account runtimes: the API's side of the contract, and runtimes of either kind.

Most tests let a runtime work in this process (`here`), which costs nothing; those that kill one run
it as its own process (`apart`). What it starts are real processes either way.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psutil
from nats.aio.client import Client
from nats.aio.msg import Msg

from deploy.local import probe
from services.account_runtime.app import House
from services.account_runtime.keepers import MARK
from services.account_runtime.settings import AccountRuntimeSettings
from shared.bus import topology
from shared.contracts.accounts import (
    AccountDesired,
    AccountState,
    Desired,
    DesiredPage,
    DesiredPageRequest,
)
from shared.runtime.clock import utc_now
from tests.support.nursery import Child, Nursery

SECONDS = 20.0

DEMO = [
    *("demo-account", "--id", "{account_id}", "--port", "{port}", "--script", "{script}"),
    *("--ready-after", "0"),
]
HTTP: Mapping[str, Any] = {"kind": "http"}
#: So that a failure does not cost a test seconds.
QUICK: Mapping[str, Any] = {"max": 2, "backoff_seconds": 0.01}


def demo(*flags: str, **more: object) -> dict[str, Any]:
    """Return the config of a demo account with these flags."""
    return {"runtime": {"command": [*DEMO, *flags], "ready": HTTP, "restart": QUICK, **more}}


#: Programs that cost nothing to start, for what has nothing to do with answering.
SLEEPER = "#!/bin/sh\nexec sleep 600\n"
CRASHER = "#!/bin/sh\necho crashes\nexit $1\n"
LIVES: Mapping[str, Any] = {"kind": "process", "after_seconds": 0}


class Platform:
    """The API's end: what it wants, and what it was told."""

    def __init__(self, bus: Client) -> None:
        self._bus = bus
        self.wishes: dict[UUID, AccountDesired] = {}
        self.told: list[AccountState] = []
        self.texts: dict[str, str] = {}
        self._news = asyncio.Event()

    async def start(self) -> None:
        await self._bus.subscribe("account.state.*", cb=self._state)
        await self._bus.subscribe(topology.RPC_ACCOUNTS_DESIRED, cb=self._desired)
        await self._bus.flush()

    async def want(
        self, account: UUID | None = None, desired: Desired = "running", **more: object
    ) -> UUID:
        """Want something of an account, over the stream; what is not named stays as it was."""
        wish = self.wish(account, desired, **more)
        await self.send(wish)
        return wish.id

    def wish(
        self, account: UUID | None = None, desired: Desired = "running", **more: object
    ) -> AccountDesired:
        """Want something of an account, and tell nobody who does not ask."""
        key = account or uuid4()
        old = self.wishes.get(key)
        fields: dict[str, Any] = {"account_id": f"acc-{key.hex[:8]}", "server_id": "default"}
        if old:
            fields = old.model_dump(exclude={"drain"})
        fields |= {
            "id": key,
            "desired": desired,
            "generation": (old.generation if old else 0) + 1,
            "at": utc_now(),
            **more,
        }
        self.wishes[key] = AccountDesired(**fields)
        return self.wishes[key]

    async def send(self, wish: AccountDesired) -> None:
        await self._bus.jetstream().publish(
            topology.account_desired(wish.id),
            wish.encode(),
            headers={"Nats-Msg-Id": f"desired:{wish.id}:{wish.generation}"},
        )

    async def until(
        self,
        account: UUID,
        state: str,
        *,
        but: Callable[[AccountState], object] = lambda _: True,
    ) -> AccountState:
        """Wait until the last word about an account, for what is wanted now, is this."""
        try:
            async with asyncio.timeout(SECONDS):
                while True:
                    last = self.last(account)
                    if (
                        last
                        and last.state == state
                        and last.generation == self.wishes[account].generation
                        and but(last)
                    ):
                        return last
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            heard = [(each.state, each.generation, each.detail) for each in self.of(account)]
            raise AssertionError(f"not {state}, but {heard}") from None

    def of(self, account: UUID) -> list[AccountState]:
        return [each for each in self.told if each.id == account]

    def last(self, account: UUID) -> AccountState | None:
        return self.of(account)[-1] if self.of(account) else None

    def states(self, account: UUID) -> list[str]:
        """Return the states of an account in order, each once in a row."""
        states = [each.state for each in self.of(account)]
        return [one for one, before in zip(states, ["", *states], strict=False) if one != before]

    async def _state(self, message: Msg) -> None:
        state = AccountState.decode(message.data)
        if (last := self.last(state.id)) is None or state.seq > last.seq:
            self.told.append(state)
            self._news.set()

    async def _desired(self, message: Msg) -> None:
        question = DesiredPageRequest.decode(message.data)
        ours = sorted(
            (each for each in self.wishes.values() if each.server_id == question.server_id),
            key=lambda wish: wish.id,
        )
        rest = [each for each in ours if question.after is None or each.id > question.after]
        page, more = rest[: question.limit], rest[question.limit :]
        answer = DesiredPage(accounts=tuple(page), next=page[-1].id if more else None)
        await message.respond(answer.encode())


class Place:
    """A home, and runtimes that work in it."""

    def __init__(self, folder: Path, bus: Client, nats_url: str, nursery: Nursery) -> None:
        self.home = folder
        self._nursery = nursery
        self.platform = Platform(bus)
        self.nats_url = nats_url
        for name, text in (("sleeper", SLEEPER), ("crasher", CRASHER)):
            self.program(name, text)

    def settings(self, **more: object) -> AccountRuntimeSettings:
        ours: dict[str, Any] = {
            "nats_url": self.nats_url,
            "home": self.home,
            "runtime_listen_seconds": 0,
            "runtime_programs": self.programs_allowed,
            **more,
        }
        return AccountRuntimeSettings(**ours)

    def program(self, name: str, text: str) -> str:
        """Write a program; return its path."""
        file = self.home / name
        file.write_text(text)
        file.chmod(0o700)
        return str(file)

    def sleeper(self, **more: object) -> dict[str, Any]:
        """Return the config of a program that does nothing."""
        command = [str(self.home / "sleeper")]
        return {"runtime": {"command": command, "ready": LIVES, "restart": QUICK, **more}}

    def crasher(self, code: int, **more: object) -> dict[str, Any]:
        """Return the config of a program that ends at once."""
        command = [str(self.home / "crasher"), str(code)]
        return {"runtime": {"command": command, "restart": QUICK, **more}}

    @property
    def programs_allowed(self) -> str:
        return f"demo-account,{self.home}/sleeper,{self.home}/crasher"

    def folder(self, account: UUID) -> Path:
        return self.home / "account-runtime" / "accounts" / str(account)

    @asynccontextmanager
    async def here(self, **more: object) -> AsyncIterator[House]:
        """Run a runtime in this process."""
        left = asyncio.Event()
        async with AsyncExitStack() as stack:
            house = House(self.settings(**more), leave=left.set)
            parts = await house.build(stack)
            tasks = [asyncio.create_task(loop.run(), name=loop.name) for loop in parts.loops]
            try:
                yield house
            finally:
                assert parts.drain is not None
                await parts.drain()
                for loop in parts.loops:
                    loop.stop()
                await asyncio.gather(*tasks)

    def home_of(self, account: UUID) -> Path:
        return self.folder(account) / "home"

    async def apart(self, **env: str) -> Child:
        """Start a runtime as a process of its own."""
        return await self._nursery.start(
            **{
                "AUTOMATION_NATS_URL": self.nats_url,
                "AUTOMATION_RUNTIME_LISTEN_SECONDS": "0",
                "AUTOMATION_HOME": str(self.home),
                "AUTOMATION_RUNTIME_PROGRAMS": self.programs_allowed,
                "OUTPUT": str(self.home / "output"),
                **env,
            }
        )

    def programs(self, account: UUID) -> set[int]:
        """Return the numbers of the programs of an account that live: all but its keeper."""
        found = set()
        for each in marked(str(self.folder(account))):
            with contextlib.suppress(psutil.Error):
                if not any(word.endswith("/keeper.py") for word in each.cmdline()):
                    found.add(each.pid)
        return found

    def everything(self) -> list[psutil.Process]:
        """Return all that any account of this home has started, keepers included."""
        return marked(f"{self.home}/account-runtime/")

    def end(self) -> None:
        """End all that is left."""
        for each in self.everything():
            with contextlib.suppress(psutil.Error):
                each.kill()


def marked(beginning: str) -> list[psutil.Process]:
    """Find living processes by the mark in their environment."""
    found = []
    mark = f"\0{MARK}={beginning}".encode()
    for each in Path("/proc").glob("[0-9]*/environ"):  # psutil takes ten times as long to look
        with contextlib.suppress(psutil.Error, OSError):
            if mark in b"\0" + each.read_bytes():
                process = psutil.Process(int(each.parent.name))
                if process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
    return found


async def eventually(look: Callable[[], object], what: str) -> None:
    """Wait until *look* finds something in /proc, or among files: they tell nobody."""
    try:
        async with asyncio.timeout(SECONDS):
            while not look():  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {SECONDS} s: {what}") from None


async def ask(port: int) -> dict[str, Any]:
    """Ask a demo account who it is."""
    status, body = await probe.http_get(port, "/")
    said: dict[str, Any] = json.loads(body)
    return {"status": status, **said}


def port_of(state: AccountState) -> int:
    """Read the port from what people are told."""
    assert state.detail is not None
    return int(state.detail.removeprefix("port "))
