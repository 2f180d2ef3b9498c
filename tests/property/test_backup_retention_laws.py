"""Laws of retention: what must never be lost, whatever the rules and the past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.executor.actions.data_backup.retention import Keep, Kept, to_remove

START = datetime(2026, 1, 1, tzinfo=UTC)

backups = st.lists(
    st.tuples(st.integers(0, 24 * 400), st.booleans()), max_size=40, unique_by=lambda each: each[0]
).map(
    lambda found: [
        Kept(name=f"{hours:05}", at=START + timedelta(hours=hours), verified=verified)
        for hours, verified in found
    ]
)
few = st.integers(0, 5)
keeps = st.builds(
    Keep, last=st.integers(1, 5), daily=few, weekly=few, monthly=few, verified=st.integers(1, 4)
)


def left(found: list[Kept], keep: Keep) -> list[Kept]:
    gone = set(to_remove(found, keep))
    return sorted((each for each in found if each.name not in gone), key=lambda each: each.at)


@given(backups, keeps)
def test_the_newest_and_the_newest_verified_always_stay(found: list[Kept], keep: Keep) -> None:
    kept = left(found, keep)
    in_order = sorted(found, key=lambda each: each.at)
    verified = [each for each in in_order if each.verified]
    assert in_order[-keep.last :] == kept[len(kept) - len(in_order[-keep.last :]) :]
    assert set(verified[-keep.verified :]) <= set(kept)


@given(backups, keeps)
def test_asking_again_removes_nothing_more(found: list[Kept], keep: Keep) -> None:
    assert to_remove(left(found, keep), keep) == []


@given(backups, keeps)
def test_each_of_the_newest_days_keeps_one_and_a_verified_one_if_there_is_one(
    found: list[Kept], keep: Keep
) -> None:
    kept = left(found, keep)
    days = sorted({each.at.date() for each in found}, reverse=True)[: keep.daily]
    for day in days:
        of_day = [each for each in kept if each.at.date() == day]
        assert of_day
        if any(each.verified for each in found if each.at.date() == day):
            assert any(each.verified for each in of_day)


@given(backups, keeps, st.integers(0, 24 * 400))
def test_what_was_just_made_stays_whatever_the_clock_said(
    found: list[Kept], keep: Keep, hours: int
) -> None:
    made = Kept(name="made", at=START + timedelta(hours=hours), verified=False)
    assert "made" not in to_remove([*found, made], keep, newest="made")


@given(backups, keeps)
def test_nothing_is_kept_beyond_what_the_rules_want(found: list[Kept], keep: Keep) -> None:
    most = keep.last + keep.daily + keep.weekly + keep.monthly + keep.verified
    assert len(left(found, keep)) <= most


def test_a_backup_a_day_with_all_rules() -> None:
    daily = [
        Kept(name=str(day), at=START + timedelta(days=day), verified=True) for day in range(100)
    ]
    kept = [int(each.name) for each in left(daily, Keep(last=2, daily=3, weekly=3, monthly=3))]
    # Days 97 to 99; the last of the weeks that end on day 94 and 87; the end of March, February.
    assert kept == [58, 87, 89, 94, 97, 98, 99]
