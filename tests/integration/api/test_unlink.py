"""The link of a user to a provider is cut: who came that way is out, nothing else is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest_asyncio

from services.api.access import first_start, outsiders
from services.api.access import people as changes
from services.api.access.outsiders import Outsider
from services.api.access.tokens import COMMAND_LINE
from services.api.store.users import UserRow
from tests.integration.api.client import BASE
from tests.integration.api.people import People, Person, serving_people, verbs_of

ISSUER = "https://login.example"
WAITS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest_asyncio.fixture(loop_scope="session")
async def people(database: str) -> AsyncIterator[People]:
    async with serving_people(database) as people:
        await people.person("keeper", "admin")
        yield people


async def linked(people: People, name: str, role: str) -> Person:
    """Return somebody with a password, and with a link."""
    person = await people.person(name, role)
    await first_start.link_user(people.api.dsn, name, ISSUER, name)
    return person


async def come_in(people: People, subject: str) -> UserRow:
    """Have the provider say who somebody is."""
    who = Outsider(issuer=ISSUER, subject=subject, names=(subject,), role_if_new="viewer")
    async with people.api.pool.acquire() as connection, connection.transaction():
        return await outsiders.admitted(connection, who, COMMAND_LINE)


async def cut(people: People, user_id: str) -> tuple[int, dict[str, object]]:
    answer = await people.api.http.delete(f"{BASE}/users/{user_id}/identities")
    return answer.status_code, answer.json()


async def test_who_came_through_the_link_is_out_and_nobody_else(people: People) -> None:
    ann = await linked(people, "ann", "operator")
    bob = await linked(people, "bob", "operator")
    rows = "SELECT id FROM api.sessions WHERE user_id = $1 AND ended_at IS NULL"
    [by_password] = await people.api.pool.fetch(rows, UUID(ann.id))
    await people.api.pool.execute(
        "INSERT INTO api.sessions (id, secret_hash, user_id, expires_at, via)"
        " VALUES (gen_random_uuid(), 'x', $1, clock_timestamp() + interval '1 day', 'oidc')",
        UUID(ann.id),
    )

    status, user = await cut(people, ann.id)

    assert (status, user["provider"], user["open_sessions"]) == (200, None, 1)
    assert await people.api.pool.fetch(rows, UUID(ann.id)) == [by_password]
    assert (await ann.browser.get(f"{BASE}/session")).status_code == 200
    assert (await verbs_of(people.api))[-1] == "user.unlinked"
    noted = await people.api.http.get(f"{BASE}/audit?verb=user.unlinked")
    [entry] = noted.json()["items"]
    assert entry["before"] == {"identities": [{"issuer": ISSUER, "subject": "ann"}]}
    assert entry["after"] == {"ended_sessions": 1}
    assert (await come_in(people, "ann")).id != UUID(ann.id), "another user, as for anybody new"
    assert (await come_in(people, "bob")).id == UUID(bob.id)


async def test_there_is_nothing_to_cut_twice(people: People) -> None:
    ann = await linked(people, "ann", "viewer")
    await cut(people, ann.id)

    status, problem = await cut(people, ann.id)

    assert (status, problem["code"]) == (409, "user.not_linked")


async def test_the_last_administrator_keeps_a_way_in(people: People) -> None:
    boss = await linked(people, "boss", "admin")
    await people.api.pool.execute("UPDATE api.users SET password_hash = NULL")

    status, problem = await cut(people, boss.id)

    assert (status, problem["code"]) == (409, "user.last_admin")
    assert (await come_in(people, "boss")).id == UUID(boss.id), "the link is still there"


async def test_one_who_has_a_password_needs_no_link(people: People) -> None:
    await people.api.pool.execute("UPDATE api.users SET password_hash = NULL")
    boss = await linked(people, "boss", "admin")

    status, user = await cut(people, boss.id)

    assert (status, user["provider"]) == (200, None)


async def test_nobody_comes_in_through_a_link_that_is_being_cut(people: People) -> None:
    ann = await linked(people, "ann", "operator")
    async with people.api.pool.acquire() as connection, connection.transaction():
        row = await changes.locked(connection, UUID(ann.id))
        await outsiders.unlink(connection, row, COMMAND_LINE)
        coming = asyncio.create_task(come_in(people, "ann"))
        async with asyncio.timeout(20):
            while not await people.api.pool.fetchval(WAITS):
                pass  # whoever comes in gets on with it while this asks

    assert (await coming).id != UUID(ann.id)


async def test_the_command_line_cuts_it_as_well(people: People) -> None:
    ann = await linked(people, "ann", "viewer")

    await first_start.unlink_user(people.api.dsn, "ann")

    assert (await come_in(people, "ann")).id != UUID(ann.id)
