"""Users of every role, made over the API, and the admin who prepares what tests look at."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

Role = Literal["viewer", "operator", "editor", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "operator", "editor", "admin")
BASE = "/api/v1/group-ai"
#: So that the API knows a request for one of its own page.
OWN = {"X-Requested-With": "automation"}


@dataclass(frozen=True, slots=True)
class Admin:
    """Asks the API and expects it to agree."""

    client: httpx.AsyncClient

    async def ask(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 - JSON
        """Return the answer as JSON; None if it has no body."""
        response = await self.client.request(method, BASE + path, **options)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None


@dataclass(slots=True)
class People:
    """A user for each role; all have the same password."""

    url: str
    password: str
    _sessions: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def hired(cls, admin: Admin, url: str) -> People:
        """Create the users; each chooses a password with the link that the admin was given."""
        people = cls(url, secrets.token_urlsafe(12))
        for role in ROLES:
            user = {"name": role, "display_name": role.title(), "role": role}
            made = await admin.ask("POST", "/users", json=user)
            chosen = {"token": made["link"].partition("#")[2], "password": people.password}
            async with httpx.AsyncClient(base_url=url, headers=OWN, timeout=30) as client:
                response = await client.post(f"{BASE}/password-link", json=chosen)
                assert response.is_success, response.text
        return people

    async def log_in(self, role: Role) -> str:
        """Return the session cookie of the role's user, made once."""
        if role not in self._sessions:
            async with httpx.AsyncClient(base_url=self.url, headers=OWN, timeout=30) as client:
                who = {"name": role, "password": self.password}
                response = await client.post(f"{BASE}/session", json=who)
                assert response.is_success, response.text
                self._sessions[role] = response.cookies["automation"]
        return self._sessions[role]
