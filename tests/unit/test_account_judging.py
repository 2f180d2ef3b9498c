"""What comes of a wish for an account, and what a runtime's word is worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pydantic
import pytest

from services.api.accounts.hearsay import News
from services.api.accounts.hearsay import judge as judge_word
from services.api.accounts.judging import Facts, Verdict, Wish, judge
from services.api.bus.accounts import NOTE_SECONDS, Attendance, RuntimeDesk, page_of
from services.api.platform.answering import MOST_BYTES
from services.api.store.account_states import KnownState
from services.api.store.database import Database
from shared.bus.middleware import is_outage
from shared.contracts.accounts import AccountDesired, AccountState, RuntimeSeen
from shared.contracts.accounts_commands import AccountSeen, SelectAccounts, SelectedAccounts
from shared.contracts.scripts_commands import LookAtTargets, TargetSeen, TargetsSeen
from tests.support.cases import table

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RUN, OTHER = UUID(int=1), UUID(int=2)

IDLE = Facts(
    desired="stopped",
    generation=3,
    desired_run=None,
    desired_for=None,
    state="stopped",
    state_generation=3,
    state_since=NOON - 60 * SECOND,
    healthy=None,
    hold=None,
    active=True,
    runtime_live=True,
)
UP = replace(
    IDLE,
    desired="running",
    desired_run=OTHER,
    desired_for=NOON - SECOND,
    state="working",
    healthy=True,
)
START = Wish(desired="running", run=RUN, at=NOON, now=NOON)
STOP = replace(START, desired="stopped")
START_BY_HAND, STOP_BY_HAND = replace(START, run=None), replace(STOP, run=None)


@table(
    ("facts", "wish", "verdict"),
    [
        (IDLE, START, "desired"),
        (UP, STOP, "desired"),
        (UP, START, "noop"),
        (IDLE, STOP, "noop"),
        (replace(IDLE, state=None), STOP, "noop"),
        # On its way, or not as it should be yet.
        (replace(UP, state="starting"), START, "joined"),
        (replace(UP, healthy=False), START, "joined"),
        (replace(UP, state_generation=2), START, "joined"),
        (replace(IDLE, state="stopping"), STOP, "joined"),
        # Only a new generation wakes what was given up, once it was given up under this one.
        (replace(UP, state="quarantined"), START, "desired"),
        (replace(UP, state="needs_login"), START, "desired"),
        (replace(UP, state="failed", state_generation=2), START, "joined"),
        # The same run asks again.
        (replace(UP, desired_run=RUN), START, "joined"),
        (replace(UP, desired_run=RUN, state="failed"), START, "desired"),
        (replace(UP, desired_run=RUN, active=False, hold="stopped"), START, "joined"),
        (replace(IDLE, desired_run=RUN, desired_for=None), START, "desired"),
        (replace(IDLE, desired_run=RUN, desired_for=NOON + SECOND), START, "superseded"),
        # The later one wins, at the same instant the stop.
        (replace(UP, desired_for=NOON + SECOND), STOP, "superseded"),
        (replace(UP, desired_for=NOON), STOP, "desired"),
        (replace(IDLE, desired_for=NOON), START, "superseded"),
        (replace(IDLE, desired_for=NOON), START_BY_HAND, "desired"),
        (replace(UP, desired_for=NOON + SECOND), STOP_BY_HAND, "desired"),
        # People.
        (replace(IDLE, hold="stopped"), START, "held"),
        (replace(IDLE, hold="stopped"), replace(START, enforce=True), "desired"),
        (replace(IDLE, hold="running"), START, "desired"),
        (replace(IDLE, active=False), START, "inactive"),
        (replace(IDLE, active=False), replace(START, enforce=True), "inactive"),
        (replace(IDLE, active=False), START_BY_HAND, "desired"),
        (replace(UP, active=False), STOP, "desired"),
        # Uptime, runtimes.
        (UP, replace(STOP, min_uptime=61 * SECOND), "too_young"),
        (UP, replace(STOP, min_uptime=60 * SECOND), "desired"),
        (replace(IDLE, runtime_live=False), START, "no_runtime"),
        (replace(UP, runtime_live=False), STOP, "no_runtime"),
        (replace(UP, runtime_live=False), START, "noop"),
        (replace(IDLE, runtime_live=False), START_BY_HAND, "desired"),
    ],
)
def test_what_comes_of_a_wish(facts: Facts, wish: Wish, verdict: Verdict) -> None:
    assert judge(facts, wish) == verdict


KNOWN = KnownState(
    account_id="a1",
    server_id="default",
    desired="running",
    generation=3,
    desired_run=RUN,
    state="starting",
    state_seq=7,
    state_generation=3,
    state_at=NOON,
    runtime_id=OTHER,
)


def word(**more: Any) -> AccountState:  # noqa: ANN401 - fields
    usual = {
        "id": UUID(int=9),
        "account_id": "a1",
        "server_id": "default",
        "runtime_id": OTHER,
        "seq": 8,
        "generation": 3,
        "state": "working",
        "since": NOON,
        "at": NOON + SECOND,
    }
    return AccountState(**{**usual, **more})


OLD = News(is_new=False)


@table(
    ("known", "said", "news"),
    [
        (KNOWN, word(), News(is_new=True, is_change=True, cause=RUN)),
        (KNOWN, word(seq=7), OLD),
        (KNOWN, word(state="starting"), News(is_new=True)),
        (KNOWN, word(server_id="other"), OLD),
        # A runtime without its books, and the last words of the one before it.
        (KNOWN, word(runtime_id=RUN, seq=1), News(is_new=True, is_change=True, cause=RUN)),
        (KNOWN, word(runtime_id=RUN, seq=99, at=NOON), OLD),
        # Of an older wish, and what comes by itself.
        (KNOWN, word(generation=2), News(is_new=True, is_change=True)),
        (KNOWN._replace(state="working"), word(state="failed"), News(is_new=True, is_change=True)),
        (
            KNOWN._replace(state="working", state_generation=2),
            word(state="starting"),
            News(is_new=True, is_change=True, cause=RUN),
        ),
    ],
)
def test_what_a_word_is_worth(known: KnownState, said: AccountState, news: News) -> None:
    assert judge_word(known, said) == news


def test_not_every_sign_of_life_is_written_down() -> None:
    attendance = Attendance()
    seen = RuntimeSeen(
        runtime_id=RUN,
        instance="r",
        server_id="default",
        host="h",
        started_at=NOON,
        running=1,
    )

    assert attendance.is_due(seen, 100.0)
    assert not attendance.is_due(seen, 100.0 + NOTE_SECONDS / 2)
    assert attendance.is_due(seen.model_copy(update={"stopping": True}), 102.0)
    assert attendance.is_due(seen.model_copy(update={"running": 2}), 102.0 + NOTE_SECONDS)


async def test_a_word_is_held_while_the_database_is_away() -> None:
    pool = asyncpg.create_pool("postgresql://nobody@127.0.0.1:1/none")  # never opened
    desk = RuntimeDesk(Database(pool))

    with pytest.raises(TimeoutError) as away:
        await desk.hear(word())

    assert is_outage(away.value), "deliveries are counted: giving back would use them up"


def test_a_page_holds_no_more_than_the_bus_takes() -> None:
    rows = [
        AccountDesired(
            id=UUID(int=number),
            account_id=str(number),
            server_id="default",
            generation=1,
            desired="stopped",
            config={"x": "y" * 16_000},
            at=NOON,
        )
        for number in range(100)
    ]

    page = page_of(rows, 99)
    assert len(page.encode()) < 900_000
    assert page.next == page.accounts[-1].id
    assert page_of(rows[:3], 3).next is None
    assert page_of(rows[:3], 2).next == UUID(int=1)


@table("question", [SelectAccounts(wanted="running"), LookAtTargets()])
def test_a_page_for_actions_holds_no_more_than_the_bus_takes(
    question: SelectAccounts | LookAtTargets,
) -> None:
    long: dict[str, Any] = {"id": RUN, "account_id": "a" * 128, "detail": "\0" * 500}
    account = AccountSeen(
        **long,
        server_id="s" * 64,
        desired="running",
        generation=10**12,
        desired_run=RUN,
        state="quarantined",
        state_generation=10**12,
        healthy=False,
        restarts=10**6,
        pid=10**6,
        runtime_live=False,
        script_version="f" * 64,
    )
    versions = dict.fromkeys(("found", "assigned", "running"), "f" * 64)
    target = TargetSeen(**long, **versions, was_running=False, is_up=False)
    page: SelectedAccounts | TargetsSeen
    if isinstance(question, SelectAccounts):
        page = SelectedAccounts(accounts=(account,) * question.limit, next="a" * 128)
    else:
        page = TargetsSeen(targets=(target,) * question.limit, next=RUN)

    assert len(page.encode()) < MOST_BYTES
    with pytest.raises(pydantic.ValidationError):
        type(question).model_validate({**question.model_dump(), "limit": question.limit + 1})
