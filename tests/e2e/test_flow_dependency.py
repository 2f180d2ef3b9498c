"""The flow of dependencies: tasks start when others have ended, and say why if they do not."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.e2e.place import Place
from tests.support.load import TASKS


async def occurrences(place: Place, task_id: UUID) -> list[dict[str, Any]]:
    answer = await place.operator.insist("GET", f"{TASKS}/{task_id}/occurrences")
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def outcome(place: Place, task_id: UUID) -> dict[str, Any]:
    """Return the first that became of a task."""

    async def look() -> dict[str, Any] | None:
        return next(iter(await occurrences(place, task_id)), None)

    return await place.eventually(look, what="an occurrence")


async def test_a_diamond_of_tasks_runs_once_from_its_top_to_its_bottom(place: Place) -> None:
    left, right = await place.calling("left"), await place.calling("right")
    # It takes a moment, so that the scheduler has heard of the last task before any of them ends.
    top = await place.calling("delay/1/top", dependent_tasks=[str(left), str(right)])
    await place.calling("bottom", depends_on={"tasks": [str(left), str(right)]})

    await place.ended(await place.operator.run(top))
    await place.called("bottom", 1)

    for name in ("left", "right", "bottom"):
        assert len(place.effects(name)) == 1
    graph = (await place.operator.insist("GET", f"{TASKS}/{top}/graph")).json()
    assert {node["name"] for node in graph["nodes"]} == {"delay/1/top", "left", "right", "bottom"}
    await place.judge()


async def test_a_failure_is_told_down_the_line(place: Place) -> None:
    last = await place.calling("never-last")
    middle = await place.calling("never-middle", dependent_tasks=[str(last)])
    first = await place.calling("delay/1/status/500/first", dependent_tasks=[str(middle)])
    await place.calling("alarm", depends_on={"tasks": [str(last)], "rule": "one_failed"})

    await place.operator.run(first)
    await place.called("alarm", 1)

    for task_id in (middle, last):
        row = await outcome(place, task_id)
        assert (row["outcome"], row["reason_code"]) == (
            "upstream_failed",
            "dependency.upstream_failed",
        )
    assert place.effects("never-middle") == place.effects("never-last") == []
