"""Laws of trying again: how often, how long after, and never when it is no use."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.policy import Retry
from shared.domain.retry import LONGEST, decide, dice_for
from tests.support.cases import table

RUN = UUID(int=7)

policies = st.builds(
    Retry,
    max_attempts=st.integers(1, 100),
    initial_interval_seconds=st.floats(0, 3600),
    backoff=st.floats(1, 100),
    max_interval_seconds=st.floats(0, 86_400),
    jitter=st.floats(0, 1),
    non_retryable=st.lists(st.text(min_size=1, max_size=5), max_size=3).map(tuple),
)
dice = st.floats(0, 1, exclude_max=True)


def pause(  # the arguments of `decide`, with the usual ones left out
    policy: Retry | None,
    *,
    failed_before: int = 0,
    permanent: bool = False,
    message: str = "no answer",
    dice: float = 0.5,
    retry_after: float | None = None,
) -> timedelta | None:
    return decide(
        policy,
        failed_before=failed_before,
        permanent=permanent,
        message=message,
        dice=dice,
        retry_after=retry_after,
    )


@given(policy=policies, dice=dice)
def test_a_run_that_always_fails_has_exactly_as_many_attempts_as_its_policy_says(
    policy: Retry, dice: float
) -> None:
    policy = policy.model_copy(update={"non_retryable": ()})
    attempts = 1
    while pause(policy, failed_before=attempts - 1, dice=dice) is not None:
        attempts += 1

    assert attempts == policy.max_attempts


@given(policy=policies, failed=st.integers(0, 10**6), dice=dice)
def test_a_pause_is_within_its_jitter_of_the_backoff_and_never_beyond_the_maximum(
    policy: Retry, failed: int, dice: float
) -> None:
    policy = policy.model_copy(update={"max_attempts": failed + 2, "non_retryable": ()})
    found = pause(policy, failed_before=failed, dice=dice)
    assert found is not None

    middle = pause(policy.model_copy(update={"jitter": 0.0}), failed_before=failed)
    assert middle is not None
    assert timedelta(0) <= middle <= timedelta(seconds=policy.max_interval_seconds)
    tolerance = timedelta(milliseconds=1)
    assert abs(found - middle) <= middle * policy.jitter + tolerance
    assert found <= LONGEST


@given(policy=policies, failed=st.integers(0, 50))
def test_pauses_never_get_shorter(policy: Retry, failed: int) -> None:
    policy = policy.model_copy(update={"max_attempts": 100, "jitter": 0.0, "non_retryable": ()})
    earlier, later = (pause(policy, failed_before=failed + more) for more in (0, 1))

    assert earlier is not None
    assert later is not None
    assert earlier <= later


@given(policy=policies, dice=dice, after=st.none() | st.floats(0, 1e9))
def test_what_is_permanent_is_over(policy: Retry, dice: float, after: float | None) -> None:
    assert pause(policy, permanent=True, dice=dice, retry_after=after) is None


@given(message=st.text(min_size=1), data=st.data())
def test_a_message_that_begins_as_the_policy_says_is_over(
    message: str, data: st.DataObject
) -> None:
    beginning = message[: data.draw(st.integers(1, len(message)))]
    policy = Retry(non_retryable=("no such thing in it", beginning))

    assert pause(policy, message=message) is None
    assert pause(Retry(non_retryable=(message + "!",)), message=message) is not None


@given(message=st.text(min_size=1), data=st.data())
def test_where_the_policy_names_what_is_tried_again_all_else_is_over(
    message: str, data: st.DataObject
) -> None:
    beginning = message[: data.draw(st.integers(1, len(message)))]

    assert pause(Retry(retry_on=("no such thing", beginning)), message=message) is not None
    assert pause(Retry(retry_on=(message + "!",)), message=message) is None
    both = Retry(retry_on=(beginning,), non_retryable=(beginning,))
    assert pause(both, message=message) is None


@given(policy=policies, after=st.floats(0, 1e12), dice=dice)
def test_what_the_other_side_asks_for_goes_before_the_backoff(
    policy: Retry, after: float, dice: float
) -> None:
    policy = policy.model_copy(update={"max_attempts": 2, "non_retryable": ()})

    found = pause(policy, retry_after=after, dice=dice)

    assert found == timedelta(seconds=min(after, LONGEST.total_seconds()))


def test_without_a_policy_there_is_one_attempt() -> None:
    assert pause(None) is None
    assert pause(None, retry_after=1) is None


def test_temporal_s_defaults() -> None:
    policy = Retry(max_attempts=10, jitter=0)
    seconds = [pause(policy, failed_before=failed) for failed in range(9)]

    assert seconds == [timedelta(seconds=s) for s in (1, 2, 4, 8, 16, 32, 64, 100, 100)]


@table(
    ("failed", "dice", "seconds"), [(0, 0, 1), (0, 0.5, 2), (0, 0.75, 2.5), (1, 0.5, 6), (2, 0, 9)]
)
def test_backoff_and_jitter_are_those_of_the_policy(
    failed: int, dice: float, seconds: float
) -> None:
    policy = Retry(initial_interval_seconds=2, backoff=3, jitter=0.5, max_attempts=9)

    assert pause(policy, failed_before=failed, dice=dice) == timedelta(seconds=seconds)


def test_an_empty_beginning_forbids_nothing() -> None:
    assert pause(Retry(non_retryable=("",))) is not None


@given(run=st.uuids(), attempt=st.integers(1, 2**31 - 1))
def test_the_dice_of_an_attempt_always_fall_the_same_way(run: UUID, attempt: int) -> None:
    assert 0 <= dice_for(run, attempt) < 1
    assert dice_for(run, attempt) == dice_for(UUID(str(run)), attempt)


def test_the_dice_spread_a_herd() -> None:
    thrown = sorted(dice_for(UUID(int=number), 1) for number in range(1000))

    assert thrown[0] < 0.05
    assert thrown[-1] > 0.95
    assert thrown[500] == pytest.approx(0.5, abs=0.08)
