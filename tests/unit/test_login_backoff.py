"""Whoever keeps getting the password wrong waits longer and longer, but never for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.api.access.backoff import (
    WITH_ACCOUNT,
    WITH_ADDRESS,
    Patience,
    Tries,
    after_try,
    wait_of,
)
from services.api.access.log_in import network_of
from tests.support.cases import table

START = datetime(2030, 1, 1, tzinfo=UTC)


def waits(patience: Patience, count: int) -> list[float]:
    """Return how long one waits after each of *count* tries, each as soon as it is allowed."""
    known: Tries | None = None
    now, found = START, []
    for _ in range(count):
        now += wait_of(known, now)
        known = after_try(known, now, patience)
        found.append(wait_of(known, now).total_seconds())
    return found


def test_the_first_tries_are_free_then_the_wait_doubles() -> None:
    assert waits(WITH_ACCOUNT, 9) == [0, 0, 0, 0, 1, 2, 4, 8, 16]
    assert waits(WITH_ADDRESS, 22)[18:] == [0, 1, 2, 4]


def test_it_never_grows_beyond_its_limit_nor_breaks() -> None:
    for patience in (WITH_ACCOUNT, WITH_ADDRESS):
        assert waits(patience, 5_000)[-1] == patience.most.total_seconds()


def test_after_an_hour_without_a_try_all_is_forgotten() -> None:
    many = Tries(40, START, START + timedelta(minutes=5))

    assert after_try(many, START + timedelta(minutes=59), WITH_ACCOUNT).count == 41
    assert after_try(many, START + timedelta(minutes=61), WITH_ACCOUNT).count == 1


def test_a_wait_that_is_over_is_none() -> None:
    tries = Tries(9, START, START + timedelta(seconds=16))

    assert wait_of(tries, START + timedelta(seconds=10)) == timedelta(seconds=6)
    assert wait_of(tries, START + timedelta(seconds=20)) == timedelta(0)


@table(
    ("ip", "one"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),  # else all of IPv4 waits for one bad guesser
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("no address", "no address"),
        (None, "unknown"),
    ],
)
def test_what_counts_as_one_address(ip: str | None, one: str) -> None:
    assert network_of(ip) == one
