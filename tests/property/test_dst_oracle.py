"""Both DST nights of 2026 in many zones, against an oracle that looks at every real moment.

A few zones that differ in kind are tried for every change, all forty under the budget "all".
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

from shared.domain.schedule import fires, parse_schedule
from tests.support import cron_oracle as oracle
from tests.support.budget import within_budget
from tests.support.cases import table

ZONES = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "America/Adak",
    "America/Anchorage",
    "America/Asuncion",
    "America/Bogota",
    "America/Chicago",
    "America/Denver",
    "America/Halifax",
    "America/Havana",
    "America/Los_Angeles",
    "America/Miquelon",
    "America/New_York",
    "America/Nuuk",
    "America/Port-au-Prince",
    "America/Santiago",
    "America/Scoresbysund",
    "America/St_Johns",
    "America/Tijuana",
    "Antarctica/Macquarie",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Asia/Nicosia",
    "Asia/Taipei",
    "Asia/Tehran",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Chisinau",
    "Europe/Dublin",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Easter",
    "UTC",
)
DIFFERENT_ZONES = (
    "Africa/Casablanca",  # its fold comes before its gap
    "America/Havana",  # at midnight
    "America/New_York",
    "America/Nuuk",  # on the evening before
    "Antarctica/Troll",  # by two hours
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Chatham",  # at a quarter to three
    "UTC",
)
ODD_DAYS = (  # no hour is lost here, but half an hour, or a whole day, or the offset for good
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ("Pacific/Kwajalein", datetime(1993, 8, 21, 12, tzinfo=UTC)),
    ("Asia/Pyongyang", datetime(2018, 5, 4, 15, tzinfo=UTC)),
    ("America/Caracas", datetime(2007, 12, 9, 7, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(1985, 12, 31, 18, tzinfo=UTC)),
    ("Europe/Lisbon", datetime(1992, 9, 27, 1, tzinfo=UTC)),
)
ODDEST_DAYS = ODD_DAYS[:1] + ODD_DAYS[2:3]
FIVE_FIELDS = (
    "30 2 * * *",
    "30 1 * * *",
    "0 2 * * *",
    "0 3 * * *",
    "59 1 * * *",
    "0 0 * * *",
    "30 0 * * *",
    "45 23 * * *",
    "0 2,3 * * *",
    "*/7 2 * * *",
    "15,45 0-3 * * *",
    "20/20 0-23 * * *",
    "*/30 * * * *",
    "10 */2 * * *",
    "30 0-3 * * SUN#1",
    "30 1,2 * * 0L",
    "0 0-3 28,29,L * 1",
)
SIX_FIELDS = (
    "0 30 2 * * *",
    "0 30 1 * * *",
    "59 59 0-2 * * *",
    "*/20 10 0-3 * * *",
    "15 */10 * * * *",
)
GAPS = ("run_after", "run_before", "skip")
FOLDS = ("first", "second", "both")
USUAL_NIGHTS = [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)]


def nights(zone: str) -> list[datetime]:
    return oracle.jumps(zone, 2026) or USUAL_NIGHTS


def compare(
    expressions: tuple[str, ...],
    zone: str,
    around: datetime,
    margin: timedelta,
    step: timedelta,
) -> int:
    """Compare every rule for gaps and folds; return how many fires there were to compare."""
    compared = 0
    window = oracle.Window(zone, around - margin, around + margin, step)
    for expression in expressions:
        expected = window.fires(expression)
        for gap, fold in product(GAPS, FOLDS):
            schedule = parse_schedule(
                {
                    "cron": expression,
                    "timezone": zone,
                    "dst_gap": gap,
                    "dst_fold": fold,
                    "start_at": (around - margin).isoformat(),
                    "end_at": (around + margin - oracle.SECOND).isoformat(),
                }
            )
            found = [fire.at for fire in fires(schedule, around - margin * 2, 10_000)]

            assert found == expected(gap, fold), (expression, zone, around, gap, fold)
            compared += len(found)
    return compared


def test_the_nights_are_really_there() -> None:
    zones = within_budget(DIFFERENT_ZONES, ZONES)
    gaps_and_folds = {zone: len(oracle.jumps(zone, 2026)) for zone in zones}

    assert sum(count == 2 for count in gaps_and_folds.values()) >= 0.7 * len(zones)
    assert gaps_and_folds["UTC"] == 0


@table("zone", within_budget(DIFFERENT_ZONES, ZONES))
def test_five_fields(zone: str) -> None:
    for night in nights(zone):
        compared = compare(FIVE_FIELDS, zone, night, timedelta(hours=4), oracle.MINUTE)

        assert compared > 100


@table("zone", within_budget(DIFFERENT_ZONES, ZONES))
def test_six_fields(zone: str) -> None:
    for night in nights(zone):
        # Two hours are the longest jump (Troll): its wall times all lie within this margin.
        compared = compare(SIX_FIELDS, zone, night, timedelta(hours=2, minutes=5), oracle.SECOND)

        assert compared > 100


@table(("zone", "around"), within_budget(ODDEST_DAYS, ODD_DAYS))
def test_zones_that_change_their_mind(zone: str, around: datetime) -> None:
    assert compare(FIVE_FIELDS, zone, around, timedelta(hours=27), oracle.MINUTE) > 100
