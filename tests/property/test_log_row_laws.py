"""Laws of the log row: what is said and stored of a run ends in one row, in whichever order.

Held against the real store. Every example has runs of its own, so nothing is cleaned up between.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.executor.report import AttemptEnd
from services.log_writer.store.runs import RunStore
from shared.contracts.runs import RunStarted, RunStatus
from shared.db.pool import Pool, open_pool
from tests.integration.ends.builders import NOON, ended, record, row_of, statistics_of
from tests.integration.log_writer.builders import started

FINAL = [status for status in RunStatus if status.is_final]

EXAMPLES = settings(
    # The pool is one for the whole module, on purpose.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pool(module_database: str) -> AsyncIterator[Pool]:
    pool = await open_pool(module_database, name="test")
    yield pool
    await pool.close()


#: How an attempt ended that another one follows: its executor died, it failed, it asked for time.
LOST, AGAIN, SNOOZED = None, RunStatus.FAILURE, RunStatus.RUNNING


@dataclass(frozen=True)
class Life:
    """What happened to one run: how its attempts ended, and how the last of them, if it did."""

    before: tuple[RunStatus | None, ...]
    status: RunStatus | None

    @property
    def attempts(self) -> int:
        return len(self.before) + 1

    def told(self, run: UUID, task: UUID) -> list[RunStarted | AttemptEnd]:
        """Return all that was said and stored of it."""
        said: list[RunStarted | AttemptEnd] = [
            started(run, task, attempt=number + 1) for number in range(self.attempts)
        ]
        said += [
            ended(run, task, end, attempt=number, retry_at=NOON)
            for number, end in enumerate(self.before, 1)
            if end is not LOST
        ]
        if self.status:
            said.append(ended(run, task, self.status, attempt=self.attempts))
        return said

    def attempt_rows(self) -> list[tuple[int, str]]:
        """Return what the log is to have of its attempts."""
        words = {LOST: "running", AGAIN: "failure", SNOOZED: "snoozed"}
        last = self.status.value if self.status else "running"
        return list(enumerate([*(words[end] for end in self.before), last], 1))


lives = st.builds(
    Life,
    before=st.lists(st.sampled_from((LOST, AGAIN, SNOOZED)), max_size=3).map(tuple),
    status=st.one_of(st.none(), st.sampled_from(FINAL)),
)


async def write(pool: Pool, told: Sequence[RunStarted | AttemptEnd], batch: int) -> None:
    """Write what is told in the order in which it comes, a few at a time."""
    for at in range(0, len(told), batch):
        some = told[at : at + batch]
        await RunStore(pool).write_started([each for each in some if isinstance(each, RunStarted)])
        ends = [each for each in some if isinstance(each, AttemptEnd)]
        while ends:  # at most one of each run at once
            first = {end.run_id: end for end in reversed(ends)}
            await record(pool, *first.values())
            ends = [end for end in ends if end not in first.values()]


@EXAMPLES
@given(lives=st.lists(lives, min_size=1, max_size=4), data=st.data())
async def test_any_order_and_any_repetition_ends_in_the_same_row_and_the_same_statistics(
    pool: Pool, lives: list[Life], data: st.DataObject
) -> None:
    task = uuid4()
    runs = {uuid4(): life for life in lives}
    said = [each for run, life in runs.items() for each in life.told(run, task)]
    again = data.draw(st.lists(st.sampled_from(said), max_size=8))
    arriving = data.draw(st.permutations([*said, *again]))

    await write(pool, arriving, data.draw(st.integers(1, len(arriving))))

    ended = [life.status for life in lives if life.status]
    successes = ended.count(RunStatus.SUCCESS)
    failures = len(ended) - successes - ended.count(RunStatus.CANCELLED)
    assert await statistics_of(pool, task) == (len(ended), successes, failures)
    for run, life in runs.items():
        row = await row_of(pool, run)
        assert (row["status"], row["final"], row["attempt"], row["executor"]) == (
            life.status or RunStatus.RUNNING,
            life.status is not None,
            life.attempts,
            f"executor-{life.attempts}",
        )
        assert (row["completed_at"] is None) == (life.status is None)
        rows = await pool.fetch(
            "SELECT attempt, status FROM log.api_attempts WHERE run_id = $1 ORDER BY attempt", run
        )
        assert [tuple(row) for row in rows] == life.attempt_rows()


@EXAMPLES
@given(
    words=st.lists(st.sampled_from(FINAL), min_size=2, max_size=6),
    batch=st.integers(1, 6),
    attempts=st.permutations(range(1, 7)),
)
async def test_of_contradicting_final_words_the_first_stands_for_ever(
    pool: Pool, words: list[RunStatus], batch: int, attempts: list[int]
) -> None:
    run, task = uuid4(), uuid4()
    heard = [
        ended(run, task, word, attempt=attempt)
        for word, attempt in zip(words, attempts, strict=False)
    ]

    await write(pool, heard, batch)

    row = await row_of(pool, run)
    assert (row["status"], row["attempt"]) == (words[0], attempts[0])
    assert (await statistics_of(pool, task))[0] == 1


@EXAMPLES
@given(data=st.data(), before=st.lists(st.sampled_from((AGAIN, SNOOZED)), min_size=1, max_size=3))
async def test_a_run_that_waits_for_its_next_attempt_says_so_and_is_not_counted(
    pool: Pool, before: list[RunStatus], data: st.DataObject
) -> None:
    run, task = uuid4(), uuid4()
    last = len(before)
    said: list[RunStarted | AttemptEnd] = [
        started(run, task, attempt=number) for number in range(1, last + 1)
    ]
    said += [
        ended(run, task, end, attempt=number, retry_at=NOON) for number, end in enumerate(before, 1)
    ]
    arriving = data.draw(st.permutations([*said, *said]))

    await write(pool, arriving, data.draw(st.integers(1, len(arriving))))

    row = await row_of(pool, run)
    assert (row["status"], row["final"], row["attempt"]) == ("retrying", False, last)
    assert (row["completed_at"], row["duration_seconds"], row["result"]) == (None, None, None)
    assert await statistics_of(pool, task) == (0, 0, 0)
