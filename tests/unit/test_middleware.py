"""Which error leads to which verdict, and how long a message rests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import asyncpg

from shared.bus import topology
from shared.bus.middleware import ALIVE_SECONDS, fingerprint, is_outage, is_poison, pause_after
from shared.contracts.runs import RunsStarted
from tests.support.cases import table


@table(("deliveries", "seconds"), [(0, 0.2), (1, 0.2), (2, 1.0), (3, 2.0), (4, 5.0), (1000, 5.0)])
def test_pauses_grow_and_then_stay(deliveries: int, seconds: float) -> None:
    assert pause_after(deliveries) == seconds


def test_a_message_in_hand_is_renewed_before_the_server_gives_it_to_somebody_else() -> None:
    shortest = min(consumer.ack_wait for consumer in topology.CONSUMERS)

    assert timedelta(seconds=3 * ALIVE_SECONDS) < shortest  # two may be lost


def _raised(by: str) -> Exception:
    try:
        match by:
            case "contract":
                RunsStarted.decode(b"{}")
            case "json":
                json.loads("{")
            case "depth":
                json.loads("[" * 100_000)
            case "digits":
                json.loads("9" * 6000)
            case _:
                b"\xff".decode()
    except Exception as error:  # noqa: BLE001 - the test is about what it is
        return error
    raise AssertionError(by)


@table("by", ["contract", "json", "depth", "digits", "text"])
def test_what_cannot_be_read_is_poison(by: str) -> None:
    error = _raised(by)

    assert is_poison(error)
    assert not is_outage(error)


@table(
    "error",
    [
        asyncpg.DataError("value out of int32 range"),
        asyncpg.CharacterNotInRepertoireError("NUL"),
        asyncpg.NotNullViolationError("null"),
        asyncpg.UniqueViolationError("twice"),
    ],
)
def test_what_the_database_cannot_hold_is_poison(error: Exception) -> None:
    assert is_poison(error)
    assert not is_outage(error)


@table(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        asyncpg.ConnectionDoesNotExistError("closed in the middle of operation"),
        asyncpg.CannotConnectNowError("starting up"),
        asyncpg.AdminShutdownError("shutting down"),
        asyncpg.InternalClientError("cannot switch to state 11; another operation is in progress"),
        asyncpg.TooManyConnectionsError("full"),
        asyncpg.DiskFullError("full"),
        asyncpg.DeadlockDetectedError("deadlock"),
        asyncpg.LockNotAvailableError("lock_timeout"),
        asyncpg.UndefinedTableError("still to be migrated"),
        asyncpg.InvalidPasswordError("changed"),
        asyncpg.ObjectNotInPrerequisiteStateError("not accepting connections"),
    ],
)
def test_a_server_that_is_not_there_is_no_messages_fault(error: Exception) -> None:
    assert is_outage(error)
    assert not is_poison(error)


@table(
    "error",
    [RuntimeError(), KeyError("x"), asyncpg.QueryCanceledError("statement_timeout")],
)
def test_anything_else_is_given_back(error: Exception) -> None:
    assert not is_outage(error)
    assert not is_poison(error)


def test_a_fingerprint_tells_a_stream_from_its_successor_of_the_same_name() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)

    assert fingerprint("RUNS", 1, noon) == "dead:RUNS:1:1767268800"
    assert fingerprint("RUNS", 1, noon) == fingerprint("RUNS", 1, noon.replace(microsecond=7))
    assert fingerprint("RUNS", 1, noon) != fingerprint("RUNS", 1, noon + timedelta(days=1))
