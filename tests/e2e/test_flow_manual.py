"""Flow 3, manual: somebody asks for a run, and gets exactly one."""

from __future__ import annotations

from uuid import UUID, uuid4

from tests.e2e.place import Place
from tests.support.load import RUNS, TASKS


async def test_a_run_by_hand_answers_at_once_and_then_happens(place: Place) -> None:
    task_id = await place.calling("delay/1.5/by-hand")
    answer = await place.operator.call("POST", f"{TASKS}/{task_id}/run")

    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() < 1
    body = answer.json()
    assert body.keys() >= {"message", "task_id", "status", "run_id"}
    assert (body["task_id"], body["status"]) == (str(task_id), "running")
    row = await place.ended(UUID(body["run_id"]))
    assert (row["status"], row["trigger"], row["attempt"]) == ("success", "manual", 1)
    assert row["duration_seconds"] >= 1.5
    await place.judge()
    (call,) = place.effects("delay/1.5/by-hand")
    assert call.run_id == UUID(body["run_id"])


async def test_a_disabled_task_runs_by_hand_and_only_then(place: Place) -> None:
    task_id = await place.calling(
        "disabled", schedule_config={"interval_seconds": 1}, enabled=False
    )
    row = await place.ended(await place.operator.run(task_id))

    await place.judge()
    assert row["status"] == "success"
    assert len(place.effects("disabled")) == 1


async def test_the_same_key_is_the_same_run(place: Place) -> None:
    task_id, key = await place.calling("keyed"), str(uuid4())
    runs = {await place.operator.run(task_id, key=key) for _ in range(3)}
    other = await place.operator.run(task_id, key=str(uuid4()))
    await place.ended(other)
    await place.ended(*runs)
    runs.add(await place.operator.run(task_id, key=key))  # long after it ended

    assert len(runs) == 1
    await place.judge()
    assert {call.run_id for call in place.effects("keyed")} == {*runs, other}
    assert len(place.effects("keyed")) == 2
    assert (await place.operator.task(task_id))["run_count"] == 2


async def test_many_runs_in_one_call_all_happen_once(place: Place) -> None:
    tasks = [await place.calling(f"bulk-{number}") for number in range(3)]
    wished = {"runs": [{"task_id": str(task), "count": 40} for task in tasks]}
    key = str(uuid4())
    first = await place.operator.insist("POST", RUNS, json=wished, key=key)
    again = await place.operator.insist("POST", RUNS, json=wished, key=key)
    ids = [UUID(run_id) for run_id in first.json()["run_ids"]]

    assert first.status_code == 202
    assert again.json() == first.json()
    assert len(set(ids)) == 120
    for number in range(3):
        await place.called(f"bulk-{number}", 40)
    await place.judge()
    seen = [call.run_id for number in range(3) for call in place.effects(f"bulk-{number}")]
    assert sorted(seen) == sorted(ids)


async def test_of_many_runs_with_one_unknown_task_none_happens(place: Place) -> None:
    task_id = await place.calling("all-or-none")
    wished = {"runs": [{"task_id": str(task_id)}, {"task_id": str(uuid4())}]}
    answer = await place.operator.call("POST", RUNS, json=wished)

    assert answer.status_code in (404, 422)
    await place.ended(await place.operator.run(task_id))
    assert len(place.effects("all-or-none")) == 1


async def test_a_task_that_is_not_there_cannot_be_run(place: Place) -> None:
    answer = await place.operator.call("POST", f"{TASKS}/{uuid4()}/run")

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["detail"]
