"""What the API answers of people and sessions, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from services.api.access.roles import Role
from services.api.documented.policy import Shown


class User(Shown):
    """Somebody who may log in."""

    id: str
    name: str = Field(description="What is typed at the log-in; it never changes.")
    display_name: str
    email: str | None
    role: Role
    language: Literal["zh-TW", "en"] | None
    disabled: bool
    disabled_at: AwareDatetime | None
    has_password: bool = Field(description="False: the link was not used yet.")
    logged_in_at: AwareDatetime | None
    open_sessions: int
    live_tokens: int
    provider: str | None = Field(
        description="Where they log in, beside a password: an issuer, or `proxy`."
    )
    version: int
    created_at: AwareDatetime
    created_by: str | None
    updated_at: AwareDatetime


class Users(Shown):
    """A page of users; `next` is null on the last one."""

    items: list[User]
    next: str | None


class UserLink(Shown):
    """A link with which a user chooses a password, once."""

    link: str | None = Field(
        description="Shown this once; null when the request is repeated. Without scheme and host if"
        " AUTOMATION_PUBLIC_URL is not set."
    )
    link_expires_at: AwareDatetime


class NewUser(UserLink):
    """A user just created, and the link for their password."""

    user: User


class Me(Shown):
    """The person who asks."""

    id: str
    name: str
    display_name: str
    role: Role
    language: Literal["zh-TW", "en"] | None


class Session(Shown):
    """Who asks, and what they may do."""

    kind: Literal["user", "token"]
    via: Literal["password", "oidc", "proxy", "token"] = Field(
        description="How they have got in. proxy: a trusted one names them with each request."
    )
    user: Me | None = Field(description="null: a token that belongs to nobody.")
    token_name: str | None
    scopes: list[str] = Field(description="Every right, those that others include as well.")
    expires_at: AwareDatetime | None = Field(description="Unless it is used; null: never.")


class OpenSession(Shown):
    """A browser that somebody is logged in with."""

    id: str
    user_id: str
    user_name: str
    created_at: AwareDatetime
    seen_at: AwareDatetime = Field(description="To the minute.")
    expires_at: AwareDatetime
    ip: str | None
    user_agent: str | None
    current: bool = Field(description="The one that asks.")


class OpenSessions(Shown):
    """Sessions of one user, the last used first."""

    items: list[OpenSession]


class OidcWay(Shown):
    """A provider at which one can log in, at …/oidc/start."""

    name: str


class LogInWays(Shown):
    """How one can log in."""

    password: bool
    oidc: OidcWay | None


class Setup(Shown):
    """Whether there is anybody yet."""

    needed: bool


class PeekedLink(Shown):
    """Whose password a link sets."""

    name: str
    display_name: str
    expires_at: AwareDatetime
