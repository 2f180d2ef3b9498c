"""Executors as a process runs them, runs for them to do, and tiny actions to do them with."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID, uuid4

from nats.aio.client import Client
from nats.errors import Error

from services.executor.claimed import ClaimedRun
from services.executor.executor import Executor
from services.executor.report import AttemptEnd
from services.executor.settings import ExecutorSettings
from services.executor.store.leases import Abilities, LeaseStore
from services.scheduler.store.orders import let_go
from shared.contracts.action import Action, ActionFailed, ActionParams, Context, Outcome
from shared.contracts.policy import TaskPolicy
from shared.contracts.runs import LogLine, LogLines, RunFinished, RunsFinished, RunStatus
from shared.db.pool import Pool, Record
from shared.domain.texts.catalog import Text
from shared.runtime.clock import utc_now
from shared.runtime.loop import Loop
from shared.runtime.secret_box import SecretBox
from tests.integration.scheduler.desk import LEASE, Desk, changed, request

SECONDS = 20.0
TITLE = Text("測試", "Test")

# As the scheduler lets the next attempt of a run go.
_ORDER_ATTEMPT = f"""
WITH moved AS (
    UPDATE scheduler.occurrences SET attempt = $2, held = false, not_before = NULL
    WHERE run_id = $1 RETURNING run_id, task_id, attempt, queue, priority
)
{let_go("SELECT * FROM moved")} RETURNING queue
"""  # noqa: S608 - our own words

_OUTCOMES = """
SELECT run_id, outcome FROM executor.leases
WHERE run_id = ANY($1::uuid[]) AND outcome IS NOT NULL AND attempt = coalesce($2, attempt)
UNION ALL
SELECT run_id, status FROM log.runs
WHERE run_id = ANY($1::uuid[]) AND final AND attempt = coalesce($2, attempt)
"""

Deed = Literal["succeed", "fail", "break", "wait", "exit", "cancel itself", "return nothing"]


class ProbeParams(ActionParams):
    """What the probe is to do."""

    deed: Deed = "succeed"
    text: str = "done"
    lines: int = 0


@dataclass
class Probe(Action[ProbeParams]):
    """Does as it is told, and remembers what it did."""

    begun: list[tuple[UUID, int]] = field(default_factory=list)
    ended: list[tuple[UUID, int]] = field(default_factory=list)
    cancelled: list[tuple[UUID, int]] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    name = "probe"
    title = TITLE
    description = TITLE
    params = ProbeParams

    async def run(self, params: ProbeParams, context: Context) -> Outcome:
        key = (context.run_id, context.attempt)
        self.begun.append(key)
        for number in range(params.lines):
            context.log(f"{params.text} {number}")
        try:
            await self._do(params)
        except asyncio.CancelledError:
            self.cancelled.append(key)
            raise
        self.ended.append(key)
        if params.deed == "return nothing":
            return None  # type: ignore[return-value]
        return Outcome(params.text, {"attempt": context.attempt})

    async def _do(self, params: ProbeParams) -> None:
        match params.deed:
            case "wait":
                await self.go_on.wait()
            case "fail":
                raise ActionFailed(params.text, permanent=True, data={"code": 7})
            case "break":
                raise RuntimeError(f"the password is {params.text}")
            case "exit":
                sys.exit(3)
            case "cancel itself":
                raise asyncio.CancelledError
            case _:
                await asyncio.sleep(0)


class Stubborn(Action[ProbeParams]):
    """Makes another error of a cancellation."""

    name = "stubborn"
    title = TITLE
    description = TITLE
    params = ProbeParams

    async def run(self, params: ProbeParams, context: Context) -> Outcome:  # noqa: ARG002 - the interface
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ActionFailed("interrupted") from None
        return Outcome("never")


@dataclass
class Floor:
    """Where executors work."""

    desk: Desk
    settings: dict[str, Any]
    probe: Probe = field(default_factory=Probe)
    executors: list[RunningExecutor] = field(default_factory=list)
    restarts: list[UUID] = field(default_factory=list)
    """Executors that wanted to be started afresh."""
    ended_processes: list[UUID] = field(default_factory=list)
    """Executors whose process would have ended."""

    @property
    def pool(self) -> Pool:
        return self.desk.pool

    async def order(
        self,
        count: int = 1,
        *,
        action: str = "probe",
        timeout_seconds: int = 60,
        policy: TaskPolicy | None = None,
        **params: Any,  # noqa: ANN401 - whatever the action takes
    ) -> list[UUID]:
        """Have *count* runs of one task ordered; return them."""
        task = changed(
            uuid4(),
            1,
            utc_now(),
            task_action=action,
            action_config=params,
            timeout_seconds=timeout_seconds,
            policy=policy or TaskPolicy(),
        )
        await self.desk.applier.tasks_changed([task])
        asked = [request(task.task_id) for _ in range(count)]
        await self.desk.applier.runs_requested(asked)
        return [each.run_id for each in asked]

    async def order_attempt(self, run_id: UUID, attempt: int) -> None:
        """Have an attempt of a run ordered, as the scheduler does."""
        queue = await self.pool.fetchval(_ORDER_ATTEMPT, run_id, attempt)
        await self.desk.dispatcher.announce([queue])

    async def claim_attempt(
        self, run_id: UUID, attempt: int, leases: LeaseStore | None = None
    ) -> list[ClaimedRun]:
        """Have an attempt of a run ordered, and claim it: with *leases*, or as a new executor."""
        await self.order_attempt(run_id, attempt)
        return await (leases or self.leases()).claim(1)

    def leases(
        self,
        executor_id: UUID | None = None,
        abilities: Abilities = Abilities(),  # noqa: B008 - it never changes
    ) -> LeaseStore:
        return LeaseStore(self.desk.executors, executor_id or uuid4(), LEASE, abilities)

    def executor(
        self,
        *,
        client: Client | None = None,
        actions: Mapping[str, Action[Any]] | None = None,
        box: SecretBox | None = None,
        **settings: Any,  # noqa: ANN401 - of `ExecutorSettings`
    ) -> RunningExecutor:
        """Return an executor that is not started yet."""
        executor_id = uuid4()
        executor = RunningExecutor(
            executor_id,
            Executor(
                ExecutorSettings(**{"drain_seconds": 5.0, **self.settings, **settings}),
                executor_id=executor_id,
                pool=self.desk.executors,
                client=client or self.desk.client,
                actions=actions if actions is not None else {"probe": self.probe},
                box=box,
                restart=lambda: self.restarts.append(executor_id),
                end_process=lambda: self.ended_processes.append(executor_id),
            ),
        )
        self.executors.append(executor)
        return executor

    async def lease(self, run_id: UUID) -> Record | None:
        return await self.pool.fetchrow("SELECT * FROM executor.leases WHERE run_id = $1", run_id)

    async def outcome(self, run_id: UUID) -> str | None:
        """Return how a run ended, or what its lease says of the end of its attempt."""
        return (await self.outcomes([run_id])).get(run_id)

    async def outcomes(self, runs: Sequence[UUID], attempt: int | None = None) -> dict[UUID, str]:
        """Return that of each which has one, whichever its attempt, or at this one."""
        rows = await self.pool.fetch(_OUTCOMES, runs, attempt)
        return {row["run_id"]: row["outcome"] for row in rows}

    async def finished(self, runs: Sequence[UUID], attempt: int | None = None) -> dict[UUID, str]:
        """Wait until an attempt of each of *runs* has ended, or this one; return how."""

        async def look() -> bool:
            return len(await self.outcomes(runs, attempt)) == len(runs)

        await eventually(look, "all runs have an end")
        return await self.outcomes(runs, attempt)

    async def workers(self) -> set[str]:
        """Return which executors runs ended on."""
        rows = await self.pool.fetch("SELECT executor FROM log.runs WHERE final")
        return {row["executor"] for row in rows}

    async def payloads(self, stream: str, word: str) -> list[bytes]:
        """Return what a stream holds on subjects `task.<word>.*`."""
        js = self.desk.js
        state = (await js.stream_info(stream)).state
        found = []
        for sequence in range(state.first_seq, state.last_seq + 1) if state.messages else ():
            message = await js.get_msg(stream, sequence)
            if (message.subject or "").startswith(f"task.{word}."):
                found.append(message.data or b"")
        return found

    async def said(self) -> list[RunFinished]:
        """Return the results that were said, in order."""
        payloads = await self.payloads("RUNS", "finished")
        return [run for each in payloads for run in RunsFinished.decode(each).runs]

    async def said_of(self, runs: Sequence[UUID]) -> dict[UUID, RunFinished]:
        """Wait until the results of all of *runs* were said; return them."""

        async def look() -> bool:
            return set(runs) <= {run.run_id for run in await self.said()}

        await eventually(look, "all results are said")
        return {run.run_id: run for run in await self.said() if run.run_id in runs}

    async def times_said(self) -> Counter[tuple[UUID, int]]:
        return Counter((run.run_id, run.attempt) for run in await self.said())

    async def lines(self) -> list[LogLine]:
        payloads = await self.payloads("LOGS", "log")
        return [line for each in payloads for line in LogLines.decode(each).lines]

    async def orders_left(self) -> int:
        return await self.desk.waiting()

    async def no_order_left(self) -> None:
        async def look() -> bool:
            return await self.orders_left() == 0

        await eventually(look, "every order is taken")

    @asynccontextmanager
    async def held_up(
        self, run_id: UUID, claim: Callable[[], Awaitable[object]]
    ) -> AsyncIterator[None]:
        """Let the claim of a run wait, within the block, for a lease that somebody writes."""
        async with self.pool.acquire() as connection:
            in_the_way = connection.transaction()
            await in_the_way.start()
            await connection.execute(
                "INSERT INTO executor.leases (run_id, task_id, attempt, executor_id, lease_until)"
                " VALUES ($1, $1, 1, $1, now())",
                run_id,
            )
            await claim()

            async def is_waiting() -> object:
                waiting = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"
                return await connection.fetchval(waiting)

            await eventually(is_waiting, "the claim waits")
            yield
            await in_the_way.rollback()

    async def wait_until_running(self, count: int) -> None:
        async def look() -> bool:
            return len(self.probe.begun) >= count

        await eventually(look, f"{count} attempts are under way")


class RunningExecutor:
    """One executor and its loops."""

    def __init__(self, executor_id: UUID, executor: Executor) -> None:
        self.id = executor_id
        self.executor = executor
        self._loops: tuple[Loop, ...] = ()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to take orders."""
        self._loops = await self.executor.start()
        self._tasks = [asyncio.create_task(loop.run()) for loop in self._loops]

    async def stop(self) -> None:
        """Do as a process does on SIGTERM."""
        await self.executor.drain()
        for loop, task in zip(reversed(self._loops), reversed(self._tasks), strict=True):
            loop.stop()
            await task

    async def look(self) -> None:
        """Have it look for orders; what it found runs when this returns."""
        intake = self.executor.intake
        before = intake.claims_begun
        intake.told()

        async def look() -> bool:
            return intake.claims_ended > before

        await eventually(look, "it has looked for orders")

    async def stop_telling(self) -> None:
        """Let results wait in the journal."""
        self._loops[0].stop()
        await self._tasks[0]

    async def die(self) -> None:
        """Go without a word, with everything that runs."""
        under_way = self.executor.under_way
        runs = [*under_way._running.values(), *under_way._astray]  # noqa: SLF001 - they die with it
        running = [each.task for each in runs]
        for task in (*self._tasks, *running):
            task.cancel()
        for loop in self._loops:  # what it waits for may keep a cancellation to itself
            loop.stop()
        await asyncio.gather(*self._tasks, *running, return_exceptions=True)
        for each in self.executor._hints._subscriptions:  # noqa: SLF001 - as its connection would
            with contextlib.suppress(Error):
                await each.unsubscribe()


