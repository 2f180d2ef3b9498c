"""Log-in at a real OpenID provider: who gets in, as what, and what if it is away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.api.access import first_start, outsiders
from services.api.access.oidc import provider as provider_module
from services.api.access.oidc.config import BadConfig, OidcConfig
from services.api.access.oidc.flow import safe_next
from services.api.access.outsiders import Outsider, RoleMap
from services.api.documented import users as documented
from services.api.settings import OIDC_CALLBACK
from services.api.store.audit import Actor
from shared.domain.errors import Conflict
from shared.egress.guard import AllowList
from tests.integration.api.client import BASE, client_of
from tests.integration.api.oidc_desk import (
    PEOPLE,
    REDIRECT,
    ROLES,
    Middle,
    come_in,
    depart,
    problem_of,
    serving,
    session_of,
)
from tests.integration.api.people import People, log_in, serving_people
from tests.support.openid import SECRET, OpenId, log_in_there, new_key, running_provider


@pytest_asyncio.fixture(loop_scope="session")
async def openid(middle: Middle) -> OpenId:
    return middle.openid


@pytest_asyncio.fixture(loop_scope="session")
async def people(database: str, openid: OpenId, tmp_path: Path) -> AsyncIterator[People]:
    async with serving(database, openid, tmp_path) as people:
        yield people


async def test_whoever_logs_in_there_is_somebody_here(people: People) -> None:
    browser, answer = await come_in(people)

    assert (answer.status_code, answer.headers["location"]) == (303, "http://api/tasks?q=x")
    session = await session_of(browser)
    assert (session["kind"], session["via"]) == ("user", "oidc")
    user = session["user"]
    assert (user["name"], user["display_name"], user["role"]) == ("ann", "王小安", "operator")
    listed = (await people.api.http.get(f"{BASE}/users/{user['id']}")).json()
    documented.User.model_validate(listed)
    assert listed["provider"] == people.api.framework.state.parts.oidc.config.issuer
    assert (listed["email"], listed["has_password"]) == ("ann@example.com", False)
    verbs = [
        row["verb"]
        for row in await people.api.pool.fetch(
            "SELECT verb FROM api.audit ORDER BY id DESC LIMIT 2"
        )
    ]
    assert verbs == ["session.created", "user.created"]
    # Nothing is left that could be used again, and no secret is stored.
    assert await people.api.count("api.oidc_logins") == 0


async def test_the_page_is_told_what_the_button_says(people: People) -> None:
    async with client_of(people.api.app) as nobody:
        ways = (await nobody.get(f"{BASE}/log-in-ways")).json()
    documented.LogInWays.model_validate(ways)
    assert ways == {"password": True, "oidc": {"name": "Company"}}


async def test_who_comes_again_is_the_same_and_has_the_role_of_today(people: People) -> None:
    browser, _ = await come_in(people)
    first = await session_of(browser)
    provider = people.api.framework.state.parts.oidc
    provider.config = replace(provider.config, role_map=RoleMap.parse("staff=editor"))

    await come_in(people, browser=browser)

    again = await session_of(browser)
    assert again["user"]["id"] == first["user"]["id"]
    assert again["user"]["role"] == "editor"
    assert await people.api.count("api.identities") == 1
    # The session before it has ended, and no longer has the group: no way in.
    provider.config = replace(provider.config, role_map=RoleMap.parse("boss=admin"))
    _, refused = await come_in(people)
    assert problem_of(refused) == "oidc.no_role"


async def test_a_name_or_an_address_is_no_proof_of_who_somebody_is(people: People) -> None:
    """There is a keeper, an administrator, and the provider's keeper is somebody else."""
    ann = await people.create("ann", "admin")

    browser, _ = await come_in(people, "0001")
    session = await session_of(browser)
    other, _ = await come_in(people, "0003")

    assert session["user"]["id"] != ann["user"]["id"]
    assert (session["user"]["name"], session["user"]["role"]) == ("ann-2", "operator")
    keeper = (await session_of(other))["user"]
    assert keeper["name"] == "keeper-2"
    listed = (await people.api.http.get(f"{BASE}/users/{keeper['id']}")).json()
    assert listed["email"] is None  # it was not verified


async def test_who_has_no_role_is_not_let_in(people: People) -> None:
    browser, answer = await come_in(people, "0002")

    assert problem_of(answer) == "oidc.no_role"
    assert (await browser.get(f"{BASE}/session")).status_code == 401
    assert await people.api.count("api.users") == 1
    row = await people.api.pool.fetchrow("SELECT * FROM api.audit ORDER BY id DESC LIMIT 1")
    assert row is not None
    assert (row["verb"], row["actor"]) == ("session.refused", "unknown")
    assert "oidc.no_role" in row["after"]


