"""A restart is immediate after a quiet time, and slows down while crashes follow each other."""

from __future__ import annotations

from datetime import timedelta

from deploy.local.backoff import LONGEST, Backoff

NOTHING = timedelta(0)
MINUTE = timedelta(minutes=1)


def waits(backoff: Backoff, crashes: int, *, each_ready_for: timedelta) -> list[float]:
    return [
        backoff.after_crash(was_ready_for=each_ready_for).total_seconds() for _ in range(crashes)
    ]


def test_the_first_restart_is_immediate() -> None:
    assert Backoff().after_crash(was_ready_for=NOTHING) == NOTHING


def test_crashes_in_a_row_wait_longer_and_longer_up_to_a_limit() -> None:
    assert waits(Backoff(), 11, each_ready_for=NOTHING) == [
        0, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30,
    ]  # fmt: skip


def test_after_a_good_minute_it_starts_afresh_however_bad_it_was() -> None:
    backoff = Backoff()
    waits(backoff, 50, each_ready_for=NOTHING)
    assert backoff.after_crash(was_ready_for=MINUTE) == NOTHING


def test_one_that_is_killed_now_and_then_never_waits() -> None:
    assert waits(Backoff(), 20, each_ready_for=timedelta(seconds=6)) == [0] * 20


def test_one_that_is_ready_for_a_moment_only_still_slows_down() -> None:
    assert waits(Backoff(), 20, each_ready_for=timedelta(seconds=2))[-1] == (
        LONGEST.total_seconds()
    )