@asynccontextmanager
async def open_floor(desk: Desk, settings: dict[str, Any]) -> AsyncIterator[Floor]:
    """Give a floor without executors; those that were started end with it."""
    floor = Floor(desk, settings)
    try:
        yield floor
    finally:
        for executor in floor.executors:
            await executor.die()


def ended(
    run: ClaimedRun,
    status: RunStatus = RunStatus.SUCCESS,
    **fields: Any,  # noqa: ANN401 - of `AttemptEnd`
) -> AttemptEnd:
    """Return the end of a claimed attempt."""
    now = utc_now()
    end = AttemptEnd(
        run_id=run.run_id,
        task_id=run.task_id,
        attempt=run.attempt,
        trigger=run.trigger,
        scheduled_for=run.scheduled_for,
        claimed_at=run.claimed_at,
        started_at=now,
        executor="executor-1",
        status=status,
        completed_at=now,
        result=f"attempt {run.attempt}",
        error_message=None,
        execution_data="{}",
        retry_at=None,
    )
    return end._replace(**fields)


def told(end: AttemptEnd) -> RunFinished:
    """Return what is said of it."""
    return RunFinished.model_validate_json(end.record())


async def eventually(look: Callable[[], Awaitable[object]], what: str) -> None:
    """Look again and again until it is true."""
    try:
        async with asyncio.timeout(SECONDS):
            while True:
                if await look():
                    return
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"not within {SECONDS} s: {what}") from None
