"""What does not get through at a log-in with OpenID: stolen answers, odd states, forged tokens."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest_asyncio
from joserfc import jwt

from services.api.settings import OIDC_CALLBACK
from tests.integration.api.client import BASE
from tests.integration.api.oidc_desk import (
    Claims,
    Middle,
    come_in,
    depart,
    problem_of,
    serving,
    session_of,
)
from tests.integration.api.people import People
from tests.support.openid import CLIENT, SECRET, OpenId, log_in_there, new_key


@pytest_asyncio.fixture(loop_scope="session")
async def people(database: str, middle: Middle, tmp_path: Path) -> AsyncIterator[People]:
    async with serving(database, middle.openid, tmp_path) as people:
        yield people
        middle.change = None


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


async def test_a_state_that_is_not_ours_is_refused(people: People) -> None:
    for change in ("wrong", "missing", "old", "no cookie"):
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

        assert problem_of(await browser.get(back)) == "oidc.state", change


async def test_the_answer_of_another_provider_is_refused(people: People) -> None:
    browser = await people.browser()
    back = httpx.URL(await log_in_there(await depart(browser), "0001"))
    other = back.copy_set_param("iss", "https://other.example")
    assert problem_of(await browser.get(other)) == "oidc.issuer"

    back = httpx.URL(await log_in_there(await depart(browser), "0001"))
    assert problem_of(await browser.get(back.copy_remove_param("iss"))) == "oidc.issuer"


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


async def test_a_forged_token_is_not_believed(people: People, middle: Middle) -> None:
    believed = {}
    for what, forged in FORGERIES.items():
        middle.change = lambda claims, text, forged=forged: forged(middle.openid, claims, text)
        browser, answer = await come_in(people)
        heard = problem_of(answer), (await browser.get(f"{BASE}/session")).status_code
        if heard != ("oidc.token", 401):
            believed[what] = heard

    assert believed == {}
    assert await people.api.count("api.users") == 1


async def test_what_is_signed_anew_and_right_is_believed(people: People, middle: Middle) -> None:
    """The way of the forgeries works: it is what is wrong in them that is found."""
    middle.change = lambda claims, _: signed(middle.openid, claims)

    browser, _ = await come_in(people)

    assert (await session_of(browser))["user"]["name"] == "ann"
