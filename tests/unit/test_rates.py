"""Token buckets: never more than the burst and what time has brought, whoever asks when."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.api.access import rates as module
from services.api.access.rates import Budget, Rates
from services.api.settings import ApiSettings


@given(
    st.integers(1, 600),
    st.integers(1, 50),
    st.lists(st.floats(0, 5, allow_nan=False), min_size=1, max_size=200),
)
@example(1, 1, [0.0, 1.1349707030063962, 0.0])
def test_no_more_get_through_than_burst_and_time_allow(
    per_minute: int, burst: int, pauses: list[float]
) -> None:
    now = 0.0
    rates = Rates(reads=Budget(per_minute, burst), clock=lambda: now)
    allowed = 0
    for pause in pauses:
        now += pause
        standing = rates.ask("somebody", "GET")
        assert standing is not None
        allowed += standing.allowed
        assert allowed <= burst + now * per_minute / 60 + 1e-6
        if not standing.allowed:
            before = now
            now += standing.wait
            again = rates.ask("somebody", "GET")
            assert again is not None
            assert again.allowed, (before, standing)
            allowed += 1


def test_the_memory_is_bounded_and_keeps_who_has_used_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST", 100)
    now = 0.0
    rates = Rates(reads=Budget(60, 10), clock=lambda: now)
    for number in range(99):
        rates.ask(f"once {number}", "GET")
    now += 5
    for _ in range(10):
        rates.ask("busy", "GET")
    rates.ask("new", "GET")

    assert len(rates._buckets) <= 100  # noqa: SLF001
    busy = rates.ask("busy", "GET")
    assert busy is not None
    assert not busy.allowed


def test_settings_give_the_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "DATABASE_URL": "postgresql://x",
        "NATS_URL": "nats://x",
        "RATE_READS": "600",
        "RATE_WRITES": "0",
    }.items():
        monkeypatch.setenv(f"AUTOMATION_{name}", value)

    rates = ApiSettings().rates

    assert rates.reads == Budget(600, 300)
    assert rates.ask("anybody", "POST") is None
    assert rates.strangers == Budget(120, 60)
