"""Many tasks changed at once: told first, done in batches, resumed, cancelled, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from services.api.bus.forget import Forgetter
from services.api.documented import task_bulks as documented
from services.api.store.database import Database
from services.api.tasks import bulk_worker
from services.api.tasks.bulk_worker import BulkWorker
from shared.contracts.runs import RunsRequested
from tests.integration.api.client import BASE, TASKS, Api, Greet, bearer
from tests.integration.api.ledger import add_lease, add_run

BULK = f"{BASE}/task-bulk"


def worker(api: Api) -> BulkWorker:
    return BulkWorker(Database(api.own), {"greet": Greet()}, lambda: api.woken.append(None))


async def work(api: Api) -> None:
    """Do everything that is left, as a worker would that has just started."""
    fresh = worker(api)
    while await fresh.step() == timedelta(0):
        pass


async def start(api: Api, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - a body
    answer = await api.http.post(BULK, json=body)
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    documented.TaskBulkStarted.model_validate(told)
    return told


async def read(api: Api, bulk_id: str) -> dict[str, Any]:
    answer = await api.http.get(f"{BULK}/{bulk_id}")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    documented.TaskBulk.model_validate(shown)
    return shown


async def results(api: Api, bulk_id: str, **params: str) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {**params, "limit": "2", "cursor": cursor}
        shown = (await api.http.get(f"{BULK}/{bulk_id}/items", params=query)).json()
        documented.BulkItems.model_validate(shown)
        found += [(each["state"], each["code"]) for each in shown["items"]]
        cursor = shown["next"]
    return found


async def make(api: Api, count: int, **fields: Any) -> list[str]:  # noqa: ANN401
    return [(await api.create(name=f"t{n}", **fields))["id"] for n in range(count)]


async def enabled(api: Api, ids: Sequence[str]) -> list[bool]:
    return [(await api.http.get(f"{TASKS}/{each}")).json()["enabled"] for each in ids]


async def test_chosen_tasks_are_switched_off_and_noted_one_by_one(api: Api) -> None:
    ids = await make(api, 3)
    await api.http.put(f"{TASKS}/{ids[1]}", json={"enabled": False})
    writer = bearer(await api.token("tasks:write", "tasks:run", "tasks:read"))
    answer = await api.http.post(BULK, json={"action": "disable", "ids": ids[::-1]}, headers=writer)
    told = answer.json()
    assert (told["total"], told["state"], told["counts"]["waiting"]) == (3, "running", 3)
    assert [each["name"] for each in told["sample"]] == ["t2", "t1", "t0"]
    assert told["consequences"]["unchanged"] == 1

    await work(api)

    assert await enabled(api, ids) == [False] * 3
    shown = await read(api, told["id"])
    assert (shown["state"], shown["counts"]["done"], shown["counts"]["unchanged"]) == ("done", 2, 1)
    noted = await api.pool.fetch(
        "SELECT subject_id, actor, token_id FROM api.audit WHERE verb = 'task.updated'"
        " ORDER BY id OFFSET 1"
    )
    assert [row["subject_id"] for row in noted] == [ids[2], ids[0]]
    assert all(row["token_id"] in writer["Authorization"] for row in noted)
    assert {row["actor"] for row in noted} == {shown["created_by"]}
    assert api.woken, "what was announced is to be published"


async def test_all_that_a_query_finds_but_some(api: Api) -> None:
    ids = await make(api, 4)
    other = (await api.create(name="other"))["id"]

    told = await start(api, action="disable", q="name:t*", **{"except": [ids[0]]})
    await api.create(name="t-late")  # made after it was asked for: not meant
    await work(api)

    assert (told["total"], told["query"]) == (3, "name:t*")
    assert await enabled(api, [*ids, other]) == [True, False, False, False, True]


async def test_a_dry_run_tells_what_there_is_and_does_nothing(api: Api) -> None:
    ids = await make(api, 2)
    await api.create(name="after", depends_on={"tasks": [ids[0]]})
    await add_lease(api, await add_run(api, ids[0]), ids[0])
    await add_run(api, ids[1], held=True)

    answer = await api.http.post(
        BULK, json={"action": "delete", "ids": ids}, params={"dry_run": "true"}
    )
    await work(api)

    told = answer.json()["answer"]
    assert (answer.status_code, told["total"]) == (200, 2)
    assert told["consequences"] == {
        "unchanged": 0,
        "running_runs": 1,
        "queued_runs": 1,
        "dependents": 1,
    }
    assert await api.count("api.tasks") == 3
    assert await api.count("api.task_bulks") == 0


async def test_tasks_are_run_once_each_however_often_it_is_tried(api: Api) -> None:
    ids = await make(api, 3)
    told = await start(api, action="run", ids=ids)
    await api.http.delete(f"{TASKS}/{ids[2]}")
    # A worker that died after the requests, before what came of them: nothing of it was committed.
    await work(api)

    payloads = await api.pool.fetch("SELECT payload FROM api.outbox WHERE awaits IS NOT NULL")
    asked = [each for row in payloads for each in RunsRequested.decode(row["payload"]).requests]
    assert [str(each.task_id) for each in asked] == ids[:2]
    shown = (await api.http.get(f"{BULK}/{told['id']}/items")).json()["items"]
    assert [each["run_id"] for each in shown[:2]] == [str(each.run_id) for each in asked]
    assert (shown[2]["state"], shown[2]["code"]) == ("failed", "task.not_found")
    assert shown[2]["detail"]
    verbs = await api.pool.fetch("SELECT subject_id FROM api.audit WHERE verb = 'run.requested'")
    assert [row["subject_id"] for row in verbs] == ids[:2]


async def test_a_new_worker_goes_on_where_the_old_one_stopped(api: Api) -> None:
    ids = await make(api, bulk_worker.BATCH + 3)
    told = await start(api, action="delete", ids=ids)

    await worker(api).step()
    half = await read(api, told["id"])
    await work(api)

    assert half["counts"] == {
        "waiting": 3,
        "done": bulk_worker.BATCH,
        "unchanged": 0,
        "failed": 0,
        "cancelled": 0,
    }
    assert half["state"] == "running"
    assert (await read(api, told["id"]))["state"] == "done"
    assert await api.count("api.tasks") == 0


async def test_what_is_left_can_be_cancelled(api: Api) -> None:
    ids = await make(api, bulk_worker.BATCH + 3)
    told = await start(api, action="disable", ids=ids)
    await worker(api).step()

    cancelled = await api.http.post(f"{BULK}/{told['id']}/cancel")
    await work(api)
    again = await api.http.post(f"{BULK}/{told['id']}/cancel")

    assert cancelled.status_code == 200
    shown = await read(api, told["id"])
    assert (shown["state"], shown["counts"]["cancelled"]) == ("cancelled", 3)
    assert (await enabled(api, ids)).count(True) == 3
    assert (again.status_code, again.json()["code"]) == (409, "task_bulk.over")


async def test_it_is_taken_back_where_nobody_changed_the_task_since(api: Api) -> None:
    ids = await make(api, 4)
    await api.http.put(f"{TASKS}/{ids[0]}", json={"enabled": False})
    told = await start(api, action="disable", ids=ids)
    early = await api.http.post(f"{BULK}/{told['id']}/undo")
    await work(api)
    assert (await read(api, told["id"]))["can_undo"] is True
    await api.http.put(f"{TASKS}/{ids[1]}", json={"description": "mine"})
    await api.http.delete(f"{TASKS}/{ids[2]}")

    undoing = await api.http.post(f"{BULK}/{told['id']}/undo")
    await work(api)
    twice = await api.http.post(f"{BULK}/{told['id']}/undo")

    assert early.json()["code"] == "task_bulk.under_way"
    documented.TaskBulk.model_validate(undoing.json())
    assert await enabled(api, [ids[0], ids[1], ids[3]]) == [False, False, True]
    assert sorted(await results(api, undoing.json()["id"])) == [
        ("done", None),
        ("failed", "task.not_found"),
        ("failed", "task_bulk.changed_since"),
    ]
    assert (twice.status_code, twice.json()["code"]) == (409, "task_bulk.undone")
    assert (await read(api, told["id"]))["undone_by"] == undoing.json()["id"]
    assert (await read(api, undoing.json()["id"]))["can_undo"] is False


async def test_what_cannot_be_undone_says_so(api: Api) -> None:
    ids = await make(api, 1)
    told = await start(api, action="run", ids=ids)
    await work(api)

    answer = await api.http.post(f"{BULK}/{told['id']}/undo")

    assert (answer.status_code, answer.json()["code"]) == (409, "task_bulk.no_undo")


async def test_one_task_that_cannot_be_changed_does_not_hold_up_the_others(api: Api) -> None:
    once = {"task_type": "scheduled", "schedule_config": {"at": "2031-01-01T00:00:00Z"}}
    bad = (await api.create(enabled=False, **once))["id"]
    await api.pool.execute(
        'UPDATE api.tasks SET schedule_config = \'{"cron": "nonsense"}\' WHERE id = $1',
        UUID(bad),
    )
    good = (await api.create(enabled=False))["id"]

    told = await start(api, action="enable", ids=[bad, good])
    await work(api)

    states = await results(api, told["id"])
    assert states[1] == ("done", None)
    assert states[0][0] in ("done", "failed")
    assert await results(api, told["id"], state="done") == [s for s in states if s[0] == "done"]


async def test_senseless_wishes_are_refused(api: Api) -> None:
    (task,) = await make(api, 1)
    for body, code in (
        ({"action": "explode", "ids": [task]}, "field.choice"),
        ({"action": "run"}, "task_bulk.ids_or_query"),
        ({"action": "run", "ids": [task], "q": ""}, "task_bulk.ids_or_query"),
        ({"action": "run", "ids": []}, "field.too_few"),
        ({"action": "run", "ids": [str(uuid4())]}, "task_bulk.nothing"),
        ({"action": "run", "q": "nothing-like-it"}, "task_bulk.nothing"),
        ({"action": "run", "q": "colour:red"}, "query.field_unknown"),
        ({"action": "run", "q": "", "timezone": "Mars"}, "tz.unknown"),
    ):
        answer = await api.http.post(BULK, json=body)
        assert answer.status_code == 422, (body, answer.text)
        assert answer.json()["errors"][0]["code"] == code, body
    assert await api.count("api.task_bulks") == 0
    assert (await api.http.get(f"{BULK}/{uuid4()}")).status_code == 404


async def test_who_may_only_run_tasks_may_not_delete_them(api: Api) -> None:
    ids = await make(api, 1)
    runner = bearer(await api.token("tasks:run"))

    run = await api.http.post(BULK, json={"action": "run", "ids": ids}, headers=runner)
    delete = await api.http.post(BULK, json={"action": "delete", "ids": ids}, headers=runner)

    assert run.status_code == 202
    assert (delete.status_code, delete.json()["code"]) == (403, "auth.scope")


async def test_the_newest_are_listed_and_old_ones_forgotten(api: Api) -> None:
    ids = await make(api, 1)
    first = await start(api, action="disable", ids=ids)
    second = await start(api, action="enable", ids=ids)
    await work(api)
    shown = (await api.http.get(BULK)).json()
    documented.TaskBulks.model_validate(shown)
    assert [each["id"] for each in shown["items"]] == [second["id"], first["id"]]
    await api.pool.execute(
        "UPDATE api.task_bulks SET finished_at = now() - interval '31 days' WHERE id = $1",
        UUID(first["id"]),
    )

    await Forgetter(Database(api.own)).step()

    assert await api.count("api.task_bulks") == 1
    assert await api.count("api.task_bulk_items") == 1
