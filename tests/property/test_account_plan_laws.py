"""Whatever is wanted of an account and becomes of its program, the plan keeps its laws."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.account_runtime import outcome, plan, telling
from services.account_runtime.outcome import Ended
from services.account_runtime.record import Record, Run, Stop
from shared.contracts.account_config import RuntimeConfig
from shared.contracts.accounts import AccountDesired, Desired, Drain, ScriptPin

AT = datetime(2026, 5, 1, tzinfo=UTC)
#: More moves than a story needs until nothing is to be done.
MOST_MOVES = 60

configs = st.fixed_dictionaries(
    {
        "command": st.just(["program"]),
        "stop_grace_seconds": st.sampled_from([0, 3]),
        "restart": st.fixed_dictionaries({"max": st.integers(0, 3)}),
        "reload": st.sampled_from(["restart", "signal"]),
    }
)
wishes = st.tuples(
    st.sampled_from(["running", "stopped", "absent"]),
    configs,
    st.sampled_from([None, "one", "two"]),
    st.sampled_from([0.0, 7.0]),
)
ends = st.sampled_from(
    [Ended(code=0), Ended(code=3), Ended(code=77), Ended(signal="SIGKILL"), Ended(unseen=True)]
)
events = st.lists(st.one_of(wishes, ends, st.floats(0, 100)), max_size=12)


class Machine:
    """An account without a process: makes the moves on paper."""

    def __init__(self, first: AccountDesired) -> None:
        self.record = Record(wanted=first)
        self.now = 0.0
        self.alive = False
        self.forgotten = False
        self.asked: list[Stop] = []

    def judged(self) -> RuntimeConfig:
        return RuntimeConfig.model_validate(self.record.wanted.config["runtime"])

    def move(self) -> plan.Move:
        move = plan.decide(self.record, self.judged(), alive=self.alive, in_hand=True, now=self.now)
        match move:
            case plan.Begin():
                assert not self.alive, "never two at once"
                assert self.record.wanted.desired == "running"
                self.alive, run = True, self._new_run()
                self.record = self.record.model_copy(update={"run": run})
            case plan.End(stop):
                self.asked.append(stop)
                self._change(stop=stop)
            case plan.Kill():
                assert self.asked, "nobody is killed who was not asked"
                assert self.now >= self.asked[-1].kill_at
                self.alive = False
            case plan.Settle(run):
                self._settle(run, Ended(code=0))
            case plan.Reload():
                self._change(script=self.record.wanted.script)
            case plan.Watch(run) if not run.is_ready:
                self._change(is_ready=True)
            case plan.Forget():
                assert not self.alive
                self.forgotten = True
        self.tell()
        return move

    def tell(self) -> None:
        told = telling.told(self.record, pid=None, healthy=None, at=AT, milliseconds=1)
        if told:
            self.record = self.record.model_copy(update={"told": told})

    def end(self, ended: Ended) -> None:
        if self.alive and self.record.run:
            self.alive = False
            self._settle(self.record.run, ended)

    def until_rest(self) -> plan.Move:
        for _ in range(MOST_MOVES):
            before = self.record
            move = self.move()
            match move:
                case plan.Rest(None):
                    return move
                case plan.Rest(float(until)):
                    self.now = until
                case plan.Watch() if self.record is before:
                    return move
                case plan.Forget():
                    return move
        raise AssertionError("it never comes to rest")

    def _settle(self, run: Run, ended: Ended) -> None:
        self.asked.clear()
        self.record = outcome.settled(self.record, run, ended, self.judged(), self.now)

    def _change(self, **changes: object) -> None:
        assert self.record.run is not None
        run = self.record.run.model_copy(update=changes)
        self.record = self.record.model_copy(update={"run": run})

    def _new_run(self) -> Run:
        wanted = self.record.wanted
        return Run(
            token="t",  # noqa: S106 - not a secret
            argv=("/program",),
            env={},
            log_bytes=1,
            port=1,
            spec=plan.spec_of(wanted.config),
            script=wanted.script,
            ready_by=self.now + 60,
            begun_at=self.now,
        )


def wanted(
    generation: int, wish: tuple[Desired, dict[str, object], str | None, float]
) -> AccountDesired:
    desired, config, script, wait = wish
    return AccountDesired(
        id=UUID(int=1),
        account_id="a",
        server_id="default",
        generation=generation,
        desired=desired,
        config={"runtime": config},
        script=ScriptPin(script_id="s", version=script) if script else None,
        drain=Drain(wait_seconds=wait),
        at=AT,
    )


@given(first=wishes, story=events)
def test_it_comes_to_rest_where_it_is_wanted(first: tuple, story: list) -> None:  # type: ignore[type-arg]
    machine, generation = Machine(wanted(1, first)), 1
    for event in story:
        match event:
            case tuple():
                generation += 1
                news = plan.heard(machine.record, wanted(generation, event), boot="")
                assert news is not None
                machine.record = news
            case Ended():
                machine.end(event)
            case _:
                machine.now += event
        machine.move()
        if machine.forgotten:
            return
    rest = machine.until_rest()
    want, run = machine.record.wanted, machine.record.run
    if want.desired == "absent":
        assert rest == plan.Forget()
    elif want.desired == "stopped" or machine.record.hold:
        assert not machine.alive
        assert telling.state_of(machine.record) in ("stopped", machine.record.hold)
    else:
        assert machine.alive
        assert run is not None
        assert (run.script, run.spec) == (want.script, plan.spec_of(want.config))
        assert telling.state_of(machine.record) == "working"


@given(first=wishes, later=wishes, generation=st.integers(0, 5))
def test_only_a_higher_generation_is_news(first: tuple, later: tuple, generation: int) -> None:  # type: ignore[type-arg]
    record = Record(wanted=wanted(3, first), hold="quarantined", detail="it crashed")
    news = plan.heard(record, wanted(generation, later), boot="")
    assert (news is not None) == (generation > 3)
    if news:
        assert (news.hold, news.detail, news.run) == (None, None, record.run)
