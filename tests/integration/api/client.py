"""The API in this process on a real database, and a client that speaks to it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.types import ASGIApp

from services.api.access import tokens
from services.api.access.scopes import ADMIN
from services.api.access.tokens import COMMAND_LINE
from services.api.parts import ApiParts
from services.api.store import audit
from services.api.store.database import Database
from services.api.web_app import create_app
from services.api.wire.front_door import FrontDoor
from shared.contracts.action import Action, ActionParams, Context, Outcome
from shared.db.pool import Pool
from shared.domain.texts.catalog import Text
from tests.support.swept import pools_of

BASE = "/api/v1/group-ai"
TASKS = f"{BASE}/automation-tasks"

_numbers = itertools.count(1)


class GreetParams(ActionParams):
    """What a greeting takes."""

    greeting: str = "hello"
    times: int = 1
    secret: str | None = None


class Greet(Action[GreetParams]):
    """An action for tests: the API never runs one, it reads its parameters."""

    name = "greet"
    title = Text("打招呼", "Greet")
    description = Text("說聲你好。", "Says hello.")
    params = GreetParams

    async def run(self, params: GreetParams, context: Context) -> Outcome:
        context.log(params.greeting)
        return Outcome("greeted")


@dataclass
class Api:
    """The API, its database, and a client with an admin's token."""

    dsn: str
    pool: Pool
    """As the owner: tests look and arrange with it."""
    own: Pool
    """As the API comes."""
    framework: FastAPI
    app: ASGIApp
    http: httpx.AsyncClient
    woken: list[None] = field(default_factory=list)

    async def token(self, *scopes: str, days: int | None = 90) -> str:
        """Make a token with these scopes."""
        return await self.make_token(f"test {next(_numbers)}", scopes, days)

    async def make_token(self, name: str, scopes: Sequence[str], days: int | None) -> str:
        """Make a token, as the command line does."""
        async with self.pool.acquire() as connection, connection.transaction():
            token, row = await tokens.make(
                connection,
                name=name,
                scopes=scopes,
                expires_in_days=days,
                created_by=COMMAND_LINE.name,
            )
            after = {"name": row.name, "scopes": row.scopes}
            await audit.note(
                connection, COMMAND_LINE, "token.created", "token", row.id, after=after
            )
        return token.text

    async def create(self, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a task
        """Create a task; what is not given is a manual greeting."""
        answer = await self.http.post(TASKS, json=a_task(**fields))
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    async def count(self, table: str) -> int:
        """Return how many rows a table has."""
        counted: int = await self.pool.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own tests
        return counted


def a_task(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a task
    """Return a task that can be created."""
    return {"name": "a task", "task_type": "manual", "task_action": "greet", **fields}


def bearer(token: str) -> Mapping[str, str]:
    """Return the header that presents *token*."""
    return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def running_api(dsn: str, **more: Any) -> AsyncIterator[Api]:  # noqa: ANN401 - fields of ApiParts
    """Serve the API in this process; the relay is left out, `woken` counts its wake-ups.

    *more* are further parts, such as what reaches the bus.
    """
    woken: list[None] = []
    async with pools_of(dsn) as pools:
        parts = ApiParts(
            database=Database(pools.api),
            wake_relay=lambda: woken.append(None),
            **{"catalog": {"greet": Greet()}, **more},
        )
        framework = create_app(parts)
        app = FrontDoor(framework, max_in_flight=200)
        async with client_of(app) as http:
            api = Api(dsn, pools.owner, pools.api, framework, app, http, woken)
            http.headers.update(bearer(await api.make_token("admin", [ADMIN], None)))
            yield api


def client_of(app: ASGIApp, headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
    """Return a client that calls *app* directly."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://api", headers=dict(headers or {})
    )
