"""What an account runtime does next, decided from its record alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.account_runtime import outcome, plan, telling
from services.account_runtime.outcome import Ended
from services.account_runtime.plan import Refusal
from services.account_runtime.record import Record, Run, Stop, Told, Why
from shared.contracts.account_config import RuntimeConfig
from shared.contracts.accounts import AccountDesired, Drain, ScriptPin
from tests.support.cases import table

AT = datetime(2026, 5, 1, 6, tzinfo=UTC)
RULES: dict[str, Any] = {
    "command": ["program"],
    "stop_grace_seconds": 5,
    "restart": {"max": 2, "window_seconds": 100, "backoff_seconds": 1},
}
CONFIG = {"runtime": RULES}
JUDGED = RuntimeConfig.model_validate(RULES)
PIN = ScriptPin(script_id="s", version="1")


def wish(**more: object) -> AccountDesired:
    fields = {
        "id": UUID(int=1),
        "account_id": "a",
        "server_id": "default",
        "generation": 1,
        "desired": "running",
        "config": CONFIG,
        "at": AT,
    }
    return AccountDesired.model_validate(fields | more)


def run(**more: object) -> Run:
    fields = {
        "token": "t",
        "argv": ("/program",),
        "env": {},
        "log_bytes": 1,
        "port": 4000,
        "spec": plan.spec_of(CONFIG),
        "script": None,
        "ready_by": 60.0,
        "begun_at": 0.0,
        "is_ready": True,
    }
    return Run.model_validate(fields | more)


def acted_on(wanted: AccountDesired, **more: object) -> Record:
    """Return the record of an account that has told that it knows what is wanted."""
    told = Told(seq=1, generation=wanted.generation, state="working", since=AT)
    return Record(wanted=wanted, told=told).model_copy(update=more)


def decide(
    record: Record,
    judged: plan.Judged = JUDGED,
    *,
    alive: bool | None = None,
    in_hand: bool = True,
    now: float = 10.0,
    end_by: float | None = None,
) -> plan.Move:
    lives = record.run is not None if alive is None else alive
    return plan.decide(record, judged, alive=lives, in_hand=in_hand, now=now, end_by=end_by)


def test_what_is_wanted_is_begun_once() -> None:
    record = Record(wanted=wish())
    assert decide(record) == plan.Begin()
    live = run()
    assert decide(record.model_copy(update={"run": live})) == plan.Watch(live)


def test_a_script_is_fetched_before_anything_is_stopped_for_it() -> None:
    running = Record(wanted=wish(script=PIN), run=run())
    assert decide(running, in_hand=False) == plan.Fetch(PIN)
    move = decide(running)
    assert isinstance(move, plan.End)
    assert move.stop.why is Why.REPLACED
    signalled = RuntimeConfig.model_validate({**RULES, "reload": "signal"})
    assert decide(running, signalled) == plan.Reload()
    assert decide(Record(wanted=wish(script=PIN)), in_hand=False) == plan.Fetch(PIN)


def test_a_drain_is_kept_and_a_newer_wish_may_shorten_it_but_not_lengthen_it() -> None:
    drained = Record(wanted=wish(desired="stopped", drain=Drain(wait_seconds=60)), run=run())
    first = decide(drained)
    assert isinstance(first, plan.End)
    assert first.stop.kill_at == 70.0
    ending = drained.model_copy(update={"run": run(stop=first.stop)})
    assert decide(ending, now=20.0) == plan.Rest(70.0)
    assert decide(ending, now=70.0) == plan.Kill()

    now = ending.model_copy(
        update={"wanted": wish(desired="stopped", generation=2, drain=Drain(mode="now"))}
    )
    hurried = decide(now, now=20.0)
    assert isinstance(hurried, plan.End)
    assert hurried.stop.kill_at == 20.0
    longer = wish(desired="stopped", generation=2, drain=Drain(wait_seconds=600))
    same = decide(ending.model_copy(update={"wanted": longer}), now=20.0)
    assert isinstance(same, plan.End)
    assert same.stop.kill_at == 70.0


def test_a_start_that_comes_while_it_ends_waits_for_the_end() -> None:
    stop = Stop(why=Why.WANTED, kill_at=70.0, generation=1)
    record = Record(wanted=wish(generation=2), run=run(stop=stop))
    assert decide(record) == plan.Rest(70.0)
    live = record.run
    assert live is not None
    assert decide(record, alive=False) == plan.Settle(live)
    assert decide(outcome.settled(record, live, Ended(code=0), JUDGED, 12.0)) == plan.Begin()


def test_it_has_so_long_to_get_ready_but_a_person_has_all_the_time() -> None:
    late = Record(wanted=wish(), run=run(is_ready=False, detail="it answers 503"))
    move = decide(late, now=60.0)
    assert isinstance(move, plan.End)
    assert (move.stop.why, move.stop.kill_at) == (Why.FAILED, 65.0)
    assert move.stop.detail == "not ready within 60 s: it answers 503"
    login = run(is_ready=False, needs_login=True)
    assert decide(Record(wanted=wish(), run=login), now=9999.0) == plan.Watch(login)


def test_pauses_grow_and_after_so_many_failures_within_the_window_it_is_quarantined() -> None:
    record, now, pauses = acted_on(wish()), 0.0, []
    while record.hold is None:
        record = outcome.settled(record, run(), Ended(code=3), JUDGED, now)
        pauses.append(record.start_at - now)
        if record.hold is None:
            assert decide(record, now=now) == plan.Rest(record.start_at)
            assert telling.state_of(record) == "starting"
        now = record.start_at
    assert pauses[:2] == [1.0, 2.0]
    assert len(pauses) == 3
    assert telling.state_of(record) == "quarantined"
    assert decide(record, now=1e9) == plan.Rest()
    woken = plan.heard(record, wish(generation=2), boot="")
    assert woken is not None
    assert decide(woken, now=now) == plan.Begin()
    assert (woken.failures, woken.restarts) == ((), 0)


def test_failures_that_are_long_ago_do_not_count() -> None:
    record = acted_on(wish(), failures=(0.0, 1.0))
    assert outcome.settled(record, run(), Ended(code=3), JUDGED, 50.0).hold == "quarantined"
    later = outcome.settled(record, run(), Ended(code=3), JUDGED, 150.0)
    assert (later.hold, later.failures) == (None, (150.0,))


@table(
    ("ended", "detail"),
    [
        (Ended(code=0), "it ended with exit code 0"),
        (Ended(signal="SIGSEGV"), "it was ended by SIGSEGV"),
        (Ended(), "it was killed"),
    ],
)
def test_an_end_that_nobody_wanted_is_told_by_its_kind(ended: Ended, detail: str) -> None:
    record = outcome.settled(acted_on(wish()), run(), ended, JUDGED, 0.0)
    assert record.detail == f"{detail}; starting it again"


def test_an_end_that_nobody_saw_is_nobodys_fault() -> None:
    record = outcome.settled(acted_on(wish()), run(), Ended(unseen=True), JUDGED, 0.0)
    assert (record.failures, record.restarts) == ((), 0)
    assert decide(record) == plan.Begin()


@table("ended", [Ended(code=77), Ended(code=3), Ended(error="gone")])
def test_an_end_from_before_the_last_wish_counts_for_nothing(ended: Ended) -> None:
    record = acted_on(wish()).model_copy(update={"wanted": wish(generation=2)})
    after = outcome.settled(record, run(), ended, JUDGED, 0.0)
    assert (after.hold, after.failures) == (None, ())
    assert decide(after) == plan.Begin()


def test_after_a_new_start_of_the_machine_nothing_runs_and_no_time_counts() -> None:
    record = acted_on(wish(), run=run(), failures=(5.0,), start_at=99.0, boot="old")
    after = outcome.rebooted(record, "new")
    assert decide(after, now=1.0) == plan.Begin()
    assert (after.failures, after.boot) == ((), "new")


def test_what_cannot_be_run_is_ended_and_held() -> None:
    refused = Refusal("'sh' is not among the programs of this runtime")
    running = Record(wanted=wish(), run=run())
    move = decide(running, refused)
    assert isinstance(move, plan.End)
    stopped = running.model_copy(update={"run": run(stop=move.stop)})
    live = stopped.run
    assert live is not None
    assert decide(stopped, refused) == plan.Rest(move.stop.kill_at)
    after = outcome.settled(stopped, live, Ended(code=0), refused, 0.0)
    assert decide(after, refused) == plan.Hold(refused.detail)


def test_when_the_runtime_ends_nothing_is_begun_and_no_drain_is_longer() -> None:
    record = Record(wanted=wish(desired="stopped", drain=Drain(wait_seconds=600)), run=run())
    move = decide(record, end_by=30.0)
    assert isinstance(move, plan.End)
    assert move.stop.kill_at == 30.0
    assert decide(Record(wanted=wish()), end_by=30.0) == plan.Rest()
    assert telling.state_of(Record(wanted=wish()), closing=True) == "stopped"


def test_the_number_of_a_state_grows_whatever_the_clock_does() -> None:
    record = Record(wanted=wish())
    first = telling.told(record, pid=None, healthy=None, at=AT, milliseconds=1000)
    assert first is not None
    kept = record.model_copy(update={"told": first})
    assert telling.told(kept, pid=None, healthy=None, at=AT, milliseconds=2000) is None
    back = telling.told(
        kept.model_copy(update={"hold": "failed"}), pid=None, healthy=None, at=AT, milliseconds=5
    )
    assert back is not None
    assert back.seq == first.seq + 1


def test_of_what_runs_as_it_was_wanted_before_nothing_is_said_any_more() -> None:
    other = wish(generation=2, config={"runtime": {**RULES, "env": {"MODE": "loud"}}})
    record = acted_on(wish(), run=run()).model_copy(update={"wanted": other})
    saying: dict[str, Any] = {"pid": 7, "healthy": None, "at": AT, "milliseconds": 2}
    assert telling.told(record, **saying) is None
    end = decide(record)
    assert isinstance(end, plan.End)
    ending = record.model_copy(update={"run": run(stop=end.stop)})
    told = telling.told(ending, **saying)
    assert told is not None
    assert (told.state, told.generation) == ("stopping", 2)
