"""What a failed attempt leads to: another one, or the end; with the database's word for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.action import (
    Action,
    ActionFailed,
    Cancel,
    Context,
    NeedsOperator,
    Outcome,
    Snooze,
)
from shared.contracts.policy import Retry, TaskPolicy
from shared.contracts.runs import RunFinished, RunStatus
from shared.runtime.clock import utc_now
from tests.integration.executor.floor import TITLE, Floor, ProbeParams, ended

QUICK = TaskPolicy(retry=Retry(max_attempts=3, initial_interval_seconds=10, jitter=0))
HOUR = timedelta(hours=1)


@dataclass
class Script(Action[ProbeParams]):
    """Ends each attempt as the test says; the last end repeats."""

    ends: list[Any]
    attempts: list[int] = field(default_factory=list)

    name = "script"
    title = TITLE
    description = TITLE
    params = ProbeParams

    async def run(self, params: ProbeParams, context: Context) -> Outcome:  # noqa: ARG002 - the interface
        self.attempts.append(context.attempt)
        end = self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]
        if isinstance(end, Exception):
            raise end
        return end  # type: ignore[no-any-return]


async def admitted(floor: Floor, run: UUID) -> None:
    """Order the next attempt, as the scheduler does once it may begin."""
    lease = await floor.lease(run)
    assert lease is not None
    await floor.order_attempt(run, lease["attempt"] + 1)


async def said_of_attempts(floor: Floor, run: UUID, count: int) -> list[RunFinished]:
    """Let a run have *count* attempts, one after the other; return what was said of them."""
    for attempt in range(1, count):
        await floor.finished([run], attempt)
        await admitted(floor, run)
    await floor.finished([run], count)
    await floor.said_of([run])
    said = [each for each in await floor.said() if each.run_id == run]
    assert len(said) == count
    return said


async def begin(floor: Floor, *ends: object, policy: TaskPolicy = QUICK) -> tuple[UUID, Script]:
    script = Script(list(ends))
    (run,) = await floor.order(action="script", policy=policy)
    await floor.executor(actions={"script": script}).start()
    return run, script


def pause_of(said: RunFinished) -> timedelta:
    assert said.retry_at is not None
    return said.retry_at - said.completed_at


async def test_a_failed_attempt_is_followed_by_as_many_as_the_policy_says(floor: Floor) -> None:
    run, script = await begin(floor, ActionFailed("no answer"))

    first, second, last = await said_of_attempts(floor, run, 3)

    assert script.attempts == [1, 2, 3]
    assert {each.status for each in (first, second, last)} == {RunStatus.FAILURE}
    assert [pause_of(each).total_seconds() for each in (first, second)] == [10, 20]
    assert last.retry_at is None
    assert await floor.outcome(run) == "failure"


async def test_the_lease_says_when_the_next_attempt_may_begin_and_the_log_how_this_one_ended(
    floor: Floor,
) -> None:
    run, _ = await begin(floor, ActionFailed("no answer"))

    await floor.finished([run], 1)

    (said,) = (await floor.said_of([run])).values()
    lease = await floor.lease(run)
    assert lease is not None
    assert (lease["outcome"], lease["retry_at"], lease["failed"]) == ("retry", said.retry_at, 0)
    row = await floor.pool.fetchrow(
        "SELECT status, error_message, retry_at FROM log.api_attempts WHERE run_id = $1", run
    )
    assert row is not None
    assert tuple(row) == ("failure", "no answer", said.retry_at)
    assert not (await floor.desk.row(run))["settled"]


async def test_success_after_a_failure_is_success(floor: Floor) -> None:
    run, _ = await begin(floor, ActionFailed("no answer"), Outcome("done"))

    first, last = await said_of_attempts(floor, run, 2)

    assert (first.status, first.error_message) == (RunStatus.FAILURE, "no answer")
    assert (last.status, last.result, last.retry_at) == (RunStatus.SUCCESS, "done", None)
    assert await floor.lease(run) is None
    assert await floor.outcome(run) == "success"


async def test_what_is_permanent_is_the_end(floor: Floor) -> None:
    policy = TaskPolicy(retry=Retry(non_retryable=("AuthError",)))
    ends = {
        "permanent": ActionFailed("refused", permanent=True),
        "permanent with a wish": ActionFailed("refused", permanent=True, retry_after=5),
        "named by the policy": ActionFailed("AuthError: wrong password"),
    }
    script = Script([None])
    await floor.executor(actions={"script": script}).start()
    for name, end in ends.items():
        script.ends = [end]
        (run,) = await floor.order(action="script", policy=policy)

        assert await floor.finished([run]) == {run: "failure"}, name
        said = (await floor.said_of([run]))[run]
        assert (said.error_message, said.retry_at) == (str(end), None), name


async def test_a_policy_may_name_what_alone_is_tried_again(floor: Floor) -> None:
    only_slow = TaskPolicy(retry=Retry(retry_on=("not finished within",)))
    await floor.executor().start()
    (bug,) = await floor.order(policy=only_slow, deed="break")
    (slow,) = await floor.order(policy=only_slow, deed="wait", timeout_seconds=1)

    assert await floor.finished([bug, slow]) == {bug: "failure", slow: "retry"}


async def test_parameters_that_do_not_fit_are_permanent(floor: Floor) -> None:
    await floor.executor().start()
    (run,) = await floor.order(policy=QUICK, unheard_of=1)

    assert await floor.finished([run]) == {run: "failure"}


async def test_a_bug_and_a_timeout_are_tried_again(floor: Floor) -> None:
    await floor.executor().start()
    (bug,) = await floor.order(policy=QUICK, deed="break")
    (slow,) = await floor.order(policy=QUICK, deed="wait", timeout_seconds=1)

    assert await floor.finished([bug, slow]) == {bug: "retry", slow: "retry"}
    said = await floor.said_of([bug, slow])
    assert said[slow].status is RunStatus.TIMED_OUT


async def test_without_retry_in_the_policy_a_failure_is_the_end(floor: Floor) -> None:
    policy = TaskPolicy(start_deadline_seconds=60)
    run, _ = await begin(floor, ActionFailed("no answer"), policy=policy)

    assert await floor.finished([run]) == {run: "failure"}


async def test_a_policy_that_cannot_be_read_is_none(floor: Floor) -> None:
    (run,) = await floor.order(deed="break")
    await floor.pool.execute("UPDATE scheduler.jobs SET policy = $1", '{"retry": "often"}')
    await floor.executor().start()

    assert await floor.finished([run]) == {run: "failure"}


async def test_what_the_other_side_asks_for_goes_before_the_policy(floor: Floor) -> None:
    run, _ = await begin(floor, ActionFailed("too many", retry_after=77))

    (said,) = await said_of_attempts(floor, run, 1)

    assert pause_of(said) == timedelta(seconds=77)


async def test_a_snooze_uses_up_no_attempt(floor: Floor) -> None:
    policy = TaskPolicy(retry=Retry(max_attempts=2, jitter=0))
    until = utc_now() + HOUR
    run, script = await begin(
        floor,
        Snooze("not yet", seconds=30),
        ActionFailed("no answer"),
        Snooze("still not", until=until),
        ActionFailed("no answer"),
        policy=policy,
    )

    snoozed, failed, again, last = await said_of_attempts(floor, run, 4)

    assert script.attempts == [1, 2, 3, 4]
    assert (snoozed.status, snoozed.result) == (RunStatus.RUNNING, "not yet")
    assert pause_of(snoozed) == timedelta(seconds=30)
    assert failed.status is RunStatus.FAILURE
    assert pause_of(failed) == timedelta(seconds=1)
    assert again.retry_at == until
    assert (last.status, last.retry_at) == (RunStatus.FAILURE, None)
    assert await floor.outcome(run) == "failure"


async def test_a_snooze_needs_no_policy_and_ends_a_second_later_at_the_earliest(
    floor: Floor,
) -> None:
    run, _ = await begin(floor, Snooze("at once", seconds=0), policy=TaskPolicy())

    assert await floor.finished([run]) == {run: "snoozed"}
    assert pause_of((await floor.said_of([run]))[run]) == timedelta(seconds=1)


def test_a_snooze_that_is_no_time_is_a_bug_of_its_action() -> None:
    wrong: dict[str, dict[str, Any]] = {
        "none": {},
        "negative": {"seconds": -1},
        "endless": {"seconds": float("inf")},
        "not a number": {"seconds": float("nan")},
        "both": {"seconds": 1, "until": utc_now()},
        "no zone": {"until": datetime(2026, 1, 1)},  # noqa: DTZ001 - refused for it
    }
    for times in wrong.values():
        with pytest.raises(ValueError, match=r"snooze|until"):
            Snooze("not yet", **times)


async def test_a_run_that_needs_a_person_says_so_and_is_over(floor: Floor) -> None:
    run, _ = await begin(floor, NeedsOperator("log in again", link="https://example.org/login"))

    assert await floor.finished([run]) == {run: "needs_operator"}
    said = (await floor.said_of([run]))[run]
    assert (said.status, said.error_message) == (RunStatus.NEEDS_OPERATOR, "log in again")
    assert said.execution_data["result"] == {"link": "https://example.org/login"}
    assert said.retry_at is None


async def test_an_action_may_cancel_its_own_run(floor: Floor) -> None:
    run, _ = await begin(floor, Cancel("nothing to do"))

    assert await floor.finished([run]) == {run: "cancelled"}
    said = (await floor.said_of([run]))[run]
    assert (said.status, said.error_message) == (RunStatus.CANCELLED, "nothing to do")


async def test_what_waits_for_its_next_attempt_is_claimed_by_that_one_only(floor: Floor) -> None:
    leases = floor.leases()
    (run,) = await floor.order()
    (first,) = await leases.claim(1)
    await leases.store([ended(first, RunStatus.FAILURE, retry_at=utc_now())])

    assert await floor.claim_attempt(run, 1, leases) == []
    (second,) = await floor.claim_attempt(run, 2)

    assert (second.attempt, second.failed, second.lost) == (2, 1, 0)
    lease = await floor.lease(run)
    assert lease is not None
    assert [lease[each] for each in ("outcome", "finished_at", "retry_at")] == [None] * 3
    assert lease["lease_until"] > utc_now()


async def test_a_lost_executor_does_not_count_as_a_failed_attempt(floor: Floor) -> None:
    (run,) = await floor.order()
    await floor.leases().claim(1)
    await floor.pool.execute("UPDATE executor.leases SET lease_until = '-infinity'")

    (second,) = await floor.claim_attempt(run, 2)

    assert (second.failed, second.lost) == (0, 1)
