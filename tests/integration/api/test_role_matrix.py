"""Every route, asked by everybody: what a session may do is what its role says."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from services.api.access.auth import NEEDS
from services.api.access.roles import ROLES, SCOPES_OF
from services.api.access.scopes import allows
from tests.integration.api.people import People, serving_people
from tests.integration.api.test_closed_by_default import routes


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def people(module_database: str) -> AsyncIterator[People]:
    async with serving_people(module_database) as people:
        await people.person("keeper", "admin")
        yield people


@pytest.mark.parametrize("role", ROLES)
async def test_a_session_opens_exactly_the_routes_of_its_role(people: People, role: str) -> None:
    somebody = await people.person(role, role)
    refused: set[str] = set()

    for method, path, route in routes(people.api):
        if route.name not in NEEDS:
            continue
        answer = await somebody.browser.request(method, path)
        assert answer.status_code != 401, route.name
        if answer.status_code == 403 and answer.json()["code"] == "auth.scope":
            refused.add(route.name)

    expected = {name for name, needed in NEEDS.items() if not allows(SCOPES_OF[role], needed)}
    assert refused == expected
