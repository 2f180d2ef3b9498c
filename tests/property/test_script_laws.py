"""Laws of scripts: any text is judged, and publishing step by step leaves nobody out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from services.executor.actions.script_publish.params import Step, Strategy
from services.executor.actions.script_publish.steps import in_order, open_stage, stages_of
from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.script import read_script
from shared.domain.script_text import canonical


@dataclass(frozen=True)
class Account:
    """An account of which only the name is known."""

    account_id: str


names = st.lists(st.text(min_size=1, max_size=8), max_size=30, unique=True)
totals = st.integers(0, 400)


@st.composite
def strategies(draw: st.DrawFn) -> Strategy:
    kinds: list[Literal["all", "canary", "waves"]] = ["all", "canary", "waves"]
    kind = draw(st.sampled_from(kinds))
    percents = draw(st.lists(st.integers(1, 99), max_size=6, unique=True))
    steps = [Step(percent=each) for each in [*sorted(percents), 100]]
    return Strategy(type=kind, steps=[] if kind == "all" else steps)


@given(names, st.text(min_size=1, max_size=8))
def test_a_new_account_changes_nobody_elses_place(fleet: list[str], new: str) -> None:
    before = in_order(map(Account, fleet))

    after = in_order(map(Account, {*fleet, new}))

    assert [each for each in after if each.account_id in fleet] == before


@given(totals, strategies(), st.floats(0, 100))
def test_every_account_gets_it_and_every_step_adds_some(
    total: int, strategy: Strategy, least: float
) -> None:
    stages = stages_of(total, strategy, least_hold=least)

    reached = [stage.upto for stage in stages]
    assert reached == sorted(set(reached))
    assert reached[-1:] == ([total] if total else [])
    assert all(each.hold_seconds >= least for each in stages)


@given(st.integers(1, 400), st.integers(1, 100))
def test_a_share_is_never_less_than_was_asked_and_one_account_more_at_most(
    total: int, percent: int
) -> None:
    steps = [Step(percent=percent)] + ([Step(percent=100)] if percent < 100 else [])
    first = stages_of(total, Strategy(type="canary", steps=steps))[0]

    assert 0 <= first.upto - total * percent / 100 < 1


@given(st.integers(1, 400), strategies(), st.data())
def test_it_goes_on_where_the_last_one_stopped(
    total: int, strategy: Strategy, data: st.DataObject
) -> None:
    stages = stages_of(total, strategy)
    done = data.draw(st.integers(0, total))
    has_it = [place < done for place in range(total)]

    place = open_stage(stages, has_it)

    assert done <= stages[place].upto, "what was begun is finished"
    assert place == 0 or stages[place - 1].upto < done, "what was not begun is not passed over"


#: What makes YAML, and what unmakes it.
PIECES = (
    *("name: x", "steps:", "triggers:", "  - id: a", "    reply: b", "    goto: a", "variables:"),
    *("\n", "{", "}", "[", "]", ":", "- ", "? ", "&a ", "*a", "!!str ", "|", ">", "'", '"', "#"),
    *("{{v}}", "  ", "\t", "---", "yes", "1e9", "2026-01-01", "<<: ", "=", "%", "@", "`", ","),
    *("\x00", "\ud800", "\u2028", "\ufeff", ".inf", "0x", "1:2:3"),
)
pieces = st.sampled_from(PIECES)
texts = st.lists(pieces, max_size=40).map("".join) | st.text(max_size=80)


@given(texts)
def test_any_text_is_read_or_every_finding_has_a_line(text: str) -> None:
    lines = range(1, len(text.splitlines()) + 2)

    assert all(each.params["line"] in lines for each in findings(text))


def findings(text: str) -> Sequence[Problem]:
    try:
        read_script(text)
    except InvalidDefinition as wrong:
        return wrong.problems
    return ()


@given(texts)
def test_the_canonical_form_is_its_own(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)
