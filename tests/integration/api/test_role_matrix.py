"""Every operation, asked by everybody: the running API does what `docs/roles.md` says.

That file is a list that people read, so what is held against the API here is what they were told,
not the table that the API itself decides by.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from services.api.access.roles import ROLES
from services.api.access.scopes import ADMIN, ALL_SCOPES, INCLUDED
from tests.contract.test_roles import A_SESSION, ANOTHERS_SESSION, ANYBODY, SOMEBODY, Row, read
from tests.integration.api.client import BASE, bearer
from tests.integration.api.people import OURS, People, Person, serving_people
from tests.integration.api.standing import logged, minute, occurrence
from tests.integration.api.test_run_lines import wrote
from tests.support.cases import cases

ID = str(UUID(int=1))
READING = ("GET", "HEAD")
OPEN, UNKNOWN, FORBIDDEN = "open", "401", "403"
RIGHTS = read()


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks for everything, and what the file says that they hear."""

    name: str
    send: Callable[[Row], Awaitable[httpx.Response]]
    expected: Callable[[Row], str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def people(module_database: str) -> AsyncIterator[People]:
    async with serving_people(module_database) as people:
        await people.person("keeper", "admin")
        yield people


def path_of(row: Row) -> str:
    """Return the path with ids of nothing, so that what is asked for changes nothing."""
    parts = row.path.split("/")
    return "/".join(
        {"{token_id}": "aaaaaaaa", "{version}": "1", "{sequence}": "1"}.get(each, ID)
        if each.startswith("{")
        else each
        for each in parts
    )


async def heard(caller: Caller) -> dict[str, str]:
    """Return which answer each operation gives *caller*."""
    found = {}
    # Whoever has logged out is somebody else.
    for row in sorted(RIGHTS.values(), key=lambda row: row.name == "log_out"):
        answer = await caller.send(row)
        assert answer.status_code < 500 or answer.status_code == 503, (row.name, answer.text)
        refused = answer.status_code in (401, 403)
        if refused:
            assert answer.headers["content-type"] == "application/problem+json", row.name
            assert answer.json()["code"].startswith("auth."), (row.name, answer.text)
        found[row.name] = str(answer.status_code) if refused else OPEN
    return found


async def check(caller: Caller) -> None:
    assert await heard(caller) == {name: caller.expected(row) for name, row in RIGHTS.items()}


def through(browser: httpx.AsyncClient) -> Callable[[Row], Awaitable[httpx.Response]]:
    return lambda row: browser.request(row.method, path_of(row))


async def token_of(owner: Person, *scopes: str) -> httpx.AsyncClient:
    """Return a client with a token of *owner*."""
    answer = await owner.browser.post(f"{BASE}/me/tokens", json={"name": "t", "scopes": scopes})
    assert answer.status_code == 201, answer.text
    transport = owner.browser._transport  # noqa: SLF001 - the application
    return httpx.AsyncClient(
        transport=transport, base_url="http://api", headers=bearer(answer.json()["token"])
    )


async def admin(people: People, name: str) -> Person:
    return await people.person(name, "admin")


@pytest.mark.parametrize("role", ROLES)
async def test_a_session_opens_exactly_what_the_file_says_of_its_role(
    people: People, role: str
) -> None:
    somebody = await people.person(f"one-{role}", role)

    await check(
        Caller(
            role,
            through(somebody.browser),
            lambda row: OPEN if role in row.roles else FORBIDDEN,
        )
    )


@pytest.mark.parametrize("state", ["session expired", "token expired", "token revoked"])
async def test_who_is_nobody_any_more_is_told_so_everywhere(people: People, state: str) -> None:
    owner = await admin(people, state.replace(" ", "-"))
    pool = people.api.pool
    if state == "session expired":
        browser = owner.browser
        await pool.execute(
            "UPDATE api.sessions SET expires_at = now() WHERE user_id = $1", UUID(owner.id)
        )
    else:
        browser = await token_of(owner, ADMIN)
        column = "revoked_at" if "revoked" in state else "expires_at"
        await pool.execute(
            f"UPDATE api.tokens SET {column} = now() WHERE user_id = $1",  # noqa: S608 - our own words
            UUID(owner.id),
        )
    people.api.framework.state.parts.known_tokens.forget_all()

    await check(
        Caller(state, through(browser), lambda row: OPEN if row.needs == ANYBODY else UNKNOWN)
    )


async def test_a_cookie_on_another_sites_page_changes_nothing(people: People) -> None:
    owner = await admin(people, "visitor-of-others")
    foreign = {**OURS, "Sec-Fetch-Site": "cross-site"}

    async def send(row: Row) -> httpx.Response:
        return await owner.browser.request(row.method, path_of(row), headers=foreign)

    await check(
        Caller("cross-site", send, lambda row: OPEN if row.method in READING else FORBIDDEN)
    )


def _by_scope(row: Row, *, has_it: bool) -> str:
    """Return what a token hears that has exactly the scope of *row*, or every other one."""
    if row.needs in (ANYBODY, SOMEBODY):
        return OPEN
    if row.needs == A_SESSION:
        return FORBIDDEN
    return OPEN if has_it else FORBIDDEN


async def test_a_token_opens_an_operation_with_its_scope_and_with_no_other(people: People) -> None:
    owner = await admin(people, "maker")
    exactly: dict[str, httpx.AsyncClient] = {}
    all_but: dict[str, httpx.AsyncClient] = {}
    for scope in ALL_SCOPES:
        exactly[scope] = await token_of(owner, scope)
        rest = {each for each in ALL_SCOPES if each not in (scope, INCLUDED.get(scope), ADMIN)}
        all_but[scope] = await token_of(owner, *sorted(rest))

    def scope_of(row: Row) -> str:
        return "users:admin" if row.needs == ANOTHERS_SESSION else row.needs.strip("`")

    for clients, has_it in ((exactly, True), (all_but, False)):

        async def send(row: Row, clients: dict[str, httpx.AsyncClient] = clients) -> httpx.Response:
            client = clients.get(scope_of(row), clients["tasks:read"])
            # A body that can be read: what only people may do is refused once it is there.
            body: dict[str, str] | None = (
                {} if row.needs == A_SESSION and row.method == "PUT" else None
            )
            return await client.request(row.method, path_of(row), json=body)

        def expected(row: Row, has_it: bool = has_it) -> str:  # noqa: FBT001 - bound in a loop
            return _by_scope(row, has_it=has_it)

        await check(Caller("token", send, expected))


async def test_streams_and_files_ask_before_their_first_byte(people: People) -> None:
    """On things that are there: of those that are not, anybody could be told so."""
    table: list[str | None] = [*ROLES, None]
    for case in cases(table):
        with case as role:
            task = await people.api.create()
            run_id = await occurrence(people.api, task["id"], settled=True)
            await logged(people.api, run_id, task["id"], completed_at=minute(1))
            await wrote(people.api, run_id, 1, "what it wrote")
            lines = f"{BASE}/automation-runs/{run_id}/lines"
            asked = {
                "stream_run_lines": (f"{lines}/stream", "text/event-stream"),
                "download_run_lines": (f"{lines}/download", "text/plain"),
                "export_audit": (f"{BASE}/audit/export?format=jsonl", "application/jsonl"),
            }
            who = await people.person(f"reader-{role}", role) if role else None
            browser = who.browser if who else await people.browser()

            for name, (path, kind) in asked.items():
                answer = await browser.get(path)
                if role in RIGHTS[name].roles:
                    assert answer.status_code == 200, name
                    assert answer.headers["content-type"].startswith(kind)
                else:
                    assert answer.status_code == (403 if role else 401), name
                    assert answer.headers["content-type"] == "application/problem+json"
                    assert "what it wrote" not in answer.text
