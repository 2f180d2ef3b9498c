"""Log-in at a real OpenID provider: who gets in and as what, and what does not get through.

Attacks on the tokens go through somebody in the middle, in front of the real provider: they have
its signing key, so that nothing but the one thing that is wrong can be what is found.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
import uvicorn
from joserfc import jwt
from starlette.requests import Request
from starlette.responses import Response

from services.api.access import first_start, outsiders
from services.api.access.cookies import Origin
from services.api.access.oidc import provider as provider_module
from services.api.access.oidc.config import BadConfig, OidcConfig
from services.api.access.oidc.flow import safe_next
from services.api.access.oidc.provider import Provider
from services.api.access.outsiders import Outsider, RoleMap
from services.api.documented import users as documented
from services.api.settings import OIDC_CALLBACK
from services.api.store.audit import Actor
from shared.domain.errors import Conflict
from shared.egress.guard import AllowList
from tests.integration.api.client import BASE, client_of
from tests.integration.api.people import People, log_in, serving_people
from tests.support.openid import (
    CLIENT,
    SECRET,
    OpenId,
    free_port,
    log_in_there,
    new_key,
    running_provider,
)

REDIRECT = f"http://api{OIDC_CALLBACK}"
PEOPLE: list[dict[str, Any]] = [
    {
        "sub": "0001",
        "name": "王小安",
        "preferred_username": "ann",
        "email": "ann@example.com",
        "email_verified": True,
        "groups": ["staff", "ops"],
    },
    {"sub": "0002", "preferred_username": "bob", "groups": ["staff"]},
    {"sub": "0003", "email": "keeper@example.com", "email_verified": False, "groups": ["boss"]},
]
ROLES = RoleMap.parse("ops=operator, boss=admin")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def openid() -> AsyncIterator[OpenId]:
    async with running_provider(redirect=REDIRECT, people=PEOPLE) as openid:
        yield openid


def config_of(openid: OpenId, **more: Any) -> OidcConfig:  # noqa: ANN401 - fields of OidcConfig
    return OidcConfig(
        **{
            "issuer": openid.issuer,
            "client_id": CLIENT,
            "redirect_uri": REDIRECT,
            "after_log_out": "http://api/login",
            "name": "Company",
            "role_map": ROLES,
            "allow": AllowList.parse("127.0.0.1"),
            **more,
        }
    )


@asynccontextmanager
async def serving(
    database: str,
    openid: OpenId,
    tmp_path: Path,
    **more: Any,  # noqa: ANN401 - as above
) -> AsyncIterator[People]:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    provider = Provider(config_of(openid, **{"secret_file": secret, **more}))
    origin = Origin("http://api")
    async with serving_people(database, oidc=provider, origin=origin) as people:
        await people.person("keeper", "admin")
        yield people
    await provider.close()


@pytest_asyncio.fixture(loop_scope="session")
async def people(database: str, openid: OpenId, tmp_path: Path) -> AsyncIterator[People]:
    async with serving(database, openid, tmp_path) as people:
        yield people


async def depart(browser: httpx.AsyncClient, wanted: str = "/tasks?q=x") -> str:
    """Go to the provider; return the address."""
    answer = await browser.get(f"{BASE}/oidc/start", params={"next": wanted})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def come_in(
    people: People, person: str = "0001", browser: httpx.AsyncClient | None = None
) -> tuple[httpx.AsyncClient, httpx.Response]:
    """Log in as somebody, all the way."""
    browser = browser or await people.browser()
    back = await log_in_there(await depart(browser), person)
    return browser, await browser.get(back)


def problem_of(answer: httpx.Response) -> str:
    """Return what the page of the log-in is to tell."""
    assert answer.status_code == 303, answer.text
    location = urlsplit(answer.headers["location"])
    assert (location.netloc, location.path) == ("api", "/login"), location
    return parse_qs(location.query)["problem"][0]


async def session_of(browser: httpx.AsyncClient) -> dict[str, Any]:
    answer = await browser.get(f"{BASE}/session")
    assert answer.status_code == 200, answer.text
    documented.Session.model_validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


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


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/login?problem=x",
        "/api/v1/group-ai/oidc/log-out",
        "",
    ],
)
async def test_afterwards_one_is_never_sent_to_somebody_else(people: People, wanted: str) -> None:
    assert safe_next(wanted) == "/"
    browser = await people.browser()
    back = await log_in_there(await depart(browser, wanted), "0001")
    assert (await browser.get(back)).headers["location"] == "http://api/"


async def test_an_answer_counts_once_and_for_the_browser_that_began(people: People) -> None:
    browser, other = await people.browser(), await people.browser()
    back = await log_in_there(await depart(browser), "0001")

    # Somebody sends their own answer to another one, to have them log in as themselves.
    assert problem_of(await other.get(back)) == "oidc.state"
    # That try has used it up.
    assert problem_of(await browser.get(back)) == "oidc.state"
    assert "set-cookie" not in (await other.get(back)).headers
    back = await log_in_there(await depart(browser), "0001")
    assert (await browser.get(back)).headers["location"] == "http://api/tasks?q=x"
    assert problem_of(await browser.get(back)) == "oidc.state"


async def test_a_code_is_no_good_in_another_log_in(people: People) -> None:
    """PKCE: a code that was stolen on its way back is worth nothing with another state."""
    browser, thief = await people.browser(), await people.browser()
    stolen = httpx.URL(await log_in_there(await depart(browser), "0001"))
    own = httpx.URL(await depart(thief))

    answer = await thief.get(
        OIDC_CALLBACK,
        params={
            "state": own.params["state"],
            "code": stolen.params["code"],
            "iss": stolen.params["iss"],
        },
    )

    assert problem_of(answer) == "oidc.code"


@pytest.mark.parametrize("change", ["wrong", "missing", "old", "no cookie"])
async def test_a_state_that_is_not_ours_is_refused(people: People, change: str) -> None:
    browser = await people.browser()
    back = httpx.URL(await log_in_there(await depart(browser), "0001"))
    if change == "wrong":
        back = back.copy_set_param("state", "x" * 48)
    elif change == "missing":
        back = back.copy_remove_param("state")
    elif change == "old":
        await people.api.pool.execute(
            "UPDATE api.oidc_logins SET created_at = now() - interval '11 minutes'"
        )
    else:
        browser.cookies.clear()

    assert problem_of(await browser.get(back)) == "oidc.state"


@pytest.mark.parametrize("issuer", ["https://other.example", None])
async def test_the_answer_of_another_provider_is_refused(
    people: People, issuer: str | None
) -> None:
    browser = await people.browser()
    back = httpx.URL(await log_in_there(await depart(browser), "0001"))
    back = back.copy_set_param("iss", issuer) if issuer else back.copy_remove_param("iss")

    assert problem_of(await browser.get(back)) == "oidc.issuer"


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


# Somebody in the middle.

Claims = dict[str, Any]


class Middle:
    """Hands everything on to the real provider and back, but for what `change` does to tokens."""

    def __init__(self, openid: OpenId) -> None:
        self._openid = openid
        self.change: Callable[[Claims, str], str] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        request = Request(scope, receive)
        url = f"http://127.0.0.1:{self._openid.port}{request.url.path}"
        headers = {k: v for k, v in request.headers.items() if k != "content-length"}
        async with httpx.AsyncClient(timeout=20) as client:
            answer = await client.request(
                request.method,
                url,
                params=request.query_params,
                headers=headers,
                content=await request.body(),
            )
        body = answer.content
        if request.url.path == "/token" and answer.status_code == 200 and self.change:
            told = answer.json()
            claims = dict(jwt.decode(told["id_token"], self._openid.key).claims)
            told["id_token"] = self.change(claims, told["id_token"])
            body = httpx.Response(200, json=told).content
        response = Response(body, answer.status_code)
        kept = ("content-type", "location", "set-cookie")
        response.raw_headers.extend(
            (name.encode(), value.encode())
            for name, value in answer.headers.multi_items()
            if name in kept
        )
        await response(scope, receive, send)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def middle() -> AsyncIterator[tuple[OpenId, Middle]]:
    port = free_port()
    async with running_provider(
        redirect=REDIRECT, people=PEOPLE, issuer=f"http://127.0.0.1:{port}"
    ) as openid:
        between = Middle(openid)
        server = uvicorn.Server(
            uvicorn.Config(between, host="127.0.0.1", port=port, log_level="error", lifespan="off")
        )
        serving_it = asyncio.create_task(server.serve())
        async with asyncio.timeout(10):
            while not server.started:  # noqa: ASYNC110 - the server has no event for it
                await asyncio.sleep(0.01)
        yield openid, between
        server.should_exit = True
        await serving_it


def signed(openid: OpenId, claims: Claims, **header: str) -> str:
    """Return claims signed with the provider's own key."""
    fields = {"alg": "RS256", "kid": str(openid.key.kid), **header}
    return jwt.encode(fields, claims, openid.key)


