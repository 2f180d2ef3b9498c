"""The whole graph: every tie between tasks, how each stands, and why a dependant did not run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.api.documented.graph import WholeGraph
from services.api.operations.graph import choose
from services.api.store.whole_graph import Link
from tests.integration.api.client import BASE, TASKS, Api
from tests.integration.api.standing import lease, logged, occurrence

NOW = datetime.now(UTC) - timedelta(minutes=5)


async def graph(api: Api, **params: Any) -> dict[str, Any]:  # noqa: ANN401 - query parameters
    answer = await api.http.get(f"{BASE}/graph", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    WholeGraph.model_validate(found)
    return found


def names(found: dict[str, Any]) -> list[str]:
    return [each["name"] for each in found["nodes"]]


async def chain(api: Api, *called: str) -> list[str]:
    """Create tasks of which each starts the next one."""
    ids: list[str] = []
    for name in reversed(called):
        ids.insert(0, (await api.create(name=name, dependent_tasks=ids[:1]))["id"])
    return ids


async def ended(api: Api, task_id: str, status: str = "success", at: datetime = NOW) -> UUID:
    run = await occurrence(api, task_id, at=at, settled=True)
    await logged(api, run, task_id, status=status, started_at=at, completed_at=at)
    return run


async def edge(api: Api, **params: Any) -> dict[str, Any]:  # noqa: ANN401 - query parameters
    (one,) = (await graph(api, **params))["edges"]
    found: dict[str, Any] = one
    return found


async def test_tasks_without_ties_are_left_out_unless_they_are_meant(api: Api) -> None:
    await chain(api, "extract", "load")
    await api.create(name="alone")

    found = await graph(api)

    assert sorted(names(found)) == ["extract", "load"]
    assert (found["tasks"], found["truncated"]) == (3, False)
    assert names(await graph(api, q="ALON")) == ["alone"]
    assert names(await graph(api, q="nothing like it")) == []


async def test_the_surroundings_of_a_task_end_where_they_are_told_to(api: Api) -> None:
    ids = await chain(api, "a", "b", "c", "d")
    await chain(api, "elsewhere", "there")

    assert sorted(names(await graph(api, focus=ids[1]))) == ["a", "b", "c", "d"]
    near = await graph(api, focus=ids[1], depth=1)
    assert names(near)[0] == "b"
    assert (sorted(names(near)), near["matched"]) == (["a", "b", "c"], [ids[1]])
    assert names(await graph(api, q="b", depth=0)) == ["b"]
    assert (await api.http.get(f"{BASE}/graph", params={"focus": str(uuid4())})).status_code == 404


async def test_a_node_tells_how_its_task_stands(api: Api) -> None:
    run, wait, rest, off = await chain(api, "run", "wait", "rest", "off")
    await lease(api, await occurrence(api, run), run)
    await occurrence(api, wait, held=True, waits_for="lock")
    await ended(api, rest, "timed_out")
    await api.http.put(f"{TASKS}/{off}", json={"enabled": False})

    found = {each["name"]: each for each in (await graph(api))["nodes"]}

    assert {name: each["state"] for name, each in found.items()} == {
        "run": "running",
        "wait": "waiting",
        "rest": "timed_out",
        "off": "disabled",
    }
    assert (found["run"]["running"], found["wait"]["waiting"]) == (1, 1)


async def test_an_edge_says_that_its_dependant_was_started(api: Api) -> None:
    first, second = await chain(api, "first", "second")
    await ended(api, first)
    run = await occurrence(
        api, second, at=NOW + timedelta(seconds=1), trigger="dependency", settled=True
    )

    found = await edge(api)

    assert (found["state"], found["run_id"]) == ("started", str(run))


@pytest.mark.parametrize(
    ("status", "code"), [("failure", "edge.not_success"), ("cancelled", "edge.not_success")]
)
async def test_an_edge_says_that_its_upstream_did_not_succeed(
    api: Api, status: str, code: str
) -> None:
    first, _ = await chain(api, "first", "second")
    await ended(api, first, status)

    found = await edge(api)

    assert (found["state"], found["reason_code"]) == ("blocked", code)


async def test_an_edge_says_why_it_was_not_its_turn(api: Api) -> None:
    first, second = await chain(api, "first", "second")
    assert (await edge(api))["state"] == "idle"  # never run

    at = NOW + timedelta(seconds=1)
    await ended(api, first)
    skipped = {"outcome": "skipped_overlap", "reason": "overlap.live", "settled": True}
    await occurrence(api, second, at=at, trigger="dependency", **skipped)
    found = await edge(api)
    assert found["reason"] == "It was its turn, but: Another run of the task was live."

    held = {"held": True, "waits_for": "queue_paused"}
    await occurrence(api, second, at=at + timedelta(seconds=1), trigger="dependency", **held)
    found = await edge(api)
    assert (found["state"], found["reason"]) == (
        "waiting",
        "It was its turn, and it waits: Its queue is paused.",
    )

    await api.http.put(f"{TASKS}/{second}", json={"enabled": False})
    assert (await edge(api))["state"] == "off"


async def test_an_edge_says_that_the_rule_waits_for_the_others(api: Api) -> None:
    one, other = (await api.create(name="one"))["id"], (await api.create(name="other"))["id"]
    both = {"depends_on": {"tasks": [one, other], "rule": "all_success"}}
    target = (await api.create(name="target", **both))["id"]
    run = await ended(api, one)
    await api.pool.execute(
        "INSERT INTO scheduler.upstream_ends VALUES ($1, $2, 'open', $3, 'success', $4)",
        UUID(target),
        UUID(one),
        run,
        NOW,
    )

    edges = {each["from"]: each for each in (await graph(api))["edges"]}

    assert (edges[one]["state"], edges[one]["reason_code"]) == ("waiting", "edge.waiting")
    assert "all_success" in edges[one]["reason"]
    assert edges[other]["reason_code"] == "edge.upstream_never"
    await api.http.delete(f"{TASKS}/{other}")
    edges = {each["from"]: each for each in (await graph(api))["edges"]}
    assert edges[other]["state"] == "broken"


def test_the_nearest_are_shown_first_and_no_more_than_allowed() -> None:
    ids = [UUID(int=number) for number in range(6)]
    links = [Link(ids[n], ids[n + 1], "dependent_tasks", "one_success") for n in range(5)]

    chosen = choose(links, [ids[2]], 50, 3)

    assert chosen.ids[0] == ids[2]
    assert set(chosen.ids) == {ids[1], ids[2], ids[3]}
    assert chosen.truncated
    assert not choose(links, None, 50, 6).truncated


def test_what_is_beside_is_not_what_is_before_or_after() -> None:
    top, left, right = (UUID(int=number) for number in range(3))
    links = [Link(top, each, "dependent_tasks", "one_success") for each in (left, right)]

    assert set(choose(links, [left], 50, 9).ids) == {left, top}


def test_a_loop_ends() -> None:
    one, two = UUID(int=1), UUID(int=2)
    links = [Link(one, two, "k", "r"), Link(two, one, "k", "r")]

    assert set(choose(links, [one], 50, 9).ids) == {one, two}
