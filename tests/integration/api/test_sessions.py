"""Logging in: what opens a session, what ends it, and what a cookie alone cannot do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import pytest
import pytest_asyncio

from services.api.access.cookies import Origin
from services.api.access.known_tokens import REMEMBERED
from services.api.documented import users as documented
from tests.integration.api.client import BASE, TASKS, a_task, bearer, client_of
from tests.integration.api.people import (
    PASSWORD,
    People,
    log_in,
    serving_people,
    verbs_of,
)
from tests.support.cases import cases

SESSION = f"{BASE}/session"


@pytest_asyncio.fixture(loop_scope="session")
async def people(database: str) -> AsyncIterator[People]:
    async with serving_people(database) as people:
        yield people


async def test_name_and_password_open_a_session(people: People) -> None:
    ann = await people.person("Ann", "operator")
    browser = await people.browser()

    answer = await log_in(browser, "ann")

    said = answer.json()
    documented.Session.model_validate(said)
    assert answer.status_code == 200
    assert (said["kind"], said["user"]["id"], said["user"]["role"]) == ("user", ann.id, "operator")
    assert "tasks:run" in said["scopes"]
    assert "tasks:write" not in said["scopes"]
    again = (await browser.get(SESSION)).json()
    assert {**again, "expires_at": None} == {**said, "expires_at": None}
    assert (await browser.get(TASKS)).status_code == 200
    assert (await browser.post(TASKS, json=a_task())).status_code == 403


async def test_the_cookie_is_closed_to_scripts_and_other_sites(people: People) -> None:
    await people.person("ann")

    cookie = (await log_in(await people.browser(), "ann")).headers["set-cookie"]

    assert cookie.startswith("automation=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= {each.strip() for each in cookie.split(";")}
    assert "Secure" not in cookie
    assert "Domain" not in cookie


async def test_over_tls_the_cookie_is_bound_to_the_host(database: str) -> None:
    origin = Origin("https://tasks.example.com/")
    async with serving_people(database, origin=origin) as people:
        made = await people.create("ann", "viewer")
        assert made["link"].startswith("https://tasks.example.com/set-password#")
        browser = await people.browser()
        token = made["link"].partition("#")[2]

        answer = await browser.post(
            f"{BASE}/password-link", json={"token": token, "password": PASSWORD}
        )

    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-automation=")
    assert {"Secure", "Path=/"} <= {each.strip() for each in cookie.split(";")}


async def test_what_is_stored_is_a_hash(people: People) -> None:
    ann = await people.person("ann")

    secret = ann.browser.cookies["automation"]
    rows = await people.api.pool.fetch("SELECT * FROM api.sessions")
    users = await people.api.pool.fetch("SELECT password_hash FROM api.users")
    assert len(secret) >= 43
    assert secret not in repr(rows)
    assert users[0]["password_hash"].startswith("$argon2id$")


async def test_wrong_names_and_wrong_passwords_hear_the_same(people: People) -> None:
    await people.person("ann")
    await people.create("new", "viewer")  # has no password yet
    browser = await people.browser()

    answers = [
        await log_in(browser, name, password)
        for name, password in (("ann", "x" * 12), ("nobody", PASSWORD), ("new", ""), ("ann", ""))
    ]

    assert {each.status_code for each in answers} == {401}
    assert len({each.json()["detail"] for each in answers}) == 1
    assert "set-cookie" not in answers[0].headers
    rows = await people.api.pool.fetch(
        "SELECT actor, after->>'reason' AS reason, ip FROM api.audit"
        " WHERE verb = 'session.refused' ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [
        ("ann", "password", "127.0.0.1"),
        ("unknown", "name", "127.0.0.1"),
        ("new", "password", "127.0.0.1"),
        ("ann", "password", "127.0.0.1"),
    ]


async def test_after_five_wrong_tries_one_has_to_wait(people: People) -> None:
    await people.person("ann")
    browser = await people.browser()
    for _ in range(5):
        assert (await log_in(browser, "ANN", "wrong password")).status_code == 401

    right = await log_in(browser, "ann")

    assert right.status_code == 429
    assert int(right.headers["retry-after"]) >= 1
    assert right.json()["code"] == "auth.slow_down"
    # No process remembers it: another one would say the same. Time alone does.
    await people.api.pool.execute("UPDATE api.login_attempts SET free_at = clock_timestamp()")
    assert (await log_in(browser, "ann")).status_code == 200
    tries = await people.api.pool.fetchval(
        "SELECT tries FROM api.login_attempts WHERE subject LIKE 'account:%'"
    )
    assert tries == 0


async def test_tries_at_the_same_time_all_count(people: People) -> None:
    await people.person("ann")
    browser = await people.browser()

    answers = await asyncio.gather(*(log_in(browser, "ann", "wrong password") for _ in range(12)))

    statuses = [each.status_code for each in answers]
    assert statuses.count(401) == 5
    assert statuses.count(429) == 7


async def test_an_address_that_tries_many_names_has_to_wait(people: People) -> None:
    await people.person("ann")
    browser = await people.browser()
    for number in range(20):
        assert (await log_in(browser, f"guess {number}", "wrong")).status_code == 401

    assert (await log_in(browser, "ann")).status_code == 429


async def test_logging_in_again_ends_the_session_before(people: People) -> None:
    ann = await people.person("ann")
    before = ann.browser.cookies["automation"]

    await log_in(ann.browser, "ann")

    assert ann.browser.cookies["automation"] != before
    thief = await people.browser(Cookie=f"automation={before}")
    answer = await thief.get(SESSION)
    assert answer.status_code == 401
    assert answer.json()["code"] == "auth.session_expired"


async def test_logging_out_ends_the_session_and_takes_the_cookie(people: People) -> None:
    ann = await people.person("ann")
    secret = ann.browser.cookies["automation"]

    answer = await ann.browser.delete(SESSION)

    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    thief = await people.browser(Cookie=f"automation={secret}")
    assert (await thief.get(SESSION)).status_code == 401
    assert (await verbs_of(people.api))[-1] == "session.ended"


@pytest.mark.parametrize(
    "change",
    [
        "seen_at = clock_timestamp() - interval '12 hours 1 second'",
        "expires_at = clock_timestamp() - interval '1 second'",
        "ended_at = clock_timestamp()",
    ],
)
async def test_a_session_ends_idle_old_or_ended_elsewhere(people: People, change: str) -> None:
    ann = await people.person("ann")
    assert (await ann.browser.get(SESSION)).status_code == 200

    await people.api.pool.execute(f"UPDATE api.sessions SET {change}")  # noqa: S608 - ours
    people.api.framework.state.parts.known_tokens.forget_all()  # as after REMEMBERED

    assert REMEMBERED <= 5.0
    assert (await ann.browser.get(SESSION)).status_code == 401


async def test_use_is_noted_to_the_minute(people: People) -> None:
    ann = await people.person("ann")
    forget = people.api.framework.state.parts.known_tokens.forget_all

    async def seen() -> datetime:
        forget()
        await ann.browser.get(SESSION)
        at: datetime = await people.api.pool.fetchval("SELECT seen_at FROM api.sessions")
        return at

    first = await seen()
    assert await seen() == first
    await people.api.pool.execute("UPDATE api.sessions SET seen_at = seen_at - interval '2 min'")
    assert await seen() >= first


async def test_only_our_page_changes_something_with_a_cookie(people: People) -> None:
    ann = await people.person("ann", "editor")
    cookie = {"Cookie": f"automation={ann.browser.cookies['automation']}"}
    for case in cases(
        [
            ({"Sec-Fetch-Site": "same-origin", "X-Requested-With": "automation"}, 201),
            ({"Sec-Fetch-Site": "none", "X-Requested-With": "automation"}, 201),
            ({"Origin": "http://api", "X-Requested-With": "automation"}, 201),
            ({"Sec-Fetch-Site": "same-origin"}, 403),
            ({"Origin": "http://api"}, 403),
            ({"X-Requested-With": "automation"}, 403),
            ({}, 403),
            ({"Sec-Fetch-Site": "cross-site", "X-Requested-With": "automation"}, 403),
            ({"Sec-Fetch-Site": "same-site", "X-Requested-With": "automation"}, 403),
            ({"Origin": "http://evil", "X-Requested-With": "automation"}, 403),
            ({"Origin": "http://[", "X-Requested-With": "automation"}, 403),
            ({"Origin": "", "X-Requested-With": "automation"}, 403),
            ({"Origin": "null", "X-Requested-With": "automation"}, 403),
            ({"Origin": "http://api.evil", "X-Requested-With": "automation"}, 403),
            (
                {
                    "Sec-Fetch-Site": "cross-site",
                    "Origin": "http://api",
                    "X-Requested-With": "automation",
                },
                403,
            ),
        ]
    ):
        with case as (headers, status):
            async with client_of(people.api.app, {**cookie, **headers}) as other:
                written = await other.post(TASKS, json=a_task())
                read = await other.get(TASKS)

            assert written.status_code == status
            if status == 403:
                assert written.json()["code"] == "auth.csrf"
            assert read.status_code == 200


async def test_no_other_site_logs_anybody_in(people: People) -> None:
    await people.person("ann")

    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil"}):
        async with client_of(people.api.app, headers) as other:
            assert (await log_in(other, "ann")).status_code == 403
    async with client_of(people.api.app) as program:
        assert (await log_in(program, "ann")).status_code == 200


async def test_of_token_and_cookie_the_token_counts(people: People) -> None:
    ann = await people.person("ann", "admin")
    reader = bearer(await people.api.token("tasks:read"))

    both = await ann.browser.post(TASKS, json=a_task(), headers=reader)
    spoiled = await ann.browser.get(TASKS, headers={"Authorization": "Bearer atm_x"})

    assert both.status_code == 403
    assert spoiled.status_code == 401


async def test_a_token_says_who_it_is(people: People) -> None:
    answer = await people.api.http.get(SESSION)

    said = answer.json()
    documented.Session.model_validate(said)
    assert (said["kind"], said["user"], said["token_name"]) == ("token", None, "admin")
    assert "admin" in said["scopes"]
    assert said["expires_at"] is None
    assert (await people.api.http.delete(SESSION)).json()["code"] == "auth.session_only"


async def test_sessions_are_listed_and_ended(people: People) -> None:
    ann = await people.person("ann")
    bob = await people.person("bob")
    phone = await people.browser(**{"User-Agent": "Phone/1.0"})
    await log_in(phone, "ann")

    listed = (await ann.browser.get(f"{BASE}/sessions")).json()
    documented.OpenSessions.model_validate(listed)
    [other] = [each for each in listed["items"] if not each["current"]]

    assert len(listed["items"]) == 2
    assert (other["user_agent"], other["ip"]) == ("Phone/1.0", "127.0.0.1")
    path = f"{BASE}/sessions/{other['id']}"
    assert (await bob.browser.delete(path)).status_code == 404
    assert (await bob.browser.get(f"{BASE}/sessions?user_id={ann.id}")).status_code == 403
    assert (await ann.browser.delete(path)).status_code == 204
    assert (await ann.browser.delete(path)).status_code == 404
    assert (await phone.get(SESSION)).status_code == 401
    assert (await ann.browser.get(SESSION)).status_code == 200


async def test_an_administrator_sees_and_ends_anybodys(people: People) -> None:
    ann = await people.person("ann")
    boss = await people.person("boss", "admin")

    listed = (await boss.browser.get(f"{BASE}/sessions?user_id={ann.id}")).json()["items"]
    ended = await boss.browser.delete(f"{BASE}/sessions/{listed[0]['id']}")

    assert [each["user_name"] for each in listed] == ["ann"]
    assert ended.status_code == 204
    assert (await ann.browser.get(SESSION)).status_code == 401


async def test_one_changes_ones_password_and_all_other_sessions_end(people: People) -> None:
    ann = await people.person("ann")
    phone = await people.browser()
    await log_in(phone, "ann")
    path, new = f"{BASE}/me/password", "quite another sentence"

    async def change(old: str, password: str) -> tuple[int, str]:
        body = {"old_password": old, "password": password}
        answer = await ann.browser.put(path, json=body)
        code = answer.json()["errors"][0]["code"] if answer.content else ""
        return answer.status_code, code

    assert await change("wrong", new) == (422, "password.wrong")
    assert await change(PASSWORD, "short") == (422, "password.short")
    assert await change(PASSWORD, PASSWORD) == (422, "password.same")
    assert await change(PASSWORD, new) == (204, "")
    assert (await ann.browser.get(SESSION)).status_code == 200
    assert (await phone.get(SESSION)).status_code == 401
    assert (await log_in(phone, "ann")).status_code == 401
    assert (await log_in(phone, "ann", new)).status_code == 200
    assert "user.password_changed" in await verbs_of(people.api)


async def test_what_is_refused_is_noted_once_a_minute(people: People) -> None:
    ann = await people.person("ann")

    for _ in range(3):
        await ann.browser.post(TASKS, json=a_task())
    await ann.browser.get(f"{BASE}/audit")

    rows = await people.api.pool.fetch(
        "SELECT actor, subject_id, user_id::text FROM api.audit WHERE verb = 'access.denied'"
        " ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [
        ("ann", "create_task", ann.id),
        ("ann", "list_audit", ann.id),
    ]


async def test_what_a_person_does_bears_their_name(people: People) -> None:
    ann = await people.person("ann", "editor")

    answer = await ann.browser.post(TASKS, json=a_task(), headers={"X-Request-Id": "r-1"})

    assert answer.json()["created_by"] == "ann"
    found = (await people.api.http.get(f"{BASE}/audit?request_id=r-1")).json()["items"]
    assert [
        (each["actor"], each["user_id"], each["token_id"], each["ip"], each["verb"])
        for each in found
    ] == [("ann", ann.id, None, "127.0.0.1", "task.created")]


async def test_keys_of_one_person_are_not_those_of_another(people: People) -> None:
    ann = await people.person("ann", "editor")
    bob = await people.person("bob", "editor")
    key = {"Idempotency-Key": "same"}

    first = await ann.browser.post(TASKS, json=a_task(), headers=key)
    again = await ann.browser.post(TASKS, json=a_task(), headers=key)
    other = await bob.browser.post(TASKS, json=a_task(), headers=key)

    assert first.json()["id"] == again.json()["id"] != other.json()["id"]
