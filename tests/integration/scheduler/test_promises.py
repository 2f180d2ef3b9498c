"""The promises hold whatever happens in any order, and a build that breaks one is found out.

Tasks are created, edited, paused, deleted, run by hand and by events; schedulers tick, close, admit
and hear, two at a time; executors claim, end, fail, ask for more time, die, and come back from the
dead; runs are cancelled, also while they end or begin; all is paused; messages are doubled and come
again. In the end all is drained and compared with `promises.runs.Promise`.

A failure prints the steps that led to it; the last `PROMISES_SEED` that it prints repeats them.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from shared.runtime.conditions import Conditions
from tests.integration.scheduler.desk import Desk
from tests.integration.scheduler.promises.machine import Promises
from tests.integration.scheduler.promises.runs import Broken
from tests.integration.scheduler.promises.sabotage import SABOTAGE
from tests.support.budget import ALL
from tests.support.cases import table

LIVES = 24 if ALL else 5
"""Each begins anew; with steps in an order of its own, and rules of its own that never happen."""
STEPS = 40

pytestmark = pytest.mark.timeout(300)


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def place(desk: Desk, conditions: Conditions) -> None:
    """Say where lives are lived."""
    Promises.desk, Promises.conditions = desk, conditions
    Promises.loop = asyncio.get_running_loop()


async def test_the_promises_hold_whatever_happens_in_whatever_order() -> None:
    given = os.environ.get("PROMISES_SEED")
    first = int(given) if given else secrets.randbelow(2**32)
    chosen = settings(
        max_examples=2,
        stateful_step_count=STEPS,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    # Hypothesis begins with the simplest life, and makes most others out of the one before: lives
    # that have nothing in common want a beginning each.
    for number in range(first, first + (1 if given else LIVES)):
        print(f"PROMISES_SEED={number}")  # noqa: T201 - pytest shows it with a failure
        await asyncio.to_thread(run_state_machine_as_test, seed(number)(Promises), settings=chosen)


def live(life: Callable[[Promises], None]) -> None:
    it = Promises()
    it.begin()
    life(it)
    it.teardown()


@table("life", dict.fromkeys(each.life for each in SABOTAGE.values()))
async def test_the_sound_build_survives_each_short_life(life: Callable[[Promises], None]) -> None:
    await asyncio.to_thread(live, life)


@table("name", SABOTAGE)
async def test_a_sabotaged_build_is_found_out(desk: Desk, name: str) -> None:
    sabotage = SABOTAGE[name]
    async with sabotage.done(desk.pool):
        with pytest.raises(Broken) as broken:
            await asyncio.to_thread(live, sabotage.life)

    assert broken.value.args[0] is sabotage.breaks
