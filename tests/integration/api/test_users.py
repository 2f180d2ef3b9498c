"""People: created with a link, changed, removed; the last administrator stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from services.api.documented import users as documented
from services.api.documented.tasks import NewToken, Token
from tests.integration.api.client import BASE, TASKS, a_task, bearer, client_of
from tests.integration.api.people import (
    PASSWORD,
    People,
    log_in,
    serving_people,
    token_of,
    verbs_of,
)
from tests.support.cases import cases

USERS = f"{BASE}/users"
SESSION = f"{BASE}/session"
LINK = f"{BASE}/password-link"


@pytest_asyncio.fixture(loop_scope="session")
async def people(database: str) -> AsyncIterator[People]:
    async with serving_people(database) as people:
        yield people


async def test_a_new_user_chooses_their_password_with_the_link(people: People) -> None:
    made = await people.create("Ann", "editor")
    documented.NewUser.model_validate(made)
    token = token_of(made["link"])
    browser = await people.browser()

    peeked = (await browser.post(f"{LINK}/peek", json={"token": token})).json()
    short = await browser.post(LINK, json={"token": token, "password": "short"})
    done = await browser.post(LINK, json={"token": token, "password": PASSWORD})
    again = await browser.post(LINK, json={"token": token, "password": PASSWORD})

    assert documented.PeekedLink.model_validate(peeked).name == "Ann"
    assert [each.status_code for each in (short, done, again)] == [422, 200, 404]
    assert again.json()["code"] == "link.not_found"
    user = (await people.api.http.get(f"{USERS}/{made['user']['id']}")).json()
    assert documented.User.model_validate(user).has_password
    assert user["open_sessions"] == 1


async def test_a_repeated_request_hears_no_link(people: People) -> None:
    body, key = {"name": "ann", "role": "viewer"}, {"Idempotency-Key": "k"}

    first = (await people.api.http.post(USERS, json=body, headers=key)).json()
    again = (await people.api.http.post(USERS, json=body, headers=key)).json()

    assert again == {**first, "link": None}
    kept = await people.api.pool.fetchval("SELECT body FROM api.idempotency")
    assert token_of(first["link"]).encode() not in kept
    rows = await people.api.pool.fetch("SELECT * FROM api.password_links")
    assert token_of(first["link"]) not in repr(rows)


async def test_a_name_is_there_once_however_it_is_typed(people: People) -> None:
    await people.create("Ann", "viewer")
    for case in cases(["ANN", "ａｎｎ", " ann "]):
        with case as name:
            answer = await people.api.http.post(USERS, json={"name": name, "role": "viewer"})

            assert answer.status_code == 422
            assert answer.json()["errors"][0]["code"] == "user.name_taken"


async def test_odd_users_are_refused(people: People) -> None:
    for case in cases(
        [
            ({"name": ""}, "text.empty"),
            ({"name": "a b"}, "user.name"),
            ({"name": "a/b"}, "user.name"),
            ({"name": "a\u202eb"}, "text.bidi"),
            ({"name": "x" * 65}, "text.too_long"),
            ({"role": "owner"}, "field.choice"),
            ({"email": "nowhere"}, "user.email"),
            ({"language": "zh-CN"}, "field.choice"),
            ({"password": "x" * 12}, "field.unknown"),
        ]
    ):
        with case as (fields, code):
            answer = await people.api.http.post(
                USERS, json={"name": "ann", "role": "viewer", **fields}
            )

            assert answer.status_code == 422
            assert answer.json()["errors"][0]["code"] == code


async def test_users_are_listed_by_name_paged_and_searched(people: People) -> None:
    for name in ("zoe", "Ann", "bob", "安安"):
        await people.create(name, "viewer")
    await people.create("boss", "admin")

    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await people.api.http.get(USERS, params={"limit": 2, "cursor": cursor})
        documented.Users.model_validate(page.json())
        found += [each["name"] for each in page.json()["items"]]
        cursor = page.json()["next"]

    assert found == ["Ann", "bob", "boss", "zoe", "安安"]
    some = (await people.api.http.get(USERS, params={"text": "B", "role": "viewer"})).json()
    assert [each["name"] for each in some["items"]] == ["bob"]


async def test_a_new_role_counts_at_once(people: People) -> None:
    ann = await people.person("ann", "viewer")
    assert (await ann.browser.post(TASKS, json=a_task())).status_code == 403

    answer = await people.api.http.put(f"{USERS}/{ann.id}", json={"role": "editor"})

    assert answer.json()["role"] == "editor"
    assert (await ann.browser.post(TASKS, json=a_task())).status_code == 201
    noted = (await people.api.http.get(f"{BASE}/audit?verb=user.updated")).json()["items"][0]
    assert (noted["before"], noted["after"]) == ({"role": "viewer"}, {"role": "editor"})
    assert noted["subject_id"] == "ann"


async def test_who_is_disabled_is_out_with_sessions_and_tokens(people: People) -> None:
    ann = await people.person("ann")
    body = {"name": "t", "scopes": ["tasks:read"]}
    token = (await ann.browser.post(f"{BASE}/me/tokens", json=body)).json()["token"]
    assert (await people.api.http.get(TASKS, headers=bearer(token))).status_code == 200

    await people.api.http.put(f"{USERS}/{ann.id}", json={"disabled": True})

    assert (await ann.browser.get(SESSION)).status_code == 401
    assert (await people.api.http.get(TASKS, headers=bearer(token))).status_code == 401
    answer = await log_in(await people.browser(), "ann")
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.disabled")
    await people.api.http.put(f"{USERS}/{ann.id}", json={"disabled": False})
    assert (await ann.browser.get(SESSION)).status_code == 401, "what has ended stays so"
    assert (await log_in(ann.browser, "ann")).status_code == 200


async def test_who_is_removed_is_gone_with_sessions_and_tokens(people: People) -> None:
    ann = await people.person("ann", "editor")
    task = (await ann.browser.post(TASKS, json=a_task())).json()
    body = {"name": "t", "scopes": ["tasks:read"]}
    token = (await ann.browser.post(f"{BASE}/me/tokens", json=body)).json()["token"]

    assert (await people.api.http.delete(f"{USERS}/{ann.id}")).status_code == 204

    assert (await people.api.http.get(TASKS, headers=bearer(token))).status_code == 401
    assert (await ann.browser.get(SESSION)).status_code == 401
    assert (await people.api.http.get(f"{USERS}/{ann.id}")).status_code == 404
    left = (await people.api.http.get(f"{TASKS}/{task['id']}")).json()
    assert left["created_by"] == "ann"


async def test_the_last_administrator_stays(people: People) -> None:
    boss = await people.person("boss", "admin")
    await people.create("pending", "admin")  # cannot log in yet

    for change in ({"role": "editor"}, {"disabled": True}):
        answer = await people.api.http.put(f"{USERS}/{boss.id}", json=change)
        assert (answer.status_code, answer.json()["code"]) == (409, "user.last_admin")
    assert (await people.api.http.delete(f"{USERS}/{boss.id}")).status_code == 409
    await people.person("second", "admin")
    assert (await people.api.http.put(f"{USERS}/{boss.id}", json={"disabled": True})).is_success


async def test_two_administrators_cannot_remove_each_other(people: People) -> None:
    one, two = await people.person("one", "admin"), await people.person("two", "admin")

    answers = await asyncio.gather(
        people.api.http.put(f"{USERS}/{two.id}", json={"role": "viewer"}),
        people.api.http.put(f"{USERS}/{one.id}", json={"role": "viewer"}),
    )

    assert sorted(each.status_code for each in answers) == [200, 409]


async def test_nobody_gives_a_role_above_their_own(people: People) -> None:
    boss = await people.person("boss", "admin")
    manager = bearer(await people.api.token("users:admin", "tasks:read"))
    async with client_of(people.api.app, manager) as http:
        up = await http.post(USERS, json={"name": "x", "role": "admin"})
        touch = await http.put(f"{USERS}/{boss.id}", json={"display_name": "x"})
        link = await http.post(f"{USERS}/{boss.id}/reset-link")
        gone = await http.delete(f"{USERS}/{boss.id}")

    for answer in (up, touch, link, gone):
        assert (answer.status_code, answer.json()["code"]) == (403, "user.role_above")


async def test_a_change_is_made_to_the_version_that_was_looked_at(people: People) -> None:
    made = (await people.create("ann", "viewer"))["user"]
    path = f"{USERS}/{made['id']}"
    tag = (await people.api.http.get(path)).headers["etag"]

    first = await people.api.http.put(path, json={"role": "editor"}, headers={"If-Match": tag})
    late = await people.api.http.put(path, json={"role": "viewer"}, headers={"If-Match": tag})

    assert (first.status_code, late.status_code) == (200, 412)


async def test_a_reset_link_sets_a_new_password_and_ends_all_sessions(people: People) -> None:
    ann = await people.person("ann")
    path = f"{USERS}/{ann.id}/reset-link"
    old = (await people.api.http.post(path)).json()
    new = (await people.api.http.post(path)).json()
    documented.UserLink.model_validate(new)
    browser = await people.browser()

    stale = await browser.post(LINK, json={"token": token_of(old["link"]), "password": "x" * 20})
    body = {"token": token_of(new["link"]), "password": "something else entirely"}
    used = await browser.post(LINK, json=body)

    assert (stale.status_code, used.status_code) == (404, 200)
    assert (await ann.browser.get(SESSION)).status_code == 401
    assert (await log_in(ann.browser, "ann")).status_code == 401
    verbs = await verbs_of(people.api)
    assert "user.link_created" in verbs
    assert "user.password_changed" in verbs


async def test_a_link_ends_by_itself(people: People) -> None:
    made = await people.create("ann", "viewer")
    await people.api.pool.execute(
        "UPDATE api.password_links SET expires_at = clock_timestamp() - interval '1 second'"
    )

    body = {"token": token_of(made["link"]), "password": PASSWORD}
    assert (await (await people.browser()).post(LINK, json=body)).status_code == 404


async def test_one_changes_how_one_is_called_but_not_ones_role(people: People) -> None:
    ann = await people.person("ann")

    done = await ann.browser.put(f"{BASE}/me", json={"display_name": "小安", "language": "zh-TW"})
    role = await ann.browser.put(f"{BASE}/me", json={"role": "admin"})

    assert documented.User.model_validate(done.json()).display_name == "小安"
    said = (await ann.browser.get(SESSION)).json()["user"]
    assert (said["display_name"], said["language"]) == ("小安", "zh-TW")
    assert role.status_code == 422


async def test_ones_own_tokens_are_made_listed_and_revoked(people: People) -> None:
    ann, bob = await people.person("ann", "operator"), await people.person("bob", "operator")
    path = f"{BASE}/me/tokens"

    answer = await ann.browser.post(path, json={"name": "cli", "scopes": ["tasks:run"]})
    made = answer.json()
    more = await ann.browser.post(path, json={"name": "x", "scopes": ["tasks:write"]})

    NewToken.model_validate(made)
    assert more.status_code == 403
    assert (made["user_name"], made["user_id"]) == ("ann", ann.id)
    [listed] = (await ann.browser.get(path)).json()
    assert Token.model_validate(listed).id == made["id"]
    assert (await bob.browser.get(path)).json() == []
    assert (await bob.browser.delete(f"{path}/{made['id']}")).status_code == 404
    said = (await people.api.http.get(SESSION, headers=bearer(made["token"]))).json()
    assert (said["kind"], said["user"]["name"], said["token_name"]) == ("token", "ann", "cli")
    assert (await ann.browser.delete(f"{path}/{made['id']}")).status_code == 204
    assert (await people.api.http.get(SESSION, headers=bearer(made["token"]))).status_code == 401
    every = (await people.api.http.get(f"{BASE}/tokens")).json()
    used = next(each for each in every if each["id"] == made["id"])
    assert used["last_used_ip"] == "127.0.0.1"


async def test_a_token_can_no_more_than_its_owner_can_now(people: People) -> None:
    ann = await people.person("ann", "editor")
    body = {"name": "t", "scopes": ["tasks:read", "tasks:write"]}
    token = bearer((await ann.browser.post(f"{BASE}/me/tokens", json=body)).json()["token"])
    assert (await people.api.http.post(TASKS, json=a_task(), headers=token)).status_code == 201

    await people.api.http.put(f"{USERS}/{ann.id}", json={"role": "viewer"})

    assert (await people.api.http.post(TASKS, json=a_task(), headers=token)).status_code == 403
    assert (await people.api.http.get(TASKS, headers=token)).status_code == 200


async def test_a_token_does_not_change_a_password_or_see_sessions(people: People) -> None:
    ann = await people.person("ann", "admin")
    body = {"name": "t", "scopes": ["admin"]}
    token = bearer((await ann.browser.post(f"{BASE}/me/tokens", json=body)).json()["token"])
    change = {"old_password": PASSWORD, "password": "quite another sentence"}
    async with client_of(people.api.app, token) as http:
        answers = [
            await http.put(f"{BASE}/me/password", json=change),
            await http.put(f"{BASE}/me", json={"display_name": "x"}),
            await http.get(f"{BASE}/sessions"),
            await http.delete(SESSION),
        ]

    assert {each.json()["code"] for each in answers} == {"auth.session_only"}
    assert (await people.api.http.get(f"{BASE}/me/tokens")).json()["code"] == "auth.no_user"


async def test_whatever_people_do_about_themselves_is_noted(people: People) -> None:
    ann = await people.person("ann", "operator")
    browser = ann.browser
    made = (
        await browser.post(f"{BASE}/me/tokens", json={"name": "t", "scopes": ["tasks:read"]})
    ).json()
    await browser.delete(f"{BASE}/me/tokens/{made['id']}")
    await browser.put(f"{BASE}/me", json={"display_name": "Anna"})
    change = {"old_password": PASSWORD, "password": "quite another sentence"}
    await browser.put(f"{BASE}/me/password", json=change)
    phone = await people.browser()
    await log_in(phone, "ann", "quite another sentence")
    [other] = [
        each
        for each in (await browser.get(f"{BASE}/sessions")).json()["items"]
        if not each["current"]
    ]
    await browser.delete(f"{BASE}/sessions/{other['id']}")
    await browser.delete(SESSION)

    rows = await people.api.pool.fetch(
        "SELECT verb, user_id::text FROM api.audit WHERE actor = 'ann' ORDER BY id"
    )

    assert {row["user_id"] for row in rows} == {ann.id}
    assert [row["verb"] for row in rows] == [
        "user.password_changed",
        "session.created",
        "token.created",
        "token.revoked",
        "user.updated",
        "user.password_changed",
        "session.created",
        "session.revoked",
        "session.ended",
    ]
