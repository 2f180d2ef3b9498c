"""Nobody gets in without a token or a session, on any route but the few that let people in."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from services.api import web_app
from services.api.access.auth import NEEDS
from services.api.access.open_routes import ABOUT_ONESELF, PUBLIC
from services.api.access.scopes import ALL_SCOPES, INCLUDED
from tests.integration.api.client import Api, bearer, client_of

ID = str(UUID(int=1))


def routes(api: Api) -> list[tuple[str, str, APIRoute]]:
    """Return every route of the application as (method, path, route)."""
    found = []
    for route in api.framework.routes:
        assert isinstance(route, APIRoute), f"{route} is not enumerated by this test"
        path = route.path.replace("{task_id}", ID).replace("{run_id}", ID)
        path = path.replace("{token_id}", "aaaaaaaa")
        found += [(method, path, route) for method in sorted(route.methods or ())]
    return found


async def test_every_route_but_a_few_needs_a_token(shared_api: Api) -> None:
    async with client_of(shared_api.app) as nobody:
        answers = {
            (method, route.name): await nobody.request(method, path)
            for method, path, route in routes(shared_api)
        }

    open_ones = {name for (_, name), answer in answers.items() if answer.status_code != 401}
    assert open_ones == PUBLIC
    assert {name for name in PUBLIC if name not in ("alive", "ready")} == {
        "get_setup",
        "set_up",
        "log_in",
        "peek_password_link",
        "use_password_link",
        "list_log_in_ways",
        "start_oidc",
        "finish_oidc",
        "leave_oidc",
    }
    for (_, name), answer in answers.items():
        if name not in PUBLIC:
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.headers["content-type"] == "application/problem+json"


async def test_every_route_names_its_scope_and_every_scope_has_a_route(shared_api: Api) -> None:
    names = {route.name for _, _, route in routes(shared_api)}

    assert names == NEEDS.keys() | ABOUT_ONESELF | PUBLIC
    assert len(names) == len(NEEDS) + len(ABOUT_ONESELF) + len(PUBLIC), "each in one table"
    assert set(NEEDS.values()) | {"admin"} == set(ALL_SCOPES)
    assert set(INCLUDED.values()) < OPENED.keys()


#: What opens with a scope of its own kind, with those that include others, and with the one that
#: includes all; `test_role_matrix.py` asks for every operation with its scope and with all others.
OPENED: Mapping[str, frozenset[str]] = {
    "tasks:read": frozenset({"tasks:read"}),
    "accounts:write": frozenset({"accounts:write", "accounts:run"}),
    "alerts:write": frozenset({"alerts:write", "alerts:acknowledge"}),
    "admin": frozenset(ALL_SCOPES),
}


@pytest.mark.parametrize("scope", OPENED)
async def test_a_token_opens_exactly_the_routes_of_its_scope(shared_api: Api, scope: str) -> None:
    token = await shared_api.token(scope)
    refused: set[str] = set()
    async with client_of(shared_api.app, bearer(token)) as client:
        for method, path, route in routes(shared_api):
            answer = await client.request(method, path)
            if route.name in ABOUT_ONESELF:
                continue  # a token is somebody, but most of them take a session
            if answer.status_code == 403 and answer.json()["code"] == "auth.scope":
                assert NEEDS[route.name] in answer.json()["detail"]
                assert f'scope="{NEEDS[route.name]}"' in answer.headers["www-authenticate"]
                refused.add(route.name)
            else:
                assert answer.status_code != 401

    assert refused == {name for name, needed in NEEDS.items() if needed not in OPENED[scope]}


async def test_tricks_with_paths_open_nothing(shared_api: Api) -> None:
    task = "/api/v1/group-ai/automation-tasks"
    paths = [
        "//api/v1/group-ai/automation-tasks",
        "/api/v1/group-ai/automation-tasks/",
        f"/api/v1/group-ai/automation-tasks/{ID}/healthz",
        f"/api/v1/group-ai/automation-tasks/{ID}/readyz",
        f"/api/v1/group-ai/automation-tasks/{ID}/configs",
        f"/api/v1/group-ai/automation-tasks%2f{ID}",
        "/api/v1/group-ai/automation-tasks;x=1",
        "/API/V1/GROUP-AI/AUTOMATION-TASKS",
        "/healthz/../api/v1/group-ai/automation-tasks",
        "/healthz/",
        "/docs/oauth2-redirect",
        "/redoc",
    ]
    async with client_of(shared_api.app) as nobody:
        answers = {path: await nobody.get(path) for path in paths}
        # Tasks that are named like probes.
        named = [await nobody.get(f"{task}/{name}") for name in ("healthz", "readyz")]

    assert {path for path, each in answers.items() if each.status_code not in (401, 404)} == set()
    assert {each.headers["content-type"] for each in answers.values()} == {
        "application/problem+json"
    }
    assert [each.status_code for each in named] == [401, 401]


async def test_the_method_cannot_be_overridden(shared_api: Api) -> None:
    task = await shared_api.create()
    path = f"/api/v1/group-ai/automation-tasks/{task['id']}"

    for header in ("X-HTTP-Method-Override", "X-Method-Override"):
        assert (await shared_api.http.get(path, headers={header: "DELETE"})).status_code == 200
        assert (await shared_api.http.get(path)).status_code == 200


def test_an_open_route_keeps_the_api_from_starting(
    shared_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    careless = APIRouter()

    @careless.get("/api/v1/group-ai/careless")
    async def list_tasks() -> None:
        """Lets anybody in, under the name of a route that is in the table."""

    monkeypatch.setattr(web_app, "ROUTERS", (*web_app.ROUTERS, careless))

    with pytest.raises(web_app.RouteIsOpen):
        web_app.create_app(shared_api.framework.state.parts)
