"""Who asks for a run that is there already is told so, with that one's id."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.api.documented import tasks as documented
from services.api.runs import same
from shared.domain.occurrence import run_id_for
from tests.integration.api.client import TASKS, Api
from tests.integration.api.standing import occurrence

KEY = {"Idempotency-Key": "again"}
BODIES: list[dict[str, Any] | None] = [None, {"overlap": "allow_all"}]


async def ask(api: Api, task_id: str, body: dict[str, Any] | None) -> httpx.Response:
    return await api.http.post(f"{TASKS}/{task_id}/run", json=body, headers=KEY)


async def decided(api: Api, task_id: str, **columns: Any) -> UUID:  # noqa: ANN401 - columns
    """Do as the scheduler does a moment after the request."""
    run_id = run_id_for(task_id, "manual", "again")
    return await occurrence(api, task_id, run_id=run_id, **columns)


@pytest.mark.parametrize("body", BODIES, ids=["plain", "with a body"])
async def test_the_existing_run_is_returned(api: Api, body: dict[str, Any] | None) -> None:
    task = await api.create(unique={})
    existing = uuid4()
    await decided(
        api, task["id"], outcome="deduped", reason=f"unique.existing:{existing}", settled=True
    )

    answer = await ask(api, task["id"], body)

    assert answer.status_code == 200
    told = documented.RunStarted.model_validate(answer.json())
    assert (told.run_id, told.conflict, told.status) == (str(existing), True, "running")


@pytest.mark.parametrize("body", BODIES, ids=["plain", "with a body"])
async def test_a_task_may_want_it_refused(api: Api, body: dict[str, Any] | None) -> None:
    task = await api.create(unique={"on_conflict": "reject"})
    existing = uuid4()
    await decided(
        api, task["id"], outcome="deduped", reason=f"unique.rejected:{existing}", settled=True
    )

    answer = await ask(api, task["id"], body)

    assert (answer.status_code, answer.json()["code"]) == (409, "run.same")
    assert str(existing) in answer.json()["detail"]


async def test_the_first_of_its_kind_is_told_as_such(api: Api) -> None:
    task = await api.create(unique={})
    run_id = await decided(api, task["id"])

    answer = (await ask(api, task["id"], None)).json()

    assert answer["run_id"] == str(run_id)
    assert "conflict" not in answer


async def test_without_a_scheduler_the_answer_does_not_wait_for_ever(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(same, "PATIENCE_SECONDS", 0.05)
    task = await api.create(unique={})

    answer = await ask(api, task["id"], None)

    assert answer.status_code == 200
    assert "conflict" not in answer.json()