def by_hand(header: dict[str, str], claims: Claims, secret: bytes | None) -> str:
    """Return a token that no library would sign."""
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    text = b".".join(parts)
    mark = hmac.digest(secret, text, "sha256") if secret else b""
    return b".".join([text, urlsafe_b64encode(mark).rstrip(b"=")]).decode()


def unsigned(claims: Claims) -> str:
    return by_hand({"alg": "none"}, claims, None)


def with_secret(claims: Claims, secret: bytes) -> str:
    return by_hand({"alg": "HS256"}, claims, secret)


Forge = Callable[[OpenId, Claims, str], str]
FORGERIES: dict[str, Forge] = {
    "no signature": lambda _, claims, __: unsigned(claims),
    "signature cut off": lambda _, __, text: text.rpartition(".")[0] + ".",
    "signed with the client's secret": lambda _, claims, __: with_secret(claims, SECRET.encode()),
    "signed with the public key as a secret": lambda openid, claims, __: with_secret(
        claims, openid.key.as_pem(private=False)
    ),
    "another key": lambda openid, claims, __: jwt.encode(
        {"alg": "RS256", "kid": str(openid.key.kid)}, claims, new_key()
    ),
    "another audience": lambda openid, claims, __: signed(openid, {**claims, "aud": "other"}),
    "more audiences, for another party": lambda openid, claims, __: signed(
        openid, {**claims, "aud": [CLIENT, "other"], "azp": "other"}
    ),
    "another issuer": lambda openid, claims, __: signed(
        openid, {**claims, "iss": "https://other.example"}
    ),
    "expired": lambda openid, claims, __: signed(
        openid, {**claims, "iat": int(time.time()) - 900, "exp": int(time.time()) - 300}
    ),
    "of the future": lambda openid, claims, __: signed(
        openid, {**claims, "iat": int(time.time()) + 900, "exp": int(time.time()) + 1_800}
    ),
    "without an end": lambda openid, claims, __: signed(
        openid, {name: value for name, value in claims.items() if name != "exp"}
    ),
    "another nonce": lambda openid, claims, __: signed(openid, {**claims, "nonce": "x" * 48}),
    "without nonce": lambda openid, claims, __: signed(
        openid, {name: value for name, value in claims.items() if name != "nonce"}
    ),
    "about somebody else": lambda openid, claims, __: signed(openid, {**claims, "sub": "0003"}),
    "of another access token": lambda openid, claims, __: signed(
        openid, {**claims, "at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}
    ),
    "no token at all": lambda _, __, ___: "nonsense",
}


@pytest.mark.parametrize("what", FORGERIES)
async def test_a_forged_token_is_not_believed(
    database: str, middle: tuple[OpenId, Middle], tmp_path: Path, what: str
) -> None:
    openid, between = middle
    async with serving(database, openid, tmp_path) as people:
        between.change = lambda claims, text: FORGERIES[what](openid, claims, text)
        browser, answer = await come_in(people)

        assert problem_of(answer) == "oidc.token"
        assert (await browser.get(f"{BASE}/session")).status_code == 401
        assert await people.api.count("api.users") == 1


async def test_what_is_signed_anew_and_right_is_believed(
    database: str, middle: tuple[OpenId, Middle], tmp_path: Path
) -> None:
    """The way of the forgeries works: it is what is wrong in them that is found."""
    openid, between = middle
    async with serving(database, openid, tmp_path) as people:
        between.change = lambda claims, _: signed(openid, claims)
        browser, _ = await come_in(people)
        assert (await session_of(browser))["user"]["name"] == "ann"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"issuer": "http://provider.example"}, "AUTOMATION_OIDC_ISSUER"),
        ({"client_id": ""}, "AUTOMATION_OIDC_CLIENT_ID"),
        ({"redirect_uri": "/callback"}, "AUTOMATION_PUBLIC_URL"),
        ({"scopes": "profile"}, "AUTOMATION_OIDC_SCOPES"),
        ({"role_map": RoleMap({})}, "AUTOMATION_OIDC_ROLES"),
    ],
)
def test_what_does_not_fit_together_is_named(change: dict[str, Any], named: str) -> None:
    fields: dict[str, Any] = {
        "issuer": "https://provider.example",
        "client_id": "x",
        "redirect_uri": "https://tasks.example/callback",
        "role_map": ROLES,
    }
    OidcConfig(**fields)
    with pytest.raises(BadConfig, match=named):
        OidcConfig(**{**fields, **change})


async def test_without_a_provider_there_is_no_such_way(database: str) -> None:
    async with serving_people(database) as people, client_of(people.api.app) as nobody:
        assert (await nobody.get(f"{BASE}/log-in-ways")).json()["oidc"] is None
        for path in ("start", "callback", "log-out"):
            assert (await nobody.get(f"{BASE}/oidc/{path}")).status_code == 404
