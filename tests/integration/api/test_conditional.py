"""Nobody overwrites what they have not seen."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from shared.contracts.tasks import TaskChanged
from tests.integration.api.client import TASKS, Api
from tests.support.cases import cases


async def test_if_match_on_a_change(shared_api: Api) -> None:
    for case in cases(
        [
            ('"1"', 200),
            ("*", 200),
            ('"7", "1"', 200),
            ('"2"', 412),
            ('"01"', 412),
            ('W/"1"', 412),
            ('"7", "8"', 412),
            ("1", 400),
            ('"1', 400),
            ("", 400),
            ('"1",,', 400),
        ]
    ):
        with case as (if_match, status):
            task = await shared_api.create()

            answer = await shared_api.http.put(
                f"{TASKS}/{task['id']}", json={"name": "b"}, headers={"If-Match": if_match}
            )

            assert answer.status_code == status
            now = await shared_api.http.get(f"{TASKS}/{task['id']}")
            assert now.headers["etag"] == ('"2"' if status == 200 else '"1"')
            if status == 412:
                assert answer.headers["etag"] == '"1"'


async def test_if_match_on_a_delete(shared_api: Api) -> None:
    task = await shared_api.create()
    path = f"{TASKS}/{task['id']}"

    stale = await shared_api.http.delete(path, headers={"If-Match": '"9"'})
    right = await shared_api.http.delete(path, headers={"If-Match": '"1"'})

    assert (stale.status_code, right.status_code) == (412, 204)


async def test_an_unknown_task_is_not_found_whatever_is_to_match(shared_api: Api) -> None:
    answer = await shared_api.http.put(f"{TASKS}/{uuid4()}", json={}, headers={"If-Match": '"1"'})

    assert answer.status_code == 404


async def test_concurrent_changes_form_one_chain(api: Api) -> None:
    task = await api.create()
    path = f"{TASKS}/{task['id']}"

    answers = await asyncio.gather(
        *(api.http.put(path, json={"name": f"name {number}"}) for number in range(20))
    )

    assert sorted(answer.json()["version"] for answer in answers) == list(range(2, 22))
    by_version = {answer.json()["version"]: answer.json()["name"] for answer in answers}
    rows = await api.pool.fetch("SELECT message_id, payload FROM api.outbox ORDER BY id")
    said = [TaskChanged.decode(row["payload"]) for row in rows]
    assert [each.version for each in said] == list(range(1, 22))
    for each in said[1:]:
        assert each.task is not None
        assert each.task.name == by_version[each.version]
    assert (await api.http.get(path)).json()["name"] == by_version[21]


async def test_of_concurrent_changes_to_one_version_one_wins(api: Api) -> None:
    task = await api.create()

    answers = await asyncio.gather(
        *(
            api.http.put(
                f"{TASKS}/{task['id']}",
                json={"name": f"name {number}"},
                headers={"If-Match": '"1"'},
            )
            for number in range(10)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9


async def test_two_edits_cannot_close_a_cycle_together(api: Api) -> None:
    one, other = (await api.create())["id"], (await api.create())["id"]

    answers = await asyncio.gather(
        api.http.put(f"{TASKS}/{one}", json={"dependent_tasks": [other]}),
        api.http.put(f"{TASKS}/{other}", json={"dependent_tasks": [one]}),
    )

    assert sorted(answer.status_code for answer in answers) == [200, 422]
    refused = next(answer for answer in answers if answer.status_code == 422)
    assert refused.json()["errors"][0]["code"] == "deps.cycle"
