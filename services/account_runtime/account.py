"""One account: makes the moves that `plan.decide` names, one at a time.

Whatever is done is written down first: a stop before the signal, a start before the keeper. So the
next runtime, however this one ends, finds what there is to go on with.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

from services.account_runtime import command, keepers, metrics, outcome, plan, ports, telling
from services.account_runtime.checkup import Checkup
from services.account_runtime.keepers import Keeper
from services.account_runtime.outcome import Ended
from services.account_runtime.plan import Judged, Refusal
from services.account_runtime.record import HOME, Record, Run
from services.account_runtime.room import Room
from services.account_runtime.scripts import NoText, Shelf, WrongText
from shared.contracts.account_config import RuntimeConfig
from shared.contracts.accounts import AccountDesired, ScriptPin
from shared.runtime.loop import Loop

#: Nothing to do: news wakes us.
LONG = timedelta(hours=1)
AT_ONCE = timedelta(0)
#: A keeper takes 20 ms from its start to the start of its program.
NOT_YET = timedelta(milliseconds=10)
#: Between two tries to get a text that nobody has.
FETCH_AGAIN = timedelta(seconds=1)
#: Nor does a wrong text get right soon.
WRONG_AGAIN = timedelta(seconds=30)
#: How long a keeper may take to kill its program before we do it ourselves.
KILLED_SECONDS = 1.0

log = logging.getLogger(__name__)


class Account:
    """One account of this runtime."""

    def __init__(
        self, record: Record, room: Room, *, on_forgotten: Callable[[AccountDesired], None]
    ) -> None:
        self._record, self._room = record, room
        self._on_forgotten = on_forgotten
        self._folder = room.records.folder(record.wanted.id)
        self._writing = asyncio.Lock()
        self._keeper: Keeper | None = None
        self._is_recovered = False
        self._home = self._folder / HOME
        self._shelf = Shelf(self._home, room.library)
        self._checkup = Checkup(room.prober, self._home)
        self._end_by: float | None = None
        self.is_forgotten = False
        self.loop = Loop(f"account {record.wanted.account_id}", self.step)

    @property
    def record(self) -> Record:
        """What is known of it."""
        return self._record

    @property
    def is_running(self) -> bool:
        """Whether a program of it lives."""
        return self._keeper is not None and self._keeper.alive

    async def hear(self, wish: AccountDesired) -> None:
        """Take a wish, unless it is an old one; it is on the disk when this returns."""
        news = plan.heard(self._record, wish, boot=self._room.boot)
        if news is not None:
            await self._keep(news)
            self._wake()

    async def leave(self) -> None:
        """Another runtime has it now."""
        if not self._record.leaving:
            await self._keep(self._record.model_copy(update={"leaving": True}))
            self._wake()

    def end_by(self, moment: float) -> None:
        """This runtime ends, and the account with it."""
        self._end_by = moment
        self._wake()

    def repeat(self) -> None:
        """Say again how it is."""
        if self._record.told and not self._record.leaving:
            self._room.say(self._record.wanted, self._record.told)

    def let_go(self) -> None:
        """Forget the keeper, which lives on."""
        if self._keeper:
            self._keeper.close()
            self._keeper = None

    async def step(self) -> timedelta:
        """Make one move and say what has changed."""
        if not self._is_recovered:
            await self._recover()
        record, now = self._record, self._room.now()
        judged = command.judge(record.wanted.config, self._room.programs)
        move = plan.decide(
            record,
            judged,
            alive=self.is_running,
            in_hand=await self._shelf.has(record.wanted.script),
            now=now,
            end_by=self._end_by,
        )
        rest = await self._make(move, record, judged, now)
        if not self.is_forgotten:
            await self._tell()
        return rest

    async def _make(self, move: plan.Move, seen: Record, judged: Judged, now: float) -> timedelta:
        """Make a move that was decided over *seen*; meanwhile a new wish may have come."""
        match move:
            case plan.Rest(until):
                return LONG if until is None else timedelta(seconds=max(until - now, 0.001))
            case plan.Fetch(pin):
                return await self._fetch(pin, seen)
            case plan.End(stop):
                await self._change(stop=stop)
                self._send(signal.SIGTERM)
            case plan.Kill():
                await self._kill()
            case plan.Settle(run):
                await self._settle(run, judged, now)
            case plan.Hold(detail):
                await self._hold(detail, seen)
            case plan.Forget():
                await self._forget()
            case plan.Begin() | plan.Reload() | plan.Watch() if not isinstance(judged, Refusal):
                return await self._go_on(move, seen, judged, now)
        return AT_ONCE

    async def _go_on(
        self, move: plan.Onward, seen: Record, config: RuntimeConfig, now: float
    ) -> timedelta:
        match move:
            case plan.Begin():
                await self._begin(seen.wanted, config, now)
            case plan.Reload():
                await self._shelf.put(seen.wanted.script)
                ready_by = now + config.ready.timeout_seconds
                await self._change(script=seen.wanted.script, ready_by=ready_by)
                self._send(signal.SIGHUP)
            case plan.Watch(run):
                return await self._watch(run, config, now)
        return AT_ONCE

    async def _recover(self) -> None:
        """Find what an earlier runtime has started, or see to it that it never starts."""
        record = self._record
        if record.boot != self._room.boot:  # nothing has outlived the machine
            await self._keep(outcome.rebooted(record, self._room.boot))
        elif record.run:
            self._adopt(await keepers.find(self._folder, record.run.token))
            if self._keeper and record.run.stop:
                self._send(signal.SIGTERM)  # perhaps it was noted and not sent
        self._is_recovered = True

    def _adopt(self, keeper: Keeper | None) -> None:
        self._keeper = keeper
        self._checkup.begin()
        if keeper:
            keeper.watch(self.loop.wake)

    async def _begin(self, want: AccountDesired, config: RuntimeConfig, now: float) -> None:
        self._home.mkdir(mode=0o700, exist_ok=True)
        await self._shelf.put(want.script)
        with suppress(OSError):  # of an earlier start; or there is none
            (self._home / config.ready.file).unlink()
        if self._end_by is not None:  # meanwhile
            return
        run = command.run_of(
            config,
            want,
            token=uuid4().hex,
            port=config.port or ports.free_port(),
            home=self._home,
            marks=keepers.environment(self._folder),
            log_bytes=self._room.log_bytes,
            now=now,
        )
        await self._keep(self._record.model_copy(update={"run": run, "boot": self._room.boot}))
        self._adopt(keepers.start(self._folder, run.token))

    async def _settle(self, run: Run, judged: Judged, now: float) -> None:
        ended = keepers.how_ended(self._folder, run.token)
        if ended is None:  # its keeper was killed, or never came so far
            await keepers.end_marked(self._folder)
            await keepers.find(self._folder, run.token)
            ended = Ended()
        self.let_go()
        record = outcome.settled(self._record, run, ended, judged, now)
        log.info(
            "the program of %s has ended: %s",
            record.wanted.account_id,
            record.detail or (run.stop.why.value if run.stop else "unseen"),
        )
        metrics.ENDS.labels(run.stop.why.value if run.stop else "itself").inc()
        await self._keep(record)

    async def _kill(self) -> None:
        """Let the keeper kill it; if that is not heard, kill both."""
        self._send(signal.SIGUSR1)
        try:
            async with asyncio.timeout(KILLED_SECONDS):
                while self._keeper and self._keeper.alive:  # noqa: ASYNC110 - for a moment
                    await asyncio.sleep(keepers.POLL_SECONDS)
        except TimeoutError:
            log.warning("the keeper of %s does not listen", self._record.wanted.account_id)
            await keepers.end_marked(self._folder)

    async def _fetch(self, pin: ScriptPin, seen: Record) -> timedelta:
        try:
            await self._shelf.fetch(pin)
        except (NoText, WrongText) as error:
            detail, is_wrong = str(error), isinstance(error, WrongText)
            if is_wrong and self._record.run is None:
                await self._hold(detail, seen)
            else:  # what runs plays what it has
                await self._keep(self._record.model_copy(update={"detail": detail}))
            return WRONG_AGAIN if is_wrong else FETCH_AGAIN
        return AT_ONCE

    async def _watch(self, run: Run, config: RuntimeConfig, now: float) -> timedelta:
        if self._keeper is None or self._keeper.program() is None:
            return NOT_YET
        seen, rest = await self._checkup.look(config, run, now)
        if seen is not run:
            await self._keep(self._record.model_copy(update={"run": seen}))
        if seen.stop:
            self._send(signal.SIGTERM)
        return rest

    async def _forget(self) -> None:
        """End with it; what is wanted of it was done."""
        if not self._record.leaving:
            await self._tell()
        await asyncio.to_thread(self._room.records.forget, self._record.wanted.id)
        self.is_forgotten = True
        self.loop.stop()
        self._on_forgotten(self._record.wanted)

    async def _tell(self) -> None:
        program = self._keeper.program() if self._keeper else None
        at = self._room.today()
        told = telling.told(
            self._record,
            pid=program.pid if program else None,
            healthy=self._checkup.healthy,
            at=at,
            milliseconds=int(at.timestamp() * 1000),
            closing=self._end_by is not None,
        )
        if told is not None:
            await self._keep(self._record.model_copy(update={"told": told}))
        if told is not None and not self._record.leaving:
            self._room.say(self._record.wanted, told)

    async def _hold(self, detail: str, seen: Record) -> None:
        """Try no more, unless what was tried is not what is wanted any more."""
        if self._record.wanted.generation == seen.wanted.generation:
            await self._keep(outcome.held(self._record, "failed", detail))

    def _wake(self) -> None:
        self._checkup.interrupt()
        self.loop.wake()

    def _send(self, number: signal.Signals) -> None:
        if self._keeper:
            self._keeper.send(number)

    async def _change(self, **changes: object) -> None:
        run = self._record.run
        changed = run.model_copy(update=changes) if run else None
        await self._keep(self._record.model_copy(update={"run": changed}))

    async def _keep(self, record: Record) -> None:
        """Know this from now on; what cannot be written down is not known."""
        if record == self._record:
            return
        before, self._record = self._record, record
        try:
            async with self._writing:
                await asyncio.to_thread(self._room.records.write, self._record)
        except Exception:
            if self._record is record:
                self._record = before
            raise
