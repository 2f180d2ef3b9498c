"""People with browsers: created by an administrator, logged in with the link they were given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from services.api.access.passwords import Passwords
from tests.integration.api.client import BASE, Api, client_of, running_api

#: What our page adds to each request, and what a browser adds to those of our page.
OURS = {"X-Requested-With": "automation", "Sec-Fetch-Site": "same-origin"}
PASSWORD = "a long enough sentence"  # noqa: S105 - of people who do not exist
#: As strong as a test needs them.
QUICK = Passwords(memory_kib=64, rounds=1)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody and their browser."""

    id: str
    name: str
    browser: httpx.AsyncClient


class People:
    """Makes people."""

    def __init__(self, api: Api, stack: AsyncExitStack) -> None:
        self.api = api
        self._stack = stack

    async def browser(self, **headers: str) -> httpx.AsyncClient:
        """Return a browser in which nobody is logged in."""
        return await self._stack.enter_async_context(client_of(self.api.app, {**OURS, **headers}))

    async def create(self, name: str, role: str) -> dict[str, Any]:
        """Create a user who has no password yet; return the answer."""
        answer = await self.api.http.post(f"{BASE}/users", json={"name": name, "role": role})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def person(self, name: str, role: str = "viewer") -> Person:
        """Create a user and log them in."""
        made = await self.create(name, role)
        browser = await self.browser()
        body = {"token": token_of(made["link"]), "password": PASSWORD}
        answer = await browser.post(f"{BASE}/password-link", json=body)
        assert answer.status_code == 200, answer.text
        return Person(made["user"]["id"], name, browser)


@asynccontextmanager
async def serving_people(database: str, **more: Any) -> AsyncIterator[People]:  # noqa: ANN401 - fields of ApiParts
    """Serve the API, with passwords that cost little."""
    async with (
        running_api(database, **{"passwords": QUICK, **more}) as api,
        AsyncExitStack() as stack,
    ):
        yield People(api, stack)


def token_of(link: str) -> str:
    """Return the secret in a link."""
    return link.partition("#")[2]


async def log_in(browser: httpx.AsyncClient, name: str, password: str = PASSWORD) -> httpx.Response:
    """Log in."""
    return await browser.post(f"{BASE}/session", json={"name": name, "password": password})


async def verbs_of(api: Api) -> list[str]:
    """Return the verbs in the audit list, the oldest first."""
    return [row["verb"] for row in await api.pool.fetch("SELECT verb FROM api.audit ORDER BY id")]
