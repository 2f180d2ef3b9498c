"""Which time zones a person may name: the places of the IANA database, spelt as it spells them."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from shared.domain.errors import InvalidDefinition, Problem

UTC_ZONE = ZoneInfo("UTC")

# Entries that name no place: they mean "this machine", or count leap seconds.
_NO_PLACES = frozenset({"localtime", "posixrules", "Factory"})


def parse_zone(name: str) -> ZoneInfo:
    """Return the zone called *name*.

    Raises:
        InvalidDefinition: `tz.unknown`, for whatever else was passed.
    """
    # Looked up first: ZoneInfo itself opens files, and fails in many ways on hostile names.
    if name not in zone_names():
        raise InvalidDefinition([Problem("", "tz.unknown")])
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Return every name that is accepted."""
    return frozenset(
        name for name in available_timezones() - _NO_PLACES if not name.startswith("right/")
    )
