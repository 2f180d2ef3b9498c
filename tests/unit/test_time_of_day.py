"""The database's time as an executor tells it: late by a round trip at most, never early."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.executor.time_of_day import STALE, DatabaseClock

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def test_it_goes_on_from_the_reading() -> None:
    times = [1_000.0]
    clock = DatabaseClock(lambda: times[-1])
    clock.learn(asked_at=999.999, answer=NOON, answered_at=1_000.0)

    times.append(1_007.5)

    assert clock.now() == NOON + seconds(7.5)


def test_it_is_never_ahead_wherever_in_the_round_trip_the_answer_was_made() -> None:
    for made_at in (10.0, 10.002, 10.004):
        clock = DatabaseClock(lambda: 10.004)
        clock.learn(asked_at=10.0, answer=NOON, answered_at=10.004)

        truth = NOON + seconds(10.004 - made_at)
        assert clock.now() <= truth
        assert truth - clock.now() <= 4 * MILLISECOND


def test_a_slow_reading_does_not_replace_a_quick_one_until_that_is_old() -> None:
    times = [0.0]
    clock = DatabaseClock(lambda: times[-1])
    clock.learn(asked_at=99.999, answer=NOON, answered_at=100.0)

    clock.learn(asked_at=101.0, answer=NOON + seconds(1), answered_at=103.0)
    times.append(103.0)
    assert clock.now() == NOON + seconds(3)

    late = 100.0 + STALE
    clock.learn(asked_at=late - 2, answer=NOON, answered_at=late)
    times.append(late)
    assert clock.now() == NOON