async def test_what_cannot_be_shown_keeps_nobody_out(people: People) -> None:
    """An address that is none, a name that is taken too often, or none that could be one."""
    visitor = Actor("unknown")
    for names in (("ann",), ("\u202e",), ()):
        for number in range(12):
            who = Outsider(
                issuer="https://id.example.com",
                subject=f"{names} {number}".replace("\u202e", "odd"),
                names=names,
                display_name="\u200b",
                email="EXAMPLE\\ann",
                role="viewer",
            )
            async with people.api.pool.acquire() as connection, connection.transaction():
                row = await outsiders.admitted(connection, who, visitor)
            assert (row.email, row.display_name) == (None, row.name)


async def test_a_loop_of_nobody_does_not_fill_the_audit_list(people: People) -> None:
    browser = await people.browser()
    before = await people.api.count("api.audit")
    for number in range(5):
        answer = await browser.get(f"{BASE}/oidc/callback", params={"state": str(number)})
        assert problem_of(answer) == "oidc.state"
    assert await people.api.count("api.audit") == before + 1
    # Whom the provider knows is noted each time.
    for _ in range(2):
        assert problem_of((await come_in(people, "0002"))[1]) == "oidc.no_role"
    assert await people.api.count("api.audit") == before + 3


async def test_only_allowed_domains_and_groups_come_in(
    database: str, openid: OpenId, tmp_path: Path
) -> None:
    wishes = {"domains": frozenset({"example.com"}), "groups": frozenset({"ops", "boss"})}
    async with serving(database, openid, tmp_path, **wishes) as people:
        browser, _ = await come_in(people, "0001")
        assert (await session_of(browser))["user"]["name"] == "ann"
        assert problem_of((await come_in(people, "0003"))[1]) == "oidc.domain"
        parts = people.api.framework.state.parts
        parts.oidc.config = replace(parts.oidc.config, domains=frozenset())
        assert problem_of((await come_in(people, "0002"))[1]) == "oidc.group"


async def test_who_is_disabled_stays_out(people: People) -> None:
    browser, _ = await come_in(people)
    user = (await session_of(browser))["user"]["id"]
    await people.api.http.put(f"{BASE}/users/{user}", json={"disabled": True})

    assert (await browser.get(f"{BASE}/session")).status_code == 401
    _, answer = await come_in(people)
    assert problem_of(answer) == "auth.disabled"


async def test_nobody_comes_in_before_the_first_administrator(
    database: str, openid: OpenId, tmp_path: Path
) -> None:
    async with serving(database, openid, tmp_path) as people:
        await people.api.pool.execute("DELETE FROM api.users")
        _, answer = await come_in(people, "0003")
        assert problem_of(answer) == "oidc.not_set_up"


async def test_the_last_administrator_with_a_password_stays_one(people: People) -> None:
    await come_in(people, "0003")
    keeper = await people.api.pool.fetchval("SELECT id FROM api.users WHERE name = 'keeper'")
    await people.api.pool.execute("UPDATE api.identities SET user_id = $1", keeper)
    parts = people.api.framework.state.parts
    parts.oidc.config = replace(parts.oidc.config, role_map=RoleMap.parse("boss=viewer"))

    browser, _ = await come_in(people, "0003")

    assert (await session_of(browser))["user"]["role"] == "admin"


async def test_an_administrator_can_say_who_somebody_is(people: People, openid: OpenId) -> None:
    await first_start.link_user(people.api.dsn, "keeper", openid.issuer, "0003")

    browser, _ = await come_in(people, "0003")

    user = (await session_of(browser))["user"]
    assert (user["name"], user["role"]) == ("keeper", "admin")
    await people.create("other", "viewer")
    with pytest.raises(Conflict):
        await first_start.link_user(people.api.dsn, "other", openid.issuer, "0003")


async def test_a_password_still_opens_while_the_provider_is_away(
    database: str, tmp_path: Path
) -> None:
    gone = OpenId(redirect=REDIRECT)  # never started
    async with serving(database, gone, tmp_path) as people:
        browser = await people.browser()
        answer = await browser.get(f"{BASE}/oidc/start")
        assert problem_of(answer) == "oidc.away"
        leaving = await browser.get(f"{BASE}/oidc/log-out")
        assert leaving.headers["location"] == "http://api/login"
        assert (await log_in(browser, "keeper")).status_code == 200


async def test_one_logs_out_there_as_well(people: People, openid: OpenId) -> None:
    browser, _ = await come_in(people)
    assert (await browser.delete(f"{BASE}/session")).status_code == 204

    answer = await browser.get(f"{BASE}/oidc/log-out")

    leaving = httpx.URL(answer.headers["location"])
    assert str(leaving).startswith(f"{openid.issuer}/session/end?")
    assert leaving.params["post_logout_redirect_uri"] == "http://api/login"
    async with httpx.AsyncClient() as real:
        asked = await real.get(leaving)
    assert asked.status_code == 200  # it takes the client and the address, and asks
    assert 'name="logout"' in asked.text


