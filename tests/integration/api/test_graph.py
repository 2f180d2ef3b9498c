"""The task graph: no definition may close a cycle, and everybody can see what leads to what."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import httpx

from shared.contracts.tasks import TaskChanged
from shared.domain.dependency import Rule
from tests.integration.api.client import TASKS, Api, bearer, client_of
from tests.support.cases import cases

LARGE = 10_000


async def make(api: Api, **fields: Any) -> str:  # noqa: ANN401 - fields of a task
    """Create a task; return its id."""
    identity: str = (await api.create(**fields))["id"]
    return identity


async def put(api: Api, task: str, **fields: Any) -> httpx.Response:  # noqa: ANN401 - as above
    return await api.http.put(f"{TASKS}/{task}", json=fields)


def needs(*tasks: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    return {"tasks": list(tasks), **fields}


def codes(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(each["pointer"], each["code"]) for each in answer.json()["errors"]]


async def graph_of(api: Api, task: str) -> dict[str, Any]:
    answer = await api.http.get(f"{TASKS}/{task}/graph")
    assert answer.status_code == 200, answer.text
    graph: dict[str, Any] = answer.json()
    return graph


async def test_what_a_task_depends_on_is_kept_and_told_to_the_scheduler(shared_api: Api) -> None:
    one, other = await make(shared_api), await make(shared_api)

    created = await shared_api.create(depends_on=needs(one, other, rule="one_done"))

    assert created["depends_on"] == needs(one, other, rule="one_done", window_seconds=86_400)
    payload = await shared_api.pool.fetchval(
        "SELECT payload FROM api.outbox WHERE key = $1", created["id"]
    )
    task = TaskChanged.decode(payload).task
    assert task is not None
    assert task.policy.depends_on is not None
    assert task.policy.depends_on.tasks == (UUID(one), UUID(other))
    assert task.policy.depends_on.rule is Rule.ONE_DONE


async def test_every_rule_can_be_saved(shared_api: Api) -> None:
    for case in cases(Rule):
        with case as rule:
            created = await shared_api.create(depends_on=needs(await make(shared_api), rule=rule))

            assert created["depends_on"]["rule"] == rule


async def test_what_is_named_must_exist_once_and_be_another(shared_api: Api) -> None:
    one, unknown = await make(shared_api), str(uuid4())
    here = await make(shared_api)

    answer = await put(shared_api, here, depends_on=needs(one, unknown, one, here, "abc"))

    assert sorted(codes(answer)) == [
        ("/depends_on/tasks/1", "deps.unknown"),
        ("/depends_on/tasks/2", "deps.duplicate"),
        ("/depends_on/tasks/3", "deps.cycle"),
        ("/depends_on/tasks/4", "deps.unknown"),
    ]


async def test_a_cycle_over_both_kinds_of_edges_is_refused(shared_api: Api) -> None:
    last = await make(shared_api)
    middle = await make(shared_api, dependent_tasks=[last])
    first = await make(shared_api)
    assert (await put(shared_api, middle, depends_on=needs(first))).status_code == 200

    by_start = await put(shared_api, last, dependent_tasks=[first])
    by_wait = await put(shared_api, first, depends_on=needs(last))

    assert codes(by_start) == [("/dependent_tasks", "deps.cycle")]
    assert codes(by_wait) == [("/depends_on", "deps.cycle")]
    way = f"{first} → {middle} → {last} → {first}"
    assert way in by_wait.json()["errors"][0]["detail"]


async def test_a_new_task_can_close_a_cycle_too(shared_api: Api) -> None:
    last = await make(shared_api)
    first = await make(shared_api, dependent_tasks=[last])
    body = {"name": "between", "task_type": "manual", "task_action": "greet"}

    refused = await shared_api.http.post(
        TASKS, json={**body, "dependent_tasks": [first], "depends_on": needs(last)}
    )
    allowed = await shared_api.http.post(
        TASKS, json={**body, "dependent_tasks": [last], "depends_on": needs(first)}
    )

    assert codes(refused) == [("/dependent_tasks", "deps.cycle")]
    assert allowed.status_code == 201


async def test_an_edge_that_an_edit_removes_closes_nothing(shared_api: Api) -> None:
    """The direction between two tasks can be turned round in one edit."""
    one = await make(shared_api)
    other = await make(shared_api, depends_on=needs(one))

    turned = await put(shared_api, other, depends_on=None, dependent_tasks=[one])
    again = await put(shared_api, other, depends_on=needs(one), dependent_tasks=[])

    assert (turned.status_code, again.status_code) == (200, 200)
    assert [each["kind"] for each in (await graph_of(shared_api, one))["edges"]] == ["depends_on"]


async def test_a_task_may_be_named_in_both_fields_of_an_edge(shared_api: Api) -> None:
    upstream = await make(shared_api)
    dependant = await make(shared_api, depends_on=needs(upstream, rule="all_done"))

    answer = await put(shared_api, upstream, dependent_tasks=[dependant])

    assert answer.status_code == 200
    assert len((await graph_of(shared_api, upstream))["edges"]) == 2


async def test_two_edits_cannot_close_a_cycle_together(shared_api: Api) -> None:
    for _ in range(5):
        one, other = await make(shared_api), await make(shared_api)

        answers = await asyncio.gather(
            put(shared_api, one, depends_on=needs(other)),
            put(shared_api, other, depends_on=needs(one)),
        )

        assert sorted(answer.status_code for answer in answers) == [200, 422]


async def test_three_edits_of_both_kinds_cannot_either(shared_api: Api) -> None:
    for _ in range(5):
        first, middle, last = [await make(shared_api) for _ in range(3)]

        answers = await asyncio.gather(
            put(shared_api, first, dependent_tasks=[middle]),
            put(shared_api, last, depends_on=needs(middle)),
            put(shared_api, first, depends_on=needs(last)),
        )

        assert sorted(answer.status_code for answer in answers) == [200, 200, 422]


async def test_the_graph_of_a_task_is_what_comes_before_and_after_it(shared_api: Api) -> None:
    after = await make(shared_api, name="after", enabled=False)
    here = await make(shared_api, name="here", dependent_tasks=[after])
    before = await make(shared_api, name="before", dependent_tasks=[here])
    await put(shared_api, after, depends_on=needs(before, rule="none_failed"))
    await make(shared_api, name="a sibling", depends_on=needs(before))

    graph = await graph_of(shared_api, here)

    assert graph["truncated"] is False
    assert graph["nodes"][0]["name"] == "here"
    by_name = {node["name"]: node for node in graph["nodes"]}
    assert by_name.keys() == {"here", "before", "after"}
    assert by_name["after"] == {
        "id": after,
        "name": "after",
        "enabled": False,
        "last_status": None,
        "deleted": False,
    }
    assert sorted(graph["edges"], key=lambda edge: json.dumps(edge, sort_keys=True)) == sorted(
        [
            {"from": before, "to": here, "kind": "dependent_tasks", "rule": "one_success"},
            {"from": here, "to": after, "kind": "dependent_tasks", "rule": "one_success"},
            {"from": before, "to": after, "kind": "depends_on", "rule": "none_failed"},
        ],
        key=lambda edge: json.dumps(edge, sort_keys=True),
    )


async def test_the_graph_tells_how_the_latest_run_ended(shared_api: Api) -> None:
    task = await make(shared_api)
    for age, status in ((2, "failure"), (1, "success")):
        await shared_api.pool.execute(
            "INSERT INTO log.runs (run_id, task_id, trigger, status, attempt, scheduled_for,"
            " started_at, executor, final)"
            " SELECT $1, $2, 'manual', $3, 1, now(), now() - $4::interval, 'executor-1', true",
            uuid4(),
            UUID(task),
            status,
            timedelta(hours=age),
        )

    graph = await graph_of(shared_api, task)

    assert [(node["id"], node["last_status"]) for node in graph["nodes"]] == [(task, "success")]
    assert graph["edges"] == []


async def test_a_deleted_task_is_shown_as_such_as_long_as_another_names_it(
    shared_api: Api,
) -> None:
    after = await make(shared_api)
    here = await make(shared_api, dependent_tasks=[after])
    before = await make(shared_api, dependent_tasks=[here])

    assert (await shared_api.http.delete(f"{TASKS}/{here}")).status_code == 204

    graph = await graph_of(shared_api, before)
    assert [(node["id"], node["deleted"]) for node in graph["nodes"]] == [
        (before, False),
        (here, True),
    ]
    assert [(edge["from"], edge["to"]) for edge in graph["edges"]] == [(before, here)]
    assert (await graph_of(shared_api, after))["nodes"][1:] == []  # its own word is gone
    assert (await shared_api.http.get(f"{TASKS}/{here}/graph")).status_code == 404
    await put(shared_api, before, dependent_tasks=[])
    assert (await graph_of(shared_api, before))["edges"] == []


async def test_the_graph_needs_the_right_to_read_tasks(shared_api: Api) -> None:
    task = await make(shared_api)
    for scope, status in (("tasks:read", 200), ("runs:read", 403)):
        headers = bearer(await shared_api.token(scope))
        async with client_of(shared_api.app, headers=headers) as http:
            assert (await http.get(f"{TASKS}/{task}/graph")).status_code == status


async def chain_of(api: Api, count: int) -> list[str]:
    """Put a chain of tasks into the database, alternating between the two kinds of edges."""
    ids = [uuid4() for _ in range(count)]
    await api.pool.execute(
        "INSERT INTO api.tasks (id, name, task_type, task_action)"
        " SELECT unnest($1::uuid[]), 'a link', 'manual', 'greet'",
        ids,
    )
    await api.pool.execute(
        "INSERT INTO api.edges (owner, upstream, downstream, kind, rule)"
        " SELECT CASE WHEN odd THEN up ELSE down END, up, down,"
        "  CASE WHEN odd THEN 'dependent_tasks' ELSE 'depends_on' END, 'one_success'"
        " FROM unnest($1::uuid[], $2::uuid[], $3::boolean[]) AS e (up, down, odd)",
        ids[:-1],
        ids[1:],
        [bool(number % 2) for number in range(count - 1)],
    )
    await api.pool.execute(
        "UPDATE api.tasks t SET dependent_tasks = ARRAY[e.downstream] FROM api.edges e"
        " WHERE e.owner = t.id AND e.upstream = t.id AND t.id = ANY($1::uuid[])",
        ids,
    )
    await api.pool.execute(
        "UPDATE api.tasks t SET policy = json_build_object('depends_on',"
        " json_build_object('tasks', json_build_array(e.upstream))) FROM api.edges e"
        " WHERE e.owner = t.id AND e.downstream = t.id AND t.id = ANY($1::uuid[])",
        ids,
    )
    return [str(each) for each in ids]


async def test_a_graph_of_ten_thousand_tasks_is_walked_in_no_time(shared_api: Api) -> None:
    chain = await chain_of(shared_api, LARGE)

    begun = perf_counter()
    cycle = await put(shared_api, chain[-1], dependent_tasks=[chain[0]])
    waiting = await put(shared_api, chain[0], depends_on=needs(chain[-1]))
    short_cut = await put(shared_api, chain[1], dependent_tasks=[chain[2], chain[LARGE // 2]])
    graph = await graph_of(shared_api, chain[LARGE // 2])
    took = perf_counter() - begun

    assert codes(cycle) == [("/dependent_tasks", "deps.cycle")]
    assert codes(waiting) == [("/depends_on", "deps.cycle")]
    assert " → … → " in waiting.json()["errors"][0]["detail"]
    assert len(waiting.content) < 2000
    assert short_cut.status_code == 200
    assert (len(graph["nodes"]), graph["truncated"]) == (500, True)
    assert graph["nodes"][0]["id"] == chain[LARGE // 2]
    # The short cut leads there as well; of two as near as each other either may come first.
    assert {node["id"] for node in graph["nodes"][1:5]} >= {
        chain[1],
        chain[LARGE // 2 - 1],
        chain[LARGE // 2 + 1],
    }
    assert took < 20  # a walk that joins all edges for each link takes minutes
