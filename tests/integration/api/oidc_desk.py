"""Log-in at a real OpenID provider, with somebody in the middle who may change its tokens.

The one in the middle has the provider's signing key, so that nothing but the one thing that is
wrong in a token can be what is found.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import uvicorn
from joserfc import jwt
from starlette.requests import Request
from starlette.responses import Response

from services.api.access.cookies import Origin
from services.api.access.oidc.config import OidcConfig
from services.api.access.oidc.provider import Provider
from services.api.access.outsiders import RoleMap
from services.api.documented import users as documented
from services.api.settings import OIDC_CALLBACK
from shared.egress.guard import AllowList
from tests.integration.api.client import BASE
from tests.integration.api.people import People, serving_people
from tests.support.openid import (
    CLIENT,
    NO_TLS,
    SECRET,
    OpenId,
    free_port,
    log_in_there,
    running_provider,
)

Claims = dict[str, Any]

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


class Middle:
    """Hands everything on to the real provider and back, but for what `change` does to tokens."""

    def __init__(self, openid: OpenId) -> None:
        self.openid = openid
        self.change: Callable[[Claims, str], str] | None = None
        self._client = httpx.AsyncClient(timeout=20, verify=NO_TLS)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        request = Request(scope, receive)
        url = f"http://127.0.0.1:{self.openid.port}{request.url.path}"
        headers = {k: v for k, v in request.headers.items() if k != "content-length"}
        self._client.cookies.clear()  # they are the browser's
        answer = await self._client.request(
            request.method,
            url,
            params=request.query_params,
            headers=headers,
            content=await request.body(),
        )
        body = answer.content
        if request.url.path == "/token" and answer.status_code == 200 and self.change:
            told = answer.json()
            claims = dict(jwt.decode(told["id_token"], self.openid.key).claims)
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

    async def close(self) -> None:
        """Let go of the provider."""
        await self._client.aclose()


@asynccontextmanager
async def provider_with_a_middle() -> AsyncIterator[Middle]:
    """Run a provider that is reached through somebody in the middle alone."""
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    async with running_provider(redirect=REDIRECT, people=PEOPLE, issuer=issuer) as openid:
        middle = Middle(openid)
        server = uvicorn.Server(
            uvicorn.Config(middle, host="127.0.0.1", port=port, log_level="error", lifespan="off")
        )
        serving_it = asyncio.create_task(server.serve())
        async with asyncio.timeout(10):
            while not server.started:  # noqa: ASYNC110 - the server has no event for it
                await asyncio.sleep(0.01)
        yield middle
        server.should_exit = True
        await serving_it
        await middle.close()


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
    try:
        async with serving_people(database, oidc=provider, origin=origin) as people:
            await people.person("keeper", "admin")
            yield people
    finally:
        await provider.close()


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