async def test_afterwards_one_is_never_sent_to_somebody_else(people: People) -> None:
    elsewhere = [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/login?problem=x",
        "/api/v1/group-ai/oidc/log-out",
        "",
    ]
    assert [safe_next(each) for each in elsewhere] == ["/"] * len(elsewhere)
    browser = await people.browser()
    back = await log_in_there(await depart(browser, elsewhere[0]), "0001")
    assert (await browser.get(back)).headers["location"] == "http://api/"


async def test_what_the_provider_refuses_is_told_kindly(people: People) -> None:
    browser = await people.browser()
    state = httpx.URL(await depart(browser)).params["state"]
    issuer = people.api.framework.state.parts.oidc.config.issuer

    params = {"state": state, "error": "access_denied", "iss": issuer}
    assert problem_of(await browser.get(OIDC_CALLBACK, params=params)) == "oidc.refused"


async def test_the_cookie_on_the_way_is_closed_to_scripts(people: People) -> None:
    answer = await (await people.browser()).get(f"{BASE}/oidc/start")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("automation-oidc=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= {each.strip() for each in cookie.split(";")}
    asked = httpx.URL(answer.headers["location"]).params
    assert asked["code_challenge_method"] == "S256"
    assert SECRET not in str(answer.headers)
    assert {"state", "nonce", "code_challenge"} <= asked.keys()


async def test_keys_that_were_changed_are_read_again(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_module, "KEYS_REST", 0.0)
    async with (
        running_provider(redirect=REDIRECT, people=PEOPLE) as own,
        serving(database, own, tmp_path) as people,
    ):
        await come_in(people)
        await own.stop()
        own.key = new_key()
        await own.start()

        browser, answer = await come_in(people)

        assert answer.headers["location"] == "http://api/tasks?q=x"
        assert (await session_of(browser))["user"]["name"] == "ann"


async def test_a_public_client_needs_no_secret(database: str, tmp_path: Path) -> None:
    async with (
        running_provider(redirect=REDIRECT, people=PEOPLE, secret=None) as own,
        serving(database, own, tmp_path, secret_file=None) as people,
    ):
        browser, _ = await come_in(people)
        assert (await session_of(browser))["user"]["name"] == "ann"


async def test_a_wrong_or_missing_secret_lets_nobody_in(
    database: str, openid: OpenId, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong"
    async with serving(database, openid, tmp_path, secret_file=wrong) as people:
        assert problem_of((await come_in(people))[1]) == "oidc.away"
        wrong.write_text("something else")
        assert problem_of((await come_in(people))[1]) == "oidc.code"
        wrong.write_text(SECRET)  # read afresh: no restart
        browser, _ = await come_in(people)
        assert (await session_of(browser))["user"]["name"] == "ann"


async def test_a_private_provider_is_not_called_unless_it_was_opened(
    database: str, openid: OpenId, tmp_path: Path
) -> None:
    async with serving(database, openid, tmp_path, allow=AllowList()) as people:
        answer = await (await people.browser()).get(f"{BASE}/oidc/start")
        assert problem_of(answer) == "oidc.away"


def test_what_does_not_fit_together_is_named() -> None:
    fields: dict[str, Any] = {
        "issuer": "https://provider.example",
        "client_id": "x",
        "redirect_uri": "https://tasks.example/callback",
        "role_map": ROLES,
    }
    OidcConfig(**fields)
    wrong: dict[str, dict[str, Any]] = {
        "AUTOMATION_OIDC_ISSUER": {"issuer": "http://provider.example"},
        "AUTOMATION_OIDC_CLIENT_ID": {"client_id": ""},
        "AUTOMATION_PUBLIC_URL": {"redirect_uri": "/callback"},
        "AUTOMATION_OIDC_SCOPES": {"scopes": "profile"},
        "AUTOMATION_OIDC_ROLES": {"role_map": RoleMap({})},
    }
    for named, change in wrong.items():
        with pytest.raises(BadConfig, match=named):
            OidcConfig(**{**fields, **change})


async def test_without_a_provider_there_is_no_such_way(database: str) -> None:
    async with serving_people(database) as people, client_of(people.api.app) as nobody:
        assert (await nobody.get(f"{BASE}/log-in-ways")).json()["oidc"] is None
        for path in ("start", "callback", "log-out"):
            assert (await nobody.get(f"{BASE}/oidc/{path}")).status_code == 404
