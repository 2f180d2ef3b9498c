"""Whatever happens to a task, what is told of it fits together."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.facts import Incident
from services.notifier.rules import FAILED, RULE_REPEATS, decide
from shared.contracts.runs import RunStatus
from tests.unit.test_notifier_rules import a_rule, a_task, an_end, open_ones

ENDS = st.lists(
    st.sampled_from([each for each in RunStatus if each is not RunStatus.RUNNING]), max_size=30
)


@given(
    ends=ENDS,
    pauses=st.lists(st.integers(0, 90), min_size=30, max_size=30),
    after=st.integers(1, 4),
    exact=st.booleans(),
    switch=st.booleans(),
)
def test_failures_recoveries_and_incidents_fit_together(
    ends: list[RunStatus], pauses: list[int], after: int, *, exact: bool, switch: bool
) -> None:
    rule = a_rule("failure", "recovered", after_failures=after, exact=exact)
    task = a_task(rule, notify_on_failure=switch, recipients=("ops",))
    incidents: dict[UUID, Incident] = {}
    told, in_a_row, at = False, 0, timedelta(0)
    for status, pause in zip(ends, pauses, strict=False):
        at += timedelta(minutes=pause)
        before = next(
            (each for each in open_ones(incidents) if each.failure_class == status.value), None
        )
        decision = decide(
            task, an_end(status, minute=int(at.total_seconds() // 60)), open_ones(incidents), uuid4
        )
        incidents |= {each.id: each for each in decision.incidents}
        events = [each.event for each in decision.notices]
        opened = open_ones(incidents)

        assert len(events) == len(set(events)), "one channel hears one event once"
        assert len(opened) == len({each.failure_class for each in opened})
        if status is RunStatus.SUCCESS:
            assert ("recovered" in events) is told, "a recovery follows a failure that was told"
            assert not opened
            told, in_a_row = False, 0
        if status in FAILED:
            in_a_row += 1
            if in_a_row == after:
                assert "failure" in events, "the one that was asked for is never left out"
            if exact and not switch:
                assert ("failure" in events) is (in_a_row == after)
            if not switch:
                assert ("failure" in events) <= (in_a_row >= after)
            if in_a_row != after and before and before.told_at and "failure" in events:
                was, is_now = (
                    (each.updated_at - before.opened_at) // RULE_REPEATS
                    for each in (before, decision.incidents[0])
                )
                assert was < is_now, "not twice within five minutes"
            told = told or bool(events)
        assert sum(each.count for each in opened) == in_a_row
        assert any(each.told_at for each in opened) is told
