"""The API and the page on a database of their own, in this process.

For what a system shows once, such as its first start, and for what needs nothing but the API: who
one is, users, tokens, the audit list. All have one address, one after the other, so that a browser
keeps the page that it has loaded and compiled.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from deploy.local.ports import free_port
from services.api.access import first_start
from services.api.access.passwords import Passwords
from services.api.access.tokens import create_admin_token
from services.api.page.files import PageFile, read_page
from services.api.page.site import Site
from services.api.parts import ApiParts
from services.api.settings import ApiSettings
from services.api.store.database import Database
from services.api.web_app import create_asgi
from shared.db.pool import Pool, open_pool
from shared.runtime.action_catalog import action_catalog
from shared.runtime.web import WebServer

BASE = "/api/v1/group-ai"
PASSWORD = "a long enough sentence"  # noqa: S105 - of people who do not exist
OURS = {"X-Requested-With": "automation", "Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is served."""

    url: str
    dsn: str
    pool: Pool
    parts: ApiParts
    admin: httpx.AsyncClient
    """Asks with the token of the first start."""

    async def setup_link(self) -> str:
        """Return the link for the first administrator."""
        return f"{self.url}/setup#{await first_start.setup_secret(self.dsn)}"

    async def hire(self, name: str, role: str, **more: Any) -> str:  # noqa: ANN401 - fields of a user
        """Create a user; return the link for their password."""
        body = {"name": name, "role": role, **more}
        answer = await self.admin.post(f"{BASE}/users", json=body)
        assert answer.status_code == 201, answer.text
        return f"{self.url}{answer.json()['link']}"

    async def session(self, name: str, role: str, **more: Any) -> str:  # noqa: ANN401 - fields of a user
        """Create a user who has a password; return the cookie of a session of theirs."""
        token = (await self.hire(name, role, **more)).partition("#")[2]
        async with httpx.AsyncClient(base_url=self.url, headers=OURS, timeout=30) as browser:
            body = {"token": token, "password": PASSWORD}
            answer = await browser.post(f"{BASE}/password-link", json=body)
            assert answer.status_code == 200, answer.text
            return str(browser.cookies["automation"])

    async def end_sessions(self) -> None:
        """End every session, as time does."""
        await self.pool.execute("UPDATE api.sessions SET ended_at = clock_timestamp()")
        self.parts.known_tokens.forget_all()


@dataclass(slots=True)
class Address:
    """A port, and what is served on it now."""

    url: str
    page: Mapping[str, PageFile]
    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)


@asynccontextmanager
async def listening() -> AsyncIterator[Address]:
    """Listen on a free port."""
    port = free_port()
    folder = Path(os.environ.get("AUTOMATION_PAGE") or ApiSettings.model_fields["page"].default)
    address = Address(f"http://127.0.0.1:{port}", read_page(folder))
    server = WebServer(address, host="127.0.0.1", port=port)
    running = asyncio.create_task(server.run())
    yield address
    server.stop()
    await running


@asynccontextmanager
async def serving(dsn: str, address: Address, **more: Any) -> AsyncIterator[Place]:  # noqa: ANN401 - parts
    """Serve at *address*, with *more* parts than an API needs."""
    async with await open_pool(dsn, name="page-test", max_size=10) as pool:
        parts = ApiParts(
            database=Database(pool),
            catalog=action_catalog(),
            wake_relay=lambda: None,
            passwords=Passwords(memory_kib=64, rounds=1),
            **more,
        )
        address.app = Site(address.page, create_asgi(parts))
        headers = {"Authorization": f"Bearer {await create_admin_token(dsn)}"}
        async with httpx.AsyncClient(base_url=address.url, headers=headers, timeout=30) as admin:
            yield Place(address.url, dsn, pool, parts, admin)
        address.app = None
