"""Saved views: one's own, and those that others share."""

from __future__ import annotations

from typing import Any

from services.api.documented import saved_views as documented
from tests.integration.api.client import BASE, Api, bearer

VIEWS = f"{BASE}/saved-views"
FAILING = {"name": "失敗的任務", "page": "tasks", "query": "q=failing%3Atrue&sort=-failures"}


async def names(api: Api, headers: Any = None, **params: str) -> list[tuple[str, bool]]:  # noqa: ANN401
    answer = await api.http.get(VIEWS, params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    documented.SavedViews.model_validate(answer.json())
    return [(each["name"], each["mine"]) for each in answer.json()["items"]]


async def test_a_view_is_kept_changed_and_deleted(api: Api) -> None:
    made = await api.http.post(VIEWS, json=FAILING)
    documented.SavedView.model_validate(made.json())
    path = f"{VIEWS}/{made.json()['id']}"
    assert (made.status_code, made.json()["query"]) == (201, FAILING["query"])

    changed = await api.http.put(path, json={"query": "q=late%3Atrue"})
    assert changed.json() == {
        **made.json(),
        "query": "q=late%3Atrue",
        "updated_at": changed.json()["updated_at"],
    }
    assert (await api.http.delete(path)).status_code == 204
    assert (await api.http.delete(path)).status_code == 404
    assert await names(api) == []


async def test_others_see_only_what_is_shared_and_change_nothing(api: Api) -> None:
    mine = (await api.http.post(VIEWS, json=FAILING)).json()
    shared = (await api.http.post(VIEWS, json={**FAILING, "name": "b", "shared": True})).json()
    other = bearer(await api.token("tasks:read"))
    await api.http.post(VIEWS, json={**FAILING, "name": "theirs"}, headers=other)

    assert await names(api, other) == [("theirs", True), ("b", False)]
    assert await names(api, other, page="runs") == []
    for view, status in ((mine, 404), (shared, 403)):
        path = f"{VIEWS}/{view['id']}"
        assert (await api.http.delete(path, headers=other)).status_code == status
        change = await api.http.put(path, json={"shared": False}, headers=other)
        assert change.status_code == status


async def test_an_admin_may_tidy_up(api: Api) -> None:
    other = bearer(await api.token("tasks:read"))
    made = await api.http.post(VIEWS, json={**FAILING, "shared": True}, headers=other)

    assert (await api.http.delete(f"{VIEWS}/{made.json()['id']}")).status_code == 204


async def test_a_name_is_used_once_by_one_owner_on_one_page(api: Api) -> None:
    first = await api.http.post(VIEWS, json=FAILING)
    again = await api.http.post(VIEWS, json=FAILING)
    elsewhere = await api.http.post(VIEWS, json={**FAILING, "page": "runs"})
    other = await api.http.post(VIEWS, json={**FAILING, "name": "b"})
    renamed = await api.http.put(f"{VIEWS}/{other.json()['id']}", json={"name": FAILING["name"]})

    assert (again.status_code, again.json()["code"]) == (409, "saved_view.exists")
    assert (first.status_code, elsewhere.status_code) == (201, 201)
    assert renamed.json()["code"] == "saved_view.exists"


async def test_senseless_views_are_refused(shared_api: Api) -> None:
    for change, pointer in (
        ({"name": " "}, "/name"),
        ({"name": "x" * 81}, "/name"),
        ({"page": "Tasks!"}, "/page"),
        ({"query": "x" * 2_001}, "/query"),
        ({"shared": 1}, "/shared"),
        ({"colour": "red"}, "/colour"),
    ):
        answer = await shared_api.http.post(VIEWS, json={**FAILING, **change})
        assert answer.status_code == 422, change
        assert answer.json()["errors"][0]["pointer"] == pointer
