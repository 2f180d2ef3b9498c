"""What all accounts of a runtime share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.account_runtime.probes import Prober
from services.account_runtime.record import Records, Told
from services.account_runtime.scripts import Library
from shared.contracts.accounts import AccountDesired


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The things that an account works with."""

    records: Records
    library: Library
    prober: Prober
    programs: tuple[str, ...]
    log_bytes: int
    boot: str
    now: Callable[[], float]
    """Seconds since the machine was started."""
    today: Callable[[], datetime]
    say: Callable[[AccountDesired, Told], None]
