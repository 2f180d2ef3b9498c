"""A run by hand may differ from its task: other parameters, another overlap."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from services.api.runs.ask import MOST_BYTES
from shared.contracts.runs import RunRequest, RunsRequested
from tests.integration.api.client import BASE, TASKS, Api
from tests.support.cases import cases

RUNS = f"{BASE}/automation-runs"


async def asked(api: Api) -> list[RunRequest]:
    """Return the runs that lie in the outbox, in the order in which they will be said."""
    rows = await api.pool.fetch(
        "SELECT payload FROM api.outbox WHERE awaits IS NOT NULL ORDER BY id"
    )
    return [each for row in rows for each in RunsRequested.decode(row["payload"]).requests]


async def test_a_run_takes_its_own_parameters_and_overlap(api: Api) -> None:
    task = await api.create()
    body = {"params": {"greeting": "你好", "times": 2}, "overlap": "buffer_all"}

    answer = await api.http.post(f"{TASKS}/{task['id']}/run", json=body)

    assert answer.status_code == 200
    (request,) = await asked(api)
    assert str(request.run_id) == answer.json()["run_id"]
    assert (request.params, request.overlap) == (body["params"], "buffer_all")
    assert (request.trigger, request.version, request.requested_by) == ("manual", 1, "admin")
    assert len(api.woken) == 2


@pytest.mark.parametrize("content", [None, b"{}", b'{"params": null}'])
async def test_a_run_that_differs_in_nothing_is_asked_for_as_ever(
    api: Api, content: bytes | None
) -> None:
    task = await api.create()

    answer = await api.http.post(
        f"{TASKS}/{task['id']}/run", content=content, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 200
    (row,) = await api.pool.fetch("SELECT * FROM api.outbox WHERE awaits IS NOT NULL")
    assert row["message_id"] == f"run:{answer.json()['run_id']}"
    assert b"params" not in row["payload"]


async def test_the_same_key_is_the_same_run_with_parameters_as_well(api: Api) -> None:
    task = await api.create()
    path, headers = f"{TASKS}/{task['id']}/run", {"Idempotency-Key": "k"}

    plain = await api.http.post(path, headers=headers)
    special = await api.http.post(path, headers=headers, json={"params": {"times": 2}})

    assert plain.json()["run_id"] == special.json()["run_id"]


async def test_runs_in_bulk_each_take_their_own(api: Api) -> None:
    one, two = await api.create(), await api.create()
    items = [
        {"task_id": one["id"], "params": {"times": 1}, "count": 2},
        {"task_id": two["id"], "overlap": "cancel_other"},
        {"task_id": one["id"]},
    ]

    answer = await api.http.post(RUNS, json={"runs": items})

    assert answer.status_code == 202, answer.text
    requests = await asked(api)
    assert [str(each.run_id) for each in requests] == answer.json()["run_ids"]
    assert [each.params for each in requests] == [{"times": 1}, {"times": 1}, None, None]
    assert [each.overlap for each in requests] == [None, None, "cancel_other", None]
    # So that whoever sorts them by their time has them in the order in which they were asked for.
    assert len({each.requested_at for each in requests}) == 4
    assert [each.requested_at for each in requests] == sorted(
        each.requested_at for each in requests
    )


async def test_large_parameters_are_spread_over_messages_that_the_bus_takes(api: Api) -> None:
    task = await api.create()
    item = {"task_id": task["id"], "params": {"greeting": "x" * 60_000}, "count": 40}

    answer = await api.http.post(RUNS, json={"runs": [item]})

    assert answer.status_code == 202
    sizes = await api.pool.fetch(
        "SELECT length(payload) AS bytes FROM api.outbox WHERE awaits IS NOT NULL"
    )
    assert len(sizes) == 10
    assert max(row["bytes"] for row in sizes) < 300_000
    assert len(await asked(api)) == 40


async def test_too_much_at_once_is_refused_and_nothing_is_asked_for(api: Api) -> None:
    task = await api.create()
    item = {"task_id": task["id"], "params": {"greeting": "x" * 60_000}, "count": 200}

    answer = await api.http.post(RUNS, json={"runs": [item]})

    assert (answer.status_code, answer.json()["code"]) == (413, "runs.too_large")
    assert str(MOST_BYTES) in answer.json()["detail"]
    assert await asked(api) == []


SENSELESS: list[tuple[dict[str, Any], str, str]] = [
    ({"params": {"times": "2"}}, "/params/times", "field.integer"),
    ({"params": {"colour": "red"}}, "/params/colour", "field.unknown"),
    ({"params": []}, "/params", "field.object"),
    ({"overlap": "sometimes"}, "/overlap", "field.choice"),
    ({"overlap": 1}, "/overlap", "field.choice"),
    ({"task_id": "x"}, "/task_id", "field.unknown"),
    ({"run_id": str(uuid4())}, "/run_id", "field.unknown"),
    ({"trigger": "backfill"}, "/trigger", "field.unknown"),
]


async def test_what_the_action_does_not_take_is_refused(shared_api: Api) -> None:
    for case in cases(SENSELESS):
        with case as (body, pointer, code):
            task = await shared_api.create()
            before = await shared_api.count("api.outbox")

            one = await shared_api.http.post(f"{TASKS}/{task['id']}/run", json=body)

            assert one.status_code == 422
            assert [(each["pointer"], each["code"]) for each in one.json()["errors"]] == [
                (pointer, code)
            ]
            if "params" in body or "overlap" in body:
                many = await shared_api.http.post(
                    RUNS, json={"runs": [{"task_id": task["id"], **body}]}
                )
                assert many.status_code == 422
                assert many.json()["errors"][0]["pointer"] == f"/runs/0{pointer}"
            assert await shared_api.count("api.outbox") == before


BAD_BODIES = [
    (b"null", 422, "body.object"),
    (b"[]", 422, "body.object"),
    (b"{", 400, "json.syntax"),
    (b'{"params": {"a": NaN}}', 400, "json.number"),
    (b'{"params": {}, "params": {}}', 400, "json.duplicate_key"),
    (b'{"params": {"greeting": "\\ud800"}}', 400, "json.surrogate"),
]


async def test_a_body_that_is_none_is_refused(shared_api: Api) -> None:
    for case in cases(BAD_BODIES):
        with case as (body, status, code):
            task = await shared_api.create()

            answer = await shared_api.http.post(
                f"{TASKS}/{task['id']}/run",
                content=body,
                headers={"Content-Type": "application/json"},
            )

            assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_other_bodies_are_refused_as_everywhere(shared_api: Api) -> None:
    task = await shared_api.create()
    path = f"{TASKS}/{task['id']}/run"

    form = await shared_api.http.post(path, data={"a": "b"})
    large = await shared_api.http.post(path, json={"params": {"greeting": "x" * 70_000}})
    missing = await shared_api.http.post(f"{TASKS}/{uuid4()}/run", json={"overlap": "skip"})

    assert (form.status_code, form.json()["code"]) == (415, "body.media_type")
    assert (large.status_code, large.json()["code"]) == (413, "config.too_large")
    assert (missing.status_code, missing.json()["code"]) == (404, "task.not_found")
