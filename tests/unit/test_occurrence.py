"""Identifiers are frozen: change one, and every pending run starts twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.instant import format_instant
from shared.domain.occurrence import Outcome, fire_id, run_id_for, time_ordered

TASK = "7f0c2c3e-9a55-4d6c-9a7a-9a4f1c9d3b11"


def test_golden_run_ids() -> None:
    assert run_id_for(TASK, "schedule", "2026-11-24T09:00:00Z") == UUID(
        "cba509a6-2453-5a39-82fa-fd56b7133f92"
    )
    assert run_id_for(TASK, "schedule", "2026-11-24T09:00:00.250000Z") == UUID(
        "74642ff0-3e07-5a31-9f34-a57b2d465780"
    )
    assert run_id_for(TASK, "manual", "2026-11-24T09:00:00Z") == UUID(
        "7309a26d-b139-5c7d-8305-4329fbfb8d1b"
    )


def test_golden_fire_ids() -> None:
    nine = datetime(2026, 11, 24, 9, tzinfo=UTC)

    assert fire_id(UUID(TASK), nine) == UUID("01a20cc8-8e80-7a39-82fa-fd56b7133f92")


@given(
    st.uuids(version=4),
    st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    st.timedeltas(timedelta(milliseconds=1), timedelta(days=1)),
)
def test_ids_are_in_the_order_of_their_times(one: UUID, at: datetime, later: timedelta) -> None:
    first, second = time_ordered(one, at), time_ordered(one, at + later)

    assert first < second
    assert (first.version, first.variant) == (7, RFC_4122)
    assert first.int & (1 << 76) - 1 == one.int & (1 << 76) - 1, "as many bits tell runs apart"


def test_golden_moments() -> None:
    nine = datetime(2026, 11, 24, 9, tzinfo=UTC)

    assert format_instant(nine) == "2026-11-24T09:00:00Z"
    assert format_instant(nine.replace(microsecond=250_000)) == "2026-11-24T09:00:00.250000Z"
    assert format_instant(nine.astimezone(timezone(timedelta(hours=8)))) == "2026-11-24T09:00:00Z"


def test_golden_outcomes() -> None:
    assert {outcome.value for outcome in Outcome} >= {
        "fired",
        "coalesced",
        "missed",
        "skipped_paused",
        "superseded",
        "expired",
    }
