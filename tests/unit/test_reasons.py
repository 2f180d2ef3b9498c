"""Whatever the ledger says, there are words for it in both languages."""

from __future__ import annotations

from services.api.wire.texts import all_texts
from services.scheduler.waiting import REASONS
from shared.domain.occurrence import Outcome
from tests.support.cases import table

#: What holds a run back beside the rules of admission.
HELD = {"blackout", "debounce", "no_executor", "retry", "snooze", "throttle"}


@table("outcome", [each for each in Outcome if each is not Outcome.FIRED])
def test_every_outcome_has_words(outcome: Outcome) -> None:
    assert f"status.{outcome}" in all_texts()


@table("reason", sorted(HELD | REASONS))
def test_everything_that_a_run_waits_for_has_words(reason: str) -> None:
    assert f"waits.{reason}" in all_texts()
