"""`account_start` and `account_stop` without a platform: forms, ways, ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.executor.actions.accounts import AccountStart, AccountStop
from services.executor.actions.accounts.ending import end
from services.executor.actions.accounts.judging import (
    SILENCE_SECONDS,
    Arrival,
    Goal,
    Way,
    in_order,
    look,
    waves,
)
from services.executor.actions.targets import Fate, Target
from shared.contracts.accounts_commands import AccountSeen
from shared.contracts.action import ActionFailed, NeedsOperator
from tests.support.cases import table

ID = UUID(int=1)
WAY = Way(id=ID, name="a1", began=100.0, before={})
START = Goal(wanted="running", seconds=30.0, stable_seconds=10.0)
STOP = Goal(wanted="stopped", seconds=30.0)


def seen(**more: Any) -> AccountSeen:  # noqa: ANN401 - fields
    usual = {
        "id": ID,
        "account_id": "a1",
        "server_id": "default",
        "desired": "running",
        "generation": 5,
        "desired_run": None,
        "state": "working",
        "state_generation": 5,
        "state_seconds": 0.0,
        "healthy": None,
        "restarts": 0,
        "pid": None,
        "detail": None,
        "runtime_live": True,
    }
    return AccountSeen(**{**usual, **more})


def walk(*looks: tuple[float, AccountSeen], goal: Goal = START) -> Way | Arrival:
    """Return where a way has got to after these looks."""
    on: Way | Arrival = WAY
    for now, account in looks:
        assert isinstance(on, Way)
        on = look(on, account, goal, now)
    return on


def test_it_is_ready_once_it_has_been_so_for_long_enough() -> None:
    assert isinstance(walk((100, seen()), (109, seen())), Way)
    assert walk((100, seen()), (110, seen())) == Arrival("done")
    ill = seen(healthy=False)
    assert isinstance(walk((100, seen()), (105, ill), (110, seen()), (115, seen())), Way)
    again = seen(restarts=1)
    assert isinstance(walk((100, seen()), (105, again), (112, again)), Way)
    assert walk((100, seen()), (105, again), (115, again)) == Arrival("done")


def test_what_was_ready_before_anybody_looked_is_seen_at_the_first_look() -> None:
    assert walk((100, seen(state_seconds=60.0))) == Arrival("done")
    starting = seen(state="starting")
    assert isinstance(walk((100, starting), (101, seen(state_seconds=60.0))), Way)


def test_words_about_an_older_wish_say_nothing() -> None:
    for state in ("working", "failed", "quarantined", "needs_login"):
        assert isinstance(walk((100, seen(state=state, state_generation=4)), goal=START), Way)
    old = seen(desired="stopped", state="stopped", state_generation=4)
    assert isinstance(walk((100, old), goal=STOP), Way)
    assert look(WAY, old.model_copy(update={"state_generation": 5}), STOP, 100) == Arrival("done")


def test_a_newer_wish_that_wants_the_same_is_waited_for_with_it() -> None:
    newer = seen(generation=6, state_generation=6, state_seconds=60.0)

    assert walk((100, seen(state="starting")), (101, newer), (111, newer)) == Arrival("done")


def test_its_time_is_up_and_nobody_has_acted() -> None:
    late = walk((129, seen(state="starting", detail="pulling")), (130, seen(state="starting")))
    assert late == Arrival("failed", "not ready within 30 s: starting")
    deaf = walk((130, seen(state=None, state_generation=4)))
    assert deaf == Arrival("failed", "not ready within 30 s: unknown", nobody_acted=True)
    # It became ready in time, and may show that it stays so.
    assert isinstance(walk((129, seen()), (138, seen())), Way)
    assert walk((129, seen()), (139, seen())) == Arrival("done")


def test_a_runtime_that_falls_silent_is_not_waited_for() -> None:
    gone = seen(state="starting", runtime_live=False)
    back = seen(state="starting")

    assert isinstance(walk((101, gone), (101 + SILENCE_SECONDS - 1, gone)), Way)
    lost = walk((101, gone), (101 + SILENCE_SECONDS, gone))
    assert lost == Arrival("failed", "no runtime of server default is heard any more")
    assert isinstance(walk((101, gone), (104, back), (107, gone)), Way)


def test_deleted_or_wanted_otherwise_is_no_failure() -> None:
    assert look(WAY, None, START, 101) == Arrival("skipped", "it was deleted meanwhile")
    other = look(WAY, seen(desired="stopped"), START, 101)
    assert isinstance(other, Arrival)
    assert other.fate == "superseded"


def test_the_order_of_a_run_is_that_of_its_retries() -> None:
    names = [str(number) for number in range(50)]

    assert in_order(names, "stable", ID) == names
    assert in_order(names, "random", ID) == in_order(names, "random", ID)
    assert sorted(in_order(names, "random", ID)) == sorted(names)
    assert in_order(names, "random", ID) != in_order(names, "random", UUID(int=2))
    assert [len(wave) for wave in waves(names, 20)] == [20, 20, 10]
    assert waves([], 20) == []


def targets(*fates: Fate) -> list[Target]:
    return [
        Target(id=f"a{number}", outcome=fate, error="why" if fate == "failed" else None)
        for number, fate in enumerate(fates)
    ]


def test_how_a_run_ends() -> None:
    good = end(targets("done", "noop", "held"), "running", accept_partial=False)
    assert good.summary == "1 of 3 accounts started (1 done, 1 noop, 1 held)"
    assert (good.data["accounts_started"], good.data["total_accounts"]) == (1, 3)

    with pytest.raises(
        ActionFailed, match=r"1 of 2 accounts stopped \(1 done, 1 failed\): a1: why"
    ):
        end(targets("done", "failed"), "stopped", accept_partial=False)
    accepted = end(targets("done", "failed"), "stopped", accept_partial=True)
    assert accepted.data["status"] == "partial"
    with pytest.raises(ActionFailed):  # nothing went well: that is no part of a success
        end(targets("failed"), "running", accept_partial=True)
    with pytest.raises(NeedsOperator):
        end(targets("done", "needs_operator"), "running", accept_partial=False)
    with pytest.raises(ActionFailed):
        end(targets("failed", "needs_operator"), "running", accept_partial=False)
    assert end([], "running", accept_partial=False).summary == "no account to be started"


def fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from schema["properties"].items()
    for each in schema.get("$defs", {}).values():
        yield from each["properties"].items()


@table("action", [AccountStart, AccountStop])
def test_every_field_has_a_title_and_help_in_both_languages(action: type[Any]) -> None:
    shown = dict(fields(action.params.model_json_schema()))

    assert len(shown) > 10
    for name, field in shown.items():
        chinese = field["x-i18n"]["zh-TW"]
        assert all([field["title"], field["description"], *chinese.values()]), name


@table(
    ("params", "where"),
    [
        ({"account_ids": "a1"}, ("account_ids",)),
        ({"wave": {"size": 0}}, ("wave", "size")),
        ({"wave": {"order": "odd"}}, ("wave", "order")),
        ({"stop_at_percent": 0}, ("stop_at_percent",)),
        ({"max_failures": -1}, ("max_failures",)),
        ({"ready": {"timeout_seconds": 0}}, ("ready", "timeout_seconds")),
        ({"accounts": ["a1"]}, ("accounts",)),
    ],
)
def test_bad_parameters_are_refused_by_the_field(
    params: dict[str, Any], where: tuple[str, ...]
) -> None:
    with pytest.raises(ValidationError) as refused:
        AccountStart.params.model_validate(params)
    assert refused.value.errors()[0]["loc"] == where


def test_what_existing_clients_send_is_enough() -> None:
    sent: list[dict[str, Any]] = [{}, {"account_ids": []}, {"account_ids": ["a1"]}]
    for params in sent:
        AccountStart.params.model_validate(params)
        AccountStop.params.model_validate(params)
