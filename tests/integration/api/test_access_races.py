"""Passwords, links and tokens while something else happens to the same person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest_asyncio

from services.api.access import people as changes
from services.api.access.tokens import COMMAND_LINE
from services.api.store import login_attempts
from tests.integration.api.client import BASE
from tests.integration.api.people import (
    PASSWORD,
    QUICK,
    People,
    log_in,
    serving_people,
    token_of,
)

SESSION = f"{BASE}/session"
LINK = f"{BASE}/password-link"
OTHER = "quite another sentence"
#: For a request to get as far as the lock that it has to wait for.
AWHILE = 0.5


@pytest_asyncio.fixture(loop_scope="session")
async def people(database: str) -> AsyncIterator[People]:
    async with serving_people(database) as people:
        yield people


async def test_the_old_password_opens_nothing_while_a_new_one_is_stored(people: People) -> None:
    ann = await people.person("ann")
    browser = await people.browser()
    async with people.api.pool.acquire() as connection, connection.transaction():
        row = await changes.locked(connection, UUID(ann.id))
        stored = await QUICK.hash(OTHER)
        await changes.set_password(connection, row, stored, COMMAND_LINE, but=None)
        entering = asyncio.create_task(log_in(browser, "ann"))
        await asyncio.sleep(AWHILE)

    answer = await entering

    assert answer.status_code == 401
    assert (await browser.get(SESSION)).status_code == 401


async def test_a_new_password_ends_the_links_to_choose_one(people: People) -> None:
    ann = await people.person("ann")
    link = (await people.api.http.post(f"{BASE}/users/{ann.id}/reset-link")).json()["link"]
    change = {"old_password": PASSWORD, "password": OTHER}
    assert (await ann.browser.put(f"{BASE}/me/password", json=change)).status_code == 204

    answer = await ann.browser.post(LINK, json={"token": token_of(link), "password": PASSWORD})

    assert answer.json()["code"] == "link.not_found"


async def test_a_link_that_is_replaced_while_it_is_used_does_not_block(people: People) -> None:
    made = await people.create("ann", "viewer")
    user_id = UUID(made["user"]["id"])
    body = {"token": token_of(made["link"]), "password": PASSWORD}
    browser = await people.browser()
    async with people.api.pool.acquire() as connection, connection.transaction():
        await changes.locked(connection, user_id)
        using = asyncio.create_task(browser.post(LINK, json=body))
        await asyncio.sleep(AWHILE)
        await changes.make_link(connection, user_id, "ann", COMMAND_LINE)

    answer = await using

    assert answer.status_code == 404, answer.text


async def test_tries_of_one_account_and_address_do_not_block_each_other(people: People) -> None:
    pool = people.api.pool
    async with pool.acquire() as first, pool.acquire() as second:
        for account in ("account:b", "account:a"):  # the address is stored before the second
            await login_attempts.lock(first, (account, "ip:x"))

        async def forgive() -> None:
            async with second.transaction():
                await login_attempts.forgive(second, "account:a", "ip:x")

        async with first.transaction():
            await login_attempts.lock(first, ("account:a",))
            forgiving = asyncio.create_task(forgive())
            await asyncio.sleep(AWHILE)
            await login_attempts.lock(first, ("ip:x",))
        await forgiving


async def test_who_was_removed_a_moment_ago_makes_no_token(people: People) -> None:
    ann = await people.person("ann")
    assert (await ann.browser.get(SESSION)).status_code == 200
    await people.api.pool.execute("DELETE FROM api.users")  # as another replica does

    wished = {"name": "t", "scopes": ["tasks:read"]}
    answer = await ann.browser.post(f"{BASE}/me/tokens", json=wished)

    assert answer.json()["code"] == "user.not_found"
