"""What many targets together say: `services/executor/actions/targets.py`."""

from __future__ import annotations

from services.executor.actions.targets import (
    Fate,
    Target,
    counts,
    is_enough,
    judge,
    percent,
    result,
)
from tests.support.cases import table

DONE: Fate = "done"
FAILED: Fate = "failed"


def targets(*fates: Fate) -> list[Target]:
    return [Target(id=str(number), outcome=fate) for number, fate in enumerate(fates)]


@table(
    ("fates", "status"),
    [
        ((), "noop"),
        (("noop", "noop"), "noop"),
        (("held", "superseded", "skipped"), "noop"),
        (("done", "noop", "held"), "succeeded"),
        (("done", "failed"), "partial"),
        (("noop", "needs_operator"), "partial"),
        (("done", "not_tried"), "partial"),
        (("failed", "not_tried"), "failed"),
        (("needs_operator",), "failed"),
    ],
)
def test_all_of_them_together(fates: tuple[Fate, ...], status: str) -> None:
    assert judge(targets(*fates)) == status


def test_the_rest_is_not_tried_once_the_share_has_failed() -> None:
    assert not is_enough(targets("done", "failed"), 10)
    assert is_enough(targets("done", "failed", "needs_operator"), 10)
    assert is_enough(targets("failed"), 3)
    assert not is_enough([], 0)


def test_nothing_stops_at_a_hundred_percent_before_all_have_failed() -> None:
    assert not is_enough(targets(*[FAILED] * 9), 10, stop_at_percent=100)


def test_more_than_so_many_failures_are_enough() -> None:
    one, two = targets("failed"), targets("failed", "failed")

    assert not is_enough(one, 1000, max_failures=1)
    assert is_enough(two, 1000, max_failures=1)
    assert is_enough(one, 1000, max_failures=0)


def test_the_result_has_the_names_of_the_contract_beside_the_targets() -> None:
    told = result(targets("done", "failed"), message="one of two", total_accounts=2)

    assert (told["status"], told["total_accounts"]) == ("partial", 2)
    assert told["targets"][1] == {
        "id": "1",
        "before": None,
        "after": None,
        "outcome": "failed",
        "error": None,
        "ms": 0,
    }


def test_words_and_progress() -> None:
    assert counts(targets("failed", "done", "done")) == "2 done, 1 failed"
    assert counts([]) == "nothing to do"
    assert (percent(1, 3), percent(0, 0), percent(9, 3)) == (33.3, 100.0, 100.0)


def test_what_went_well_is_left_off_first() -> None:
    told = result(targets(*[DONE] * 400, "failed"))

    assert len(told["targets"]) + told["targets_left_off"] == 401
    assert told["targets"][-1]["outcome"] == "failed"
    assert told["status"] == "partial"
