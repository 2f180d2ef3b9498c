"""Doing nothing, for a while, and how it ends. The time is virtual where it would pass."""

from __future__ import annotations

import asyncio

import pytest

from services.executor.actions.noop import Noop, NoopParams
from shared.contracts.action import ActionFailed
from tests.support.context import RecordingContext
from tests.support.virtual_time import in_virtual_time


async def test_nothing_is_done_and_said() -> None:
    outcome = await Noop().run(NoopParams(message="later"), RecordingContext())

    assert (outcome.summary, outcome.data["status"]) == ("later", "noop")


async def test_it_can_end_as_a_failure() -> None:
    with pytest.raises(ActionFailed, match="as wished"):
        await Noop().run(NoopParams(fail=True, message="as wished"), RecordingContext())


@in_virtual_time
async def test_it_says_how_far_it_is() -> None:
    context = RecordingContext()

    await Noop().run(NoopParams(seconds=2.5), context)

    assert [round(percent) for percent, _ in context.steps] == [40, 80, 100]


async def test_it_stops_when_it_is_told_to() -> None:
    waiting = asyncio.create_task(Noop().run(NoopParams(seconds=3600), RecordingContext()))
    await asyncio.sleep(0)
    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_plan_is_empty() -> None:
    outcome = await Noop().run(NoopParams(dry_run=True, seconds=3600), RecordingContext())

    assert outcome.data["plan"] == []
