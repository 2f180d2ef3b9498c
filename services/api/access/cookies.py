"""The cookie that carries a session.

Its name says how far it can be trusted: a browser takes `__Host-…` only over TLS and from this very
host. Whether people come over TLS is told by AUTOMATION_PUBLIC_URL; over plain HTTP, on one's own
machine, such a cookie would be dropped, so there it has another name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import Response

#: After this a session ends, however busy it is.
ABSOLUTE = timedelta(days=7)
#: After this without a request it ends, too.
IDLE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where people find the page."""

    public_url: str = ""

    @property
    def secure(self) -> bool:
        """Whether people come over TLS."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def cookie(self) -> str:
        """The cookie's name."""
        return "__Host-automation" if self.secure else "automation"

    @property
    def own(self) -> str:
        """Scheme and host of the public address; empty if none is given."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""

    def link(self, path: str) -> str:
        """Return the address of a page of ours; the path alone if we do not know where we are."""
        return f"{self.public_url.rstrip('/')}{path}"

    def secret_of(self, request: Request) -> str | None:
        """Return what the cookie of *request* holds."""
        return request.cookies.get(self.cookie) or None

    def give(self, response: Response, secret: str) -> None:
        """Put a session into *response*."""
        response.set_cookie(
            self.cookie,
            secret,
            max_age=int(ABSOLUTE.total_seconds()),
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def take_away(self, response: Response) -> None:
        """Have the browser forget its session."""
        response.delete_cookie(
            self.cookie, path="/", secure=self.secure, httponly=True, samesite="lax"
        )
