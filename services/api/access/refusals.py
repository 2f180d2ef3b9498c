"""Who was refused what, noted in the audit list."""

from __future__ import annotations

from contextlib import suppress

from services.api.access.known_tokens import Principal
from services.api.parts import ApiParts
from services.api.store import audit
from services.api.store.database import Unavailable


async def note_refusal(
    parts: ApiParts, principal: Principal, route: str, needed: str | None
) -> None:
    """Note that somebody asked for what they may not do, unless it was noted a moment ago."""
    if not parts.denials.is_news(principal.holder, route):
        return
    # Without the database the refusal stays one.
    with suppress(Unavailable):
        async with parts.database.connection() as connection:
            await audit.note(
                connection,
                audit.Actor.of(principal),
                "access.denied",
                "route",
                route,
                after={"needed": needed},
            )
